"""Providers that write commit statuses and comments.

Upstream: notification-controller internal/notifier, and the responses of GitHub, GitLab, Bitbucket,
Gitea and Azure DevOps.
"""

from fluxstatus.knowledge.commands import SECRET, SPEC
from fluxstatus.knowledge.notifications.shared import (
    ALERTS,
    NOTIFICATION_FAILED,
    NOTIFIER,
    PROVIDER,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        NOTIFICATION_FAILED,
        why="a commit status requires a Git commit, but the revision of a HelmRelease or HelmChart is a chart version ({revision})",
        steps=(
            Step(
                "remove HelmRelease and HelmChart from spec.eventSources of the Alert; only objects with a Git source, such as Kustomizations, have a commit",
                read=(ALERTS,),
            ),
        ),
        pattern=Text(r"failed to extract commit hash from '(?P<revision>[^']*)' revision"),
        context=Text(r"for Helm(?:Release|Chart)/|hash from 'v?\d+\.\d+\.\d+[^'@]*'"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/util.go parseRevision",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="a commit status requires a Git commit, but the event's revision is not a commit ({revision})",
        steps=(
            Step(
                "limit spec.eventSources of the Alert to Kustomizations with a Git source. For an OCIRepository, push the artifact with flux push artifact, which adds the Git revision",
                read=(ALERTS,),
            ),
        ),
        pattern=Text(r"failed to extract commit hash from '(?P<revision>[^']*)' revision"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/util.go parseRevision",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the event lacks the revision or change request that this type of Provider requires: {detail}",
        steps=(
            Step(
                "limit spec.eventSources of the Alert to objects whose events have a revision or a change request. The events of Kustomizations with a Git source have a revision; the annotation event.toolkit.fluxcd.io/change_request sets the number of a change request",
                read=(ALERTS, SPEC),
            ),
        ),
        pattern=Text(
            r"(?P<detail>missing revision metadata|missing \"?[\w./-]+\"? metadata key|"
            r"invalid \"?[\w./-]+\"? metadata value[^\n]{0,80})"
        ),
        kinds=PROVIDER,
        upstream="NC internal/notifier",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the Git provider does not recognize the commit ({detail})",
        steps=(
            Step(
                "check that spec.address of the Provider is the repository that the Kustomization's source fetches",
                read=(SPEC, ALERTS),
            ),
        ),
        pattern=Text(r"(?P<detail>No commit found for SHA[^\n]{0,60}|404 Commit Not Found)"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/github.go, gitlab.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the commit already has this status in a GitLab pipeline, so GitLab rejects the status: {detail}",
        steps=(
            Step(
                "no action is needed if the status in GitLab is correct. If several clusters report the status of the same commit, use a different spec.commitStatusExpr in each Provider",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<detail>Cannot transition status via :\w+ from :\w+)"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/gitlab.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="spec.commitStatusExpr cannot be evaluated or has no result: {detail}",
        steps=(Step("correct spec.commitStatusExpr of the Provider", read=(SPEC,)),),
        pattern=Text(
            r"(?P<detail>failed to evaluate the spec\.commitStatusExpr[^\n]{0,200}|"
            r"commit status cannot be empty)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the token in Secret {secret} is valid, but it does not have permission to write commit statuses or comments: {detail}",
        steps=(
            Step(
                'grant the token write access: on GitHub, to "Commit statuses" ("Pull requests" for comments, "Contents" for repository_dispatch); on GitLab, with the scope api and the role Developer',
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>Resource not accessible by (?:integration|personal access token)|"
            r"403 \{message: 403 Forbidden\}|insufficient_scope)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="GitHub, GitLab: responses of the APIs",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the Git provider does not recognize the repository in spec.address, or the token in Secret {secret} does not have access to the repository: {detail}",
        steps=(
            Step(
                "set spec.address to the URL of the repository that the events refer to (https://HOST/OWNER/REPOSITORY)",
                read=(SPEC,),
            ),
            Step(
                "if spec.address is correct, grant the token access to the repository; for a fine-grained GitHub token, select the repository",
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>404 Not Found \[\]|404 Project Not Found|TF401019|TF200016|VS800075|"
            r"commit status: 404 Not Found)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="GitHub, GitLab, Bitbucket, Azure DevOps: responses of the APIs",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the commit has reached GitHub's limit of 1000 statuses per context: each reconciliation and each failed attempt adds a status",
        steps=(
            Step(
                "push a new commit. To reduce the number of events, fix the object that keeps failing, narrow spec.eventSources of the Alert, or add patterns to spec.exclusionList of the Alert",
                read=(ALERTS,),
            ),
        ),
        pattern=Text(r"reached the maximum number of statuses"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="GitHub: responses of the API",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the event has more metadata than GitHub's repository_dispatch accepts: {detail}",
        steps=(
            Step(
                "remove keys from spec.eventMetadata of the Alert, or remove annotations that start with event.toolkit.fluxcd.io/ from the objects",
                read=(ALERTS,),
            ),
        ),
        pattern=Text(r"(?P<detail>No more than \d+ properties are allowed[^\n]{0,60})"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="GitHub: responses of the API",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the Provider cannot post comments because it cannot determine the user that the token in Secret {secret} belongs to: {detail}",
        steps=(
            Step(
                "use a valid token that is allowed to read its own user (Gitea: read:user; GitLab: read_user or api)",
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"(?:failed creating Gitea client|failed to get authenticated user info): "
            r"(?P<detail>[^\n]{1,120})"
        ),
        kinds=PROVIDER,
        certainty="one-of",
        upstream="NC internal/notifier/gitea_helpers.go, github_helpers.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the commit status or comment cannot be written: {detail}",
        steps=(
            Step(
                "check spec.address, which must be the URL of the Git repository, and check that the token in Secret {secret} has write access to commit statuses, or to pull requests for comments",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:could not (?:create|get|list) commit status|unable to list commit status|"
            r"failed to (?:create|list|update) (?:pull request comment|merge request note)|"
            r"failed to create commit status|invalid repository id|"
            r"could not send github repository dispatch webhook|could not post build status)[^\n]{0,160})"
        ),
        kinds=PROVIDER,
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=NOTIFIER,
    ),
)

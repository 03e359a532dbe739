"""Notifications that fail. Alert and Provider have no status; events of the Alert report it.

Upstream: NC internal/server/event_handlers.go, internal/notifier.
"""

from fluxstatus.knowledge.commands import DESCRIBE, SECRET, SECRETS, SPEC, for_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_NOTIFICATION_FAILED = Code(
    "notification-failed", "The notifications of a Provider cannot be delivered."
)

ALERT_INVALID = Code("alert-invalid", "An Alert is invalid, so it sends no notifications.")

_ALERT: KindNames = frozenset({"Alert"})
_ALERTS = "kubectl get alerts.notification.toolkit.fluxcd.io -n {ns} -o yaml"
_PROVIDER: KindNames = frozenset({"Provider"})
_NOTIFIER = "NC internal/notifier"

RULES = (
    Rule(
        _NOTIFICATION_FAILED,
        why="Secret {missing} in {missing_field} does not exist",
        steps=(
            Step(
                'create Secret {missing} with key "address" (the webhook URL), or with key "token" if spec.type requires one',
                read=(SECRETS, SPEC),
                change=("kubectl create secret generic {missing} -n {ns} --from-file=./address",),
            ),
        ),
        pattern=Text(r"secrets? [\"'](?:[\w.-]+/)?(?P<missing>[\w.-]+)[\"'] not found"),
        kinds=_PROVIDER,
        trivial=True,
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the receiving service does not know the address ({status}): it is wrong, or the webhook was deleted",
        steps=(
            Step(
                'correct spec.address, or key "address" in Secret {secret}; create the webhook again if it was deleted',
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(r"status(?: code)?:? (?P<status>404[^\n]{0,60}|410[^\n]{0,60})"),
        kinds=_PROVIDER,
        certainty="one-of",
        upstream=_NOTIFIER,
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the proxy requires a login (407 Proxy Authentication Required)",
        steps=(
            Step(
                "put username and password of the proxy into the Secret in spec.proxySecretRef",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"status(?: code)?:? 407|Proxy Authentication Required"),
        kinds=_PROVIDER,
        upstream="Go net/http",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the receiving service denies access ({status})",
        steps=(
            Step(
                "check that the token in Secret {secret} has write access (for a Git provider, to commit statuses or comments), and that spec.address and spec.channel are those that it was issued for",
                read=(SECRET, SPEC),
            ),
            Step(
                "if both are correct, check whether the service blocks the address of this cluster"
            ),
        ),
        pattern=Text(r"status(?: code)?:? (?P<status>403[^\n]{0,60})"),
        kinds=_PROVIDER,
        certainty="one-of",
        upstream=_NOTIFIER,
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the receiving service rejects the credentials ({status})",
        steps=(
            Step(
                "put a valid token with write access into Secret {secret} (for a Git provider, write access to commit statuses)",
                read=(SECRET, SPEC),
            ),
        ),
        pattern=Text(
            r"status(?: code)?:? (?P<status>401[^\n]{0,60}|(?:invalid_auth|not_authed|token_revoked)\b)|"
            r"(?P<said>invalid_auth|not_authed|token_revoked|account_inactive|Bad credentials|Unauthorized)"
        ),
        kinds=_PROVIDER,
        upstream=_NOTIFIER,
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the app of the token cannot post to the channel in spec.channel ({channel})",
        steps=(
            Step(
                "correct spec.channel, and invite the app to the channel (/invite); an archived channel accepts no messages",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<channel>channel_not_found|not_in_channel|is_archived)"),
        kinds=_PROVIDER,
        upstream="NC internal/notifier/slack.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the receiving service rejects the message ({status})",
        steps=(
            Step(
                "check spec.type, spec.channel and spec.address: they must match the service",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"status(?: code)?:? (?P<status>4(?!29)\d\d[^\n]{0,80})"),
        kinds=_PROVIDER,
        certainty="one-of",
        upstream=_NOTIFIER,
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the Provider is incomplete or invalid: {detail}",
        steps=(
            Step(
                "correct spec.type, spec.address, spec.channel and the keys in Secret {secret} (address, token, or username and password)",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:provider [\w ']{0,60}(?:has no|not "
            r"supported)|address not specified|no address|(?:token|UID|DSN|project ID|topic ID|HMAC key|"
            r"\(address\)|\(channel\)|URL) (?:cannot be|is) empty|empty (?:\S+ ){1,3}(?:token|channel|apikey/token)|invalid "
            r"(?:[\w.]+ ){0,5}(?:address|url|token|credentials|repository id|channel format)|must be specified|"
            r"could not parse git address|(?:jwt token|serviceAccountName) and [^\n]{1,40} cannot be set at the same time)[^\n]{0,200})"
        ),
        kinds=_PROVIDER,
        upstream="NC internal/notifier/factory.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="a commit status needs a Git commit, but the revision of a HelmRelease or HelmChart is a chart version ({revision})",
        steps=(
            Step(
                "remove HelmRelease and HelmChart from spec.eventSources of the Alert: only Kustomizations (and other objects) with a Git source have a commit",
                read=(_ALERTS,),
            ),
        ),
        pattern=Text(r"failed to extract commit hash from '(?P<revision>[^']*)' revision"),
        context=Text(r"for Helm(?:Release|Chart)/|hash from 'v?\d+\.\d+\.\d+[^'@]*'"),
        kinds=_PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/util.go parseRevision",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="a commit status needs a Git commit, but the revision of the event is not one ({revision})",
        steps=(
            Step(
                "limit spec.eventSources of the Alert to Kustomizations with a Git source; for an OCIRepository, push the artifact with flux push artifact, which adds the Git revision to it",
                read=(_ALERTS,),
            ),
        ),
        pattern=Text(r"failed to extract commit hash from '(?P<revision>[^']*)' revision"),
        kinds=_PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/util.go parseRevision",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the event has no revision or change request, which a Provider of this type needs: {detail}",
        steps=(
            Step(
                "limit spec.eventSources of the Alert to objects whose events have it: Kustomizations with a Git source have a revision; the number of a change request comes from annotation event.toolkit.fluxcd.io/change_request",
                read=(_ALERTS, SPEC),
            ),
        ),
        pattern=Text(
            r"(?P<detail>missing revision metadata|missing \"?[\w./-]+\"? metadata key|"
            r"invalid \"?[\w./-]+\"? metadata value[^\n]{0,80})"
        ),
        kinds=_PROVIDER,
        upstream="NC internal/notifier",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the Git provider does not know the commit ({detail})",
        steps=(
            Step(
                "check that spec.address of the Provider is the repository that the Kustomization's source is fetched from",
                read=(SPEC, _ALERTS),
            ),
        ),
        pattern=Text(r"(?P<detail>No commit found for SHA[^\n]{0,60}|404 Commit Not Found)"),
        kinds=_PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/github.go, gitlab.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the commit already has this status in a GitLab pipeline, so the status is rejected: {detail}",
        steps=(
            Step(
                "no action is needed if the status in GitLab is correct; if several clusters report on one commit, give each Provider a different spec.commitStatusExpr",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<detail>Cannot transition status via :\w+ from :\w+)"),
        kinds=_PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/gitlab.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="spec.commitStatusExpr cannot be evaluated or has no result: {detail}",
        steps=(Step("correct spec.commitStatusExpr of the Provider", read=(SPEC,)),),
        pattern=Text(
            r"(?P<detail>failed to evaluate the spec\.commitStatusExpr[^\n]{0,200}|"
            r"commit status cannot be empty)"
        ),
        kinds=_PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the commit status or comment cannot be written: {detail}",
        steps=(
            Step(
                "check spec.address (the URL of the Git repository) and the permissions of the token in Secret {secret}, which needs write access to commit statuses, or to pull requests for comments",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:could not (?:create|get|list) commit status|unable to list commit status|"
            r"failed to (?:create|list|update) (?:pull request comment|merge request note)|"
            r"failed to create commit status|invalid repository id)[^\n]{0,160})"
        ),
        kinds=_PROVIDER,
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=_NOTIFIER,
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the Alert watches objects of another namespace, which the flag --no-cross-namespace-refs of notification-controller does not allow",
        steps=(
            Step(
                "create an Alert and a Provider in the namespace of the objects",
                read=(_ALERTS,),
            ),
        ),
        pattern=Text(r"access denied to cross-namespace sources"),
        kinds=_PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the notifier cannot be set up: {innermost}",
        steps=(
            Step(
                "fix the reported error: spec.type, spec.address and spec.channel, the keys of Secret {secret}, or the connection to the service",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(r"failed to initialize notifier"),
        kinds=_PROVIDER,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the notification could not be sent: {innermost}",
        steps=(
            Step(
                "check spec.address, Secret {secret} and the connection to the service",
                read=(DESCRIBE, for_secret(SECRET, "{secret}")),
            ),
        ),
        reasons=("NotificationDispatchFailed",),
        kinds=_PROVIDER,
        certainty="unknown",
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        ALERT_INVALID,
        why="the regular expression {regex} in spec.{list}List is not valid, so the Alert sends nothing",
        steps=(
            Step(
                "correct the regular expression in spec.{list}List (Go syntax): a * needs something to repeat, as in .*",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to compile (?P<list>exclusion|inclusion) regex: (?P<regex>[^\n]{1,120})"
        ),
        kinds=_ALERT,
        trivial=True,
        quoted=True,
        upstream="NC internal/server/event_handlers.go",
    ),
)

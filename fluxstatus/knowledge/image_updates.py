"""Image update automations: pushes, branches, commits.

Upstream: image-automation-controller internal/source and internal/controller, and the responses of
Git servers to a push.
"""

from fluxstatus.knowledge.commands import LOG, SPEC
from fluxstatus.knowledge.facts import source_lacks_credentials
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_IMAGE_UPDATE_PUSH_FAILED = Code(
    "image-update-push-failed",
    "The ImageUpdateAutomation cannot read from or push to the Git repository.",
)

_TEMPLATE_INVALID = Code(
    "image-update-template",
    "The commit message template of the ImageUpdateAutomation is invalid or uses removed fields.",
)

_AUTOMATION: KindNames = frozenset({"ImageUpdateAutomation"})
_SOURCE = "kubectl get {source_resource} {source_name} -n {source_ns} -o yaml"
_PUSH = "IAC internal/source, go-git plumbing/transport"

RULES = (
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the branch that the automation pushes to is protected: {detail}",
        steps=(
            Step(
                "set spec.git.push.branch to another branch and merge that branch with a pull request, or allow the automation's user to push to the protected branch",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:protected branch|GH006|not allowed to push code to protected|must be made through "
            r"a pull request|required status check|TF402455)[^\n]{0,160})"
        ),
        kinds=_AUTOMATION,
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server accepts only signed commits: {detail}",
        steps=(
            Step(
                "set spec.git.commit.signingKey to sign the commits, and register the public key with the account of spec.git.commit.author",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>commits must have (?:valid|verified) signatures[^\n]{0,120}|"
            r"commit must be signed[^\n]{0,120}|unsigned commits?[^\n]{0,120})"
        ),
        kinds=_AUTOMATION,
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server rejects the commit, because the author's email address is a private address of a GitHub user: {detail}",
        steps=(
            Step(
                "set spec.git.commit.author.email to another address, for example the user's noreply address (ID+USER@users.noreply.github.com)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<detail>(?:GH007|publish a private email address)[^\n]{0,80})"),
        kinds=_AUTOMATION,
        upstream="GitHub: responses from the Git server",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the GitHub App in the Secret of GitRepository {source_name} does not have write permission on the repository: {detail}",
        steps=(
            Step(
                'in the settings of the GitHub App, grant the permission "Contents: Read and write", and accept the change in the App\'s installation',
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(r"(?P<detail>Resource not accessible by integration)"),
        context=Text(r"push"),
        kinds=_AUTOMATION,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="GitHub: responses from the Git server",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="a rule of the Git server does not accept the author's email address of the commit: {detail}",
        steps=(
            Step(
                "set spec.git.commit.author.email to a verified address of the user whose token or key Flux pushes with, or to an address that the push rule allows",
                read=(SPEC,),
            ),
            Step(
                "alternatively, change the rule for the automation's user in the repository's push rules"
            ),
        ),
        pattern=Text(
            r"(?P<detail>You cannot push commits for [^\n]{0,160}|(?:committer|author)(?:'s)? e-?mail[^\n]{0,120}(?:verified|does not (?:follow|match)|not (?:allowed|a member)|must)[^\n]{0,60})"
        ),
        kinds=_AUTOMATION,
        reach=Reach.WHOLE,
        upstream="GitLab: lib/gitlab/checks, push rules",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the branch that the automation pushes to only accepts pull requests: {detail}",
        steps=(
            Step(
                "set spec.git.push.branch to another branch and merge that branch with a pull request, or allow the automation's user to push to this branch",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:can only be modified through|Changes must be made through a) (?:pull|merge) requests?[^\n]{0,60})"
        ),
        kinds=_AUTOMATION,
        reach=Reach.WHOLE,
        upstream="Bitbucket, GitHub: responses from the Git server",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="a rule of the Git server rejects the push: {detail}",
        steps=(
            Step(
                "if the branch accepts only pull requests, set spec.git.push.branch to another branch",
                read=(SPEC,),
            ),
            Step(
                "if the rule applies to the commit, change author, messageTemplate or signingKey in spec.git.commit",
                read=(SPEC,),
            ),
            Step("otherwise, check the repository's push rules and hooks on the Git server"),
        ),
        pattern=Text(
            r"(?P<detail>(?:pre-receive hook declined|hook declined|GH013|repository rule violations|"
            r"push declined)[^\n]{0,160})"
        ),
        kinds=_AUTOMATION,
        certainty="one-of",
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the repository is archived, so the Git server does not accept pushes: {detail}",
        steps=(
            Step(
                "unarchive the repository on the Git server, or use another repository in GitRepository {source_name}; the credentials are not the cause",
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(r"(?P<detail>repository (?:was|is|has been) archived[^\n]{0,60})"),
        kinds=_AUTOMATION,
        reach=Reach.WHOLE,
        upstream="GitHub, GitLab: responses from Git servers",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server does not accept the credentials of GitRepository {source_name} for the push: {detail}",
        steps=(
            Step(
                "store a valid token with write access in the Secret of GitRepository {source_name}. A public repository can be read, but not written, with a missing or expired token",
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>Invalid username or (?:token|password)|HTTP Basic: Access denied|"
            r"Bad credentials|token (?:used )?has expired|TF400813)"
        ),
        context=Text(r"push"),
        kinds=_AUTOMATION,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the push was sent without credentials that GitHub accepts (No anonymous write access): GitRepository {source_name} has no spec.secretRef, or the token in its Secret is empty or has expired; a public repository can be read, but not written, without credentials",
        steps=(
            Step(
                "store a valid token with write access in a Secret, and reference the Secret in spec.secretRef of GitRepository {source_name}",
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(r"No anonymous write access"),
        kinds=_AUTOMATION,
        unless=(source_lacks_credentials,),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="GitHub: responses from the Git server",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the credentials of GitRepository {source_name} are read-only, so the push is rejected",
        steps=(
            Step(
                "store a token or deploy key with write access in the Secret of GitRepository {source_name}",
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(
            r"marked as read[- ]only|write access to repository not granted|denied to deploy key|"
            r"deploy key does not have write access|not allowed to upload code|"
            r"not allowed to push code to this project|"
            r"(?:do|does) not have (?:permission to )?(?:push|write)|read-only (?:access|key|repository)|"
            r"permission to \S+ denied"
        ),
        kinds=_AUTOMATION,
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server rejects the push: GitRepository {source_name} has no spec.secretRef, so the push has no credentials; a public repository can be read, but not written, without credentials",
        steps=(
            Step(
                "create a Secret with a token or deploy key that has write access, and reference the Secret in spec.secretRef of GitRepository {source_name}",
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(
            r"authorization failed|authentication required|(?:status code:? |: )40[13]\b|"
            r"permission denied|unable to authenticate|push rejected"
        ),
        context=Text(r"push"),
        kinds=_AUTOMATION,
        when=(source_lacks_credentials,),
        trivial=True,
        in_full=True,
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server rejects the push: the credentials of GitRepository {source_name} probably grant only read access",
        steps=(
            Step(
                "store a token or deploy key with write access in the Secret of GitRepository {source_name}",
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(
            r"authorization failed|authentication required|(?:status code:? |: )40[13]\b|"
            r"permission denied|unable to authenticate|push rejected"
        ),
        context=Text(r"push"),
        kinds=_AUTOMATION,
        certainty="likely",
        in_full=True,
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server rejects the push without stating a reason, probably because the credentials of GitRepository {source_name} are read-only",
        steps=(
            Step(
                "grant write access to the deploy key or token in the Secret of GitRepository {source_name}",
                read=(_SOURCE,),
            ),
            Step(
                "if the key or token already has write access, check whether the branch is protected, and check the Git server's logs",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"unknown error: *(?:remote: *)*[\s.]*$"),
        kinds=_AUTOMATION,
        certainty="likely",
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the push branch on the remote is probably left over from earlier updates: the branch was merged or has diverged, and the automation's shallow clone does not contain its commits",
        steps=(
            Step(
                "delete the push branch (spec.git.push.branch) on the remote, for example with git push origin --delete BRANCH. The automation recreates the branch with the updates that have not been merged yet",
                read=(SPEC,),
            ),
            Step(
                "if this happens often, configure the Git server to delete branches after a merge, or disable the feature gate GitShallowClone of image-automation-controller"
            ),
        ),
        pattern=Text(r"object not found|shallow update not allowed|reference delta not found"),
        context=Text(r"push"),
        kinds=_AUTOMATION,
        certainty="likely",
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server does not accept the credentials of GitRepository {source_name}, or they do not grant push access: {detail}",
        steps=(
            Step(
                "grant the token or deploy key in the Secret of GitRepository {source_name} write access to the repository. Read access is enough for the GitRepository, but not for the push",
                read=(SPEC,),
            ),
            Step(
                "if the GitRepository is not ready either, the credentials are wrong or have expired, so replace them",
                read=("kubectl get gitrepository {source_name} -n {source_ns} -o yaml",),
            ),
        ),
        pattern=Text(
            r"(?:^|: )(?P<detail>(?:authorization failed|authentication required|authentication failed|invalid credentials)\.?)\s*$"
        ),
        kinds=_AUTOMATION,
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the branch on the remote has commits that the automation does not have, so the push is rejected ({detail})",
        steps=(
            Step(
                "wait for the next attempt: another client probably pushed at the same time",
                read=(SPEC,),
            ),
            Step(
                "if the error persists, set spec.git.push.branch to a separate branch, or delete a leftover push branch on the remote",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>non-fast-forward|fetch first|reference has changed|cannot lock ref|"
            r"failed to update ref|some refs were not updated)"
        ),
        kinds=_AUTOMATION,
        certainty="one-of",
        transient=True,
        upstream=_PUSH,
    ),
    Rule(
        Code(
            "image-update-ref-missing",
            "The branch or tag that the ImageUpdateAutomation should check out does not exist.",
        ),
        why="{missing_ref}, which the automation should check out, does not exist in the repository; the reference is set in spec.git.checkout.ref or in spec.ref of GitRepository {source_name}",
        steps=(
            Step(
                "correct spec.git.checkout.ref, or push the branch; the credentials are not the cause",
                read=(SPEC, _SOURCE),
            ),
        ),
        pattern=Text(r"couldn't find remote ref [\"']refs/(?:heads|tags)/(?P<missing_ref>[^\"']+)"),
        kinds=_AUTOMATION,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the automation cannot read the repository of GitRepository {source_name}: {detail}",
        steps=(
            Step(
                "check that GitRepository {source_name} is ready. The automation uses the URL and the Secret of the GitRepository, but reads the Secret again in each run",
                read=(_SOURCE,),
            ),
            Step(
                "store valid credentials with write access in the Secret of the GitRepository, or correct spec.url of the GitRepository",
            ),
        ),
        pattern=Text(
            r"failed to checkout source: [^\n]*?(?P<detail>authentication required[^\n]{0,80}|"
            r"authorization failed[^\n]{0,80}|repository not found[^\n]{0,80}|"
            r"unable to authenticate[^\n]{0,60})"
        ),
        kinds=_AUTOMATION,
        certainty="one-of",
        upstream="IAC internal/source, go-git plumbing/transport",
    ),
    Rule(
        Code(
            "image-update-path-missing",
            "The path in spec.update.path does not exist in the repository.",
        ),
        why="spec.update.path does not exist in the repository: {detail}",
        steps=(Step("correct spec.update.path", read=(SPEC,)),),
        pattern=Text(r"(?P<detail>(?:lstat|stat|open) \S+: no such file or directory)"),
        context=Text(r"failed to (?:apply policies|update)|^(?:lstat|stat|open) "),
        kinds=_AUTOMATION,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="IAC internal/policy",
    ),
    Rule(
        Code(
            "image-update-failed",
            "The ImageUpdateAutomation cannot write new tags to the manifests.",
        ),
        why="the automation cannot write the new tags to the manifests: {detail}",
        steps=(
            Step(
                'correct the reported file or its marker (# {{"$imagepolicy": "NAMESPACE:POLICY"}})',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:failed to (?:apply|update) (?:policies|setters)|unable to (?:parse|update))"
            r"[^\n:]*: (?P<detail>[^\n]{1,240})"
        ),
        reasons=("UpdateFailed",),
        kinds=_AUTOMATION,
        reach=Reach.STAGE,
        upstream="IAC internal/policy, pkg/update",
    ),
    Rule(
        _TEMPLATE_INVALID,
        why="the commit message template uses removed fields: {detail}",
        steps=(
            Step(
                "use .Changed in spec.git.commit.messageTemplate; Flux 2.7 removed .Updated and .Changed.ImageResult",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:template (?:field|uses)|\.Updated|\.Changed\.ImageResult|"
            r"failed to (?:create|parse|execute)[^\n]{0,20}template)[^\n]{0,160})"
        ),
        kinds=_AUTOMATION,
        trivial=True,
        upstream="IAC internal/source",
        versions=">=2.7",
    ),
    Rule(
        _TEMPLATE_INVALID,
        why="spec.git.commit.messageTemplate is not a valid template: {detail}",
        steps=(
            Step(
                "correct the Go template, which can use fields such as .AutomationObject, .Changed and .Values",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:unable to create commit message template|failed to run template) from spec: "
            r"(?P<detail>[^\n]{1,200})"
        ),
        kinds=_AUTOMATION,
        trivial=True,
        upstream="IAC internal/source/source.go",
    ),
    Rule(
        Code(
            "image-update-signing",
            "The key in spec.git.commit.signingKey cannot be used to sign commits.",
        ),
        why="the commit signing key cannot be used: {detail}",
        steps=(
            Step(
                "store the private key, and its passphrase if it has one, in the Secret in spec.git.commit.signingKey. Use the keys git.asc and passphrase or, for the type ssh, identity and password",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:could not (?:read|parse SSH) signing key|could not decrypt private key of "
            r"the signing key|multiple entities read from secret|"
            r"unknown signing key type)[^\n]{0,160})"
        ),
        kinds=_AUTOMATION,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="IAC internal/source",
    ),
    Rule(
        Code(
            "image-update-branch-unknown",
            "The ImageUpdateAutomation does not specify a branch to push to.",
        ),
        why="the automation has no branch to push to: {detail}",
        steps=(
            Step(
                "set spec.git.push.branch. Without it, Flux pushes to the branch in spec.git.checkout.ref or, if that is not set, to the branch in spec.ref of GitRepository {source_name}",
                read=(SPEC, _SOURCE),
            ),
        ),
        pattern=Text(
            r"(?P<detail>push spec not provided[^\n]{0,160}|push branch not [^\n]{0,120})"
        ),
        kinds=_AUTOMATION,
        trivial=True,
        upstream="IAC internal/source",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server rejects the update of branch {pushed_branch}: {detail}",
        steps=(
            Step(
                "follow the rule in the message: change author, messageTemplate or signingKey in spec.git.commit, or set spec.git.push.branch to another branch",
                read=(SPEC,),
            ),
            Step("otherwise, check the repository's push rules and hooks on the Git server"),
        ),
        pattern=Text(
            r"command error on refs/heads/(?P<pushed_branch>[^\s:]+): (?P<detail>[^\n]{1,160})"
        ),
        kinds=_AUTOMATION,
        reach=Reach.STAGE,
        certainty="one-of",
        upstream="go-git plumbing/protocol/packp/report_status.go",
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the automation cannot read from or push to Git: {innermost}",
        steps=(
            Step(
                "check the URL of GitRepository {source_name} and the credentials in its Secret, which must grant write access",
                read=(_SOURCE, SPEC, LOG),
            ),
        ),
        reasons=("GitOperationFailed", "UpdateFailed", "SourceManagerFailed"),
        kinds=_AUTOMATION,
        certainty="unknown",
        upstream="IAC internal/controller/imageupdateautomation_controller.go",
    ),
)

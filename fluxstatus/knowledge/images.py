"""Image scanning, image policies, image update automations and artifact generators.

Upstream: IRC internal/controller and internal/policy, IAC internal/source and internal/controller,
SW internal/controller and internal/builder.
"""

from fluxstatus.knowledge.codes import SPEC_INVALID
from fluxstatus.knowledge.commands import LOG, SPEC
from fluxstatus.knowledge.facts import source_has_tags
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_IMAGE_UPDATE_PUSH_FAILED = Code(
    "image-update-push-failed",
    "The ImageUpdateAutomation cannot read from or push to the Git repository.",
)

_REPOSITORY: KindNames = frozenset({"ImageRepository"})
_POLICY: KindNames = frozenset({"ImagePolicy"})
_AUTOMATION: KindNames = frozenset({"ImageUpdateAutomation"})
_GENERATOR: KindNames = frozenset({"ArtifactGenerator"})
_SOURCE = "kubectl get {source_resource} {source_name} -n {source_ns} -o yaml"
_IMAGES = "kubectl get imagerepositories.image.toolkit.fluxcd.io -n {ns}"
_PUSH = "IAC internal/source, go-git plumbing/transport"

_SCANS = (
    Rule(
        Code("image-scan-failed", "The image repository cannot be scanned."),
        why="the image repository {image} cannot be scanned: {innermost}",
        steps=(Step("check spec.image, its Secret and spec.provider", read=(SPEC, LOG)),),
        reasons=("ReadOperationFailed", "AuthenticationFailed", "Failure"),
        kinds=_REPOSITORY,
        certainty="unknown",
        upstream="IRC internal/controller/imagerepository_controller.go",
    ),
    Rule(
        Code(
            "image-repository-missing",
            "The ImageRepository in spec.imageRepositoryRef does not exist.",
        ),
        why="ImageRepository {missing} in spec.imageRepositoryRef does not exist",
        steps=(
            Step(
                "create ImageRepository {missing}, or correct spec.imageRepositoryRef",
                read=("kubectl get imagerepositories.image.toolkit.fluxcd.io -A",),
            ),
        ),
        pattern=Text(
            r"(?:ImageRepository[^\n]{0,40}does not exist|failed to get the refer\w+ "
            r"ImageRepository)[^\n]*\"(?P<missing>[\w.-]+)\" not found"
        ),
        kinds=_POLICY,
        trivial=True,
        upstream="IRC internal/controller/imagepolicy_controller.go",
    ),
    Rule(
        Code("image-not-scanned", "The ImageRepository has not been scanned yet or has no tags."),
        why="ImageRepository {image_repository} has no tags yet: it has not been scanned, or its repository is empty",
        steps=(
            Step(
                "check whether ImageRepository {image_repository} is ready, and whether its spec.exclusionList excludes all tags",
                read=(_IMAGES,),
            ),
        ),
        pattern=Text(r"no tags in database|has not been scanned"),
        kinds=_POLICY,
        unless=(source_has_tags,),
        certainty="one-of",
        transient=True,
        upstream="IRC internal/controller/imagepolicy_controller.go",
    ),
    Rule(
        Code(
            "image-policy-no-match",
            "No image tag matches spec.filterTags and spec.policy of the ImagePolicy.",
        ),
        why="no tag matches the policy: its filter (spec.filterTags) or range (spec.policy) excludes all tags",
        steps=(
            Step(
                "correct spec.filterTags.pattern or spec.policy; a range includes pre-releases only if it ends in -0, and the numerical policy requires numeric tags (see spec.filterTags.extract)",
                read=(SPEC, _IMAGES),
            ),
        ),
        pattern=Text(
            r"version list argument cannot be empty|unable to determine latest version|"
            r"failed to parse invalid numeric value '[^']*'|no image found for policy"
        ),
        kinds=_POLICY,
        trivial=True,
        upstream="IRC internal/policy",
    ),
    Rule(
        Code("image-policy-failed", "The ImagePolicy cannot determine the latest tag."),
        why="the policy cannot determine the latest tag: {innermost}",
        steps=(
            Step(
                "check spec.policy, spec.filterTags and the ImageRepository", read=(SPEC, _IMAGES)
            ),
        ),
        reasons=("Failure",),
        kinds=_POLICY,
        certainty="unknown",
        upstream="IRC internal/controller/imagepolicy_controller.go",
    ),
    Rule(
        SPEC_INVALID,
        why="the policy is not valid: {detail}",
        steps=(Step("correct spec.policy or spec.filterTags", read=(SPEC,)),),
        pattern=Text(
            r"(?P<detail>invalid policy[^\n]{0,160}|failed to filter tags[^\n]{0,160}|"
            r"invalid regular expression[^\n]{0,120}|spec\.interval must be set[^\n]{0,80})"
        ),
        kinds=_POLICY,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="IRC internal/controller/imagepolicy_controller.go",
    ),
)

_UPDATES = (
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the branch that the automation pushes to is protected: {detail}",
        steps=(
            Step(
                "push to another branch (spec.git.push.branch) and merge it with a pull request, or allow the automation's user to push to the protected branch",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:protected branch|GH006|not allowed to push code to|must be made through "
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
                "sign the commits: set spec.git.commit.signingKey, and register the public key with the author's account (spec.git.commit.author)",
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
        why="a rule of the Git server rejects the push: {detail}",
        steps=(
            Step(
                "if the branch only accepts pull requests, push to another branch (spec.git.push.branch)",
                read=(SPEC,),
            ),
            Step(
                "if the rule is about the commit, adapt spec.git.commit (author, messageTemplate, signingKey)",
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
        why="the credentials of GitRepository {source_name} grant read access but not write access, so the push is rejected",
        steps=(
            Step(
                "use a token or deploy key with write access in the Secret of GitRepository {source_name}",
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(
            r"marked as read[- ]only|write access to repository not granted|denied to deploy key|"
            r"deploy key does not have write access|not allowed to upload code|"
            r"(?:do|does) not have (?:permission to )?(?:push|write)|read-only (?:access|key|repository)|"
            r"permission to \S+ denied"
        ),
        kinds=_AUTOMATION,
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server rejects the push: the credentials of GitRepository {source_name} probably grant read access only",
        steps=(
            Step(
                "use a token or deploy key with write access in the Secret of GitRepository {source_name}",
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
        upstream=_PUSH,
    ),
    Rule(
        _IMAGE_UPDATE_PUSH_FAILED,
        why="the Git server rejects the push without a reason, probably because the credentials of GitRepository {source_name} are read-only",
        steps=(
            Step(
                "give the deploy key or token in the Secret of GitRepository {source_name} write access",
                read=(_SOURCE,),
            ),
            Step(
                "if it has write access, check whether the branch is protected, and the Git server's logs",
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
        why="the push branch on the remote is probably left over from earlier updates (merged or diverged), and the shallow clone of the automation does not contain its commits",
        steps=(
            Step(
                "delete the push branch (spec.git.push.branch) on the remote, for example with git push origin --delete BRANCH; the automation creates it again, with the updates that are not merged yet",
                read=(SPEC,),
            ),
            Step(
                "if this happens often, let the Git server delete branches after a merge, or turn off the feature gate GitShallowClone of image-automation-controller"
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
        why="the branch on the remote has commits that the automation does not have, so the push is rejected ({detail})",
        steps=(
            Step(
                "wait for the next attempt: another client probably pushed at the same time",
                read=(SPEC,),
            ),
            Step(
                "if the error persists, push to a separate branch (spec.git.push.branch), or delete a push branch that is left over on the remote",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>non-fast-forward|fetch first|reference has changed|cannot lock ref|"
            r"failed to update ref)"
        ),
        kinds=_AUTOMATION,
        certainty="one-of",
        transient=True,
        upstream=_PUSH,
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
        why="the automation cannot write the new tags into the manifests: {detail}",
        steps=(
            Step(
                'correct the reported file or marker (# {{"$imagepolicy": "NAMESPACE:POLICY"}})',
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
        Code(
            "image-update-template",
            "The value of spec.git.commit.messageTemplate is invalid or uses removed fields.",
        ),
        why="the commit message template uses removed fields: {detail}",
        steps=(
            Step(
                "use .Changed in spec.git.commit.messageTemplate (Flux 2.7 removed .Updated and .Changed.ImageResult)",
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
        Code(
            "image-update-signing",
            "The key in spec.git.commit.signingKey cannot be used to sign commits.",
        ),
        why="the commit signing key cannot be used: {detail}",
        steps=(
            Step(
                "store the private key (and its passphrase, if any) in the Secret in spec.git.commit.signingKey, under the keys git.asc and passphrase; for the type ssh, under identity and password",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:could not (?:read|parse SSH) signing key|could not decrypt private key of "
            r"the signing key|could not find signing key secret|multiple entities read from secret|"
            r"unknown signing key type)[^\n]{0,160})"
        ),
        kinds=_AUTOMATION,
        trivial=True,
        upstream="IAC internal/source",
    ),
    Rule(
        Code(
            "image-update-branch-unknown",
            "The ImageUpdateAutomation does not specify a branch to push to.",
        ),
        why="no branch to push to is set: {detail}",
        steps=(
            Step(
                "set spec.git.push.branch; without it, Flux pushes to the branch in spec.git.checkout.ref, or else in spec.ref of GitRepository {source_name}",
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
        why="the automation cannot read from or push to Git: {innermost}",
        steps=(
            Step(
                "check GitRepository {source_name}: its URL, and the credentials in its Secret, which need write access",
                read=(_SOURCE, SPEC, LOG),
            ),
        ),
        reasons=("GitOperationFailed", "UpdateFailed", "SourceManagerFailed"),
        kinds=_AUTOMATION,
        certainty="unknown",
        upstream="IAC internal/controller/imageupdateautomation_controller.go",
    ),
)

_GENERATORS = (
    Rule(
        Code(
            "generator-path-missing", "The ArtifactGenerator cannot copy a path from its sources."
        ),
        why="the ArtifactGenerator cannot copy {from_path}: {detail}",
        steps=(
            Step(
                "correct from, to and exclude in spec.artifacts: from has the form @ALIAS/path, and to has the form @artifact/path",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"copy operation from '(?P<from_path>[^']+)' to '[^']+': (?P<detail>[^\n]{1,200})"
        ),
        kinds=_GENERATOR,
        trivial=True,
        upstream="SW internal/builder/builder.go",
    ),
    Rule(
        SPEC_INVALID,
        why="the spec is not valid: {detail}",
        steps=(Step("fix the reported error in spec.sources or spec.artifacts", read=(SPEC,)),),
        pattern=Text(r"(?P<detail>[^\n]{1,240})"),
        reasons=("ValidationFailed",),
        kinds=_GENERATOR,
        trivial=True,
        upstream="SW internal/controller/artifactgenerator_validation.go",
    ),
    Rule(
        Code(
            "generator-failed",
            "The ArtifactGenerator cannot read its sources or build its artifacts.",
        ),
        why="the ArtifactGenerator cannot read its sources or build its artifacts: {innermost}",
        steps=(Step("check spec.sources and spec.artifacts", read=(SPEC, LOG)),),
        reasons=("SourceFetchFailed", "ArtifactFailed", "BuildFailed", "ReconciliationFailed"),
        kinds=_GENERATOR,
        certainty="unknown",
        upstream="SW internal/controller/artifactgenerator_controller.go",
    ),
)

_INVALID = (
    "ValidationFailed",
    "InvalidPolicy",
    "IntervalNotConfigured",
    "InvalidPolicySelector",
    "InvalidUpdateStrategy",
    "InvalidSourceConfiguration",
    "RemovedTemplateField",
    "InvalidSTSConfiguration",
    "InvalidSpec",
    "InvalidDefaultValues",
    "InvalidSchedule",
    "InvalidExportedInputs",
    "InvalidInputs",
    "InvalidConfig",
)
"""Reasons for an invalid spec, which a retry does not fix."""

_OF_ANY_KIND = (
    Rule(
        SPEC_INVALID,
        why="the spec is not valid: {detail}",
        steps=(Step("fix the reported error in the spec", read=(SPEC,)),),
        pattern=Text(r"failed terminally due to configuration error: (?P<detail>[^\n]{1,240})"),
        reasons=_INVALID,
        upstream="PKG runtime/reconcile, FO api/v1",
    ),
    Rule(
        SPEC_INVALID,
        why="the spec is not valid: {innermost}",
        steps=(Step("fix the reported error in the spec", read=(SPEC,)),),
        reasons=_INVALID,
        trivial=True,
        upstream="NC, IRC, IAC, SW, FO internal/controller",
    ),
)

RULES = (*_SCANS, *_UPDATES, *_GENERATORS, *_OF_ANY_KIND)

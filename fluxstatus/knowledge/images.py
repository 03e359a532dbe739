"""Image scanning and image policies.

Upstream: image-reflector-controller internal/controller and internal/policy.
"""

from fluxstatus.knowledge.codes import SPEC_INVALID
from fluxstatus.knowledge.commands import LOG, RECONCILE, SPEC
from fluxstatus.knowledge.facts import source_has_tags, was_scanned_since
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_REPOSITORY: KindNames = frozenset({"ImageRepository"})
_POLICY: KindNames = frozenset({"ImagePolicy"})
_IMAGES = "kubectl get imagerepositories.image.toolkit.fluxcd.io -n {ns}"

RULES = (
    Rule(
        Code("image-scan-failed", "The image repository cannot be scanned."),
        why="the image repository {image} cannot be scanned: {innermost}",
        steps=(Step("check spec.image, the Secret and spec.provider", read=(SPEC, LOG)),),
        reasons=("ReadOperationFailed", "AuthenticationFailed", "Failure"),
        kinds=_REPOSITORY,
        certainty="unknown",
        upstream="IRC internal/controller/imagerepository_controller.go",
    ),
    Rule(
        SPEC_INVALID,
        why="a regular expression in spec.exclusionList is invalid: {detail}",
        steps=(
            Step(
                "correct the regular expression in spec.exclusionList; Go syntax does not support look-around",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"failed to compile regex (?P<detail>[^\n]{1,160})"),
        kinds=_REPOSITORY,
        reach=Reach.WHOLE,
        trivial=True,
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
            r"(?:ImageRepository[^\n]{0,300}does not exist|failed to get the refer\w+ "
            r"ImageRepository)[^\n]*\"(?P<missing>[\w.-]+)\" not found"
        ),
        kinds=_POLICY,
        trivial=True,
        upstream="IRC internal/controller/imagepolicy_controller.go",
    ),
    Rule(
        Code(
            "image-policy-outdated",
            "The ImagePolicy has not been evaluated since its ImageRepository was scanned.",
        ),
        why="the ImagePolicy was probably not evaluated again after the scan of ImageRepository {image_repository}, which found tags; the controller found none when it last evaluated the policy",
        steps=(
            Step(
                "request a reconciliation of the ImagePolicy; image-reflector-controller ignores the request before version 1.0.1",
                change=(RECONCILE,),
            ),
            Step(
                "to avoid this after each restart of the controller, upgrade Flux: image-reflector-controller 1.0.3 and later retries automatically"
            ),
        ),
        pattern=Text(r"^no tags (?:found )?in database"),
        kinds=_POLICY,
        when=(source_has_tags, was_scanned_since),
        certainty="likely",
        transient=True,
        upstream="IRC internal/controller/imagepolicy_controller.go",
    ),
    Rule(
        Code("image-not-scanned", "The ImageRepository has not been scanned yet or has no tags."),
        why="ImageRepository {image_repository} has no tags yet: no scan has run, or the image repository is empty",
        steps=(
            Step(
                "check that ImageRepository {image_repository} is ready, and that its spec.exclusionList does not exclude all tags",
                read=(_IMAGES,),
            ),
        ),
        pattern=Text(r"no tags (?:found )?in database|has not been scanned"),
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
        why="no tag matches the policy: the filter in spec.filterTags or the range in spec.policy excludes all tags",
        steps=(
            Step(
                "correct spec.filterTags.pattern or spec.policy. A range includes pre-releases only if it ends in -0, and the numerical policy requires numeric tags (see spec.filterTags.extract)",
                read=(SPEC, _IMAGES),
            ),
        ),
        pattern=Text(
            r"version list argument cannot be empty|unable to determine latest version|"
            r"no image found for policy"
        ),
        kinds=_POLICY,
        trivial=True,
        upstream="IRC internal/policy",
    ),
    Rule(
        Code(
            "image-policy-not-numeric",
            "A tag that the numerical policy of the ImagePolicy compares is not a number.",
        ),
        why="{wrong_tag} is not a number, but spec.policy.numerical requires numbers",
        steps=(
            Step(
                "set spec.filterTags.pattern to a regular expression that matches only tags with numbers, and set spec.filterTags.extract to the group that captures the number, for example '^main-(?P<n>[0-9]+)$' and '$n'. Alternatively, use spec.policy.semver",
                read=(SPEC, _IMAGES),
            ),
        ),
        pattern=Text(r"failed to parse invalid numeric value (?P<wrong_tag>'[^']*')"),
        kinds=_POLICY,
        trivial=True,
        upstream="IRC internal/policy/numerical.go",
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
        why="the policy is invalid: {detail}",
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

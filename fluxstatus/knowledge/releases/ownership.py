"""HelmRelease: objects that already exist and belong to another release or to no release.

Upstream: helm pkg/action and pkg/storage/driver, kubernetes apimachinery api/errors.
"""

from fluxstatus.knowledge.commands import SPEC, STORED
from fluxstatus.knowledge.facts import belongs_to_release, shares_release
from fluxstatus.knowledge.releases.shared import HELM_RELEASES, HISTORY, HR
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_HELM_OWNERSHIP = Code(
    "helm-ownership",
    "An object in the chart already exists and belongs to something other than this Helm release.",
)
_HELM_NAME_IN_USE = Code(
    "helm-name-in-use", "Helm's storage already contains a release with this name."
)

_OWNED = (
    r"\b(?P<owned>(?P<owned_kind>\w+) \"(?P<owned_name>[\w.:-]+)\") in namespace "
    r"\"(?P<owned_ns>[\w.-]*)\" exists and cannot be imported into the current release"
)
_IS = r"\" must equal \"[^\"]*\": current value is \""
_OF_ANOTHER = Text(
    rf"{_OWNED}.*invalid ownership metadata.*?key \"meta\.helm\.sh/release-name{_IS}(?P<other>[^\"]+)\""
)
_OF_ANOTHER_NAMESPACE = Text(
    rf"{_OWNED}.*invalid ownership metadata(?!.*release-name\").*?key \"meta\.helm\.sh/release-namespace{_IS}(?P<other_ns>[^\"]+)\""
)
_DESCRIBE_OWNED = "kubectl describe {owned_kind} {owned_name} -n {owned_ns}"

RULES = (
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and belongs to a different Helm release, {other}, which is a HelmRelease in this cluster",
        steps=(
            Step(
                "disable the object in the values of one of the two releases, or give it a different name. Do not let this release adopt the object, because both releases would then change it",
                read=(_DESCRIBE_OWNED, HELM_RELEASES),
            ),
        ),
        pattern=_OF_ANOTHER,
        kinds=HR,
        when=(belongs_to_release,),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and belongs to a different Helm release: {other}",
        steps=(
            Step(
                "disable the object in the values of one of the two releases, or give it a different name. Do not let this release adopt the object, because both releases would then change it",
                read=(_DESCRIBE_OWNED, HELM_RELEASES),
            ),
            Step(
                "if the other release no longer exists, set the annotations meta.helm.sh/release-name={release_name} and meta.helm.sh/release-namespace={target_ns} on the object"
            ),
        ),
        pattern=_OF_ANOTHER,
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and belongs to the Helm release of the same name in namespace {other_ns}, which is a HelmRelease in this cluster",
        steps=(
            Step(
                "disable the object in the values of one of the two releases, or give it a different name. Do not let this release adopt the object, because both releases would then change it",
                read=(_DESCRIBE_OWNED, HELM_RELEASES),
            ),
        ),
        pattern=_OF_ANOTHER_NAMESPACE,
        kinds=HR,
        when=(belongs_to_release,),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and belongs to a Helm release of the same name in namespace {other_ns}",
        steps=(
            Step(
                "if spec.targetNamespace was changed, Helm has installed a second release. Uninstall the old release in namespace {other_ns}, or restore the old value of spec.targetNamespace",
                read=(
                    _DESCRIBE_OWNED,
                    "kubectl get secrets -n {other_ns} -l owner=helm,name={release_name}",
                ),
            ),
            Step(
                "if the other release is still in use, disable the object in the values of one of the two releases, or give it a different name. If the other release no longer exists, set annotation meta.helm.sh/release-namespace={target_ns} on the object"
            ),
        ),
        pattern=_OF_ANOTHER_NAMESPACE,
        kinds=HR,
        unless=(belongs_to_release,),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and does not belong to this release",
        steps=(
            Step(
                "let Helm adopt the object, which the chart then overwrites: unset spec.install.disableTakeOwnership, or set the label app.kubernetes.io/managed-by=Helm and the annotations meta.helm.sh/release-name={release_name} and meta.helm.sh/release-namespace={target_ns} on the object",
                read=(_DESCRIBE_OWNED,),
            ),
            Step(
                "alternatively, rename one of the two objects, or disable the chart's object in spec.values"
            ),
        ),
        pattern=Text(_OWNED + r".*invalid ownership metadata"),
        kinds=HR,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="the chart contains an object that already exists in the cluster and does not belong to this release",
        steps=(
            Step(
                "let Helm adopt the object (unset spec.install.disableTakeOwnership), or rename one of the two objects",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"invalid ownership metadata|cannot be imported into the current release"),
        kinds=HR,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        Code("helm-object-exists", "Helm cannot create an object because it already exists."),
        why="Helm cannot create {existing} because it already exists",
        steps=(
            Step(
                "if the object is a hook of the chart, such as a Job from an earlier attempt, set helm.sh/hook-delete-policy: before-hook-creation on the hook",
                read=("kubectl describe {existing_kind} {existing_name} -n {target_ns}",),
            ),
            Step(
                "otherwise, wait for the next attempt, which adopts the object unless spec.install.disableTakeOwnership is set. If the object belongs to something else, rename one of the two objects"
            ),
        ),
        pattern=Text(
            r"(?<![\w-])(?P<existing>(?P<existing_kind>[a-z][\w.]*) "
            r"\"(?P<existing_name>[\w.:-]+)\") already exists"
        ),
        kinds=HR,
        certainty="one-of",
        upstream="kubernetes apimachinery api/errors NewAlreadyExists",
    ),
    Rule(
        _HELM_NAME_IN_USE,
        why="Helm's storage already contains a record of the version that Helm is about to write",
        steps=(
            Step(
                "check whether release name {release_name} is also used in this storage namespace by another HelmRelease, or by someone who runs helm",
                read=(HELM_RELEASES, STORED),
            ),
            Step(
                "if the release name is not used elsewhere, the Secret has lost the labels that Helm uses to find it. List all Secrets of this type, and delete the Secret sh.helm.release.v1.* that has no label owner=helm, because this Secret blocks the release",
                read=(
                    "kubectl get secrets -n {storage_ns} --field-selector=type=helm.sh/release.v1 --show-labels",
                ),
            ),
        ),
        pattern=Text(r"release: already exists"),
        kinds=HR,
        certainty="one-of",
        upstream="helm pkg/storage/driver",
    ),
    Rule(
        _HELM_NAME_IN_USE,
        why="another HelmRelease uses the same Helm release name ({release_name}) and namespace",
        steps=(
            Step(
                "set a different spec.releaseName in one of the two HelmReleases, or remove one of them. Before you remove a HelmRelease, suspend it, because its deletion would uninstall the release",
                read=(HELM_RELEASES, STORED),
            ),
        ),
        pattern=Text(r"cannot re-?use a name that is still in use"),
        kinds=HR,
        when=(shares_release,),
        upstream="helm pkg/action/install.go",
    ),
    Rule(
        _HELM_NAME_IN_USE,
        why="Helm's storage already contains a release named {release_name}, which was not installed by this HelmRelease",
        steps=(
            Step(
                "find out how the release was installed: by another HelmRelease, with Helm on the command line, or in an earlier, interrupted attempt of this HelmRelease",
                read=(STORED, HELM_RELEASES, HISTORY),
            ),
            Step(
                "set a different spec.releaseName, or have the owner of the other release remove it. If the release is only a leftover of this HelmRelease, Flux takes it over at the next attempt"
            ),
        ),
        pattern=Text(r"cannot re-?use a name that is still in use"),
        kinds=HR,
        certainty="one-of",
        upstream="helm pkg/action/install.go",
    ),
    Rule(
        Code("helm-name-invalid", "The Helm release name is too long or otherwise invalid."),
        why="the release name is invalid: {detail}",
        steps=(
            Step(
                "set spec.releaseName to at most 53 lowercase letters, digits, hyphens and dots",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:release name|invalid release name)[^\n]{0,160}(?:exceeds|must match|"
            r"invalid)[^\n]{0,80})"
        ),
        kinds=HR,
        trivial=True,
        upstream="helm pkg/chart/common/util/validate_name.go",
    ),
)

"""HelmRelease: objects that another release or nobody owns.

Upstream: helm pkg/action and pkg/storage/driver, kubernetes apimachinery api/errors.
"""

from fluxstatus.knowledge.commands import SPEC, STORED
from fluxstatus.knowledge.facts import belongs_to_release, shares_release
from fluxstatus.knowledge.releases.shared import HELM_RELEASES, HISTORY, HR
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_HELM_OWNERSHIP = Code(
    "helm-ownership",
    "An object in the chart already exists and does not belong to this Helm release.",
)
_HELM_NAME_IN_USE = Code(
    "helm-name-in-use", "Helm's storage already has an entry with this release name."
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
                "disable the object in the values of one of the two releases, or give it a different name; do not let this release adopt the object, because both releases would then change it",
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
                "disable the object in the values of one of the two releases, or give it a different name; do not let this release adopt the object, because both releases would then change it",
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
        why="{owned} already exists and belongs to the Helm release with the same name in namespace {other_ns}, which is a HelmRelease in this cluster",
        steps=(
            Step(
                "disable the object in the values of one of the two releases, or give it a different name; do not let this release adopt the object, because both releases would then change it",
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
        why="{owned} already exists and belongs to a Helm release with the same name in namespace {other_ns}",
        steps=(
            Step(
                "if spec.targetNamespace was changed, Helm has installed a second release: uninstall the old one in namespace {other_ns}, or set spec.targetNamespace back",
                read=(
                    _DESCRIBE_OWNED,
                    "kubectl get secrets -n {other_ns} -l owner=helm,name={release_name}",
                ),
            ),
            Step(
                "if the other release is still in use, disable the object in the values of one of the two, or give it a different name; if it no longer exists, set annotation meta.helm.sh/release-namespace={target_ns} on the object"
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
                "have Helm adopt it: do not set spec.install.disableTakeOwnership, or set the label app.kubernetes.io/managed-by=Helm and the annotations meta.helm.sh/release-name={release_name} and meta.helm.sh/release-namespace={target_ns} on the object; the chart then overwrites it",
                read=(_DESCRIBE_OWNED,),
            ),
            Step("or rename one of the two objects, or disable the chart's object in spec.values"),
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
                "have Helm adopt it (do not set spec.install.disableTakeOwnership), or rename one of the two objects",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"invalid ownership metadata|cannot be imported into the current release"),
        kinds=HR,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        Code("helm-object-exists", "Helm cannot create an object because it already exists."),
        why="Helm cannot create {existing}, because it already exists",
        steps=(
            Step(
                "if it is a hook of the chart, such as a Job from an earlier attempt, set helm.sh/hook-delete-policy: before-hook-creation on the hook",
                read=("kubectl describe {existing_kind} {existing_name} -n {target_ns}",),
            ),
            Step(
                "otherwise the next attempt adopts it, unless spec.install.disableTakeOwnership is set; if it belongs to something else, rename one of the two"
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
        why="Helm's storage already has a record of the version that Helm is about to write",
        steps=(
            Step(
                "check whether another HelmRelease, or someone who runs helm, uses release name {release_name} in the same storage namespace",
                read=(HELM_RELEASES, STORED),
            ),
            Step(
                "if not, the Secret lost the labels that Helm finds it by: list all Secrets of this type; a Secret sh.helm.release.v1.* without label owner=helm blocks the release until it is deleted",
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
        why="a second HelmRelease uses the same Helm release name ({release_name}) and namespace",
        steps=(
            Step(
                "set a different spec.releaseName in one of the two, or remove one of them; the deletion of a HelmRelease uninstalls its release, so suspend the HelmRelease first",
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
        why="Helm's storage already has a release with the name {release_name}, which this HelmRelease did not install",
        steps=(
            Step(
                "find out who installed it: another HelmRelease, Helm on the command line, or an earlier attempt of this HelmRelease that was interrupted",
                read=(STORED, HELM_RELEASES, HISTORY),
            ),
            Step(
                "choose another spec.releaseName, or have the owner of the other release remove it; the next attempt of Flux takes over a release that is only left behind"
            ),
        ),
        pattern=Text(r"cannot re-?use a name that is still in use"),
        kinds=HR,
        certainty="one-of",
        upstream="helm pkg/action/install.go",
    ),
    Rule(
        Code("helm-name-invalid", "The Helm release name is too long or otherwise invalid."),
        why="the release name is not valid: {detail}",
        steps=(
            Step(
                "set spec.releaseName to at most 53 lower case letters, digits, hyphens and dots",
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

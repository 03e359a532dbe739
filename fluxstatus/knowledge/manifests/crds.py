"""CustomResourceDefinitions whose versions do not match those in the cluster.

Upstream: kubernetes apiextensions-apiserver validation.
"""

from fluxstatus.knowledge.manifests.shared import APPLIES, MANIFEST_INVALID
from fluxstatus.knowledge.message_facts import is_about_flux_crd, is_stored_version_served
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_CRD_DOWNGRADE = Code(
    "crd-downgrade",
    "A CRD in Git is older than the CRD in the cluster, which stores a newer version.",
)
_CRD_STORED_VERSIONS = Code(
    "crd-stored-versions",
    "A new CRD does not have a version that status.storedVersions still lists.",
)

_CRD_VERSIONS = "kubectl get customresourcedefinitions {object_name} -o jsonpath={{.spec.versions[*].name}}{{.status.storedVersions}}"

_WANTS_STORED = r"(?:must appear in|missing from) spec\.versions"
_STORED = rf"status\.storedVersions\[\d+\]: Invalid value: \"(?P<stored>\w+)\": {_WANTS_STORED}"
_STORED_NEWER = (
    r"status\.storedVersions(?:\[0\]: Invalid value: \"(?=v\d+\")|\[[1-9]\]: Invalid value: \")"
    rf"(?P<stored>\w+)\": {_WANTS_STORED}"
)
"""A missing version that is newer, because it is stable or was stored after another version."""

RULES = (
    Rule(
        MANIFEST_INVALID,
        why="in the cluster, spec.conversion of {object} still has a caBundle that another field manager set, but no strategy",
        steps=(
            Step(
                "remove spec.conversion from the live CRD, and from every other CRD in the message. Until a webhook is set again, the custom resources are not converted between versions",
                read=(
                    "kubectl get customresourcedefinitions {object_name} -o yaml --show-managed-fields",
                ),
                change=(
                    """kubectl patch customresourcedefinitions {object_name} --type=merge -p '{{"spec":{{"conversion":{{"strategy":"None","webhook":null}}}}}}'""",
                ),
            ),
        ),
        pattern=Text(
            r"spec\.conversion\.strategy: Required value[^\n]{0,20}spec\.conversion\.webhookClientConfig: Forbidden"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _CRD_DOWNGRADE,
        why="{object} in Git is older than the one in the cluster: the CRD in Git lacks version {stored}, which the cluster serves and stores",
        steps=(
            Step(
                "update the Flux manifests in Git to the version that is running in the cluster: run flux bootstrap again, or recreate gotk-components.yaml with flux install --export. If a FluxInstance installs Flux, remove the CRDs from Git",
                read=(_CRD_VERSIONS,),
            ),
            Step(
                "do not edit status.storedVersions, because the stored objects would become unreadable"
            ),
        ),
        pattern=Text(_STORED),
        kinds=APPLIES,
        when=(is_stored_version_served,),
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _CRD_DOWNGRADE,
        why="{object} in Git is probably older than the one in the cluster: the CRD in Git lacks version {stored}, in which the cluster stores objects",
        steps=(
            Step(
                "compare the versions. If the live CRD is newer, update the Flux manifests in Git: run flux bootstrap again, or recreate gotk-components.yaml with flux install --export. If a FluxInstance installs Flux, remove the CRDs from Git",
                read=(_CRD_VERSIONS,),
            ),
            Step(
                "do not edit status.storedVersions, because the stored objects would become unreadable"
            ),
        ),
        pattern=Text(_STORED_NEWER),
        kinds=APPLIES,
        when=(is_about_flux_crd,),
        unless=(is_stored_version_served,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _CRD_DOWNGRADE,
        why="{object} in Git or in the chart is probably older than the one in the cluster: the older CRD lacks version {stored}, in which the cluster stores objects",
        steps=(
            Step(
                "compare the versions. If the live CRD is newer, another chart or manifest installed it: update the CRD in Git or in the chart, and make sure that only one of them installs the CRD",
                read=(_CRD_VERSIONS,),
            ),
            Step(
                "do not edit status.storedVersions, because the stored objects would become unreadable"
            ),
        ),
        pattern=Text(_STORED_NEWER),
        kinds=APPLIES,
        unless=(is_about_flux_crd,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _CRD_STORED_VERSIONS,
        why="{object} has objects stored in version {stored}, which the new CRD no longer includes",
        steps=(
            Step(
                "run flux migrate, which rewrites the stored Flux objects and then updates status.storedVersions. With a FluxInstance, the operator does this unless spec.migrateResources is false",
                read=(_CRD_VERSIONS,),
            ),
            Step(
                "if the live CRD has newer versions than the CRD in Git, update the Flux manifests in Git instead"
            ),
        ),
        pattern=Text(_STORED),
        kinds=APPLIES,
        when=(is_about_flux_crd,),
        unless=(is_stored_version_served,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation, F cmd/flux/migrate.go",
    ),
    Rule(
        _CRD_STORED_VERSIONS,
        why="{object} probably has objects stored in version {stored}, which the new CRD no longer includes",
        steps=(
            Step(
                "upgrade through a version of the CRD that has both {stored} and its successor. In that version, rewrite the stored objects with kube-storage-version-migrator or the operator's own migration, and then remove {stored} from status.storedVersions",
                read=(_CRD_VERSIONS,),
            ),
            Step(
                "if the live CRD has newer versions than the CRD in Git, update the CRD in Git instead"
            ),
        ),
        pattern=Text(_STORED),
        kinds=APPLIES,
        unless=(is_about_flux_crd,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation",
    ),
)

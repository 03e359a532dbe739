"""CustomResourceDefinitions whose versions do not match those in the cluster.

Upstream: kubernetes apiextensions-apiserver validation.
"""

from fluxstatus.knowledge.facts import is_about_flux_crd, is_stored_version_served
from fluxstatus.knowledge.manifests.shared import APPLIES, MANIFEST_INVALID
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_CRD_DOWNGRADE = Code(
    "crd-downgrade", "A CRD in Git is older than in the cluster, which stores a newer version."
)
_CRD_STORED_VERSIONS = Code(
    "crd-stored-versions", "The new CRD lacks a version that status.storedVersions still lists."
)

_CRD_VERSIONS = "kubectl get customresourcedefinitions {object_name} -o jsonpath={{.spec.versions[*].name}}{{.status.storedVersions}}"

_WANTS_STORED = r"(?:must appear in|missing from) spec\.versions"
_STORED = rf"status\.storedVersions\[\d+\]: Invalid value: \"(?P<stored>\w+)\": {_WANTS_STORED}"
_STORED_NEWER = (
    r"status\.storedVersions(?:\[0\]: Invalid value: \"(?=v\d+\")|\[[1-9]\]: Invalid value: \")"
    rf"(?P<stored>\w+)\": {_WANTS_STORED}"
)
"""The version that is missing was stored after another one, or is a stable one: it is a newer one."""

RULES = (
    Rule(
        MANIFEST_INVALID,
        why="{object} still has a part of spec.conversion in the cluster that another field manager set (its caBundle), but no longer a strategy",
        steps=(
            Step(
                "remove spec.conversion from the live CRD once, and from every other CRD in the message; until a webhook is set again, its objects are not converted between versions",
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
        why="{object} in Git is older than in the cluster: it lacks version {stored}, which this cluster serves and stores",
        steps=(
            Step(
                "update the Flux manifests in Git to the version that runs in the cluster: run flux bootstrap again, or flux install --export for gotk-components.yaml; if a FluxInstance installs Flux, remove the CRDs from Git",
                read=(_CRD_VERSIONS,),
            ),
            Step("do not edit status.storedVersions: the stored objects would become unreadable"),
        ),
        pattern=Text(_STORED),
        kinds=APPLIES,
        when=(is_stored_version_served,),
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _CRD_DOWNGRADE,
        why="{object} in Git is probably older than in the cluster: it lacks version {stored}, in which the cluster stores objects",
        steps=(
            Step(
                "compare the versions; if the live CRD is newer, update the Flux manifests in Git: run flux bootstrap again, or flux install --export for gotk-components.yaml; if a FluxInstance installs Flux, remove the CRDs from Git",
                read=(_CRD_VERSIONS,),
            ),
            Step("do not edit status.storedVersions: the stored objects would become unreadable"),
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
        why="{object} in Git or in the chart is probably older than in the cluster: it lacks version {stored}, in which the cluster stores objects",
        steps=(
            Step(
                "compare the versions; if the live CRD is newer, another chart or manifest installed it: update the CRD in Git or the chart, and let only one of them install it",
                read=(_CRD_VERSIONS,),
            ),
            Step("do not edit status.storedVersions: the stored objects would become unreadable"),
        ),
        pattern=Text(_STORED_NEWER),
        kinds=APPLIES,
        unless=(is_about_flux_crd,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _CRD_STORED_VERSIONS,
        why="{object} has objects stored in version {stored}, which the new CRD no longer has",
        steps=(
            Step(
                "run flux migrate, which rewrites the stored Flux objects and then updates status.storedVersions; the operator does this with spec.migrateResources",
                read=(_CRD_VERSIONS,),
            ),
            Step(
                "if the live CRD has newer versions than the one in Git, update the Flux manifests in Git instead"
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
        why="{object} probably has objects stored in version {stored}, which the new CRD no longer has",
        steps=(
            Step(
                "upgrade through a version of the CRD that has both {stored} and its successor; rewrite the stored objects there (kube-storage-version-migrator, or the operator's own migration), then remove {stored} from status.storedVersions",
                read=(_CRD_VERSIONS,),
            ),
            Step(
                "if the live CRD has newer versions than the one in Git, Git is outdated: update it instead"
            ),
        ),
        pattern=Text(_STORED),
        kinds=APPLIES,
        unless=(is_about_flux_crd,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation",
    ),
)

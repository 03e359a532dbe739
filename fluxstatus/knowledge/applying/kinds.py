"""Kinds and API versions that the cluster does not serve.

Upstream: kubernetes apimachinery (api/meta), client-go discovery, the Kubernetes deprecation
guide, helm pkg/action, fluxcd/flux2 cmd/flux.
"""

from fluxstatus.knowledge.applying.shared import API_MISSING, APPLIES
from fluxstatus.knowledge.codes import API_REMOVED
from fluxstatus.knowledge.commands import LOG, RECONCILE, SPEC
from fluxstatus.knowledge.message_facts import BUILT_IN_GROUP
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.knowledge.served_kinds import (
    is_component_absent,
    is_component_unlisted,
    is_served_newer,
    is_served_now,
    is_served_older,
)
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import ALL_KINDS

_FLUX_KIND_MISSING = Code(
    "flux-kind-missing",
    "A manifest uses a Flux kind, but the Flux component for this kind is not installed.",
)
_CRD_MISSING = Code(
    "crd-missing",
    "A manifest uses a kind that the cluster does not serve because its CRD is not installed.",
)

_REMOVED = (
    r"(?P<missing_kind>(?!IPAddress|ServiceCIDR|VolumeAttributesClass|ClusterTrustBundle|"
    r"\w*AdmissionPolicy|LeaseCandidate|SelfSubjectReview|PodCertificate)\w+)\" in version "
    r"\"(?P<missing_group>(?P<missing_group_name>"
    r"extensions(?=/v1beta1\")|apps(?=/v1beta[12]\")|batch(?=/v1beta1\"|/v2alpha1\")|"
    r"policy(?=/v1beta1\")|autoscaling(?=/v2beta[12]\")|"
    r"(?:rbac\.authorization|admissionregistration|apiextensions|apiregistration|certificates|"
    r"coordination|scheduling|node|discovery|events|authentication|authorization|storage|"
    r"networking)\.k8s\.io(?=/v1beta1\")|flowcontrol\.apiserver\.k8s\.io(?=/v1beta[123]\")"
    r")/\w+)\""
)
"""The built-in API versions that were removed (Kubernetes deprecation guide).

The pattern excludes newer kinds, whose beta versions were removed later than their group's.
"""
_BUILT_IN = rf"(?P<missing_group_name>{BUILT_IN_GROUP}(?=/))"
_ALWAYS_SERVED = (
    r"(?P<missing_kind>(?:ConfigMap|Secret|Service|ServiceAccount|Namespace|Pod|Node|Endpoints|"
    r"PersistentVolume|PersistentVolumeClaim|LimitRange|ResourceQuota|Event)(?=\" in version "
    r"\"v1\")|(?:Deployment|StatefulSet|DaemonSet|ReplicaSet)(?=\" in version \"apps/v1\")|"
    r"(?:Job|CronJob)(?=\" in version \"batch/v1\")|(?:Ingress|IngressClass|NetworkPolicy)"
    r"(?=\" in version \"networking\.k8s\.io/v1\")|(?:Cluster)?Role(?:Binding)?(?=\" in version "
    r"\"rbac\.authorization\.k8s\.io/v1\")|CustomResourceDefinition(?=\" in version "
    r"\"apiextensions\.k8s\.io/v1\")|StorageClass(?=\" in version \"storage\.k8s\.io/v1\")|"
    r"PodDisruptionBudget(?=\" in version \"policy/v1\")|HorizontalPodAutoscaler(?=\" in version "
    r"\"autoscaling/v2\"))\" in version \"(?P<missing_group>[\w./]+)\""
)
"""Built-in kinds, each in the API version that every supported Kubernetes version serves."""
_NO_KIND = (
    r"no matches for kind \"(?P<missing_kind>\w+)\" in versions? "
    r"\[?\"(?P<missing_group>(?P<missing_group_name>[\w.-]+)"
)
_FLUX_GROUP = (
    r"no matches for kind \"(?P<missing_kind>\w+)\" in version \"(?P<missing_group>"
    r"(?P<missing_group_name>\w+\.toolkit\.fluxcd\.io|source\.extensions\.fluxcd\.io|"
    r"fluxcd\.controlplane\.io)"
)
_NO_FLUX_KIND = _FLUX_GROUP + r"/\w+)\""

RULES = (
    Rule(
        _CRD_MISSING,
        why="the cluster does not serve {missing_kind}: Gatekeeper creates this kind from a ConstraintTemplate that has not been applied",
        steps=(
            Step(
                "apply the ConstraintTemplate first, in a separate Kustomization, and add that Kustomization to spec.dependsOn, because Gatekeeper needs a moment to create the kind",
                read=("kubectl get constrainttemplates",),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version \"constraints\.gatekeeper\.sh/\w+"
        ),
        kinds=ALL_KINDS,
        reach=Reach.WHOLE,
        certainty="likely",
        in_full=True,
        upstream="Gatekeeper pkg/controller/constrainttemplate",
    ),
    Rule(
        Code(
            "kustomize-file-applied",
            "A kustomize configuration file is applied to the cluster as if it were a Kubernetes object.",
        ),
        why="a kustomize {missing_kind} ({missing_group}) is applied as a Kubernetes object; this is a kustomize configuration file, not an object of a kind that the cluster serves",
        steps=(
            Step(
                "name the file kustomization.yaml. In the kustomization.yaml that refers to this file, list the directory instead of the file, under resources (or under components for a Component)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version "
            r"\"(?P<missing_group>kustomize\.config\.k8s\.io/\w+)\""
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        API_REMOVED,
        why="the cluster no longer serves PodSecurityPolicy, which was removed in Kubernetes 1.25",
        steps=(
            Step(
                "remove the PodSecurityPolicy {in_git}, and label the namespaces for Pod Security admission instead (pod-security.kubernetes.io/enforce)",
                read=("kubectl get namespaces --show-labels",),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"PodSecurityPolicy\" in version \"(?:policy|extensions)/"
        ),
        kinds=APPLIES,
        upstream="kubernetes deprecation guide",
    ),
    Rule(
        API_REMOVED,
        why="the cluster no longer serves {missing_kind} in {missing_group}; a newer Kubernetes version removed this API version",
        steps=(
            Step(
                "change apiVersion in the manifest to a version that the cluster serves. For a chart, use a newer version of the chart",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(rf"no matches for kind \"{_REMOVED}"),
        upstream="kubernetes deprecation guide",
    ),
    Rule(
        API_MISSING,
        why="the API server probably did not list the built-in kind {missing_kind} in {missing_group}; API discovery was incomplete",
        steps=(
            Step(
                "check the API server and the aggregated APIs. Flux retries automatically",
                read=(
                    "kubectl get --raw /readyz?verbose",
                    "kubectl get apiservices.apiregistration.k8s.io",
                ),
            ),
            Step(
                "if the error persists although kubectl lists the kind, restart {controller}",
                read=("kubectl api-resources",),
                change=("kubectl rollout restart deployment/{controller} -n {flux_namespace}",),
            ),
        ),
        pattern=Text(rf"no matches for kind \"{_ALWAYS_SERVED}"),
        certainty="likely",
        transient=True,
        upstream="client-go discovery, controller-runtime apiutil",
    ),
    Rule(
        Code(
            "api-version-wrong",
            "A manifest specifies an API version that does not contain its kind.",
        ),
        why="the cluster does not serve {missing_kind} in {missing_group}",
        steps=(
            Step(
                "if the kind belongs to another API group or version, correct apiVersion in the manifest",
                read=("kubectl explain {missing_kind}",),
            ),
            Step(
                "if this is an alpha or beta API, enable it in the API server (with --runtime-config and its feature gate). If the kind requires a newer Kubernetes version, upgrade the cluster or use an older chart",
                read=("kubectl version", "kubectl api-resources"),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version "
            rf"\"(?P<missing_group>{_BUILT_IN}/\w+|v1)\""
        ),
        certainty="one-of",
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        _FLUX_KIND_MISSING,
        why="the cluster does not serve {missing_kind}: spec.components of FluxInstance {instance} does not include {component}, which installs the CRD",
        steps=(
            Step(
                "add {component} to spec.components of the FluxInstance in Git, and use an API version that this Flux version serves",
                read=("kubectl get {instance_resource} {instance} -n {flux_namespace} -o yaml",),
            ),
        ),
        pattern=Text(_NO_FLUX_KIND),
        needs=("component", "instance"),
        when=(is_component_unlisted,),
        trivial=True,
        in_full=True,
        upstream="FO api/v1 FluxInstance",
    ),
    Rule(
        _FLUX_KIND_MISSING,
        why="the cluster does not serve {missing_kind}: the CRD is part of {component}, which is not installed",
        steps=(
            Step(
                "install {component}. Add it to spec.components of the FluxInstance, or run flux bootstrap or flux install with --components-extra",
                read=("kubectl get deployments -n {flux_namespace}",),
            ),
        ),
        pattern=Text(_NO_FLUX_KIND),
        needs=("component",),
        when=(is_component_absent,),
        unless=(is_component_unlisted,),
        trivial=True,
        in_full=True,
        upstream="F cmd/flux/install.go",
    ),
    Rule(
        Code(
            "flux-kind-served-now",
            "The cluster serves a Flux kind that it did not serve when a manifest was applied.",
        ),
        why="the cluster now serves {missing_kind} in {missing_group}; during the last attempt, the cluster did not serve this kind, or the controller had an outdated list of kinds",
        steps=(
            Step("reconcile the object now, or wait for the next attempt", change=(RECONCILE,)),
            Step(
                "if the error persists, the controller has an outdated list of kinds. Check its log, and then restart it",
                read=(LOG,),
            ),
        ),
        pattern=Text(_NO_FLUX_KIND),
        needs=("component",),
        when=(is_served_now,),
        trivial=True,
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        Code(
            "flux-older-than-manifest",
            "A manifest uses a Flux API version that is newer than the Flux version in the cluster.",
        ),
        why="this Flux version serves {missing_kind} only in {served_api}, which is older than {missing_group} in the manifest",
        steps=(
            Step(
                "upgrade Flux in the cluster, or change apiVersion in the manifest to {served_api}",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(_NO_FLUX_KIND),
        needs=("served_api",),
        when=(is_served_older,),
        trivial=True,
        upstream="F manifests/crds",
    ),
    Rule(
        API_REMOVED,
        why="this Flux version no longer serves {missing_kind} in {missing_group}, only in {served_api}",
        steps=(
            Step(
                "change apiVersion in Git to {served_api}. To update the files, run flux migrate -f PATH",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(_NO_FLUX_KIND),
        needs=("served_api",),
        when=(is_served_newer,),
        trivial=True,
        upstream="F cmd/flux/migrate.go",
        versions=">=2.7",
    ),
    Rule(
        API_REMOVED,
        why="this Flux version probably no longer serves {missing_kind} in {missing_group}",
        steps=(
            Step(
                "change apiVersion in Git to a version that the cluster serves. To update the files, run flux migrate -f PATH",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
            Step(
                "if the cluster does not serve any version of {missing_kind}, install the Flux component that this kind belongs to (with spec.components of the FluxInstance, or with --components-extra of flux bootstrap)",
            ),
        ),
        pattern=Text(_FLUX_GROUP + r"/v\d+(?:alpha|beta)\d+)\""),
        unless=(is_served_older, is_served_newer, is_component_absent),
        certainty="likely",
        upstream="F cmd/flux/migrate.go",
        versions=">=2.7",
    ),
    Rule(
        API_REMOVED,
        why="the release contains {missing_kind} objects ({missing_group}), which this Kubernetes version does not serve, so Helm cannot uninstall the release",
        steps=(
            Step(
                "rewrite the stored release with the Helm plugin mapkubeapis, which replaces removed API versions. Flux then retries the uninstallation",
                read=("kubectl api-resources --api-group={missing_group_name}", SPEC),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version "
            rf"\"(?P<missing_group>{_BUILT_IN}/\w+)\""
        ),
        reasons=("UninstallFailed",),
        kinds=frozenset({"HelmRelease"}),
        reach=Reach.WHOLE,
        upstream="helm pkg/action/uninstall.go",
    ),
    Rule(
        API_REMOVED,
        why="the release contains {missing_kind} objects ({missing_group}), which the cluster no longer serves, so Helm cannot uninstall the release",
        steps=(
            Step(
                "reinstall the {missing_kind} CRD until the release has been uninstalled, or rewrite the stored release with the Helm plugin mapkubeapis",
                read=("kubectl api-resources --api-group={missing_group_name}", SPEC),
            ),
        ),
        pattern=Text(_NO_KIND + r"(?:/\w+)?)\""),
        reasons=("UninstallFailed",),
        kinds=frozenset({"HelmRelease"}),
        reach=Reach.WHOLE,
        upstream="helm pkg/action/uninstall.go",
    ),
    Rule(
        _CRD_MISSING,
        why="the cluster does not serve {missing_kind} in {missing_group}: the CRD is not installed or no longer has this version",
        steps=(
            Step(
                "check in which API versions the cluster serves {missing_kind}. If it serves a newer version, change apiVersion in the manifest to that version",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
            Step(
                "if the cluster does not serve any version, install the {missing_kind} CRD first. Move the {missing_kind} objects to a separate Kustomization whose spec.dependsOn lists the Kustomization that installs the CRD. A HelmRelease in the same Kustomization is never applied, because the dry run fails first",
                if_unexplained=True,
            ),
        ),
        pattern=Text(_NO_KIND + r"/v\d+(?:alpha|beta)\d+)\""),
        kinds=ALL_KINDS,
        certainty="one-of",
        in_full=True,
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        _CRD_MISSING,
        why="the cluster does not serve {missing_kind} in {missing_group}: the CRD is probably not installed",
        steps=(
            Step(
                "install the {missing_kind} CRD first. Move the {missing_kind} objects to a separate Kustomization whose spec.dependsOn lists the Kustomization that installs the CRD. A HelmRelease in the same Kustomization is never applied, because the dry run fails first",
                read=(
                    "kubectl api-resources --api-group={missing_group_name}",
                    "kubectl get helmreleases.helm.toolkit.fluxcd.io -A",
                ),
            ),
            Step(
                "if an older version of the CRD is installed, upgrade the CRD. Helm does not upgrade the CRDs of a chart unless spec.upgrade.crds is set to CreateReplace",
            ),
        ),
        pattern=Text(_NO_KIND + r"(?:/\w+)?)\""),
        kinds=ALL_KINDS,
        certainty="likely",
        in_full=True,
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        _CRD_MISSING,
        why="the API server does not serve {missing_group}; the CRDs of this group are probably not installed, or are being removed",
        steps=(
            Step(
                "install the CRDs of {missing_group} first. Add the Kustomization or HelmRelease that installs them to spec.dependsOn",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(
            r"unable to retrieve the complete list of server APIs: (?P<missing_group>"
            r"(?P<missing_group_name>[\w.-]+)/v\w+): the server could not find the requested resource"
        ),
        certainty="likely",
        transient=True,
        upstream="client-go discovery",
    ),
)

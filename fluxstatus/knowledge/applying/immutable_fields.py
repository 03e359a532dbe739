"""Fields of live objects that cannot be changed.

Upstream: kubernetes pkg/apis (apps, batch, core, rbac) validation, apimachinery and
apiextensions-apiserver validation.
"""

from fluxstatus.knowledge.applying.shared import APPLIES
from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.facts import about
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_IMMUTABLE_FIELD = Code(
    "immutable-field", "The new manifest changes an immutable field of an existing object."
)

_VALIDATION = "kubernetes apimachinery validation"
_FIELD = r"(?<![\w.])(?P<field>[A-Za-z][\w.\[\]\"=:/()-]{0,200})"

_IS_IMMUTABLE = (
    r"(?:field is immutable|immutable field|is immutable|may not change once set|"
    r"updates to [^\n]{1,200} are forbidden|cannot change roleRef|may not change fields|"
    r"can ?not be (?:changed|unset|updated)|may not be (?:changed|updated)|"
    r"cannot be modified)"
)
_FIELD_IS_IMMUTABLE = rf"{_FIELD}: (?:Invalid value|Forbidden)[^\n]{{0,2000}}?{_IS_IMMUTABLE}"
_DELETE = "kubectl delete {object_resource} {object_name} -n {object_ns}"
_DELETE_CLUSTER = "kubectl delete {object_resource} {cluster_object}"
_ORPHAN = "kubectl delete {object_resource} {object_name} -n {object_ns} --cascade=orphan"
_is_priced = about(
    "PersistentVolumeClaim", "PersistentVolume", "StatefulSet", "Job", "Deployment", "DaemonSet",
    "ReplicaSet", "ReplicationController", "Service", "RoleBinding", "ClusterRoleBinding", "Secret",
    "ConfigMap", "StorageClass", "VolumeSnapshotClass", "PriorityClass", "IngressClass",
    "CSIDriver", "RuntimeClass", "CustomResourceDefinition", "Namespace",
)  # fmt: skip

RULES = (
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its spec cannot be changed (field is immutable); recreating the claim deletes its data",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart); only resources.requests.storage can be raised, if the StorageClass allows it",
                read=(OBJECT, "kubectl get storageclasses"),
            ),
            Step(
                "to change any other field, move the data to a new claim with a different name; do not use spec.force, which deletes the existing claim and its data"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("PersistentVolumeClaim"),),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its source cannot be changed (field is immutable); a volume with reclaim policy Delete loses its data when its claim is deleted",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart), or define a volume with another name",
                read=("kubectl describe persistentvolume {object_name}",),
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("PersistentVolume"),),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and the changed field cannot be changed (immutable): only replicas, template, updateStrategy and a few other fields of a StatefulSet can",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart)",
                read=(OBJECT,),
            ),
            Step(
                "alternatively, recreate the StatefulSet around its running pods: with --cascade=orphan, pods and volumes stay, and the next attempt adopts them (existing volumes keep their size; spec.force and spec.upgrade.force are not safe here)",
                change=(_ORPHAN,),
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("StatefulSet"),),
        upstream="kubernetes pkg/apis/apps/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its pod template and selector cannot be changed (field is immutable)",
        steps=(
            Step(
                "delete the Job, so that the next attempt recreates it with the new template; the Job then runs again",
                read=(OBJECT,),
                change=(_DELETE,),
            ),
            Step(
                "to do this on every change, annotate the Job with kustomize.toolkit.fluxcd.io/force: enabled (in a ResourceSet, fluxcd.controlplane.io/force: enabled), or use a chart hook or ttlSecondsAfterFinished"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("Job"),),
        upstream="kubernetes pkg/apis/batch/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists with other selector labels, which cannot be changed: Flux was probably installed in another way before, for example with its Helm chart",
        steps=(
            Step(
                "delete the Deployment, so that the operator recreates it at the next attempt; keep the CRDs and the Flux objects (do not run flux uninstall, which deletes them)",
                read=(OBJECT,),
                change=(_DELETE,),
            ),
            Step(
                "remove the other installation (a HelmRelease, a Helm release, Terraform or a flux-system directory), so that only the FluxInstance manages the controllers"
            ),
        ),
        pattern=Text(r"spec\.selector: Invalid value: .{0,2000}?field is immutable"),
        kinds=frozenset({"FluxInstance"}),
        when=(about("Deployment"),),
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="kubernetes pkg/apis/apps/validation, FO internal/controller",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its {field} cannot be changed (field is immutable)",
        steps=(
            Step(
                "restore the old selector labels in Git (for a HelmRelease, in the values or the chart)",
                read=(OBJECT,),
            ),
            Step(
                "alternatively, delete the {object_kind}, so that the next attempt recreates it; its pods are deleted, so the application is down until the new ones are ready",
                change=(_DELETE,),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("Deployment", "DaemonSet", "ReplicaSet", "ReplicationController"),),
        upstream="kubernetes pkg/apis/apps/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (field is immutable); recreating the Service gives it a new cluster IP and load balancer address",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart), or remove clusterIP, clusterIPs and ipFamilies from the manifest so that the existing values stay",
                read=(OBJECT + " --show-managed-fields",),
            ),
            Step(
                "if the manifest does not set them, another field manager of the live Service does: remove its entry from metadata.managedFields"
            ),
            Step(
                "as a last resort, delete the Service: clients lose the connection, and the Service gets a new IP address",
                change=(_DELETE,),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("Service"),),
        upstream="kubernetes pkg/apis/core/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its roleRef cannot be changed (immutable)",
        steps=(
            Step(
                "give the binding a new name in Git, which keeps the old permissions until the new ones exist; or delete it, so that the next attempt recreates it",
                read=(OBJECT, CLUSTER_OBJECT),
                change=(_DELETE, _DELETE_CLUSTER),
            ),
            Step(
                "do not delete a binding that grants Flux its own permissions: Flux cannot recreate it"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("RoleBinding", "ClusterRoleBinding"),),
        upstream="kubernetes pkg/apis/rbac/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} is immutable (immutable: true) or its type is fixed, so {field} cannot be changed",
        steps=(
            Step(
                "give the {object_kind} a new name in Git and refer to the new name, as kustomize's generators do",
                read=("kubectl describe {object_kind} {object_name} -n {object_ns}",),
            ),
            Step(
                "alternatively, delete it, so that the next attempt recreates it; pods that start in between fail, and running pods keep the old values until they restart",
                change=("kubectl delete {object_kind} {object_name} -n {object_ns}",),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("Secret", "ConfigMap"),),
        upstream="kubernetes pkg/apis/core/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (immutable)",
        steps=(
            Step(
                "give it a new name in Git, or delete it so that the next attempt recreates it; existing volumes and pods are not affected, new ones wait until it exists again",
                read=(CLUSTER_OBJECT,),
                change=(_DELETE_CLUSTER,),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(
            about(
                "StorageClass",
                "VolumeSnapshotClass",
                "PriorityClass",
                "IngressClass",
                "CSIDriver",
                "RuntimeClass",
            ),
        ),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (immutable); recreating it deletes everything in it",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart); do not recreate it and do not use spec.force: deleting a CRD deletes all its custom resources, and deleting a namespace all objects in it",
                read=(CLUSTER_OBJECT,),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("CustomResourceDefinition", "Namespace"),),
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (field is immutable)",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart)",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "alternatively, recreate the object, if everything that its controller deletes with it can be lost: in a Kustomization, annotate it with kustomize.toolkit.fluxcd.io/force: enabled (in a ResourceSet, fluxcd.controlplane.io/force: enabled); for a HelmRelease, delete it, because spec.upgrade.force does not recreate objects"
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=APPLIES,
        unless=(_is_priced,),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and one of its changed fields is immutable (field is immutable)",
        steps=(
            Step(
                "find the changed field and restore its old value in Git (for a HelmRelease, in the values or the chart)",
                read=(OBJECT, CLUSTER_OBJECT, SPEC),
            ),
            Step(
                "alternatively, recreate the object, if its pods, its data and everything that its controller deletes with it can be lost (kubectl delete --cascade=orphan keeps the pods of a StatefulSet)"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES,
        upstream=_VALIDATION,
    ),
)

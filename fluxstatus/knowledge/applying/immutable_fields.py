"""Fields of live objects that cannot be changed.

Upstream: kubernetes pkg/apis (apps, batch, core, rbac) validation, apimachinery and
apiextensions-apiserver validation.
"""

from fluxstatus.knowledge.applying.shared import APPLIES
from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.facts import is_a
from fluxstatus.knowledge.message_facts import about
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_RELEASES: KindNames = frozenset({"HelmRelease"})

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

_JOB_IMMUTABLE = "{object} already exists, and its pod template and selector cannot be changed (field is immutable)"
_RECREATE_JOB = Step(
    "delete the Job, so that the next attempt recreates it with the new template. The Job then runs again",
    read=(OBJECT,),
    change=(_DELETE,),
)

RULES = (
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its spec cannot be changed (field is immutable); recreating the claim deletes its data",
        steps=(
            Step(
                "restore the old value {in_git}. Only resources.requests.storage can be raised, and only if the StorageClass allows it",
                read=(OBJECT, "kubectl get storageclasses"),
            ),
            Step(
                "to change any other field, move the data to a new claim with a different name. Do not use spec.force, because it deletes the existing claim and its data"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("PersistentVolumeClaim"),),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its volume source cannot be changed (field is immutable); a volume with reclaim policy Delete loses its data when its claim is deleted",
        steps=(
            Step(
                "restore the old value {in_git}, or define a volume with another name",
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
        why="{object} already exists, and the changed field is immutable; a StatefulSet only allows changes to replicas, template, updateStrategy and a few other fields",
        steps=(
            Step(
                "restore the old value {in_git}",
                read=(OBJECT,),
            ),
            Step(
                "alternatively, delete the StatefulSet with --cascade=orphan, which keeps its pods and volumes. The next attempt then recreates the StatefulSet, which adopts these pods and volumes; existing volumes keep their size. Do not use spec.force or spec.upgrade.force here",
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
        why=_JOB_IMMUTABLE,
        steps=(
            _RECREATE_JOB,
            Step(
                "to recreate the Job on every change, annotate it with kustomize.toolkit.fluxcd.io/force: enabled (in a ResourceSet, fluxcd.controlplane.io/force: enabled), or use ttlSecondsAfterFinished"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES - _RELEASES,
        when=(about("Job"),),
        upstream="kubernetes pkg/apis/batch/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why=_JOB_IMMUTABLE,
        steps=(
            _RECREATE_JOB,
            Step(
                "to avoid this with each new version, set ttlSecondsAfterFinished in the chart's Job"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=_RELEASES,
        when=(about("Job"),),
        upstream="kubernetes pkg/apis/batch/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists with different selector labels, which cannot be changed; Flux was probably installed in a different way before, for example with its Helm chart",
        steps=(
            Step(
                "delete the Deployment, so that the operator recreates it at the next attempt. Keep the CRDs and the Flux objects (do not run flux uninstall, which deletes them)",
                read=(OBJECT,),
                change=(_DELETE,),
            ),
            Step(
                "remove the other installation, such as a HelmRelease, a Helm release, Terraform or a flux-system directory, so that only the FluxInstance manages the controllers"
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
                "restore the old selector labels {in_git}",
                read=(OBJECT,),
            ),
            Step(
                "alternatively, delete the {object_kind} so that the next attempt recreates it. This also deletes its pods, so the application is down until the new pods are ready",
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
        why="{object} already exists, and {field} cannot be changed (field is immutable); a recreated Service gets a new cluster IP and load balancer address",
        steps=(
            Step(
                "{in_git}, restore the old value. To keep the existing values, you can also remove clusterIP, clusterIPs and ipFamilies from the manifest",
                read=(OBJECT + " --show-managed-fields",),
            ),
            Step(
                "if the manifest does not set these fields, another field manager set them on the live Service. Remove that manager's entry from metadata.managedFields"
            ),
            Step(
                "as a last resort, delete the Service. Clients then lose the connection, and the Service gets a new IP address",
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
                "give the binding a new name in Git, so that the old permissions remain until the new binding exists. Alternatively, delete the binding, so that the next attempt recreates it",
                read=(OBJECT, CLUSTER_OBJECT),
                change=(_DELETE, _DELETE_CLUSTER),
            ),
            Step(
                "do not delete a binding that grants Flux its own permissions, because Flux could not recreate it"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES,
        when=(about("RoleBinding", "ClusterRoleBinding"),),
        upstream="kubernetes pkg/apis/rbac/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} is immutable (immutable: true) or has a fixed type, so {field} cannot be changed",
        steps=(
            Step(
                "give the {object_kind} a new name in Git and refer to the new name, as kustomize generators do",
                read=("kubectl describe {object_kind} {object_name} -n {object_ns}",),
            ),
            Step(
                "alternatively, delete the {object_kind} so that the next attempt recreates it. Until then, pods that use it cannot start, and running pods keep the old values until they are restarted",
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
                "give the {object_kind} a new name in Git, or delete it so that the next attempt recreates it. Existing volumes and pods are not affected, but new ones are pending until the {object_kind} exists again",
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
        why="{object} already exists, and {field} cannot be changed (immutable); recreating the object deletes everything in it",
        steps=(
            Step(
                "restore the old value {in_git}. Do not recreate the object or use spec.force: deleting a CRD deletes all of its custom resources, and deleting a namespace deletes all objects in it",
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
                "restore the old value {in_git}",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "alternatively, recreate the object if you can lose everything that its controller deletes with it: annotate the object in Git with kustomize.toolkit.fluxcd.io/force: enabled",
                when=(is_a("Kustomization"),),
            ),
            Step(
                "alternatively, recreate the object if you can lose everything that its controller deletes with it: annotate the object with fluxcd.controlplane.io/force: enabled",
                when=(is_a("ResourceSet"),),
            ),
            Step(
                "alternatively, delete the object if you can lose everything that its controller deletes with it; spec.upgrade.force does not recreate objects",
                when=(is_a("HelmRelease"),),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=APPLIES,
        unless=(_is_priced,),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and at least one of the changed fields is immutable",
        steps=(
            Step(
                "find the changed field, and restore its old value {in_git}",
                read=(OBJECT, CLUSTER_OBJECT, SPEC),
            ),
            Step(
                "alternatively, recreate the object if you can lose its pods, its data and everything that its controller deletes with it (kubectl delete --cascade=orphan keeps the pods of a StatefulSet)"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=APPLIES,
        upstream=_VALIDATION,
    ),
)

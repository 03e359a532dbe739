"""PersistentVolumeClaims that are not bound, and volumes that are not provisioned.

Upstream: kubernetes pkg/controller/volume/persistentvolume, kubernetes-csi/external-provisioner and
external-resizer, pkg/scheduler/framework/plugins/volumebinding.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, NODES
from fluxstatus.knowledge.rule import Rule, Step, Text

_CLAIMS = "kubectl describe persistentvolumeclaims -n {ns}"
_CLASSES = "kubectl get storageclasses"
_PROVISIONER = "kubernetes-csi/external-provisioner"
_FAILED = r"(?:ProvisioningFailed|failed to provision volume)[^\n]*?"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="its PersistentVolumeClaim requests StorageClass {storage_class}, which does not exist",
        steps=(
            Step(
                "create the StorageClass {storage_class}, or set an existing one in Git (for a HelmRelease, in the values); the class of a claim cannot be changed, so delete the claim, which is empty until it is bound",
                read=(_CLASSES, _CLAIMS),
            ),
        ),
        pattern=Text(
            r"storageclass(?:\.storage\.k8s\.io)? \"(?P<storage_class>[^\"]+)\" not found"
        ),
        quoted=True,
        upstream="kubernetes pkg/controller/volume/persistentvolume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its PersistentVolumeClaim names no StorageClass, and the cluster has no default one",
        steps=(
            Step(
                'set storageClassName in Git (for a HelmRelease, in the values), or mark a StorageClass as the default: annotation storageclass.kubernetes.io/is-default-class: "true"',
                read=(_CLASSES, _CLAIMS),
            ),
        ),
        pattern=Text(r"no persistent volumes available for this claim and no storage class is set"),
        upstream="kubernetes pkg/controller/volume/persistentvolume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage driver has no permission to create the volume: {detail}",
        steps=(
            Step(
                "grant the identity of the storage driver (its ServiceAccount, IAM role or managed identity) the permission to create and attach volumes; the claim and the pod are not the cause",
                read=(_CLAIMS, "kubectl get csidrivers"),
            ),
        ),
        pattern=Text(
            _FAILED
            + r"(?P<detail>(?:UnauthorizedOperation|AccessDenied|AuthorizationFailed|PermissionDenied|PERMISSION_DENIED|"
            r"(?:is )?not authorized|does not have authorization|googleapi: Error 403)[^\n]{0,160})"
        ),
        quoted=True,
        upstream=f"{_PROVISIONER}, the CSI drivers of the clouds",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage has no capacity or quota left for the volume: {detail}",
        steps=(
            Step(
                "free or add storage, raise the quota of the account, or request a smaller volume",
                read=(_CLAIMS,),
            ),
        ),
        pattern=Text(
            _FAILED
            + r"(?P<detail>(?:ResourceExhausted|QuotaExceeded|VolumeLimitExceeded|OutOfCapacity|not enough (?:free )?(?:space|capacity)|"
            r"insufficient (?:storage|capacity|free space)|no space left)[^\n]{0,160})"
        ),
        quoted=True,
        upstream=f"{_PROVISIONER}, CSI specification",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage driver still works on an earlier request for the same volume, or is stuck with it (Aborted): {detail}",
        steps=(
            Step(
                "check the storage behind the driver first (for Ceph, its health and free space) and its provisioner's logs, then restart the provisioner: the earlier request does not end",
                read=(_CLAIMS, "kubectl get csidrivers"),
            ),
        ),
        pattern=Text(
            _FAILED
            + r"(?P<detail>(?:an operation with the given Volume ID \S+ already exists|Aborted desc = )[^\n]{0,160})"
        ),
        certainty="likely",
        quoted=True,
        upstream="ceph-csi, CSI specification (Aborted)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the StorageClass has a parameter, or the claim an access mode, that its storage driver does not support: {detail}",
        steps=(
            Step(
                "correct accessModes of the claim (ReadWriteMany needs a file system driver such as NFS, CephFS, EFS or Azure Files) or the parameters of the StorageClass in Git (for a HelmRelease, in the values); delete the claim, which is empty until it is bound",
                read=(_CLAIMS, "kubectl get storageclasses -o yaml"),
            ),
        ),
        pattern=Text(
            _FAILED
            + r"(?P<detail>(?:Volume capabilit(?:y|ies) not supported|(?:access|volume) mode[^\n]{0,40}not supported|multi.?node[^\n]{0,60}not|"
            r"invalid (?:access mode|option|parameter)|(?:unknown|missing|invalid) (?:required )?(?:storage ?class )?parameter)[^\n]{0,160})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{_PROVISIONER}, CSI specification",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a Secret with credentials for the storage driver is missing: {detail}",
        steps=(
            Step(
                "create the Secret, or correct the parameters csi.storage.k8s.io/provisioner-secret-name and -namespace of the StorageClass; for Rook, the operator creates it when the cluster is ready",
                read=(_CLASSES + " -o yaml", _CLAIMS),
            ),
        ),
        pattern=Text(
            _FAILED
            + r"(?P<detail>(?:error getting secret|failed to get secret|secrets? \"?[\w.-]+\"? not found)[^\n]{0,160})"
        ),
        quoted=True,
        upstream=_PROVISIONER,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its volume cannot be provisioned: {detail}",
        steps=(
            Step(
                "fix the reported error: the parameters of the StorageClass, or the storage behind its driver; the driver's controller logs more",
                read=(_CLAIMS, "kubectl get storageclasses -o yaml"),
            ),
        ),
        pattern=Text(
            r"failed to provision volume with StorageClass \"[^\"]*\": (?P<detail>[^\n]{1,200})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_PROVISIONER,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its PersistentVolumeClaim waits for the storage driver {driver} to create a volume",
        steps=(
            Step(
                "check that the driver is installed and its controller runs: without it, the claim waits forever; if it runs, its logs and the claim's other events have the error",
                read=(_CLAIMS, "kubectl get csidrivers", _CLASSES),
            ),
        ),
        pattern=Text(
            r"waiting for a volume to be created[^\n]{0,40}by (?:the )?external provisioner ['\"](?P<driver>[^'\"]+)['\"]"
        ),
        certainty="one-of",
        quoted=True,
        upstream="kubernetes pkg/controller/volume/persistentvolume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its PersistentVolumeClaim is only bound once a pod uses it (WaitForFirstConsumer)",
        steps=(
            Step(
                "check the pod that should use the claim: it does not exist, or cannot be scheduled; if no pod uses it, do not wait for the claim in a health check",
                read=("kubectl get pods -n {ns}", _CLAIMS),
            ),
        ),
        pattern=Text(r"waiting for first consumer to be created before binding"),
        certainty="one-of",
        upstream="kubernetes pkg/controller/volume/persistentvolume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="PersistentVolumeClaim {referred}, which the pod uses, is being deleted",
        steps=(
            Step(
                "find out what deleted it (Flux, if it was removed from Git or renamed); it is only gone once no pod uses it (finalizer kubernetes.io/pvc-protection), and a claim that is being deleted cannot be kept: for its data, keep the volume (persistentVolumeReclaimPolicy: Retain)",
                read=("kubectl get persistentvolumeclaims -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(r"persistentvolumeclaim \"(?P<referred>[^\"]+)\" is being deleted"),
        quoted=True,
        upstream="kubernetes pkg/scheduler/framework/plugins/volumebinding",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="PersistentVolumeClaim {referred}, which the pod uses, is bound to a volume that no longer exists (Lost)",
        steps=(
            Step(
                "restore the volume, or delete the claim and have it created again, which starts with an empty volume: restore the data from a backup",
                read=("kubectl get persistentvolumeclaims,persistentvolumes -n {ns}",),
            ),
        ),
        pattern=Text(
            r"persistentvolumeclaim \"(?P<referred>[^\"]+)\" bound to non-existent persistentvolume"
        ),
        quoted=True,
        upstream="kubernetes pkg/scheduler/framework/plugins/volumebinding",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="PersistentVolumeClaim {referred}, which the pod uses, does not exist",
        steps=(
            Step(
                "add the claim to Git, or correct its name in the pod template (for a HelmRelease, existingClaim or a similar value)",
                read=("kubectl get persistentvolumeclaims -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(r"persistentvolumeclaim \"(?P<referred>[^\"]+)\" not found"),
        quoted=True,
        upstream="kubernetes pkg/scheduler/framework/plugins/volumebinding",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume cannot be expanded: {detail}",
        steps=(
            Step(
                "check whether the driver supports expansion, and whether the volume must be detached first: then stop its pods once",
                read=(_CLAIMS, _CLASSES),
            ),
        ),
        pattern=Text(
            r"(?:VolumeResizeFailed: |resize volume \S+ by resizer \S+ failed: )(?P<detail>[^\n]{1,200})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="kubernetes-csi/external-resizer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its volume was not provisioned in time after the pod was assigned to a node",
        steps=(
            Step(
                "check the storage driver and the events of the claim",
                read=(_CLAIMS, "kubectl get csidrivers"),
            ),
        ),
        pattern=Text(r"binding volumes: (?:context deadline exceeded|timed out waiting)"),
        certainty="one-of",
        upstream="kubernetes pkg/scheduler/framework/plugins/volumebinding",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node has enough free storage for its volume",
        steps=(
            Step(
                "add storage to the nodes, or request a smaller volume",
                read=("kubectl get csistoragecapacities -A", NODES),
            ),
        ),
        pattern=Text(r"did not have enough free storage"),
        upstream="kubernetes pkg/scheduler/framework/plugins/volumebinding",
    ),
)

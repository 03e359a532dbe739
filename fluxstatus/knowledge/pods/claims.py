"""PersistentVolumeClaims that are not bound, and volumes that are not provisioned.

Upstream: kubernetes pkg/controller/volume/persistentvolume, kubernetes-csi/external-provisioner and
external-resizer, pkg/scheduler/framework/plugins/volumebinding.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE
from fluxstatus.knowledge.rule import Rule, Step, Text

_CLAIMS = "kubectl describe persistentvolumeclaims -n {ns}"
_CLASSES = "kubectl get storageclasses"
_PROVISIONER = "kubernetes-csi/external-provisioner"
_FAILED = r"(?:ProvisioningFailed|failed to provision volume)[^\n]*?"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the PersistentVolumeClaim requests StorageClass {storage_class}, which does not exist",
        steps=(
            Step(
                "create StorageClass {storage_class}, or set an existing StorageClass in Git or in the chart's values. The class of a claim cannot be changed, so delete the claim; no data is lost, because it was never bound",
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
        why="the PersistentVolumeClaim has no storageClassName, and the cluster has no default StorageClass",
        steps=(
            Step(
                'set storageClassName in Git or in the chart\'s values, or mark a StorageClass as the default with the annotation storageclass.kubernetes.io/is-default-class: "true"',
                read=(_CLASSES, _CLAIMS),
            ),
        ),
        pattern=Text(r"no persistent volumes available for this claim and no storage class is set"),
        upstream="kubernetes pkg/controller/volume/persistentvolume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage driver does not have permission to create the volume: {detail}",
        steps=(
            Step(
                "grant the storage driver's identity (its ServiceAccount, IAM role or managed identity) permission to create and attach volumes; the claim and the pod are not the cause",
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
                "free up or add storage, raise the account's quota, or request a smaller volume",
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
        why="the storage has no node or disk with enough space for the replicas of the volume: {detail}",
        steps=(
            Step(
                "free up or add disk space on the storage nodes, or reduce the number of replicas of the volume (Longhorn: numberOfReplicas of the StorageClass or the volume)",
                read=("kubectl describe pod {pod} -n {ns}", _CLAIMS),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:cannot be scheduled due to[^\n]{1,120}|precheck new replica failed[^\n]{1,120}|"
            r"(?:replica scheduling failed|insufficient storage|disks? (?:are|is) unavailable|no available disk candidates)[^\n]{0,120}))"
        ),
        quoted=True,
        upstream="longhorn-manager scheduler/replica_scheduler.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage driver is still working on an earlier request for the same volume, or is stuck (Aborted): {detail}",
        steps=(
            Step(
                "check the storage behind the driver (for Ceph, its health and free space) and the provisioner's logs. Then restart the provisioner, because the earlier request has not finished",
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
        why="the storage driver does not support a parameter of the StorageClass or an access mode of the claim: {detail}",
        steps=(
            Step(
                "correct the claim's accessModes or the StorageClass's parameters in Git or in the chart's values; ReadWriteMany requires a file system driver such as NFS, CephFS, EFS or Azure Files. Then delete the claim; no data is lost, because it was never bound",
                read=(_CLAIMS, "kubectl get storageclasses -o yaml"),
            ),
        ),
        pattern=Text(
            _FAILED
            + r"(?P<detail>(?:Volume capabilit(?:y|ies) not supported|(?:access|volume) mode[^\n]{0,40}not supported|not supported for access mode[^\n]{0,40}|only supports? (?:ReadWrite|[^\n]{0,30}access mode)[^\n]{0,40}|multi.?node[^\n]{0,60}not|"
            r"invalid (?:access mode|option|parameter)|(?:unknown|missing|invalid) (?:required )?(?:storage ?class )?parameter)[^\n]{0,160})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{_PROVISIONER}, CSI specification",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Secret with the storage driver's credentials is missing: {detail}",
        steps=(
            Step(
                "create the Secret, or correct the StorageClass parameters csi.storage.k8s.io/provisioner-secret-name and csi.storage.k8s.io/provisioner-secret-namespace. With Rook, the operator creates the Secret when the Ceph cluster is ready",
                read=(_CLASSES + " -o yaml", _CLAIMS),
            ),
        ),
        pattern=Text(
            _FAILED
            + r"(?P<detail>(?:(?:error getting secret|failed to get secret)[^\n]{0,160}not found|secrets? \"?[\w.-]+\"? not found))"
        ),
        quoted=True,
        upstream=_PROVISIONER,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the PersistentVolumeClaim does not match the PersistentVolume {volume} that it names: {detail}",
        steps=(
            Step(
                'compare storageClassName, accessModes, volumeMode and the size of the claim and the PersistentVolume, and correct them in Git or in the chart\'s values. If neither is to have a StorageClass, set storageClassName: "" for both, because a claim without the field gets the default StorageClass. Then delete the claim, which is not bound',
                read=(_CLAIMS, "kubectl get persistentvolumes"),
            ),
        ),
        pattern=Text(
            r"Cannot bind to requested volume \"(?P<volume>[^\"]+)\": (?P<detail>[^\n]{1,120})"
        ),
        quoted=True,
        upstream="kubernetes pkg/controller/volume/persistentvolume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the PersistentVolume of the claim no longer exists (Lost)",
        steps=(
            Step(
                "restore the volume, or delete the claim so that it is recreated with an empty volume, and then restore the data from a backup",
                read=(_CLAIMS, "kubectl get persistentvolumes"),
            ),
        ),
        pattern=Text(
            r"Bound claim has lost (?:its PersistentVolume|reference to PersistentVolume)"
        ),
        upstream="kubernetes pkg/controller/volume/persistentvolume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the PersistentVolume {volume} that the claim names is bound to another claim",
        steps=(
            Step(
                "find the other claim in spec.claimRef of the PersistentVolume. If it was deleted and the volume has the phase Released, remove claimRef to use the volume and its data again; otherwise, use another volume",
                read=("kubectl get persistentvolumes -o wide", _CLAIMS),
            ),
        ),
        pattern=Text(r"volume \"(?P<volume>[^\"]+)\" already bound to a different claim"),
        quoted=True,
        upstream="kubernetes pkg/controller/volume/persistentvolume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume plugin that the StorageClass uses is not part of Kubernetes: {detail}",
        steps=(
            Step(
                "install the CSI driver that replaces this plugin, and use a StorageClass of this driver in Git or in the chart's values",
                read=(_CLASSES, "kubectl get csidrivers"),
            ),
        ),
        pattern=Text(r"no volume plugin matched(?: name:)? (?P<detail>[\w./-]+)"),
        quoted=True,
        upstream="kubernetes pkg/volume/plugins.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node has registered the storage driver with its topology, so it is not known where to create the volume: {detail}",
        steps=(
            Step(
                "check the DaemonSet of the CSI driver: its pod must run on every node that pods with such volumes use",
                read=("kubectl get csinodes -o yaml", "kubectl get pods -A -o wide"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>no topology key found on CSINode \S+|no topology key found for node \S+|error generating accessibility requirements: [^\n]{1,120})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_PROVISIONER,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage driver does not know the Ceph cluster of the StorageClass: {detail}",
        steps=(
            Step(
                "correct the parameter clusterID of the StorageClass: with Rook, it is the namespace of the CephCluster, and the operator writes it to ConfigMap rook-ceph-csi-config when the cluster is ready",
                read=(
                    "kubectl get storageclasses -o yaml",
                    "kubectl get cephclusters.ceph.rook.io -A",
                ),
            ),
        ),
        pattern=Text(r"(?P<detail>missing configuration for cluster ID \"[^\"]*\")"),
        quoted=True,
        upstream="ceph/ceph-csi internal/util",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the snapshot or claim that the volume is to be created from does not exist or is not ready: {detail}",
        steps=(
            Step(
                "check the VolumeSnapshot (its status must have readyToUse: true) or the claim in the dataSource of the claim, and its namespace",
                read=("kubectl get volumesnapshots.snapshot.storage.k8s.io -n {ns}", _CLAIMS),
            ),
        ),
        pattern=Text(
            _FAILED + r"(?P<detail>error getting handle for DataSource Type [^\n]{1,200})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_PROVISIONER,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage driver did not create the volume in time, or is not available: {detail}",
        steps=(
            Step(
                "check the log of the driver's controller: it may be unable to reach the storage or the cloud's API, or lack permissions for it. The provisioner retries automatically",
                read=(_CLAIMS, "kubectl get pods -A -o wide"),
            ),
        ),
        pattern=Text(
            _FAILED
            + r"(?P<detail>code = DeadlineExceeded|context deadline exceeded|code = Unavailable[^\n]{0,140})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{_PROVISIONER}, CSI specification",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume cannot be provisioned: {detail}",
        steps=(
            Step(
                "fix the reported error: check the parameters of the StorageClass, the storage behind the driver, and the logs of the driver's controller",
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
        why="the PersistentVolumeClaim is waiting for the storage driver {driver} to create a volume",
        steps=(
            Step(
                "check that the driver is installed and that its controller is running; otherwise, the claim waits forever. If the controller is running, check its logs and the claim's other events for errors",
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
        why="the PersistentVolumeClaim is not bound until a pod uses it (WaitForFirstConsumer)",
        steps=(
            Step(
                "check whether the pod that should use the claim exists and can be scheduled. If no pod uses the claim, remove the claim from the health checks",
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
                "find out what deleted the claim; Flux deletes a claim that is removed from Git or renamed. The claim stays until no pod uses it (finalizer kubernetes.io/pvc-protection), and its deletion cannot be undone. To keep the data, set persistentVolumeReclaimPolicy: Retain on the volume",
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
                "restore the volume, or delete the claim so that it is recreated with an empty volume, and then restore the data from a backup",
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
        why="a claim of the pod is bound to a PersistentVolume that no longer exists",
        steps=(
            Step(
                "find the claim with the status Lost. Restore its volume, or delete the claim so that it is recreated with an empty volume, and then restore the data from a backup",
                read=("kubectl get persistentvolumeclaims,persistentvolumes -n {ns}",),
            ),
        ),
        pattern=Text(r"bound to non-existent pv|could not find v1\.PersistentVolume\b"),
        upstream="kubernetes pkg/scheduler/framework/plugins/volumebinding",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="PersistentVolumeClaim {referred}, which the pod uses, does not exist",
        steps=(
            Step(
                "add the claim to Git, or correct its name in the pod template; in a chart, the name is often set in the value existingClaim",
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
                "check whether the driver supports expansion. If the volume must be detached first, temporarily stop the pods that use it",
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
        why="the volume was not provisioned in time after the pod was assigned to a node",
        steps=(
            Step(
                "check the storage driver and the claim's events",
                read=(_CLAIMS, "kubectl get csidrivers"),
            ),
        ),
        pattern=Text(r"binding volumes: (?:context deadline exceeded|timed out waiting)"),
        certainty="one-of",
        upstream="kubernetes pkg/scheduler/framework/plugins/volumebinding",
    ),
)

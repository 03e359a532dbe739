"""Volumes of a pod: attaching them to its node, and what else keeps them from being mounted.

Upstream: kubernetes pkg/kubelet, pkg/controller/volume, pkg/scheduler/framework, secrets-store-csi-driver.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET, NODES, SCHEDULER
from fluxstatus.knowledge.rule import Rule, Step, Text

_CLAIMS = "kubectl describe persistentvolumeclaims -n {ns}"

_ELSEWHERE = r"volume node affinity conflict|no available volume zone|didn't match PersistentVolume's node affinity"
"""The scheduler's words for a volume that cannot be used on a node. A node that fails an earlier
check, such as that of its taints or resources, is not listed with them, so it may have the volume."""

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the PersistentVolumeClaim is not bound or does not exist",
        steps=(
            Step(
                "check that the claim's StorageClass exists (a claim without storageClassName needs a default StorageClass) and that its provisioner is running; if the claim does not exist, add it to Git",
                read=(_CLAIMS, "kubectl get storageclasses"),
            ),
        ),
        pattern=Text(
            r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim \"[^\"]+\" (?:not "
            r"found|is being deleted)|ProvisioningFailed|storageclass[^\n]{0,300}not found|"
            r"no persistent volumes available|waiting for a volume to be created"
        ),
        certainty="one-of",
        upstream="kubernetes pkg/controller/volume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the rolling update cannot finish, because the new pod needs the volume that old pod {old_pod} uses on another node; a ReadWriteOnce volume is attached to only one node, and the old pod is kept until the new one is ready",
        steps=(
            Step(
                "set strategy.type: Recreate (and rollingUpdate: null) for Deployment {deployment} in Git or in the chart's values, so that the old pod is deleted before the new one starts; waiting does not help",
                read=("kubectl get pods -n {ns} -o wide",),
            ),
            Step(
                "to finish the rollout now, scale the old ReplicaSet to 0, which deletes the old pod. The workload is not available until the new pod has the volume. If you delete only the pod, its ReplicaSet creates it again",
                change=("kubectl scale replicaset {old_set} -n {ns} --replicas=0",),
            ),
        ),
        pattern=Text(
            r"Multi-Attach error[^\n]*; pod (?P<old_pod>\S+) of the other ReplicaSet (?P<old_set>\S+) of Deployment (?P<deployment>\S+) is ready"
        ),
        quoted=True,
        upstream="kubernetes pkg/controller/volume/attachdetach, pkg/controller/deployment",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod needs the volume that pod {other_pod} uses on another node; a ReadWriteOnce volume is attached to only one node",
        steps=(
            Step(
                "run only one pod with this volume at a time (replicas: 1 and, for a Deployment, strategy.type: Recreate), give each pod a volume of its own (a StatefulSet), or use a volume with access mode ReadWriteMany",
                read=("kubectl get pods -n {ns} -o wide", _CLAIMS),
            ),
        ),
        pattern=Text(r"Multi-Attach error[^\n]*; pod (?P<other_pod>\S+) is ready"),
        quoted=True,
        upstream="kubernetes pkg/controller/volume/attachdetach",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume is still attached to another node",
        steps=(
            Step(
                "wait until the old pod is deleted and the volume is detached. If the old pod's node is not ready, repair or delete the node. For a Deployment with a ReadWriteOnce volume, set strategy.type: Recreate",
                read=("kubectl get volumeattachments", "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        pattern=Text(r"Multi-Attach error|volume is already (?:exclusively attached|used by)"),
        upstream="kubernetes pkg/controller/volume/attachdetach",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the CSI driver of a volume is not running on the pod's node",
        steps=(
            Step(
                "install the CSI driver {driver}, or check its DaemonSet on the pod's node",
                read=("kubectl get csidrivers,csinodes", DESCRIBE),
            ),
        ),
        pattern=Text(
            r"driver name (?P<driver>[\w./-]+) not found in the list of registered CSI drivers"
        ),
        upstream="kubernetes pkg/volume/csi",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot reach the CSI driver of a volume, because its node plugin is not running: {detail}",
        steps=(
            Step(
                "check the DaemonSet of the CSI driver and its pod on the pod's node; the kubelet retries automatically",
                read=("kubectl get pods -A -o wide", "kubectl get csidrivers,csinodes"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>dial unix /[^\s\"]*csi[^\s\"]*\.sock: connect: (?:connection refused|no such file or directory))"
        ),
        quoted=True,
        upstream="kubernetes pkg/volume/csi",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the CSI driver {driver} is not registered on the node of the pod",
        steps=(
            Step(
                "check the DaemonSet of CSI driver {driver} and its pod on the pod's node. The DaemonSet may lack a toleration for the node's taints, or the node may have been restarted a moment ago",
                read=("kubectl get csinodes", "kubectl get pods -A -o wide"),
            ),
        ),
        pattern=Text(r"CSINode \S+ does not contain driver (?P<driver>[\w.-]*\w)"),
        quoted=True,
        upstream="kubernetes-csi/external-attacher",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage driver does not have permission to attach the volume: {detail}",
        steps=(
            Step(
                "grant the storage driver's identity (its ServiceAccount, IAM role or managed identity) permission to attach volumes; the claim and the pod are not the cause",
                read=(_CLAIMS, "kubectl get csidrivers"),
            ),
        ),
        pattern=Text(
            r"AttachVolume[^\n]*?(?P<detail>(?:UnauthorizedOperation|AccessDenied|AuthorizationFailed|PermissionDenied|PERMISSION_DENIED|(?:is )?not authorized|does not have authorization|googleapi: Error 403)[^\n]{0,160})"
        ),
        quoted=True,
        upstream="the CSI drivers of the clouds",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume is in another zone than the pod's node: {detail}",
        steps=(
            Step(
                "use a StorageClass with volumeBindingMode: WaitForFirstConsumer, and compare the node affinity of the PersistentVolume with the zone of the node",
                read=("kubectl get persistentvolumes -o wide", NODES),
            ),
        ),
        pattern=Text(
            r"AttachVolume[^\n]*?(?P<detail>(?:ZoneMismatch|not in the same (?:availability )?zone|different zone)[^\n]{0,120})"
        ),
        quoted=True,
        upstream="the CSI drivers of the clouds",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot attach any more volumes: {detail}",
        steps=(
            Step(
                "add nodes or use larger nodes, so that fewer volumes are attached to each node",
                read=("kubectl get csinodes", "kubectl get volumeattachments"),
            ),
        ),
        pattern=Text(
            r"AttachVolume[^\n]*?(?P<detail>(?:AttachmentLimitExceeded|maximum number of (?:data )?disks|too many (?:attachments|volumes)|attachment limit|max(?:imum)? (?:volume|attachment)s? (?:count|limit))[^\n]{0,120})"
        ),
        quoted=True,
        upstream="the CSI drivers of the clouds",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage does not have the volume (any more): {detail}",
        steps=(
            Step(
                "check in the storage whether the volume still exists. If it was deleted, restore it from a backup or a snapshot, because the PersistentVolume alone has no data",
                read=(_CLAIMS, "kubectl get persistentvolumes"),
            ),
        ),
        pattern=Text(
            r"AttachVolume[^\n]*?(?P<detail>(?:code = NotFound desc = |InvalidVolume\.NotFound)[^\n]{1,140})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="CSI specification (NotFound)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume is still in use on another node: {detail}",
        steps=(
            Step(
                "wait until the old pod is deleted and its node has released the volume. If that node is not ready, repair or delete the node; otherwise, restart the storage driver's pod on it",
                read=("kubectl get volumeattachments", "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>rbd image \S+ is still being used|RESOURCE_IN_USE_BY_ANOTHER_RESOURCE[^\n]{0,80}|VolumeInUse: [^\n]{0,80}|currently attached to (?:a )?(?:different|another) node[^\n]{0,80}|(?:volume|disk)[^\n]{0,80}already attached to (?:another|node|a different)[^\n]{0,80})"
        ),
        certainty="likely",
        quoted=True,
        upstream="ceph-csi, Longhorn volumeattachment controller, the CSI drivers of the clouds",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage driver is still working on an earlier request for the same volume, or is stuck: {detail}",
        steps=(
            Step(
                "check the storage behind the driver (for Ceph, its health and the connection from the node), and the log of the driver's pod on the pod's node. Then restart this pod, because the earlier request has not finished",
                read=(DESCRIBE, "kubectl get pods -A -o wide"),
            ),
        ),
        pattern=Text(r"(?P<detail>an operation with the given Volume ID \S+ already exists)"),
        certainty="likely",
        quoted=True,
        upstream="ceph-csi, CSI specification (Aborted)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the storage driver did not respond in time when it attached or mounted the volume: {detail}",
        steps=(
            Step(
                "check the log of the driver's controller, and of its pod on the pod's node: it may be unable to reach the storage or the cloud's API, or lack permissions for it",
                read=("kubectl get pods -A -o wide", "kubectl get volumeattachments", _CLAIMS),
            ),
        ),
        pattern=Text(
            r"(?:AttachVolume|MountVolume|MapVolume)\.\w+ failed[^\n]*?(?P<detail>code = DeadlineExceeded|context deadline exceeded|timed out waiting for external-attacher of \S+ CSI driver)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="CSI specification, kubernetes pkg/volume/csi",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume is not ready in the storage: {detail}",
        steps=(
            Step(
                "check the volume in the storage (for Longhorn, its state, robustness and replicas in the Longhorn UI or kubectl get volumes.longhorn.io -A); it is attached when it is healthy",
                read=("kubectl get volumeattachments", _CLAIMS),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:hasn't been attached yet|is not ready for workloads|failed to attach to node)[^\n]{0,120})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="longhorn-manager csi",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume was not attached to the pod's node in time",
        steps=(
            Step(
                "check whether another pod still uses the volume. A ReadWriteOnce volume can be attached to only one node, so a Deployment with such a volume needs strategy.type: Recreate; deleting the old pod helps only until the next rollout",
                read=(
                    "kubectl get pods -n {ns} -o wide",
                    "kubectl get volumeattachments",
                    _CLAIMS,
                ),
            ),
            Step(
                "otherwise, check the volume's events, its Secret or ConfigMap, its CSI driver and its storage",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"Unable to attach or mount volumes[^\n]*(?:timed out waiting for the condition|context deadline exceeded)|"
            r"timed out waiting for (?:attach|VolumeAttachment)|"
            r"AttachVolume\.Attach failed[^\n]*(?:in use|already attached|is attached to)"
        ),
        certainty="one-of",
        upstream=f"{KUBELET}/volumemanager, pkg/volume/csi",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume of the pod cannot be attached, because its VolumeAttachment is still being deleted: the volume was not detached before",
        steps=(
            Step(
                "check the VolumeAttachment of the volume (its node and status.detachError), that the node is not gone or not ready, and the log of the storage driver's csi-attacher, which removes the finalizer when the volume is detached. Restart the csi-attacher if it does not try again",
                read=(
                    "kubectl describe volumeattachments",
                    "kubectl get nodes",
                    "kubectl get csidrivers,csinodes",
                    _CLAIMS,
                ),
            ),
            Step(
                "remove the finalizer of the VolumeAttachment only if the storage shows that no node has the volume: a volume on two nodes loses data"
            ),
        ),
        pattern=Text(r"volume attachment is being deleted"),
        quoted=True,
        in_full=True,
        upstream="kubernetes pkg/volume/csi/csi_attacher.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume of the pod cannot be mounted: {detail}",
        steps=(
            Step(
                "check the volume, its Secret, ConfigMap or PersistentVolumeClaim, and the storage driver",
                read=(DESCRIBE, _CLAIMS),
            ),
        ),
        pattern=Text(
            r"(?:FailedMount|FailedAttachVolume|FailedMapVolume|(?:Mount|Map|Attach)Volume)[^\n]*? failed for volume \"[^\"]*\" ?: (?P<detail>[^\n]{1,240})|"
            r"FailedMount|FailedAttachVolume|FailedMapVolume|Unable to attach or mount volumes"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{KUBELET}/volumemanager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node that the pod's volume belongs to is probably cordoned or has a problem ({detail}), and the volume cannot be used on the others",
        steps=(
            Step(
                "compare the node affinity of the PersistentVolume with the nodes, and repair or uncordon its node, or add a node in its zone. Do not delete the claim, because that deletes the data",
                read=("kubectl get nodes", "kubectl describe persistentvolumes", _CLAIMS),
            ),
        ),
        pattern=Text(
            rf"(?=[^\n]*(?:{_ELSEWHERE}))[^\n]*?(?P<detail>\bunschedulable|node\.kubernetes\.io/(?:unschedulable|not-ready|unreachable|[\w-]+-pressure|network-unavailable|out-of-service))"
        ),
        certainty="likely",
        quoted=True,
        upstream=f"{SCHEDULER}/plugins/volumebinding, plugins/nodeunschedulable",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes that can use the pod's volume probably do not have enough {resource_short} available",
        steps=(
            Step(
                "free up capacity on the node or in the zone of the PersistentVolume (see its node affinity), add a node there, or lower resources.requests; the volume cannot be used on the other nodes",
                read=("kubectl describe persistentvolumes", "kubectl describe nodes", _CLAIMS),
            ),
        ),
        pattern=Text(
            rf"(?=[^\n]*(?:{_ELSEWHERE}))[^\n]*?(?:\d Insufficient (?P<resource_short>[\w./-]*\w)|\d Too many pods)"
        ),
        certainty="likely",
        quoted=True,
        upstream=f"{SCHEDULER}/plugins/volumebinding, plugins/noderesources",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume is in a zone or on a node where the pod cannot run",
        steps=(
            Step(
                "compare the node affinity of the PersistentVolume with the nodes and with the pod's nodeSelector and affinity, or add a node in the volume's zone",
                read=("kubectl get persistentvolumes -o wide", NODES, _CLAIMS),
            ),
        ),
        pattern=Text(_ELSEWHERE),
        upstream=f"{SCHEDULER}/plugins/volumebinding",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes cannot attach any more volumes",
        steps=(
            Step(
                "add nodes, or use fewer volumes per node", read=("kubectl get csinodes", _CLAIMS)
            ),
        ),
        pattern=Text(r"exceed max volume count"),
        upstream=f"{SCHEDULER}/plugins/nodevolumelimits",
    ),
)

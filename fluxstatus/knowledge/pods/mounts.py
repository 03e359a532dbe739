"""Volumes that cannot be mounted on the pod's node, by the error message of the mount.

Upstream: kubernetes pkg/volume, pkg/kubelet/volumemanager.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET
from fluxstatus.knowledge.rule import Rule, Step, Text

_NFS = "kubernetes pkg/volume/nfs, nfs-utils"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the path of the volume does not exist on the NFS server, or is not exported: {detail}",
        steps=(
            Step(
                "correct the path of the volume, or create and export it on the NFS server; with NFS 4, the path may be relative to the root of the exports (fsid=0)",
                read=(DESCRIBE, "kubectl get persistentvolumes -o yaml"),
            ),
        ),
        pattern=Text(
            r"mount\.nfs4?: (?P<detail>mounting \S+ failed, reason given by server: No such file or directory)"
        ),
        quoted=True,
        upstream=_NFS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the NFS server denies the mount: {detail}",
        steps=(
            Step(
                "allow the nodes' addresses in the export of the NFS server, and check that the exported path exists",
                read=(DESCRIBE, "kubectl get nodes -o wide"),
            ),
        ),
        pattern=Text(
            r"mount\.nfs4?: (?P<detail>(?:access denied by server|mounting \S+ failed, reason given by server)[^\n]{0,120})"
        ),
        quoted=True,
        upstream=_NFS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot reach the NFS server: {detail}",
        steps=(
            Step(
                "check the server's address in the volume, and check that the nodes can connect to the server on port 2049",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"mount\.nfs4?: (?P<detail>(?:Connection (?:timed out|refused)|No route to host|Network is unreachable|"
            r"Failed to resolve server)[^\n]{0,120})"
        ),
        quoted=True,
        upstream=_NFS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the file server denies access to the SMB share (mount error 13, permission denied)",
        steps=(
            Step(
                "correct username, password and domain in the volume's Secret, or the permissions of the share on the server. For an Azure file share, check the key and the network rules of the storage account",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"mount error\(13\)|mount error: 13\b"),
        quoted=True,
        upstream="cifs-utils",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot reach the SMB server or find the share ({detail})",
        steps=(
            Step(
                "check the address and name of the share in the volume, and check that the nodes can connect to the server on port 445",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"(?P<detail>mount error\((?:2|110|111|112|113|115)\)[^\n]{0,80})"),
        quoted=True,
        upstream="cifs-utils",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume's file system does not allow changing the owner of its files, but fsGroup in the securityContext requires it",
        steps=(
            Step(
                "remove fsGroup from the pod's securityContext, or set fsGroupChangePolicy: OnRootMismatch. For NFS, set the owner on the server, because root_squash forbids chown",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?:applyFSGroup failed|lchown)[^\n]{0,160}(?:operation not permitted|permission denied|invalid argument)"
        ),
        quoted=True,
        upstream="kubernetes pkg/volume/volume_linux.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume's disk is in use on the node, so it cannot be formatted or mounted: {detail}",
        steps=(
            Step(
                "prevent multipathd from taking over the disks on the nodes (blacklist them in /etc/multipath.conf), and check that no other process or mount uses the disk",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?:mount|format)[^\n]*?(?P<detail>apparently in use by the system|already mounted or mount point busy|Device or resource busy)"
        ),
        certainty="likely",
        quoted=True,
        upstream="e2fsprogs, util-linux",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume's file system is damaged, or its type is different from what the volume expects: {detail}",
        steps=(
            Step(
                "stop the pods that use the volume, and check the file system with fsck on the node or with the storage's own tools. If the volume has a different file system, correct fsType",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:fsck|xfs_repair)[^\n]{0,60}(?:found errors|failed|could not)|Structure needs cleaning|can't read superblock)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="util-linux, kubernetes mount-utils",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not have the program that mounts this type of volume (mount.nfs or mount.cifs)",
        steps=(
            Step(
                "install the client for this file system on the nodes (nfs-common, nfs-utils, cifs-utils or open-iscsi), or use a CSI driver that includes the client",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"you might need a /sbin/mount\.<type> helper program|(?:iscsiadm|open-iscsi)[^\n]{0,20} installed|"
            r"executable file not found in \$PATH[^\n]{0,40}mount|iscsiadm: (?:not found|command not found)"
        ),
        quoted=True,
        upstream=_NFS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot mount the volume's file system: {detail}",
        steps=(
            Step(
                "check the kernel log of the pod's node (dmesg) for the reason. The file system may be damaged, of another type than fsType, or have features that the node's kernel is too old for; for NFS or SMB, the node may lack the client (nfs-common, nfs-utils or cifs-utils)",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>wrong fs type, bad option, bad superblock|unknown filesystem type '?\w+)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="util-linux mount(8)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not have the program {detail}, which the volume requires",
        steps=(
            Step(
                "install the program on the nodes, or use a CSI driver that includes it",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?:FailedMount|MountVolume|MapVolume|AttachVolume)[^\n]*?exec: \\?\"?(?P<detail>[^\"\s:\\]+)\\?\"?: executable file not found in \$PATH"
        ),
        quoted=True,
        upstream="kubernetes pkg/volume, Go os/exec",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not run rpc.statd, which locking on an NFS 3 volume requires",
        steps=(
            Step(
                "install and start rpc-statd on the nodes (package nfs-common or nfs-utils), use NFS 4 (mountOptions: nfsvers=4.1), or set mountOptions: nolock if no two clients lock files",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"rpc\.statd is not running"),
        quoted=True,
        upstream=_NFS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the NFS server does not support the NFS version or protocol of the mount: {detail}",
        steps=(
            Step(
                "set nfsvers in mountOptions of the PersistentVolume or StorageClass to a version that the server has enabled, or enable the version on the server",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"mount\.nfs4?: (?P<detail>(?:requested NFS version or transport protocol is not supported|Protocol not supported|an incorrect mount option was specified)[^\n]{0,60})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_NFS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the NFS server does not allow the mount: {detail}",
        steps=(
            Step(
                "check the export on the server: the nodes' addresses, the option insecure for client ports above 1023, and the NFS version",
                read=(DESCRIBE, "kubectl get nodes -o wide"),
            ),
        ),
        pattern=Text(r"mount\.nfs4?: (?P<detail>Operation not permitted[^\n]{0,80})"),
        certainty="one-of",
        quoted=True,
        upstream=_NFS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a network file system that is mounted on the node is no longer available: {detail}",
        steps=(
            Step(
                "check the file server. Then remove the stale mount: restart the storage driver's pod on the node, unmount the path on the node, or restart the node; a new pod on another node mounts the volume again",
                read=(DESCRIBE, "kubectl get pods -A -o wide"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>[Ss]tale (?:NFS )?file handle|[Tt]ransport endpoint is not connected|[Hh]ost is down)"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_NFS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot resolve the name of the EFS file system: {detail}",
        steps=(
            Step(
                "check the ID of the file system in the volume or StorageClass, that the file system has a mount target in the zone of the node, and that DNS resolution is enabled in the VPC",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"(?P<detail>Failed to resolve \"fs-[^\n]{1,100})"),
        certainty="one-of",
        quoted=True,
        upstream="aws/efs-utils",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the path of a local volume does not exist on the node: {path}",
        steps=(
            Step(
                "create or mount the path on the node that the PersistentVolume belongs to (its nodeAffinity), or correct the path of the PersistentVolume",
                read=(DESCRIBE, "kubectl get persistentvolumes -o wide"),
            ),
        ),
        pattern=Text(
            r"NewMounter initialization failed[^\n]{1,120}path \"(?P<path>[^\"]+)\" does not exist"
        ),
        quoted=True,
        upstream="kubernetes pkg/volume/local",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the file system of the node, or of a hostPath, is read-only: {detail}",
        steps=(
            Step(
                "check the disk and the kernel log of the pod's node: Linux remounts a file system as read-only after an error. On Talos, Bottlerocket or Flatcar, a hostPath must be below a writable directory such as /var",
                read=(DESCRIBE, "kubectl describe nodes"),
            ),
        ),
        pattern=Text(
            r"MountVolume[^\n]*?(?P<detail>(?:mkdir|open|stat|mount)[^\n]{0,160}read-only file system)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="kubernetes pkg/volume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the kubelet does not have a ConfigMap or Secret of the pod yet: {detail}",
        steps=(
            Step(
                "wait, because the kubelet retries automatically; this message also appears for a pod that has just been deleted. If the pod still does not start, check the node's connection to the API server",
                read=(DESCRIBE, "kubectl get nodes"),
            ),
        ),
        pattern=Text(r"(?P<detail>object \"[\w.-]*\"/\"[\w.-]+\" not registered)"),
        certainty="one-of",
        transient=True,
        quoted=True,
        upstream=f"{KUBELET}/util/manager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod's ServiceAccount {referred} does not exist, so the kubelet gets no token for it",
        steps=(
            Step(
                "create ServiceAccount {referred} in namespace {ns}, or correct serviceAccountName in the pod template; in a chart, check the value serviceAccount.create",
                read=("kubectl get serviceaccounts -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(r"failed to fetch token: serviceaccounts? \"(?P<referred>[^\"]+)\" not found"),
        quoted=True,
        upstream=f"{KUBELET}/token",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the kubelet is not allowed to create a token for the pod's ServiceAccount: {detail}",
        steps=(
            Step(
                "wait, if the pod has just been created or deleted; otherwise, check that the pod still belongs to its node and that the API server's authorization mode includes Node",
                read=(DESCRIBE, "kubectl get nodes"),
            ),
        ),
        pattern=Text(r"failed to fetch token: (?P<detail>[^\n]{1,160})"),
        certainty="one-of",
        quoted=True,
        upstream=f"{KUBELET}/token",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot map the RBD image of the volume: {detail}",
        steps=(
            Step(
                "check that the node can connect to the Ceph monitors (ports 3300 and 6789), that the Ceph cluster is healthy, and that the node's kernel supports the features of the image",
                read=(DESCRIBE, "kubectl get cephclusters.ceph.rook.io -A"),
            ),
        ),
        pattern=Text(r"rbd: map failed with error (?P<detail>[^\n]{1,60}\))"),
        certainty="one-of",
        quoted=True,
        upstream="ceph/ceph-csi internal/rbd",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot log in to the iSCSI target of the volume: {detail}",
        steps=(
            Step(
                "check that the target's address and port (3260) can be reached from the node, the CHAP credentials, and that iscsid is running on the node",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:iscsiadm: (?:[Cc]ould not|[Cc]annot|initiator reported|connect|connection)|iscsi: (?:failed|could not)|failed to (?:login|sendtargets))[^\n]{0,140})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="open-iscsi, kubernetes pkg/volume/iscsi",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume's hostPath does not exist on the node or has the wrong type: {detail}",
        steps=(
            Step(
                "create the path on the nodes, set type: DirectoryOrCreate for the hostPath, or use another type of volume",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"hostPath type check failed: (?P<detail>[^\n]{1,120})"),
        quoted=True,
        upstream="kubernetes pkg/volume/hostpath",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume refers to key {key}, which does not exist in its Secret or ConfigMap",
        steps=(
            Step(
                "add key {key} to the Secret or ConfigMap, or correct the key under the volume's items in the pod template",
                read=(DESCRIBE, "kubectl get configmaps,secrets -n {ns}"),
            ),
        ),
        pattern=Text(r"references non-existent (?:config|secret) key: (?P<key>[\w.-]+)"),
        quoted=True,
        upstream="kubernetes pkg/volume/secret, pkg/volume/configmap",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the kubelet did not receive the pod's Secrets and ConfigMaps from the API server in time",
        steps=(
            Step(
                "wait, because the kubelet retries automatically. If the pod still does not start, check the node's connection to the API server",
                read=(DESCRIBE, "kubectl get nodes"),
            ),
        ),
        pattern=Text(r"failed to sync (?:configmap|secret) cache: timed out waiting"),
        certainty="one-of",
        transient=True,
        upstream=f"{KUBELET}/util/manager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a mount of the container does not match its path in the image: a file is mounted on a directory, or a directory on a file",
        steps=(
            Step(
                "correct subPath and mountPath in the pod template. The subPath must be a key of the Secret or ConfigMap, and the mountPath must be the path of the file",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"Are you trying to mount a directory onto a file|not a directory: unknown"),
        certainty="likely",
        upstream="runc libcontainer",
    ),
)

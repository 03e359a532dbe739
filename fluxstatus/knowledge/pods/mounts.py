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
            r"(?:applyFSGroup failed|lchown|chown)[^\n]{0,160}(?:operation not permitted|permission denied|invalid argument)"
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
            r"(?P<detail>apparently in use by the system|already mounted or mount point busy|Device or resource busy)"
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
            r"you might need a /sbin/mount\.<type> helper program|missing codepage or helper program|(?:iscsiadm|open-iscsi)[^\n]{0,20} installed|mount: unknown filesystem type|"
            r"executable file not found in \$PATH[^\n]{0,40}mount|iscsiadm: (?:not found|command not found)"
        ),
        quoted=True,
        upstream=_NFS,
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

"""Containers that the node's kubelet or container runtime cannot create.

Upstream: kubernetes pkg/kubelet, containerd, cri-o, opencontainers/runc.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET, NODES
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node's container runtime is overloaded or stuck: {detail}",
        steps=(
            Step(
                "wait, because the kubelet retries automatically. If the node does not recover, check its disk and load, and restart its container runtime or drain the node",
                read=(
                    DESCRIBE,
                    "kubectl get nodes",
                ),
            ),
        ),
        pattern=Text(
            r"(?P<detail>failed to reserve (?:container|sandbox) name|error reserving (?:ctr|pod) name|name \S+ is already in use by container|CreateContainerError[^\n]{0,20}context deadline exceeded|"
            r"(?:Failed to create pod sandbox|CreateContainerError|RunContainerError)[^\n]{0,60}DeadlineExceeded desc = context deadline exceeded)"
        ),
        certainty="one-of",
        upstream="containerd, cri-o",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the mount path of a container cannot be created: the root file system is read-only, or an earlier mount covers the path ({detail})",
        steps=(
            Step(
                "mount a volume such as an emptyDir at the parent directory, choose another mountPath, or create the directory in the image. On nodes with a read-only operating system (Talos, Bottlerocket or Flatcar), a hostPath must be below a writable directory such as /var",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:mkdir|make mountpoint|create mountpoint for|failed to mkdir)[^\n]{1,160}read-only file system)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="runc libcontainer, containerd",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume of the container has mountPath /, and no volume can be mounted over the root directory",
        steps=(
            Step(
                "set mountPath to a directory in the pod template or in the chart's values; a newer chart version may correct it. To add a single file to a directory of the image, use subPath",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"destination can't be '/'|to rootfs at \\?\"/\\?\""),
        quoted=True,
        upstream="moby volume/mounts, opencontainers/runc libcontainer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container's image is for another version of Windows than its node runs",
        steps=(
            Step(
                "use the image tag for the Windows version of the node (for example, ltsc2022), or set nodeSelector node.kubernetes.io/windows-build to the version of the image",
                read=("kubectl get nodes -L node.kubernetes.io/windows-build", DESCRIBE),
            ),
        ),
        pattern=Text(
            r"container operating system does not match the host|Windows version \S+-based image is incompatible with"
        ),
        quoted=True,
        upstream="microsoft/hcsshim internal/hcs, moby distribution",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a mount of the container requires mount propagation, but the host path is not a shared mount ({path})",
        steps=(
            Step(
                "make the mount shared on the nodes (mount --make-rshared), or remove mountPropagation from the volumeMount. If the nodes are containers (kind, k3d or LXC), do this whenever a node starts",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"path \"(?P<path>[^\"]+)\" is mounted on \"[^\"]*\" but it is not a shared"),
        quoted=True,
        upstream="containerd internal/cri",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the memory limit of the container is lower than its container runtime needs: {detail}",
        steps=(
            Step(
                "raise resources.limits.memory of the container in Git or in the chart's values; a limit of 16 Mi or more is enough for the runtime itself",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>memory limit[^\n]{0,60}too low[^\n]{0,60}|minimum memory limit[^\n]{0,60}|container init was OOM-killed \(memory limit too low\?\))"
        ),
        quoted=True,
        upstream="cri-o server/container_create_linux.go, opencontainers/runc libcontainer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the kubelet does not allow a sysctl of the pod: {detail}",
        steps=(
            Step(
                "allow the sysctl on the nodes (allowedUnsafeSysctls of the kubelet), or remove it from securityContext.sysctls in the pod template",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"(?P<detail>(?:SysctlForbidden|forbidden sysctl)[^\n]{0,120})"),
        quoted=True,
        upstream=f"{KUBELET}/sysctl",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot allocate a device that the pod requests: {detail}",
        steps=(
            Step(
                "check the device plugin on the pod's node, the health of the devices, and the pods that use them. The pod was assigned to the node before the device was registered or after it failed, so delete the pod to schedule it again",
                read=(DESCRIBE, "kubectl describe nodes"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:Allocate failed due to |requested number of devices unavailable)[^\n]{0,160})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{KUBELET}/cm/devicemanager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not have the device that the container uses: {path}",
        steps=(
            Step(
                "schedule the pod on a node that has the device {path} (with a nodeSelector), load its driver on the node, or remove the device from the pod template",
                read=(DESCRIBE, NODES),
            ),
        ),
        pattern=Text(r"adding custom device \\?\"(?P<path>[^\"\\]+)\\?\""),
        quoted=True,
        upstream="containerd, cri-o",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the NVIDIA container runtime of the node cannot set up the GPU: {detail}",
        steps=(
            Step(
                "check the NVIDIA driver and the container toolkit on the pod's node (the GPU operator or the device plugin manages them), and restart the device plugin after a change. If the error is a requirement such as cuda>=12, use a newer driver or an older image",
                read=(DESCRIBE, "kubectl get pods -A -o wide"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:nvidia-container-cli|nvidia-container-runtime|unresolvable CDI devices)[^\n]{1,160})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="NVIDIA/nvidia-container-toolkit",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node has no space left to create the container: {detail}",
        steps=(
            Step(
                "free up disk space and inodes on the pod's node; if the error is about cgroups or inotify, restart the node or raise its limits",
                read=(DESCRIBE, "kubectl describe nodes"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:mkdir|write|open|copy|mount|link|symlink)\w*[^\n:]{0,120}: no space left on device|no space left on device)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="containerd, cri-o, opencontainers/runc",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot set up the cgroup of the container: {detail}",
        steps=(
            Step(
                "check the limits in the pod template; if they are plausible, restart the kubelet and the container runtime of the pod's node, or drain the node. Both must use the same cgroup driver",
                read=(DESCRIBE, "kubectl describe nodes"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:unable to apply cgroup configuration|error setting cgroup config|failed to create container for \[kubepods)[^\n]{0,140})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="opencontainers/runc libcontainer/cgroups, kubernetes pkg/kubelet/cm",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot set the SELinux label of a volume: {detail}",
        steps=(
            Step(
                "check whether the volume's file system supports SELinux labels (NFS and some hostPath file systems do not), and set seLinuxOptions or seLinuxChangePolicy in the pod's securityContext accordingly",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"(?P<detail>(?:relabel failed|lsetxattr)[^\n]{1,160})"),
        certainty="one-of",
        quoted=True,
        upstream="cri-o, containers/selinux",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a host path that the container mounts does not exist on the node: {path}",
        steps=(
            Step(
                "create the path on the nodes, set type: DirectoryOrCreate for the hostPath, or use another type of volume",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?:failed to stat \\?\"|failed to fulfil mount request: open )(?P<path>/[^\"\\\s:]+)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="containerd internal/cri",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container cannot start",
        steps=(
            Step(
                "fix the reported error in the pod template (command, user or mounts)",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"cannot start container|CreateContainer(?:Config)?Error|RunContainerError|"
            r"executable file not found|runAsNonRoot and image will run as root"
        ),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=f"{KUBELET}/container",
    ),
)

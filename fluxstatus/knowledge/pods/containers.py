"""Containers that cannot start or keep exiting.

Upstream: kubernetes pkg/kubelet.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET, LOG
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_PREVIOUS = f"{LOG} --previous"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database's data is from PostgreSQL {old_version}, but the image is for a newer major version",
        steps=(
            Step(
                "pin the image to PostgreSQL {old_version} again, or migrate the data: dump it with the old version and restore it with the new version, or run pg_upgrade",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            r"data directory was initialized by PostgreSQL version (?P<old_version>[\d.]*\d)"
        ),
        upstream="PostgreSQL src/backend/utils/init/miscinit.c",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node has no inotify instances left",
        steps=(
            Step(
                "raise fs.inotify.max_user_instances and fs.inotify.max_user_watches on the node with sysctl",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            r"(?:fsnotify|inotify)[^\n]{0,80}(?:too many open files|no space left on device)"
        ),
        upstream="Linux inotify(7)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container probably requires the environment variable {variable}",
        steps=(
            Step(
                "set the container's environment variable {variable} in Git or in the chart's values; for a password, use secretKeyRef to refer to a Secret",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            r"(?:You must (?:specify|set)|(?:missing|required) (?:required )?environment variable:?|environment variable) "
            r"[\"'`]?(?P<variable>[A-Z][A-Z0-9]*_[A-Z0-9_]+)"
        ),
        certainty="likely",
        upstream="entry points of images",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container needs more memory than its limit allows (OOMKilled)",
        steps=(
            Step(
                "raise the container's memory limit (resources.limits.memory), or find out why the container needs so much memory",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(r"OOMKilled"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container refers to {reference} {referred}, which does not exist",
        steps=(
            Step(
                "create {reference} {referred} in namespace {ns}, or correct its name in the pod template",
                read=("kubectl get configmaps,secrets -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(r"(?P<reference>secret|configmap) \"(?P<referred>[^\"]+)\" not found"),
        trivial=True,
        upstream=f"{KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container refers to key {key}, which does not exist in {reference} {referred}",
        steps=(
            Step(
                "add key {key} to {reference} {referred}, or correct the key in the pod template",
                read=("kubectl describe {reference} {referred} -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:couldn't find key (?P<key>\S+) in|non-existent (?:config|secret) key:?) "
            r"(?P<reference>Secret|ConfigMap) (?:[\w.-]+/)?(?P<referred>[\w.-]+)"
        ),
        trivial=True,
        upstream=f"{KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container must not run as root (runAsNonRoot), but the image runs as root or as a user name that Kubernetes cannot verify",
        steps=(
            Step(
                "set runAsUser to a number other than 0 in the securityContext of the pod template, or use an image with a numeric USER. If the container needs root and the namespace allows it, remove runAsNonRoot",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"container has runAsNonRoot and image (?:will run as root|has non-numeric user)"
        ),
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container is not allowed to execute its command {detail} (permission denied): the file is not executable, or not executable by the container's user",
        steps=(
            Step(
                "make the file executable in the image (chmod +x). For a script in a ConfigMap, set defaultMode: 0755 on its volume, or start the script with sh. If the path is a directory, correct the command in the pod template",
                read=(DESCRIBE,),
            ),
            Step(
                "if the securityContext sets runAsUser, use a user that is allowed to execute the file",
            ),
        ),
        pattern=Text(r"exec: \"?(?P<detail>[^\"\s:]+)\"?: (?:is a directory: )?permission denied"),
        certainty="one-of",
        quoted=True,
        upstream="runc libcontainer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container's command does not exist in the image: {detail}",
        steps=(
            Step(
                "correct command or args in the pod template, or use a different image; images without a shell do not contain sh or bash",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"exec: \"?(?P<detail>[^\"\s:]+)\"?: (?:executable file not found in \$PATH|stat \S+: no such file or directory|no such file or directory)"
        ),
        quoted=True,
        upstream="runc libcontainer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program in the image is built for another CPU architecture, or it is a script without an interpreter line (exec format error)",
        steps=(
            Step(
                "use an image that is built for the node's architecture, or set a nodeSelector for kubernetes.io/arch in the pod template",
                read=(
                    "kubectl get nodes -L kubernetes.io/arch",
                    DESCRIBE,
                ),
            ),
        ),
        pattern=Text(r"exec format error"),
        certainty="one-of",
        upstream="runc libcontainer",
    ),
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
            r"(?P<detail>failed to reserve (?:container|sandbox) name|CreateContainerError[^\n]{0,20}context deadline exceeded|DeadlineExceeded desc = context deadline exceeded)"
        ),
        certainty="one-of",
        upstream="containerd, cri-o",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container's postStart hook failed, so the kubelet stops the container",
        steps=(
            Step(
                "correct lifecycle.postStart in the pod template; the output of the hook is in the pod's events",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"FailedPostStartHook|PostStartHookError"),
        upstream=KUBELET,
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
        why="a volumeMount with subPath cannot be prepared: the path does not exist in the volume or cannot be created there",
        steps=(
            Step(
                "correct subPath in the pod template, or create the path in the volume with the right owner. If a ConfigMap was changed or a volume was remounted, delete the pod, so that it is created again",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"failed to (?:prepare|create) subPath"),
        certainty="one-of",
        upstream=f"{KUBELET}/kubelet_pods.go, kubernetes mount-utils subpath",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the AppArmor or seccomp profile of the container cannot be applied: {detail}",
        steps=(
            Step(
                "correct the profile in the securityContext (appArmorProfile or seccompProfile, type RuntimeDefault, Unconfined or Localhost with localhostProfile) in Git or in the chart's values, or load the profile on the nodes. Old charts set AppArmor by annotation: a newer chart version may set the field",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:Cannot enforce AppArmor|[Aa]pp[Aa]rmor profile[^\n]{0,80}not (?:loaded|found)|"
            r"(?:applying|failed to (?:apply|generate|load|create|get)|setup|unable to (?:load|apply)|cannot load)[^\n]{0,60}(?:[Aa]pp[Aa]rmor|seccomp))[^\n]{0,140})"
        ),
        quoted=True,
        upstream=f"{KUBELET}/kuberuntime, containerd contrib/apparmor, cri-o internal/config/apparmor",
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
        why="RuntimeClass {referred}, which the pods request, does not exist",
        steps=(
            Step(
                "set runtimeClassName to the name of an existing RuntimeClass (not of its handler) in Git or in the chart's values, or create RuntimeClass {referred}",
                read=("kubectl get runtimeclasses",),
            ),
        ),
        pattern=Text(r"RuntimeClass \\?\"(?P<referred>[\w.-]+)\\?\" not found"),
        trivial=True,
        quoted=True,
        upstream="kubernetes plugin/pkg/admission/runtimeclass",
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
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container exits without an error (exit code 0), but the workload restarts it: the program does not keep running",
        steps=(
            Step(
                "correct command and args in the pod template so that the program stays in the foreground; for a task that ends, use a Job",
                read=(
                    _PREVIOUS,
                    DESCRIBE,
                ),
            ),
        ),
        pattern=Text(r"after Completed \(exit code 0\)"),
        certainty="likely",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container was killed (exit code 137, SIGKILL): common causes are a failed liveness or startup probe with a slow shutdown, and a lack of memory on the node",
        steps=(
            Step(
                "check the events for a failed probe, and correct the probe or give the program more time (startupProbe or failureThreshold)",
                read=(
                    DESCRIBE,
                    _PREVIOUS,
                ),
            ),
            Step(
                "if no probe failed, check the memory of the node and of the container",
                read=("kubectl describe nodes",),
            ),
        ),
        pattern=Text(r"CrashLoopBackOff after \w+ \(exit code 137\)"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container probably cannot run its command (exit code {detail}, not executable or not found)",
        steps=(
            Step(
                "correct command and args in the pod template, or use an image that contains the program",
                read=(
                    _PREVIOUS,
                    DESCRIBE,
                ),
            ),
        ),
        pattern=Text(r"CrashLoopBackOff after \w+ \(exit code (?P<detail>12[67])\)"),
        certainty="likely",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container keeps exiting",
        steps=(
            Step(
                "check the logs of the container's previous run, and fix the program or its configuration",
                read=(_PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(r"CrashLoopBackOff|Back-off restarting failed container"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=f"{KUBELET}/kuberuntime",
    ),
)

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
        why="the data of the database is of PostgreSQL {old_version}, but the image is of a newer major version",
        steps=(
            Step(
                "pin the image to PostgreSQL {old_version} again, or migrate the data: dump it with the old version and restore it with the new one, or run pg_upgrade",
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
                "raise the limits fs.inotify.max_user_instances and fs.inotify.max_user_watches of the node with sysctl",
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
        why="the container probably requires environment variable {variable}",
        steps=(
            Step(
                "set environment variable {variable} of the container (a password from a Secret with secretKeyRef; for a HelmRelease, in the values)",
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
        why="it needs more memory than its limit allows (OOMKilled)",
        steps=(
            Step(
                "raise the container's memory limit (resources.limits.memory), or find out why it needs so much memory",
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
        why="its container refers to {reference} {referred}, which does not exist",
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
        why="its container refers to key {key}, which does not exist in {reference} {referred}",
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
        why="the container must not run as root (runAsNonRoot), but its image runs as root, or its user is a name that Kubernetes cannot check",
        steps=(
            Step(
                "set runAsUser to a number other than 0 in the securityContext of the pod template (for a HelmRelease, in the values), or use an image with a numeric USER; if it needs root and the namespace allows it, remove runAsNonRoot",
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
        why="the container cannot execute its command {detail} (permission denied): the file is not executable, or not for the user that the container runs as",
        steps=(
            Step(
                "make the file executable in the image (chmod +x); for a script in a ConfigMap, set defaultMode: 0755 on its volume, or start it with sh; if it is a directory, correct command in the pod template",
                read=(DESCRIBE,),
            ),
            Step(
                "if the securityContext sets runAsUser, use a user that may execute the file",
            ),
        ),
        pattern=Text(r"exec: \"?(?P<detail>[^\"\s:]+)\"?: (?:is a directory: )?permission denied"),
        certainty="one-of",
        quoted=True,
        upstream="runc libcontainer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the command of the container does not exist in its image: {detail}",
        steps=(
            Step(
                "correct command or args in the pod template (for a HelmRelease, in the values), or the image: a tag without a shell has no sh or bash",
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
        why="the program in the image is for another CPU architecture than the node, or its script has no interpreter line (exec format error)",
        steps=(
            Step(
                "use an image that is built for the architecture of the node, or set a nodeSelector for kubernetes.io/arch in the pod template",
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
        why="the container runtime of the node is overloaded or stuck: {detail}",
        steps=(
            Step(
                "wait: the kubelet retries; if it does not recover, check the node's disk and load, and restart its container runtime or drain it",
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
        why="the postStart hook of the container failed, so the kubelet stops the container",
        steps=(
            Step(
                "correct lifecycle.postStart in the pod template; its output is in the events of the pod",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"FailedPostStartHook|PostStartHookError"),
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the path of a mount of the container cannot be created: the root file system is read-only, or an earlier mount covers it ({detail})",
        steps=(
            Step(
                "mount a volume (an emptyDir) at the parent directory, choose another mountPath, or create the directory in the image; on nodes with a read-only system (Talos, Bottlerocket, Flatcar), a hostPath must be below a writable directory such as /var",
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
        why="a mount of the container needs mount propagation, but the host path is not a shared mount ({path})",
        steps=(
            Step(
                "make the mount shared on the nodes (mount --make-rshared), or remove mountPropagation from the volumeMount; inside containers (kind, k3d, LXC), this must be done when the node starts",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"path \"(?P<path>[^\"]+)\" is mounted on \"[^\"]*\" but it is not a shared"),
        quoted=True,
        upstream="containerd internal/cri",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volumeMount with subPath cannot be prepared: the path does not exist in the volume, or cannot be created there",
        steps=(
            Step(
                "correct subPath in the pod template (for a HelmRelease, in the values), or create the path in the volume with the right owner; with a changed ConfigMap or a remounted volume, delete the pod once",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"failed to (?:prepare|create) subPath"),
        certainty="one-of",
        upstream=f"{KUBELET}/kubelet_pods.go, kubernetes mount-utils subpath",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot give the pod a device that it requests: {detail}",
        steps=(
            Step(
                "check the device plugin on the node of the pod and the health of its devices, and which pods use them; the pod was bound before the device was registered or after it failed: delete the pod, so that it is scheduled again",
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
        why="its container cannot start",
        steps=(
            Step(
                "fix the reported error in the pod template (command, user, mounts)",
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
        why="its container ends without an error (exit code 0), but the workload restarts it: it is not a program that keeps running",
        steps=(
            Step(
                "correct command and args in the pod template (for a HelmRelease, in the values), so that the program stays in the foreground; for a task that ends, use a Job",
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
        why="its container was killed (exit code 137, SIGKILL): a failed liveness or startup probe and a slow shutdown, or a lack of memory on the node",
        steps=(
            Step(
                "check the events for a failed probe, and correct the probe or give the program more time (startupProbe, failureThreshold)",
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
        why="its container probably cannot run its command (exit code {detail}: not executable or not found)",
        steps=(
            Step(
                "correct command and args in the pod template (for a HelmRelease, in the values), or use an image that contains the program",
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
        why="its container keeps exiting",
        steps=(
            Step(
                "check the container's logs from before it exited, and fix the program or its configuration",
                read=(_PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(r"CrashLoopBackOff|Back-off restarting failed container"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=f"{KUBELET}/kuberuntime",
    ),
)

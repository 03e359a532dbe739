"""What a program writes last before it exits, about files, ports, memory and other limits.

Upstream: errno(3), as libraries and languages word it.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, EXITED, PREVIOUS
from fluxstatus.knowledge.rule import Rule, Step, Text

_LIBC = "Linux errno(3)"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container is not allowed to set a kernel parameter of the node: {detail}",
        steps=(
            Step(
                "set the parameter on the nodes, or let the container run as privileged, if the namespace allows it; a chart usually has a value that turns this init container off",
                read=(
                    DESCRIBE,
                    PREVIOUS,
                ),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>sysctl: [^\n]{1,120}(?:[Pp]ermission denied|[Rr]ead-only file system|[Oo]peration not permitted))"
        ),
        quoted=True,
        upstream="sysctl(8), busybox",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container cannot change the node's firewall rules: {detail}",
        steps=(
            Step(
                "give the container the capabilities NET_ADMIN and NET_RAW, which the namespace must allow (for a service mesh, its CNI plugin does this instead); otherwise, load the kernel modules of iptables on the nodes, or use the mode (nftables or legacy) that the nodes use",
                read=(
                    DESCRIBE,
                    PREVIOUS,
                ),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:ip6?tables|nft)[^\n\"]{0,100}(?:[Pp]ermission denied|[Oo]peration not permitted|can't initialize|does not exist|No chain/target/match|not supported)[^\n\"]{0,60})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="iptables(8), istio, linkerd",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node has probably no inotify instances or watches left",
        steps=(
            Step(
                "raise fs.inotify.max_user_instances and fs.inotify.max_user_watches on the node with sysctl",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            r"(?:fsnotify|inotify)[^\n]{0,80}(?:too many open files|no space left on device)"
        ),
        certainty="likely",
        upstream="Linux inotify(7)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program expects a file, but finds a directory: {detail}. A subPath that is not a key of its ConfigMap or Secret is mounted as an empty directory",
        steps=(
            Step(
                "compare subPath and mountPath of the container's volumeMounts with the keys of the ConfigMap or Secret, and correct them in Git or in the chart's values",
                read=(DESCRIBE, "kubectl describe configmaps -n {ns}"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:EISDIR|Is a directory: ['\"]?/[\w./-]+|/[\w./-]+['\"]?: is a directory)[^\n]{0,60})"
        ),
        certainty="likely",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program is not allowed to listen on a port below 1024: {detail}",
        steps=(
            Step(
                "configure a port above 1023 and use it as containerPort and targetPort, or add the capability NET_BIND_SERVICE to the container's securityContext",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            r"(?P<detail>listen (?:tcp|udp)[46]? \S*:\d{1,3}: bind: permission denied|bind\(\) to \S+:\d{1,3} failed \(13: )"
        ),
        quoted=True,
        upstream="Linux capabilities(7)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot write to a path, because the container's root file system is read-only: {detail}",
        steps=(
            Step(
                "mount an emptyDir volume at this path, or set readOnlyRootFilesystem: false in the container's securityContext",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED + r"(?P<detail>[^\n\"]{0,80}(?:[Rr]ead-only file system|EROFS)[^\n\"]{0,60})"
        ),
        certainty="likely",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not have permission to access a file: {detail}",
        steps=(
            Step(
                "for a volume, set fsGroup in the pod's securityContext to a group of the user that the container runs as; for a file of the image, set runAsUser to the image's user. On OpenShift, containers run as an arbitrary user, so turn off fixed users and chown in the chart's values, or use an image for arbitrary users",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED + r"(?P<detail>(?:EACCES|PermissionError|AccessDeniedException)[^\n]{1,120}|"
            r"(?:(?<![\w/])/[\w./-]+|open|create|write|touch|mkdir|chmod|unlink|lock|exec)[^\n]{0,120}[Pp]ermission denied(?! (?:for|to) )|file access denied[^\n]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Linux errno(3)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot listen on its port, because another program uses it: {detail}",
        steps=(
            Step(
                "with hostNetwork or hostPort, find the other pod or program on the node that uses the port, and change one of the two ports. Otherwise, two containers or processes of the pod use the same port",
                read=(DESCRIBE, "kubectl get pods -A -o wide"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:[^\n\"]{0,80}(?:address already in use|EADDRINUSE)|Address already in use)[^\n\"]{0,60})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume or disk that the program writes to is full: {detail}",
        steps=(
            Step(
                "expand the volume (raise the claim's requested storage, if its StorageClass allows expansion), or delete data that is not needed. If the path is not on a volume, the disk of the node is full",
                read=(PREVIOUS, "kubectl get persistentvolumeclaims -n {ns}"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>[^\n\"]{0,100}(?:no space left on device|ENOSPC|Disk quota exceeded)[^\n\"]{0,60})"
        ),
        certainty="likely",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program is not allowed to change the owner or mode of a file: {detail}",
        steps=(
            Step(
                "if the container does not run as root, set fsGroup in the pod's securityContext instead of changing the owner, or add the capability CHOWN. On NFS, root_squash forbids it, so set the owner on the server",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:chown|chmod|chgrp|lchown|changing (?:ownership|permissions) of|setgid|setuid|setgroups|unable to set supplementary group)[^\n\"]{0,120}[Oo]peration not permitted)"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node's container runtime blocks a system call that the program makes: {detail}",
        steps=(
            Step(
                "update the container runtime and libseccomp on the nodes, because older ones block system calls that newer images use; otherwise, use an older image, or set seccompProfile.type: Unconfined, if the namespace allows it",
                read=("kubectl get nodes -o wide", DESCRIBE),
            ),
        ),
        pattern=Text(EXITED + r"(?P<detail>pthread_create failed: Operation not permitted)"),
        certainty="one-of",
        quoted=True,
        upstream="Go runtime/cgo, seccomp(2)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node limits the number of open files or processes of the program: {detail}",
        steps=(
            Step(
                "raise the limit on the node (ulimit nofile of the container runtime, the kubelet's podPidsLimit), or lower the program's number of connections or threads",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>[^\n\"]{0,80}(?:[Tt]oo many open files|EMFILE|pthread_create failed(?!: Operation not permitted)|unable to create (?:new )?native thread|fork: (?:retry: )?Resource temporarily unavailable)[^\n\"]{0,40})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container does not have a device that the program uses: {detail}",
        steps=(
            Step(
                "run the pod on the node that has the device (with a nodeSelector), and mount the device as a hostPath volume with a privileged container, or request it from a device plugin; check that its name on the node is the same after a restart",
                read=(
                    DESCRIBE,
                    PREVIOUS,
                ),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:open\w*|access|stat|find)[^\n]{0,40}/dev/(?!shm|null|std|fd)[\w./-]+[^\n\"]{0,40}(?:[Nn]o such file or directory|[Pp]ermission denied|[Oo]peration not permitted))"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Linux errno(3)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node's memory settings do not meet the program's requirements: {detail}",
        steps=(
            Step(
                "set vm.max_map_count to 262144 or more on the nodes with sysctl: for example, with a privileged init container, a DaemonSet or the node's configuration",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:max virtual memory areas )?vm\.max_map_count[^\n\"]{0,40}(?:too low|at least)[^\n\"]{0,60})"
        ),
        quoted=True,
        upstream="Elasticsearch and OpenSearch BootstrapChecks",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program is not allowed to lock its memory: {detail}",
        steps=(
            Step(
                "add the capability IPC_LOCK to the container's securityContext, or turn memory locking off in the program's configuration (disable_mlock for Vault, bootstrap.memory_lock for Elasticsearch)",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:[Ff]ailed to lock memory|memory locking requested|mlock(?:all)?\b)[^\n\"]{0,100})"
        ),
        certainty="likely",
        quoted=True,
        upstream="HashiCorp Vault, Elasticsearch, mlock(2)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program ran out of memory: {detail}",
        steps=(
            Step(
                "raise resources.limits.memory, or the limit of the language runtime (such as -Xmx or --max-old-space-size)",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>java\.lang\.OutOfMemoryError[^\n\"]{0,60}|JavaScript heap out of memory|MemoryError|std::bad_alloc|"
            r"(?<!lock memory: )[Cc]annot allocate memory|runtime: out of memory)"
        ),
        certainty="likely",
        quoted=True,
        upstream="the runtimes of Java, Node.js, Python, C++ and Go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not find a file: {detail}",
        steps=(
            Step(
                "mount the file from a ConfigMap, Secret or volume, or correct its path in the container's arguments or configuration",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?<!config file: )(?:open(?! config file: l?stat)|stat|read|cannot (?:open|stat|access)|can't (?:open|cd to)|ENOENT[^\n\"]{0,60}|FileNotFound\w+[^\n]{0,40})"
            r"[^\n\"]{0,120}[Nn]o such file or directory[^\n\"]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot read the token of its ServiceAccount, because the pod does not have it mounted",
        steps=(
            Step(
                "set automountServiceAccountToken: true in the pod template, or in the ServiceAccount that the pod uses, in Git or in the chart's values",
                read=(DESCRIBE, "kubectl get serviceaccounts -n {ns} -o yaml"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"/var/run/secrets/kubernetes\.io/serviceaccount/[\w.]+: no such file or directory"
        ),
        certainty="likely",
        quoted=True,
        upstream="kubernetes client-go rest.InClusterConfig",
    ),
)

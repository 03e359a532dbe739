"""What a program in a container writes last before it exits: its termination message.

Programs word their errors as they like, so a rule here takes only wordings of an operating system,
a language runtime, a library or a database that many programs share.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, EXITED, PREVIOUS
from fluxstatus.knowledge.rule import Rule, Step, Text

_LIBC = "Linux errno(3)"

RULES = (
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
        why="the container probably requires the environment variable {variable}",
        steps=(
            Step(
                "set the container's environment variable {variable} in Git or in the chart's values; for a password, use secretKeyRef to refer to a Secret",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            r"(?:You must (?:specify|set)|(?:missing|required|expected) (?:required )?env(?:ironment)?(?: variable)?s?:?|"
            r"(?=[^\n]{0,160}(?:not set|unset|undefined|is (?:required|missing|empty)|must be set))env(?:ironment)? var(?:iable)?) "
            r"[\"'`]?(?P<variable>[A-Z][A-Z0-9]*_[A-Z0-9_]+)"
        ),
        certainty="likely",
        quoted=True,
        upstream="entry points of images",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not accept the option {detail}: its arguments are probably for another version of the image",
        steps=(
            Step(
                "use the image version that the arguments are written for: in a chart, remove the value that sets the image tag, or use the chart version that belongs to the image. Otherwise, correct the arguments in the pod template",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            r"(?:unknown (?:shorthand |long |short )?(?:flag|option|argument)|unrecogni[sz]ed (?:command[- ]line )?(?:option|argument|flag)s?|"
            r"flag provided but not defined|no such option|unexpected argument|invalid option|unsupported option)[: -]{0,3}[\"'`]?(?P<detail>-{1,2}[\w.-]+)"
        ),
        certainty="likely",
        quoted=True,
        upstream="Go flag, spf13/pflag, clap, Python argparse, getopt(3)",
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
                "for a volume, set fsGroup in the pod's securityContext to a group of the user that the container runs as; for a file of the image, set runAsUser to the image's user",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:(?:cannot (?:create|touch|open|write)|can't (?:create|open)|mkdir|open|chmod|chown|unlink|EACCES|PermissionError)[^\n\"]{0,120}"
            r"[Pp]ermission denied|EACCES[^\n\"]{0,120}|PermissionError[^\n]{0,120}|AccessDeniedException[^\n\"]{0,120}))"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the script {detail} of the image cannot be started: it, or the interpreter in its first line, does not exist in the image",
        steps=(
            Step(
                "correct command in the pod template, or the first line of the script; Windows line breaks (CRLF) in a script have the same effect",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(EXITED + r"\bexec \"?(?P<detail>/[^\s\":]+)\"?: no such file or directory"),
        certainty="one-of",
        quoted=True,
        upstream="opencontainers/runc libcontainer, execve(2)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container's user is not allowed to execute {detail}: the file is not executable, or not executable by this user",
        steps=(
            Step(
                "make the file executable in the image (chmod +x). For a script in a ConfigMap, set defaultMode: 0755 on its volume, or start the script with sh",
                read=(DESCRIBE, PREVIOUS),
            ),
            Step(
                "if the securityContext sets runAsUser, use a user that is allowed to execute the file",
            ),
        ),
        pattern=Text(EXITED + r"\bexec \"?(?P<detail>/[^\s\":]+)\"?: permission denied"),
        certainty="one-of",
        quoted=True,
        upstream="opencontainers/runc libcontainer, execve(2)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program needs the command {detail}, which the image does not contain",
        steps=(
            Step(
                "use an image that contains the command, such as another variant of the tag (not alpine, slim or distroless), or turn off the feature that needs it",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"exec: \\?\"(?P<detail>[^\"\s:\\]+)\\?\": executable file not found in \$(?:PATH|\{PATH\})"
        ),
        certainty="likely",
        quoted=True,
        upstream="Go os/exec",
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
        quoted=True,
        upstream="execve(2), opencontainers/runc libcontainer",
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
        why="the node limits the number of open files or processes of the program: {detail}",
        steps=(
            Step(
                "raise the limit on the node (ulimit nofile of the container runtime, the kubelet's podPidsLimit), or lower the program's number of connections or threads",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>[^\n\"]{0,80}(?:[Tt]oo many open files|EMFILE|pthread_create failed|unable to create (?:new )?native thread|fork: (?:retry: )?Resource temporarily unavailable)[^\n\"]{0,40})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_LIBC,
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
            EXITED + r"(?P<detail>(?:max virtual memory areas )?vm\.max_map_count[^\n\"]{1,80})"
        ),
        quoted=True,
        upstream="Elasticsearch and OpenSearch BootstrapChecks",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a module or library that the program needs is missing in the image: {detail}",
        steps=(
            Step(
                "use a complete image of the version that command and args are written for; a volume that is mounted over the program's directory hides its files, too",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:ModuleNotFoundError: No module named|Cannot find (?:module|package)|error while loading shared libraries:|ClassNotFoundException|NoClassDefFoundError|Could not find or load main class|GLIBC_[\d.]+' not found)[^\n]{0,100})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Python, Node.js, Java, ld.so(8)",
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
            r"[Cc]annot allocate memory|runtime: out of memory)"
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
            + r"(?P<detail>(?:open|stat|read|cannot (?:open|stat|access)|can't (?:open|cd to)|ENOENT[^\n\"]{0,60}|FileNotFound\w+[^\n]{0,40})"
            r"[^\n\"]{0,120}[Nn]o such file or directory[^\n\"]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not accept its configuration: {detail}",
        steps=(
            Step(
                "correct the configuration in Git or in the chart's values; a field may belong to another version of the program",
                read=(PREVIOUS, "kubectl describe configmaps -n {ns}"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:error|fail\w*|unable|cannot|could not|invalid)[^\n]{0,60}(?:config\w*|unmarshal)[^\n]{1,140}|"
            r"field \w+ not found in type [\w.]+|yaml: [^\n]{1,120})"
        ),
        certainty="likely",
        quoted=True,
        upstream="many programs",
    ),
)

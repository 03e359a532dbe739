"""What a program in a container writes last before it exits: its termination message.

Programs word their errors as they like, so a rule here takes only wordings of an operating system,
a language runtime, a library or a database that many programs share.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, EXITED, PREVIOUS
from fluxstatus.knowledge.rule import Rule, Step, Text

RULES = (
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
            r"(?:You must (?:specify|set) |(?:missing|required|expected) (?:required )?env(?:ironment)? ?(?:variable)?s?:? |"
            r"(?=[^\n]{0,160}(?:not set|unset|undefined|is (?:required|missing|empty)|must be set))(?<!deprecated )env(?:ironment)? var(?:iable)?(?: not set:)? |"
            r"(?<![\w-])(?=[\"'`]?[A-Z][A-Z0-9_]+[\"'`]? env(?:ironment)? var(?:iable)?[^\n]{0,20}(?:not set|is (?:required|missing|empty)|must be set)))"
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
            r"flag provided but not defined|no such option|unexpected argument|invalid option|unsupported option)[: ]{0,3}[\"'`]?(?P<detail>-{1,2}[\w.-]+)"
        ),
        certainty="likely",
        quoted=True,
        upstream="Go flag, spf13/pflag, clap, Python argparse, getopt(3)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program of the image cannot be started, because it, or the interpreter in the first line of a script, does not exist in the image: {detail}",
        steps=(
            Step(
                "correct command in the pod template, or the first line of the script; Windows line breaks (CRLF) in a script have the same effect",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>\bexec \"?/[^\s\":]+\"?(?: failed)?: no such file or directory|exec user process caused:? \"?no such file or directory)"
        ),
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
        pattern=Text(
            EXITED
            + r"(?:\bexec \"?(?=/[^\s\":]+\"?(?: failed)?: permission denied)|sh: (?:line |\d+: )?(?:\d+: )?(?=/[^\s\":]+\.sh: permission denied))(?P<detail>/[^\s\":]+)"
        ),
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
        why="the program does not know a command or an option: {detail}; its arguments are probably for another version of the image",
        steps=(
            Step(
                "use the image version that the arguments are written for: in a chart, remove the value that sets the image tag, or use the chart version that belongs to the image. Otherwise, correct the arguments in the pod template",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>unknown (?:sub)?command \\?\"[^\"\n]{1,120}\"|Unrecognized VM option '[^'\n]{1,60}'|invalid choice: '[^'\n]{1,60}')"
        ),
        certainty="likely",
        quoted=True,
        upstream="spf13/cobra, Java, Python argparse",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the CPU of the node lacks instructions that the program needs: {detail}",
        steps=(
            Step(
                "run the pod on a node with a newer CPU, or use an image for older CPUs; on a virtual machine, pass the host's CPU model through. MongoDB 5 and newer requires AVX",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>Illegal instruction[^\n\"]{0,40}|requires a CPU with AVX[^\n\"]{0,40}|CPU (?:does not support|ISA level)[^\n\"]{0,60})"
        ),
        certainty="likely",
        quoted=True,
        upstream="signal(7), glibc, MongoDB",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot use the GPU: {detail}",
        steps=(
            Step(
                "compare the driver version of the node with the CUDA version of the image, and check that the pod requests the GPU in resources.limits. After an update of the driver, restart the node",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:NVML: |nvml error: |Found no NVIDIA driver|CUDA error|CUDA driver version is insufficient|no CUDA-capable device)[^\n\"]{0,100})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="NVIDIA NVML and CUDA",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the init program of the image must be process 1 of its container, but it is not",
        steps=(
            Step(
                "remove shareProcessNamespace or hostPID from the pod template, and any command or webhook that starts another program first",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(EXITED + r"can only run as pid 1"),
        quoted=True,
        upstream="just-containers/s6-overlay",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node lacks software that the program needs: {detail}",
        steps=(
            Step(
                "install it on the nodes: iscsiadm is in open-iscsi, iscsi-initiator-utils or, on Talos, the system extension iscsi-tools; mount.nfs is in nfs-common or nfs-utils",
                read=(PREVIOUS, "kubectl get nodes -o wide"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>make sure you have [^\n]{1,80} installed on the (?:host|node)|nsenter: failed to execute [\w./-]+: No such file or directory)"
        ),
        quoted=True,
        upstream="longhorn-manager, util-linux nsenter(1)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program crashed: {detail}",
        steps=(
            Step(
                "use another version of the image, or report the crash to the program's developers; a new setting or a new kind of object may trigger it, so check what changed last",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>panic: runtime error: [^\n\"]{1,100}|Segmentation fault|SIGSEGV: segmentation violation)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Go runtime, signal(7)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program was compiled for a newer version of Java than the image has: {detail}",
        steps=(
            Step(
                "use an image with a newer Java, or a version of the program for the image's Java (class file version 61 is Java 17, 65 is Java 21)",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED + r"(?P<detail>UnsupportedClassVersionError(?![^\n]*\bpreview)[^\n]{0,200})"
        ),
        quoted=True,
        upstream="OpenJDK hotspot classfile/classFileParser.cpp",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program's configuration does not set a property that it needs: {detail}",
        steps=(
            Step(
                "set the property in Git or in the chart's values, for example as an environment variable",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(EXITED + r"(?P<detail>Could not resolve placeholder '[^'\n]{1,120}')"),
        certainty="likely",
        quoted=True,
        upstream="Spring Framework util.PropertyPlaceholderHelper",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the script of the container needs the command {detail}, which the image does not contain",
        steps=(
            Step(
                "use an image that contains the command, such as another variant of the tag (not alpine, slim or distroless), or correct the command in the pod template",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?:(?<![\w.-])(?:ba|da|a)?sh: (?:line )?(?:\d+: )?|\.sh: (?:line )?\d+: )(?P<detail>[\w.+-]{1,60}): (?:command )?not found"
        ),
        certainty="likely",
        quoted=True,
        upstream="POSIX sh, bash",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a script of the container has Windows line breaks (CRLF)",
        steps=(
            Step(
                "convert the script to Unix line breaks (LF), in Git with * text eol=lf in .gitattributes",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?:env: (?:can't execute )?['\u2018][\w.-]+(?:\\r|\r)|\^M: bad interpreter|bad interpreter: [^\n]{0,60}\^M|\$'\\r': command not found)"
        ),
        quoted=True,
        upstream="coreutils and busybox env, bash execute_cmd.c, zsh",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node lacks a kernel module that the program loads, or the container does not see the node's modules: {detail}",
        steps=(
            Step(
                "load the module on the nodes, or use nodes whose kernel has it; on Talos, add it in machine.kernel.modules. If the nodes have it, mount their /lib/modules (a hostPath volume) into the container. A module that is built into the kernel need not be loaded",
                read=(PREVIOUS, "kubectl get nodes -o wide"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>modprobe: [^\n]{0,20}[Mm]odule [\w-]+ not found[^\n\"]{0,80}|modprobe: can't change directory to '/lib/modules')"
        ),
        certainty="one-of",
        quoted=True,
        upstream="kmod tools/modprobe.c, busybox modutils/modprobe.c",
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
            + r"(?![^\n]*(?:permission denied|no such file|connection refused|no such host|cannot \w+ resource |"
            r"config\w*(?: file)?\b[^\n]{0,60}(?:not found(?! in type|,)|does not exist)))"
            r"(?P<detail>(?:error|fail\w*|unable|cannot|could not|invalid)[^\n]{0,60}(?:(?<!in-cluster )\bconfig\w*|unmarshal)[^\n]{1,140}|"
            r"\[emerg\] (?!bind|open|mkdir|host)[^\n]{1,140}|"
            r"field \w+ not found in type [\w.]+|yaml: [^\n]{1,120})"
        ),
        certainty="likely",
        quoted=True,
        upstream="many programs",
    ),
)

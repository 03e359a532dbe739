"""Containers that keep exiting, by their exit code.

The code of a signal is 128 and its number. Without a message, it is all that is known of the cause.

Upstream: kubernetes pkg/kubelet, signal(7).
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET, PREVIOUS
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container needs more memory than its limit allows (OOMKilled)",
        steps=(
            Step(
                "raise the container's memory limit (resources.limits.memory), or find out why the container needs so much memory",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(r"OOMKilled"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the kubelet probably stopped the container because its probe failed ({probe} probe)",
        steps=(
            Step(
                "check that the probe's path and port match the container, and that timeoutSeconds is long enough. If the container starts slowly, use a startupProbe with a higher failureThreshold",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            r"terminated with (?!OOMKilled)\w+ \(exit code (?:0|137|143)\).*(?P<probe>liveness|startup) probe (?:failed|errored)"
        ),
        certainty="likely",
        upstream=f"{KUBELET}/prober",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container exits with an error, and its probe fails ({probe} probe)",
        steps=(
            Step(
                "check the log of the container's previous run: if the program reports an error, the probe fails because of it. If the program was only stopped, correct the probe, or use a startupProbe",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"terminated with (?!OOMKilled)\w+ \(exit code -?\d+\).*(?P<probe>liveness|startup) probe (?:failed|errored)"
        ),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=f"{KUBELET}/prober",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container exits without an error (exit code 0), but the workload restarts it: the program does not keep running",
        steps=(
            Step(
                "correct command and args in the pod template so that the program stays in the foreground; for a task that ends, use a Job. If a probe failed, the kubelet stopped the program, so correct the probe",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"CrashLoopBackOff after [^\n]{1,120}terminated with Completed \(exit code 0\)"
        ),
        certainty="likely",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the kubelet lost the container: its node was restarted, ran low on resources, or its container runtime failed",
        steps=(
            Step(
                "check the conditions and events of the pod's node; the kubelet starts the container again",
                read=(DESCRIBE, "kubectl describe nodes"),
            ),
        ),
        pattern=Text(r"terminated with ContainerStatusUnknown"),
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container was killed (exit code 137, SIGKILL): common causes are a failed liveness or startup probe with a slow shutdown, and a lack of memory on the node",
        steps=(
            Step(
                "exit code 137 means that the program was killed (SIGKILL). Check the events for a failed probe, and correct the probe or give the program more time (startupProbe or failureThreshold)",
                read=(DESCRIBE, PREVIOUS),
            ),
            Step(
                "if no probe failed, check the memory of the node and of the container: the kernel may have killed only one of its processes",
                read=("kubectl describe nodes",),
            ),
        ),
        pattern=Text(r"(?<!previously )terminated with (?!OOMKilled)\w+ \(exit code 137\)"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container was stopped (exit code 143, SIGTERM)",
        steps=(
            Step(
                "exit code 143 means that the program was asked to stop (SIGTERM), which is not an error of the program. Check the pod's events: the signal usually comes from the kubelet, after a failed liveness or startup probe or when the pod is deleted. Then correct the probe, or give the program more time (startupProbe or failureThreshold)",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(r"(?<!previously )terminated with (?!OOMKilled)\w+ \(exit code 143\)"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program was aborted by a memory access error (exit code 139, SIGSEGV)",
        steps=(
            Step(
                "exit code 139 is a segmentation fault (SIGSEGV). Check the log, and try another version of the image; the cause is a defect of the program or of a native library, an image for another CPU architecture, or, rarely, faulty memory of the node",
                read=(PREVIOUS, "kubectl get nodes -L kubernetes.io/arch"),
            ),
        ),
        pattern=Text(r"(?<!previously )terminated with (?!OOMKilled)\w+ \(exit code 139\)"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program aborted (exit code 134, SIGABRT)",
        steps=(
            Step(
                "exit code 134 means that the program aborted (SIGABRT). Check the end of the log: a failed assertion, an uncaught exception, or a language runtime that ran out of memory (such as the heap limit of Node.js) is reported there",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(r"(?<!previously )terminated with (?!OOMKilled)\w+ \(exit code 134\)"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program uses an instruction that the node's CPU does not have (exit code 132, SIGILL)",
        steps=(
            Step(
                "exit code 132 means that the node's CPU does not have an instruction that the program uses (SIGILL). Use an image that is built for the CPU, or run the pod on a node with a newer CPU; many current images require AVX or x86-64-v2. On a virtual machine, pass the host's CPU model through",
                read=(PREVIOUS, "kubectl get nodes -L kubernetes.io/arch"),
            ),
        ),
        pattern=Text(r"(?<!previously )terminated with (?!OOMKilled)\w+ \(exit code 132\)"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program accessed memory that is not available (exit code 135, SIGBUS)",
        steps=(
            Step(
                "exit code 135 means that the program accessed memory that is not available (SIGBUS). Check whether it needs more shared memory (mount an emptyDir with medium: Memory at /dev/shm), huge pages that the node does not have, or a memory-mapped file whose volume is full",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(r"(?<!previously )terminated with (?!OOMKilled)\w+ \(exit code 135\)"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container probably cannot run its command (exit code {detail}, not executable or not found)",
        steps=(
            Step(
                "a shell exits with code 127 if it does not find a command, and with code 126 if it is not executable. Correct command and args in the pod template, or use an image that contains the program",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?<!previously )terminated with (?!OOMKilled)\w+ \(exit code (?P<detail>12[67])\)"
        ),
        reach=Reach.STAGE,
        certainty="likely",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container runtime cannot start the container (exit code 128)",
        steps=(
            Step(
                "check the error of the container runtime in the pod's events, and correct command, workingDir or mounts in the pod template",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"terminated with (?:StartError|ContainerCannotRun) \(exit code \d+\)"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream="containerd, cri-o",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program exits with code 2: many programs do so for wrong arguments, and Go programs for a panic",
        steps=(
            Step(
                "check the log of the container's previous run: many programs exit with code 2 for wrong arguments, and Go programs after a panic. Then correct command and args in the pod template, or the program's configuration",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(r"CrashLoopBackOff after [^\n]{1,120}terminated with Error \(exit code 2\)"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container keeps exiting",
        steps=(
            Step(
                "check the logs of the container's previous run, and fix the program or its configuration",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(r"CrashLoopBackOff|Back-off restarting failed container"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=f"{KUBELET}/kuberuntime",
    ),
)

"""Pods that no node takes.

Upstream: kubernetes pkg/scheduler/framework.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, NODES, SCHEDULER
from fluxstatus.knowledge.rule import Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod has scheduling gates",
        steps=(
            Step(
                "check the controller that set the gates in spec.schedulingGates, such as Kueue: it removes them when the pod is admitted",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"scheduling gates|SchedulingGated"),
        upstream=f"{SCHEDULER}/plugins/schedulinggates",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the cluster has no nodes",
        steps=(
            Step(
                "add nodes, and check the node group or the autoscaler",
                read=("kubectl get nodes",),
            ),
        ),
        pattern=Text(r"no nodes available to schedule pods|\b0/0 nodes are available"),
        upstream="kubernetes pkg/scheduler",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node offers {resource_short}, or all of it is in use",
        steps=(
            Step(
                "check that the device plugin or driver of {resource_short} runs on the nodes with this hardware (it adds the resource to the node), that a node with it exists, and which pods use it",
                read=(
                    "kubectl get nodes -o custom-columns=NAME:.metadata.name,ALLOCATABLE:.status.allocatable",
                    DESCRIBE,
                ),
            ),
        ),
        pattern=Text(r"\d Insufficient (?P<resource_short>[\w-]+(?:\.[\w-]+)+/[\w.-]*\w)"),
        certainty="one-of",
        quoted=True,
        upstream=f"{SCHEDULER}/plugins/noderesources",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node has enough {resource_short} left",
        steps=(
            Step(
                "lower resources.requests, add nodes, or free up capacity",
                read=("kubectl describe nodes", DESCRIBE),
            ),
        ),
        pattern=Text(r"Insufficient (?!quota)(?P<resource_short>[\w./-]*\w)"),
        upstream=f"{SCHEDULER}/plugins/noderesources",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes already run as many pods as they may (maxPods of the kubelet, 110 by default; on some clouds, what their network interfaces allow)",
        steps=(
            Step(
                "add nodes, remove pods that are not needed, or raise the maximum of pods per node (maxPods of the kubelet, or of the node pool; on AWS, with prefix delegation)",
                read=(
                    "kubectl get nodes -o custom-columns=NAME:.metadata.name,PODS:.status.allocatable.pods",
                    DESCRIBE,
                ),
            ),
        ),
        pattern=Text(r"Too many pods"),
        upstream=f"{SCHEDULER}/plugins/noderesources",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node has the host ports of the pod free",
        steps=(
            Step(
                "remove hostPort from the pod template, or run fewer pods than nodes",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"have free ports for the requested pod ports"),
        upstream=f"{SCHEDULER}/plugins/nodeports",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node satisfies its topology spread constraints",
        steps=(
            Step(
                "relax topologySpreadConstraints in the pod template (whenUnsatisfiable: ScheduleAnyway or a higher maxSkew), or add nodes in the zones that lack pods",
                read=(NODES, DESCRIBE),
            ),
        ),
        pattern=Text(r"didn't (?:match|satisfy) pod topology spread|PodTopologySpread"),
        upstream=f"{SCHEDULER}/plugins/podtopologyspread",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its pod affinity or anti-affinity rules out every node",
        steps=(
            Step(
                "use preferredDuringSchedulingIgnoredDuringExecution in the pod template, run fewer replicas, or add nodes",
                read=(NODES, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:didn't match|didn't satisfy existing pods) (?:pod )?(?:anti-)?affinity rules|"
            r"pod (?:anti-)?affinity/|pod affinity(?:/anti-affinity)?"
        ),
        upstream=f"{SCHEDULER}/plugins/interpodaffinity",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node matches its nodeSelector or affinity",
        steps=(
            Step(
                "correct nodeSelector or affinity in the pod template, or label a node",
                read=(NODES, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"node affinity|node(?:\(s\) didn't match)? selector|didn't match Pod's|plugin\(s\) \[NodeAffinity\]"
        ),
        certainty="one-of",
        upstream=f"{SCHEDULER}/plugins/nodeaffinity",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes are cordoned (unschedulable)",
        steps=(
            Step(
                "find out why the nodes are cordoned (an upgrade or maintenance), and uncordon one, or add nodes",
                read=("kubectl get nodes",),
            ),
        ),
        pattern=Text(r"were unschedulable|node\.kubernetes\.io/unschedulable"),
        certainty="one-of",
        upstream=f"{SCHEDULER}/plugins/nodeunschedulable",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes are not initialized, because their cloud controller manager has not done it ({taint})",
        steps=(
            Step(
                "check the pods of the cloud controller manager: whether it is installed, running and logged in to the cloud; it removes the taint; if Flux installs it, it and the network must tolerate this taint",
                read=("kubectl get pods -n kube-system -o wide", "kubectl describe nodes"),
            ),
        ),
        pattern=Text(r"(?P<taint>node\.cloudprovider\.kubernetes\.io/uninitialized)"),
        certainty="one-of",
        quoted=True,
        upstream="kubernetes cloud-provider controllers/node",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a component of the nodes has not started on them, so it keeps pods away with a taint: {taint}",
        steps=(
            Step(
                "check the DaemonSet that removes this taint when it is ready (the network plugin, the CSI driver or the node autoscaler), and its pods; do not tolerate the taint",
                read=("kubectl get pods -n kube-system -o wide", "kubectl describe nodes"),
            ),
        ),
        pattern=Text(
            r"(?P<taint>[\w.-]+/(?:agent-not-ready|unregistered|not-ready-for-pods|startup-taint|uninitialized))"
        ),
        certainty="one-of",
        quoted=True,
        upstream="cilium, aws-ebs-csi-driver, karpenter",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes have a problem of their own, so Kubernetes tainted them: {taint}",
        steps=(
            Step(
                "fix the nodes: check their conditions and the kubelet; do not tolerate this taint",
                read=("kubectl get nodes", "kubectl describe nodes"),
            ),
        ),
        pattern=Text(
            r"(?P<taint>node\.(?:kubernetes\.io/(?:not-ready|unreachable|disk-pressure|"
            r"memory-pressure|pid-pressure|network-unavailable|out-of-service)))"
        ),
        certainty="one-of",
        quoted=True,
        upstream="kubernetes pkg/controller/nodelifecycle",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes have taints that it does not tolerate",
        steps=(
            Step(
                "add the tolerations to the pod template, or remove the taint from a node",
                read=("kubectl describe nodes", DESCRIBE),
            ),
        ),
        pattern=Text(r"untolerated taint|had taint"),
        upstream=f"{SCHEDULER}/plugins/tainttoleration",
    ),
)

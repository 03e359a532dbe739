"""Pods that cannot be scheduled.

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
                "check the controller that set spec.schedulingGates, such as Kueue; it removes the gates when it admits the pod",
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
        why="no node provides {resource_short}, or all of it is in use",
        steps=(
            Step(
                "check that a node with {resource_short} exists, and that the device plugin or driver that provides {resource_short} is running on that node. Then check which pods use {resource_short}",
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
        why="no node has enough {resource_short} available",
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
        why="the nodes are already running the maximum number of pods: the limit is the kubelet's maxPods (110 by default) or, on some clouds, what the network interfaces allow",
        steps=(
            Step(
                "add nodes, remove pods that are not needed, or raise the maximum number of pods per node (maxPods of the kubelet or the node pool; on AWS, use prefix delegation)",
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
        why="no node has the pod's host ports available",
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
        why="no node satisfies the pod's topology spread constraints",
        steps=(
            Step(
                "relax topologySpreadConstraints in the pod template (whenUnsatisfiable: ScheduleAnyway or a higher maxSkew), or add nodes in the zones that have too few pods",
                read=(NODES, DESCRIBE),
            ),
        ),
        pattern=Text(r"didn't (?:match|satisfy) pod topology spread|PodTopologySpread"),
        upstream=f"{SCHEDULER}/plugins/podtopologyspread",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod's affinity or anti-affinity rules exclude every node",
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
        why="no node matches the pod's nodeSelector or affinity",
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
                "find out why the nodes are cordoned (for example, for an upgrade or maintenance), and then uncordon a node, or add nodes",
                read=("kubectl get nodes",),
            ),
        ),
        pattern=Text(r"were unschedulable|node\.kubernetes\.io/unschedulable"),
        certainty="one-of",
        upstream=f"{SCHEDULER}/plugins/nodeunschedulable",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes have not been initialized by their cloud controller manager ({taint})",
        steps=(
            Step(
                "check that the cloud controller manager is installed, is running and can authenticate with the cloud; it removes the taint. If Flux installs the cloud controller manager, the manager and the network plugin must tolerate this taint",
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
        why="a component of the nodes has not started, so its taint keeps pods away: {taint}",
        steps=(
            Step(
                "check the DaemonSet that removes this taint when it is ready (the network plugin, the CSI driver or the node autoscaler), and check its pods; do not add a toleration for the taint",
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
        why="the nodes have a problem, so Kubernetes tainted them: {taint}",
        steps=(
            Step(
                "check the nodes' conditions and kubelets, and fix the nodes; do not add a toleration for this taint",
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
        why="the nodes have taints that the pod does not tolerate",
        steps=(
            Step(
                "add tolerations to the pod template, or remove a taint from a node",
                read=("kubectl describe nodes", DESCRIBE),
            ),
        ),
        pattern=Text(r"untolerated taint|had taint"),
        upstream=f"{SCHEDULER}/plugins/tainttoleration",
    ),
)

"""Pods that cannot be scheduled.

Upstream: kubernetes pkg/scheduler/framework.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET, NODES, SCHEDULER
from fluxstatus.knowledge.rule import Rule, Step, Text

_REASONS = r"(?:FailedScheduling|nodes are available|SchedulingGated|OutOf\w+|Predicate \w+ failed)"
"""What all messages of the scheduler, or of the kubelet when it rejects a pod, have."""

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
        why="the pod cannot run on Fargate, because claim {claim} is not bound: Fargate does not create volumes",
        steps=(
            Step(
                "run the pod on EC2 nodes (in a namespace or with labels that no Fargate profile selects), or create an EFS volume and bind the claim to it first",
                read=("kubectl get persistentvolumeclaims -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(r"not supported on Fargate:.*\bPVC (?P<claim>[\w.-]+) not bound"),
        quoted=True,
        upstream="EKS fargate-scheduler",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod cannot run on Fargate: {detail}",
        steps=(
            Step(
                "run the pod on EC2 nodes (in a namespace or with labels that no Fargate profile selects), or remove what Fargate does not support from the pod template: for example, privileged containers, hostPath volumes, host networks and host ports",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"not supported on Fargate: (?P<detail>[^\n]{1,200})"),
        quoted=True,
        upstream="EKS fargate-scheduler",
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
        why="no PersistentVolume fits the claim of the pod, and none is created automatically",
        steps=(
            Step(
                "create a PersistentVolume with the claim's StorageClass, access mode and size on a node that the pod can run on, or use a StorageClass with a provisioner that creates volumes there (see its allowedTopologies)",
                read=(
                    "kubectl describe persistentvolumeclaims -n {ns}",
                    "kubectl get persistentvolumes,storageclasses",
                ),
            ),
        ),
        pattern=Text(r"didn't find available persistent volumes to bind"),
        certainty="one-of",
        upstream=f"{SCHEDULER}/plugins/volumebinding",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node has enough free storage for the volume",
        steps=(
            Step(
                "add storage to the nodes, or request a smaller volume",
                read=("kubectl get csistoragecapacities -A", NODES),
            ),
        ),
        pattern=Text(r"did not have enough free storage"),
        upstream=f"{SCHEDULER}/plugins/volumebinding",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="another pod uses the claim, whose access mode ReadWriteOncePod allows only one pod",
        steps=(
            Step(
                "wait until the other pod is deleted; for a Deployment with such a claim, set strategy.type: Recreate. If several pods are to use the volume, use another access mode",
                read=("kubectl get pods -n {ns} -o wide", DESCRIBE),
            ),
        ),
        pattern=Text(r"ReadWriteOncePod access mode"),
        upstream=f"{SCHEDULER}/plugins/volumerestrictions",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node satisfies the pod, and Karpenter cannot add one: {detail}",
        steps=(
            Step(
                "compare the pod's requests, nodeSelector, affinity and tolerations with the requirements, taints and limits of the NodePools",
                read=("kubectl get nodepools.karpenter.sh -o yaml", DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:incompatible with (?:nodepool|provisioner)|all available instance types exceed limits for (?:nodepool|provisioner)|no instance type (?:satisfied|met|has)|no nodepools? found)[^\n]{0,200})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="kubernetes-sigs/karpenter pkg/controllers/provisioning/scheduling",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a ResourceClaim of the pod (dynamic resource allocation) cannot be satisfied: {detail}",
        steps=(
            Step(
                "check that the claim and its DeviceClass exist, and that the driver that provides the devices is running on a node",
                read=(
                    "kubectl get resourceclaims.resource.k8s.io -n {ns}",
                    "kubectl get deviceclasses.resource.k8s.io",
                ),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:cannot allocate all claims|waiting for (?:dynamic )?resource claim|resourceclaim \"[^\"]+\" not found|(?:device|resource) ?class [^\n]{1,60} (?:does not exist|not found))[^\n]{0,100})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{SCHEDULER}/plugins/dynamicresources",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod is bound to a node by its name (spec.nodeName), and there is no such node",
        steps=(
            Step(
                "remove spec.nodeName from the pod template; to select a node, use nodeSelector",
                read=(NODES, DESCRIBE),
            ),
        ),
        pattern=Text(r"didn't match the requested node name"),
        upstream=f"{SCHEDULER}/plugins/nodename",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the kubelet of the pod's node rejects the pod: {detail}",
        steps=(
            Step(
                "check the labels, taints and free resources of the node: they changed after the scheduler had selected it. The workload creates another pod, so delete the rejected one",
                read=("kubectl describe nodes", DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:Predicate (?!NodePorts)\w+ failed|TopologyAffinityError|Resources cannot be allocated with Topology locality|PodOSNotSupported|Node didn't have enough resource)[^\n]{0,140})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{KUBELET}/lifecycle/predicate.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node of the pod is shutting down or was restarted",
        steps=(
            Step(
                "check why the node shuts down (an upgrade, maintenance, or a spot instance that was taken back); the workload creates the pod on another node",
                read=("kubectl get nodes", DESCRIBE),
            ),
        ),
        pattern=Text(r"imminent node shutdown|node is shutting down"),
        upstream=f"{KUBELET}/nodeshutdown",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="some nodes are cordoned or have a problem, and the others cannot run the pod: {detail}",
        steps=(
            Step(
                "find out why these nodes are cordoned or not ready, and uncordon or repair them; do not add a toleration for such a taint",
                read=("kubectl get nodes", "kubectl describe nodes"),
            ),
            Step(
                "otherwise, make room on the other nodes: lower resources.requests, relax the pod's affinity and topology spread constraints, or add nodes",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?=[^\n]*(?:were unschedulable|node\.kubernetes\.io/(?:unschedulable|not-ready|unreachable|[\w-]+-pressure|network-unavailable|out-of-service)))"
            r"(?=[^\n]*(?:\d Insufficient |Too many pods|free ports for|affinity rules|topology spread))"
            r"[^\n]*?nodes are available: (?P<detail>[^\n]{1,300}?)(?=\.? preemption:|\.?\n|\.?$)"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{SCHEDULER}/plugins/nodeunschedulable, plugins/tainttoleration",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node provides {resource_short}, or all of it is in use",
        steps=(
            Step(
                "check that a node with {resource_short} exists, that the pod tolerates the node's taints, and that the device plugin or driver that provides {resource_short} is running on that node. Then check which pods use {resource_short}",
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
        why="no node that the pod can run on has enough {resource_short} available",
        steps=(
            Step(
                "lower resources.requests, add nodes, or free up capacity. If other nodes are only excluded by taints, nodeSelector or affinity, allow the pod to run there",
                read=("kubectl describe nodes", DESCRIBE),
            ),
        ),
        pattern=Text(r"\d Insufficient (?P<resource_short>[\w./-]*\w)"),
        quoted=True,
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
        why="no node that the pod can run on has its host ports available",
        steps=(
            Step(
                "remove hostPort from the pod template, or run fewer pods than nodes",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"have free ports for the requested pod ports|Predicate NodePorts failed"),
        upstream=f"{SCHEDULER}/plugins/nodeports",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes do not have the label that the pod's topology spread constraints use as topologyKey",
        steps=(
            Step(
                "correct topologyKey in the pod template, or label the nodes; cloud controller managers set topology.kubernetes.io/zone, other clusters often do not have it",
                read=(NODES, DESCRIBE),
            ),
        ),
        pattern=Text(r"topology spread constraints \(missing required label\)"),
        upstream=f"{SCHEDULER}/plugins/podtopologyspread",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node that the pod can run on satisfies its topology spread constraints",
        steps=(
            Step(
                "relax topologySpreadConstraints in the pod template (whenUnsatisfiable: ScheduleAnyway or a higher maxSkew), or add nodes in the zones that have too few pods. If the constraints count tainted nodes, set nodeTaintsPolicy: Honor",
                read=(NODES, DESCRIBE),
            ),
        ),
        pattern=Text(r"didn't (?:match|satisfy) pod topology spread|PodTopologySpread"),
        upstream=f"{SCHEDULER}/plugins/podtopologyspread",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod's affinity or anti-affinity rules exclude all nodes that it could otherwise run on",
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
        context=Text(_REASONS),
        upstream=f"{SCHEDULER}/plugins/interpodaffinity",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node matches the pod's nodeSelector or affinity and has only taints that the pod tolerates ({taint})",
        steps=(
            Step(
                "if a node that matches has this taint, add a toleration to the pod template; for a taint that begins with node.kubernetes.io, fix the node instead. Otherwise, correct nodeSelector or affinity in the pod template, or label a node",
                read=(
                    "kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints",
                    NODES,
                    DESCRIBE,
                ),
            ),
        ),
        pattern=Text(
            r"(?=.*(?:node affinity/selector|node selector|plugin\(s\) \[NodeAffinity\])).*untolerated taint(?:\(s\))? \{(?P<taint>(?!node-role\.kubernetes\.io/)[^\s:}]+)"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{SCHEDULER}/plugins/nodeaffinity, plugins/tainttoleration",
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
        context=Text(_REASONS),
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
        why="the nodes have taints that the pod does not tolerate: {taint}",
        steps=(
            Step(
                "add tolerations to the pod template, or remove a taint from a node. Pods usually do not tolerate the taint of control plane nodes (node-role.kubernetes.io/control-plane): if only such nodes are left, add worker nodes",
                read=("kubectl describe nodes", DESCRIBE),
            ),
        ),
        pattern=Text(r"(?:untolerated taint(?:\(s\))?|had taint)(?: \{(?P<taint>[^}]*[^\s:}]))?"),
        quoted=True,
        upstream=f"{SCHEDULER}/plugins/tainttoleration",
    ),
)

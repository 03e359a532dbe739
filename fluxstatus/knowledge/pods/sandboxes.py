"""The sandbox of a pod: its network and its container runtime.

Upstream: kubernetes pkg/kubelet/kuberuntime, containerd, cri-o, the CNI plugins.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET
from fluxstatus.knowledge.rule import Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not have the container runtime handler {detail}, which the pod's RuntimeClass requires",
        steps=(
            Step(
                "remove runtimeClassName from the pod template, or install the runtime on the nodes and set a nodeSelector in the RuntimeClass",
                read=(
                    DESCRIBE,
                    "kubectl get runtimeclasses",
                ),
            ),
        ),
        pattern=Text(
            r"(?:no runtime for|RuntimeHandler) \"(?P<detail>[^\"]+)\" (?:is configured|not supported)"
        ),
        quoted=True,
        upstream="containerd, cri-o",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no IP address is available for the pod on its node",
        steps=(
            Step(
                "add IP addresses (with a larger subnet or pool, or with prefix delegation on AWS), add nodes, or remove pods that are not needed",
                read=(
                    DESCRIBE,
                    "kubectl get pods -A -o wide",
                ),
            ),
        ),
        pattern=Text(
            r"failed to assign an IP address to container|no IP addresses available in range|IPAM[^\n]{0,80}(?:exhausted|no free)"
        ),
        upstream="the CNI plugin",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod uses network {referred}, which has no NetworkAttachmentDefinition",
        steps=(
            Step(
                "create NetworkAttachmentDefinition {referred} in namespace {ns}, or correct the annotation k8s.v1.cni.cncf.io/networks in the pod template (use NAMESPACE/NAME for another namespace)",
                read=("kubectl get network-attachment-definitions -A", DESCRIBE),
            ),
        ),
        pattern=Text(r"cannot find (?:a )?network-attachment-definition \((?P<referred>[\w.-]+)\)"),
        quoted=True,
        upstream="k8snetworkplumbingwg/multus-cni",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the bridge cni0 of the node has an address from an earlier network configuration: {detail}",
        steps=(
            Step(
                "delete the bridge on the node (ip link delete cni0), so that the network plugin creates it again, or restart the node",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"(?P<detail>\"?cni0\"? already has an IP address different from \S+)"),
        quoted=True,
        upstream="containernetworking plugins/main/bridge",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the network plugin is not allowed to use the API server: {detail}",
        steps=(
            Step(
                "restart the network plugin's pod on the node, because its token may have expired, and check its ServiceAccount and ClusterRole",
                read=("kubectl get pods -A -o wide",),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:connection is unauthorized: \w+|error getting ClusterInformation: [^\n]{0,60}(?:Unauthorized|forbidden)))"
        ),
        certainty="one-of",
        quoted=True,
        upstream="projectcalico/calico cni-plugin",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the network plugin is not installed or not running on the pod's node: {detail}",
        steps=(
            Step(
                "check the network plugin's DaemonSet (for example, of Cilium, Calico or Flannel), and the status and logs of its pod on this node. If Flux installs or upgrades the network plugin, fix that HelmRelease first",
                read=(DESCRIBE, "kubectl get pods -n kube-system -o wide"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>unable to connect to Cilium (?:daemon|agent)|/run/flannel/subnet\.env: no such file|cni plugin not initialized|"
            r"stat /var/lib/calico/nodename: no such file|failed to find plugin \"[\w.-]+\" in path|no networks found in /etc/cni|"
            r"(?<=dial unix )/[^\s\"]*(?:cni|multus|cilium|calico|ovn)[^\s\"]*: connect: (?:connection refused|no such file or directory)|127\.0\.0\.1:50051: connect: connection refused)"
        ),
        quoted=True,
        upstream="the CNI plugin",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod's network cannot be set up: {detail}",
        steps=(
            Step(
                "check the CNI plugin on the pod's node: its DaemonSet in kube-system must be running, and IP addresses must be available",
                read=(DESCRIBE, "kubectl get pods -n kube-system -o wide"),
            ),
        ),
        pattern=Text(
            r"(?:FailedCreatePodSandBox|Failed to create pod sandbox|NetworkNotReady)[^\n]*?(?P<detail>(?:plugin type=\"|networkPlugin |netplugin |error adding (?:pod|container) |network is not ready)[^\n]{1,200})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="kubernetes pkg/kubelet/kuberuntime, the CNI plugin",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container runtime of the node cannot create the pod's sandbox: {detail}",
        steps=(
            Step(
                "check the error, and the state of the pod's node: its disk, its container runtime and its network plugin",
                read=(DESCRIBE, "kubectl describe nodes"),
            ),
        ),
        pattern=Text(
            r"(?:FailedCreatePodSandBox: )?Failed to create pod sandbox: (?:rpc error: code = \w+ desc = )?(?P<detail>[^\n]{1,240})|FailedCreatePodSandBox"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{KUBELET}/kuberuntime",
    ),
)

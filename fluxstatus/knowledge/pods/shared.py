"""The commands that several modules about pods use."""

DESCRIBE = "kubectl describe pod {pod} -n {ns}"
LOG = "kubectl logs {pod} -n {ns} --container={container} --tail=50"
KUBELET = "kubernetes pkg/kubelet"
SCHEDULER = "kubernetes pkg/scheduler/framework"
NODES = "kubectl get nodes --show-labels"

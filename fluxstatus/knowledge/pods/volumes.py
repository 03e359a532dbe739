"""Volumes and the network of a pod.

Upstream: kubernetes pkg/kubelet, pkg/controller/volume, pkg/scheduler/framework, secrets-store-csi-driver.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET, NODES, SCHEDULER
from fluxstatus.knowledge.rule import Rule, Step, Text

_VAULT = r"(?:secrets store objects|failed to mount objects|secrets-store\.csi)[^\n]*"
_CLAIMS = "kubectl describe persistentvolumeclaims -n {ns}"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the PersistentVolumeClaim is not bound or does not exist",
        steps=(
            Step(
                "check that the claim's StorageClass exists and that its provisioner is running; if the claim does not exist, add it to Git",
                read=(_CLAIMS, "kubectl get storageclasses"),
            ),
        ),
        pattern=Text(
            r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim \"[^\"]+\" (?:not "
            r"found|is being deleted)|ProvisioningFailed|storageclass[^\n]{0,300}not found|"
            r"no persistent volumes available|waiting for a volume to be created"
        ),
        certainty="one-of",
        upstream="kubernetes pkg/controller/volume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume is still attached to another node",
        steps=(
            Step(
                "wait until the old pod is deleted and the volume is detached. If the old pod's node is not ready, repair or delete the node. For a Deployment with a ReadWriteOnce volume, set strategy.type: Recreate",
                read=("kubectl get volumeattachments", "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        pattern=Text(r"Multi-Attach error|volume is already (?:exclusively attached|used by)"),
        upstream="kubernetes pkg/controller/volume/attachdetach",
    ),
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
        pattern=Text(r"no runtime for \"(?P<detail>[^\"]+)\" is configured"),
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
        why="the network plugin is not running on the pod's node: {detail}",
        steps=(
            Step(
                "check the network plugin's DaemonSet (for example, of Cilium, Calico or Flannel), and the status and logs of its pod on this node. If Flux installs or upgrades the network plugin, fix that HelmRelease first",
                read=(DESCRIBE, "kubectl get pods -n kube-system -o wide"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>unable to connect to Cilium (?:daemon|agent)|/run/flannel/subnet\.env: no such file|cni plugin not initialized|"
            r"stat /var/lib/calico/nodename: no such file|failed to find plugin \"[\w.-]+\" in path|no networks found in /etc/cni)"
        ),
        quoted=True,
        upstream="the CNI plugin",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod's network cannot be set up",
        steps=(
            Step(
                "check the CNI plugin on the pod's node: its DaemonSet in kube-system must be running, and IP addresses must be available",
                read=(DESCRIBE, "kubectl get pods -n kube-system -o wide"),
            ),
        ),
        pattern=Text(
            r"FailedCreatePodSandBox|network for sandbox|failed to assign an IP address|Failed to create pod sandbox"
        ),
        certainty="one-of",
        upstream="kubernetes pkg/kubelet/kuberuntime, the CNI plugin",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod's identity does not have permission to read the secrets of its volume in the key vault",
        steps=(
            Step(
                "grant the pod's identity permission to read these secrets in the key vault or secret manager (with an access policy, a role or an IAM policy), or correct the vault of the SecretProviderClass in the chart's values",
                read=(
                    DESCRIBE,
                    "kubectl get secretproviderclasses.secrets-store.csi.x-k8s.io -n {ns} -o yaml",
                ),
            ),
        ),
        pattern=Text(
            rf"{_VAULT}(?:\b403\b|Forbidden|AccessDenied|not authorized|PermissionDenied|permission denied|"
            r"does not have (?:secrets|keys|certificates) \w+ permission)"
        ),
        quoted=True,
        upstream="kubernetes-sigs/secrets-store-csi-driver and its providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a secret of the pod's volume does not exist in the key vault",
        steps=(
            Step(
                "create the secret in the key vault or secret manager, or correct its name in the SecretProviderClass in the chart's values",
                read=(
                    DESCRIBE,
                    "kubectl get secretproviderclasses.secrets-store.csi.x-k8s.io -n {ns} -o yaml",
                ),
            ),
        ),
        pattern=Text(
            rf"{_VAULT}(?:\b404\b|SecretNotFound|ResourceNotFoundException|NotFound|was not found)"
        ),
        quoted=True,
        upstream="kubernetes-sigs/secrets-store-csi-driver and its providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the provider {provider} of the Secrets Store CSI driver is not running on the node, so the secrets of the pod's volume cannot be read",
        steps=(
            Step(
                "install the provider {provider} for the Secrets Store CSI driver, or check its DaemonSet on the pod's node. Otherwise, correct spec.provider of the SecretProviderClass",
                read=(
                    "kubectl get pods -A -o wide",
                    "kubectl get secretproviderclasses.secrets-store.csi.x-k8s.io -n {ns} -o yaml",
                ),
            ),
        ),
        pattern=Text(r"provider not found: provider \"(?P<provider>[\w.-]+)\""),
        quoted=True,
        upstream="kubernetes-sigs/secrets-store-csi-driver",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="SecretProviderClass {referred} of the pod's volume does not exist",
        steps=(
            Step(
                "create SecretProviderClass {referred} in namespace {ns}, or correct its name in the volume in Git or in the chart's values",
                read=("kubectl get secretproviderclasses.secrets-store.csi.x-k8s.io -n {ns}",),
            ),
        ),
        pattern=Text(
            r"failed to get secretproviderclass (?:[\w.-]+/)?(?P<referred>[\w.-]+)[^\n]{0,180}not found"
        ),
        quoted=True,
        upstream="kubernetes-sigs/secrets-store-csi-driver",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the CSI driver of a volume is not running on the pod's node",
        steps=(
            Step(
                "install the CSI driver {driver}, or check its DaemonSet on the pod's node",
                read=("kubectl get csidrivers,csinodes", DESCRIBE),
            ),
        ),
        pattern=Text(
            r"driver name (?P<driver>[\w./-]+) not found in the list of registered CSI drivers"
        ),
        upstream="kubernetes pkg/volume/csi",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume was not attached to the pod's node in time",
        steps=(
            Step(
                "check whether another pod still uses the volume. A ReadWriteOnce volume can be attached to only one node, so a Deployment with such a volume needs strategy.type: Recreate; deleting the old pod helps only until the next rollout",
                read=(
                    "kubectl get pods -n {ns} -o wide",
                    "kubectl get volumeattachments",
                    _CLAIMS,
                ),
            ),
            Step(
                "otherwise, check the volume's events, its Secret or ConfigMap, its CSI driver and its storage",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"Unable to attach or mount volumes[^\n]*timed out waiting for the condition|"
            r"timed out waiting for (?:external-attacher|attach|VolumeAttachment)|"
            r"AttachVolume\.Attach failed[^\n]*(?:in use|already attached|is attached to)"
        ),
        certainty="one-of",
        upstream=f"{KUBELET}/volumemanager, pkg/volume/csi",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume of the pod cannot be mounted",
        steps=(Step("check the volume and its PersistentVolumeClaim", read=(DESCRIBE, _CLAIMS)),),
        pattern=Text(
            r"FailedMount|FailedAttachVolume|MountVolume\.\w+ failed|"
            r"Unable to attach or mount volumes"
        ),
        certainty="one-of",
        upstream=f"{KUBELET}/volumemanager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the volume is in a zone or on a node where the pod cannot run",
        steps=(
            Step(
                "compare the node affinity of the PersistentVolume with the nodes and with the pod's nodeSelector and affinity, or add a node in the volume's zone",
                read=("kubectl get persistentvolumes -o wide", NODES, _CLAIMS),
            ),
        ),
        pattern=Text(
            r"volume node affinity conflict|no available volume zone|didn't match PersistentVolume's node affinity"
        ),
        upstream=f"{SCHEDULER}/plugins/volumebinding",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes cannot attach any more volumes",
        steps=(
            Step(
                "add nodes, or use fewer volumes per node", read=("kubectl get csinodes", _CLAIMS)
            ),
        ),
        pattern=Text(r"exceed max volume count"),
        upstream=f"{SCHEDULER}/plugins/nodevolumelimits",
    ),
)

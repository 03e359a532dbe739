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
        why="its PersistentVolumeClaim is not bound or does not exist",
        steps=(
            Step(
                "check the claim: its StorageClass must exist, and its provisioner must be running; if the claim does not exist, add it to Git",
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
                "wait until the old pod is deleted and its volume detached; if its node is not ready, repair or delete the node; for a Deployment with a ReadWriteOnce volume, set strategy.type: Recreate",
                read=("kubectl get volumeattachments", "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        pattern=Text(r"Multi-Attach error|volume is already (?:exclusively attached|used by)"),
        upstream="kubernetes pkg/controller/volume/attachdetach",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node has no container runtime handler {detail}, which the RuntimeClass of the pod requires",
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
        why="no IP address is free for the pod on its node",
        steps=(
            Step(
                "add addresses (a larger subnet or pool, prefix delegation on AWS) or nodes, or remove pods that are not needed",
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
        why="the pod uses network {referred}, for which no NetworkAttachmentDefinition exists",
        steps=(
            Step(
                "create NetworkAttachmentDefinition {referred} in namespace {ns}, or correct annotation k8s.v1.cni.cncf.io/networks of the pod template (NAMESPACE/NAME for another namespace)",
                read=("kubectl get network-attachment-definitions -A", DESCRIBE),
            ),
        ),
        pattern=Text(r"cannot find (?:a )?network-attachment-definition \((?P<referred>[\w.-]+)\)"),
        quoted=True,
        upstream="k8snetworkplumbingwg/multus-cni",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the network plugin does not run on the node of the pod: {detail}",
        steps=(
            Step(
                "check the DaemonSet of the network plugin (Cilium, Calico, Flannel) and its pod on this node, and its logs; if Flux installs or upgrades it, its HelmRelease comes first",
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
        why="the network of the pod cannot be set up",
        steps=(
            Step(
                "check the CNI plugin on the node of the pod: its DaemonSet in kube-system, and free IP addresses",
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
        why="the pod's identity has no permission to read the secrets of its volume in the key vault",
        steps=(
            Step(
                "grant the identity of the pod permission to read these secrets in the key vault or secret manager (an access policy, a role or an IAM policy), or correct the vault in the values of the chart (SecretProviderClass)",
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
        why="the key vault does not have a secret of the pod's volume",
        steps=(
            Step(
                "create the secret in the key vault or secret manager, or correct its name in the values of the chart (SecretProviderClass)",
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
        why="the secrets of the pod's volume cannot be read, because the provider {provider} of the Secrets Store CSI driver does not run on the node",
        steps=(
            Step(
                "install the provider {provider} for the Secrets Store CSI driver, or check its DaemonSet on the node of the pod; otherwise correct spec.provider of the SecretProviderClass",
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
                "create SecretProviderClass {referred} in namespace {ns}, or correct its name in the volume (for a HelmRelease, in the values)",
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
        why="the CSI driver of a volume does not run on the node of the pod",
        steps=(
            Step(
                "install the CSI driver {driver}, or check its DaemonSet on the node of the pod",
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
        why="a volume of the pod was not attached in time",
        steps=(
            Step(
                "check whether another pod still uses the volume: a ReadWriteOnce volume can only be attached to one node, so a Deployment with such a volume needs strategy.type: Recreate (in the values or the chart); deleting the old pod only helps until the next rollout",
                read=(
                    "kubectl get pods -n {ns} -o wide",
                    "kubectl get volumeattachments",
                    _CLAIMS,
                ),
            ),
            Step(
                "otherwise check the volume's own events: its Secret or ConfigMap, CSI driver and storage",
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
        steps=(Step("check the volume and its claim", read=(DESCRIBE, _CLAIMS)),),
        pattern=Text(
            r"FailedMount|FailedAttachVolume|MountVolume\.\w+ failed|"
            r"Unable to attach or mount volumes"
        ),
        certainty="one-of",
        upstream=f"{KUBELET}/volumemanager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its volume is in a zone or on a node where the pod cannot run",
        steps=(
            Step(
                "compare the node affinity of the PersistentVolume with the nodes and with the pod's nodeSelector and affinity; add a node in the volume's zone",
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
        why="the nodes cannot attach more volumes",
        steps=(
            Step(
                "add nodes, or use fewer volumes per node", read=("kubectl get csinodes", _CLAIMS)
            ),
        ),
        pattern=Text(r"exceed max volume count"),
        upstream=f"{SCHEDULER}/plugins/nodevolumelimits",
    ),
)

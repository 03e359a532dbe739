"""Problems of the pods behind a failed health check, with the next step for each.

The messages come from the kubelet, the scheduler and the controllers of Deployments, Jobs and
volumes, as state/pods.py and the Warning events report them.

All rules have the code of a failed health check: they explain it, and are not faults of their own.

Upstream: kubernetes pkg/kubelet, pkg/scheduler/framework, pkg/controller, and the admission
plugins, which are in admission.py.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.rule import Rule, Step, Text

_DESCRIBE = "kubectl describe pod {pod} -n {ns}"
_LOG = "kubectl logs {pod} -n {ns} --container={container} --tail=50"
_PREVIOUS = f"{_LOG} --previous"
_KUBELET = "kubernetes pkg/kubelet"
_SCHEDULER = "kubernetes pkg/scheduler/framework"
_NODES = "kubectl get nodes --show-labels"
_CONTAINERD = "containerd core/remotes/docker, containers/image docker"
_IMAGE = r"(?:cannot pull the image |(?:Failed to pull|Failed to inspect|Failed to apply default image tag|Container) image \")(?P<image>[^\s\"]+)"
_NO_IMAGE = (
    r"(?=.*(?:: not found|manifest unknown|manifest for \S+ not found|\b404\b|"
    r"name unknown|NAME_UNKNOWN|does not exist in the registry|artifact \S+ not found))"
)
_VAULT = r"(?:secrets store objects|failed to mount objects|secrets-store\.csi)[^\n]*"
_CLAIMS = "kubectl describe persistentvolumeclaims -n {ns}"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the name of the image {image} is not valid",
        steps=(
            Step(
                "in Git, correct the name of the image {image}: upper case, spaces and an empty tag are not valid",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*InvalidImageName|.*invalid reference format)"),
        trivial=True,
        upstream=f"{_KUBELET}/images",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not have the image {image}, and imagePullPolicy: Never forbids pulling it",
        steps=(
            Step(
                "load the image {image} onto the nodes, or set another imagePullPolicy in the pod template",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*ErrImageNeverPull)"),
        upstream=f"{_KUBELET}/images",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the registry limits the rate of pulls of the image {image} (429)",
        steps=(
            Step(
                "log in with imagePullSecrets in the pod template or its ServiceAccount (Docker Hub allows more pulls then), or use a mirror or a pull-through cache; the kubelet retries automatically",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*(?:429|toomanyrequests|too many requests|rate limit))"),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image {image} is not available for the CPU architecture of the node",
        steps=(
            Step(
                "use an image that is built for this architecture, or set a nodeSelector for kubernetes.io/arch in the pod template",
                read=("kubectl get nodes -L kubernetes.io/arch", _DESCRIBE),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*no match(?:ing manifest)? for (?:linux|windows|platform))"),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the tag of the image {image} does not exist; Bitnami moved its versioned images to docker.io/bitnamilegacy in 2025",
        steps=(
            Step(
                "set image.repository in spec.values to bitnamilegacy/NAME, to a mirror of your own or to an image from another vendor, or use a newer chart; bitnamilegacy gets no updates",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?:cannot pull the image |Failed to pull image \")"
            r"(?P<image>(?:[\w.-]*docker\.io/)?bitnami/[^\s\"]+)" + _NO_IMAGE
        ),
        certainty="likely",
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the registry does not have the image {image}",
        steps=(
            Step(
                "in Git, correct the name or tag of the image {image}, or push it",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + _NO_IMAGE),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the registry denies access to the image {image}",
        steps=(
            Step(
                "check whether the image {image} exists: some registries answer with 401 or 403 if it does not",
                read=(_DESCRIBE,),
            ),
            Step(
                "if it is private, set imagePullSecrets in the pod template or its ServiceAccount to a Secret of type kubernetes.io/dockerconfigjson in namespace {ns}, with a valid token for this registry",
                read=("kubectl get secrets -n {ns}", "kubectl get serviceaccounts -n {ns} -o yaml"),
            ),
        ),
        pattern=Text(
            _IMAGE + r"(?=.*(?:\b40[13]\b|unauthorized|authentication required|access denied|"
            r"no basic auth credentials|insufficient_scope|denied:|Forbidden|authorization failed))"
        ),
        certainty="one-of",
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not trust the TLS certificate of the registry of the image {image}",
        steps=(
            Step(
                "add the registry's CA to the nodes (containerd: /etc/containerd/certs.d), or give the registry a certificate that is valid for its name and not expired",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*(?:x509:|tls: ))"),
        certainty="one-of",
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the registry of the image {image} only offers plain HTTP, but the node connects with HTTPS",
        steps=(
            Step(
                "serve the registry with TLS, or allow plain HTTP for it on the nodes (containerd: /etc/containerd/certs.d)",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*server gave HTTP response to HTTPS client)"),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot resolve the host name of the registry of the image {image}",
        steps=(
            Step(
                "in Git, correct the registry in the name of the image {image}, or fix DNS on the node: the kubelet uses the node's DNS, not the cluster's",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(
            _IMAGE + r"(?=.*(?:no such host|server misbehaving|failure in name resolution))"
        ),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot connect to the registry of the image {image}",
        steps=(
            Step(
                "check the node's network: firewall, proxy of the container runtime, and the registry itself; the kubelet retries automatically",
                read=(_DESCRIBE, "kubectl get nodes -o wide"),
            ),
        ),
        pattern=Text(
            _IMAGE + r"(?=.*(?:i/o timeout|connection refused|connection reset|deadline exceeded|"
            r"no route to host|network is unreachable|TLS handshake timeout|Client\.Timeout|"
            r"\b50[0234]\b|unexpected EOF))"
        ),
        certainty="one-of",
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the disk of the node is full, so the image {image} cannot be stored",
        steps=(
            Step(
                "free up disk space on the node, or enlarge its disk",
                read=("kubectl describe nodes", _DESCRIBE),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*no space left on device)"),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image {image} cannot be pulled",
        steps=(
            Step(
                "check the error in the pod's events; if they have expired, the likely causes are a wrong name or tag of the image {image} (correct it in Git), no imagePullSecrets for a private registry, or a rate limit",
                read=(
                    _DESCRIBE,
                    "kubectl get events -n {ns} --field-selector=involvedObject.name={pod}",
                ),
            ),
        ),
        pattern=Text(_IMAGE + r"|ImagePullBackOff|ErrImagePull"),
        certainty="one-of",
        upstream=f"{_KUBELET}/images",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it needs more memory than its limit allows (OOMKilled)",
        steps=(
            Step(
                "raise the container's memory limit (resources.limits.memory), or find out why it needs so much memory",
                read=(_DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(r"OOMKilled"),
        certainty="one-of",
        upstream=_KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container needs {reference} {referred}, which does not exist",
        steps=(
            Step(
                "create {reference} {referred} in namespace {ns}, or correct its name in the pod template",
                read=("kubectl get configmaps,secrets -n {ns}", _DESCRIBE),
            ),
        ),
        pattern=Text(r"(?P<reference>secret|configmap) \"(?P<referred>[^\"]+)\" not found"),
        trivial=True,
        upstream=f"{_KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container needs key {key} in {reference} {referred}, which does not exist",
        steps=(
            Step(
                "add key {key} to {reference} {referred}, or correct the key in the pod template",
                read=("kubectl describe {reference} {referred} -n {ns}", _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:couldn't find key (?P<key>\S+) in|non-existent (?:config|secret) key:?) "
            r"(?P<reference>Secret|ConfigMap) (?:[\w.-]+/)?(?P<referred>[\w.-]+)"
        ),
        trivial=True,
        upstream=f"{_KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container cannot start",
        steps=(
            Step(
                "fix the reported error in the pod template (command, user, mounts)",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"cannot start container|CreateContainer(?:Config)?Error|RunContainerError|"
            r"executable file not found|runAsNonRoot and image will run as root"
        ),
        certainty="one-of",
        upstream=f"{_KUBELET}/container",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container keeps exiting",
        steps=(
            Step(
                "check the container's logs from before it exited, and fix the program or its configuration",
                read=(_PREVIOUS, _DESCRIBE),
            ),
        ),
        pattern=Text(r"CrashLoopBackOff|Back-off restarting failed container"),
        certainty="one-of",
        upstream=f"{_KUBELET}/kuberuntime",
    ),
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
            r"found|is being deleted)|ProvisioningFailed|storageclass[^\n]{0,60}not found|"
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
                "wait until the old pod is deleted and its volume detached; if its node is down, check the node; for a Deployment with a ReadWriteOnce volume, set strategy.type: Recreate",
                read=("kubectl get volumeattachments", "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        pattern=Text(r"Multi-Attach error|volume is already (?:exclusively attached|used by)"),
        upstream="kubernetes pkg/controller/volume/attachdetach",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the network of the pod cannot be set up",
        steps=(
            Step(
                "check the CNI plugin on the node of the pod: its DaemonSet in kube-system, and free IP addresses",
                read=(_DESCRIBE, "kubectl get pods -n kube-system -o wide"),
            ),
        ),
        pattern=Text(r"FailedCreatePodSandBox|network for sandbox|failed to assign an IP address"),
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
                    _DESCRIBE,
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
                    _DESCRIBE,
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
        why="the CSI driver of a volume does not run on the node of the pod",
        steps=(
            Step(
                "install the CSI driver {driver}, or check its DaemonSet on the node of the pod",
                read=("kubectl get csidrivers,csinodes", _DESCRIBE),
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
                "check whether another pod still uses the volume: a ReadWriteOnce volume can only be attached to one node, so a Deployment with such a volume needs strategy.type: Recreate (in the values or the chart); deleting the old pod helps once",
                read=(
                    "kubectl get pods -n {ns} -o wide",
                    "kubectl get volumeattachments",
                    _CLAIMS,
                ),
            ),
            Step(
                "otherwise check the volume's own events: its Secret or ConfigMap, CSI driver and storage",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"Unable to attach or mount volumes[^\n]*timed out waiting for the condition|"
            r"timed out waiting for (?:external-attacher|attach|VolumeAttachment)|"
            r"AttachVolume\.Attach failed[^\n]*(?:in use|already attached|is attached to)"
        ),
        certainty="one-of",
        upstream=f"{_KUBELET}/volumemanager, pkg/volume/csi",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume of the pod cannot be mounted",
        steps=(Step("check the volume and its claim", read=(_DESCRIBE, _CLAIMS)),),
        pattern=Text(
            r"FailedMount|FailedAttachVolume|MountVolume\.\w+ failed|"
            r"Unable to attach or mount volumes"
        ),
        certainty="one-of",
        upstream=f"{_KUBELET}/volumemanager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its volume is in a zone or on a node where the pod cannot run",
        steps=(
            Step(
                "compare the node affinity of the PersistentVolume with the nodes and with the pod's nodeSelector and affinity; add a node in the volume's zone",
                read=("kubectl get persistentvolumes -o wide", _NODES, _CLAIMS),
            ),
        ),
        pattern=Text(r"volume node affinity conflict|no available volume zone"),
        upstream=f"{_SCHEDULER}/plugins/volumebinding",
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
        upstream=f"{_SCHEDULER}/plugins/nodevolumelimits",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod has scheduling gates",
        steps=(
            Step(
                "check the controller that set the gates in spec.schedulingGates, such as Kueue: it removes them when the pod is admitted",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(r"scheduling gates|SchedulingGated"),
        upstream=f"{_SCHEDULER}/plugins/schedulinggates",
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
        why="no node has enough {resource_short} left",
        steps=(
            Step(
                "lower resources.requests, add nodes, or free up capacity",
                read=("kubectl describe nodes", _DESCRIBE),
            ),
        ),
        pattern=Text(r"Insufficient (?P<resource_short>[\w./-]*\w)|Too many pods"),
        upstream=f"{_SCHEDULER}/plugins/noderesources",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node has the host ports of the pod free",
        steps=(
            Step(
                "remove hostPort from the pod template, or run fewer pods than nodes",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(r"have free ports for the requested pod ports"),
        upstream=f"{_SCHEDULER}/plugins/nodeports",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node satisfies its topology spread constraints",
        steps=(
            Step(
                "relax topologySpreadConstraints in the pod template (whenUnsatisfiable: ScheduleAnyway or a higher maxSkew), or add nodes in the zones that lack pods",
                read=(_NODES, _DESCRIBE),
            ),
        ),
        pattern=Text(r"didn't (?:match|satisfy) pod topology spread|PodTopologySpread"),
        upstream=f"{_SCHEDULER}/plugins/podtopologyspread",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its pod affinity or anti-affinity rules out every node",
        steps=(
            Step(
                "use preferredDuringSchedulingIgnoredDuringExecution in the pod template, run fewer replicas, or add nodes",
                read=(_NODES, _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:didn't match|didn't satisfy existing pods) (?:pod )?(?:anti-)?affinity rules|"
            r"pod (?:anti-)?affinity/|pod affinity(?:/anti-affinity)?"
        ),
        upstream=f"{_SCHEDULER}/plugins/interpodaffinity",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node matches its nodeSelector or affinity",
        steps=(
            Step(
                "correct nodeSelector or affinity in the pod template, or label a node",
                read=(_NODES, _DESCRIBE),
            ),
        ),
        pattern=Text(r"node affinity|node(?:\(s\) didn't match)? selector|didn't match Pod's"),
        certainty="one-of",
        upstream=f"{_SCHEDULER}/plugins/nodeaffinity",
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
        upstream=f"{_SCHEDULER}/plugins/nodeunschedulable",
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
            r"memory-pressure|pid-pressure|network-unavailable)|"
            r"cloudprovider\.kubernetes\.io/uninitialized))"
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
                read=("kubectl describe nodes", _DESCRIBE),
            ),
        ),
        pattern=Text(r"untolerated taint|had taint"),
        upstream=f"{_SCHEDULER}/plugins/tainttoleration",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its init container is still running",
        steps=(
            Step(
                "check the logs of this init container: many wait for a dependency (a database, a Service, a Secret, a migration) that is not available yet",
                read=(_LOG, _DESCRIBE),
            ),
        ),
        pattern=Text(r"has been running init container"),
        certainty="one-of",
        upstream=f"{_KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a readiness gate of the pod is not met",
        steps=(
            Step(
                "check the controller that sets this condition, such as a load balancer controller",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(r"readiness gate"),
        upstream="kubernetes pkg/kubelet/status/generate.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it is running, but does not pass its probe",
        steps=(
            Step(
                "check the probe (path, port, timeout), and check the logs",
                read=(_DESCRIBE, _LOG),
            ),
        ),
        pattern=Text(r"not passing its|probe failed"),
        certainty="one-of",
        upstream=f"{_KUBELET}/prober",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it was evicted: its node ran low on memory or disk",
        steps=(
            Step(
                "set requests that match its usage, or add memory or disk to the nodes",
                read=("kubectl describe nodes",),
            ),
        ),
        pattern=Text(r"\bEvicted\b|The node was low on resource"),
        certainty="one-of",
        upstream=f"{_KUBELET}/eviction",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Job reached its backoff limit or took too long",
        steps=(
            Step(
                "check whether its pods started, and their logs; a failed Job is not rerun: after the fix, delete the Job, so that it is created again (Helm recreates its hooks automatically)",
                read=("kubectl logs job/{name} -n {ns} --tail=50",),
                change=("kubectl delete job {name} -n {ns} --ignore-not-found",),
            ),
        ),
        pattern=Text(r"BackoffLimitExceeded|DeadlineExceeded|backoff limit|was active longer"),
        certainty="one-of",
        upstream="kubernetes pkg/controller/job",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container exited with an error",
        steps=(Step("check the container's logs", read=(_LOG, _DESCRIBE)),),
        pattern=Text(r"(?:end|terminat)ed with|has failed"),
        certainty="one-of",
        upstream=_KUBELET,
    ),
)

VAGUE = Step(
    "check the workload's events: they show why its pods are not created or started",
    read=("kubectl get events -n {ns} --field-selector=involvedObject.name={name}",),
)
"""The next step for an event that no rule matches."""

OF_OTHERS = Step(
    "check the object's conditions and events: its own controller reports the problem there",
    read=("kubectl describe {resource} {name} -n {ns}",),
)
"""The next step for a kind without pods, such as Certificate."""

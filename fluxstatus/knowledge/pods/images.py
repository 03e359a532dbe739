"""Images of containers that cannot be pulled.

Upstream: kubernetes pkg/kubelet, containerd, containers/image, and the responses of registries.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_CONTAINERD = "containerd core/remotes/docker, containers/image docker"
_IMAGE = r"(?:cannot pull the image |(?:Failed to (?:pull|inspect) image|Failed to apply default image tag|Container image) \")(?P<image>[^\s\"]+)(?=[\s\"])"
_NO_IMAGE = (
    r"(?=.*(?:: not found|manifest unknown|manifest for \S+ not found|(?:: |code:? |returned )404\b|404 Not Found|"
    r"name unknown|NAME_UNKNOWN|does not exist in the registry|artifact \S+ not found))"
)

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot pull the sandbox image {image}, which every pod needs",
        steps=(
            Step(
                "check the node's connection to this registry; if the node has no access to it, set the sandbox image of the container runtime (sandbox_image of containerd, pause_image of CRI-O) to a copy in your own registry",
                read=(DESCRIBE, "kubectl get nodes -o wide"),
            ),
        ),
        pattern=Text(
            r"(?:failed to get sandbox image|failed pulling image|pull(?:ing)? pause image) \\?\"?(?P<image>[^\s\"\\]+)"
        ),
        quoted=True,
        upstream="containerd internal/cri, cri-o",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image auto is a placeholder of Istio, and istiod's injection webhook has not replaced it in this pod",
        steps=(
            Step(
                "check that istiod is running, and that the labels of the namespace and the pod enable injection: istio-injection must not be disabled, sidecar.istio.io/inject must not be false, and istio.io/rev must be an installed revision. Charts of a mesh often disable injection in istiod's own namespace, so install a gateway in another one",
                read=(
                    "kubectl get namespace {ns} --show-labels",
                    "kubectl get mutatingwebhookconfigurations",
                ),
            ),
            Step(
                "then delete the pod, so that istiod injects the new one. If Flux installs istiod, add it to spec.dependsOn of the gateway",
                change=("kubectl delete pod {pod} -n {ns}",),
            ),
        ),
        pattern=Text(
            r"(?:cannot pull the image |(?:Failed to (?:pull|inspect) image|Container image) \")auto(?=[\s\"])"
        ),
        certainty="likely",
        upstream="istio manifests/charts/gateway, pkg/kube/inject",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image name {image} is invalid",
        steps=(
            Step(
                "in Git, correct the image name {image}. It must have the form REPOSITORY[:TAG], without uppercase letters in the repository, spaces or an empty tag",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*InvalidImageName|.*invalid reference format)"),
        trivial=True,
        upstream=f"{KUBELET}/images",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not have the image {image}, and imagePullPolicy: Never forbids pulling it",
        steps=(
            Step(
                "load the image {image} onto the nodes, or set a different imagePullPolicy in the pod template",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*ErrImageNeverPull)"),
        upstream=f"{KUBELET}/images",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the registry is rate-limiting pulls of image {image} (429)",
        steps=(
            Step(
                "authenticate with imagePullSecrets in the pod template or its ServiceAccount (Docker Hub then allows more pulls), or use a mirror or a pull-through cache. The kubelet retries automatically",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            _IMAGE
            + r"(?=.*(?:(?:: |code:? )429\b|429 Too Many|toomanyrequests|too many requests|rate limit))"
        ),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image {image} is not available for the node's CPU architecture",
        steps=(
            Step(
                "use an image that is built for this architecture, or set a nodeSelector for kubernetes.io/arch in the pod template",
                read=("kubectl get nodes -L kubernetes.io/arch", DESCRIBE),
            ),
        ),
        pattern=Text(
            _IMAGE
            + r"(?=.*(?:no match(?:ing manifest)? for (?:linux|windows|platform)|no image found in (?:image index|manifest list) for architecture|container operating system does not match the host))"
        ),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image {image} is damaged, or is not a container image",
        steps=(
            Step(
                "check that the name and tag are those of a container image, not of a chart or another OCI artifact. Otherwise, push the image again, and delete its copy on the node",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            _IMAGE
            + r"(?=.*(?:unsupported (?:media ?type|manifest media type)|mediaType in manifest should be|invalid tar header|"
            r"failed to extract layer[^\n]{0,200}(?:\btar\b|checksum)|unexpected commit digest|failed commit on ref|failed size validation|wrong diff id|input/output error|content digest sha256:\w+: not found|content at \S+ not found))"
        ),
        certainty="one-of",
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the tag of the image {image} does not exist; Bitnami moved its versioned images to docker.io/bitnamilegacy in 2025",
        steps=(
            Step(
                "set image.repository in spec.values to bitnamilegacy/NAME, to your own mirror or to another vendor's image, or use a newer chart; images in bitnamilegacy are not updated",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?:cannot pull the image |Failed to pull image \")"
            r"(?P<image>(?:[\w.-]*docker\.io/)?bitnami/[^\s\"]+)(?=[\s\"])" + _NO_IMAGE
        ),
        certainty="likely",
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image {image} does not exist in the registry",
        steps=(
            Step(
                "in Git, correct the name or tag of the image {image}, or push the image to the registry",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + _NO_IMAGE),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the kubelet limits how often it pulls images (pull QPS exceeded)",
        steps=(
            Step(
                "wait, because the kubelet retries automatically. If this happens often, raise registryPullQPS and registryBurst of the kubelet",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*pull QPS exceeded)"),
        transient=True,
        upstream=f"{KUBELET}/images",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the login to the registry of the image {image} has expired",
        steps=(
            Step(
                "renew the token in the imagePullSecret; an ECR token is valid for 12 hours. On a cloud's own nodes, let the kubelet's credential provider log in instead, and remove the imagePullSecret",
                read=(DESCRIBE, "kubectl get secrets -n {ns}"),
            ),
        ),
        pattern=Text(
            _IMAGE
            + r"(?=.*(?:token (?:has )?expired|authorization token has expired|ExpiredToken))"
        ),
        upstream="Amazon ECR and other registries",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the registry denies access to the image {image}",
        steps=(
            Step(
                "check that the image {image} exists; some registries respond with 401 or 403 if an image does not exist",
                read=(DESCRIBE,),
            ),
            Step(
                "if the image is private, set imagePullSecrets in the pod template or its ServiceAccount to a Secret of type kubernetes.io/dockerconfigjson in namespace {ns}, with a valid token for this registry",
                read=("kubectl get secrets -n {ns}", "kubectl get serviceaccounts -n {ns} -o yaml"),
            ),
        ),
        pattern=Text(
            _IMAGE
            + r"(?=.*(?:(?:: |code:? )40[13]\b|40[13] (?:Unauthorized|Forbidden)|unauthorized|authentication required|access denied|"
            r"no basic auth credentials|insufficient_scope|denied:|Forbidden|authorization failed))"
        ),
        certainty="one-of",
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not trust the TLS certificate of the registry that hosts the image {image}",
        steps=(
            Step(
                "add the registry's CA to the nodes (for containerd, in /etc/containerd/certs.d), or give the registry a certificate that is valid for its name and has not expired",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*(?:x509:|tls: ))"),
        certainty="one-of",
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the registry that hosts the image {image} supports only plain HTTP, but the node connects with HTTPS",
        steps=(
            Step(
                "enable TLS on the registry, or allow plain HTTP for the registry on the nodes (for containerd, in /etc/containerd/certs.d)",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*server gave HTTP response to HTTPS client)"),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot resolve the host name of the registry that hosts the image {image}",
        steps=(
            Step(
                "in Git, correct the registry in the name of the image {image}, or fix DNS on the node; the kubelet uses the node's DNS, not the cluster's",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            _IMAGE + r"(?=.*(?:no such host|server misbehaving|failure in name resolution))"
        ),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node cannot connect to the registry that hosts the image {image}",
        steps=(
            Step(
                "check the node's network, including firewalls and the container runtime's proxy, and check the registry itself; the kubelet retries automatically",
                read=(DESCRIBE, "kubectl get nodes -o wide"),
            ),
        ),
        pattern=Text(
            _IMAGE + r"(?=.*(?:i/o timeout|connection refused|connection reset|deadline exceeded|"
            r"no route to host|network is unreachable|TLS handshake timeout|Client\.Timeout|"
            r"(?:: |code:? )50[0234]\b|50[0234] (?:Internal|Bad Gateway|Service Unavailable|Gateway)|unexpected EOF|: EOF\b|context canceled|proxyconnect|RegistryUnavailable|registry is unavailable))"
        ),
        certainty="one-of",
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node does not accept the image name {image} without a registry: the short name is ambiguous",
        steps=(
            Step(
                "use the full name of the image in Git or in the chart's values, with its registry (such as docker.io/library/NAME); otherwise, set short-name-mode in registries.conf on the nodes",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*short[- ]name[^\n]{0,160}(?:ambiguous|enforcing))"),
        upstream="containers/image pkg/shortnames",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image {image} has the old format Docker schema 1, which the node's containerd no longer pulls",
        steps=(
            Step(
                "use another tag or a newer image, or rebuild the image and push it again; registries keep the format in which an image was pushed",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            _IMAGE + r"(?=.*(?:[Ss]chema ?1 (?:images?|manifests?)|distribution\.manifest\.v1\+))"
        ),
        upstream="containerd core/remotes/docker/schema1",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node's disk is full, so the image {image} cannot be stored",
        steps=(
            Step(
                "free up disk space on the node, or expand its disk",
                read=("kubectl describe nodes", DESCRIBE),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*no space left on device)"),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="imagePullSecret {referred} of the pod does not exist",
        steps=(
            Step(
                "create the Secret in the pod's namespace, or correct its name in imagePullSecrets of the pod template or its ServiceAccount",
                read=(
                    "kubectl get secrets -n {ns}",
                    DESCRIBE,
                ),
            ),
        ),
        pattern=Text(r"Unable to retrieve some image pull secrets \((?P<referred>[^)]+)\)"),
        quoted=True,
        upstream=f"{KUBELET}",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node's policy does not accept the signature of the image {image}",
        steps=(
            Step(
                "sign the image with a key that the policy trusts, or change the policy (policy.json, ClusterImagePolicy)",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r""
            + _IMAGE
            + r"(?=.*(?:SignatureValidationFailed|signature (?:verification|validation) failed|Source image rejected))"
        ),
        upstream="containers/image, cri-o",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image {image} cannot be pulled",
        steps=(
            Step(
                "check the error in the pod's events. If the events have expired, check the name and tag of the image {image}, the imagePullSecrets for a private registry, and any rate limit",
                read=(
                    DESCRIBE,
                    "kubectl get events -n {ns} --field-selector=involvedObject.name={pod}",
                ),
            ),
        ),
        pattern=Text(_IMAGE + r"|ImagePullBackOff|ErrImagePull"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=f"{KUBELET}/images",
    ),
)

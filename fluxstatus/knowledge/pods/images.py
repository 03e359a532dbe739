"""Images of containers that cannot be pulled.

Upstream: kubernetes pkg/kubelet, containerd, containers/image, and the responses of registries.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_CONTAINERD = "containerd core/remotes/docker, containers/image docker"
_IMAGE = r"(?:cannot pull the image |(?:Failed to (?:pull|inspect) image|Failed to apply default image tag|Container image) \")(?P<image>[^\s\"]+)"
_NO_IMAGE = (
    r"(?=.*(?:: not found|manifest unknown|manifest for \S+ not found|\b404\b|"
    r"name unknown|NAME_UNKNOWN|does not exist in the registry|artifact \S+ not found))"
)

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the name of the image {image} is not valid",
        steps=(
            Step(
                "in Git, correct the name of the image {image}: upper case, spaces and an empty tag are not valid",
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
                "load the image {image} onto the nodes, or set another imagePullPolicy in the pod template",
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
                "log in with imagePullSecrets in the pod template or its ServiceAccount (Docker Hub allows more pulls then), or use a mirror or a pull-through cache; the kubelet retries automatically",
                read=(DESCRIBE,),
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
                read=("kubectl get nodes -L kubernetes.io/arch", DESCRIBE),
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
                read=(DESCRIBE,),
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
                "correct the name or tag in Git (image {image}), or push the image to the registry",
                read=(DESCRIBE,),
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
                read=(DESCRIBE,),
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
                read=(DESCRIBE,),
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
                read=(DESCRIBE,),
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
        why="the node cannot connect to the registry of the image {image}",
        steps=(
            Step(
                "check the node's network: firewall, proxy of the container runtime, and the registry itself; the kubelet retries automatically",
                read=(DESCRIBE, "kubectl get nodes -o wide"),
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
                read=("kubectl describe nodes", DESCRIBE),
            ),
        ),
        pattern=Text(_IMAGE + r"(?=.*no space left on device)"),
        upstream=_CONTAINERD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="an imagePullSecret of the pod does not exist ({referred})",
        steps=(
            Step(
                "create the Secret in the namespace of the pod, or correct its name in imagePullSecrets of the pod template or its ServiceAccount",
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
        why="the signature of the image {image} is not accepted by the policy of the node",
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
                "check the error in the pod's events; if they have expired, the likely causes are a wrong name or tag of the image {image} (correct it in Git), no imagePullSecrets for a private registry, or a rate limit",
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

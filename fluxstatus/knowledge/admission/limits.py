"""Objects that PodSecurity, a ResourceQuota, a LimitRange or RBAC does not allow.

Upstream: kubernetes admission plugins (podsecurity, resourcequota, limitranger,
namespace/lifecycle, priority, runtimeclass, podnodeselector, imagepolicy), RBAC escalation checks.
"""

from fluxstatus.knowledge.admission.shared import ADMISSION_DENIED, decisive
from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_QUOTA_EXCEEDED = Code(
    "quota-exceeded",
    "A ResourceQuota is exceeded, or a resource request or limit that the quota requires is not set.",
)
_POD_SECURITY = Code(
    "pod-security", "The pods violate the Pod Security level that the namespace enforces."
)
_LIMIT_RANGE = Code(
    "limit-range",
    "Resource requests or limits violate a LimitRange, or a request exceeds its limit.",
)
NAMESPACE_TERMINATING = Code(
    "namespace-terminating", "The namespace is being deleted, so nothing can be created in it."
)

_QUOTA = "kubectl describe resourcequotas -n {object_ns}"

RULES = decisive(
    Rule(
        _POD_SECURITY,
        why="the pods violate the Pod Security level {level}, which the namespace enforces: {detail}",
        steps=(
            Step(
                "remove the reported settings from the pod template. The baseline level forbids hostNetwork, hostPath, hostPort, privileged and added capabilities",
                read=("kubectl get namespace {object_ns} --show-labels",),
            ),
            Step(
                "if the pods need access to the node, such as pods of network and storage drivers, label their namespace with pod-security.kubernetes.io/enforce: privileged, and do not run other workloads in it"
            ),
        ),
        pattern=Text(
            r"violates PodSecurity \"(?P<level>baseline[^\"]*)\":?\s*(?P<detail>.{0,400})"
        ),
        upstream="kubernetes PodSecurity admission",
    ),
    Rule(
        _POD_SECURITY,
        why="the pods violate the Pod Security level {level}, which the namespace enforces: {detail}",
        steps=(
            Step(
                "set a compliant securityContext in the pod template, or relax the namespace's label pod-security.kubernetes.io/enforce. The restricted level requires runAsNonRoot: true, allowPrivilegeEscalation: false, seccompProfile.type: RuntimeDefault, and capabilities.drop: [ALL]",
                read=("kubectl get namespace {object_ns} --show-labels",),
            ),
        ),
        pattern=Text(r"violates PodSecurity \"(?P<level>[^\"]+)\":?\s*(?P<detail>.{0,400})"),
        upstream="kubernetes PodSecurity admission",
    ),
    Rule(
        _QUOTA_EXCEEDED,
        why="{object} exceeds ResourceQuota {quota}: {detail}",
        steps=(
            Step(
                "raise ResourceQuota {quota}, lower the resource requests, or delete unused objects in the namespace",
                read=(_QUOTA,),
            ),
        ),
        pattern=Text(r"exceeded quota: (?P<quota>[\w.-]+),? ?(?P<detail>.{0,300})"),
        upstream="kubernetes ResourceQuota admission",
    ),
    Rule(
        _QUOTA_EXCEEDED,
        why="{object} does not set all resource requests or limits that ResourceQuota {quota} requires: {must}",
        steps=(
            Step(
                "set the required values ({must}) under resources in every container, or set defaults with a LimitRange",
                read=(_QUOTA,),
            ),
        ),
        pattern=Text(r"failed quota: (?P<quota>[\w.-]+): must specify (?P<must>[^\n]{1,200})"),
        upstream="kubernetes ResourceQuota admission",
    ),
    Rule(
        _QUOTA_EXCEEDED,
        why="the cluster allows the PriorityClass of {object} only in namespaces that have a ResourceQuota for it ({scopes})",
        steps=(
            Step(
                "{in_git}, remove priorityClassName from the pod template, or set it to another PriorityClass",
                read=("kubectl get priorityclasses",),
            ),
            Step(
                "if the pods are critical for the cluster, create a ResourceQuota in their namespace with a scopeSelector that allows this PriorityClass, as GKE does in kube-system",
                read=(_QUOTA,),
            ),
        ),
        pattern=Text(r"insufficient quota to match these scopes: \[(?P<scopes>[^\n]{1,160})"),
        upstream="kubernetes ResourceQuota admission (limitedResources)",
    ),
    Rule(
        _QUOTA_EXCEEDED,
        why="a ResourceQuota does not allow {object}: {detail}",
        steps=(Step("raise the quota, or lower the resource requests", read=(_QUOTA,)),),
        pattern=Text(
            r"(?P<detail>(?:must specify (?:limits|requests)|(?:exceeded|insufficient|unknown for) "
            r"quota)[^\n]{0,200})"
        ),
        kinds=frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"}),
        upstream="kubernetes ResourceQuota admission",
    ),
    Rule(
        _LIMIT_RANGE,
        why="a LimitRange in the namespace does not allow {object}: {detail}",
        steps=(
            Step(
                "set resource requests and limits that comply with the LimitRange, or change the LimitRange",
                read=("kubectl describe limitranges -n {object_ns}",),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:maximum|minimum) [\w./-]+ usage per \w+ is [^\n]{1,200}|"
            r"(?<![\w./-])[\w./-]{1,100} max limit to request ratio per \w+ is [^\n]{1,160})"
        ),
        upstream="kubernetes LimitRanger admission",
    ),
    Rule(
        _LIMIT_RANGE,
        why="{object} requests more than its limit: {detail}; if the manifest does not set a limit, the limit is the default of a LimitRange in the namespace",
        steps=(
            Step(
                "raise the limit in the container's resources, or lower the request",
                read=("kubectl describe limitranges -n {object_ns}",),
            ),
        ),
        pattern=Text(r"(?P<detail>must be less than or equal to [\w./-]{1,60} limit of \w+)"),
        upstream="kubernetes validation of Pods",
    ),
    Rule(
        NAMESPACE_TERMINATING,
        why="namespace {terminating} is being deleted, so no objects can be created in it",
        steps=(
            Step(
                "check the conditions of the namespace. They list the objects with finalizers and the APIs that do not respond, which block the deletion",
                read=("kubectl get namespace {terminating} -o yaml",),
            ),
            Step(
                "if the namespace was deleted by mistake, let the deletion finish. Flux then recreates the namespace if Git contains its manifest. If the namespace was deleted intentionally, remove the objects in this namespace from Git"
            ),
        ),
        pattern=Text(
            r"unable to create new content in namespace (?P<terminating>[\w.-]+) because it is "
            r"being terminated"
        ),
        upstream="kubernetes NamespaceLifecycle admission",
    ),
    Rule(
        Code("priority-class-missing", "The PriorityClass that the pods request does not exist."),
        why="PriorityClass {missing_class} does not exist",
        steps=(
            Step(
                "create PriorityClass {missing_class}, or correct priorityClassName",
                read=("kubectl get priorityclasses",),
            ),
        ),
        pattern=Text(r"no PriorityClass with name (?P<missing_class>[\w.-]+) was found"),
        trivial=True,
        upstream="kubernetes Priority admission",
    ),
    Rule(
        ADMISSION_DENIED,
        why="the API server does not allow externalIPs, which {object} sets (admission plugin DenyServiceExternalIPs)",
        steps=(
            Step(
                "remove externalIPs {in_git}. Use a Service of type LoadBalancer instead (for example, with MetalLB), or an ingress controller",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(r"Use of external IPs is denied by admission control"),
        upstream="kubernetes plugin/pkg/admission/network/denyserviceexternalips",
    ),
    Rule(
        Code("runtime-class-missing", "The RuntimeClass that the pods request does not exist."),
        why="RuntimeClass {missing_class} does not exist",
        steps=(
            Step(
                "create RuntimeClass {missing_class} (its runtime must be installed on the nodes), or correct runtimeClassName",
                read=("kubectl get runtimeclasses",),
            ),
        ),
        pattern=Text(r"RuntimeClass \"(?P<missing_class>[\w.-]+)\" not found"),
        trivial=True,
        quoted=True,
        upstream="kubernetes plugin/pkg/admission/runtimeclass",
    ),
    Rule(
        ADMISSION_DENIED,
        why="the node selector of {object} contradicts the one that its namespace prescribes (annotation scheduler.alpha.kubernetes.io/node-selector)",
        steps=(
            Step(
                "remove or correct nodeSelector in the pod template, or move the object to a namespace for these nodes",
                read=("kubectl get namespace {object_ns} -o yaml", OBJECT),
            ),
        ),
        pattern=Text(
            r"pod node label selector (?:conflicts with its namespace node label selector|labels conflict with its namespace whitelist)"
        ),
        upstream="kubernetes plugin/pkg/admission/podnodeselector",
    ),
    Rule(
        ADMISSION_DENIED,
        why="the image policy of the API server (ImagePolicyWebhook) does not allow an image of {object}: {detail}",
        steps=(
            Step(
                "use an image that the policy allows, or change the policy in the service that the API server asks (its address is in the admission configuration of kube-apiserver)",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(
            r"image policy webhook backend denied one or more images:? ?(?P<detail>[^\n]{0,200})"
        ),
        quoted=True,
        upstream="kubernetes plugin/pkg/admission/imagepolicy",
    ),
    Rule(
        Code(
            "rbac-escalation",
            "The user that Flux impersonates cannot grant RBAC permissions that the user does not have.",
        ),
        why="{user} cannot grant permissions that this user does not have ({object})",
        steps=(
            Step(
                "apply the Role or the binding with an account that has these permissions. For a tenant, move the manifest to a Kustomization of the platform team",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "alternatively, grant the ServiceAccount exactly the permissions in the message. Do not grant the verbs escalate or bind, because everyone who can change its manifests could then take over the whole cluster"
            ),
        ),
        pattern=Text(
            r"user \"(?P<user>[^\"]+)\"[^\n]{0,300}is attempting to grant RBAC permissions not "
            r"currently held"
        ),
        upstream="kubernetes rbac escalation_check.go",
    ),
)

"""Objects that admission rejects: webhooks, admission policies, quotas, PodSecurity.

Upstream: kubernetes admission plugins (webhook, policy/validating, resourcequota, limitranger,
podsecurity, namespace/lifecycle, serviceaccount, priority), RBAC escalation checks.
"""

from fluxstatus.knowledge.commands import OBJECT
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_ADMISSION_UNREACHABLE = Code(
    "admission-unreachable", "The API server cannot call an admission webhook."
)
_ADMISSION_DENIED = Code("admission-denied", "An admission webhook or policy rejects an object.")
_QUOTA_EXCEEDED = Code(
    "quota-exceeded",
    "A ResourceQuota is exceeded, or the requests or limits that it requires are not set.",
)
_LIMIT_RANGE = Code(
    "limit-range",
    "Resource requests or limits violate a LimitRange, or a request exceeds its limit.",
)

_HOOKS = "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
_BEHIND = "kubectl get pods,services,endpointslices -n {hook_ns}"
_CALLED = (
    r"failed calling (?:admission )?webhook \"(?P<webhook>[^\"]+)\""
    r"(?:[^\n/]{0,120}//(?P<hook_service>[\w-]+)\.(?P<hook_ns>[\w-]+)\.svc)?"
)
_WEBHOOK = "kubernetes apiserver admission plugin/webhook"
_QUOTA = "kubectl describe resourcequotas -n {object_ns}"

_WEBHOOKS = (
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: its certificate is not trusted (x509)",
        steps=(
            Step(
                "renew the webhook's certificate and update the caBundle in its configuration (if cert-manager's cainjector does not do this, restart the pods that serve the webhook)",
                read=(_HOOKS, _BEHIND),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}(?:x509|tls: )"),
        upstream=_WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook} (Service {hook_ns}/{hook_service}): {detail}",
        steps=(
            Step(
                "restore the pods behind Service {hook_ns}/{hook_service}; if they are running, allow connections from the API server in NetworkPolicies and firewalls; if the webhook is no longer used, delete its configuration",
                read=(_BEHIND, _HOOKS),
            ),
        ),
        pattern=Text(
            _CALLED + r"[^\n]{0,800}?(?P<detail>no endpoints available for service \"[^\"]+\"|"
            r"service \"[^\"]+\" not found|connection refused|context deadline exceeded|"
            r"i/o timeout|no route to host|EOF|connection reset by peer|"
            r"could not find the requested resource|the server is currently unable[^\n]{0,60})"
        ),
        needs=("hook_service",),
        transient=True,
        upstream=_WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}",
        steps=(Step("restore the Service behind the webhook", read=(_HOOKS,)),),
        pattern=Text(r"failed calling (?:admission )?webhook,? ?\"?(?P<webhook>[\w.-]+)"),
        transient=True,
        upstream=_WEBHOOK,
    ),
    Rule(
        Code(
            "conversion-webhook-failing",
            "The API server cannot convert objects because their conversion webhook fails.",
        ),
        why="the API server cannot convert objects of {converted}: their conversion webhook does not respond",
        steps=(
            Step(
                "restore the controller that serves the conversion webhook (the CRD specifies its Service and caBundle)",
                read=(_BEHIND,),
            ),
        ),
        pattern=Text(
            r"conversion webhook for (?P<converted>[^\s,]+, Kind=\w+|\S+) failed"
            r"(?:[^\n]{0,200}?//(?P<hook_service>[\w-]+)\.(?P<hook_ns>[\w-]+)\.svc)?"
        ),
        transient=True,
        upstream="kubernetes apiextensions-apiserver conversion",
    ),
    Rule(
        Code(
            "admission-no-dry-run",
            "An admission webhook does not support dry run, which Flux requires.",
        ),
        why="admission webhook {webhook} does not support dry run, which Flux requires",
        steps=(
            Step(
                "set sideEffects: None (or NoneOnDryRun) in the webhook configuration",
                read=(_HOOKS,),
            ),
        ),
        pattern=Text(
            r"webhook \"(?P<webhook>[^\"]+)\" does not support dry run|does not support dry"
        ),
        upstream=_WEBHOOK,
    ),
    Rule(
        _ADMISSION_DENIED,
        why="admission webhook {webhook} rejects {object}: {detail}",
        steps=(
            Step(
                "change the manifest to comply with the policy that webhook {webhook} enforces, or change the policy",
                read=(OBJECT, _HOOKS),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[^\"]+)\" denied the request:?\s*(?P<detail>.{0,400})"
        ),
        upstream=_WEBHOOK,
    ),
    Rule(
        _ADMISSION_DENIED,
        why="ValidatingAdmissionPolicy {policy} (binding {binding}) rejects {object}: {detail}",
        steps=(
            Step(
                "change the manifest to comply with policy {policy}, or change the policy or its binding {binding}",
                read=(
                    "kubectl get validatingadmissionpolicies.admissionregistration.k8s.io {policy} -o yaml",
                    "kubectl get validatingadmissionpolicybindings.admissionregistration.k8s.io {binding} -o yaml",
                ),
            ),
        ),
        pattern=Text(
            r"ValidatingAdmissionPolicy '(?P<policy>[^']+)' with binding '(?P<binding>[^']+)' "
            r"denied request:?\s*(?P<detail>.{0,400})"
        ),
        upstream="kubernetes apiserver admission plugin/policy/validating",
    ),
    Rule(
        _ADMISSION_DENIED,
        why="an admission webhook or policy rejects {object}: {detail}",
        steps=(
            Step(
                "change the manifest to comply with the policy, or change the policy",
                read=(
                    _HOOKS,
                    "kubectl get validatingadmissionpolicies.admissionregistration.k8s.io",
                ),
            ),
        ),
        pattern=Text(
            r"(?P<detail>admission [\w ]{0,40}denied.{0,300}|AdmissionPolicy '.{1,200}' denied"
            r".{0,200})"
        ),
        upstream=_WEBHOOK,
    ),
)

_LIMITS = (
    Rule(
        Code(
            "pod-security", "The pods violate the Pod Security level that the namespace enforces."
        ),
        why="the pods violate PodSecurity {level}, which the namespace enforces: {detail}",
        steps=(
            Step(
                "set a compliant securityContext in the pod template (restricted: runAsNonRoot, allowPrivilegeEscalation: false, capabilities drop ALL, seccompProfile RuntimeDefault), or relax the namespace's label pod-security.kubernetes.io/enforce",
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
                "raise ResourceQuota {quota}, lower the requests, or delete unused objects in the namespace",
                read=(_QUOTA,),
            ),
        ),
        pattern=Text(r"exceeded quota: (?P<quota>[\w.-]+),? ?(?P<detail>.{0,300})"),
        upstream="kubernetes ResourceQuota admission",
    ),
    Rule(
        _QUOTA_EXCEEDED,
        why="{object} does not set the requests or limits that ResourceQuota {quota} requires: {must}",
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
        why="a ResourceQuota does not allow {object}: {detail}",
        steps=(Step("raise the quota, or lower the requests", read=(_QUOTA,)),),
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
                "set requests and limits within the LimitRange, or change the LimitRange",
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
        why="{object} requests more than its limit: {detail}; if the manifest does not set a limit, the limit comes from a LimitRange in the namespace",
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
        Code(
            "namespace-terminating",
            "The namespace is being deleted, so nothing can be created in it.",
        ),
        why="namespace {terminating} is being deleted, so no objects can be created in it",
        steps=(
            Step(
                "find out what blocks the deletion (finalizers of objects in the namespace), or remove from Git the objects that Flux applies there",
                read=("kubectl get namespace {terminating} -o yaml",),
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
        Code(
            "rbac-escalation",
            "The user that Flux acts as cannot grant RBAC permissions that it does not have.",
        ),
        why="{user} cannot grant permissions that it does not have itself ({object})",
        steps=(
            Step(
                "have a user with these permissions apply the Role or binding, grant the ServiceAccount the verbs escalate and bind, or bind it to cluster-admin",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(
            r"user \"(?P<user>[^\"]+)\"[^\n]{0,300}is attempting to grant RBAC permissions not "
            r"currently held"
        ),
        upstream="kubernetes rbac escalation_check.go",
    ),
)

RULES = (*_WEBHOOKS, *_LIMITS)

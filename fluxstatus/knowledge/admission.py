"""Objects that admission rejects: webhooks, admission policies, quotas, PodSecurity.

Upstream: kubernetes admission plugins (webhook, policy/validating, resourcequota, limitranger,
podsecurity, namespace/lifecycle, serviceaccount, priority), RBAC escalation checks.
"""

from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_ADMISSION_UNREACHABLE = Code(
    "admission-unreachable", "The API server cannot call an admission webhook."
)
_CONVERSION_FAILING = Code(
    "conversion-webhook-failing",
    "The API server cannot convert objects because their conversion webhook fails.",
)
_ADMISSION_DENIED = Code("admission-denied", "An admission webhook or policy rejects an object.")
_QUOTA_EXCEEDED = Code(
    "quota-exceeded",
    "A ResourceQuota is exceeded, or the requests or limits that it requires are not set.",
)
_POD_SECURITY = Code(
    "pod-security", "The pods violate the Pod Security level that the namespace enforces."
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
_CONVERTED = (
    r"conversion webhook for (?P<converted>[^\s,]+, Kind=\w+|\S+) failed"
    r"(?:[^\n]{0,200}?//(?P<hook_service>[\w-]+)\.(?P<hook_ns>[\w-]+)\.svc)?"
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
        why="the API server cannot call admission webhook {webhook}: its Service {hook_ns}/{hook_service} does not exist",
        steps=(
            Step(
                "if the component that serves the webhook was uninstalled, its webhook configuration is left over: delete the configuration that refers to Service {hook_ns}/{hook_service}",
                read=(_HOOKS,),
            ),
            Step(
                "if the component is still needed, restore it: check the Kustomization or HelmRelease that installs it",
                read=(
                    _BEHIND,
                    "kubectl get helmreleases.helm.toolkit.fluxcd.io,kustomizations.kustomize.toolkit.fluxcd.io -n {hook_ns}",
                ),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}?service \"[^\"]+\" not found"),
        needs=("hook_service",),
        certainty="one-of",
        upstream=_WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: Service {hook_ns}/{hook_service} has no ready pods (no endpoints available)",
        steps=(
            Step(
                "restore the pods behind Service {hook_ns}/{hook_service}: check why they are not ready; Flux retries automatically",
                read=(_BEHIND, "kubectl get events -n {hook_ns} --field-selector=type=Warning"),
            ),
            Step(
                "if they cannot start because the webhook rejects their own pods, exclude the webhook's own namespace in its namespaceSelector; if the component was uninstalled, delete its webhook configuration",
                read=(_HOOKS,),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}?no endpoints available for service"),
        needs=("hook_service",),
        transient=True,
        upstream=_WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook} (Service {hook_ns}/{hook_service}): {detail}",
        steps=(
            Step(
                "restore the pods behind Service {hook_ns}/{hook_service}: check whether they are running and not overloaded (CPU throttling, restarts)",
                read=(_BEHIND,),
            ),
            Step(
                "if they are running, allow connections from the API server to the webhook's port in NetworkPolicies and firewalls (on private clusters, also in the firewall of the nodes)",
                read=(_HOOKS, "kubectl get networkpolicies -n {hook_ns}"),
            ),
        ),
        pattern=Text(
            _CALLED + r"[^\n]{0,800}?(?P<detail>connection refused|context deadline exceeded|"
            r"i/o timeout|no route to host|EOF|connection reset by peer|Client\.Timeout exceeded|"
            r"request canceled|network is unreachable|http2: [^\n]{1,60}|operation not permitted|"
            r"could not find the requested resource|the server is currently unable[^\n]{0,60})"
        ),
        needs=("hook_service",),
        certainty="one-of",
        transient=True,
        upstream=_WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="admission webhook {webhook} returned an error instead of an answer: {detail}",
        steps=(
            Step(
                "check the logs of the pods that serve the webhook",
                read=(_BEHIND, _HOOKS),
            ),
        ),
        pattern=Text(
            _CALLED + r"[^\n]{0,400}?(?P<detail>expected webhook response[^\n]{0,200}|"
            r"the server responded with[^\n]{0,120}|an error on the server[^\n]{0,200}|"
            r"the server rejected our request[^\n]{0,120}|received invalid webhook response[^\n]{0,200})"
        ),
        upstream=_WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: {innermost}",
        steps=(
            Step(
                "check the address in the webhook's configuration, and the server behind it",
                read=(_HOOKS,),
            ),
        ),
        pattern=Text(r"failed calling (?:admission )?webhook,? ?\"?(?P<webhook>[\w.-]+)"),
        certainty="unknown",
        transient=True,
        upstream=_WEBHOOK,
    ),
    Rule(
        Code("admission-patch-failed", "The patch of a mutating admission webhook is not valid."),
        why="a mutating admission webhook or policy returned a patch for {object} that cannot be applied: {innermost}",
        steps=(
            Step(
                "update or correct the mutating webhook or its policy; the manifest in Git is not the cause",
                read=(_HOOKS,),
            ),
        ),
        pattern=Text(
            r"Internal error occurred: "
            r"(?:jsonpatch )?(?:add|replace|remove|copy|move|test) operation does not apply"
        ),
        certainty="likely",
        upstream="kubernetes apiserver admission plugin/webhook/mutating",
    ),
    Rule(
        _CONVERSION_FAILING,
        why="the API server cannot convert objects of {converted}: the conversion webhook's Service or its pods are missing",
        steps=(
            Step(
                "restore the controller that serves the conversion webhook of this CRD (its spec.conversion specifies the Service)",
                read=(_BEHIND,),
            ),
            Step(
                "if the controller was uninstalled and its CRDs were kept, reinstall it; until then, all requests for these objects fail"
            ),
        ),
        pattern=Text(
            _CONVERTED
            + r"[^\n]{0,400}?(?:service \"[^\"]+\" not found|no endpoints available for service)"
        ),
        transient=True,
        upstream="kubernetes apiextensions-apiserver conversion",
    ),
    Rule(
        _CONVERSION_FAILING,
        why="the API server cannot convert objects of {converted}: the certificate of their conversion webhook is not trusted (x509)",
        steps=(
            Step(
                "correct spec.conversion.webhook.clientConfig.caBundle of the CRD: whatever applies the CRD must not remove what cert-manager's cainjector or the controller sets there",
                read=(_BEHIND,),
            ),
        ),
        pattern=Text(_CONVERTED + r"[^\n]{0,800}?(?:x509|tls: )"),
        upstream="kubernetes apiextensions-apiserver conversion",
    ),
    Rule(
        _CONVERSION_FAILING,
        why="the API server cannot convert objects of {converted}: their conversion webhook fails: {innermost}",
        steps=(
            Step(
                "check the controller that serves the conversion webhook: its pods, its logs, and whether NetworkPolicies and firewalls allow connections from the API server",
                read=(_BEHIND,),
            ),
        ),
        pattern=Text(_CONVERTED),
        certainty="one-of",
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
        Code(
            "admission-immutable",
            "An admission webhook does not allow a change of a field of an existing object.",
        ),
        why="{object} already exists, and admission webhook {webhook} does not allow this change (the field is immutable): {detail}",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart)",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "alternatively, delete the {object_kind}, so that the next attempt recreates it, if everything that its controller deletes with it can be lost (spec.force does not always help: Flux recognizes only some texts of webhooks)",
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[^\"]+)\" denied the request:?\s*(?P<detail>[^\n]{0,300}?"
            r"(?:immutable|may not change|can(?:not| not|'t) be (?:changed|updated|modified)|"
            r"(?:change|update|modification) (?:of|to) [^\n]{1,80} (?:is )?(?:not allowed|forbidden)|"
            r"not allowed to (?:change|update|modify))[^\n]{0,200})"
        ),
        certainty="likely",
        quoted=True,
        upstream=_WEBHOOK,
    ),
    Rule(
        Code("ingress-conflict", "Two Ingresses define the same host and path."),
        why="{object} defines a host and path that Ingress {other} already defines: {detail}",
        steps=(
            Step(
                "remove the host and path from one of the two Ingresses; if {other} is left over from a renamed release or another Kustomization, delete it",
                read=("kubectl get ingresses -A",),
            ),
        ),
        pattern=Text(
            r"denied the request:?\s*(?P<detail>host \"[^\"]*\" and path \"[^\"]*\" is already defined) in "
            r"ingress (?P<other>[\w.-]+/[\w.-]+)"
        ),
        quoted=True,
        upstream="ingress-nginx internal/ingress/controller",
    ),
    Rule(
        _ADMISSION_DENIED,
        why="admission webhook {webhook} (Kyverno) rejects {object}: {detail}",
        steps=(
            Step(
                "change the manifest to comply with the policy in the message; the policy is a ClusterPolicy, a Policy or a ValidatingPolicy, which can exclude the object",
                read=("kubectl get clusterpolicies.kyverno.io", _HOOKS),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[\w.-]*kyverno[\w.-]*)\" denied the request:?\s*"
            r"(?P<detail>.{0,400})"
        ),
        upstream="kyverno pkg/webhooks",
    ),
    Rule(
        _ADMISSION_DENIED,
        why="admission webhook {webhook} (Gatekeeper) rejects {object}: {detail}",
        steps=(
            Step(
                "change the manifest to comply with the constraint, whose name is in brackets in the message, or change the constraint",
                read=("kubectl get constraints", OBJECT),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[\w.-]*gatekeeper[\w.-]*)\" denied the request:?\s*"
            r"(?P<detail>.{0,400})"
        ),
        upstream="gatekeeper pkg/webhook",
    ),
    Rule(
        Code(
            "crds-too-old", "An admission policy rejects CRDs that are older than those installed."
        ),
        why="ValidatingAdmissionPolicy {policy} rejects {object}, because the CRDs in Git are older than the installed ones or from another channel: {detail}",
        steps=(
            Step(
                "upgrade the Gateway API CRDs in Git to the version that the policy requires, or let only one component install them (some ingress and mesh charts bring newer ones, and this policy)",
                read=(
                    "kubectl get customresourcedefinitions -o custom-columns=NAME:.metadata.name,BUNDLE:.metadata.annotations.gateway\\.networking\\.k8s\\.io/bundle-version",
                ),
            ),
            Step(
                "to downgrade on purpose, remove policy {policy} and its binding first; stored objects may then no longer be readable"
            ),
        ),
        pattern=Text(
            r"ValidatingAdmissionPolicy '(?P<policy>safe-upgrades\.gateway\.networking\.k8s\.io)' with "
            r"binding '[^']+' denied request:?\s*(?P<detail>.{0,300})"
        ),
        upstream="kubernetes-sigs/gateway-api config/crd",
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
        why="an expression of ValidatingAdmissionPolicy {policy} (binding {binding}) cannot be evaluated for {object}: {detail}",
        steps=(
            Step(
                "correct the policy: its CEL expression must handle objects without the field (has()), or its parameters are missing; the manifest is not the cause",
                read=(
                    "kubectl get validatingadmissionpolicies.admissionregistration.k8s.io {policy} -o yaml",
                    "kubectl get validatingadmissionpolicybindings.admissionregistration.k8s.io {binding} -o yaml",
                ),
            ),
        ),
        pattern=Text(
            r"ValidatingAdmissionPolicy '(?P<policy>[^']+)' with binding '(?P<binding>[^']+)' denied "
            r"request: (?P<detail>(?:expression '[^\n]{1,200}' resulted in error|failed to configure "
            r"binding|no params found|compilation (?:error|failed))[^\n]{0,200})"
        ),
        quoted=True,
        upstream="kubernetes apiserver admission plugin/policy/validating",
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
        _POD_SECURITY,
        why="the pods violate PodSecurity {level}, which the namespace enforces: {detail}",
        steps=(
            Step(
                "remove the reported settings from the pod template (baseline forbids hostNetwork, hostPath, hostPort, privileged and added capabilities)",
                read=("kubectl get namespace {object_ns} --show-labels",),
            ),
            Step(
                "if the pods need access to the node, as those of network and storage drivers do, label their namespace pod-security.kubernetes.io/enforce: privileged, and run nothing else in it"
            ),
        ),
        pattern=Text(
            r"violates PodSecurity \"(?P<level>baseline[^\"]*)\":?\s*(?P<detail>.{0,400})"
        ),
        upstream="kubernetes PodSecurity admission",
    ),
    Rule(
        _POD_SECURITY,
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
                "find out what blocks the deletion: the conditions of the namespace list the objects with finalizers, and APIs that do not respond",
                read=("kubectl get namespace {terminating} -o yaml",),
            ),
            Step(
                "if the namespace was deleted by mistake, let the deletion finish: Flux then recreates it if its manifest is in Git; otherwise, remove from Git the objects in it"
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
                "apply the Role or binding with an account that has these permissions: for a tenant, move it to a Kustomization of the platform team",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "alternatively, grant the ServiceAccount exactly the permissions in the message; the verbs escalate and bind, or cluster-admin, would give everyone who can change its manifests the whole cluster"
            ),
        ),
        pattern=Text(
            r"user \"(?P<user>[^\"]+)\"[^\n]{0,300}is attempting to grant RBAC permissions not "
            r"currently held"
        ),
        upstream="kubernetes rbac escalation_check.go",
    ),
)

RULES = tuple(rule._replace(reach=Reach.WHOLE) for rule in (*_WEBHOOKS, *_LIMITS))
"""What admission refuses is the cause, whatever was being done: a hook, a test, an upgrade."""

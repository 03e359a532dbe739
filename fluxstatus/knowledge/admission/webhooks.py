"""Admission webhooks that cannot be called or respond with an error.

Upstream: kubernetes apiserver pkg/admission/plugin/webhook.
"""

from fluxstatus.knowledge.admission.shared import BEHIND, HOOKS, WEBHOOK, decisive
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_ADMISSION_UNREACHABLE = Code(
    "admission-unreachable", "The API server cannot call an admission webhook."
)

_CALLED = (
    r"failed calling (?:admission )?webhook \"(?P<webhook>[^\"]+)\""
    r"(?:[^\n/]{0,120}//(?P<hook_service>[\w-]+)\.(?P<hook_ns>[\w-]+)\.svc)?"
)

RULES = decisive(
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server calls admission webhook {webhook} through a proxy ({proxy}) that cannot reach Services of the cluster",
        steps=(
            Step(
                "add .svc, .cluster.local and the Service and pod networks to NO_PROXY of kube-apiserver, and restart kube-apiserver. The webhook and the manifest are not the cause",
                read=(HOOKS,),
            ),
        ),
        pattern=Text(
            _CALLED + r"[^\n]{0,800}?proxyconnect tcp: dial tcp (?P<proxy>[\w.:-]+\w)[^\n]*"
        ),
        upstream=f"{WEBHOOK}, Go net/http",
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: the webhook's certificate has expired (x509)",
        steps=(
            Step(
                "renew the certificate with the cert-manager Certificate or the chart's Job that creates it, and then restart the pods that serve the webhook",
                read=(BEHIND, HOOKS),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}?x509: certificate has expired or is not yet valid"),
        in_full=True,
        upstream=WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: the webhook's certificate has a Common Name but no subject alternative name (SAN)",
        steps=(
            Step(
                "reissue the certificate with the Service's DNS name as SAN, or upgrade the component that serves the webhook",
                read=(HOOKS, BEHIND),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}?x509: certificate relies on legacy Common Name"),
        in_full=True,
        upstream="Go crypto/x509",
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: the caBundle in the webhook configuration is not a PEM certificate",
        steps=(
            Step(
                "if cert-manager, an operator or the chart's Job sets the caBundle, Flux overwrites it with the value in Git. Remove caBundle from the manifest, or annotate the webhook configuration with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent, and then set the caBundle again (for example, by running the Job)",
                read=(HOOKS,),
            ),
            Step("otherwise, set caBundle in Git to the base64-encoded PEM certificate"),
        ),
        pattern=Text(
            r"failed calling (?:admission )?webhook,? ?\"?(?P<webhook>[\w.-]+)[^\n]{0,200}unable to (?:load root certificates|parse bytes as PEM block)"
        ),
        in_full=True,
        upstream="kubernetes apiserver pkg/util/webhook",
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: the webhook's certificate is valid for {cert_names}, but not for {wanted_name}",
        steps=(
            Step(
                "check that the Service in the webhook configuration is the one of the component: the configuration may be left over from an earlier name or namespace, or the Service may select other pods",
                read=(HOOKS, BEHIND),
            ),
            Step(
                "otherwise, reissue the certificate with this DNS name (delete its Secret if the component or cert-manager recreates it)"
            ),
        ),
        pattern=Text(
            _CALLED
            + r"[^\n]{0,800}?x509: certificate is valid for (?P<cert_names>[^\n]{1,160}?), not (?P<wanted_name>[\w.-]+)"
        ),
        certainty="one-of",
        in_full=True,
        upstream="Go crypto/x509",
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook} because the control plane has no connection to the pod network: {detail}",
        steps=(
            Step(
                "on a managed control plane, run the webhook's pods in the network of the nodes (hostNetwork: true), or use the provider's CNI; with EKS, the pods' addresses must be in the VPC",
                read=(BEHIND,),
            ),
            Step(
                "if the control plane uses konnectivity, check its agents, which must be running on the nodes",
                read=("kubectl get pods -n kube-system -l k8s-app=konnectivity-agent",),
            ),
        ),
        pattern=Text(
            _CALLED + r"[^\n]{0,800}?(?P<detail>Address is not allowed|No agent available)"
        ),
        certainty="one-of",
        in_full=True,
        upstream="EKS API server; apiserver-network-proxy pkg/server",
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the server of admission webhook {webhook} does not know the path in the webhook configuration (404)",
        steps=(
            Step(
                "compare the path, port and Service in the webhook configuration with the version of the component that is running: the configuration is probably from another version, or the Service selects other pods",
                read=(HOOKS,),
            ),
        ),
        pattern=Text(
            _CALLED + r": failed to call webhook: the server could not find the requested resource"
        ),
        certainty="one-of",
        upstream=WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: the webhook's certificate is not trusted (x509)",
        steps=(
            Step(
                "renew the webhook's certificate, and update the caBundle in the webhook configuration. If cert-manager's cainjector does not set the caBundle, restart the pods that serve the webhook",
                read=(HOOKS, BEHIND),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}?(?:x509|tls: )"),
        in_full=True,
        upstream=WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: Service {hook_ns}/{hook_service} does not exist",
        steps=(
            Step(
                "if the component that serves the webhook was uninstalled, delete the webhook configuration that was left behind, which refers to Service {hook_ns}/{hook_service}",
                read=(HOOKS,),
            ),
            Step(
                "if the component is still needed, check the Kustomization or HelmRelease that installs it",
                read=(
                    BEHIND,
                    "kubectl get helmreleases.helm.toolkit.fluxcd.io,kustomizations.kustomize.toolkit.fluxcd.io -n {hook_ns}",
                ),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}?service \"[^\"]+\" not found"),
        needs=("hook_service",),
        certainty="one-of",
        in_full=True,
        upstream=WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: Service {hook_ns}/{hook_service} has no ready pods (no endpoints available)",
        steps=(
            Step(
                "check why the pods behind Service {hook_ns}/{hook_service} are not ready. Flux retries automatically",
                read=(BEHIND, "kubectl get events -n {hook_ns} --field-selector=type=Warning"),
            ),
            Step(
                "if the pods cannot start because the webhook rejects them, exclude the webhook's own namespace with the webhook's namespaceSelector. If the component was uninstalled, delete its webhook configuration",
                read=(HOOKS,),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}?no endpoints available for service"),
        needs=("hook_service",),
        transient=True,
        in_full=True,
        upstream=WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook} (Service {hook_ns}/{hook_service}): {detail}",
        steps=(
            Step(
                "check that the pods behind Service {hook_ns}/{hook_service} are running, and that they are not overloaded (CPU throttling, restarts)",
                read=(BEHIND,),
            ),
            Step(
                "if the pods are running, allow connections from the API server to the webhook's port in NetworkPolicies and firewalls. In private clusters, this includes the firewall of the nodes",
                read=(HOOKS, "kubectl get networkpolicies -n {hook_ns}"),
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
        upstream=WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="admission webhook {webhook} returned an error instead of a valid response: {detail}",
        steps=(
            Step(
                "check the logs of the pods that serve the webhook",
                read=(BEHIND, HOOKS),
            ),
        ),
        pattern=Text(
            _CALLED + r"[^\n]{0,400}?(?P<detail>expected webhook response[^\n]{0,200}|"
            r"the server responded with[^\n]{0,120}|an error on the server[^\n]{0,200}|"
            r"the server rejected our request[^\n]{0,120}|received invalid webhook response[^\n]{0,200})"
        ),
        upstream=WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: {innermost}",
        steps=(
            Step(
                "check the address in the webhook configuration, and check that the server at this address responds",
                read=(HOOKS,),
            ),
        ),
        pattern=Text(r"failed calling (?:admission )?webhook,? ?\"?(?P<webhook>[\w.-]+)"),
        certainty="unknown",
        transient=True,
        upstream=WEBHOOK,
    ),
    Rule(
        Code("admission-patch-failed", "A mutating admission webhook returned an invalid patch."),
        why="a mutating admission webhook or policy returned a patch that cannot be applied to {object}: {innermost}",
        steps=(
            Step(
                "update or correct the mutating webhook or its policy. The manifest in Git is not the cause",
                read=(HOOKS,),
            ),
        ),
        pattern=Text(
            r"Internal error occurred: "
            r"(?:jsonpatch )?(?:add|replace|remove|copy|move|test) operation does not apply"
        ),
        certainty="likely",
        upstream="kubernetes apiserver admission plugin/webhook/mutating",
    ),
)

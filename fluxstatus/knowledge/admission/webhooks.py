"""Admission webhooks that cannot be called or answer with an error.

Upstream: kubernetes apiserver pkg/admission/plugin/webhook.
"""

from fluxstatus.knowledge.admission.shared import BEHIND, HOOKS, WEBHOOK
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_ADMISSION_UNREACHABLE = Code(
    "admission-unreachable", "The API server cannot call an admission webhook."
)

_CALLED = (
    r"failed calling (?:admission )?webhook \"(?P<webhook>[^\"]+)\""
    r"(?:[^\n/]{0,120}//(?P<hook_service>[\w-]+)\.(?P<hook_ns>[\w-]+)\.svc)?"
)

RULES = (
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server sends its calls of admission webhook {webhook} through a proxy ({proxy}), which cannot reach Services of the cluster",
        steps=(
            Step(
                "add .svc, .cluster.local and the networks of Services and pods to NO_PROXY of kube-apiserver, and restart it; the webhook and the manifest are not the cause",
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
                "renew the certificate: check the cert-manager Certificate or the job of the chart that creates it, then restart the pods that serve the webhook",
                read=(BEHIND, HOOKS),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}x509: certificate has expired or is not yet valid"),
        in_full=True,
        upstream=WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: its certificate has a Common Name but no subject alternative name (SAN)",
        steps=(
            Step(
                "issue the certificate again with the name of the Service as SAN, or upgrade the component that serves the webhook",
                read=(HOOKS, BEHIND),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}x509: certificate relies on legacy Common Name"),
        in_full=True,
        upstream="Go crypto/x509",
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: the caBundle in its configuration is not a PEM certificate",
        steps=(
            Step(
                "if cert-manager, an operator or a Job of the chart sets the caBundle, Flux overwrites it with what is in Git: remove caBundle from the manifest, or annotate the configuration with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent; then set the caBundle again, for example by running the Job",
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
        why="the API server cannot call admission webhook {webhook}: its certificate is not trusted (x509)",
        steps=(
            Step(
                "renew the webhook's certificate and update the caBundle in its configuration (if cert-manager's cainjector does not do this, restart the pods that serve the webhook)",
                read=(HOOKS, BEHIND),
            ),
        ),
        pattern=Text(_CALLED + r"[^\n]{0,800}(?:x509|tls: )"),
        in_full=True,
        upstream=WEBHOOK,
    ),
    Rule(
        _ADMISSION_UNREACHABLE,
        why="the API server cannot call admission webhook {webhook}: its Service {hook_ns}/{hook_service} does not exist",
        steps=(
            Step(
                "if the component that serves the webhook was uninstalled, its webhook configuration is left over: delete the configuration that refers to Service {hook_ns}/{hook_service}",
                read=(HOOKS,),
            ),
            Step(
                "if the component is still needed, restore it: check the Kustomization or HelmRelease that installs it",
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
                "restore the pods behind Service {hook_ns}/{hook_service}: check why they are not ready; Flux retries automatically",
                read=(BEHIND, "kubectl get events -n {hook_ns} --field-selector=type=Warning"),
            ),
            Step(
                "if they cannot start because the webhook rejects their own pods, exclude the webhook's own namespace in its namespaceSelector; if the component was uninstalled, delete its webhook configuration",
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
                "restore the pods behind Service {hook_ns}/{hook_service}: check whether they are running and not overloaded (CPU throttling, restarts)",
                read=(BEHIND,),
            ),
            Step(
                "if they are running, allow connections from the API server to the webhook's port in NetworkPolicies and firewalls (on private clusters, also in the firewall of the nodes)",
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
        why="admission webhook {webhook} returned an error instead of an answer: {detail}",
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
                "check the address in the webhook's configuration, and the server behind it",
                read=(HOOKS,),
            ),
        ),
        pattern=Text(r"failed calling (?:admission )?webhook,? ?\"?(?P<webhook>[\w.-]+)"),
        certainty="unknown",
        transient=True,
        upstream=WEBHOOK,
    ),
    Rule(
        Code("admission-patch-failed", "The patch of a mutating admission webhook is not valid."),
        why="a mutating admission webhook or policy returned a patch for {object} that cannot be applied: {innermost}",
        steps=(
            Step(
                "update or correct the mutating webhook or its policy; the manifest in Git is not the cause",
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

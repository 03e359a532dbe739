"""Faults that several kinds share: the API server's refusals and Flux's own limits.

Upstream: PKG ssa/errors, PKG ssa/manager_wait.go, kubernetes apimachinery validation texts.
"""

from fluxstatus.knowledge.rule import Rule, Step, text

_SPEC = "kubectl get {resource} {name} -n {ns} -o yaml"
_EVENTS = "kubectl get events -n {ns} --field-selector=involvedObject.name={name}"
_APPLIES = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"})

RULES = (
    Rule(
        "access-denied",
        "a reference to another namespace is blocked: the controllers run with "
        "--no-cross-namespace-refs, or a feature gate is off",
        (
            Step(
                "put the referenced object into namespace {ns}, or ask who runs Flux", read=(_SPEC,)
            ),
        ),
        reasons=("AccessDenied",),
        trivial=True,
        upstream="PKG runtime/acl",
    ),
    Rule(
        "feature-gate-off",
        "the object uses a feature whose gate is off in the controller",
        (
            Step(
                "switch the gate on with --feature-gates (FluxInstance: spec.kustomize.patches)",
                read=("kubectl get deployments -n {flux_namespace} -o wide",),
            ),
        ),
        reasons=("FeatureGateDisabled",),
        trivial=True,
        upstream="PKG apis/meta/conditions.go",
    ),
    Rule(
        "cel-invalid",
        "an expression (CEL) in the spec does not compile or evaluate",
        (Step("correct readyExpr or healthCheckExprs", read=(_SPEC,)),),
        reasons=("InvalidCELExpression",),
        trivial=True,
        upstream="PKG runtime/cel",
    ),
    Rule(
        "crd-missing",
        "the cluster does not know the kind {missing_kind} of {missing_group}: its CRD is not "
        "installed",
        (
            Step(
                "install what brings the CRD first, and let this wait for it with dependsOn",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version "
            r"\"(?P<missing_group>(?P<missing_group_name>[\w.-]+)(?:/\w+)?)\""
        ),
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        "namespace-missing",
        "the namespace {missing} does not exist",
        (
            Step(
                "create the namespace {missing} (HelmRelease: spec.install.createNamespace), in "
                "Git in the same or an earlier Kustomization",
                change=("kubectl create namespace {missing}",),
            ),
        ),
        pattern=text(r"namespaces? \"(?P<missing>[\w.-]+)\" not found"),
        kinds=_APPLIES,
        upstream="kubernetes NamespaceLifecycle admission",
    ),
    Rule(
        "namespace-unnamed",
        "an object of the manifests names no namespace",
        (Step("set spec.targetNamespace, or metadata.namespace in the manifest", read=(_SPEC,)),),
        pattern=text(r"namespace not specified"),
        kinds=_APPLIES,
        trivial=True,
        upstream="PKG ssa/errors",
    ),
    Rule(
        "rbac-forbidden",
        "{user} may not {verb} {what}: the permission (RBAC) is missing (forbidden)",
        (
            Step(
                "bind a Role that allows it to the ServiceAccount; one that does not exist has no "
                "rights either",
                read=(
                    "kubectl get serviceaccounts,rolebindings -n {ns}",
                    "kubectl auth can-i {verb} {what} -n {ns} --as={user}",
                ),
            ),
        ),
        pattern=text(
            r"user \"(?P<user>[^\"]+)\" cannot (?P<verb>\w+) resource \"(?P<what>[^\"]+)\""
        ),
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        "immutable-field",
        "{immutable} exists, and a field that cannot change would have to (field is immutable)",
        (
            Step(
                "let Flux recreate it: set spec.force: true (HelmRelease: spec.upgrade.force), or "
                "annotate the object kustomize.toolkit.fluxcd.io/force: enabled in Git; or delete "
                "it yourself",
                read=(_SPEC,),
            ),
        ),
        pattern=text(
            r"(?:\b(?P<immutable>\w+/[\w.-]+/[\w.-]+) dry-run failed.*)?"
            r"(?:field is immutable|immutable field|updates to .* are forbidden)"
        ),
        upstream="kubernetes apimachinery validation",
    ),
    Rule(
        "pod-security",
        "the namespace enforces PodSecurity {detail}, which the pods violate",
        (
            Step(
                "set a compliant securityContext in the pod template, or the namespace's label",
                read=("kubectl get namespace {ns} --show-labels",),
            ),
        ),
        pattern=text(r"violates PodSecurity \"(?P<detail>[^\"]+)\""),
        upstream="kubernetes PodSecurity admission",
    ),
    Rule(
        "quota-exceeded",
        "a ResourceQuota does not allow it",
        (
            Step(
                "raise the quota, or ask for less",
                read=("kubectl get resourcequotas -n {ns}",),
            ),
        ),
        pattern=text(r"exceeded quota|must specify (?:limits|requests)"),
        upstream="kubernetes ResourceQuota admission",
    ),
    Rule(
        "admission-denied",
        "an admission webhook or policy refuses it: {detail}",
        (
            Step(
                "change the manifest as the policy asks, or the policy",
                read=(
                    "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
                    "kubectl get validatingadmissionpolicies",
                ),
            ),
        ),
        pattern=text(
            r"(?P<detail>admission webhook \"[^\"]+\" denied|ValidatingAdmissionPolicy "
            r"'[^']+'[^:]* denied)"
        ),
        upstream="kubernetes admission plugin/webhook",
    ),
    Rule(
        "admission-unreachable",
        "the API server cannot call the admission webhook {detail}",
        (
            Step(
                "bring the webhook's service back",
                read=("kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",),
            ),
        ),
        pattern=text(r"failed calling webhook \"?(?P<detail>[\w.-]+)|does not support dry run"),
        kinds=_APPLIES,
        upstream="kubernetes admission plugin/webhook",
    ),
    Rule(
        "field-manager-conflict",
        "another manager owns a field that Flux wants to set",
        (
            Step(
                "leave the field to one of them: take it out of Git, or annotate the object "
                "kustomize.toolkit.fluxcd.io/ssa: Override",
                read=(_SPEC,),
            ),
        ),
        pattern=text(r"FieldManagerConflict|conflict with \""),
        upstream="kubernetes fieldmanager",
    ),
    Rule(
        "manifest-invalid",
        "the API server rejects {invalid} as invalid",
        (Step("correct the field that the message names, in Git", read=(_SPEC,)),),
        pattern=text(
            r"\b(?P<invalid>\w+/[\w.-]+/[\w.-]+) dry-run failed|is invalid:|"
            r"unknown field|strict decoding error"
        ),
        upstream="PKG ssa/errors",
    ),
    Rule(
        "remote-cluster-unreachable",
        "the cluster that spec.kubeConfig (Secret {kubeconfig_secret}) leads to cannot be reached",
        (
            Step(
                "look whether its API server is up, and whether the address and the certificate in "
                "the Secret {kubeconfig_secret} still hold",
                read=("kubectl describe secret {kubeconfig_secret} -n {ns}",),
            ),
        ),
        pattern=text(
            r"^(?!.*failed calling webhook).*"
            r"(?:dial tcp|no such host|i/o timeout|TLS handshake timeout|x509:)"
        ),
        kinds=frozenset({"Kustomization", "HelmRelease"}),
        needs=("kubeconfig_secret",),
        transient=True,
        upstream="PKG runtime/client, Go net",
    ),
    Rule(
        "api-server-failing",
        "the API server did not answer in time, or was overloaded",
        (
            Step(
                "look at the control plane; Flux tries again by itself",
                read=("kubectl get --raw /readyz",),
            ),
        ),
        pattern=text(
            r"etcdserver: |request did not complete within|unable to return a response in the "
            r"time|currently unable to handle the request|http2: client connection lost"
        ),
        kinds=_APPLIES,
        transient=True,
        upstream="kubernetes apiserver, etcd",
    ),
    Rule(
        "kubeconfig-secret-missing",
        "the Secret {missing} that spec.kubeConfig names does not exist",
        (
            Step(
                "create the Secret {missing} with the kubeconfig as key value",
                read=("kubectl get secrets -n {ns}",),
                change=(
                    "kubectl create secret generic {missing} -n {ns} "
                    "--from-file=value=./kubeconfig",
                ),
            ),
        ),
        pattern=text(r"secrets? [\"'](?:[\w.-]+/)?(?P<missing>[\w.-]+)[\"'] not found"),
        kinds=frozenset({"Kustomization", "HelmRelease"}),
        needs=("kubeconfig_secret",),
        trivial=True,
        upstream="PKG runtime/client",
    ),
    Rule(
        "kubeconfig-failed",
        "no client for the target cluster: the Secret of spec.kubeConfig or the remote cluster",
        (
            Step(
                "look at the Secret (key value or value.yaml) and at the remote API server",
                read=("kubectl get secrets -n {ns}", _SPEC),
            ),
        ),
        pattern=text(r"failed to build kube client|kubeconfig|kubeConfig"),
        reasons=("ReconciliationFailed", "RESTClientError", "FactoryError", "ConfigFactoryErr"),
        upstream="PKG runtime/client",
    ),
    Rule(
        "health-check-failed",
        "{workload} does not become healthy: {workload_state}",
        (
            Step(
                "look at it; Flux checks again by itself",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl get pods -n {workload_ns}",
                ),
            ),
        ),
        pattern=text(r"(?:timeout waiting for|stalled resources): \["),
        upstream="PKG ssa/manager_wait.go",
    ),
    Rule(
        "health-check-failed",
        "what was applied does not become healthy",
        (Step("look at what it applied and at its events", read=(_EVENTS,)),),
        reasons=("HealthCheckFailed",),
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        "reconciliation-canceled",
        "a newer reconciliation has taken over",
        (Step("wait for the newer one", read=(_EVENTS,)),),
        reasons=("HealthCheckCanceled",),
        transient=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
)

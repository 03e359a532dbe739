"""Objects that an admission webhook or a ValidatingAdmissionPolicy rejects.

Upstream: kubernetes apiserver pkg/admission/plugin (webhook, policy/validating), and the texts of
Kyverno, Gatekeeper and ingress-nginx.
"""

from fluxstatus.knowledge.admission.shared import (
    ADMISSION_DENIED,
    HOOKS,
    NO_DRY_RUN,
    WEBHOOK,
    decisive,
)
from fluxstatus.knowledge.commands import OBJECT
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

RULES = decisive(
    Rule(
        NO_DRY_RUN,
        why="admission webhook {webhook} does not support dry run, which Flux requires",
        steps=(
            Step(
                "set sideEffects: None (or NoneOnDryRun) for this webhook in the webhook configuration",
                read=(HOOKS,),
            ),
        ),
        pattern=Text(
            r"webhook \"(?P<webhook>[^\"]+)\" does not support dry run|does not support dry"
        ),
        upstream=WEBHOOK,
    ),
    Rule(
        Code("ingress-conflict", "Two Ingresses define the same host and path."),
        why="{object} defines a host and path that Ingress {other} already defines: {detail}",
        steps=(
            Step(
                "remove the host and path from one of the two Ingresses. If {other} is left over from a renamed release or from another Kustomization, delete it",
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
        ADMISSION_DENIED,
        why="Kyverno policy {policy} does not allow {object}: {detail}",
        steps=(
            Step(
                "set {required_field} {in_git} to a value that the policy accepts, or exclude the object in the policy",
                read=(
                    OBJECT,
                    "kubectl get clusterpolicies.kyverno.io,policies.kyverno.io -A",
                ),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[\w.-]*kyverno[\w.-]*)\" denied the request:?\s*.{0,300}?following policies:?\s+(?P<policy>[\w.-]+):\s+[\w.-]+: "
            r"'?(?:validation error: )?\.?(?P<detail>(?P<required_field>(?:spec|metadata)\.[\w.-]*\w) is required)\b"
        ),
        trivial=True,
        quoted=True,
        upstream="kyverno pkg/webhooks, pkg/engine/validate",
    ),
    Rule(
        ADMISSION_DENIED,
        why="Kyverno policy {policy} does not allow {required_path} of {object}: {detail}",
        steps=(
            Step(
                "change {required_path} {in_git} as the policy requires, or exclude the object in the policy",
                read=(
                    OBJECT,
                    "kubectl get clusterpolicies.kyverno.io,policies.kyverno.io -A",
                ),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[\w.-]*kyverno[\w.-]*)\" denied the request:?\s*.{0,300}?following policies:?\s+(?P<policy>[\w.-]+):\s+[\w.-]+: "
            r"'?(?!validation error: rule )(?:validation error: )?(?P<detail>[^\n]{1,300}?)\.? rule [\w.-]+ failed at path (?P<required_path>/[\w./~-]*\w)"
        ),
        quoted=True,
        upstream="kyverno pkg/engine/handlers/validation/validate_resource.go",
    ),
    Rule(
        ADMISSION_DENIED,
        why="admission webhook {webhook} (Kyverno) rejects {object}: {detail}",
        steps=(
            Step(
                "change the manifest to comply with the policy in the message, or exclude the object in the policy (a ClusterPolicy, a Policy or a ValidatingPolicy)",
                read=("kubectl get clusterpolicies.kyverno.io", HOOKS),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[\w.-]*kyverno[\w.-]*)\" denied the request:?\s*"
            r"(?P<detail>.{0,400})"
        ),
        upstream="kyverno pkg/webhooks",
    ),
    Rule(
        ADMISSION_DENIED,
        why="admission webhook {webhook} (Gatekeeper) rejects {object}: {detail}",
        steps=(
            Step(
                "change the manifest to comply with the constraint in brackets in the message (this often requires a securityContext or resources), or exclude the namespace from the constraint",
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
            "crds-too-old",
            "An admission policy rejects CRDs that are older than the installed ones.",
        ),
        why="ValidatingAdmissionPolicy {policy} rejects {object} because the CRDs in Git are older than the installed ones or come from another channel: {detail}",
        steps=(
            Step(
                "upgrade the Gateway API CRDs in Git to the version that the policy requires, or install them with only one component. Some ingress and mesh charts include newer CRDs and this policy",
                read=(
                    "kubectl get customresourcedefinitions -o custom-columns=NAME:.metadata.name,BUNDLE:.metadata.annotations.gateway\\.networking\\.k8s\\.io/bundle-version",
                ),
            ),
            Step(
                "to downgrade intentionally, first remove policy {policy} and its binding. Objects that are already stored may then become unreadable"
            ),
        ),
        pattern=Text(
            r"ValidatingAdmissionPolicy '(?P<policy>safe-upgrades\.gateway\.networking\.k8s\.io)' with "
            r"binding '[^']+' denied request:?\s*(?P<detail>.{0,300})"
        ),
        upstream="kubernetes-sigs/gateway-api config/crd",
    ),
    Rule(
        ADMISSION_DENIED,
        why="admission webhook {webhook} rejects {object}: {detail}",
        steps=(
            Step(
                "change the manifest to comply with the policy that webhook {webhook} enforces, or change the policy",
                read=(OBJECT, HOOKS),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[^\"]+)\" denied the request:?\s*(?P<detail>.{0,400})"
        ),
        upstream=WEBHOOK,
    ),
    Rule(
        ADMISSION_DENIED,
        why="ValidatingAdmissionPolicy {policy} (binding {binding}) cannot be evaluated for {object}: {detail}",
        steps=(
            Step(
                "correct the policy; the manifest is not the cause. The policy's CEL expression must handle objects without the field (use has()), and the parameters that its binding refers to must exist",
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
        ADMISSION_DENIED,
        why="ValidatingAdmissionPolicy {policy} (binding {binding}) rejects a CRD of the chart: {detail}",
        steps=(
            Step(
                "if the platform provides these CRDs, set spec.install.crds and spec.upgrade.crds to Skip, or turn off the CRDs in the chart's values; otherwise, ask the owner of the policy",
                read=(
                    "kubectl get validatingadmissionpolicies.admissionregistration.k8s.io {policy} -o yaml",
                ),
            ),
        ),
        pattern=Text(
            r"failed to apply CustomResourceDefinitions: [^\n]*ValidatingAdmissionPolicy '(?P<policy>[^']+)' with binding '(?P<binding>[^']+)' "
            r"denied request:?\s*(?P<detail>.{0,400})"
        ),
        kinds=frozenset({"HelmRelease"}),
        quoted=True,
        upstream="HC internal/action/crds.go, kubernetes apiserver admission plugin/policy/validating",
    ),
    Rule(
        ADMISSION_DENIED,
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
        ADMISSION_DENIED,
        why="an admission webhook or policy rejects {object}: {detail}",
        steps=(
            Step(
                "change the manifest to comply with the policy, or change the policy",
                read=(
                    HOOKS,
                    "kubectl get validatingadmissionpolicies.admissionregistration.k8s.io",
                ),
            ),
        ),
        pattern=Text(
            r"(?P<detail>admission [\w ]{0,40}denied.{0,300}|AdmissionPolicy '.{1,200}' denied"
            r".{0,200})"
        ),
        upstream=WEBHOOK,
    ),
)

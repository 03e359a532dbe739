"""Webhooks that validate objects of their own kinds, and the messages of well-known policies.

Such a webhook does not enforce a policy of the cluster, but reports an error in the object.

Upstream: ingress-nginx internal/ingress, kyverno pkg/webhooks, cert-manager, Istio,
prometheus-operator, GKE Autopilot, OpenShift security context constraints.
"""

from fluxstatus.knowledge.admission import own_kinds
from fluxstatus.knowledge.admission.shared import (
    ADMISSION_DENIED,
    ADMISSION_IMMUTABLE,
    ADMISSION_INVALID,
    HOOKS,
    NO_DRY_RUN,
    WEBHOOK,
    decisive,
)
from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_NGINX = "ingress-nginx internal/ingress/controller, internal/ingress/inspector"
_DENIED = r"admission webhook \"(?P<webhook>[^\"]+)\" denied the request:?\s*"
_OWN_KINDS = (
    r"[\w.-]*(?:external-secrets|cert-manager|cnpg|istio|metallb|coreos|prometheus|keda|elbv2\.k8s\.aws|rook|"
    r"knative|tekton|crossplane|cluster\.x-k8s|strimzi|linkerd|traefik|cilium|longhorn|karpenter|grafana|"
    r"opentelemetry|elastic|kubevirt|gateway\.networking|controlplane\.io|konghq|projectcontour|getambassador|consul|"
    r"datadoghq|dynatrace|mariadb|percona|rabbitmq|couchbase|mongodb|redpanda|flink|spark|kubeflow|kserve|ray\.io|"
    r"argoproj|piraeus|azure\.com|cnrm|tigera|projectcalico)[\w.-]*|"
    r"[vm](?!pod|deployment|statefulset|daemonset|job|service|ingress|namespace|persistentvolume|pvc)"
    r"[\w-]+\.kb\.io"
)
"""Components whose webhooks validate their own kinds, by a part of the webhook's name."""

RULES = decisive(
    Rule(
        ADMISSION_DENIED,
        why="{object} claims a value that another object already uses: {detail}",
        steps=(
            Step(
                "change the value (such as a range of addresses) in Git, or delete the existing {object_kind}. If it was renamed in Git, delete the old object, because Flux only prunes it after everything has been applied",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            r"denied the request:?\s*(?P<detail>[^\n]{0,160}overlaps with already defined[^\n]{0,120})"
        ),
        quoted=True,
        upstream="MetalLB internal/config",
    ),
    Rule(
        ADMISSION_DENIED,
        why="{object} refers to another namespace, but no {grant} in namespace {grant_ns} allows this",
        steps=(
            Step(
                "apply a {grant} in namespace {grant_ns} first. If it is in the same Kustomization, move it to a separate Kustomization, and add that Kustomization to spec.dependsOn, because nothing is applied while the dry run fails",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(
            r"denied the request:?\s*[^\n]*?no (?P<grant>\w*ReferenceGrant) in namespace \"(?P<grant_ns>[^\"]+)\" allows"
        ),
        quoted=True,
        upstream="webhooks with a ReferenceGrant",
    ),
    Rule(
        ADMISSION_DENIED,
        why="{object} was removed from Git, but admission webhook {webhook} does not allow its deletion: {detail}",
        steps=(
            Step(
                "do what the webhook requires before the object is deleted, or change the webhook's policy. Flux retries automatically",
                read=(OBJECT, CLUSTER_OBJECT, HOOKS),
            ),
            Step(
                "to keep the object, set annotation kustomize.toolkit.fluxcd.io/prune: disabled on the live object, so that Flux does not try to delete it"
            ),
        ),
        pattern=Text(r"delete failed: [^\n]{0,200}?" + _DENIED + r"(?P<detail>.{0,400})"),
        kinds=frozenset({"Kustomization", "ResourceSet"}),
        quoted=True,
        upstream=f"{WEBHOOK}, PKG ssa/manager_delete.go",
    ),
    Rule(
        ADMISSION_IMMUTABLE,
        why="{object} already exists, and admission webhook {webhook} does not allow this change: {detail}",
        steps=(
            Step(
                "restore the old value {in_git}",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "alternatively, delete the {object_kind} so that the next attempt recreates it, but only if you can lose everything that its controller deletes with it. Setting spec.force does not always help, because Flux recognizes only some webhook messages as immutable fields",
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[^\"]+)\" denied the request:?\s*(?P<detail>[^\n]{0,300}?"
            r"(?:immutable|may not change|can(?:not| not|'t) be (?:changed|updated|modified)|"
            r"(?:change|update|modification) (?:of|to) [^\n]{1,80} (?:is )?(?:not allowed|forbidden)|"
            r"not allowed to (?:change|update|modify)|can(?:not|'t) (?:shrink|downgrade))[^\n]{0,200})"
        ),
        certainty="likely",
        quoted=True,
        upstream=WEBHOOK,
    ),
    Rule(
        ADMISSION_DENIED,
        why="{object} uses annotation {annotation}, but ingress-nginx does not allow snippets",
        steps=(
            Step(
                "remove the annotation {in_git}, and use other annotations instead",
                read=(OBJECT,),
            ),
            Step(
                "if everyone who can create an Ingress may change the configuration of the whole ingress controller, allow snippets in the values of the ingress-nginx chart: controller.allowSnippetAnnotations: true and, in ingress-nginx 1.12 and later, controller.config.annotations-risk-level: Critical"
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?P<annotation>[\w./-]*snippet\S*) annotation cannot be used[^\n]*Snippet directives are disabled"
        ),
        quoted=True,
        upstream=_NGINX,
    ),
    Rule(
        ADMISSION_DENIED,
        why="{object} uses an annotation of group {annotation}, which has a higher risk level than ingress-nginx allows",
        steps=(
            Step(
                "remove the annotation {in_git}, or replace it with one that has a lower risk level",
                read=(OBJECT,),
            ),
            Step(
                "if everyone who can create an Ingress may change the configuration of the whole ingress controller, raise controller.config.annotations-risk-level in the values of the ingress-nginx chart. Snippets require the level Critical and controller.allowSnippetAnnotations: true"
            ),
        ),
        pattern=Text(_DENIED + r"annotation group (?P<annotation>\w+) contains risky annotation"),
        quoted=True,
        upstream=_NGINX,
    ),
    Rule(
        ADMISSION_DENIED,
        why="annotation {annotation} of {object} contains {word}, which ingress-nginx does not allow in annotations",
        steps=(
            Step(
                "remove the annotation, or {word} from its value, {in_git}",
                read=(OBJECT,),
            ),
            Step(
                "if everyone who can create an Ingress may change the configuration of the whole ingress controller, remove {word} from annotation-value-word-blocklist in the configuration of ingress-nginx (controller.config in the values of its chart)"
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?P<annotation>[\w./-]+) annotation contains invalid word \"?(?P<word>[^\s\"]+)"
        ),
        quoted=True,
        upstream=_NGINX,
    ),
    Rule(
        ADMISSION_DENIED,
        why="path {path} of {object} contains regular expression characters, which ingress-nginx allows only with pathType: ImplementationSpecific",
        steps=(
            Step(
                'set pathType: ImplementationSpecific for this path {in_git}, or use a path without special characters. To disable the check, set strict-validate-path-type: "false" in the configuration of ingress-nginx',
                read=(OBJECT,),
            ),
        ),
        pattern=Text(_DENIED + r"[^\n]*?path (?P<path>\S+) cannot be used with pathType \w+"),
        trivial=True,
        quoted=True,
        upstream=_NGINX,
    ),
    Rule(
        ADMISSION_DENIED,
        why="{object} makes the ingress-nginx configuration invalid: {detail}",
        steps=(
            Step(
                "correct the annotations of the Ingress {in_git}. The ingress controller's log contains the full output of nginx -t",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(_DENIED + r".{0,800}?(?P<detail>nginx: \[emerg\][^\n]{1,300})"),
        quoted=True,
        upstream=_NGINX,
    ),
    *own_kinds.OF_KYVERNO,
    Rule(
        ADMISSION_INVALID,
        why="{object} is not a valid Kyverno policy: {detail}",
        steps=(
            Step(
                "correct the policy in Git. To see what this Kyverno version supports, use kubectl explain and the Kyverno CLI (kyverno test). A Kyverno upgrade may have removed fields",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[\w.-]*(?:validate|mutate)-polic(?:y|ies)[\w.-]*kyverno[\w.-]*)\" denied the "
            r"request:?\s*(?P<detail>(?!.{0,200}immutable).{0,400})"
        ),
        quoted=True,
        upstream="kyverno pkg/webhooks/policy",
    ),
    Rule(
        ADMISSION_DENIED,
        why="Kyverno cannot read the signature of an image of {object} from the registry: {detail}",
        steps=(
            Step(
                "check that the image exists, and that Kyverno can reach the registry and has credentials for it (see imagePullSecrets and registryCredentialHelpers in Kyverno's configuration)",
                read=("kubectl get pods -n kyverno", "kubectl get clusterpolicies.kyverno.io"),
            ),
        ),
        pattern=Text(
            _DENIED
            + r".{0,800}?failed to (?:verify|fetch|get|update)[\w ]{0,40} (?P<image>[\w./:@-]+?):? .{0,400}?"
            r"(?P<detail>UNAUTHORIZED[^\n]{0,120}|DENIED[^\n]{0,120}|MANIFEST_UNKNOWN[^\n]{0,120}|no such host|i/o timeout|"
            r"connection refused|context deadline exceeded|x509: [^\n]{1,120})"
        ),
        context=Text(r"kyverno"),
        certainty="likely",
        quoted=True,
        upstream="kyverno pkg/cosign, pkg/engine/internal",
    ),
    Rule(
        ADMISSION_DENIED,
        why="an image of {object} has no signature that the Kyverno policy accepts: {detail}",
        steps=(
            Step(
                "deploy an image that is signed with the expected key or identity, or sign this image. To verify the signature, run cosign verify with the key in the policy",
                read=(OBJECT, "kubectl get clusterpolicies.kyverno.io"),
            ),
            Step(
                "if the key or identity has changed, correct it under verifyImages in the policy",
            ),
        ),
        pattern=Text(
            _DENIED
            + r".{0,800}?(?:failed to verify (?:image|signature for)|image verification failed for|unverified image) "
            r"(?P<detail>[\w./:@-]*\w[^\n']{0,240})"
        ),
        context=Text(r"kyverno"),
        quoted=True,
        upstream="kyverno pkg/cosign, pkg/engine/internal",
    ),
    Rule(
        ADMISSION_DENIED,
        why="Kyverno policy {policy} cannot be evaluated for {object}: {detail}",
        steps=(
            Step(
                "if the policy reads a field that the object does not have, set the field in Git, or define a default for the variable in the policy",
                read=("kubectl get clusterpolicies.kyverno.io", OBJECT),
            ),
            Step(
                "otherwise, correct the policy's variables, context (API calls, ConfigMaps) or patches"
            ),
        ),
        pattern=Text(_DENIED + r".{0,200}?policy (?P<policy>[\w.-]+) error: (?P<detail>.{0,300})"),
        context=Text(r"kyverno"),
        certainty="one-of",
        quoted=True,
        upstream="kyverno pkg/webhooks/resource/mutation",
    ),
    Rule(
        ADMISSION_DENIED,
        why="GKE's admission policy (Warden) does not allow {object}: {detail}",
        steps=(
            Step(
                "remove the settings that the message lists {in_git}",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "if the workload needs these settings and this is an Autopilot cluster, run it in a Standard cluster, or check whether Google allows this partner workload on Autopilot"
            ),
        ),
        pattern=Text(
            _DENIED
            + r"GKE (?:Warden|Policy Controller|Autopilot) rejected the request(?:[^{]{0,200}\{\"\[denied by [\w-]+\]\":\[\"|[^\n]*\n?)(?P<detail>[^\"]{0,400})"
        ),
        quoted=True,
        upstream="GKE documentation, admission errors of warden-validating",
    ),
    Rule(
        NO_DRY_RUN,
        why="admission webhook {webhook} denies every dry run, which Flux requires: {detail}",
        steps=(
            Step(
                "upgrade the component that serves the webhook, or exclude the kind in its webhook configuration. The manifest is not the cause",
                read=(HOOKS,),
            ),
        ),
        pattern=Text(_DENIED + r"(?P<detail>[^\n]{0,80}\bdenied in dry-?run\b[^\n]{0,80})"),
        quoted=True,
        upstream=WEBHOOK,
    ),
    Rule(
        Code(
            "security-context-constraint",
            "No OpenShift security context constraint (SCC) allows the pods.",
        ),
        why="none of the security context constraints (SCCs) that the pods' ServiceAccount can use allows {object}: {detail}",
        steps=(
            Step(
                "remove runAsUser, fsGroup and other fixed IDs from the pod template {in_git}, so that OpenShift assigns them from the namespace's range",
                read=("kubectl get namespace {object_ns} -o yaml",),
            ),
            Step(
                "if the image needs a fixed user, grant an SCC such as nonroot-v2 or anyuid to the pods' ServiceAccount: oc adm policy add-scc-to-user anyuid -z SERVICEACCOUNT -n NAMESPACE"
            ),
        ),
        pattern=Text(
            r"unable to validate against any security context constraint: ?(?P<detail>.{0,400})"
        ),
        quoted=True,
        upstream="openshift apiserver-library-go securitycontextconstraints",
    ),
    Rule(
        ADMISSION_INVALID,
        why="{object} contains an expression or a template that Prometheus cannot parse; the webhook does not report which one",
        steps=(
            Step(
                "check the rules with promtool check rules, or read the log of prometheus-operator. If the rules are in a Helm chart, escape the braces of alert templates",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>prometheusrule[\w.-]*)\" denied the request:?\s*Rules are not valid"
        ),
        quoted=True,
        upstream="prometheus-operator pkg/admission",
    ),
    *own_kinds.RULES,
    Rule(
        ADMISSION_INVALID,
        why="admission webhook {webhook} rejects {object} as invalid: {detail}",
        steps=(
            Step(
                "correct the reported field {in_git}. The webhook belongs to the component that defines this kind",
                read=(SPEC, OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>(?!validate\.kyverno|[\w.-]*gatekeeper)[^\"]+)\" denied the request:?\s*"
            r"(?P<detail>(?:[^\n]{0,200}?\b(?:spec|metadata)[\w.\[\]\"/-]{0,120}: (?:Required value|Invalid value|Unsupported value|"
            r"Duplicate value|Not found|Forbidden|Too long|Too many)|configuration is invalid: |Rules are not valid)[^\n]{0,240})"
        ),
        quoted=True,
        upstream=f"{WEBHOOK}; the component that serves the webhook",
    ),
    Rule(
        ADMISSION_INVALID,
        why="admission webhook {webhook} rejects {object} as invalid: {detail}",
        steps=(
            Step(
                "correct the manifest {in_git} as the message requires. The webhook belongs to the component that defines this kind",
                read=(SPEC, OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            rf"admission webhook \"(?P<webhook>{_OWN_KINDS})\" denied the request:?\s*(?P<detail>.{{0,400}})"
        ),
        certainty="likely",
        quoted=True,
        upstream=f"{WEBHOOK}; the component that serves the webhook",
    ),
)

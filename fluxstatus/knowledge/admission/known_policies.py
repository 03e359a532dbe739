"""Webhooks and policies whose purpose is known: image signatures, and what a provider protects.

Upstream: sigstore policy-controller, Connaisseur, Ratify, the webhooks of OpenShift Dedicated and
ROSA, the policies of AKS, EKS Auto Mode.
"""

from fluxstatus.knowledge.admission.shared import ADMISSION_DENIED, HOOKS, WEBHOOK, decisive
from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.rule import Rule, Step, Text

_DENIED = r"admission webhook \"(?P<webhook>(?![\w.-]*kyverno)[^\"]+)\" denied the request:?\s*"

RULES = decisive(
    Rule(
        ADMISSION_DENIED,
        why="admission webhook {webhook} rejects {object} because an image has no signature that its policy accepts: {detail}",
        steps=(
            Step(
                "deploy an image that is signed with the expected key or identity, or sign this image (cosign verify shows its signatures). If the signature should be valid, check that the webhook can reach and log in to the registry",
                read=(SPEC, OBJECT),
            ),
            Step(
                "if the image is not yours, exclude it or its namespace in the policy of the webhook",
                read=(HOOKS,),
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?P<detail>(?=.{0,400}?(?:no (?:matching|valid) signatures?|signed digest|unsigned\b|not signed|signature (?:\w+ ){0,2}(?:validation|verification) failed|"
            r"(?:verify|validate) (?:image|signature)|no signatures found)).{0,300})"
        ),
        quoted=True,
        upstream="sigstore policy-controller pkg/webhook, connaisseur, ratify",
    ),
    Rule(
        ADMISSION_DENIED,
        why="ValidatingAdmissionPolicy {policy} of AKS does not allow {object} to be changed, because AKS manages its namespace: {detail}",
        steps=(
            Step(
                "move the object to a namespace of your own, or remove it from Git: AKS protects its system namespaces, such as kube-system. RBAC permissions do not help",
                read=(SPEC, OBJECT),
            ),
            Step(
                "to change a setting of a component of AKS, use the interface of AKS (for example, an add-on's or extension's configuration)"
            ),
        ),
        pattern=Text(
            r"ValidatingAdmissionPolicy '(?P<policy>aks-managed-[^']+)' with binding '[^']*' denied request:?\s*(?P<detail>.{0,300})"
        ),
        quoted=True,
        upstream=f"{WEBHOOK}; AKS Automatic",
    ),
    Rule(
        ADMISSION_DENIED,
        why="the provider of the cluster does not allow {object} to be changed, because it manages this object or its namespace: {detail}",
        steps=(
            Step(
                "move the object to a namespace of your own, or remove it from Git: the provider protects its namespaces (such as openshift-*, kube-* and redhat-*) and the objects that it created. RBAC permissions do not help",
                read=(SPEC, OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "to change a setting of the provider's own components, use the provider's interface (for example, an add-on's configuration)"
            ),
        ),
        pattern=Text(
            r"admission webhook \"[\w.-]+\.(?:managed\.openshift\.io|eks\.amazonaws\.com)\" denied the request:?\s*(?P<detail>.{0,300})"
        ),
        quoted=True,
        upstream=f"{WEBHOOK}; openshift managed-cluster-validating-webhooks, EKS Auto Mode",
    ),
)

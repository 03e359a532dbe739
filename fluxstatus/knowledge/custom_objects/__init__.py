"""Objects without pods that fail a health check, as their events and conditions report it.

Services and Ingresses wait for a cloud or an address pool, Certificates for an issuer,
ExternalSecrets for a secret manager, Terraform objects for the lock of a state. The rules explain a failed health check, and are not faults
of their own. Of the rules for a kind, the first that matches is used.
"""

from fluxstatus.knowledge.custom_objects import (
    any_kind,
    certificates,
    load_balancers,
    secrets,
    terraforms,
)
from fluxstatus.knowledge.rule import Rule

RULES = (
    *load_balancers.RULES,
    *certificates.RULES,
    *secrets.RULES,
    *secrets.SEALED,
    *terraforms.RULES,
    *any_kind.RULES,
)

_KINDS = {
    **dict.fromkeys(
        ("Service", "Ingress", "Gateway", "TargetGroupBinding"), load_balancers.RULES
    ),
    **dict.fromkeys(
        ("Certificate", "CertificateRequest", "Order", "Challenge", "Issuer", "ClusterIssuer"),
        certificates.RULES,
    ),
    **dict.fromkeys(
        ("ExternalSecret", "ClusterExternalSecret", "PushSecret",
         "SecretStore", "ClusterSecretStore"), secrets.RULES,
    ),
    "SealedSecret": secrets.SEALED,
    "Terraform": terraforms.RULES,
}  # fmt: skip
"""The rules for each kind. In messages about other kinds, the same words have other meanings."""


def rules_of(kind: str) -> tuple[Rule, ...]:
    """Return the rules for what is reported about objects of *kind*."""
    return (*_KINDS.get(kind, ()), *any_kind.RULES)

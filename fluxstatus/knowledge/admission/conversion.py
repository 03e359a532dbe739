"""Conversion webhooks of CRDs that cannot be called.

Upstream: kubernetes apiextensions-apiserver pkg/apiserver/conversion.
"""

from fluxstatus.knowledge.admission.shared import BEHIND, decisive
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_CONVERSION_FAILING = Code(
    "conversion-webhook-failing",
    "The API server cannot convert objects because their conversion webhook fails.",
)

_CONVERTED = (
    r"conversion webhook for (?:(?P<converted_api>[^\s,]+), Kind=)?(?P<converted>\S+) failed"
    r"(?:[^\n]{0,200}?//(?P<hook_service>[\w-]+)\.(?P<hook_ns>[\w-]+)\.svc)?"
)

RULES = decisive(
    Rule(
        _CONVERSION_FAILING,
        why="the controller that converts {converted} objects ({converted_api}) does not recognize {unknown_version}; the controller is probably older than its CRDs",
        steps=(
            Step(
                "upgrade the controller to the version of its CRDs, or pin the source of the CRDs to the controller's version",
                read=(BEHIND,),
            ),
        ),
        pattern=Text(
            _CONVERTED
            + r"[^\n]*?no kind \"\w+\" is registered for version \"(?P<unknown_version>[^\"]+)"
        ),
        certainty="likely",
        upstream="kubernetes apimachinery runtime/scheme",
    ),
    Rule(
        _CONVERSION_FAILING,
        why="the API server cannot convert {converted} objects ({converted_api}): the conversion webhook's Service or its pods are missing",
        steps=(
            Step(
                "restore the controller that serves the conversion webhook (the Service is specified in spec.conversion of the CRD)",
                read=(BEHIND,),
            ),
            Step(
                "if the controller was uninstalled but its CRDs were kept, reinstall the controller. Until then, all requests for these objects fail"
            ),
        ),
        pattern=Text(
            _CONVERTED
            + r"[^\n]{0,400}?(?:service \"[^\"]+\" not found|no endpoints available for service)"
        ),
        transient=True,
        in_full=True,
        upstream="kubernetes apiextensions-apiserver conversion",
    ),
    Rule(
        _CONVERSION_FAILING,
        why="the API server cannot convert {converted} objects ({converted_api}): the conversion webhook's certificate is not trusted (x509)",
        steps=(
            Step(
                "correct spec.conversion.webhook.clientConfig.caBundle of the CRD. Make sure that applying the CRD does not remove the caBundle that cert-manager's cainjector or the controller sets",
                read=(BEHIND,),
            ),
        ),
        pattern=Text(_CONVERTED + r"[^\n]{0,800}?(?:x509|tls: )"),
        in_full=True,
        upstream="kubernetes apiextensions-apiserver conversion",
    ),
    Rule(
        _CONVERSION_FAILING,
        why="the API server cannot convert {converted} objects ({converted_api}) because their conversion webhook fails: {innermost}",
        steps=(
            Step(
                "check the pods and the logs of the controller that serves the conversion webhook, and check that NetworkPolicies and firewalls allow connections from the API server",
                read=(BEHIND,),
            ),
        ),
        pattern=Text(_CONVERTED),
        certainty="one-of",
        transient=True,
        upstream="kubernetes apiextensions-apiserver conversion",
    ),
)

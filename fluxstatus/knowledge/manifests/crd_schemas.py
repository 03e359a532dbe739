"""CRDs that the API server rejects because of their schema, rules or conversion.

Upstream: kubernetes apiextensions-apiserver pkg/apis/apiextensions/validation.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, MANIFEST_INVALID
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_CRD_INVALID = Code("crd-invalid", "The API server rejects a CRD as invalid.")
_VALIDATION = "kubernetes apiextensions-apiserver validation"
_CRD = "kubectl get customresourcedefinitions {object_name} -o yaml"

RULES = (
    Rule(
        _CRD_INVALID,
        why="{object} has a validation rule that this version of Kubernetes cannot compile, probably because the rule requires a newer version: {detail}",
        steps=(
            Step(
                "upgrade Kubernetes, or use an older version of the CRD (and of the operator or chart that it belongs to) that supports this version of Kubernetes",
                read=("kubectl version",),
            ),
        ),
        pattern=Text(
            r"x-kubernetes-validations\[\d+\]\.(?:rule|messageExpression): Invalid value: .{0,600}?"
            r"(?P<detail>(?:undeclared reference to|undefined field|found no matching overload|unsupported)[^\n]{0,120})"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_VALIDATION,
    ),
    Rule(
        _CRD_INVALID,
        why="the live {object} has preserveUnknownFields: true from an old version of the CRD, and this setting does not allow defaults in the schema",
        steps=(
            Step(
                "set preserveUnknownFields: false in the CRD in Git, or once in the live CRD; existing custom resources do not change",
                read=(_CRD,),
                change=(
                    """kubectl patch customresourcedefinitions {object_name} --type=merge -p '{{"spec":{{"preserveUnknownFields":false}}}}'""",
                ),
            ),
        ),
        pattern=Text(r"preserveUnknownFields: Invalid value: true: must be false"),
        kinds=APPLIES,
        certainty="likely",
        upstream=_VALIDATION,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is not a PEM certificate",
        steps=(
            Step(
                "if cert-manager's cainjector or the operator sets caBundle, remove it from the manifest in Git (a placeholder such as Cg== is not valid). Otherwise, set it to a base64-encoded PEM certificate",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>[\w.\[\]]{0,120}caBundle): Invalid value: .{0,4000}?unable to (?:load root certificates|parse bytes as PEM)"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_VALIDATION}, pkg/apis/admissionregistration/validation",
    ),
    Rule(
        _CRD_INVALID,
        why="the validation rules of {object} are too expensive for this version of Kubernetes: {detail}",
        steps=(
            Step(
                "use a version of the CRD that sets maxItems, maxLength or maxProperties in its schema, or upgrade Kubernetes; each version estimates the cost of rules differently",
                read=("kubectl version",),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:estimated|contributed to estimated) rule (?:&? ?messageExpression )?cost[^\n]{0,120}exceeds (?:budget|total cost)[^\n]{0,80}|exceeds budget by factor of[^\n]{0,80})"
        ),
        kinds=APPLIES,
        certainty="likely",
        upstream=_VALIDATION,
    ),
)

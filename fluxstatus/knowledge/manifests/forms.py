"""Values that the API server rejects, by what is wrong with them: no value, form, alternatives.

Upstream: kubernetes pkg/apis validation, kube-openapi validate, apiextensions CEL validation.
"""

from fluxstatus.knowledge.commands import OBJECT, SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, FIELD, MANIFEST_INVALID
from fluxstatus.knowledge.rule import Rule, Step, Text

_SCHEMA = "kube-openapi validate, apiextensions-apiserver schema"
_EXPLAIN = "kubectl explain {object_resource} --recursive"

RULES = (
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is {given}, but must be a URL with a scheme: Flux does not accept the short form of SSH addresses (USER@HOST:PATH)",
        steps=(
            Step(
                "write the URL as ssh://git@HOST/PATH in Git, with a slash instead of the colon behind the host, or as https://HOST/PATH",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            FIELD + r": Invalid value: (?P<given>\"[^\"\n]*\"): [\w.]{1,120} in body should match "
            r"'\^\((?:https?|ssh|\|)+\)://"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="CRDs of Flux: spec.url",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is {given}, which does not have the form that its kind requires: {detail}",
        steps=(
            Step(
                "correct the value of {field} in Git (for a HelmRelease, in the values or the chart): it must match the regular expression in the message; if it comes from a variable, check that the variable is set and substituted",
                read=(SPEC, _EXPLAIN),
            ),
        ),
        pattern=Text(
            FIELD + r": Invalid value: (?P<given>\"[^\"\n]*\"): [^\n:]{0,160}"
            r"in body (?=should match)(?P<detail>[^\n]{1,200})"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_SCHEMA,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} sets none or several of the alternatives of a field, but its kind allows exactly one: {detail}",
        steps=(
            Step(
                "keep exactly one of the alternatives in Git (for a HelmRelease, in the values or the chart), and check the spelling and the indentation of its fields",
                read=(SPEC, _EXPLAIN),
            ),
            Step(
                "if Git has exactly one, the live object has another one from another field manager: remove it there with kubectl edit",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(
            r"(?P<detail>\"?[\w.\[\]<>]{0,120}\"? must (?:not )?validate (?:one and only one|at least one|all the)? ?(?:the )?schemas?[^\n]{0,120})"
        ),
        kinds=APPLIES,
        certainty="one-of",
        quoted=True,
        upstream=_SCHEMA,
    ),
    Rule(
        MANIFEST_INVALID,
        why="a validation rule of the kind rejects {field} of {object}: {detail}",
        steps=(
            Step(
                "change {field} in Git as the rule requires (for a HelmRelease, in the values or the chart); the rule is in the CRD of {object_kind}, so another version of the CRD may have other rules",
                read=(SPEC, _EXPLAIN),
            ),
            Step(
                "if the manifest complies, compare it with the live object: server-side apply merges the manifest into the live object, which may have further fields, and some rules forbid a change",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(
            FIELD
            + r": Invalid value: \"(?:object|array|string|integer|number|boolean|null)\": (?!some validation rules were not|[^\n]{0,200}in body |[^\n]{0,160}immutable)(?P<detail>[^\n]{3,240})"
        ),
        kinds=APPLIES,
        certainty="one-of",
        quoted=True,
        upstream="kubernetes apiextensions-apiserver pkg/apiserver/schema/cel",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is required, but has no value: {detail}",
        steps=(
            Step(
                "set {field} in Git (for a HelmRelease, in the values or the chart): check the indentation, the patches, and that a variable in it is not empty; kubectl explain describes the field",
                read=(SPEC, _EXPLAIN),
            ),
        ),
        pattern=Text(FIELD + r": (?P<detail>Required value[^\n]{0,240})"),
        kinds=APPLIES,
        upstream="kubernetes apimachinery validation/field",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} has two entries with the same value {given} in a list in which each value is allowed once ({field})",
        steps=(
            Step(
                "remove or rename one of the two in Git (for a HelmRelease, in the values or the chart: the chart may already add one)",
                read=(SPEC, OBJECT),
            ),
        ),
        pattern=Text(FIELD + r": (?=Duplicate value: (?P<given>[^\n]{1,160}))"),
        kinds=APPLIES,
        quoted=True,
        upstream="kubernetes apimachinery validation/field",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} is not allowed in {object}, or not together with its other fields: {detail}",
        steps=(
            Step(
                "remove {field} in Git (for a HelmRelease, set it to null in spec.values, or correct the chart), or change the field that excludes it as the message describes",
                read=(SPEC,),
            ),
            Step(
                "if Git does not set it, another field manager or an earlier manifest has set it: remove it from the live object with kubectl edit",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(
            FIELD
            + r": (?P<detail>Forbidden: (?:may not|must not|may only|can only|cannot|not allowed|must be|should not|is not)[^\n]{0,240})"
        ),
        kinds=APPLIES,
        certainty="one-of",
        upstream="kubernetes apimachinery validation/field",
    ),
)

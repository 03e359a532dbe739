"""Values that the API server rejects: missing, malformed or mutually exclusive ones.

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
        why="{field} of {object} is {given}, but must be a URL with a scheme: Flux does not accept SSH addresses in the short form (USER@HOST:PATH)",
        steps=(
            Step(
                "write the URL as ssh://git@HOST/PATH in Git, with a slash instead of the colon after the host, or as https://HOST/PATH",
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
        why="{field} of {object} is {given}, which does not have the required format: {detail}",
        steps=(
            Step(
                "correct {field} {in_git} so that it matches the regular expression in the message. If the value comes from a variable, check that the variable is set and substituted",
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
        why="{object} must set exactly one of several alternative fields, but sets none or more than one: {detail}",
        steps=(
            Step(
                "keep exactly one of the alternatives {in_git}, and check the spelling and indentation of its fields",
                read=(SPEC, _EXPLAIN),
            ),
            Step(
                "if Git sets exactly one of the fields, another field manager set a second one in the live object: remove this second field with kubectl edit",
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
        why="a validation rule rejects {field} of {object}: {detail}",
        steps=(
            Step(
                "change {field} {in_git} as the rule requires; the rule is part of the CRD of {object_kind}, so other versions of the CRD may have different rules",
                read=(SPEC, _EXPLAIN),
            ),
            Step(
                "if the manifest complies with the rule, compare it with the live object. Server-side apply merges the manifest into the live object, which may have additional fields, and some rules forbid changes",
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
        why="{field} of {object} is required, but not set: {detail}",
        steps=(
            Step(
                "set {field} {in_git}: check the indentation and the patches, and check that any variable in the field is not empty. For a description of the field, run kubectl explain",
                read=(SPEC, _EXPLAIN),
            ),
        ),
        pattern=Text(FIELD + r": (?P<detail>Required value[^\n]{0,240})"),
        kinds=APPLIES,
        upstream="kubernetes apimachinery validation/field",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} has the same value as another entry of the list: {given}",
        steps=(
            Step(
                "remove or rename one of the two entries {in_git}",
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
        why="{field} is not allowed in {object}, or not in combination with its other fields: {detail}",
        steps=(
            Step(
                "{in_git}, remove {field}, or change the field that conflicts with it as the message describes{unset_default}",
                read=(SPEC,),
            ),
            Step(
                "if Git does not set the field, another field manager or an earlier manifest set it: remove the field from the live object with kubectl edit",
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

"""CEL expressions in a spec: readyExpr, healthCheckExprs, resourceFilter.

Upstream: fluxcd/pkg runtime/cel, kustomize-controller and helm-controller internal/controller,
notification-controller internal/server.
"""

from fluxstatus.knowledge.codes import CEL_INVALID
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.facts import expression_in
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_NOT_OF_CLUSTER = r"^(?!.*(?:AdmissionPolicy|denied the request|is invalid: |resulted in error))"
"""Excludes messages of the API server, which evaluates CEL for admission policies and CRDs."""
_CEL_FAILS = Text(
    r"^(?!.*timeout waiting for).*failed to (?:parse|compile|evaluate) (?:the )?CEL expression "
    r"(?:'.{1,600}?': (?P<detail>[^\n]{1,200})|as (?P<wanted>\w+): )"
)

RULES = (
    Rule(
        CEL_INVALID,
        why="spec.dependsOn[].readyExpr reads a field that the dependency or the object does not have: {detail}",
        steps=(
            Step(
                "correct the field in readyExpr; if the field is missing only some of the time, guard it with has(), for example has(dep.status.FIELD)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to evaluate the CEL expression [^\n]*(?P<detail>no such (?:key|attribute)[^\n]{0,80})"
        ),
        when=(expression_in("dependsOn"),),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG runtime/cel, KC, HC internal/controller evalReadyExpr",
    ),
    Rule(
        CEL_INVALID,
        why="a readyExpr in spec.dependsOn is not a valid CEL expression, or does not return true or false: {detail}",
        steps=(Step("correct readyExpr in spec.dependsOn", read=(SPEC,)),),
        pattern=_CEL_FAILS,
        when=(expression_in("dependsOn"),),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG runtime/cel, KC, HC internal/controller evalReadyExpr",
    ),
    Rule(
        CEL_INVALID,
        why="an expression in spec.healthCheckExprs is not a valid CEL expression: {detail}",
        steps=(
            Step(
                "correct the expression under current, inProgress or failed in spec.healthCheckExprs. An expression can read the object's fields, such as status.conditions",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"status evaluator for healthchecks\[\d+\].*?(?:CEL expression '.{1,600}?'|expression \w+): "
            r"(?P<detail>[^\n]{1,200})"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG runtime/cel, KC, HC internal/controller",
    ),
    Rule(
        CEL_INVALID,
        why="resourceFilter of the Receiver is not a valid CEL expression: {detail}",
        steps=(
            Step(
                "correct spec.resourceFilter, or resourceFilter of the entry in spec.resources",
                read=(SPEC,),
            ),
        ),
        pattern=_CEL_FAILS,
        kinds=frozenset({"Receiver"}),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="NC internal/server/receiver_resource_filter.go",
    ),
    Rule(
        CEL_INVALID,
        why="the result of a CEL expression in the spec has the wrong type: {given} instead of {wanted}",
        steps=(
            Step(
                "correct the expression in spec.dependsOn[].readyExpr or spec.healthCheckExprs so that it compares the field with a value, for example status.phase == 'Active'",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"CEL expression output type mismatch: expected (?P<wanted>\w+), got (?P<given>\w+)"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG runtime/cel",
    ),
    Rule(
        CEL_INVALID,
        why="a CEL expression in the spec cannot be compiled or evaluated: {detail}",
        steps=(
            Step(
                "correct the expression in spec.dependsOn[].readyExpr, spec.healthCheckExprs or the Receiver's resourceFilter",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:failed to (?:parse|compile|evaluate|instantiate|create)[^\n]{0,40}CEL|"
            r"healthCheckExprs|(?:invalid|unable to parse) (?:CEL )?expression|ERROR: <input>|"
            r"no such key|undeclared reference)[^\n]{0,200})"
        ),
        context=Text(_NOT_OF_CLUSTER),
        reasons=(
            "InvalidCELExpression",
            "DependencyNotReady",
            "ReconciliationFailed",
            "HealthCheckFailed",
        ),
        trivial=True,
        upstream="PKG runtime/cel",
    ),
    Rule(
        CEL_INVALID,
        why="a CEL expression in the spec cannot be compiled or evaluated",
        steps=(Step("correct the expression in readyExpr or healthCheckExprs", read=(SPEC,)),),
        reasons=("InvalidCELExpression",),
        trivial=True,
        upstream="PKG runtime/cel",
    ),
)

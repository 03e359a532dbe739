"""HelmRelease: what the chart renders is not accepted, because of a value's type or absence.

Upstream: Go text/template, Masterminds/sprig, helm pkg/engine and pkg/kube, HC internal/action.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.releases.shared import HR, TEMPLATE_ERROR
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_TEMPLATES = "Go text/template, helm pkg/engine"
_AT = r"executing \"[^\"]+\" at (?P<expression><[^<>\n]{1,160}>): "

RULES = (
    Rule(
        TEMPLATE_ERROR,
        why="the chart evaluates a value as a template ({expression}), and this template is not valid: {detail}",
        steps=(
            Step(
                "correct the template in the value (spec.values or spec.valuesFrom): it may only use variables and functions that the chart provides",
                read=(SPEC,),
            ),
            Step(
                "if the value should contain the braces as text, write {{{{ `{{{{ ... }}}}` }}}} instead"
            ),
        ),
        pattern=Text(
            _AT
            + r"error calling tpl: (?:cannot parse template|error during tpl function execution for) .*?: (?P<detail>[^\n]{1,200})$"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="helm pkg/engine",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a check in the chart rejects the values ({template}): {detail}",
        steps=(
            Step(
                "in spec.values or spec.valuesFrom, set the values that the chart's check requires; to upgrade a chart that generates passwords, pass the existing passwords or the name of an existing Secret",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"execution error at \((?P<template>[^)]+)\):\s*\n\s*(?P<detail>\S.{0,300})"),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a value in spec.values has the wrong type: a template of the chart ({expression}) expects {wanted}, but the value is {given}",
        steps=(
            Step(
                "correct the type of the value in spec.values, as in the chart's values.yaml: string in quotes, int and bool without quotes, []interface {{}} is a list and map[string]interface {{}} a mapping",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _AT
            + r"(?:error calling (?!include)\w+: )?wrong type for value; expected (?P<wanted>[^;\n]{1,60}); got (?P<given>[^\n]{1,60})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a value in spec.values has the wrong type: a template of the chart reads {expression} as a list or mapping, but it is {given}",
        steps=(
            Step(
                "correct the value in spec.values: it must be a list or mapping, as in the chart's values.yaml",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _AT
            + r"(?:range can't iterate over|error calling index: can't index item of type) (?P<given>[^\n]{1,80})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a template of the chart compares values of different types ({expression})",
        steps=(
            Step(
                "correct the type of the value in spec.values (a number without quotes, a string with quotes), as in the chart's values.yaml; a value that is not set has no type",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _AT
            + r"error calling (?:eq|ne|lt|le|gt|ge): (?:incompatible types for comparison|invalid type for comparison|missing argument for comparison)"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a template of the chart reads a value that is not set ({expression})",
        steps=(
            Step(
                "set the value in spec.values, as in the chart's values.yaml, or use a chart version that handles its absence",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _AT
            + r"error calling \w+: (?:index of untyped nil|nil data; no entry for key [^\n]{1,40}|index out of range: \d+|reflect: slice index out of range|slice of untyped nil|value is nil; should be of type [^\n]{1,40})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="the chart uses the template function {function}, which the Helm version in helm-controller does not have",
        steps=(
            Step(
                "upgrade Flux if the chart requires a newer Helm; otherwise use an older version of the chart, or correct the name of the function in its template",
                read=(
                    SPEC,
                    "kubectl get deployment helm-controller -n {flux_namespace} -o jsonpath={{.spec.template.spec.containers[*].image}}",
                ),
            ),
        ),
        pattern=Text(r"function \"(?P<function>\w+)\" not defined"),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        quoted=True,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a value in spec.values has the wrong type: a template of the chart ({expression}) cannot convert it: {detail}",
        steps=(
            Step(
                "correct the value in spec.values, as in the chart's values.yaml: a number where the template wants a number, and no text around it",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _AT
            + r"(?P<detail>error calling \w+: (?:unable to cast|strconv\.\w+: parsing|can't convert)[^\n]{1,120})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="Masterminds/sprig, spf13/cast",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a template of the chart parses a text as YAML or JSON ({expression}), which is not valid: {detail}",
        steps=(
            Step(
                "correct the value in spec.values that the text comes from (indentation, quotes, a | for a text of several lines), or use another chart version",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _AT
            + r"(?P<detail>error calling (?:must)?from(?:Yaml|Json|YamlArray|JsonArray|Toml): [^\n]{1,160})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="helm pkg/engine, Masterminds/sprig",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="chart template {template} renders a value of the wrong type: {field} is a {found}, but must be a {wanted}",
        steps=(
            Step(
                "put quotes around the value in spec.values that the template writes there, such as a number or true in an annotation or label; if the template drops the quotes, use another chart version",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:YAML parse error on|manifests: parsing) (?P<template>[^\s:]+): error unmarshaling JSON: while decoding JSON: json: "
            r"cannot unmarshal (?P<found>number|bool) into Go struct field (?P<field>\S+) of type (?P<wanted>[\w.\[\]]+)"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/release/util/manifest_sorter.go",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="chart template {template} renders a value of type {found} instead of an object with apiVersion and kind",
        steps=(
            Step(
                "check the values that the template writes (a list where it expects a mapping, or a text), and extra objects in spec.values: each must be a whole manifest; to see the output, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:YAML parse error on|manifests: parsing) (?P<template>[^\s:]+): error unmarshaling JSON: while decoding JSON: json: "
            r"cannot unmarshal (?P<found>array|string|number|bool) into Go value of type \w+\.SimpleHead"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/release/util/manifest_sorter.go",
    ),
    Rule(
        TEMPLATE_ERROR,
        why='a template of the chart includes template "{function}", which the chart does not contain: a library chart that it depends on is probably not packaged with it',
        steps=(
            Step(
                "package the chart with its dependencies (run helm dependency build before you publish it), or correct the name in the template; for a chart in Git, its dependencies must be in charts/ or in Chart.yaml",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"no template \"(?P<function>[\w.-]+)\" associated with template"),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="the chart renders an object in which {field} is empty (null)",
        steps=(
            Step(
                "set the value in spec.values that the chart uses for {field}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"unknown object type \"nil\" in (?P<field>[\w./-]+)"),
        kinds=HR,
        quoted=True,
        upstream="kubectl pkg/validation, helm pkg/kube",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="the chart renders a document without apiVersion or kind, which is not a Kubernetes manifest",
        steps=(
            Step(
                "correct the value in spec.values that leads to this output, or use another chart version; to see the output, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?:apiVersion|kind) not set\b"),
        kinds=HR,
        upstream="kubectl pkg/validation, helm pkg/kube",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a CRD in the chart is not valid YAML ({template}): {detail}",
        steps=(
            Step(
                "use a chart version with a correct file, or correct the chart: values have no effect on the files in crds/",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to parse CustomResourceDefinitions from (?P<template>[^\s:]+): (?P<detail>[^\n]{1,200})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="HC internal/action/crds.go",
    ),
)

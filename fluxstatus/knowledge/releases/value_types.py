"""HelmRelease: rendered charts that are rejected because a value is missing or has a wrong type.

Upstream: Go text/template, Masterminds/sprig, helm pkg/engine and pkg/kube, helm-controller
internal/action.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.releases.shared import HR, TEMPLATE_ERROR
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_TEMPLATES = "Go text/template, helm pkg/engine"
_AT = r"executing \"[^\"]+\" at (?P<expression><[^<>\n]{1,160}>): "

RULES = (
    Rule(
        TEMPLATE_ERROR,
        why="the chart evaluates a value as a template ({expression}), but this template is invalid: {detail}",
        steps=(
            Step(
                "correct the template in the value (in spec.values or spec.valuesFrom). It can only use variables and functions that the chart provides",
                read=(SPEC,),
            ),
            Step(
                "if the value should contain the braces literally, use {{{{ `{{{{ ... }}}}` }}}} instead"
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
                "set the values that the chart's check requires in spec.values or spec.valuesFrom. To upgrade a chart that generates passwords, set the existing passwords or the name of an existing Secret",
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
        why="a value in spec.values has the wrong type: a chart template ({expression}) expects {wanted}, but the value is {given}",
        steps=(
            Step(
                "correct the type of the value in spec.values, as in the chart's values.yaml. Strings are in quotes, int and bool are not, []interface {{}} is a list, and map[string]interface {{}} is a mapping",
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
        why="a value in spec.values has the wrong type: a chart template reads {expression} as a list or mapping, but the value is {given}",
        steps=(
            Step(
                "correct the value in spec.values. It must be a list or mapping, as in the chart's values.yaml",
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
        why="a chart template compares values of different types ({expression})",
        steps=(
            Step(
                "correct the type of the value in spec.values, as in the chart's values.yaml (numbers without quotes, strings in quotes). A value that is not set has no type",
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
        why="a chart template reads a value that is not set ({expression})",
        steps=(
            Step(
                "set the value in spec.values, as in the chart's values.yaml, or use a chart version that does not require it",
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
        why="the chart uses the template function {function}, which the Helm version in helm-controller does not support",
        steps=(
            Step(
                "if the chart requires a newer Helm version, upgrade Flux. Otherwise, use an older chart version, or correct the name of the function in the chart's template",
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
        why="a value in spec.values has the wrong type: a chart template ({expression}) cannot convert the value ({detail})",
        steps=(
            Step(
                "correct the value in spec.values, as in the chart's values.yaml. Where the template requires a number, set only the number, without any text",
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
        why="a chart template ({expression}) parses a string that is not valid YAML or JSON: {detail}",
        steps=(
            Step(
                "correct the value in spec.values that contains the string (check its indentation and quotes, and use | for several lines), or use another chart version",
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
        why="chart template {template} renders a value of the wrong type: {field} has type {found} instead of {wanted}",
        steps=(
            Step(
                "quote the value in spec.values that the template uses there, such as a number or true in an annotation or label. If the template removes the quotes, use another chart version",
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
                "check the values that the template uses, such as a list where a mapping is expected, and the extra objects in spec.values, which must all be complete manifests. To see the output, run helm template",
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
        why='a chart template includes "{function}", which the chart does not define; a library chart is probably not packaged with the chart',
        steps=(
            Step(
                "package the chart with its dependencies (run helm dependency build before you publish it), or correct the name in the template. The dependencies of a chart in Git must be in charts/ or in Chart.yaml",
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
                "correct the value in spec.values that causes this output, or use another chart version. To see the output, run helm template",
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
                "use a chart version with a valid file, or correct the chart. Values have no effect on the files in crds/",
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

"""HelmRelease: values that do not match the schema of the chart, by what does not match.

Helm 3.18 and newer checks with santhosh-tekuri/jsonschema, older ones with xeipuu/gojsonschema.

Upstream: helm pkg/chart/common/util/jsonschema.go.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.releases.shared import HR, VALUES_INVALID
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_UPSTREAM = "helm pkg/chart/common/util/jsonschema.go"
_CHART = r"values don't meet the specifications of the schema[^\n]*\n(?P<schema_chart>[\w.-]+):\n- "
_DETAIL = r"(?P<detail>(?:(?!Last Helm logs:).){1,300})"

_NOT_SET_BY_YOU = Step(
    "if you do not set this value, or the chart's documentation allows it (a global value, the switch of a dependency), the schema is too strict: use another version of the chart, or set spec.install.disableSchemaValidation and spec.upgrade.disableSchemaValidation: true"
)

RULES = (
    Rule(
        VALUES_INVALID,
        why="the schema of chart {schema_chart} does not allow one of the values: it is misspelled, at the wrong level, or was removed or renamed in this chart version ({detail})",
        steps=(
            Step(
                "remove the value from spec.values or spec.valuesFrom, or correct its name or level: compare with the output of helm show values for this chart version and with its upgrade notes; the values of a dependency are under its name (such as {schema_chart}) in the values of the chart",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + r"(?=(?:[^\n]*\n *- ){0,3}?[^\n]{0,160}?(?:Additional property \S+ is not allowed|additional properties '[^\n]{1,2000}?' not allowed))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        quoted=True,
        upstream=_UPSTREAM,
    ),
    Rule(
        VALUES_INVALID,
        why="the schema of chart {schema_chart} requires a value that is not set: {detail}",
        steps=(
            Step(
                "set it in spec.values or spec.valuesFrom, with the name and level in the message; helm show values describes it; the values of a dependency are under its name (such as {schema_chart}) in the values of the chart",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + r"(?=[^\n]{0,160}?(?:missing propert(?:y|ies) '|: [\w.-]+ is required))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=_UPSTREAM,
    ),
    Rule(
        VALUES_INVALID,
        why="a value is not set (null), but the schema of chart {schema_chart} requires another type: {detail}",
        steps=(
            Step(
                "write a value behind the key in spec.values, or remove the key: a key without a value is null, which also removes the chart's default",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + r"(?=[^\n]{0,160}?: (?:got null, want|Invalid type\. Expected: [^\n]{1,60}, given: null))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=_UPSTREAM,
    ),
    Rule(
        VALUES_INVALID,
        why="a value is not one of those that the schema of chart {schema_chart} allows, or does not have the required form: {detail}",
        steps=(
            Step(
                "set an allowed value in spec.values or spec.valuesFrom ({detail}); check its spelling and its unit",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + r"(?=[^\n]{0,160}?(?:value must be (?:one of|')|must be one of the following|does not match|"
            r": (?:minimum|maximum|minLength|maxLength|minItems|maxItems|exclusiveM\w+): got |(?:Must be|String length|Array must have)))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=_UPSTREAM,
    ),
    Rule(
        VALUES_INVALID,
        why="a value does not have the type that the schema of chart {schema_chart} requires: {detail}",
        steps=(
            Step(
                "correct the type of the value in spec.values or spec.valuesFrom, as in the chart's values.yaml: string in quotes, integer and boolean without quotes, object is a mapping and array a list; the values of a dependency are under its name (such as {schema_chart}) in the values of the chart",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + r"(?=[^\n]{0,160}?(?:got (?:null|boolean|object|array|number|integer|string), want |Invalid type\. Expected: ))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=_UPSTREAM,
    ),
)

"""HelmRelease: values that do not match the chart's schema, by the kind of mismatch.

Helm 3.18 and newer checks with santhosh-tekuri/jsonschema, older ones with xeipuu/gojsonschema.

Upstream: helm pkg/chart/common/util/jsonschema.go.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.releases.shared import HR, VALUES_INVALID
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_UPSTREAM = "helm pkg/chart/common/util/jsonschema.go"
_CHART = r"values don't meet the specifications of the schema[^\n]*\n(?P<schema_chart>[\w.-]+):\n- "
_IN_ALL = r"(?:[^\n]{0,200}'allOf' failed\n *- ){0,3}?"
"""The lines of schemas that must all match, before the line of the one that does not."""

_DETAIL = r"(?P<detail>(?:(?!Last Helm logs:).){1,300})"

_NOT_SET_BY_YOU = Step(
    "if you do not set this value, or if the chart's documentation allows it (for example, as a global value or to enable a dependency), the schema is too strict. Use another chart version, or set spec.install.disableSchemaValidation and spec.upgrade.disableSchemaValidation to true"
)

RULES = (
    Rule(
        VALUES_INVALID,
        why="the schema of chart {schema_chart} does not allow one of the values; the value is misspelled or at the wrong level, or was removed or renamed in this chart version ({detail})",
        steps=(
            Step(
                "remove the value from spec.values or spec.valuesFrom, or correct its name or level. Compare it with the output of helm show values for this chart version, and with the chart's upgrade notes. The values of a dependency are nested under its name (such as {schema_chart}) in the chart's values",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + r"(?=(?:[^\n]*\n *- ){0,3}?[^\n]{0,160}?(?:Additional property \S+ is not allowed|(?:additional|unevaluated) properties '[^\n]{1,2000}?' not allowed|: false schema))"
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
                "set the value in spec.values or spec.valuesFrom, with the name and level in the message. For a description, run helm show values. The values of a dependency are nested under its name (such as {schema_chart}) in the chart's values",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + rf"(?={_IN_ALL}[^\n]{{0,160}}?(?:missing propert(?:y|ies) '|: [\w.-]+ is required))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream=_UPSTREAM,
    ),
    Rule(
        VALUES_INVALID,
        why="a value is null (not set), but the schema of chart {schema_chart} requires another type: {detail}",
        steps=(
            Step(
                "set a value for the key in spec.values, or remove the key. A key without a value is null, and null also removes the chart's default",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + rf"(?={_IN_ALL}[^\n]{{0,160}}?: (?:got null, want|Invalid type\. Expected: [^\n]{{1,60}}, given: null))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream=_UPSTREAM,
    ),
    Rule(
        VALUES_INVALID,
        why="a value is not one of those that the schema of chart {schema_chart} allows, or does not have the required format: {detail}",
        steps=(
            Step(
                'set an allowed value in spec.values or spec.valuesFrom (the schema check reports: "{detail}"), and check its spelling and unit',
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + rf"(?={_IN_ALL}[^\n]{{0,160}}?(?:value must be (?:one of|')|must be one of the following|does not match|' is not valid [\w-]+: |items at \d+ and \d+ are equal|"
            r": (?:minimum|maximum|minLength|maxLength|minItems|maxItems|exclusiveM\w+): got |(?:Must be|String length|Array must have)))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream=_UPSTREAM,
    ),
    Rule(
        VALUES_INVALID,
        why="the values match several alternatives in the schema of chart {schema_chart}, but only one is allowed: {detail}",
        steps=(
            Step(
                "in spec.values and spec.valuesFrom, set only the values of one alternative (often a value and a reference to an existing Secret or object exclude each other). To see the alternatives, run helm show values, or read the chart's values.schema.json",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + rf"(?={_IN_ALL}[^\n]{{0,160}}?'oneOf' failed, subschemas [\d, ]+ matched)"
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
                "correct the type of the value in spec.values or spec.valuesFrom, as in the chart's values.yaml. Strings are in quotes, integers and booleans are not, an object is a mapping, and an array is a list. The values of a dependency are nested under its name (such as {schema_chart}) in the chart's values",
                read=(SPEC,),
            ),
            _NOT_SET_BY_YOU,
        ),
        pattern=Text(
            _CHART
            + rf"(?={_IN_ALL}[^\n]{{0,160}}?(?:got (?:null|boolean|object|array|number|integer|string), want |Invalid type\. Expected: ))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream=_UPSTREAM,
    ),
)

"""HelmRelease: values, their sources and the schema of the chart.

Upstream: fluxcd/pkg chartutil/values.go, helm pkg/chart and pkg/action.
"""

from fluxstatus.knowledge.codes import CHART_DEPENDENCY_FAILED
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.facts import is_remote
from fluxstatus.knowledge.releases.shared import HR, VALUES_INVALID
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_VALUES_MISSING = Code(
    "values-missing", "A Secret, ConfigMap or key in spec.valuesFrom does not exist."
)
_VALUES_UNREADABLE = Code(
    "values-unreadable", "The values in spec.values and spec.valuesFrom cannot be parsed or merged."
)
_SCHEMA_UNUSABLE = Code(
    "chart-schema-unusable", "The values schema of the Helm chart cannot be loaded."
)

_CHART_KUBE_VERSION = Code(
    "chart-kube-version", "The chart does not support the cluster's Kubernetes version."
)

_VALUES = "kubectl get configmaps,secrets -n {ns}"

RULES = (
    Rule(
        VALUES_INVALID,
        why="the chart requires the current password in {field} for upgrades",
        steps=(
            Step(
                "set {field} to the current password. Reference the existing Secret in spec.valuesFrom with targetPath: {field} or, if the chart supports it, in its value for an existing Secret",
                read=("kubectl get secrets -n {target_ns}", SPEC),
            ),
        ),
        pattern=Text(
            r"execution error at \([^()]+\):\s*PASSWORDS ERROR: You must provide your current passwords.*?'(?P<field>[\w.]+)' must not be empty"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="Bitnami common chart, templates/validations",
    ),
    Rule(
        VALUES_INVALID,
        why="the existing Secret {values_name} does not have key {values_key}, which the chart requires",
        steps=(
            Step(
                "add key {values_key} to Secret {values_name} in namespace {target_ns}. An older version of the chart did not require this key",
                read=("kubectl describe secret/{values_name} -n {target_ns}",),
            ),
        ),
        pattern=Text(
            r"execution error at \([^()]+\):\s*PASSWORDS ERROR: The secret \"(?P<values_name>[\w.-]+)\" does not contain the key \"(?P<values_key>[\w.-]+)\""
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="Bitnami common chart, templates/_secrets.tpl",
    ),
    Rule(
        _VALUES_MISSING,
        why="{values_kind} {values_name} in spec.valuesFrom does not have key {values_key}",
        steps=(
            Step(
                "add key {values_key} to {values_kind} {values_name}, correct valuesKey, or set optional: true on the reference",
                read=("kubectl describe {values_kind} {values_name} -n {ns}", SPEC),
            ),
        ),
        pattern=Text(
            r"(?P<values_kind>Secret|ConfigMap) chart values reference '(?:[\w.-]+/)?"
            r"(?P<values_name>[\w.-]+)' with key '(?P<values_key>[^']+)':[^\n]*"
            r"(?:key not found|missing key)"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        _VALUES_MISSING,
        why="{values_kind} {values_name} in spec.valuesFrom does not exist in namespace {ns} of this cluster; values are not read from the remote cluster that spec.kubeConfig refers to",
        steps=(
            Step(
                "create {values_kind} {values_name} in namespace {ns} of this cluster, correct its name, or set optional: true on the reference",
                read=(_VALUES, SPEC),
            ),
        ),
        pattern=Text(
            r"(?P<values_kind>Secret|ConfigMap) chart values reference '(?:[\w.-]+/)?"
            r"(?P<values_name>[\w.-]+)'[^\n]*not found"
        ),
        kinds=HR,
        when=(is_remote,),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        _VALUES_MISSING,
        why="{values_kind} {values_name} in spec.valuesFrom does not exist",
        steps=(
            Step(
                'create {values_kind} {values_name} (with key "values.yaml", unless valuesKey is set), correct its name, or set optional: true on the reference',
                read=(_VALUES, SPEC),
            ),
            Step(
                "if {values_kind} {values_name} is generated, with a hash appended to the name, set disableNameSuffixHash: true in generatorOptions, or let kustomize update the reference (with nameReference, in a file listed under configurations)"
            ),
        ),
        pattern=Text(
            r"(?P<values_kind>Secret|ConfigMap) chart values reference '(?:[\w.-]+/)?"
            r"(?P<values_name>[\w.-]+)'[^\n]*not found"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        _VALUES_UNREADABLE,
        why="a value in {values_kind} {values_name} cannot be set at the targetPath of its reference in spec.valuesFrom; Helm parses the value like an argument of helm --set, where commas, braces and equal signs have a special meaning ({detail})",
        steps=(
            Step(
                "set literal: true on the reference (Flux 2.9 or later), put the value in the {values_kind} in single quotes, or escape each comma with a backslash",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<values_kind>Secret|ConfigMap) chart values reference '(?:[\w.-]+/)?"
            r"(?P<values_name>[\w.-]+)'(?: with key '[^']+')?: (?P<detail>(?:key (?:map )?\"[^\"]*\" has no value|"
            r"list must terminate with|error parsing index|list index of )[^\n]{0,80})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="PKG chartutil/values.go, helm pkg/strvals",
    ),
    Rule(
        _VALUES_UNREADABLE,
        why="{values_kind} {values_name}, which spec.valuesFrom refers to, does not contain valid values: {detail}",
        steps=(
            Step(
                "correct the YAML value of the key, or the targetPath of the reference",
                read=(_VALUES, SPEC),
            ),
            Step(
                "if the reference has a targetPath, Helm parses the value like an argument of helm --set, where commas, braces and brackets have a special meaning. Set literal: true on the reference, or provide the value as YAML without a targetPath"
            ),
        ),
        pattern=Text(
            r"(?P<values_kind>Secret|ConfigMap) chart values reference '(?:[\w.-]+/)?"
            r"(?P<values_name>[\w.-]+)'(?: with key '[^']+')?: (?P<detail>[^\n]{1,200})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        _VALUES_UNREADABLE,
        why="spec.values and spec.valuesFrom cannot be merged",
        steps=(Step("correct spec.values and spec.valuesFrom", read=(SPEC, _VALUES)),),
        reasons=("ValuesError",),
        kinds=HR,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        _SCHEMA_UNUSABLE,
        why="the chart's values.schema.json refers to a schema that Helm cannot load ({schema_ref}); the values are not the cause",
        steps=(
            Step(
                "use a chart version without this reference",
                read=(SPEC,),
            ),
            Step(
                "alternatively, set spec.install.disableSchemaValidation: true and spec.upgrade.disableSchemaValidation: true. Helm then does not validate the values"
            ),
        ),
        pattern=Text(
            r"(?:failing loading|file not found for|HTTP request (?:failed for|to)) "
            r"\"?(?P<schema_ref>\w+://[^\s\"]+)"
        ),
        context=Text(r"specifications of the schema"),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/chart/common/util/jsonschema.go",
    ),
    Rule(
        _SCHEMA_UNUSABLE,
        why="the chart's values.schema.json is not a valid schema: {innermost}",
        steps=(
            Step("use a chart version with a valid schema, or correct the chart", read=(SPEC,)),
            Step(
                "alternatively, set spec.install.disableSchemaValidation: true and spec.upgrade.disableSchemaValidation: true. Helm then does not validate the values"
            ),
        ),
        pattern=Text(
            r"unable to validate schema|failed to compile|is not valid against metaschema|"
            r"\nduplicate id \""
        ),
        context=Text(r"specifications of the schema"),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/chart/common/util/jsonschema.go",
    ),
    Rule(
        VALUES_INVALID,
        why="the values do not match the schema of chart {schema_chart}: {detail}",
        steps=(
            Step(
                "correct the value in spec.values or spec.valuesFrom. The values of a dependency are nested under its name (such as {schema_chart}) in the chart's values",
                read=(SPEC,),
            ),
            Step(
                "if the message refers to values that you do not set, the chart is the cause. Set a valid value, use another chart version, or set spec.install.disableSchemaValidation and spec.upgrade.disableSchemaValidation to true"
            ),
        ),
        pattern=Text(
            r"values don't meet the specifications of the schema[^\n]*\n(?P<schema_chart>[\w.-]+):\n- (?P<detail>.{1,300})"
        ),
        kinds=HR,
        trivial=True,
        upstream="helm pkg/chart/common/util/jsonschema.go",
    ),
    Rule(
        VALUES_INVALID,
        why="the values do not match the chart's schema",
        steps=(
            Step("correct the value in spec.values or spec.valuesFrom", read=(SPEC,)),
            Step(
                "if the message refers to values that you do not set, the chart's schema is the cause. Use a newer chart version, or set spec.install.disableSchemaValidation and spec.upgrade.disableSchemaValidation to true"
            ),
        ),
        pattern=Text(r"values don't meet the specifications of the schema"),
        kinds=HR,
        trivial=True,
        upstream="helm pkg/chart/common/util/jsonschema.go",
    ),
    Rule(
        _CHART_KUBE_VERSION,
        why="the chart requires Kubernetes {wanted}, which probably excludes {detail} only because of its suffix; a version range without -0 does not match versions with a hyphen",
        steps=(
            Step(
                "use a chart version with a kubeVersion that allows suffixes, such as >= 1.28.0-0. If {detail} without its suffix is outside the range, use a chart version that supports it",
                read=("kubectl version", SPEC),
            ),
        ),
        pattern=Text(
            r"chart requires kubeVersion: (?P<wanted>(?:(?!-0)[^\n]){1,60}?) which is incompatible with "
            r"Kubernetes (?P<detail>v?[\d.]+-\S+)"
        ),
        kinds=HR,
        certainty="likely",
        upstream="helm pkg/action/action.go, Masterminds semver",
    ),
    Rule(
        _CHART_KUBE_VERSION,
        why="the chart requires Kubernetes {wanted}, but the cluster's version is {detail}",
        steps=(
            Step(
                "use a chart version that supports this Kubernetes version, or upgrade the cluster",
                read=("kubectl version", SPEC),
            ),
        ),
        pattern=Text(
            r"chart requires kubeVersion: (?P<wanted>.{1,60}?) which is incompatible with "
            r"Kubernetes (?P<detail>\S+)"
        ),
        kinds=HR,
        upstream="helm pkg/action/action.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="the chart does not include its dependencies: {detail}",
        steps=(
            Step(
                "package the dependencies with the chart (run helm dependency build before you publish it)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>found in Chart\.yaml, but missing in charts/ directory:[^\n]{0,160})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/action/dependency.go",
    ),
)

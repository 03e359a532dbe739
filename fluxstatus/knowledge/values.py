"""HelmRelease: values, schemas, templates, post-renderers.

Upstream: PKG chartutil/values.go, helm pkg/engine, pkg/chart, HC internal/postrender.
"""

from fluxstatus.knowledge.codes import CHART_DEPENDENCY_FAILED, RESOURCE_DUPLICATE
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.facts import has_post_renderers
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_VALUES_MISSING = Code(
    "values-missing", "A Secret, ConfigMap or key in spec.valuesFrom does not exist."
)
_VALUES_UNREADABLE = Code(
    "values-unreadable", "The values in spec.values and spec.valuesFrom cannot be parsed or merged."
)
_VALUES_INVALID = Code("values-invalid", "The Helm values do not match the chart's schema.")
_SCHEMA_UNUSABLE = Code(
    "chart-schema-unusable", "The values schema of the Helm chart cannot be loaded."
)
_POST_RENDER_FAILED = Code(
    "post-render-failed",
    "The rendered chart cannot be processed further: Flux runs kustomize on it.",
)
_LABEL_INVALID = Code("label-invalid", "A label value of the rendered chart is not valid.")
_TEMPLATE_ERROR = Code(
    "template-error", "A template of the Helm chart fails or renders invalid YAML."
)

_CHART_KUBE_VERSION = Code(
    "chart-kube-version", "The chart does not support the cluster's Kubernetes version."
)

_HR: KindNames = frozenset({"HelmRelease"})
_VALUES = "kubectl get configmaps,secrets -n {ns}"
_TEMPLATES = "Go text/template, helm pkg/engine"

_VALUES_RULES = (
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
        kinds=_HR,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        _VALUES_MISSING,
        why="{values_kind} {values_name} in spec.valuesFrom does not exist",
        steps=(
            Step(
                'create {values_kind} {values_name} (with key "values.yaml" unless valuesKey is set), correct its name, or set optional: true on the reference',
                read=(_VALUES, SPEC),
            ),
        ),
        pattern=Text(
            r"(?P<values_kind>Secret|ConfigMap) chart values reference '(?:[\w.-]+/)?"
            r"(?P<values_name>[\w.-]+)'[^\n]*not found"
        ),
        kinds=_HR,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        _VALUES_UNREADABLE,
        why="{values_kind} {values_name} (spec.valuesFrom) does not contain valid values: {detail}",
        steps=(
            Step(
                "correct the YAML value of the key, or the targetPath of the reference",
                read=(_VALUES, SPEC),
            ),
        ),
        pattern=Text(
            r"(?P<values_kind>Secret|ConfigMap) chart values reference '(?:[\w.-]+/)?"
            r"(?P<values_name>[\w.-]+)'(?: with key '[^']+')?: (?P<detail>[^\n]{1,200})"
        ),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        _VALUES_UNREADABLE,
        why="spec.values and spec.valuesFrom cannot be merged",
        steps=(Step("correct spec.values and spec.valuesFrom", read=(SPEC, _VALUES)),),
        reasons=("ValuesError",),
        kinds=_HR,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        _SCHEMA_UNUSABLE,
        why="the chart's values.schema.json refers to a schema that Helm cannot load ({schema_ref}); the values are not the problem",
        steps=(
            Step(
                "use a chart version without this reference",
                read=(SPEC,),
            ),
            Step(
                "or set spec.install.disableSchemaValidation: true and spec.upgrade.disableSchemaValidation: true; the values are then not checked"
            ),
        ),
        pattern=Text(
            r"(?:failing loading|file not found for|HTTP request (?:failed for|to)) "
            r"\"?(?P<schema_ref>\w+://[^\s\"]+)"
        ),
        context=Text(r"specifications of the schema"),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/chart/common/util/jsonschema.go",
    ),
    Rule(
        _SCHEMA_UNUSABLE,
        why="the chart's values.schema.json is not a valid schema: {innermost}",
        steps=(
            Step("use a chart version with a correct schema, or correct the chart", read=(SPEC,)),
            Step(
                "or set spec.install.disableSchemaValidation: true and spec.upgrade.disableSchemaValidation: true; the values are then not checked"
            ),
        ),
        pattern=Text(
            r"unable to validate schema|failed to compile|is not valid against metaschema"
        ),
        context=Text(r"specifications of the schema"),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/chart/common/util/jsonschema.go",
    ),
    Rule(
        _VALUES_INVALID,
        why="the values do not match the chart's schema: {detail}",
        steps=(Step("correct the value in spec.values or spec.valuesFrom", read=(SPEC,)),),
        pattern=Text(
            r"values don't meet the specifications of the schema.*?\n- (?P<detail>.{1,300})"
        ),
        kinds=_HR,
        upstream="helm pkg/chart/common/util/jsonschema.go",
    ),
    Rule(
        _VALUES_INVALID,
        why="the values do not match the chart's schema",
        steps=(Step("correct the value in spec.values or spec.valuesFrom", read=(SPEC,)),),
        pattern=Text(r"values don't meet the specifications of the schema"),
        kinds=_HR,
        upstream="helm pkg/chart/common/util/jsonschema.go",
    ),
    Rule(
        _CHART_KUBE_VERSION,
        why="the chart requires Kubernetes {wanted}, which probably excludes {detail} only because of its suffix: a version range without -0 does not match versions with a hyphen",
        steps=(
            Step(
                "use a chart version whose kubeVersion allows suffixes, such as >= 1.28.0-0; if {detail} is outside the range without its suffix, use a chart version that supports it",
                read=("kubectl version", SPEC),
            ),
        ),
        pattern=Text(
            r"chart requires kubeVersion: (?P<wanted>(?:(?!-0)[^\n]){1,60}?) which is incompatible with "
            r"Kubernetes (?P<detail>v?[\d.]+-\S+)"
        ),
        kinds=_HR,
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
        kinds=_HR,
        upstream="helm pkg/action/action.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="the chart does not include its dependencies: {detail}",
        steps=(
            Step(
                "package them with the chart (run helm dependency build before you publish it)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>found in Chart\.yaml, but missing in charts/ directory:[^\n]{0,160})"
        ),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/action/dependency.go",
    ),
)

_TEMPLATE_RULES = (
    Rule(
        _TEMPLATE_ERROR,
        why="a check in the chart rejects the values ({template}): {detail}",
        steps=(Step("set the required value in spec.values", read=(SPEC,)),),
        pattern=Text(r"execution error at \((?P<template>[^)]+)\): ?(?P<detail>[^\n]{0,300})"),
        kinds=_HR,
        upstream=_TEMPLATES,
    ),
    Rule(
        _TEMPLATE_ERROR,
        why="a template of the chart fails: {detail}",
        steps=(
            Step(
                "set the missing value in spec.values, or correct the chart's template (use default or required there)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>nil pointer evaluating [^\n]{1,120}|can't evaluate field \S+[^\n]{0,80}|"
            r"map has no entry for key [^\n]{1,80}|wrong type for value; expected [^\n]{1,80}|"
            r"error calling (?!include)\w+: [^\n]{1,160})"
        ),
        kinds=_HR,
        upstream=_TEMPLATES,
    ),
    Rule(
        _TEMPLATE_ERROR,
        why="a template of the chart fails: {detail}",
        steps=(
            Step(
                "correct the chart's template, or use a chart version without this error",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"^(?=.*?(?P<detail>no template \"[^\"]+\"|function \"\w+\" not defined|"
            r"parse error at [^\n]{1,160}|error calling include: [^\n]{1,160})|"
            r".*executing \"[^\"]+\" at)"
        ),
        kinds=_HR,
        upstream=_TEMPLATES,
    ),
    Rule(
        _TEMPLATE_ERROR,
        why="chart template {template} renders invalid YAML: {detail}",
        steps=(
            Step(
                "correct the value that is used there (quotes, indentation), or the template; to see the output, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:YAML parse error on|manifests: parsing) (?P<template>[^\s:]+): "
            r"(?P<detail>[^\n]{1,200})"
        ),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/release/util/manifest_sorter.go",
    ),
    Rule(
        _TEMPLATE_ERROR,
        why="a template of the chart renders invalid YAML: {detail}",
        steps=(
            Step(
                "correct the value that is used there (quotes, indentation), or the template; to find it, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"error converting YAML to JSON: (?P<detail>[^\n]{1,200})"),
        kinds=_HR,
        upstream="sigs.k8s.io/yaml",
    ),
    Rule(
        RESOURCE_DUPLICATE,
        why="the chart renders the same object twice ({duplicate})",
        steps=(
            Step(
                "disable one of the two objects in spec.values, or correct the chart; to see both, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"may not add resource with an already registered id: (?P<duplicate>[^\s']+)"),
        kinds=_HR,
        upstream="HC internal/postrender, KZ api/resmap",
    ),
    Rule(
        _TEMPLATE_ERROR,
        why='the chart renders YAML with key "{duplicate}" twice in one mapping (line {line}); helm-controller parses the output strictly, while Helm itself accepts it',
        steps=(
            Step(
                "remove one of the two in spec.values (labels and annotations are often set twice), or use a chart version without this error; to find it, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"line (?P<line>\d+): mapping key \"(?P<duplicate>[^\"]+)\" already defined at line \d+"
        ),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="HC internal/postrender, go.yaml.in/yaml",
    ),
    Rule(
        _TEMPLATE_ERROR,
        why="the chart renders a document that is not a Kubernetes manifest or not valid YAML: {detail}",
        steps=(
            Step(
                "correct the value in spec.values that leads to this output, or use another chart version; to see the output, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"post[- ]?render\w*[^\n]*?: (?P<detail>(?:MalformedYAMLError|yaml: |missing metadata\.name|"
            r"missing kind|missing Resource metadata|error converting YAML)[^\n]{0,200})"
        ),
        kinds=_HR,
        unless=(has_post_renderers,),
        reach=Reach.WHOLE,
        upstream="HC internal/postrender, KZ api/resource",
    ),
    Rule(
        _POST_RENDER_FAILED,
        why="a patch in spec.postRenderers does not match the rendered chart: {detail}",
        steps=(
            Step(
                "correct the patches in spec.postRenderers: their target must be in the chart's output",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:no (?:resource )?matches for (?:strategic merge patch|Id)|unable to find patch target|"
            r"failed to find unique target|no resource matches|unable to parse (?:SM or JSON )?"
            r"patch|trouble configuring builtin Patch\w*|remove operation does not apply|"
            r"replace operation does not apply|add operation does not apply)[^\n]{0,200})"
        ),
        context=Text(r"post[- ]?render"),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="HC internal/postrender, KZ api/resmap",
    ),
    Rule(
        _POST_RENDER_FAILED,
        why="spec.postRenderers cannot be applied to the rendered chart: {innermost}",
        steps=(
            Step(
                "correct spec.postRenderers, or the object in the chart's output that kustomize rejects; to see the output, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?:while running post render on \w+|running kustomize): "),
        kinds=_HR,
        when=(has_post_renderers,),
        certainty="one-of",
        upstream="HC internal/postrender",
    ),
    Rule(
        _POST_RENDER_FAILED,
        why="the chart renders an object that kustomize rejects: {innermost}",
        steps=(
            Step(
                "helm-controller runs kustomize on the output of each chart: correct the values or the chart, or use another chart version; to see the output, run helm template",
                read=(SPEC,),
            ),
            Step("if spec.postRenderers is set, check its patches"),
        ),
        pattern=Text(r"(?:while running post render on \w+|running kustomize): "),
        kinds=_HR,
        unless=(has_post_renderers,),
        certainty="one-of",
        upstream="HC internal/postrender",
    ),
    Rule(
        _LABEL_INVALID,
        why="the chart uses its version as a label value with a +, which is not allowed: helm-controller adds +DIGEST to the versions of OCI charts",
        steps=(
            Step(
                'use replace "+" "_" on .Chart.Version in the chart\'s label helper, or set --feature-gates=DisableChartDigestTracking=true on helm-controller',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r" release [^@]+@(?P<chart_version>[\w.-]+\+[0-9a-f]{12}): .*"
            r"labels[\w.\[\]]*: Invalid value: \"[^\"]*(?P=chart_version)\": a valid label"
        ),
        kinds=_HR,
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
)

_LABEL_RULES = (
    Rule(
        _LABEL_INVALID,
        why="the chart uses its version as a label value, and the version contains a +, which is not allowed in labels",
        steps=(
            Step(
                'use replace "+" "_" on .Chart.Version in the chart\'s label helper, or publish the chart with a version without build metadata',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r" release [^@]+@(?P<chart_version>[\w.-]+\+[\w.-]+): .*"
            r"labels[\w.\[\]]*: Invalid value: \"[^\"]*(?P=chart_version)\": a valid label"
        ),
        kinds=_HR,
        upstream="kubernetes apimachinery validation",
    ),
    Rule(
        _LABEL_INVALID,
        why="a label of {object} is longer than 63 characters",
        steps=(
            Step(
                "set a shorter spec.releaseName, or fullnameOverride in spec.values if the chart has it; a new release name uninstalls the release and installs it again",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"labels[\w.\[\]]*: Invalid value: [^\n]*must be no more than 63 (?:characters|bytes)"
        ),
        kinds=_HR,
        certainty="one-of",
        upstream="kubernetes apimachinery validation",
    ),
)

RULES = (*_VALUES_RULES, *_TEMPLATE_RULES, *_LABEL_RULES)

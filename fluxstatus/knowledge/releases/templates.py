"""HelmRelease: templates of the chart and post-renderers.

Upstream: helm pkg/engine and pkg/release/util, Masterminds/sprig, helm-controller
internal/postrender.
"""

from fluxstatus.knowledge.codes import RESOURCE_DUPLICATE
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.facts import has_chart_revisions, has_post_renderers, uses_chart_ref
from fluxstatus.knowledge.releases.shared import HR, TEMPLATE_ERROR
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_POST_RENDER_FAILED = Code(
    "post-render-failed",
    "Flux cannot run kustomize on the rendered chart.",
)
_LABEL_INVALID = Code("label-invalid", "A label value in the rendered chart is invalid.")

_TEMPLATES = "Go text/template, helm pkg/engine"

_VERSION_AS_LABEL = (
    r" release [^@]+@(?P<chart_version>[\w.-]+\+[0-9a-f]{12}): .*"
    r"labels[\w.\[\]]*: Invalid value: \"[^\"]*(?P=chart_version)\": a valid label"
)

_VERSION_INVALID = Text(
    r"error calling semver\w*: (?P<detail>invalid semantic version[^\n]{0,80}|"
    r"improper constraint[^\n]{0,80}|invalid characters in version[^\n]{0,40})"
)

_TEMPLATE_RULES = (
    Rule(
        TEMPLATE_ERROR,
        why="a chart template looks up {looked_up} objects ({looked_up_api}), but the cluster does not serve this kind",
        steps=(
            Step(
                "install the CRD of {looked_up} first, and add the HelmRelease that installs it to spec.dependsOn. Alternatively, in spec.values, disable the part of the chart that requires this kind",
                read=("kubectl api-resources", SPEC),
            ),
        ),
        pattern=Text(
            r"error calling lookup: [^\n]*?(?P<looked_up_api>[\w.-]+/\w+), Kind=(?P<looked_up>\w+): the server could not find the requested resource"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/engine/lookup_func.go",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a check in the chart rejects the values ({template}): {detail}",
        steps=(
            Step(
                'set or correct the value in spec.values as the check requires (the chart reports: "{detail}"). For a description of the values of this chart version, run helm show values CHART',
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"execution error at \((?P<template>[^)]+)\): ?(?P<detail>[^\n]{0,300})"),
        kinds=HR,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a chart template compares versions, but the chart version or a value that it reads is not a semantic version: {detail}",
        steps=(
            Step(
                "check where the template gets the version from. helm-controller appends the digest to the version of a chart from an OCIRepository (VERSION+DIGEST), and labels contain _ instead of +, which is invalid in a version",
                read=(SPEC,),
            ),
            Step(
                "use a chart version without this error, use a HelmRepository (type: oci) as the chart's source, or start helm-controller with --feature-gates=DisableChartDigestTracking=true. If the template reads a value, set it to a full version, such as 1.2.3, in spec.values"
            ),
        ),
        pattern=_VERSION_INVALID,
        kinds=HR,
        when=(uses_chart_ref,),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="Masterminds/sprig, semver; HC internal/controller",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a chart template compares versions, but a value that it reads is not a semantic version: {detail}",
        steps=(
            Step(
                "set the value that the template reads to a full version in spec.values, such as 1.2.3, or use a chart version without this error",
                read=(SPEC,),
            ),
        ),
        pattern=_VERSION_INVALID,
        kinds=HR,
        unless=(uses_chart_ref,),
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="Masterminds/sprig, semver",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a chart template needs a {wanted_type}, but {expression} has no value",
        steps=(
            Step(
                "set the value in spec.values (check that the values are nested as in the chart's values.yaml and that none of them is null), or use a chart version that has a default for it",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"executing \"[^\"]+\" at <(?P<expression>[^>\n]{1,80})>: invalid value; expected (?P<wanted_type>\w+)"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="Go text/template exec.go",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="{parent} is nil, but a chart template reads {parent}.{child}",
        steps=(
            Step(
                "set {parent}.{child} in spec.values, or use a chart version that has a default for it",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"<\$?(?P<parent>\.Values(?:\.\w+)*?)\.(?P<child>\w+)(?:\.\w+)*>: nil pointer evaluating "
            r"interface \{\}\.(?P=child)"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="{parent} is of type {given}, but a chart template reads {parent}.{child}",
        steps=(
            Step(
                "set {parent} to a mapping in spec.values, as in the chart's values.yaml",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"<\$?(?P<parent>\.Values(?:\.\w+)*?)\.(?P<child>\w+)(?:\.\w+)*>: can't evaluate field "
            r"(?P=child) in type (?:interface \{\}|(?P<given>[\w.\[\]{}]+))"
        ),
        kinds=HR,
        needs=("given",),
        reach=Reach.WHOLE,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="{parent} is not a mapping, but a chart template reads {parent}.{child}",
        steps=(
            Step(
                "set {parent} to a mapping in spec.values, as in the chart's values.yaml",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"<\$?(?P<parent>\.Values(?:\.\w+)*?)\.(?P<child>\w+)(?:\.\w+)*>: can't evaluate field "
            r"(?P=child) in type interface \{\}"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a chart template reads field {child} of a value that is not a mapping",
        steps=(
            Step(
                "compare spec.values with the chart's values.yaml. Where the template reads {child}, the value must be a mapping with this field (or a list of such mappings instead of a list of strings)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"<(?:\$\w*)?\.(?P<child>\w+)>: can't evaluate field (?P=child) in type (?:interface \{\}|string|\[\]interface)"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a chart template fails: {detail}",
        steps=(
            Step(
                "set the missing value in spec.values, or correct the chart's template (for example, with default or required)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>nil pointer evaluating [^\n]{1,120}|can't evaluate field \S+[^\n]{0,80}|"
            r"map has no entry for key [^\n]{1,80}|wrong type for value; expected [^\n]{1,80}|"
            r"error calling (?!include)\w+: [^\n]{1,160})"
        ),
        kinds=HR,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a chart template fails: {detail}",
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
        kinds=HR,
        upstream=_TEMPLATES,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="chart file {template} is not a template, but Helm renders it as one: {detail}",
        steps=(
            Step(
                "delete the file from the chart's templates folder, or list it in the chart's .helmignore, and publish a new version of the chart",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:YAML parse error on|manifests: parsing) (?P<template>[^\n]*?/templates/[^\s:]+?(?<!\.yaml)(?<!\.yml)(?<!\.json)(?<!\.tpl)(?<!\.txt)): "
            r"(?P<detail>[^\n]{1,200})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/engine, pkg/chart/loader/load.go",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="chart template {template} renders invalid YAML: {detail}",
        steps=(
            Step(
                "correct the value that is used there (check its quotes and indentation), or correct the template. To see the output, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:YAML parse error on|manifests: parsing) (?P<template>[^\s:]+): "
            r"(?P<detail>[^\n]{1,200})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/release/util/manifest_sorter.go",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a chart template renders invalid YAML: {detail}",
        steps=(
            Step(
                "correct the value that is used there (check its quotes and indentation), or correct the template. To find the template, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"error converting YAML to JSON: (?P<detail>[^\n]{1,200})"),
        kinds=HR,
        upstream="sigs.k8s.io/yaml",
    ),
    Rule(
        RESOURCE_DUPLICATE,
        why="the chart renders the same object twice ({duplicate})",
        steps=(
            Step(
                "disable one of the two objects in spec.values, or correct the chart. To see both objects, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"may not add resource with an already registered id: (?P<duplicate>[^\s']+)"),
        kinds=HR,
        upstream="HC internal/postrender, KZ api/resmap",
    ),
    Rule(
        TEMPLATE_ERROR,
        why='the chart renders YAML in which key "{duplicate}" occurs twice in a mapping (line {line}); helm-controller rejects duplicate keys, although Helm accepts them',
        steps=(
            Step(
                "remove one of the two keys in spec.values (labels and annotations are often set twice), or use a chart version without this error. To find the key, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"line (?P<line>\d+): mapping key \"(?P<duplicate>[^\"]+)\" already defined at line \d+"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="HC internal/postrender, go.yaml.in/yaml",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="the chart renders a document that is not a Kubernetes manifest or not valid YAML: {detail}",
        steps=(
            Step(
                "correct the value in spec.values that causes this output, or use another chart version. To see the output, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"post[- ]?render\w*[^\n]*?: (?P<detail>(?:MalformedYAMLError|yaml: |missing metadata\.name|"
            r"missing kind|missing Resource metadata|error converting YAML)[^\n]{0,200})"
        ),
        kinds=HR,
        unless=(has_post_renderers,),
        reach=Reach.WHOLE,
        upstream="HC internal/postrender, KZ api/resource",
    ),
    Rule(
        _POST_RENDER_FAILED,
        why="spec.postRenderers has the name of a file, {file}, where the patch itself must be inline, because helm-controller does not read files of a repository here",
        steps=(
            Step(
                "write the content of {file} into the HelmRelease, as the patch of an entry in spec.postRenderers[].kustomize.patches (with a target)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:trouble configuring builtin Patch\w* with config: `\s*paths:\s*- ['\"]*(?=[^`]*`: '[^\n]*' doesn't exist)|"
            r"unable to parse SM or JSON patch from \[(?:patch: )?['\"]?)(?P<file>[\w./@-]+\.(?:ya?ml|json))(?=['\"\]\\])"
        ),
        context=Text(r"post[- ]?render"),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="HC internal/postrender, KZ internal/builtins",
    ),
    Rule(
        _POST_RENDER_FAILED,
        why="a patch in spec.postRenderers is neither a strategic merge patch nor a JSON patch: {detail}",
        steps=(
            Step(
                "correct the patch in spec.postRenderers. A strategic merge patch requires apiVersion, kind and metadata.name; a JSON patch is a list of operations",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>unable to parse SM or JSON patch[^\n]{0,200}|illegally qualifies as both an SM and JSON patch[^\n]{0,120})"
        ),
        context=Text(r"post[- ]?render"),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="HC internal/postrender, KZ internal/builtins",
    ),
    Rule(
        _POST_RENDER_FAILED,
        why="a patch in spec.postRenderers does not match the rendered chart: {detail}",
        steps=(
            Step(
                "correct the patches in spec.postRenderers. Their targets must be in the chart's output",
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
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="HC internal/postrender, KZ api/resmap",
    ),
    Rule(
        _POST_RENDER_FAILED,
        why="spec.postRenderers cannot be applied to the rendered chart: {innermost}",
        steps=(
            Step(
                "correct spec.postRenderers, or the object in the chart's output that kustomize rejects. To see the output, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?:while running post render on \w+|running kustomize): "),
        kinds=HR,
        when=(has_post_renderers,),
        certainty="one-of",
        upstream="HC internal/postrender",
    ),
    Rule(
        _POST_RENDER_FAILED,
        why="the chart renders an object that kustomize rejects: {innermost}",
        steps=(
            Step(
                "correct the values or the chart, or use another chart version, because helm-controller runs kustomize on the output of each chart. To see the output, run helm template",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?:while running post render on \w+|running kustomize): "),
        kinds=HR,
        unless=(has_post_renderers,),
        certainty="one-of",
        upstream="HC internal/postrender",
    ),
    Rule(
        _LABEL_INVALID,
        why="the chart uses its version as a label value, but the version contains a +, which is not allowed in labels; with reconcileStrategy: Revision, Flux appends +REVISION to the version of the chart",
        steps=(
            Step(
                'use replace "+" "_" on .Chart.Version in the chart\'s label helper, or set spec.chart.spec.reconcileStrategy: ChartVersion and increase the chart\'s version with each change',
                read=(SPEC,),
            ),
        ),
        pattern=Text(_VERSION_AS_LABEL),
        kinds=HR,
        when=(has_chart_revisions,),
        upstream="SC internal/helm/chart/builder.go",
    ),
    Rule(
        _LABEL_INVALID,
        why="the chart uses its version as a label value, but the version contains a +, which is not allowed in labels; helm-controller appends +DIGEST to the versions of OCI charts",
        steps=(
            Step(
                'use replace "+" "_" on .Chart.Version in the chart\'s label helper, or set --feature-gates=DisableChartDigestTracking=true on helm-controller',
                read=(SPEC,),
            ),
        ),
        pattern=Text(_VERSION_AS_LABEL),
        kinds=HR,
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
)

_LABEL_RULES = (
    Rule(
        _LABEL_INVALID,
        why="the chart uses its version as a label value, but the version contains a +, which is not allowed in labels",
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
        kinds=HR,
        upstream="kubernetes apimachinery validation",
    ),
    Rule(
        _LABEL_INVALID,
        why="a label of {object} contains an image digest ({value}); the chart uses the image tag as a label value",
        steps=(
            Step(
                "set only the tag in image.tag in spec.values. If the chart supports it, set the digest (sha256:..., without the @) in image.digest",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"labels[\w.\[\]]*: Invalid value: \"(?P<value>[\w.-]+@sha256:[0-9a-f]{6})"),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="kubernetes apimachinery validation",
    ),
    Rule(
        _LABEL_INVALID,
        why="a label of {object} is longer than 63 characters",
        steps=(
            Step(
                "set a shorter spec.releaseName, or set fullnameOverride in spec.values if the chart supports it. If you change the release name, the release is uninstalled and installed again",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"labels[\w.\[\]]*: Invalid value: [^\n]*must be no more than 63 (?:characters|bytes)"
        ),
        kinds=HR,
        certainty="one-of",
        upstream="kubernetes apimachinery validation",
    ),
)

RULES = (*_TEMPLATE_RULES, *_LABEL_RULES)

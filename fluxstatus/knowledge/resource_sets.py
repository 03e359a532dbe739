"""ResourceSets: their templates and their inputs.

Upstream: flux-operator internal/controller, internal/builder/resourceset.go, internal/inputs.
"""

from fluxstatus.knowledge.codes import RESOURCE_DUPLICATE, SPEC_INVALID
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_RESOURCESET_TEMPLATE_INVALID = Code(
    "resourceset-template-invalid",
    "The ResourceSet template is invalid or does not render Kubernetes objects.",
)
_COPY_SOURCE_MISSING = Code(
    "copy-source-missing", "The ConfigMap or Secret in the copyFrom annotation cannot be read."
)
_INPUT_MISSING = Code(
    "input-missing", "The ResourceSet template uses an input that is not defined."
)
_SETS: KindNames = frozenset({"ResourceSet"})
_BUILDER = "FO internal/builder"

RULES = (
    Rule(
        _COPY_SOURCE_MISSING,
        why="{missing_kind}/{copied} does not exist, but an object of this ResourceSet copies its data",
        steps=(
            Step(
                "create {missing_kind}/{copied}, or correct the annotation fluxcd.controlplane.io/copyFrom in spec.resources. If a controller such as cert-manager or external-secrets creates it, check that controller",
                read=("kubectl get {missing_kind} {missing_name} -n {missing_ns}", SPEC),
            ),
        ),
        pattern=Text(
            r"failed to copy \w+ from (?P<missing_kind>ConfigMap|Secret)/(?P<copied>(?P<missing_ns>[\w.-]+)/(?P<missing_name>[\w.-]+)): "
            r"\w+ \"[^\"]+\" not found"
        ),
        kinds=_SETS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="FO internal/controller/resourceset_controller_configs.go",
    ),
    Rule(
        Code(
            "annotation-invalid",
            "A Flux Operator annotation on an object of the ResourceSet cannot be used.",
        ),
        why="an annotation of an object in the ResourceSet cannot be used: {detail}",
        steps=(
            Step(
                "in spec.resources, correct the annotation (copyFrom: NAMESPACE/NAME, convertKubeConfigFrom: NAMESPACE/NAME or NAMESPACE/NAME:KEY, or checksumFrom: KIND/NAMESPACE/NAME), or correct the Secret or ConfigMap that it refers to",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>invalid fluxcd\.controlplane\.io/\w+ (?:annotation value|reference) [^\n]{1,200}|"
            r"unsupported kind '[^']*' in fluxcd\.controlplane\.io/\w+[^\n]{0,80}|"
            r"kubeconfig Secret/\S+ does not have [^\n]{1,80}|failed to (?:extract fields from kubeconfig|resolve fluxcd\.\S+ reference) [^\n]{1,200})"
        ),
        kinds=_SETS,
        trivial=True,
        quoted=True,
        upstream="FO internal/controller/resourceset_controller_configs.go",
    ),
    Rule(
        _INPUT_MISSING,
        why="the template uses {expression}, but an input in this path is nil",
        steps=(
            Step(
                "set the input in spec.inputs or in defaultValues of the input provider, or correct its name in spec.resources",
                read=(SPEC, "kubectl get resourcesetinputproviders.fluxcd.controlplane.io -n {ns}"),
            ),
        ),
        pattern=Text(
            r"at <(?P<expression>inputs\.[\w.]+)>: nil pointer evaluating interface \{\}\.\w+"
        ),
        kinds=_SETS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=f"{_BUILDER}/resourceset.go",
    ),
    Rule(
        _INPUT_MISSING,
        why="a check in the template rejects the inputs: {detail}",
        steps=(
            Step(
                "set the required input in spec.inputs or in defaultValues of the input provider",
                read=(SPEC, "kubectl get resourcesetinputproviders.fluxcd.controlplane.io -n {ns}"),
            ),
        ),
        pattern=Text(r"error calling (?:required|fail): (?P<detail>[^\n]{1,200})"),
        kinds=_SETS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="Masterminds/sprig, FO internal/builder",
    ),
    Rule(
        SPEC_INVALID,
        why="spec.steps cannot be used: {detail}",
        steps=(
            Step(
                "use either spec.steps, or spec.resources and spec.resourcesTemplate. Each step must set resources or resourcesTemplate",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>spec\.steps is mutually exclusive with [^\n]{1,100}|step \"[^\"]*\": at least one of resources or resourcesTemplate must be set)"
        ),
        kinds=_SETS,
        trivial=True,
        quoted=True,
        upstream=f"{_BUILDER}/resourceset.go",
    ),
    Rule(
        Code(
            "input-provider-missing",
            "A ResourceSetInputProvider in spec.inputsFrom does not exist.",
        ),
        why="ResourceSetInputProvider {missing} in spec.inputsFrom does not exist",
        steps=(
            Step(
                "create ResourceSetInputProvider {missing}, or correct spec.inputsFrom",
                read=("kubectl get resourcesetinputproviders.fluxcd.controlplane.io -n {ns}",),
            ),
        ),
        pattern=Text(
            r"failed to get (?:provider|inputs from) (?:[\w.-]+/)?(?P<missing>[\w.-]+): "
            r"(?:resourcesetinputproviders?\S* |ResourceSetInputProvider\S* )[^\n]*not found"
        ),
        kinds=_SETS,
        trivial=True,
        upstream="FO internal/controller/resourceset_controller.go",
    ),
    Rule(
        Code(
            "dependency-not-rendered",
            "A dependency in spec.dependsOn of the ResourceSet contains a template, which is not rendered.",
        ),
        why="spec.dependsOn contains a template (<< >>), which is not rendered: the operator takes {dependency} literally",
        steps=(
            Step(
                "use a fixed name and namespace in spec.dependsOn, or remove the dependency. An object that this ResourceSet creates belongs in an earlier step of spec.steps",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"dependency (?P<dependency>[^\n]{0,200}<<[^\n]{0,120}?) not (?:found|ready)"),
        kinds=_SETS,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream="FO internal/controller/resourceset_controller.go checkDependencies",
    ),
    Rule(
        Code(
            "dependency-missing",
            "A dependency in spec.dependsOn of the ResourceSet does not exist.",
        ),
        why="dependency {dependency} does not exist",
        steps=(
            Step(
                "install or create {dependency}, or correct spec.dependsOn",
                read=("kubectl get {missing_kind} --all-namespaces",),
            ),
        ),
        pattern=Text(
            r"dependency (?P<dependency>(?:[\w.-]+/)?v\w+/(?P<missing_kind>\w+)/"
            r"(?:(?P<missing_ns>[\w.-]+)/)?(?P<missing_name>[\w.-]+)) not found"
            r"(?!: (?:no matches for kind|[^\n]*(?:forbidden|timed? ?out|refused|deadline exceeded)))"
        ),
        kinds=_SETS,
        upstream="FO internal/controller/resourceset_controller.go",
    ),
    Rule(
        Code(
            "dependency-not-ready",
            "A dependency in spec.dependsOn of the ResourceSet is not ready.",
        ),
        why="the ResourceSet is waiting for {dependency}, which is not ready",
        steps=(
            Step(
                "check {dependency}; if the ResourceSet should not wait for it, correct the dependency or its readyExpr in spec.dependsOn",
                read=("kubectl get {missing_kind} {missing_name} -n {missing_ns} -o yaml", SPEC),
            ),
        ),
        pattern=Text(
            r"dependency (?P<dependency>(?:[\w.-]+/)?v\w+/(?P<missing_kind>\w+)/"
            r"(?:(?P<missing_ns>[\w.-]+)/)?(?P<missing_name>[\w.-]+)) not ready"
        ),
        kinds=_SETS,
        transient=True,
        upstream="FO internal/controller/resourceset_controller.go",
    ),
    Rule(
        _INPUT_MISSING,
        why="the template uses input {missing_input}, which is not defined",
        steps=(
            Step(
                "add {missing_input} to spec.inputs or to defaultValues of the input provider, or correct its name in spec.resources",
                read=(SPEC, "kubectl get resourcesetinputproviders.fluxcd.controlplane.io -n {ns}"),
            ),
        ),
        pattern=Text(r"map has no entry for key \"(?P<missing_input>[^\"]+)\""),
        kinds=_SETS,
        trivial=True,
        upstream=f"{_BUILDER}/resourceset.go",
    ),
    Rule(
        _RESOURCESET_TEMPLATE_INVALID,
        why="the template in spec.resources or spec.resourcesTemplate cannot be rendered: {detail}",
        steps=(
            Step(
                "correct the template: enclose expressions in << and >>, and refer to inputs as << inputs.NAME >>",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:failed to (?:parse|execute|convert)[^\n:]{0,40}template|"
            r"function \"\w+\" not defined|wrong type for value|nil pointer evaluating|"
            r"unexpected [^\n]{0,40} in (?:operand|command))[^\n]{0,240})"
        ),
        kinds=_SETS,
        upstream=f"{_BUILDER}/resourceset.go",
    ),
    Rule(
        _RESOURCESET_TEMPLATE_INVALID,
        why="the template does not render valid Kubernetes objects: {detail}",
        steps=(
            Step(
                "correct the YAML in spec.resources or spec.resourcesTemplate, or the inputs that it uses",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<detail>failed to read objects?[^\n]{0,240})"),
        kinds=_SETS,
        upstream=f"{_BUILDER}/resourceset.go",
    ),
    Rule(
        RESOURCE_DUPLICATE,
        why="two steps define the same object ({duplicate})",
        steps=(Step("remove {duplicate} from one of the steps in spec.steps", read=(SPEC,)),),
        pattern=Text(r"duplicate resource (?P<duplicate>\S+)"),
        kinds=_SETS,
        trivial=True,
        upstream=f"{_BUILDER}/resourceset.go",
    ),
    Rule(
        _COPY_SOURCE_MISSING,
        why="{detail} cannot be read, but an object of this ResourceSet copies its data",
        steps=(
            Step(
                "create the missing object, or correct the annotation fluxcd.controlplane.io/copyFrom; ServiceAccount {sa} needs permission to read the object",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:failed to copy data from|copyFrom)[^\n]{0,20}?"
            r"(?P<detail>(?:ConfigMap|Secret)/[\w./-]+)"
        ),
        kinds=_SETS,
        certainty="one-of",
        upstream="FO internal/controller/resourceset_controller.go",
    ),
    Rule(
        Code("inputs-invalid", "The inputs of the ResourceSet cannot be read or combined."),
        why="the inputs cannot be combined: {detail}",
        steps=(
            Step(
                "correct spec.inputs, spec.inputsFrom and spec.inputStrategy; with the strategy Permute, the input providers must have different names",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to (?:compute|get|combine|permute) inputs: (?P<detail>[^\n]{1,200})|"
            r"(?P<inputs>invalid inputs?)"
        ),
        kinds=_SETS,
        needs=("detail",),
        upstream="FO internal/inputs",
    ),
    Rule(
        Code("resourceset-build-failed", "The resources of the ResourceSet cannot be built."),
        why="the resources cannot be built from their template and inputs: {innermost}",
        steps=(Step("correct spec.resources or the inputs", read=(SPEC,)),),
        reasons=("BuildFailed",),
        kinds=_SETS,
        certainty="unknown",
        upstream=f"{_BUILDER}/resourceset.go",
    ),
)

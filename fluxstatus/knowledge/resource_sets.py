"""ResourceSet and ResourceSetInputProvider: templates, inputs and the services that provide them.

Upstream: flux-operator internal/controller, internal/builder/resourceset.go, internal/gitprovider,
internal/inputs.
"""

from fluxstatus.knowledge.codes import RESOURCE_DUPLICATE, SPEC_INVALID
from fluxstatus.knowledge.commands import BASIC_AUTH, LOG, SECRET, SPEC, for_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_RESOURCESET_TEMPLATE_INVALID = Code(
    "resourceset-template-invalid",
    "The ResourceSet template is invalid or does not render Kubernetes objects.",
)
_ANSWER_INVALID = Code(
    "provider-answer-invalid", "The service at spec.url does not return a valid list of inputs."
)
_COPY_SOURCE_MISSING = Code(
    "copy-source-missing", "The ConfigMap or Secret in the copyFrom annotation cannot be read."
)
_INPUT_MISSING = Code(
    "input-missing", "The ResourceSet template uses an input that is not defined."
)
_PROVIDER_AUTH_REJECTED = Code(
    "provider-auth-rejected",
    "The input provider's API requires authentication or rejects the credentials.",
)

_SETS: KindNames = frozenset({"ResourceSet"})
_INPUTS: KindNames = frozenset({"ResourceSetInputProvider"})
_BUILDER = "FO internal/builder"

_RESOURCE_SETS = (
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

_PROVIDERS = (
    Rule(
        Code(
            "provider-secret-missing",
            "The Secret in spec.secretRef of the ResourceSetInputProvider does not exist.",
        ),
        why="Secret {missing} in spec.secretRef does not exist",
        steps=(
            Step(
                "create Secret {missing} with the keys username and password, using an access token from the Git provider as the password. If the input provider lists the tags of a container registry, create a Secret of type kubernetes.io/dockerconfigjson instead",
                read=("kubectl get secrets -n {ns}",),
                change=(for_secret(BASIC_AUTH, "{missing}"),),
            ),
        ),
        pattern=Text(r"failed to read secret .*secrets \"(?P<missing>[\w.-]+)\" not found"),
        kinds=_INPUTS,
        trivial=True,
        upstream="FO internal/controller/resourcesetinputprovider_controller.go",
    ),
    Rule(
        _PROVIDER_AUTH_REJECTED,
        why="the provider at {url} rejects the credentials in Secret {secret} ({status})",
        steps=(
            Step(
                'store a valid token as "password" in Secret {secret}; the token needs read access to the repository and its pull requests',
                read=(SECRET, SPEC),
                change=(BASIC_AUTH,),
            ),
        ),
        pattern=Text(
            r"^(?!.*rate limit).*?(?P<status>(?<=: )401\b(?: \w[\w ]{0,40})?|"
            r"(?:status(?: code)?:? |HTTP )401\b|Bad credentials|invalid_token)"
        ),
        kinds=_INPUTS,
        needs=("secret",),
        upstream="FO internal/gitprovider",
    ),
    Rule(
        _PROVIDER_AUTH_REJECTED,
        why="the provider at {url} denies access with the credentials in Secret {secret} ({status})",
        steps=(
            Step(
                "check that the repository in spec.url exists, and that the token in Secret {secret} has read access to the repository, its pull requests and, for a registry, its tags. The organization may require SSO or an allowed IP address",
                read=(SECRET, SPEC),
                change=(BASIC_AUTH,),
            ),
        ),
        pattern=Text(
            r"^(?!.*rate limit).*?(?P<status>UNAUTHORIZED|(?<=: )403\b(?: \w[\w ]{0,40})?|"
            r"(?:status(?: code)?:? |HTTP )403\b|authentication required|insufficient_scope|DENIED: )"
        ),
        kinds=_INPUTS,
        needs=("secret",),
        certainty="one-of",
        upstream="FO internal/gitprovider",
    ),
    Rule(
        _PROVIDER_AUTH_REJECTED,
        why="{host} denies access without credentials, but spec.secretRef is not set (401, 403 or UNAUTHORIZED)",
        steps=(
            Step(
                "create a Secret with the keys username and password (use a token as the password), and reference it in spec.secretRef. For the tags of a container registry, create a Secret of type kubernetes.io/dockerconfigjson instead",
                read=(SPEC,),
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
            ),
            Step(
                "for the cloud types ACR, ECR, GAR, AzureDevOps and AWSCodeCommit, the operator authenticates with workload identity if no Secret is set: grant read access to the operator's identity, or to that of spec.serviceAccountName if set"
            ),
            Step(
                "check that the repository in spec.url exists; some Git hosts deny access to repositories that do not exist"
            ),
        ),
        pattern=Text(
            r"^(?!.*rate limit).*(?:UNAUTHORIZED|(?:: |status(?: code)?:? |HTTP )40[13]\b|"
            r"Bad credentials|authentication required|DENIED: )"
        ),
        kinds=_INPUTS,
        certainty="one-of",
        trivial=True,
        upstream="FO internal/gitprovider",
    ),
    Rule(
        Code(
            "provider-target-missing",
            "The repository or project of the input provider does not exist or is not accessible.",
        ),
        why="{url} does not exist (404), or the credentials do not grant access to it; Git providers also return 404 for private repositories",
        steps=(
            Step(
                "correct spec.url and spec.type; if the repository is private, set spec.secretRef to a Secret with a token that has read access",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?:: |status(?: code)?:? |HTTP )404\b|Project Not Found|NAME_UNKNOWN|"
            r"does not exist or you do not have permissions"
        ),
        kinds=_INPUTS,
        certainty="one-of",
        upstream="FO internal/gitprovider",
    ),
    Rule(
        _ANSWER_INVALID,
        why="the service at {url} returned a web page instead of JSON",
        steps=(
            Step(
                "correct spec.url, which may point to a login page, a proxy or an error page. Open the URL from inside the cluster, and set spec.secretRef if the service requires authentication",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"failed to parse JSON response from external service [^\n]{1,200}: invalid character '<'"
        ),
        kinds=_INPUTS,
        certainty="likely",
        upstream="FO internal/controller/resourcesetinputprovider_controller.go",
    ),
    Rule(
        _ANSWER_INVALID,
        why="the service at {url} does not return a list of inputs: {detail}",
        steps=(
            Step(
                'make the service return {{"inputs": [{{"id": "ID", ...}}]}} with a different id for each input',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>failed to parse JSON response[^\n]{0,160}|does not contain an 'inputs' "
            r"field|(?:is missing the required|has a non-string|has a duplicate) 'id'[^\n]{0,80}|"
            r"response body exceeds[^\n]{0,100})"
        ),
        kinds=_INPUTS,
        upstream="FO internal/controller/resourcesetinputprovider_controller.go",
    ),
    Rule(
        SPEC_INVALID,
        why="the spec is invalid: {detail}",
        steps=(Step("fix the reported error in spec.url, spec.type or spec.filter", read=(SPEC,)),),
        pattern=Text(
            r"(?P<detail>invalid (?:\w+ )?(?:URL|regex|semver expression)[^\n]{0,200}|"
            r"invalid \w+ regex[^\n]{0,160}|environments not supported by[^\n]{0,40}|unsupported type[^\n]{0,80}|extract requires pattern|"
            r"spec\.\w+ (?:must|can only)[^\n]{0,160})"
        ),
        kinds=_INPUTS,
        trivial=True,
        upstream="FO internal/controller/resourcesetinputprovider_controller.go",
    ),
)

_PROVIDER_FAILED = Code("provider-failed", "The ResourceSetInputProvider cannot read its inputs.")
_OTHERWISE = (
    Rule(
        _PROVIDER_FAILED,
        why="flux-operator cannot request credentials with workload identity, probably because it does not pass spec.url to the provider",
        steps=(
            Step(
                "upgrade flux-operator; until then, set spec.secretRef to a Secret with a personal access token (PAT)",
                read=(SPEC, "kubectl get deployment/flux-operator -n {flux_namespace} -o wide"),
            ),
        ),
        pattern=Text(r"Git repository URL is required for issuing Git credentials"),
        reasons=("ReconciliationFailed",),
        kinds=_INPUTS,
        needs=("url",),
        certainty="likely",
        upstream="PKG auth/azure",
    ),
    Rule(
        _PROVIDER_FAILED,
        why="the inputs cannot be read from {url}: {innermost}",
        steps=(
            Step(
                "check spec.url, spec.type, spec.filter, the Secret and the operator's logs",
                read=(SPEC, SECRET, LOG),
            ),
        ),
        reasons=("ReconciliationFailed",),
        kinds=_INPUTS,
        certainty="unknown",
        upstream="FO internal/controller/resourcesetinputprovider_controller.go",
    ),
)

RULES = (*_RESOURCE_SETS, *_PROVIDERS, *_OTHERWISE)

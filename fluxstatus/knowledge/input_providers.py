"""ResourceSetInputProviders: the services that provide inputs, and the access to them.

Upstream: flux-operator internal/controller, internal/gitprovider.
"""

from fluxstatus.knowledge.codes import SPEC_INVALID
from fluxstatus.knowledge.commands import BASIC_AUTH, LOG, SECRET, SPEC, for_secret
from fluxstatus.knowledge.facts import provides
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_ANSWER_INVALID = Code(
    "provider-answer-invalid", "The service at spec.url does not return a valid list of inputs."
)
_PROVIDER_AUTH_REJECTED = Code(
    "provider-auth-rejected",
    "The input provider's API requires authentication or rejects the credentials.",
)
_PROVIDER_FAILED = Code("provider-failed", "The ResourceSetInputProvider cannot read its inputs.")
_INPUTS: KindNames = frozenset({"ResourceSetInputProvider"})

_OF_CLOUD = provides("ACR", "ECR", "GAR", "AzureDevOps", "AWSCodeCommit")
_OF_REGISTRY = provides("ArtifactTag")

RULES = (
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
                "the operator authenticates with workload identity for this spec.type: grant read access to the operator's identity, or to that of spec.serviceAccountName if set",
                when=(_OF_CLOUD,),
            ),
            Step(
                "create a Secret of type kubernetes.io/dockerconfigjson, and reference it in spec.secretRef",
                read=(SPEC,),
                when=(_OF_REGISTRY,),
                unless=(_OF_CLOUD,),
            ),
            Step(
                "create a Secret with the keys username and password (use a token as the password), and reference it in spec.secretRef",
                read=(SPEC,),
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
                unless=(_OF_CLOUD, _OF_REGISTRY),
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

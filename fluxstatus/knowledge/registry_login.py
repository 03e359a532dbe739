"""OCI registries: authentication for OCIRepository, ImageRepository, charts and input providers.

Upstream: go-containerregistry pkg/v1/remote/transport/error.go, oras-go registry/remote/errcode,
source-controller internal/helm/registry/auth.go.
"""

from fluxstatus.knowledge.commands import ENDPOINT, REGISTRY, SPEC, for_secret
from fluxstatus.knowledge.facts import (
    at_host,
    has_artifact,
    has_cloud_provider,
    has_secret,
    is_a,
    is_at_cloud_registry,
    names_chart_in_url,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_REGISTRY_AUTH_MISSING = Code(
    "registry-auth-missing", "The registry requires authentication, but no Secret is configured."
)
_REGISTRY_AUTH_REJECTED = Code(
    "registry-auth-rejected", "The registry rejects the credentials in the Secret."
)
_REGISTRY_ACCESS_DENIED = Code(
    "registry-access-denied",
    "The registry denies access to the repository, which may be private or not exist.",
)
_REGISTRY_SECRET_INVALID = Code(
    "registry-secret-invalid",
    "The Secret does not contain a valid Docker config, or has no credentials for this registry.",
)

_CHART: KindNames = frozenset({"HelmChart"})
_PULLS: KindNames = frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"})
_ERRORS = "go-containerregistry pkg/v1/remote/transport/error.go"
_SECRET = "kubectl get secret {secret} -n {endpoint_ns}"  # noqa: S105 - prints the type and the age

_REJECTED = Text(
    r"(?<![\w./-])UNAUTHORIZED\b|(?<![a-z] )(?<![\w./-])DENIED(?::|$)|(?:status(?: code)?:? |: )40[13]\b|"
    r"\b40[13] (?:Unauthorized|Forbidden)|no basic auth credentials|basic credential not found|"
    r"credential required for basic auth|failed to authorize|failed to login|"
    r"incorrect username or password"
)
_FORBIDDEN = Text(
    r"DENIED: (?:requested access|permission|access)|insufficient_scope|\b403 Forbidden|"
    r"status code:? 403\b|unauthorized to access repository|"
    r"access to the requested resource is not authorized"
)
_AT_GHCR = at_host("ghcr.io")

RULES = (
    Rule(
        _REGISTRY_ACCESS_DENIED,
        why="{host} denies the request with a web page (403): the page is from the registry, or from a proxy, a firewall or a scanner in front of it",
        steps=(
            Step(
                "open the URL in the message with curl from the cluster's network, and read the page: it names who blocks the request (such as a proxy, an IP allow list, or a scanner like Xray that blocks this artifact)",
                read=(ENDPOINT,),
            ),
            Step(
                "if the page is the registry's own, check the name in {address_field}, and the credentials in spec.secretRef{of_endpoint}"
            ),
        ),
        pattern=Text(r"\b403\b(?: Forbidden)?[^\n]{0,40}<(?:!doctype )?html"),
        kinds=_PULLS,
        reach=Reach.WHOLE,
        certainty="one-of",
        quoted=True,
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_AUTH_REJECTED,
        why="authentication with the registry in {address_field} fails: the credentials are wrong or expired, or the Secret has no entry for this registry",
        steps=(
            Step(
                "store valid credentials in Secret {secret}{of_endpoint}; for a cloud registry, set spec.provider instead",
                read=(_SECRET, ENDPOINT),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(r"failed to login to OCI registry"),
        kinds=_PULLS,
        certainty="one-of",
        upstream="SC internal/helm/registry",
    ),
    Rule(
        _REGISTRY_ACCESS_DENIED,
        why="{host} denies access: probably there is no chart at this address, because spec.url{of_endpoint} already ends with the chart's name, and Flux appends the name again",
        steps=(
            Step(
                "correct spec.url{of_endpoint}: remove the chart's name from its end",
                read=(ENDPOINT, SPEC),
            ),
            Step(
                "only if the chart really has its name twice in its address and is private, reference a Secret of type kubernetes.io/dockerconfigjson in spec.secretRef{of_endpoint}"
            ),
        ),
        pattern=_REJECTED,
        kinds=_CHART,
        when=(names_chart_in_url,),
        unless=(has_secret, has_cloud_provider, has_artifact),
        certainty="likely",
        in_full=True,
        upstream="SC internal/helm/repository/oci_chart_repository.go, oras-go registry/remote/errcode",
    ),
    Rule(
        _REGISTRY_ACCESS_DENIED,
        why="ghcr.io denies anonymous access: the repository is private or does not exist (ghcr.io responds with 403 in both cases)",
        steps=(
            Step(
                "correct spec.url{of_endpoint}. Flux appends the chart's name, so the URL must not include the name",
                read=(ENDPOINT, SPEC),
            ),
            Step(
                "only if the package is private, reference a Secret of type kubernetes.io/dockerconfigjson in spec.secretRef{of_endpoint}, with a token that has the scope read:packages"
            ),
        ),
        pattern=_REJECTED,
        kinds=_CHART,
        when=(_AT_GHCR,),
        unless=(has_secret,),
        certainty="one-of",
        upstream="oras-go registry/remote/errcode, containerd remotes/docker",
    ),
    Rule(
        _REGISTRY_ACCESS_DENIED,
        why="ghcr.io denies anonymous access: the repository is private or does not exist (ghcr.io responds with 403 in both cases)",
        steps=(
            Step("correct the name in {address_field}", read=(ENDPOINT,)),
            Step(
                "if the package is private, reference a Secret of type kubernetes.io/dockerconfigjson in spec.secretRef{of_endpoint}, with a token that has the scope read:packages",
                change=(for_secret(REGISTRY, "{endpoint_name}-auth"),),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        when=(_AT_GHCR,),
        unless=(has_secret,),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_SECRET_INVALID,
        why="no credentials for {host} were sent: Secret {secret}{of_endpoint} probably has no entry for this host",
        steps=(
            Step(
                "add an entry for {host} to the Docker config in Secret {secret}, spelled exactly as in {address_field} (for Docker Hub, https://index.docker.io/v1/)",
                read=(_SECRET, ENDPOINT),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(
            r"no basic auth credentials|basic credential not found|credential required for basic auth"
        ),
        kinds=_PULLS,
        needs=("secret",),
        certainty="likely",
        upstream="docker/cli config, oras-go registry/remote/auth",
    ),
    Rule(
        Code(
            "registry-auth-forbidden",
            "The registry accepts the credentials but denies access to the repository.",
        ),
        why="the registry accepts the credentials in Secret {secret}{of_endpoint}, but denies access to {wanted_repository} (DENIED): the credentials do not grant permission to pull, or the repository does not exist",
        steps=(
            Step(
                "grant the user or token in Secret {secret} read access to the repository, or correct {address_field}. On ghcr.io, the token needs read:packages and access to the package; on Harbor, it must belong to a member or robot account of the project",
                read=(_SECRET, ENDPOINT),
            ),
        ),
        pattern=Text(r".*/v2/(?P<wanted_repository>\S+?)/(?:manifests|blobs|tags)/"),
        context=_FORBIDDEN,
        kinds=_PULLS,
        needs=("secret",),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_AUTH_REJECTED,
        why="the registry does not accept the user name and password in Secret {secret}{of_endpoint}: {detail}",
        steps=(
            Step(
                "store a valid user name with a password, access token or robot token that exists and has not expired; for Docker Hub, use a personal access token for the server https://index.docker.io/v1/",
                read=(_SECRET,),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>incorrect username or password|invalid username or password|"
            r"could not find robot[^\n]{0,60}|user cannot be authenticated with the token)"
        ),
        kinds=_PULLS,
        needs=("secret",),
        reach=Reach.WHOLE,
        upstream="Docker Hub, Quay, GitHub Packages: responses of the registries",
    ),
    Rule(
        _REGISTRY_AUTH_REJECTED,
        why="ghcr.io rejects the credentials in Secret {secret}{of_endpoint}: the token has expired, was revoked, or does not have the scope read:packages",
        steps=(
            Step(
                "store a long-lived token with the scope read:packages in Secret {secret}; the GITHUB_TOKEN of a workflow expires when its job ends. Then check that the token's owner has access to the package",
                read=(_SECRET, ENDPOINT),
                change=(REGISTRY,),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("secret",),
        when=(_AT_GHCR,),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_AUTH_REJECTED,
        why="the registry rejects the credentials in Secret {secret}{of_endpoint} (UNAUTHORIZED): the password is wrong or expired, the Secret is not of type kubernetes.io/dockerconfigjson, or the Secret has no entry for this host",
        steps=(
            Step(
                "recreate Secret {secret} with valid credentials. The Secret must be of type kubernetes.io/dockerconfigjson and have an entry for {host}",
                read=(_SECRET,),
                change=(REGISTRY,),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("secret",),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_AUTH_MISSING,
        why="the registry requires authentication (UNAUTHORIZED), but FluxInstance {sync_instance} does not specify a pull Secret; some registries also respond this way if the repository does not exist",
        steps=(
            Step(
                "create a Secret of type kubernetes.io/dockerconfigjson, and reference it in spec.sync.pullSecret of FluxInstance {sync_instance}. The operator reverts changes made directly to the source",
                change=(for_secret(REGISTRY, "{name}-auth"),),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("sync_instance",),
        certainty="one-of",
        trivial=True,
        upstream="FO internal/builder/templates.go",
    ),
    Rule(
        _REGISTRY_AUTH_MISSING,
        why="the registry requires authentication (UNAUTHORIZED), but no Secret is set in spec.secretRef{of_endpoint}; some registries also respond this way if the repository does not exist",
        steps=(
            Step(
                "set spec.provider{of_endpoint} to {cloud_registry}, and grant the controller's cloud identity read access",
                read=(ENDPOINT,),
                when=(is_at_cloud_registry,),
            ),
            Step(
                "create a Secret of type kubernetes.io/dockerconfigjson, and reference it in spec.secretRef{of_endpoint}",
                read=(ENDPOINT,),
                change=(for_secret(REGISTRY, "{endpoint_name}-auth"),),
                unless=(is_at_cloud_registry,),
            ),
            Step(
                "if the repository is public, correct the name in {address_field}, to which Flux appends the chart's name",
                when=(is_a("HelmChart"),),
            ),
            Step(
                "if the repository is public, correct the name in {address_field}",
                unless=(is_a("HelmChart"),),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        unless=(has_cloud_provider,),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_SECRET_INVALID,
        why="Secret {secret}{of_endpoint} has no credentials for this registry: {detail}",
        steps=(
            Step(
                "add an entry for {host} to the Docker config in Secret {secret}",
                read=(_SECRET,),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(r"(?P<detail>no auth config for '[^']*' in the docker-registry Secret)"),
        trivial=True,
        upstream="SC internal/helm/registry/auth.go",
    ),
    Rule(
        _REGISTRY_SECRET_INVALID,
        why="Secret {secret}{of_endpoint} does not contain a valid Docker config: {detail}",
        steps=(
            Step(
                "recreate the Secret with the type kubernetes.io/dockerconfigjson",
                read=(_SECRET,),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:unable to (?:parse|load)|failed to (?:parse|decode|unmarshal))[^\n]{0,40}"
            r"(?:docker|auth)\s?config[^\n]{0,80}|"
            r"(?<=failed to get credential: )(?:invalid character|illegal base64|unexpected end of)[^\n]{0,60}|"
            r"(?<=authentication options: )(?:invalid character|illegal base64|unexpected end of)[^\n]{0,60}|expected type[^\n]{0,40}dockerconfigjson|"
            r"invalid docker(?:\s?config| auth)[^\n]{0,80}|"
            r"unable to get authentication data from Secret[^\n]{0,80})"
        ),
        trivial=True,
        upstream="PKG runtime/secrets, github.com/docker/cli config",
    ),
)

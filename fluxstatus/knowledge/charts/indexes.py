"""HelmRepository: the index of a Helm repository, and its address.

Upstream: source-controller internal/helm/repository, internal/helm/getter.
"""

from fluxstatus.knowledge.charts.shared import HELM, INDEX
from fluxstatus.knowledge.commands import BASIC_AUTH, SECRET, SPEC, URL, for_secret
from fluxstatus.knowledge.facts import (
    has_artifact,
    has_cloud_provider,
    has_secret,
    is_git_page,
    passes_credentials,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_HELM_INDEX_AUTH = Code(
    "helm-index-auth", "The Helm repository requires authentication or rejects the credentials."
)

_INDEX_REJECTED = Text(r"(?:: |status(?: code)?:? )(?P<status>40[13])\b")
_LOGIN = BASIC_AUTH.replace("--username=git", "--username=USER")

_NOT_FOUND = Text(r"(?:: |status(?: code)?:? )404\b|404 Not Found")
_URL_INVALID = Code("url-invalid", "The URL or image address in the spec is invalid for this kind.")
_INDEX_INVALID = Code(
    "helm-index-invalid", "The HelmRepository's URL does not serve a valid repository index."
)
_INDEX_MISSING = Code("helm-index-missing", "The URL of the HelmRepository has no index.yaml.")

_INDEX_FAILED = Code("helm-index-failed", "The Helm repository's index cannot be fetched.")

RULES = (
    Rule(
        _HELM_INDEX_AUTH,
        why="Artifactory responds with {status} at {url}; the credentials in Secret {secret} are wrong or do not grant read access, or spec.url redirects to the index and the credentials are not sent to the redirect's target",
        steps=(
            Step(
                "set spec.url to the URL where Artifactory serves index.yaml without a redirect (https://HOST/artifactory/api/helm/REPOSITORY, including the port if the redirect adds one), or set spec.passCredentials: true",
                read=(URL,),
            ),
            Step(
                "if the URL is correct, put a valid username and password, or a token with read access, into Secret {secret}",
                read=(SECRET,),
                change=(_LOGIN,),
            ),
        ),
        pattern=_INDEX_REJECTED,
        context=Text(r"/artifactory/|\.jfrog\.io"),
        kinds=HELM,
        needs=("secret",),
        certainty="one-of",
        quoted=True,
        upstream=INDEX,
    ),
    Rule(
        _HELM_INDEX_AUTH,
        why="the Helm repository at {url} no longer accepts the credentials in Secret {secret} ({status}); the credentials have probably expired, because Flux was able to read this repository before",
        steps=(
            Step(
                "put a valid username and password into Secret {secret}. If the index and the charts are on different hosts, set spec.passCredentials: true",
                read=(SECRET,),
                change=(_LOGIN,),
            ),
        ),
        pattern=Text(r"(?:: |status(?: code)?:? )(?P<status>401)\b"),
        kinds=HELM,
        needs=("secret",),
        when=(has_artifact,),
        certainty="likely",
        upstream=INDEX,
    ),
    Rule(
        _HELM_INDEX_AUTH,
        why="the Helm repository at {url} rejects the credentials in Secret {secret} ({status}); the credentials are wrong or expired, or do not grant read access",
        steps=(
            Step(
                "put a valid username and password into Secret {secret}",
                read=(SECRET,),
                change=(_LOGIN,),
            ),
            Step(
                "if the credentials are valid, check whether spec.url redirects to another host. The credentials are not sent there, because spec.passCredentials is not true",
                read=(URL,),
                unless=(passes_credentials,),
            ),
        ),
        pattern=_INDEX_REJECTED,
        kinds=HELM,
        needs=("secret",),
        certainty="one-of",
        upstream=INDEX,
    ),
    Rule(
        _HELM_INDEX_AUTH,
        why="the Helm repository at {url} requires authentication ({status}), or its host denies access from this cluster",
        steps=(
            Step(
                "if the repository is private, create a Secret with the keys username and password, and reference it in spec.secretRef",
                change=(for_secret(_LOGIN, "{name}-auth"),),
            ),
            Step(
                "if the repository is public, correct spec.url (some hosts respond with 403 if a repository does not exist), and check whether the host or a proxy blocks the cluster",
                read=(URL,),
            ),
        ),
        pattern=_INDEX_REJECTED,
        kinds=HELM,
        certainty="one-of",
        trivial=True,
        upstream=INDEX,
    ),
    Rule(
        _INDEX_MISSING,
        why="{url} is probably the URL of a Git repository, not of a Helm repository; there is no index.yaml (404)",
        steps=(
            Step(
                "create a GitRepository with this URL. In the HelmRelease, set spec.chart.spec.sourceRef.kind: GitRepository, and set spec.chart.spec.chart to the chart's directory",
                read=(URL,),
            ),
            Step(
                "alternatively, set spec.url to the URL where the charts are published: see the project's documentation. It is often a github.io or an oci:// URL"
            ),
        ),
        pattern=_NOT_FOUND,
        kinds=HELM,
        when=(is_git_page,),
        certainty="likely",
        trivial=True,
        upstream=INDEX,
    ),
    Rule(
        _INDEX_MISSING,
        why="the Helm repository at {url} no longer exists; the host responds with 410 (Gone), which means that the repository was removed intentionally",
        steps=(
            Step(
                "check the project's documentation for where its charts are published now (often in an OCI registry), and correct spec.url",
                read=(URL,),
            ),
        ),
        pattern=Text(r"(?:: |status(?: code)?:? )410\b|410 Gone"),
        kinds=HELM,
        trivial=True,
        upstream=INDEX,
    ),
    Rule(
        _INDEX_MISSING,
        why="the Helm repository at {url} no longer exists; Flux was able to read the index before, so the repository was moved or removed, or spec.url was changed (404)",
        steps=(
            Step(
                "if spec.url was changed, correct it. Otherwise, check the project's documentation for where its charts are published now (often in an OCI registry)",
                read=(URL,),
            ),
            Step(
                "if the URL is correct and the repository is private, check the credentials in Secret {secret}. Some hosts, such as GitHub, respond with 404 if the credentials are invalid",
                read=(SECRET,),
                when=(has_secret,),
            ),
        ),
        pattern=_NOT_FOUND,
        kinds=HELM,
        when=(has_artifact,),
        certainty="one-of",
        trivial=True,
        upstream=INDEX,
    ),
    Rule(
        _INDEX_MISSING,
        why="no Helm repository exists at {url}; index.yaml was not found (404)",
        steps=(
            Step(
                "correct spec.url of the HelmRepository. For charts in an OCI registry, set spec.type: oci and an oci:// URL",
                read=(URL,),
            ),
            Step(
                "if the URL is correct and the repository is private, check the credentials in Secret {secret}: some hosts, such as GitHub, respond with 404 instead of 401",
                read=(SECRET,),
                when=(has_secret,),
            ),
            Step(
                "if the URL is correct and the repository is private, set spec.secretRef to a Secret with credentials: some hosts, such as GitHub, respond with 404 instead of 401",
                unless=(has_secret, has_cloud_provider),
            ),
            Step(
                "if the publisher still documents this URL, wait, or ask the publisher; installed releases are not affected"
            ),
        ),
        pattern=_NOT_FOUND,
        kinds=HELM,
        certainty="one-of",
        trivial=True,
        upstream=INDEX,
    ),
    Rule(
        Code(
            "helm-index-too-large",
            "The Helm repository's index exceeds source-controller's size limit.",
        ),
        why="the index at {url} exceeds source-controller's size limit",
        steps=(
            Step(
                "remove old versions from the repository, use charts from an OCI registry, or raise the source-controller flag --helm-index-max-size",
                read=("kubectl describe deployment source-controller -n {flux_namespace}",),
            ),
        ),
        pattern=Text(r"exceeds the maximum index file size"),
        kinds=HELM,
        upstream=INDEX,
    ),
    Rule(
        _INDEX_INVALID,
        why="the index of the Helm repository at {url} is not valid YAML: {detail}",
        steps=(
            Step(
                "open index.yaml at this URL. If it is an index, report the error in it to the publisher of the repository, because only the publisher can fix it; installed releases are not affected. If it is a web page, correct spec.url",
                read=(URL,),
            ),
        ),
        pattern=Text(r"error converting YAML to JSON: yaml: (?P<detail>\w[^\n]{1,160})"),
        reasons=("IndexationFailed",),
        kinds=HELM,
        certainty="one-of",
        upstream=INDEX,
    ),
    Rule(
        _INDEX_INVALID,
        why="{url} has no valid Helm index: {innermost}",
        steps=(
            Step(
                "set spec.url to the root of the Helm repository, which contains index.yaml, and not to a web page or a login page",
                read=(URL,),
            ),
        ),
        reasons=("IndexationFailed",),
        kinds=HELM,
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=INDEX,
    ),
    Rule(
        _INDEX_FAILED,
        why="the host of the Helm repository at {url} requires a payment ({status}): a subscription has ended, or a limit on traffic or storage is used up",
        steps=(
            Step(
                "ask the owner of the account at the host to renew the subscription or to raise the limit; the URL and the credentials are not the cause",
                read=(URL,),
            ),
        ),
        pattern=Text(r": (?P<status>402)\b"),
        kinds=HELM,
        upstream=f"{INDEX}; RFC 9110 section 15.5.3",
    ),
    Rule(
        _INDEX_FAILED,
        why="the host refuses the request for the index of the Helm repository at {url} (HTTP {status})",
        steps=(
            Step(
                "check that spec.url is the root of a Helm repository and not the address of a web application or an API. To see the host's answer, run curl -i {index_url}",
                read=(URL,),
            ),
            Step(
                "if this works outside the cluster, check whether a proxy or a firewall of the host blocks the cluster's address"
            ),
        ),
        pattern=Text(r": (?P<status>4(?:00|05|06|09|15|18|21|22|51))(?: [A-Z]|\s*$)"),
        kinds=HELM,
        certainty="one-of",
        upstream=INDEX,
    ),
    Rule(
        _INDEX_FAILED,
        why="the index of the Helm repository at {url} cannot be fetched: {innermost}",
        steps=(
            Step(
                "check spec.url and the Secret. To reproduce the error outside the cluster, run curl {index_url}",
                read=(SPEC, SECRET),
            ),
        ),
        reasons=("Failed",),
        kinds=HELM,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream=INDEX,
    ),
    Rule(
        Code(
            "helm-type-mismatch",
            "The values of spec.url and spec.type in the HelmRepository do not match.",
        ),
        why="spec.url and spec.type of the HelmRepository do not match: {detail}",
        steps=(
            Step(
                "set spec.type: oci for an oci:// URL, and omit spec.type for an https:// URL",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>'?(?:oci|https?)'? (?:URL )?scheme cannot be used[^\n]{0,120}|"
            r"invalid OCI URL[^\n]{0,120})"
        ),
        trivial=True,
        upstream="SC internal/helm/repository, internal/controller/helmrepository_controller.go",
    ),
    Rule(
        _URL_INVALID,
        why="{address_field} must not contain a tag: {detail}",
        steps=(
            Step(
                "remove the tag from {address_field}. An OCIRepository sets the tag in spec.ref.tag, and an ImagePolicy selects a tag",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>URL must not contain a tag[^\n]{0,60}|should not include a tag[^\n]{0,60})"
        ),
        reasons=("URLInvalid", "ImageURLInvalid"),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG oci/url.go, IRC internal/registry/helper.go",
    ),
    Rule(
        _URL_INVALID,
        why="spec.image is an image name and must not begin with a scheme such as https://",
        steps=(Step("remove the scheme. The format is HOST/REPOSITORY", read=(SPEC,)),),
        pattern=Text(r"should not include URL scheme"),
        reasons=("ImageURLInvalid",),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="IRC internal/registry/helper.go",
    ),
    Rule(
        _URL_INVALID,
        why="spec.url must begin with oci://",
        steps=(
            Step(
                "set spec.url to oci://HOST/REPOSITORY, without a tag (use spec.ref.tag)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"URL must be in format 'oci://"),
        reasons=("URLInvalid",),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG oci/url.go",
    ),
    Rule(
        _URL_INVALID,
        why="{address_field} is not a valid repository name for a registry: {detail}",
        steps=(
            Step(
                "use only lowercase letters, digits and the characters . _ - / in the name. Registries do not accept uppercase letters, even if the GitHub user or organization name contains them",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:could not parse reference: (?P<detail>\S+)|"
            r"repository can only contain the characters[^\n]{0,120})"
        ),
        reasons=("URLInvalid", "ImageURLInvalid"),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="go-containerregistry pkg/name",
    ),
    Rule(
        _URL_INVALID,
        why="the registry does not accept the name in {address_field} (NAME_INVALID)",
        steps=(
            Step(
                "use only lowercase letters, digits and the characters . _ - / in the name (even if the GitHub user or organization name contains uppercase letters), and as many parts as the registry expects, for example HOST/PROJECT/REPOSITORY",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"NAME_INVALID"),
        kinds=frozenset({"OCIRepository", "ImageRepository"}),
        trivial=True,
        upstream="go-containerregistry pkg/v1/remote/transport/error.go",
    ),
    Rule(
        _URL_INVALID,
        why="{address_field} is invalid for this kind: {innermost}",
        steps=(Step("correct {address_field} and spec.type", read=(SPEC,)),),
        reasons=("URLInvalid", "ImageURLInvalid"),
        reach=Reach.STAGE,
        trivial=True,
        upstream="SC internal/controller",
    ),
)

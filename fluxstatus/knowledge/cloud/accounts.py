"""ServiceAccounts for cloud authentication, and hosts that do not match spec.provider.

Upstream: fluxcd/pkg auth (access_token.go, from Flux 2.10 on access_credential.go; aws, azure,
gcp).
"""

from fluxstatus.knowledge.cloud.shared import CLOUD_LOGIN_FAILED
from fluxstatus.knowledge.commands import ENDPOINT, SERVICE_ACCOUNTS, SPEC
from fluxstatus.knowledge.facts import names_account
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_SERVICE_ACCOUNT_MISSING = Code(
    "service-account-missing", "A required ServiceAccount does not exist."
)
_SERVICE_ACCOUNT_UNREAD = Code(
    "service-account-unread", "The controller cannot read a ServiceAccount."
)
_PROVIDER_WITHOUT_HOST = Code(
    "provider-host-mismatch", "The provider in spec.provider does not match the host."
)

_WITH_DEFAULT: KindNames = frozenset({"GitRepository", "OCIRepository", "Bucket"})
"""The kinds that use source-controller's default ServiceAccount (source-controller main.go)."""

_GET_ACCOUNT = (
    r"failed to get (?:decryption )?service account '(?:[\w.-]+/)?(?P<missing_sa>[\w.-]+)'"
)

_ACCOUNTS = (
    Rule(
        _SERVICE_ACCOUNT_MISSING,
        why="the default ServiceAccount for workload identity does not exist in namespace {ns}; the controllers run with --default-service-account (workload identity lockdown)",
        steps=(
            Step(
                "create the default ServiceAccount in namespace {ns} with the annotations for its cloud identity, or set spec.serviceAccountName{of_endpoint} to another ServiceAccount in this namespace",
                read=(
                    "kubectl get serviceaccounts -n {ns}",
                    "kubectl describe deployment {controller} -n {flux_namespace}",
                ),
            ),
        ),
        pattern=Text(
            r"the specified default service account does not exist in the object namespace"
        ),
        reach=Reach.WHOLE,
        upstream="PKG auth/controller_flags.go",
    ),
    Rule(
        _SERVICE_ACCOUNT_MISSING,
        why="ServiceAccount {missing_sa} for workload identity does not exist; spec.serviceAccountName is not set, so {controller} uses the ServiceAccount in --default-service-account",
        steps=(
            Step(
                "create ServiceAccount {missing_sa} in namespace {ns} with the annotations for its cloud identity, or set spec.serviceAccountName to another ServiceAccount in this namespace",
                read=(
                    "kubectl get serviceaccounts -n {ns}",
                    "kubectl describe deployment {controller} -n {flux_namespace}",
                ),
            ),
        ),
        pattern=Text(
            r"failed to get service account '(?:[\w.-]+/)?(?P<missing_sa>[\w.-]+)'[^\n]*not found"
        ),
        kinds=_WITH_DEFAULT,
        unless=(names_account,),
        reach=Reach.WHOLE,
        upstream="SC internal/controller, main.go --default-service-account",
        versions=">=2.10",
    ),
    Rule(
        _SERVICE_ACCOUNT_MISSING,
        why="ServiceAccount {missing_sa} for workload identity does not exist",
        steps=(
            Step(
                "create ServiceAccount {missing_sa} with the annotations for its cloud identity, or correct spec.serviceAccountName{of_endpoint}",
                read=("kubectl get serviceaccounts -n {ns}",),
                change=("kubectl create serviceaccount {missing_sa} -n {ns}",),
            ),
        ),
        pattern=Text(_GET_ACCOUNT + r"[^\n]*not found"),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG auth/access_token.go",
    ),
    Rule(
        _SERVICE_ACCOUNT_UNREAD,
        why="the controller cannot read ServiceAccount {missing_sa} for workload identity: {innermost}",
        steps=(
            Step(
                "check that the API server responds and that the controller is allowed to read ServiceAccounts. There is no evidence that ServiceAccount {missing_sa} is missing",
                read=(
                    "kubectl get serviceaccounts -n {ns}",
                    "kubectl auth can-i get serviceaccounts -n {ns} --as=system:serviceaccount:{flux_namespace}:{controller}",
                ),
            ),
        ),
        pattern=Text(_GET_ACCOUNT),
        reach=Reach.WHOLE,
        certainty="unknown",
        transient=True,
        upstream="PKG auth/access_token.go",
    ),
    Rule(
        _SERVICE_ACCOUNT_MISSING,
        why="ServiceAccount {missing_sa} does not exist",
        steps=(
            Step(
                "create ServiceAccount {missing_sa}, or correct spec.serviceAccountName",
                read=("kubectl get serviceaccounts -n {ns}",),
                change=("kubectl create serviceaccount {missing_sa} -n {ns}",),
            ),
        ),
        pattern=Text(r"serviceaccounts? [\"'](?:[\w.-]+/)?(?P<missing_sa>[\w.-]+)[\"'] not found"),
        trivial=True,
        upstream="PKG runtime/client/impersonator.go, kubernetes ServiceAccount admission",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the annotations of the ServiceAccount do not specify a valid cloud identity: {detail}",
        steps=(
            Step(
                "annotate the ServiceAccount as the provider requires. AWS requires eks.amazonaws.com/role-arn, Azure requires azure.workload.identity/client-id and azure.workload.identity/tenant-id, and Google Cloud requires iam.gke.io/gcp-service-account",
                read=(SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            r"(?:failed to get provider identity from service account |(?=invalid \S+ annotation: )|"
            r"(?=azure (?:tenant|client) ID is not set))(?P<detail>[^\n]{1,200})"
        ),
        trivial=True,
        upstream="PKG auth/access_token.go",
    ),
    Rule(
        Code(
            "service-account-token-forbidden",
            "A controller lacks permission to create the ServiceAccount tokens that it needs to authenticate.",
        ),
        why="{controller} is not allowed to create a token for ServiceAccount {sa_name} (serviceaccounts/token, forbidden); in Flux 2.10 and later, the controller's default permissions do not include this permission",
        steps=(
            Step(
                "bind a ClusterRole with the verb create on serviceaccounts/token to ServiceAccount {controller} in namespace {flux_namespace}. The controller can then impersonate any ServiceAccount; to restrict this, bind a Role only in the namespaces that need it",
                read=(
                    "kubectl auth can-i create serviceaccounts/token -n {ns} --as=system:serviceaccount:{flux_namespace}:{controller}",
                ),
                change=(
                    "kubectl create clusterrole flux-object-identity --verb=create --resource=serviceaccounts/token",
                    "kubectl create clusterrolebinding {controller}-object-identity --clusterrole=flux-object-identity --serviceaccount={flux_namespace}:{controller}",
                ),
            ),
            Step(
                "alternatively, remove spec.serviceAccountName{of_endpoint}, so that the controller authenticates with its own cloud identity"
            ),
        ),
        pattern=Text(
            r"failed to create kubernetes token for service account '(?:[\w.-]+/)?(?P<sa_name>[\w.-]+)'"
            r"[^\n]*cannot create resource \"serviceaccounts/token\""
        ),
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream="PKG auth/access_credential.go; SC CHANGELOG.md 1.10.0",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the API server does not issue a ServiceAccount token to the controller: {detail}",
        steps=(
            Step(
                "check that the ServiceAccount exists, and that the controller is allowed to create tokens for it (serviceaccounts/token)",
                read=(
                    SERVICE_ACCOUNTS,
                    "kubectl auth can-i create serviceaccounts/token -n {ns} --as=system:serviceaccount:{flux_namespace}:{controller}",
                ),
            ),
        ),
        pattern=Text(
            r"failed to create kubernetes token for service account '[^']*': (?P<detail>[^\n]{1,160})"
        ),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="PKG auth/access_token.go",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the SPIFFE agent does not issue an identity: {detail}",
        steps=(
            Step(
                "check that the SPIFFE agent is running on the node of {controller}, that its socket is mounted in the controller's pod, and that an identity is registered for the object. SPIFFE is selected with annotation credential.auth.fluxcd.io/provider on the ServiceAccount",
                read=(
                    "kubectl describe deployment {controller} -n {flux_namespace}",
                    SERVICE_ACCOUNTS,
                ),
            ),
        ),
        pattern=Text(
            r"failed to fetch SPIFFE JWT-SVID (?:for object '[^']*'|from the Workload API): "
            r"(?P<detail>[^\n]{1,160})"
        ),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="PKG auth/access_credential.go",
        versions=">=2.10",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the authentication settings are invalid or contradict each other: {detail}",
        steps=(
            Step(
                "correct spec.provider, spec.secretRef or spec.serviceAccountName{of_endpoint}, or the ServiceAccount annotations that begin with credential.auth.fluxcd.io",
                read=(ENDPOINT, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(
            r"(?:failed to validate configuration|failed to build decryption spec): "
            r"(?P<detail>[^\n]{1,200})"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="SC internal/controller, KC internal/decryptor (pkg/apis/crypto BuildSpec)",
        versions=">=2.10",
    ),
)

_HOSTS = (
    Rule(
        _PROVIDER_WITHOUT_HOST,
        why="spec.provider{of_endpoint} is aws, which does not support public.ecr.aws; the provider aws only supports private ECR registries, and public.ecr.aws does not require authentication",
        steps=(
            Step(
                "remove spec.provider{of_endpoint} (the default is generic), so that the controller pulls without credentials",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"invalid AWS registry: '(?:public\.ecr\.aws|[^']*public\.ecr)[^\n]*"),
        reach=Reach.WHOLE,
        upstream="PKG auth/aws/provider.go",
    ),
    Rule(
        _PROVIDER_WITHOUT_HOST,
        why="spec.provider{of_endpoint} does not match the host: {detail}",
        steps=(
            Step(
                "if the host is not a registry of this cloud, remove spec.provider{of_endpoint} (the default is generic) and use spec.secretRef. Otherwise, correct the host in {address_field}",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"(?P<detail>invalid (?:AWS|Azure|GCP) registry: '[^']*')"),
        reach=Reach.WHOLE,
        upstream="PKG auth/aws/provider.go, auth/azure/provider.go, auth/gcp/provider.go",
    ),
)

RULES = (*_ACCOUNTS, *_HOSTS)

"""Cloud logins without a Secret: workload identity and cloud registries.

Upstream: PKG auth (access_token.go, aws, azure, gcp), and the responses of the clouds' token services.
"""

from fluxstatus.knowledge.commands import SERVICE_ACCOUNTS, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_SERVICE_ACCOUNT_MISSING = Code(
    "service-account-missing", "A required ServiceAccount does not exist."
)
_CLOUD_LOGIN_FAILED = Code(
    "cloud-login-failed",
    "The cloud provider or its registry rejects the login, or a permission is missing.",
)

_CONTROLLER_SA = "kubectl get serviceaccounts -n {flux_namespace} -o yaml"

RULES = (
    Rule(
        _SERVICE_ACCOUNT_MISSING,
        why="ServiceAccount {missing_sa} for the cloud login does not exist",
        steps=(
            Step(
                "create ServiceAccount {missing_sa} with the annotations for its cloud identity, or correct spec.serviceAccountName",
                read=("kubectl get serviceaccounts -n {ns}",),
                change=("kubectl create serviceaccount {missing_sa} -n {ns}",),
            ),
        ),
        pattern=Text(r"failed to get service account '(?:[\w.-]+/)?(?P<missing_sa>[\w.-]+)'"),
        reach=Reach.WHOLE,
        trivial=True,
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
        _CLOUD_LOGIN_FAILED,
        why="the annotations of the ServiceAccount do not specify a valid cloud identity: {detail}",
        steps=(
            Step(
                "annotate the ServiceAccount as the provider requires (aws: eks.amazonaws.com/role-arn; azure: azure.workload.identity/client-id and tenant-id; gcp: iam.gke.io/gcp-service-account)",
                read=(SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            r"failed to get provider identity from service account (?P<detail>[^\n]{1,200})"
        ),
        trivial=True,
        upstream="PKG auth/access_token.go",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="AWS does not issue credentials to the controller: the controller's role cannot be assumed (AssumeRoleWithWebIdentity), or the controller has no role",
        steps=(
            Step(
                "check the IAM role: its trust policy must allow the cluster's OIDC provider and this ServiceAccount, and the annotation eks.amazonaws.com/role-arn (or an EKS Pod Identity association) must refer to the role; restart the controller after you change the annotation",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(
            r"AssumeRoleWithWebIdentity|no EC2 IMDS role|failed to refresh cached credentials|"
            r"get identity: get credentials|InvalidIdentityToken|failed to retrieve credentials"
        ),
        reach=Reach.WHOLE,
        upstream="PKG auth/aws, aws-sdk-go-v2",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the controller's AWS role lacks a permission: {detail}",
        steps=(
            Step(
                "add the permission to the role's IAM policy; for ECR, attach AmazonEC2ContainerRegistryReadOnly (ecr:GetAuthorizationToken and pull actions)",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(r"(?P<detail>is not authorized to perform: ?\S+)|AccessDeniedException"),
        upstream="aws-sdk-go-v2",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="Azure does not issue credentials for the managed identity to the controller: {detail}",
        steps=(
            Step(
                "check the managed identity's federated credential (the cluster's issuer, subject system:serviceaccount:NAMESPACE:NAME), the ServiceAccount's annotation azure.workload.identity/client-id and the pods' label azure.workload.identity/use: true",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:\b\w{1,30}Credential[^\n]{0,400}?)?AADSTS\d+[^\n]{0,120}|"
            r"DefaultAzureCredential|WorkloadIdentityCredential|"
            r"ManagedIdentityCredential|Identity not found)"
        ),
        upstream="PKG auth/azure, azure-sdk-for-go azidentity",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="Google Cloud does not issue credentials to the controller: {detail}",
        steps=(
            Step(
                "check the ServiceAccount's annotation iam.gke.io/gcp-service-account, whether the ServiceAccount has roles/iam.workloadIdentityUser on that account, and whether the account has roles/artifactregistry.reader (or the role for another resource that Flux reads)",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(
            r"(?P<detail>could not find default credentials|iam\.serviceAccounts\.getAccessToken|"
            r"metadata: GCE metadata|invalid_target|invalid_grant|"
            r"unable to generate access token|IAM Service Account Credentials)"
        ),
        upstream="PKG auth/gcp, golang.org/x/oauth2/google",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the cloud provider {cloud} does not issue credentials to the controller",
        steps=(
            Step(
                "check spec.provider, and the cloud identity of the controller's ServiceAccount or of the one in spec.serviceAccountName",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            r"failed to get credential|failed to create (?:provider access|kubernetes) token|"
            r"failed to (?:create|get) (?:artifact registry|registry) (?:login )?(?:token|"
            r"credentials)|default service account not found"
        ),
        upstream="PKG auth/access_token.go",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the login in Secret {secret} has expired (UNAUTHORIZED): the registry {host} is on {cloud_registry}, where registry passwords expire after a few hours",
        steps=(
            Step(
                "set spec.provider: {cloud_registry} so that the controller logs in with its own cloud identity, and remove spec.secretRef; or refresh the password in Secret {secret} with a CronJob",
                read=("kubectl get secret {secret} -n {ns}", _CONTROLLER_SA),
            ),
        ),
        pattern=Text(
            r"UNAUTHORIZED|DENIED\b|(?:status(?: code)?:? |: )40[13]\b|authorization token has "
            r"expired|no basic auth credentials"
        ),
        kinds=frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"}),
        needs=("cloud_registry", "secret"),
        upstream="go-containerregistry pkg/v1/remote/transport/error.go",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the registry {host} on {cloud_registry} requires authentication (UNAUTHORIZED), but spec.provider is not set",
        steps=(
            Step(
                "set spec.provider: {cloud_registry}, so that the controller logs in with its cloud identity, which needs permission to pull (aws AmazonEC2ContainerRegistryReadOnly, azure AcrPull, gcp roles/artifactregistry.reader)",
                read=(SPEC, _CONTROLLER_SA),
            ),
        ),
        pattern=Text(
            r"^(?!.*failed to get credential).*(?:UNAUTHORIZED|DENIED\b|"
            r"(?:status(?: code)?:? |: )40[13]\b|no basic auth credentials)"
        ),
        kinds=frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"}),
        needs=("cloud_registry", "no_provider"),
        upstream="go-containerregistry pkg/v1/remote/transport/error.go",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the registry {host} rejects the controller's cloud identity (spec.provider {cloud}, UNAUTHORIZED)",
        steps=(
            Step(
                "grant the identity permission to pull (aws AmazonEC2ContainerRegistryReadOnly, azure AcrPull, gcp roles/artifactregistry.reader)",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(r"UNAUTHORIZED|DENIED\b|(?:status(?: code)?:? |: )40[13]\b"),
        kinds=frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"}),
        needs=("cloud",),
        upstream="go-containerregistry pkg/v1/remote/transport/error.go",
    ),
)

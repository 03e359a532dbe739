"""Cloud logins without a Secret: workload identity and cloud registries.

Upstream: PKG auth (access_token.go, aws, azure, gcp), and the responses of the clouds' token services.
"""

from fluxstatus.knowledge.commands import ENDPOINT, SERVICE_ACCOUNTS, SPEC
from fluxstatus.knowledge.facts import at_host, has_cloud_provider, has_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_SERVICE_ACCOUNT_MISSING = Code(
    "service-account-missing", "A required ServiceAccount does not exist."
)
_SERVICE_ACCOUNT_UNREAD = Code(
    "service-account-unread", "The controller could not read a ServiceAccount."
)
_CLOUD_LOGIN_FAILED = Code(
    "cloud-login-failed",
    "The cloud provider or its registry rejects the login, or a permission is missing.",
)
_PROVIDER_WITHOUT_HOST = Code(
    "provider-host-mismatch", "The provider in spec.provider does not match the host."
)

_PULLS: KindNames = frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"})
_CONTROLLER_SA = "kubectl get serviceaccounts -n {flux_namespace} -o yaml"
_RESTART = "kubectl rollout restart deployment/{controller} -n {flux_namespace}"
_SECRET = "kubectl get secret {secret} -n {endpoint_ns}"  # noqa: S105 - prints the type and the age
_ANSWERS = "go-containerregistry pkg/v1/remote/transport/error.go"

_REJECTED = Text(
    r"\bUNAUTHORIZED\b|(?<![a-z] )\bDENIED(?::|$)|(?:status(?: code)?:? |: )40[13]\b|"
    r"authorization token has expired|no basic auth credentials|credential required for basic auth"
)

_ACCOUNTS = (
    Rule(
        _SERVICE_ACCOUNT_MISSING,
        why="the controllers run with --default-service-account (workload identity lockdown), and the default ServiceAccount for the cloud login does not exist in namespace {ns}",
        steps=(
            Step(
                "create the default ServiceAccount in namespace {ns} with the annotations for its cloud identity, or set spec.serviceAccountName{of_endpoint} to a ServiceAccount of this namespace",
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
        why="ServiceAccount {missing_sa} for the cloud login does not exist",
        steps=(
            Step(
                "create ServiceAccount {missing_sa} with the annotations for its cloud identity, or correct spec.serviceAccountName{of_endpoint}",
                read=("kubectl get serviceaccounts -n {ns}",),
                change=("kubectl create serviceaccount {missing_sa} -n {ns}",),
            ),
        ),
        pattern=Text(
            r"failed to get service account '(?:[\w.-]+/)?(?P<missing_sa>[\w.-]+)'[^\n]*not found"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG auth/access_token.go",
    ),
    Rule(
        _SERVICE_ACCOUNT_UNREAD,
        why="the controller could not read ServiceAccount {missing_sa} for the cloud login: {innermost}",
        steps=(
            Step(
                "check whether the API server responds and whether the controller may read ServiceAccounts; nothing shows that ServiceAccount {missing_sa} is missing",
                read=(
                    "kubectl get serviceaccounts -n {ns}",
                    "kubectl auth can-i get serviceaccounts -n {ns} --as=system:serviceaccount:{flux_namespace}:{controller}",
                ),
            ),
        ),
        pattern=Text(r"failed to get service account '(?:[\w.-]+/)?(?P<missing_sa>[\w.-]+)'"),
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
        _CLOUD_LOGIN_FAILED,
        why="the annotations of the ServiceAccount do not specify a valid cloud identity: {detail}",
        steps=(
            Step(
                "annotate the ServiceAccount as the provider requires (aws: eks.amazonaws.com/role-arn; azure: azure.workload.identity/client-id and tenant-id; gcp: iam.gke.io/gcp-service-account)",
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
        _CLOUD_LOGIN_FAILED,
        why="the API server does not issue a token of the ServiceAccount to the controller: {detail}",
        steps=(
            Step(
                "check whether the ServiceAccount exists and whether the controller is allowed to create its tokens (serviceaccounts/token)",
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
)

_HOSTS = (
    Rule(
        _PROVIDER_WITHOUT_HOST,
        why="the provider aws (spec.provider{of_endpoint}) works only with private ECR registries, but public.ecr.aws is a public registry that needs no login",
        steps=(
            Step(
                "remove spec.provider{of_endpoint} (the default is generic), so that the controller pulls without a login",
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
                "remove spec.provider{of_endpoint} (the default is generic) if the host is not a registry of this cloud, and use spec.secretRef; or correct the host in {address_field}",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"(?P<detail>invalid (?:AWS|Azure|GCP) registry: '[^']*')"),
        reach=Reach.WHOLE,
        upstream="PKG auth/aws/provider.go, auth/azure/provider.go, auth/gcp/provider.go",
    ),
)

_AWS = (
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the login in Secret {secret}{of_endpoint} for public.ecr.aws has probably expired: it is valid for 12 hours, and public.ecr.aws needs no login",
        steps=(
            Step(
                "remove spec.secretRef{of_endpoint}, so that the controller pulls without a login; check the name in {address_field} too",
                read=(ENDPOINT, _SECRET),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("secret",),
        when=(at_host("public.ecr.aws"),),
        certainty="likely",
        upstream=_ANSWERS,
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="public.ecr.aws denies the anonymous pull: the repository does not exist, or the anonymous token has expired",
        steps=(
            Step(
                "correct the name in {address_field} (for a Helm chart, Flux appends the chart's name to it); public.ecr.aws needs no Secret",
                read=(ENDPOINT,),
            ),
            Step("if the name is correct, wait for the next attempt, which gets a new token"),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        when=(at_host("public.ecr.aws"),),
        unless=(has_secret, has_cloud_provider),
        certainty="one-of",
        transient=True,
        upstream=_ANSWERS,
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the controller's pod has no AWS_REGION: EKS injects it only into pods that are created after IRSA or Pod Identity was set up",
        steps=(
            Step(
                "restart the controller, so that EKS injects the variable into its new pod",
                read=("kubectl describe pods -n {flux_namespace} -l app={controller}",),
                change=(_RESTART,),
            ),
            Step(
                "if AWS_REGION is still missing, check the annotation eks.amazonaws.com/role-arn of the controller's ServiceAccount or its Pod Identity association; outside EKS, set AWS_REGION yourself (spec.kustomize.patches of the FluxInstance)",
                read=(_CONTROLLER_SA,),
            ),
        ),
        pattern=Text(r"AWS_REGION environment variable is not set"),
        reach=Reach.WHOLE,
        upstream="PKG auth/aws/provider.go",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="spec.region is not set, and the login with a ServiceAccount requires it",
        steps=(Step("set spec.region to the region of the bucket", read=(ENDPOINT,)),),
        pattern=Text(r"an AWS region is required for authenticating with a service account"),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG auth/aws/provider.go",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="AWS does not trust the cluster's OIDC provider: {detail}",
        steps=(
            Step(
                "create an IAM OIDC identity provider for the cluster's issuer in this AWS account, or correct its thumbprint and audience (sts.amazonaws.com)",
                read=("kubectl get --raw /.well-known/openid-configuration", _CONTROLLER_SA),
            ),
            Step(
                "if it exists, check whether the role in annotation eks.amazonaws.com/role-arn is in the same account, and its trust policy"
            ),
        ),
        pattern=Text(r"(?P<detail>InvalidIdentityToken[^\n]{0,160})"),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="aws-sdk-go-v2",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the controller has no AWS role: neither IRSA nor EKS Pod Identity provides credentials in its pod, and the node provides none (no EC2 IMDS role)",
        steps=(
            Step(
                "annotate the controller's ServiceAccount with eks.amazonaws.com/role-arn, or create an EKS Pod Identity association for it; then restart the controller, because only new pods get the credentials",
                read=(
                    _CONTROLLER_SA,
                    "kubectl describe pods -n {flux_namespace} -l app={controller}",
                ),
                change=(_RESTART,),
            ),
        ),
        pattern=Text(
            r"no EC2 IMDS role found|failed to refresh cached credentials(?![^\n]*AssumeRole)"
        ),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="aws-sdk-go-v2",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="AWS does not let the controller assume its role (AssumeRoleWithWebIdentity)",
        steps=(
            Step(
                "check the IAM role: its trust policy must allow the cluster's OIDC provider and this ServiceAccount (system:serviceaccount:NAMESPACE:NAME), and the annotation eks.amazonaws.com/role-arn must refer to the role; restart the controller after you change the annotation",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(
            r"AssumeRole(?:WithWebIdentity)?\b(?![^\n]*(?:request send failed|StatusCode: 0))|"
            r"Request ARN is invalid"
        ),
        reach=Reach.WHOLE,
        certainty="one-of",
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
        pattern=Text(
            r"(?P<detail>is not authorized to perform: ?\S+|AccessDeniedException[^\n]{0,160})"
        ),
        upstream="aws-sdk-go-v2",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="AWS does not issue credentials to the controller: {innermost}",
        steps=(
            Step(
                "check the IAM role of the controller's ServiceAccount (IRSA annotation or Pod Identity association) and its trust policy",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(r"get identity: get credentials|failed to retrieve credentials"),
        certainty="unknown",
        upstream="PKG auth/aws, aws-sdk-go-v2",
    ),
)

_AZURE = (
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="Entra ID does not accept the controller's token, because no federated credential matches it: {detail}",
        steps=(
            Step(
                "add a federated credential to the managed identity (annotation azure.workload.identity/client-id of the ServiceAccount) with exactly the issuer of the cluster and the subject in the message (az identity federated-credential create --issuer URL --subject system:serviceaccount:NAMESPACE:NAME)",
                read=(
                    "kubectl get --raw /.well-known/openid-configuration",
                    _CONTROLLER_SA,
                    SERVICE_ACCOUNTS,
                ),
            ),
        ),
        pattern=Text(
            r"(?P<detail>AADSTS7002\d\d\b[^\n]{0,200}|AADSTS70021\b[^\n]{0,200}|"
            r"No matching federated identity record[^\n]{0,160})"
        ),
        upstream="azure-sdk-for-go azidentity, Entra ID",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="Entra ID does not know the application or the tenant: {detail}",
        steps=(
            Step(
                "correct the client ID and the tenant ID (annotations azure.workload.identity/client-id and tenant-id of the ServiceAccount, or the keys of the Secret)",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS, ENDPOINT),
            ),
        ),
        pattern=Text(
            r"(?P<detail>AADSTS(?:700016|90002|900023|50034)[^\n]{0,200}|Identity not found)"
        ),
        upstream="azure-sdk-for-go azidentity, Entra ID",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the client secret for Entra ID is wrong or has expired: {detail}",
        steps=(
            Step(
                "create a new client secret and store it in the Secret in spec.secretRef{of_endpoint}; or use workload identity, which needs no secret",
                read=(_SECRET,),
            ),
        ),
        pattern=Text(r"(?P<detail>AADSTS7000(?:215|222)[^\n]{0,200})"),
        upstream="azure-sdk-for-go azidentity, Entra ID",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the controller's pod has no Azure workload identity: {detail}",
        steps=(
            Step(
                "label the controller's pods with azure.workload.identity/use: true and annotate its ServiceAccount with azure.workload.identity/client-id, then restart the controller, because the webhook changes only new pods",
                read=("kubectl get pods -n {flux_namespace} --show-labels", _CONTROLLER_SA),
                change=(_RESTART,),
            ),
        ),
        pattern=Text(r"(?P<detail>missing environment variables for workload identity[^\n]{0,80})"),
        upstream="PKG auth/azure/new_default_azure_credential.go",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="Azure does not issue credentials for the managed identity to the controller: {detail}",
        steps=(
            Step(
                "check the managed identity's federated credential (the cluster's issuer, subject system:serviceaccount:NAMESPACE:NAME), the ServiceAccount's annotation azure.workload.identity/client-id and the pods' label azure.workload.identity/use: true",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
            Step(
                "the identity also needs a role: AcrPull on the registry, Storage Blob Data Reader on the storage account"
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:\b\w{1,30}Credential[^\n]{0,400}?)?AADSTS\d+[^\n]{0,120}|"
            r"DefaultAzureCredential|WorkloadIdentityCredential|"
            r"ManagedIdentityCredential)"
        ),
        certainty="one-of",
        upstream="PKG auth/azure, azure-sdk-for-go azidentity",
    ),
)

_GOOGLE = (
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="Google Cloud does not let the controller act as its service account: {detail}",
        steps=(
            Step(
                "grant the Kubernetes ServiceAccount roles/iam.workloadIdentityUser on the Google service account in annotation iam.gke.io/gcp-service-account (member serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME])",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(
            r"(?P<detail>iam\.serviceAccounts\.getAccessToken[^\n]{0,120}|"
            r"unable to generate access token[^\n]{0,120})"
        ),
        certainty="one-of",
        upstream="PKG auth/gcp, golang.org/x/oauth2/google",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="Google Cloud does not issue credentials to the controller: {detail}",
        steps=(
            Step(
                "check the ServiceAccount's annotation iam.gke.io/gcp-service-account, whether the ServiceAccount has roles/iam.workloadIdentityUser on that account, and whether the account has roles/artifactregistry.reader (or the role for another resource that Flux reads)",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
            Step(
                "on GKE, check whether workload identity is enabled on the node pool; outside GKE, use a Secret or workload identity federation"
            ),
        ),
        pattern=Text(
            r"(?P<detail>could not find default credentials|metadata: GCE metadata[^\n]{0,80}|"
            r"invalid_target[^\n]{0,80}|invalid_grant[^\n]{0,80}|IAM Service Account Credentials[^\n]{0,80}|"
            r"failed to get GKE cluster \w+[^\n]{0,20} from the metadata service)"
        ),
        certainty="one-of",
        upstream="PKG auth/gcp, golang.org/x/oauth2/google",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the Google identity of the controller has no permission on this repository, or the repository does not exist: {detail}",
        steps=(
            Step(
                "grant the identity roles/artifactregistry.reader on the repository; if it has the role, correct the project, location and name in {address_field}",
                read=(ENDPOINT, _CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(r"(?P<detail>Permission \"?artifactregistry\.[\w.]+\"? denied[^\n]{0,160})"),
        unless=(has_secret,),
        certainty="one-of",
        upstream=_ANSWERS,
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the account of the key in Secret {secret}{of_endpoint} has no permission on this repository, or the repository does not exist: {detail}",
        steps=(
            Step(
                "grant the account roles/artifactregistry.reader on the repository; if it has the role, correct the project, location and name in {address_field}",
                read=(ENDPOINT, _SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>Permission \"?artifactregistry\.[\w.]+\"? denied[^\n]{0,160}|"
            r"do(?:es)? not have permission \"artifactregistry\.[^\n]{0,160})"
        ),
        needs=("secret",),
        certainty="one-of",
        upstream=_ANSWERS,
    ),
)

_REGISTRIES = (
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the cloud provider {cloud} does not issue credentials to the controller: {innermost}",
        steps=(
            Step(
                "check spec.provider{of_endpoint}, and the cloud identity of the controller's ServiceAccount or of the one in spec.serviceAccountName",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS, ENDPOINT),
            ),
        ),
        pattern=Text(
            r"failed to get credential|failed to create (?:provider access|kubernetes) token|"
            r"failed to (?:create|get) (?:artifact registry|registry) (?:login )?(?:token|"
            r"credentials)|default service account not found"
        ),
        certainty="unknown",
        upstream="PKG auth/access_token.go",
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the login in Secret {secret}{of_endpoint} has probably expired (UNAUTHORIZED): passwords for ECR ({host}) expire after 12 hours",
        steps=(
            Step(
                "set spec.provider: aws{of_endpoint} so that the controller logs in with its own cloud identity, and remove spec.secretRef; or refresh the password in Secret {secret} with a CronJob",
                read=(_SECRET, _CONTROLLER_SA),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("secret", "ecr"),
        certainty="likely",
        upstream=_ANSWERS,
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the registry {host} on {cloud_registry} rejects the login in Secret {secret}{of_endpoint}: the login has expired, is wrong or does not grant permission to pull",
        steps=(
            Step(
                "if the password is an access token (user oauth2accesstoken, or 00000000-0000-0000-0000-000000000000), it expires after hours: set spec.provider: {cloud_registry}{of_endpoint} and remove spec.secretRef",
                read=(_SECRET, _CONTROLLER_SA),
            ),
            Step(
                "if it is a key (_json_key) or a service principal, check whether the key is valid and whether its account has permission to pull (gcp roles/artifactregistry.reader, azure AcrPull)",
                read=(ENDPOINT,),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("cloud_registry", "secret"),
        certainty="one-of",
        upstream=_ANSWERS,
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the registry {host} on {cloud_registry} requires authentication (UNAUTHORIZED), but spec.provider{of_endpoint} is not set",
        steps=(
            Step(
                "set spec.provider: {cloud_registry}{of_endpoint}, so that the controller logs in with its cloud identity, which needs permission to pull (aws AmazonEC2ContainerRegistryReadOnly, azure AcrPull, gcp roles/artifactregistry.reader)",
                read=(ENDPOINT, _CONTROLLER_SA),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("cloud_registry", "no_provider"),
        certainty="one-of",
        upstream=_ANSWERS,
    ),
    Rule(
        _CLOUD_LOGIN_FAILED,
        why="the registry {host} rejects the controller's cloud identity (spec.provider {cloud}{of_endpoint}, UNAUTHORIZED)",
        steps=(
            Step(
                "grant the identity permission to pull (aws AmazonEC2ContainerRegistryReadOnly, azure AcrPull, gcp roles/artifactregistry.reader); if it has the permission, check whether the repository in {address_field} exists",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS, ENDPOINT),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("cloud",),
        certainty="one-of",
        upstream=_ANSWERS,
    ),
)

RULES = (*_ACCOUNTS, *_HOSTS, *_AWS, *_AZURE, *_GOOGLE, *_REGISTRIES)

"""Authentication to AWS and its registries.

Upstream: fluxcd/pkg auth/aws, aws-sdk-go-v2, and the responses of STS and ECR.
"""

from fluxstatus.knowledge.cloud.shared import (
    ANSWERS,
    CLOUD_LOGIN_FAILED,
    CONTROLLER_SA,
    PULLS,
    REJECTED,
    RESTART,
    SECRET_TYPE,
)
from fluxstatus.knowledge.commands import ENDPOINT, SERVICE_ACCOUNTS
from fluxstatus.knowledge.facts import at_host, has_cloud_provider, has_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the credentials for public.ecr.aws in Secret {secret}{of_endpoint} have probably expired; such credentials are valid for 12 hours, and public.ecr.aws does not require authentication",
        steps=(
            Step(
                "remove spec.secretRef{of_endpoint}, so that the controller pulls without credentials, and check the name in {address_field}",
                read=(ENDPOINT, SECRET_TYPE),
            ),
        ),
        pattern=REJECTED,
        kinds=PULLS,
        needs=("secret",),
        when=(at_host("public.ecr.aws"),),
        certainty="likely",
        upstream=ANSWERS,
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="public.ecr.aws denies the anonymous pull because the repository does not exist or the anonymous token has expired",
        steps=(
            Step(
                "correct the name in {address_field} (Flux appends the name of a Helm chart to it). No Secret is required for public.ecr.aws",
                read=(ENDPOINT,),
            ),
            Step("if the name is correct, wait for the next attempt, which gets a new token"),
        ),
        pattern=REJECTED,
        kinds=PULLS,
        when=(at_host("public.ecr.aws"),),
        unless=(has_secret, has_cloud_provider),
        certainty="one-of",
        transient=True,
        upstream=ANSWERS,
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the controller's pod has no AWS_REGION; EKS only injects this variable into pods that are created after IRSA or Pod Identity was set up",
        steps=(
            Step(
                "restart the controller, so that EKS injects AWS_REGION into its new pod",
                read=("kubectl describe pods -n {flux_namespace} -l app={controller}",),
                change=(RESTART,),
            ),
            Step(
                "if AWS_REGION is still missing, check the controller's ServiceAccount (its annotation eks.amazonaws.com/role-arn or its Pod Identity association). Outside EKS, set AWS_REGION with a patch in spec.kustomize.patches of the FluxInstance",
                read=(CONTROLLER_SA,),
            ),
        ),
        pattern=Text(r"AWS_REGION environment variable is not set"),
        reach=Reach.WHOLE,
        upstream="PKG auth/aws/provider.go",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="spec.region is not set, but authentication with a ServiceAccount requires it",
        steps=(Step("set spec.region to the bucket's region", read=(ENDPOINT,)),),
        pattern=Text(r"an AWS region is required for authenticating with a service account"),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG auth/aws/provider.go",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="AWS does not trust the cluster's OIDC provider: {detail}",
        steps=(
            Step(
                "create an IAM OIDC identity provider for the cluster's issuer in this AWS account, or correct the thumbprint and audience (sts.amazonaws.com) of the existing one",
                read=("kubectl get --raw /.well-known/openid-configuration", CONTROLLER_SA),
            ),
            Step(
                "if the identity provider exists, check that the role in annotation eks.amazonaws.com/role-arn is in the same account, and check the role's trust policy"
            ),
        ),
        pattern=Text(r"(?P<detail>InvalidIdentityToken[^\n]{0,160})"),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="aws-sdk-go-v2",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the controller has no AWS role; neither IRSA nor EKS Pod Identity provides credentials in the controller's pod, and neither does the node (no EC2 IMDS role)",
        steps=(
            Step(
                "annotate the controller's ServiceAccount with eks.amazonaws.com/role-arn, or create an EKS Pod Identity association for it. Then restart the controller, because only new pods get the credentials",
                read=(
                    CONTROLLER_SA,
                    "kubectl describe pods -n {flux_namespace} -l app={controller}",
                ),
                change=(RESTART,),
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
        CLOUD_LOGIN_FAILED,
        why="AWS does not allow the controller to assume its role (AssumeRoleWithWebIdentity)",
        steps=(
            Step(
                "check the trust policy of the IAM role. It must allow the cluster's OIDC provider and this ServiceAccount (system:serviceaccount:NAMESPACE:NAME). The ServiceAccount's annotation eks.amazonaws.com/role-arn must refer to the role; restart the controller after you change the annotation",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
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
        CLOUD_LOGIN_FAILED,
        why="the repository policy in ECR does not allow access for the controller's AWS role, which belongs to another account: {detail}",
        steps=(
            Step(
                "in the registry's account, add a repository policy that allows the role in the message to perform ecr:BatchGetImage and ecr:GetDownloadUrlForLayer. The role's IAM policy alone is not sufficient",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>is not authorized to perform: ?\S+)[^\n]*no resource-based policy allows"
        ),
        upstream="Amazon ECR: responses of the registry",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the controller's AWS role lacks a permission: {detail}",
        steps=(
            Step(
                "add the permission to the role's IAM policy. For ECR, attach AmazonEC2ContainerRegistryReadOnly (ecr:GetAuthorizationToken and the pull actions). For kms:Decrypt, the key policy must also allow it",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(
            r"(?P<detail>is not authorized to perform: ?\S+|AccessDeniedException[^\n]{0,160})"
        ),
        upstream="aws-sdk-go-v2",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="AWS does not issue credentials to the controller: {innermost}",
        steps=(
            Step(
                "check the IAM role of the controller's ServiceAccount (IRSA annotation or Pod Identity association), and the role's trust policy",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(r"get identity: get credentials|failed to retrieve credentials"),
        certainty="unknown",
        upstream="PKG auth/aws, aws-sdk-go-v2",
    ),
)

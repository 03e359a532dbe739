"""Logins to AWS and its registries.

Upstream: PKG auth/aws, aws-sdk-go-v2, and the responses of STS and ECR.
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
        why="the login in Secret {secret}{of_endpoint} for public.ecr.aws has probably expired: it is valid for 12 hours, and public.ecr.aws needs no login",
        steps=(
            Step(
                "remove spec.secretRef{of_endpoint}, so that the controller pulls without credentials; check the name in {address_field} too",
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
        why="public.ecr.aws denies the anonymous pull: the repository does not exist, or the anonymous token has expired",
        steps=(
            Step(
                "correct the name in {address_field} (for a Helm chart, Flux appends the chart's name to it); public.ecr.aws needs no Secret",
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
        why="the controller's pod has no AWS_REGION: EKS injects it only into pods that are created after IRSA or Pod Identity was set up",
        steps=(
            Step(
                "restart the controller, so that EKS injects the variable into its new pod",
                read=("kubectl describe pods -n {flux_namespace} -l app={controller}",),
                change=(RESTART,),
            ),
            Step(
                "if AWS_REGION is still missing, check the annotation eks.amazonaws.com/role-arn of the controller's ServiceAccount or its Pod Identity association; outside EKS, set AWS_REGION yourself (spec.kustomize.patches of the FluxInstance)",
                read=(CONTROLLER_SA,),
            ),
        ),
        pattern=Text(r"AWS_REGION environment variable is not set"),
        reach=Reach.WHOLE,
        upstream="PKG auth/aws/provider.go",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="spec.region is not set, and the login with a ServiceAccount requires it",
        steps=(Step("set spec.region to the region of the bucket", read=(ENDPOINT,)),),
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
                "create an IAM OIDC identity provider for the cluster's issuer in this AWS account, or correct its thumbprint and audience (sts.amazonaws.com)",
                read=("kubectl get --raw /.well-known/openid-configuration", CONTROLLER_SA),
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
        CLOUD_LOGIN_FAILED,
        why="the controller has no AWS role: neither IRSA nor EKS Pod Identity provides credentials in its pod, and the node provides none (no EC2 IMDS role)",
        steps=(
            Step(
                "annotate the controller's ServiceAccount with eks.amazonaws.com/role-arn, or create an EKS Pod Identity association for it; then restart the controller, because only new pods get the credentials",
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
        why="AWS does not let the controller assume its role (AssumeRoleWithWebIdentity)",
        steps=(
            Step(
                "check the IAM role: its trust policy must allow the cluster's OIDC provider and this ServiceAccount (system:serviceaccount:NAMESPACE:NAME), and the annotation eks.amazonaws.com/role-arn must refer to the role; restart the controller after you change the annotation",
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
        why="the policy of the ECR repository does not allow the controller's AWS role, which belongs to another account: {detail}",
        steps=(
            Step(
                "in the account of the registry, add a repository policy that allows ecr:BatchGetImage and ecr:GetDownloadUrlForLayer to the role in the message; the IAM policy of the role alone is not enough",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>is not authorized to perform: ?\S+)[^\n]*no resource-based policy allows"
        ),
        upstream="Amazon ECR: answers of the registry",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the controller's AWS role lacks a permission: {detail}",
        steps=(
            Step(
                "add the permission to the role's IAM policy; for ECR, attach AmazonEC2ContainerRegistryReadOnly (ecr:GetAuthorizationToken and pull actions); for kms:Decrypt, the policy of the key must allow it, too",
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
                "check the IAM role of the controller's ServiceAccount (IRSA annotation or Pod Identity association) and its trust policy",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(r"get identity: get credentials|failed to retrieve credentials"),
        certainty="unknown",
        upstream="PKG auth/aws, aws-sdk-go-v2",
    ),
)

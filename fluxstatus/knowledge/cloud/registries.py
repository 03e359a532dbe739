"""Cloud registries that reject credentials, and authentication to any other cloud.

Upstream: fluxcd/pkg auth/access_token.go, go-containerregistry pkg/v1/remote/transport/error.go.
"""

from fluxstatus.knowledge.cloud.shared import (
    ANSWERS,
    CLOUD_LOGIN_FAILED,
    CONTROLLER_SA,
    PULLS,
    REJECTED,
    SECRET_TYPE,
)
from fluxstatus.knowledge.commands import ENDPOINT, SERVICE_ACCOUNTS
from fluxstatus.knowledge.rule import Rule, Step, Text

RULES = (
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the cloud provider {cloud} does not issue credentials to the controller: {innermost}",
        steps=(
            Step(
                "check spec.provider{of_endpoint}, and the cloud identity of the controller's ServiceAccount or of the ServiceAccount in spec.serviceAccountName",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS, ENDPOINT),
            ),
        ),
        pattern=Text(
            r"failed to get credential(?! *:)|failed to create kubernetes token|"
            r"failed to create provider access (?:token|credential)|"
            r"failed to get access credential for (?:artifact registry|Git repository)|"
            r"failed to (?:create|get) (?:artifact registry|registry) (?:login )?(?:token|"
            r"credentials)|default service account not found"
        ),
        certainty="unknown",
        upstream="PKG auth/access_token.go, from Flux 2.10 on auth/access_credential.go",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the credentials in Secret {secret}{of_endpoint} have probably expired (UNAUTHORIZED); passwords for ECR ({host}) expire after 12 hours",
        steps=(
            Step(
                "set spec.provider{of_endpoint} to aws and remove spec.secretRef, so that the controller authenticates with its own cloud identity. Alternatively, refresh the password in Secret {secret} with a CronJob",
                read=(SECRET_TYPE, CONTROLLER_SA),
            ),
        ),
        pattern=REJECTED,
        kinds=PULLS,
        needs=("secret", "ecr"),
        certainty="likely",
        upstream=ANSWERS,
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the {cloud_registry} registry {host} rejects the credentials in Secret {secret}{of_endpoint}; the credentials are expired or wrong, or do not grant permission to pull",
        steps=(
            Step(
                "if the password is an access token (username oauth2accesstoken or 00000000-0000-0000-0000-000000000000), it expires within hours. Set spec.provider{of_endpoint} to {cloud_registry}, and remove spec.secretRef",
                read=(SECRET_TYPE, CONTROLLER_SA),
            ),
            Step(
                "if the password is a key (_json_key) or belongs to a service principal, check that it is valid, and that its account has permission to pull (roles/artifactregistry.reader on Google Cloud, AcrPull on Azure)",
                read=(ENDPOINT,),
            ),
        ),
        pattern=REJECTED,
        kinds=PULLS,
        needs=("cloud_registry", "secret"),
        certainty="one-of",
        upstream=ANSWERS,
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the {cloud_registry} registry {host} requires authentication (UNAUTHORIZED), but spec.provider{of_endpoint} is not set",
        steps=(
            Step(
                "set spec.provider{of_endpoint} to {cloud_registry}, so that the controller authenticates with its cloud identity. The identity must have permission to pull (AmazonEC2ContainerRegistryReadOnly on AWS, AcrPull on Azure, roles/artifactregistry.reader on Google Cloud)",
                read=(ENDPOINT, CONTROLLER_SA),
            ),
        ),
        pattern=REJECTED,
        kinds=PULLS,
        needs=("cloud_registry", "no_provider"),
        certainty="one-of",
        upstream=ANSWERS,
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the registry {host} rejects the controller's cloud identity (UNAUTHORIZED); spec.provider{of_endpoint} is {cloud}",
        steps=(
            Step(
                "grant the identity permission to pull (AmazonEC2ContainerRegistryReadOnly on AWS, AcrPull on Azure, roles/artifactregistry.reader on Google Cloud). If it already has this permission, check that the repository in {address_field} exists",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS, ENDPOINT),
            ),
        ),
        pattern=REJECTED,
        kinds=PULLS,
        needs=("cloud",),
        certainty="one-of",
        upstream=ANSWERS,
    ),
)

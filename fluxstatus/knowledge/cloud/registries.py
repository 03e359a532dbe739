"""Registries of a cloud that reject a login, and logins to any other cloud.

Upstream: PKG auth/access_token.go, go-containerregistry pkg/v1/remote/transport/error.go.
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
                "check spec.provider{of_endpoint}, and the cloud identity of the controller's ServiceAccount or of the one in spec.serviceAccountName",
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
        why="the login in Secret {secret}{of_endpoint} has probably expired (UNAUTHORIZED): passwords for ECR ({host}) expire after 12 hours",
        steps=(
            Step(
                "set spec.provider: aws{of_endpoint} so that the controller logs in with its own cloud identity, and remove spec.secretRef; or refresh the password in Secret {secret} with a CronJob",
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
        why="the registry {host} on {cloud_registry} rejects the login in Secret {secret}{of_endpoint}: the login has expired, is wrong or does not grant permission to pull",
        steps=(
            Step(
                "if the password is an access token (user oauth2accesstoken, or 00000000-0000-0000-0000-000000000000), it expires after hours: set spec.provider: {cloud_registry}{of_endpoint} and remove spec.secretRef",
                read=(SECRET_TYPE, CONTROLLER_SA),
            ),
            Step(
                "if it is a key (_json_key) or a service principal, check whether the key is valid and whether its account has permission to pull (gcp roles/artifactregistry.reader, azure AcrPull)",
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
        why="the registry {host} on {cloud_registry} requires authentication (UNAUTHORIZED), but spec.provider{of_endpoint} is not set",
        steps=(
            Step(
                "set spec.provider: {cloud_registry}{of_endpoint} so that the controller authenticates with its cloud identity, which needs permission to pull (aws AmazonEC2ContainerRegistryReadOnly, azure AcrPull, gcp roles/artifactregistry.reader)",
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
        why="the registry {host} rejects the controller's cloud identity (spec.provider {cloud}{of_endpoint}, UNAUTHORIZED)",
        steps=(
            Step(
                "grant the identity permission to pull (aws AmazonEC2ContainerRegistryReadOnly, azure AcrPull, gcp roles/artifactregistry.reader); if it has the permission, check whether the repository in {address_field} exists",
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

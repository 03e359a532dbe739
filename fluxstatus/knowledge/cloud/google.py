"""Authentication to Google Cloud and its registries.

Upstream: fluxcd/pkg auth/gcp, golang.org/x/oauth2/google, and the responses of Google Cloud.
"""

from fluxstatus.knowledge.cloud.shared import (
    ANSWERS,
    CLOUD_LOGIN_FAILED,
    CONTROLLER_SA,
    SECRET_TYPE,
)
from fluxstatus.knowledge.commands import ENDPOINT, SERVICE_ACCOUNTS
from fluxstatus.knowledge.facts import has_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        CLOUD_LOGIN_FAILED,
        why="Google Cloud does not allow the controller to impersonate its service account: {detail}",
        steps=(
            Step(
                "grant the Kubernetes ServiceAccount the role roles/iam.workloadIdentityUser on the Google service account in annotation iam.gke.io/gcp-service-account (member serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME])",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
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
        CLOUD_LOGIN_FAILED,
        why="Google Cloud does not issue credentials to the controller: {detail}",
        steps=(
            Step(
                "check the Google service account in the ServiceAccount's annotation iam.gke.io/gcp-service-account. The ServiceAccount requires roles/iam.workloadIdentityUser on this account, and the account requires roles/artifactregistry.reader (or the role for another resource that Flux reads)",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
            Step(
                "on GKE, check that workload identity is enabled on the node pool. Outside GKE, use a Secret or workload identity federation"
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
        CLOUD_LOGIN_FAILED,
        why="Google does not issue a token for the service account key in Secret {secret}: {detail}",
        steps=(
            Step(
                "check that the key and the service account still exist and are enabled (gcloud iam service-accounts keys list), and store a valid key in Secret {secret}",
                read=(SECRET_TYPE,),
            ),
            Step("if the key is valid, check the clock on the nodes"),
        ),
        pattern=Text(r"oauth2: (?P<detail>cannot fetch token: [^\n]{1,80})"),
        needs=("secret",),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream="golang.org/x/oauth2",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the controller's Google identity has no permission to read this repository, or the repository does not exist: {detail}",
        steps=(
            Step(
                "grant the identity roles/artifactregistry.reader on the repository. If it already has this role, correct the project, location and name in {address_field}",
                read=(ENDPOINT, CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(r"(?P<detail>Permission \"?artifactregistry\.[\w.]+\"? denied[^\n]{0,160})"),
        unless=(has_secret,),
        certainty="one-of",
        upstream=ANSWERS,
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the Google service account in Secret {secret}{of_endpoint} has no permission to read this repository, or the repository does not exist: {detail}",
        steps=(
            Step(
                "grant the service account roles/artifactregistry.reader on the repository. If it already has this role, correct the project, location and name in {address_field}",
                read=(ENDPOINT, SECRET_TYPE),
            ),
        ),
        pattern=Text(
            r"(?P<detail>Permission \"?artifactregistry\.[\w.]+\"? denied[^\n]{0,160}|"
            r"do(?:es)? not have permission \"artifactregistry\.[^\n]{0,160})"
        ),
        needs=("secret",),
        certainty="one-of",
        upstream=ANSWERS,
    ),
)

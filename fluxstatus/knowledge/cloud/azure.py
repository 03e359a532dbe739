"""Authentication to Azure.

Upstream: fluxcd/pkg auth/azure, azure-sdk-for-go azidentity, and the responses of Entra ID.
"""

from fluxstatus.knowledge.cloud.shared import (
    CLOUD_LOGIN_FAILED,
    CONTROLLER_SA,
    RESTART,
    SECRET_TYPE,
)
from fluxstatus.knowledge.commands import ENDPOINT, SERVICE_ACCOUNTS
from fluxstatus.knowledge.rule import Rule, Step, Text

RULES = (
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the controller's node has no default managed identity (no default identity is assigned); the controller is not configured to use a specific identity either",
        steps=(
            Step(
                "use workload identity: add a federated credential for the controller's ServiceAccount, annotate the ServiceAccount with azure.workload.identity/client-id, and label the controller's pods with azure.workload.identity/use: true. Alternatively, set AZURE_CLIENT_ID in the controller's Deployment to the client ID of the kubelet identity",
                read=("kubectl get serviceaccounts -n {flux_namespace} -o yaml",),
            ),
            Step(
                "assign a role to the identity as well, such as AcrPull on the registry or Storage Blob Data Reader on the storage account"
            ),
        ),
        pattern=Text(r"no default identity is assigned to this resource"),
        upstream="azure-sdk-for-go azidentity",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="Entra ID does not accept the controller's token because no federated credential matches it: {detail}",
        steps=(
            Step(
                "add a federated credential to the managed identity in annotation azure.workload.identity/client-id of the ServiceAccount. Its issuer and subject must exactly match the cluster's issuer and the subject in the error message (az identity federated-credential create --issuer URL --subject system:serviceaccount:NAMESPACE:NAME)",
                read=(
                    "kubectl get --raw /.well-known/openid-configuration",
                    CONTROLLER_SA,
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
        CLOUD_LOGIN_FAILED,
        why="Entra ID does not recognize the application or the tenant: {detail}",
        steps=(
            Step(
                "correct the client ID and the tenant ID in the ServiceAccount's annotations azure.workload.identity/client-id and azure.workload.identity/tenant-id, or in the keys of the Secret",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS, ENDPOINT),
            ),
        ),
        pattern=Text(
            r"(?P<detail>AADSTS(?:700016|90002|900023|50034)[^\n]{0,200}|Identity not found)"
        ),
        upstream="azure-sdk-for-go azidentity, Entra ID",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the client secret for Entra ID is wrong or has expired: {detail}",
        steps=(
            Step(
                "create a new client secret, and store it in the Secret that spec.secretRef{of_endpoint} refers to. Alternatively, use workload identity, which does not require a secret",
                read=(SECRET_TYPE,),
            ),
        ),
        pattern=Text(r"(?P<detail>AADSTS7000(?:215|222)[^\n]{0,200})"),
        upstream="azure-sdk-for-go azidentity, Entra ID",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the controller's pod has no Azure workload identity: {detail}",
        steps=(
            Step(
                "label the controller's pods with azure.workload.identity/use: true, annotate the controller's ServiceAccount with azure.workload.identity/client-id, and then restart the controller, because the webhook only modifies new pods",
                read=("kubectl get pods -n {flux_namespace} --show-labels", CONTROLLER_SA),
                change=(RESTART,),
            ),
        ),
        pattern=Text(r"(?P<detail>missing environment variables for workload identity[^\n]{0,80})"),
        upstream="PKG auth/azure/new_default_azure_credential.go",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the controller is not configured to use a specific one of the node's managed identities (Multiple user assigned identities exist)",
        steps=(
            Step(
                "use workload identity (annotation azure.workload.identity/client-id on the ServiceAccount and label azure.workload.identity/use: true on the pods), or set AZURE_CLIENT_ID of the controller to the client ID of the identity to use",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(r"Multiple user assigned identities exist"),
        upstream="Azure Instance Metadata Service",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="Azure does not issue credentials for the managed identity to the controller: {detail}",
        steps=(
            Step(
                "check the managed identity's federated credential (the cluster's issuer and subject system:serviceaccount:NAMESPACE:NAME), the ServiceAccount's annotation azure.workload.identity/client-id, and the pods' label azure.workload.identity/use: true",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
            Step(
                "assign a role to the identity as well, such as AcrPull on the registry or Storage Blob Data Reader on the storage account"
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

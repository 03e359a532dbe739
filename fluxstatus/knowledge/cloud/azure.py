"""Logins to Azure.

Upstream: PKG auth/azure, azure-sdk-for-go azidentity, and the responses of Entra ID.
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
        why="no managed identity is the default on the node of the controller, and the controller is not configured to use a particular one (no default identity is assigned)",
        steps=(
            Step(
                "use workload identity: a federated credential for the controller's ServiceAccount, the annotation azure.workload.identity/client-id on it, and the label azure.workload.identity/use: true on the pods; or set AZURE_CLIENT_ID of the kubelet identity in the controller's Deployment",
                read=("kubectl get serviceaccounts -n {flux_namespace} -o yaml",),
            ),
            Step(
                "the identity also needs a role: AcrPull on the registry, Storage Blob Data Reader on the storage account"
            ),
        ),
        pattern=Text(r"no default identity is assigned to this resource"),
        upstream="azure-sdk-for-go azidentity",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="Entra ID does not accept the controller's token, because no federated credential matches it: {detail}",
        steps=(
            Step(
                "add a federated credential to the managed identity (annotation azure.workload.identity/client-id of the ServiceAccount) with exactly the issuer of the cluster and the subject in the message (az identity federated-credential create --issuer URL --subject system:serviceaccount:NAMESPACE:NAME)",
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
                "correct the client ID and the tenant ID (annotations azure.workload.identity/client-id and tenant-id of the ServiceAccount, or the keys of the Secret)",
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
                "create a new client secret and store it in the Secret in spec.secretRef{of_endpoint}; or use workload identity, which needs no secret",
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
                "label the controller's pods with azure.workload.identity/use: true and annotate its ServiceAccount with azure.workload.identity/client-id, then restart the controller, because the webhook changes only new pods",
                read=("kubectl get pods -n {flux_namespace} --show-labels", CONTROLLER_SA),
                change=(RESTART,),
            ),
        ),
        pattern=Text(r"(?P<detail>missing environment variables for workload identity[^\n]{0,80})"),
        upstream="PKG auth/azure/new_default_azure_credential.go",
    ),
    Rule(
        CLOUD_LOGIN_FAILED,
        why="the node has several managed identities, so the controller must name the one to use (Multiple user assigned identities exist)",
        steps=(
            Step(
                "use workload identity (annotation azure.workload.identity/client-id of the ServiceAccount and label azure.workload.identity/use: true of the pods), or set AZURE_CLIENT_ID of the controller to the client ID of the identity",
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
                "check the managed identity's federated credential (the cluster's issuer, subject system:serviceaccount:NAMESPACE:NAME), the ServiceAccount's annotation azure.workload.identity/client-id and the pods' label azure.workload.identity/use: true",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
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

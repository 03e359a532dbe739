"""SOPS with Vault or OpenBao.

Upstream: SOPS hcvault, kustomize-controller internal/decryptor/decryptor.go, and the responses of
Vault.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.decryption.shared import (
    CONTROLLER,
    DECRYPTOR,
    KEYS,
    KS,
    NO_DATA_KEY,
    SOPS_KMS_KEY_UNUSABLE,
    THEN,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_SOPS_VAULT_FAILED = Code("sops-vault-failed", "Vault or OpenBao cannot decrypt the SOPS data key.")

_VAULT = r"(?P<kms>https?://(?![\w-]+\.(?:vault|managedhsm)\.[\w.]*(?:azure|usgovcloudapi)\.)[\w.:-]+/\S*): FAILED"

_NO_LOGIN = r"(?!.*failed to authenticate\s+with Vault)"

RULES = (
    Rule(
        _SOPS_VAULT_FAILED,
        why="Vault (or OpenBao) does not have role {role}; kustomize-controller authenticates with this role (NAMESPACE_SERVICEACCOUNT of its token)",
        steps=(
            Step(
                "create role {role} in the auth method at login path {login}. Bind it to this ServiceAccount and its namespace, with a policy that allows update on transit/decrypt/KEY",
                read=(CONTROLLER, SPEC),
            ),
        ),
        pattern=Text(
            rf"{_VAULT}{THEN}failed to authenticate with Vault '[^']*' at login path '(?P<login>[^']*)' as "
            r"role '(?P<role>[^']*)'[^\n]*?(?:invalid role name|role [^\n]{0,80}could not be found)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=DECRYPTOR,
        versions=">=2.9",
    ),
    Rule(
        _SOPS_VAULT_FAILED,
        why="authentication to Vault (or OpenBao) with a Kubernetes ServiceAccount failed: {detail}",
        steps=(
            Step(
                "check the address and login path in the ConfigMap that the flag --sops-vault-configmap refers to. In Vault, check the auth method and the role NAMESPACE_SERVICEACCOUNT (its audience must be the Vault address)",
                read=(CONTROLLER, "kubectl get configmaps -n {flux_namespace}", SPEC),
            ),
        ),
        pattern=Text(
            rf"{_VAULT}{THEN}(?P<detail>(?:no Vault login path|failed to get Vault ConfigMap|"
            r"Vault ConfigMap|failed to authenticate with Vault|failed to issue Kubernetes token "
            r"for Vault|failed to derive Vault role|Vault '[^']*' returned no token)[^\n]{0,200})"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=DECRYPTOR,
        versions=">=2.9",
    ),
    Rule(
        _SOPS_VAULT_FAILED,
        why="Vault (or OpenBao) is sealed, so it cannot decrypt the SOPS data key with {kms}",
        steps=(Step("unseal Vault. kustomize-controller retries automatically"),),
        pattern=Text(rf"{_VAULT}{THEN}Vault is sealed"),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops hcvault",
    ),
    Rule(
        _SOPS_VAULT_FAILED,
        why="Vault (or OpenBao) serves plain HTTP at {kms}, but the file refers to it with https",
        steps=(
            Step(
                "serve TLS at this address, or correct vault_address in the file's sops section and re-encrypt the file"
            ),
        ),
        pattern=Text(rf"{_VAULT}{THEN}server gave HTTP response to HTTPS client"),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="Go net/http",
    ),
    Rule(
        _SOPS_VAULT_FAILED,
        why="Vault (or OpenBao) does not allow the SOPS data key to be decrypted with {kms}; the token is missing or expired, or does not grant permission to use the transit key",
        steps=(
            Step(
                "put a valid token into Secret {decryption_secret} as sops.vault-token",
                read=(KEYS, SPEC),
            ),
            Step(
                "if the token is valid (vault token lookup), allow the update capability on transit/decrypt/KEY of the transit engine in the token's policy"
            ),
        ),
        pattern=Text(
            rf"{_VAULT}{_NO_LOGIN}{THEN}(?:Code: 403|permission denied|invalid token|missing client token|"
            r"bad token)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{DECRYPTOR}, sops hcvault",
    ),
    Rule(
        SOPS_KMS_KEY_UNUSABLE,
        why="Vault (or OpenBao) cannot use the transit key {kms}: {detail}",
        steps=(
            Step(
                "check in Vault that the transit engine is mounted at this path and contains the key (vault read PATH/keys/KEY). Otherwise, re-encrypt the file for the correct key"
            ),
        ),
        pattern=Text(
            rf"{_VAULT}{_NO_LOGIN}{THEN}(?P<detail>no handler for route|unsupported path|"
            r"encryption key not found|invalid ciphertext[^\n]{0,80}|"
            r"cipher: message authentication failed|Code: 40[04]\b[^\n]{0,160})"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops hcvault",
    ),
)

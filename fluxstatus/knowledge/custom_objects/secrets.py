"""Secrets that come from a secret manager, or from an encrypted object in Git.

Upstream: external-secrets pkg/controllers and its providers, sealed-secrets pkg/controller.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.custom_objects.shared import DESCRIBE, ESO, UNREACHABLE
from fluxstatus.knowledge.rule import Rule, Step, Text

_STORES = "kubectl get secretstores,clustersecretstores -A"

_TARGETS = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the template of the ExternalSecret fails",
        steps=(
            Step(
                "correct spec.target.template in Git: it can only use the keys that data and dataFrom return, under their names there. Template braces in a Helm chart must be escaped",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"could not (?:apply|execute) template|unable to (?:execute|parse) template"),
        quoted=True,
        upstream=ESO,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="another ExternalSecret already owns the target Secret",
        steps=(
            Step(
                "give each ExternalSecret its own spec.target.name in Git, or let only one create the Secret and set creationPolicy: Merge in the others",
                read=("kubectl get externalsecrets -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(r"target is owned by another ExternalSecret"),
        quoted=True,
        upstream=ESO,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the target Secret does not exist, and creationPolicy: Merge only changes a Secret that exists",
        steps=(
            Step(
                "create the Secret first, correct spec.target.name, or set creationPolicy: Owner in Git",
                read=("kubectl get secrets -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(r"With creationPolicy=Merge the secret won't be created"),
        quoted=True,
        upstream=ESO,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the ClusterSecretStore does not allow ExternalSecrets in this namespace (spec.conditions)",
        steps=(
            Step(
                "add the namespace, or a label that it has, to spec.conditions of the ClusterSecretStore, or use a SecretStore in the namespace",
                read=(_STORES, "kubectl get namespace {ns} --show-labels"),
            ),
        ),
        pattern=Text(r"is not allowed from namespace [^\n]{0,120}denied by spec\.condition"),
        quoted=True,
        upstream=ESO,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the secret in the secret manager is not a JSON object, so no keys can be read from it",
        steps=(
            Step(
                "store the secret as a JSON object, or use data with only remoteRef.key in place of dataFrom.extract or property",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"unable to unmarshal secret|(?:secret|extract)[^\n]{0,200}invalid character '[^']+' looking for beginning of value"
        ),
        certainty="likely",
        quoted=True,
        upstream=ESO,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="several entries in the secret manager match, so the right one is not clear",
        steps=(
            Step(
                "give the entry a unique title and its fields unique names in the secret manager, or use its ID as the key in the ExternalSecret",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"expected one 1Password Item|(?:found|more than one|multiple) (?:multiple )?(?:items|secrets) (?:found|with|match)"
        ),
        certainty="likely",
        quoted=True,
        upstream="external-secrets providers",
    ),
)

_ACCESS = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Vault or OpenBao server is sealed, so it does not return secrets",
        steps=(
            Step(
                "unseal the server (vault operator unseal), and configure auto-unseal so that it also starts after a restart; the SecretStore recovers automatically",
                read=(_STORES, "kubectl get pods -A -l app.kubernetes.io/name=vault"),
            ),
        ),
        pattern=Text(r"Vault is sealed|error: server is sealed"),
        quoted=True,
        upstream="vault http/sys_seal.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Secret or ServiceAccount with the credentials for the secret manager does not exist, or lacks the key ({detail})",
        steps=(
            Step(
                "create it, or correct its name, namespace and key in the auth section of the SecretStore. A ClusterSecretStore must name the namespace",
                read=(_STORES, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:could not (?:fetch|get)(?! source)|cannot get Kubernetes (?:secret|service account))[^\n]{0,200}?"
            r"(?P<detail>(?:secrets?|serviceaccounts?) \"[^\"]+\" not found|cannot find secret data for key: \S+)"
        ),
        quoted=True,
        upstream="external-secrets pkg/esutils/resolvers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the secret manager does not accept the login of the SecretStore",
        steps=(
            Step(
                "check the credentials in the auth section of the SecretStore. For Kubernetes auth in Vault and OpenBao, check the mount path, the role, and the ServiceAccounts and namespaces that are bound to the role; after a cluster was recreated, update its CA and issuer there",
                read=(_STORES, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"unable to log in|invalid role name|InvalidClientTokenId|UnrecognizedClient|ExpiredToken|AADSTS\d+|SignatureDoesNotMatch|"
            r"Code: 401|status code:? 401|401 Unauthorized|code = Unauthenticated|invalid_client"
        ),
        certainty="likely",
        quoted=True,
        upstream="external-secrets providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the secret manager denies access to the secret",
        steps=(
            Step(
                "grant the SecretStore's identity a policy or role that allows it to read this path or secret (for a PushSecret, also to write it), and check the credentials and the path. For Vault and OpenBao, also check the mount and the version of the KV engine",
                read=(_STORES, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:secret|provider|vault|parameter)[^\n]{0,200}?(?:\b403\b|AccessDenied|permission denied|PermissionDenied|Forbidden|not authorized|is not authorized)"
        ),
        certainty="likely",
        quoted=True,
        upstream="external-secrets providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the SecretStore does not exist or is not ready",
        steps=(
            Step(
                "create the SecretStore or ClusterSecretStore first, or correct name and kind in secretStoreRef; the default kind is SecretStore. If the store is not ready, its conditions show why (for example, wrong credentials or a wrong address)",
                read=(_STORES, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:could not get|cannot get|get) (?:cluster)?secret ?store|(?:Cluster)?SecretStore\.?\S* (?:\"[^\"]+\" )?(?:not found|\S* ?is not ready)|error (?:getting|validating) (?:the )?store"
        ),
        certainty="one-of",
        quoted=True,
        upstream="external-secrets pkg/controllers/secretstore",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the secret manager does not have the secret, or the secret does not have the requested property or version",
        steps=(
            Step(
                "correct the key, property and version in the ExternalSecret in Git (remoteRef.key is the name of the whole secret or item, remoteRef.property a field in it), or add what is missing to the secret manager",
                read=(DESCRIBE, _STORES),
            ),
        ),
        pattern=Text(
            r"Secret does not exist|SecretNotFound|ResourceNotFoundException|ParameterNotFound|key [\w./-]+ does not exist|could not find (?:secret|property)|"
            r"property [\w./-]+ does not exist|no secret (?:found|data)|code = NotFound|not found or has no versions|not found in 1Password Vaults|cannot find secret data for key"
        ),
        quoted=True,
        upstream="external-secrets providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the secret manager cannot be reached, or its certificate is not trusted",
        steps=(
            Step(
                "check the server's address and CA in the SecretStore, and connections from external-secrets to it (DNS, NetworkPolicies, firewalls and proxies)",
                read=(_STORES, "kubectl get networkpolicies -A"),
            ),
        ),
        pattern=Text(rf"{UNREACHABLE}|x509: "),
        certainty="one-of",
        quoted=True,
        upstream="external-secrets providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="external-secrets cannot read the secret from the secret manager",
        steps=(
            Step(
                "check the events of the ExternalSecret, which have the secret manager's own error (a missing key, a denied permission, a rejected login or no connection), and the conditions of the SecretStore",
                read=(DESCRIBE, _STORES),
            ),
        ),
        pattern=Text(r"could not get secret data from provider"),
        certainty="one-of",
        quoted=True,
        upstream="external-secrets pkg/controllers/externalsecret",
    ),
)

RULES = (*_TARGETS, *_ACCESS)

SEALED = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="no key of the sealed-secrets controller can decrypt the SealedSecret",
        steps=(
            Step(
                "if the cluster or the controller was recreated, restore the old sealing keys, or seal the Secret again with the current certificate (kubeseal --fetch-cert)",
                read=("kubectl get secrets -A -l sealedsecrets.bitnami.com/sealed-secrets-key",),
            ),
            Step(
                "if its name or namespace was changed, seal the Secret again: with the default scope, both are part of the encryption",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"no key could decrypt secret"),
        certainty="one-of",
        quoted=True,
        upstream="sealed-secrets pkg/apis/sealedsecrets, pkg/crypto",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a Secret of this name exists, and the sealed-secrets controller did not create it",
        steps=(
            Step(
                'set annotation sealedsecrets.bitnami.com/managed: "true" on the existing Secret, so that the controller replaces its content, or rename one of the two',
                read=("kubectl get secrets -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(r"already exists and is not managed by SealedSecret"),
        quoted=True,
        upstream="sealed-secrets pkg/controller",
    ),
)
"""The rules for SealedSecrets."""

r"""SOPS: the decryption keys of a Kustomization.

SOPS tries each key that a file was encrypted for, and lists each one that fails with its error:

    cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.
    Group 0: FAILED
      KEY: FAILED
        - | error

Upstream: KC internal/decryptor/decryptor.go, internal/sops; getsops/sops (usererrors.go; age, pgp,
kms, azkv, gcpkms, hcvault).
"""

from fluxstatus.knowledge.commands import SECRETS, SERVICE_ACCOUNTS, SPEC
from fluxstatus.knowledge.facts import has_decryption, has_decryption_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_SOPS_KEY_MISSING = Code(
    "sops-key-missing", "The Secret with the SOPS decryption keys does not exist."
)
_SOPS_KEY_WRONG = Code(
    "sops-key-wrong",
    "The file is encrypted with SOPS for a key that the Kustomization does not have.",
)
_SOPS_KMS_DENIED = Code(
    "sops-kms-denied", "The KMS does not allow kustomize-controller to decrypt the SOPS data key."
)
_SOPS_KMS_LOGIN_FAILED = Code(
    "sops-kms-login-failed",
    "The controller has no valid credentials for the KMS that decrypts SOPS files.",
)
_SOPS_KMS_UNREACHABLE = Code(
    "sops-kms-unreachable", "The controller cannot connect to the KMS that decrypts SOPS files."
)
_SOPS_KMS_KEY_UNUSABLE = Code(
    "sops-kms-key-unusable",
    "The KMS key that a file is encrypted for does not exist or cannot be used.",
)
_SOPS_VAULT_FAILED = Code(
    "sops-vault-failed", "The SOPS data key cannot be decrypted with Vault or OpenBao."
)
_SOPS_CORRUPT = Code(
    "sops-corrupt", "The content of a SOPS file was changed after it was encrypted."
)
_SOPS_NOT_CONFIGURED = Code(
    "sops-not-configured", "A manifest is encrypted with SOPS, but is not decrypted."
)
_SOPS_FORMAT_WRONG = Code(
    "sops-format-wrong", "The SOPS file cannot be read in the expected format."
)
_SOPS_FAILED = Code("sops-failed", "Manifests that are encrypted with SOPS cannot be decrypted.")

_KS: KindNames = frozenset({"Kustomization"})
_DECRYPTOR = "KC internal/decryptor/decryptor.go"
_KEYS = "kubectl describe secret {decryption_secret} -n {ns}"
_MAKE = "flux-operator create secret sops {secret} -n {ns} --age-key-file=./age.agekey"
_MAKE_MISSING = _MAKE.replace("{secret}", "{missing}")
_MAKE_KEY = _MAKE.replace("{secret}", "{decryption_secret}")
_CONTROLLER = "kubectl describe deployment kustomize-controller -n {flux_namespace}"
_CONTROLLER_SA = "kubectl get serviceaccount kustomize-controller -n {flux_namespace} -o yaml"
_POLICIES = "kubectl get networkpolicies -n {flux_namespace} -o yaml"

_ALONE = r"^(?:\(combined from similar events\): )?"
_NO_DATA_KEY = Text(r"sops data key|data key required to decrypt")

# The keys of a SOPS file, each as SOPS lists it (ToString of each master key).
_AWS = r"(?P<kms>arn:aws[\w-]*:kms:[\w:/-]+): FAILED"
_AZURE = (
    r"(?P<kms>https://[\w-]+\.(?:vault|managedhsm)\.[\w.]*(?:azure|usgovcloudapi)\.\w+/\S*): FAILED"
)
_GCP = r"(?P<kms>projects/[\w./:-]+/cryptoKeys/[\w.-]+): FAILED"
_VAULT = r"(?P<kms>https?://(?![\w-]+\.(?:vault|managedhsm)\.[\w.]*(?:azure|usgovcloudapi)\.)[\w.:-]+/\S*): FAILED"
_ANY_KMS = r"(?P<kms>arn:aws[\w-]*:kms:[\w:/-]+|https?://[\w.:-]+/\S*|projects/[\w./:-]+/cryptoKeys/[\w.-]+): FAILED"
_THEN = r".{0,2500}?"

_TO = r'(?:(?:dial tcp|read tcp|lookup) |(?:Get|Post|Put) "?https?://)(?!169\.254\.|metadata)'
_UNREACHABLE = (
    rf"(?:{_TO}[^\n]{{0,300}}?|code = (?=Unavail|Deadline))(?P<detail>no such host|i/o timeout|"
    r"connection refused|connection reset|no route to host|network is unreachable|"
    r"TLS handshake timeout|context deadline exceeded|Client\.Timeout|server misbehaving|"
    r"Unavailable|DeadlineExceeded)"
)
"""A KMS or a token service that cannot be reached; not the metadata address of a cloud, which is
only tried when nothing else has credentials."""

_OF_SECRETS = (
    Rule(
        _SOPS_KEY_MISSING,
        why="Secret {missing} in spec.decryption.secretRef does not exist",
        steps=(
            Step(
                "create Secret {missing} with the SOPS key (an age key as NAME.agekey, a PGP key as NAME.asc), or correct spec.decryption.secretRef",
                read=(SECRETS,),
                change=(_MAKE_MISSING,),
            ),
        ),
        pattern=Text(
            rf"{_ALONE}(?:decryption secret error: |cannot get sops decryption Secret '[^']+': )?"
            r"secrets? \"(?P<missing>[\w.-]+)\" not found$"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        when=(has_decryption_secret,),
        trivial=True,
        quoted=True,
        upstream=_DECRYPTOR,
    ),
    Rule(
        _SOPS_KEY_MISSING,
        why="Secret {missing}, which --sops-age-secret of kustomize-controller refers to, does not exist in namespace {flux_namespace}",
        steps=(
            Step(
                "create Secret {missing} in namespace {flux_namespace} with an age key as NAME.agekey, or correct --sops-age-secret",
                read=(_CONTROLLER,),
            ),
        ),
        pattern=Text(
            r"^(?:cannot get sops SOPS age decryption Secret '[^']+': )?"
            r"secrets? \"(?P<missing>[\w.-]+)\" not found$"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        when=(has_decryption,),
        unless=(has_decryption_secret,),
        quoted=True,
        upstream=_DECRYPTOR,
        versions=">=2.7",
    ),
    Rule(
        Code("sops-key-invalid", "A SOPS key or credential in the Secret cannot be read."),
        why="key {key} in Secret {holder} does not contain the type of key that its name requires",
        steps=(
            Step(
                "store a valid key: NAME.agekey contains a key that starts with AGE-SECRET-KEY-1, NAME.asc an armored PGP private key, and sops.aws-kms, sops.azure-kv and sops.gcp-kms the cloud credentials",
                read=("kubectl describe secret {holder} -n {ns}",),
                change=(_MAKE_KEY,),
            ),
        ),
        pattern=Text(
            r"failed to import '(?P<key>[^']+)' data from (?:\w+ )*'?(?:[\w.-]+/)?"
            r"(?P<holder>[\w.-]+)'?"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=_DECRYPTOR,
    ),
)

_OF_AGE = (
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the age recipient {recipient}, but Secret {decryption_secret} contains no age key (no key with the extension .agekey)",
        steps=(
            Step(
                "put the private age key for {recipient} into Secret {decryption_secret} as NAME.agekey",
                read=(_KEYS,),
                change=(_MAKE_KEY,),
            ),
        ),
        pattern=Text(
            rf"(?P<recipient>age1\w{{5,80}}): FAILED{_THEN}(?:no identities specified|"
            r"failed to load age identities)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        needs=("decryption_secret",),
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops age",
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the age recipient {recipient}, but no age key in Secret {decryption_secret} matches it, so the data key cannot be decrypted",
        steps=(
            Step(
                "put the private age key for {recipient} into Secret {decryption_secret} as NAME.agekey, or re-encrypt the file for the existing key (sops updatekeys)",
                read=(_KEYS,),
                change=(_MAKE_KEY,),
            ),
        ),
        pattern=Text(
            rf"(?P<recipient>age1\w{{5,80}}): FAILED{_THEN}no identity matched any of the "
            r"recipients"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        needs=("decryption_secret",),
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops age",
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the age recipient {recipient}, but probably no age key in Secret {decryption_secret} matches it, so the data key cannot be decrypted",
        steps=(
            Step(
                "put the private age key for {recipient} into Secret {decryption_secret} as NAME.agekey, or re-encrypt the file for the existing key (sops updatekeys)",
                read=(_KEYS,),
                change=(_MAKE_KEY,),
            ),
        ),
        pattern=Text(r"(?P<recipient>age1\w{5,80}): FAILED"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        needs=("decryption_secret",),
        reach=Reach.WHOLE,
        certainty="likely",
        upstream=f"{_DECRYPTOR}, sops age",
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the age recipient {recipient}, whose key is not in the Secret that --sops-age-secret of kustomize-controller refers to",
        steps=(
            Step(
                "set spec.decryption.secretRef to a Secret with the private age key for {recipient}, or put that key into the controller's Secret as NAME.agekey",
                read=(SECRETS, SPEC, _CONTROLLER),
            ),
        ),
        pattern=Text(
            rf"(?P<recipient>age1\w{{5,80}}): FAILED{_THEN}no identity matched any of the recipients"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        unless=(has_decryption_secret,),
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops age",
        versions=">=2.7",
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the age recipient {recipient}, but spec.decryption does not refer to a Secret with a key: the data key cannot be decrypted",
        steps=(
            Step(
                "put the age key into a Secret as NAME.agekey and reference it in spec.decryption.secretRef",
                read=(SECRETS, SPEC),
                change=(_MAKE.replace("{secret}", "sops-age"),),
            ),
        ),
        pattern=Text(r"(?P<recipient>age1\w{5,80}): FAILED"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        unless=(has_decryption_secret,),
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_DECRYPTOR}, sops age",
    ),
)

_OF_PGP = (
    Rule(
        _SOPS_KEY_WRONG,
        why="the private PGP key {recipient} is protected with a passphrase, so kustomize-controller cannot use it",
        steps=(
            Step(
                "export the private key without a passphrase and put it into Secret {decryption_secret} as NAME.asc, or re-encrypt the file for an age key (sops updatekeys)",
                read=(_KEYS,),
                change=(
                    "flux-operator create secret sops {decryption_secret} -n {ns} --gpg-key-file=./private.asc",
                ),
            ),
        ),
        pattern=Text(
            rf"\b(?P<recipient>[0-9A-F]{{16,40}}): FAILED{_THEN}(?:Inappropriate ioctl|"
            r"No pinentry|Bad passphrase)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops pgp",
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the PGP key {recipient}, whose private key is not in Secret {decryption_secret}: the data key cannot be decrypted",
        steps=(
            Step(
                "put the armored private key without a passphrase into Secret {decryption_secret} as NAME.asc, or re-encrypt the file for the existing key (sops updatekeys)",
                read=(_KEYS,),
                change=(
                    "flux-operator create secret sops {decryption_secret} -n {ns} --gpg-key-file=./private.asc",
                ),
            ),
        ),
        pattern=Text(r"\b(?P<recipient>[0-9A-F]{16,40}): FAILED"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        needs=("decryption_secret",),
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops pgp",
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the PGP key {recipient}, but spec.decryption does not refer to a Secret with a key: the data key cannot be decrypted",
        steps=(
            Step(
                "put the armored private key without a passphrase into a Secret as NAME.asc and reference it in spec.decryption.secretRef",
                read=(SECRETS, SPEC),
            ),
        ),
        pattern=Text(r"\b(?P<recipient>[0-9A-F]{16,40}): FAILED"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        unless=(has_decryption_secret,),
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops pgp",
    ),
)

_OF_ALL_KMS = (
    Rule(
        _SOPS_KMS_UNREACHABLE,
        why="kustomize-controller cannot reach the KMS to decrypt the SOPS data key with {kms}: the connection failed ({detail})",
        steps=(
            Step(
                "check the network between kustomize-controller and the KMS: DNS, NetworkPolicies, firewalls, proxy settings (HTTPS_PROXY, NO_PROXY) and, in a private network, the private endpoint of the KMS (AWS: a VPC endpoint and its security group)",
                read=(_POLICIES, _CONTROLLER),
            ),
        ),
        pattern=Text(rf"{_ANY_KMS}{_THEN}{_UNREACHABLE}"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        transient=True,
        upstream="sops kms, azkv, gcpkms, hcvault; Go net",
    ),
    Rule(
        _SOPS_KMS_UNREACHABLE,
        why="kustomize-controller does not trust the certificate of the KMS that decrypts with {kms}: {detail}",
        steps=(
            Step(
                "mount the CA certificate of the KMS, or of the proxy in between that intercepts TLS, into kustomize-controller (for example, as a file in /etc/ssl/certs)",
                read=(_CONTROLLER,),
            ),
        ),
        pattern=Text(rf"{_ANY_KMS}{_THEN}(?P<detail>x509: [^\n]{{1,120}})"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="Go crypto/x509",
    ),
)

_OF_AWS = (
    Rule(
        _SOPS_KMS_LOGIN_FAILED,
        why="AWS STS does not allow kustomize-controller to assume its IAM role, so the SOPS data key cannot be decrypted with {kms}: {detail}",
        steps=(
            Step(
                "correct the trust policy of the IAM role (OIDC provider of this cluster, subject system:serviceaccount:{flux_namespace}:kustomize-controller or the ServiceAccount in spec.decryption.serviceAccountName) and the annotation eks.amazonaws.com/role-arn of that ServiceAccount",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(
            rf"{_AWS}{_THEN}AssumeRole[^\n]*?(?P<detail>(?:AccessDenied|InvalidIdentityToken|"
            r"ExpiredToken|ValidationError|IDPCommunicationError|RegionDisabled)[^\n]{0,160})"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS STS",
    ),
    Rule(
        _SOPS_KMS_LOGIN_FAILED,
        why="AWS rejects the credentials that kustomize-controller uses to decrypt the SOPS data key with {kms} ({detail})",
        steps=(
            Step(
                "replace the static credentials: key sops.aws-kms in the Secret in spec.decryption.secretRef, or the AWS_ variables of kustomize-controller; where the cluster supports it, use workload identity instead",
                read=(_KEYS, _CONTROLLER),
            ),
        ),
        pattern=Text(
            rf"{_AWS}{_THEN}(?P<detail>UnrecognizedClientException|InvalidClientTokenId|"
            r"ExpiredTokenException|InvalidSignatureException|SignatureDoesNotMatch)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS KMS",
    ),
    Rule(
        _SOPS_KMS_LOGIN_FAILED,
        why="kustomize-controller has no AWS credentials to decrypt the SOPS data key with {kms}",
        steps=(
            Step(
                "annotate ServiceAccount kustomize-controller with eks.amazonaws.com/role-arn (or create an EKS Pod Identity association for it) and restart kustomize-controller, set spec.decryption.serviceAccountName, or put static credentials into the Secret in spec.decryption.secretRef as sops.aws-kms",
                read=(_CONTROLLER_SA, SPEC),
            ),
        ),
        pattern=Text(
            rf"{_AWS}{_THEN}(?:no EC2 IMDS role found|NoCredentialProviders|"
            r"no valid providers in chain|failed to refresh cached credentials|"
            r"EnvAccessKeyNotFound|no valid credential sources?)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops kms, aws-sdk-go",
    ),
    Rule(
        _SOPS_KMS_KEY_UNUSABLE,
        why="AWS KMS cannot use key {kms}: {detail}",
        steps=(
            Step(
                "check the key in its account and region (aws kms describe-key --key-id {kms}): enable it or cancel its deletion; if it no longer exists, re-encrypt the files for another key from a copy of the secrets"
            ),
        ),
        pattern=Text(
            rf"{_AWS}{_THEN}(?P<detail>(?:NotFoundException|DisabledException|"
            r"KMSInvalidStateException|KeyUnavailableException|InvalidKeyUsageException)[^\n]{0,160})"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS KMS",
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="AWS KMS rejects the SOPS data key: it was not encrypted with {kms}, or with another encryption context ({detail})",
        steps=(
            Step(
                "restore the sops section of the file from Git history, or re-encrypt the file with sops updatekeys"
            ),
        ),
        pattern=Text(rf"{_AWS}{_THEN}(?P<detail>InvalidCiphertextException|IncorrectKeyException)"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS KMS",
    ),
    Rule(
        _SOPS_KMS_DENIED,
        why="AWS KMS does not allow {identity}, the identity of kustomize-controller, to decrypt with {kms} (permission kms:Decrypt)",
        steps=(
            Step(
                "if {identity} is not the role you expect (for example, it is the node's role), workload identity is not in effect: check the annotation eks.amazonaws.com/role-arn and restart kustomize-controller",
                read=(_CONTROLLER_SA, SPEC),
            ),
            Step(
                "otherwise, allow kms:Decrypt on this key both in the IAM policy of the role and in the key policy"
            ),
        ),
        pattern=Text(
            rf"{_AWS}{_THEN}User: (?P<identity>arn:\S+) is not authorized to perform: kms:Decrypt"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS KMS",
    ),
    Rule(
        _SOPS_KMS_DENIED,
        why="AWS KMS denies access to key {kms} (AccessDenied): the identity of kustomize-controller does not have permission, or the key does not exist in this account and region",
        steps=(
            Step(
                "allow kms:Decrypt on this key in the IAM policy of kustomize-controller's role (or of the ServiceAccount in spec.decryption.serviceAccountName) and in the key policy",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
            Step(
                "check that the key in the sops section of the file exists in this account and region: aws kms describe-key --key-id {kms}"
            ),
        ),
        pattern=Text(rf"{_AWS}{_THEN}AccessDenied"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="sops kms, AWS KMS",
    ),
)

_OF_AZURE = (
    Rule(
        _SOPS_KMS_LOGIN_FAILED,
        why="Entra ID has no federated credential for the ServiceAccount that logs in to Azure Key Vault ({detail})",
        steps=(
            Step(
                "add a federated credential to the managed identity or app: issuer of this cluster, subject system:serviceaccount:{flux_namespace}:kustomize-controller (or the ServiceAccount in spec.decryption.serviceAccountName), audience api://AzureADTokenExchange",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(rf"{_AZURE}{_THEN}(?P<detail>AADSTS70021\d*)"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Microsoft Entra ID",
    ),
    Rule(
        _SOPS_KMS_LOGIN_FAILED,
        why="Entra ID rejects the login to Azure Key Vault: {detail}",
        steps=(
            Step(
                "correct the client ID, tenant ID and client secret: key sops.azure-kv in the Secret in spec.decryption.secretRef, or the annotations azure.workload.identity/client-id and azure.workload.identity/tenant-id of the ServiceAccount",
                read=(_KEYS, _CONTROLLER_SA),
            ),
        ),
        pattern=Text(rf"{_AZURE}{_THEN}(?P<detail>AADSTS\d+: [^\n]{{1,160}})"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Microsoft Entra ID",
    ),
    Rule(
        _SOPS_KMS_LOGIN_FAILED,
        why="kustomize-controller has no Azure credentials to decrypt the SOPS data key with Key Vault {kms}: no workload identity, managed identity or client secret was found",
        steps=(
            Step(
                'set up workload identity: label the pods of kustomize-controller with azure.workload.identity/use: "true", annotate its ServiceAccount with azure.workload.identity/client-id, add a federated credential for it, and restart the controller; then assign it the role Key Vault Crypto User',
                read=(_CONTROLLER_SA, _CONTROLLER),
            ),
            Step(
                "or put static credentials into the Secret in spec.decryption.secretRef as sops.azure-kv",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{_THEN}(?:DefaultAzureCredential|ChainedTokenCredential|"
            r"failed to acquire a token|no client ID specified|Invoking Azure CLI failed|"
            r"Azure CLI not found|missing environment variables? |ManagedIdentityCredential|"
            r"Azure token credential)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, azidentity",
    ),
    Rule(
        _SOPS_KMS_UNREACHABLE,
        why="the firewall of Azure Key Vault blocks kustomize-controller from decrypting with {kms} ({detail})",
        steps=(
            Step(
                "allow the cluster's network in the networking settings of the Key Vault, or give the Key Vault a private endpoint in that network"
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{_THEN}(?P<detail>ForbiddenByFirewall|ForbiddenByConnection|"
            r"Public network access is disabled|Client address is not authorized)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Azure Key Vault",
    ),
    Rule(
        _SOPS_KMS_KEY_UNUSABLE,
        why="Azure Key Vault cannot use key {kms} ({detail})",
        steps=(
            Step(
                "check the key and its version in the Key Vault: enable or recover it; if it no longer exists, re-encrypt the files for another key from a copy of the secrets"
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{_THEN}(?P<detail>KeyNotFound|VaultNotFound|404 Not Found|KeyDisabled|"
            r"KeyNotYetValid|disabled key|expired key)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Azure Key Vault",
    ),
    Rule(
        _SOPS_KMS_DENIED,
        why="Azure Key Vault does not allow the identity of kustomize-controller to decrypt with {kms}",
        steps=(
            Step(
                "assign the role Key Vault Crypto User on the Key Vault to the identity of kustomize-controller (or of the ServiceAccount in spec.decryption.serviceAccountName); with access policies, allow the key operation Decrypt",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{_THEN}(?:ForbiddenByRbac|ForbiddenByPolicy|AccessDenied|"
            r"403 Forbidden|not authorized to perform action)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Azure Key Vault",
    ),
)

_OF_GCP = (
    Rule(
        _SOPS_KMS_LOGIN_FAILED,
        why="kustomize-controller has no valid Google Cloud credentials to decrypt the SOPS data key with {kms}: {detail}",
        steps=(
            Step(
                "set up workload identity: annotate ServiceAccount kustomize-controller with iam.gke.io/gcp-service-account and grant it roles/iam.workloadIdentityUser on that account; or put a valid key into the Secret in spec.decryption.secretRef as sops.gcp-kms",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            rf"{_GCP}{_THEN}(?P<detail>(?:could not find default credentials|invalid_grant|"
            r"code = Unauthenticated|oauth2: |oauth2/google|compute: Received|"
            r"IAM returned|iam\.serviceAccounts\.getAccessToken|GCE metadata)[^\n]{0,160})"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops gcpkms, golang.org/x/oauth2/google",
    ),
    Rule(
        _SOPS_KMS_KEY_UNUSABLE,
        why="Google Cloud KMS cannot use key {kms}: {detail}",
        steps=(
            Step(
                "check the key and its version in Cloud KMS: enable or restore it, and enable the Cloud KMS API in its project; if it no longer exists, re-encrypt the files for another key from a copy of the secrets"
            ),
        ),
        pattern=Text(
            rf"{_GCP}{_THEN}(?P<detail>(?:has not been used in project|SERVICE_DISABLED|"
            r"code = NotFound|code = FailedPrecondition|Error 404|is not enabled)[^\n]{0,160})"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="sops gcpkms, Google Cloud KMS",
    ),
    Rule(
        _SOPS_KMS_DENIED,
        why="Google Cloud KMS denies access to key {kms}: the identity of kustomize-controller does not have permission to decrypt with it, or the key does not exist",
        steps=(
            Step(
                "grant roles/cloudkms.cryptoKeyDecrypter on the key to the identity of kustomize-controller (or of the ServiceAccount in spec.decryption.serviceAccountName)",
                read=(_CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
            Step(
                "check that the key in the sops section of the file exists: project, location, key ring and name"
            ),
        ),
        pattern=Text(rf"{_GCP}{_THEN}(?:PermissionDenied|Error 403|denied on resource)"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="sops gcpkms, Google Cloud KMS",
    ),
)

_OF_VAULT = (
    Rule(
        _SOPS_VAULT_FAILED,
        why="the login to Vault (or OpenBao) with a Kubernetes ServiceAccount failed: {detail}",
        steps=(
            Step(
                "check the address and login path in the ConfigMap of --sops-vault-configmap, and in Vault the auth method and the role NAMESPACE_SERVICEACCOUNT (audience: the Vault address)",
                read=(_CONTROLLER, "kubectl get configmaps -n {flux_namespace}", SPEC),
            ),
        ),
        pattern=Text(
            rf"{_VAULT}{_THEN}(?P<detail>(?:no Vault login path|failed to get Vault ConfigMap|"
            r"Vault ConfigMap|failed to authenticate with Vault|failed to issue Kubernetes token "
            r"for Vault|failed to derive Vault role|Vault '[^']*' returned no token)[^\n]{0,200})"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=_DECRYPTOR,
        versions=">=2.9",
    ),
    Rule(
        _SOPS_VAULT_FAILED,
        why="Vault (or OpenBao) is sealed, so it cannot decrypt the SOPS data key with {kms}",
        steps=(Step("unseal Vault; kustomize-controller then retries on its own"),),
        pattern=Text(rf"{_VAULT}{_THEN}Vault is sealed"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops hcvault",
    ),
    Rule(
        _SOPS_VAULT_FAILED,
        why="Vault (or OpenBao) serves plain HTTP at {kms}, but the file refers to it with https",
        steps=(
            Step(
                "serve TLS at this address, or correct vault_address in the sops section and re-encrypt the file"
            ),
        ),
        pattern=Text(rf"{_VAULT}{_THEN}server gave HTTP response to HTTPS client"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="Go net/http",
    ),
    Rule(
        _SOPS_VAULT_FAILED,
        why="Vault (or OpenBao) denies the decryption of the SOPS data key with {kms}: the token is missing, expired or has no permission to use the transit key",
        steps=(
            Step(
                "put a valid token into Secret {decryption_secret} as sops.vault-token",
                read=(_KEYS, SPEC),
            ),
            Step(
                "if the token is valid (vault token lookup), allow the capability update on the path transit/decrypt/KEY of the transit engine in its policy"
            ),
        ),
        pattern=Text(
            rf"{_VAULT}{_THEN}(?:Code: 403|permission denied|invalid token|missing client token|"
            r"bad token)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{_DECRYPTOR}, sops hcvault",
    ),
    Rule(
        _SOPS_KMS_KEY_UNUSABLE,
        why="Vault (or OpenBao) cannot use the transit key {kms}: {detail}",
        steps=(
            Step(
                "check in Vault that the transit engine is mounted at this path and that the key exists in it (vault read PATH/keys/KEY); otherwise re-encrypt the file for the right key"
            ),
        ),
        pattern=Text(
            rf"{_VAULT}{_THEN}(?P<detail>no handler for route|unsupported path|"
            r"encryption key not found|invalid ciphertext[^\n]{0,80}|"
            r"cipher: message authentication failed|Code: 40[04]\b[^\n]{0,160})"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops hcvault",
    ),
)

_OF_FILES = (
    Rule(
        _SOPS_CORRUPT,
        why="a SOPS file was changed after it was encrypted (MAC mismatch)",
        steps=(
            Step(
                "restore the file from Git history, or decrypt it with sops --ignore-mac, review it and re-encrypt it"
            ),
        ),
        pattern=Text(r"failed to verify sops data integrity|MAC mismatch"),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=_DECRYPTOR,
    ),
    Rule(
        _SOPS_CORRUPT,
        why="a SOPS file contains a plain value where an encrypted one is required: the value was edited by hand, or kustomize changed a field that is encrypted, such as metadata.namespace",
        steps=(
            Step(
                "encrypt only data and stringData (sops --encrypted-regex '^(data|stringData)$'), so that kustomize can change the other fields, and re-encrypt the file; to change a value, use sops edit",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"does not match sops' data format|Expected encrypted value as string"),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="sops aes, sops.go",
    ),
    Rule(
        _SOPS_CORRUPT,
        why="a value in a SOPS file cannot be decrypted: probably it or its key was changed, moved or copied from another file after the encryption",
        steps=(
            Step(
                "restore the file from Git history and change it with sops edit; kustomize must not move or rename encrypted fields either",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"error decrypting sops tree[^\n]*(?:Could not decrypt|message authentication failed)"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="sops aes",
    ),
    Rule(
        _SOPS_NOT_CONFIGURED,
        why="{object} is still encrypted with SOPS although spec.decryption is set: its annotation disables the decryption, or its sops section has no mac",
        steps=(
            Step(
                "remove the annotation kustomize.toolkit.fluxcd.io/decrypt: disabled from the manifest if it has one",
                read=(SPEC,),
            ),
            Step(
                "otherwise restore the sops section of the manifest from Git history, or re-encrypt it"
            ),
        ),
        pattern=Text(r"is SOPS encrypted, configuring decryption is required"),
        kinds=_KS,
        when=(has_decryption,),
        certainty="one-of",
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _SOPS_NOT_CONFIGURED,
        why="{object} is encrypted with SOPS in Git, but spec.decryption is not set",
        steps=(
            Step(
                "set spec.decryption.provider to sops on this Kustomization; for age and PGP keys and static credentials, also set spec.decryption.secretRef (with a KMS, the controller's identity is sufficient)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"is SOPS encrypted, configuring decryption is required"),
        kinds=_KS,
        unless=(has_decryption,),
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _SOPS_FORMAT_WRONG,
        why="a file that a generator or patch refers to is too large to be decrypted: {detail}",
        steps=(
            Step(
                "split the file, or do not keep it in a Secret: kustomize-controller decrypts files of up to 5 MiB"
            ),
        ),
        pattern=Text(r"(?P<detail>cannot decrypt file with size[^\n]{0,80})"),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=_DECRYPTOR,
    ),
    Rule(
        _SOPS_FORMAT_WRONG,
        why="a secretGenerator or patch in kustomization.yaml refers to a directory or symbolic link, which cannot be decrypted",
        steps=(Step("refer to a regular file"),),
        pattern=Text(r"cannot decrypt irregular file"),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=_DECRYPTOR,
    ),
    Rule(
        _SOPS_FORMAT_WRONG,
        why="the SOPS file cannot be read in the format that its file extension implies: {detail}",
        steps=(
            Step(
                "give the file the extension of its format (.yaml, .json, .env, .ini) before you encrypt it, and encrypt only data and stringData (--encrypted-regex '^(data|stringData)$')"
            ),
        ),
        pattern=Text(
            r"(?P<detail>failed to (?:load encrypted|emit encrypted)[^\n]{0,160}|"
            r"sops metadata not found)"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        when=(has_decryption,),
        reach=Reach.WHOLE,
        upstream=_DECRYPTOR,
    ),
    Rule(
        _SOPS_FAILED,
        why="the SOPS data key cannot be decrypted with {kms}: {detail}",
        steps=(
            Step(
                "correct the reported error of the KMS; to reproduce it, run sops decrypt on the file with the identity of kustomize-controller",
                read=(_CONTROLLER_SA, SPEC),
            ),
        ),
        pattern=Text(rf"{_ANY_KMS}\s+- \| (?P<detail>[^\n]{{1,300}})"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        certainty="unknown",
        upstream="sops kms, azkv, gcpkms, hcvault",
    ),
    Rule(
        _SOPS_FAILED,
        why="a file that is encrypted with SOPS cannot be decrypted: {innermost}",
        steps=(
            Step(
                "check that spec.decryption has the key that the file is encrypted for; to reproduce the error, run sops decrypt on the file with that key",
                read=(_KEYS, SPEC),
            ),
        ),
        pattern=Text(
            r"decryption failed for|cannot get sops data key|error decrypting sops|"
            r"error decrypting sources"
        ),
        kinds=_KS,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream=_DECRYPTOR,
    ),
)

RULES = (
    *_OF_SECRETS,
    *_OF_AGE,
    *_OF_PGP,
    *_OF_ALL_KMS,
    *_OF_AWS,
    *_OF_AZURE,
    *_OF_GCP,
    *_OF_VAULT,
    *_OF_FILES,
)

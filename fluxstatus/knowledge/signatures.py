"""Verification of signatures: Git commits and tags, OCI artifacts and charts.

Upstream: source-controller internal/controller/gitrepository_controller.go and
ocirepository_controller.go, internal/oci/cosign, internal/oci/notation, fluxcd/pkg git/signatures.
"""

from fluxstatus.knowledge.commands import SECRET, SPEC, for_secret
from fluxstatus.knowledge.facts import has_verify_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_SIGNATURE_MISSING = Code(
    "signature-missing", "The signature that spec.verify requires does not exist."
)
_SIGNATURE_INVALID = Code(
    "signature-invalid", "The signature cannot be verified as spec.verify requires."
)

_VERIFY = for_secret(SECRET, "{verify_secret}")
_GIT = "SC internal/controller/gitrepository_controller.go"
_OCI = "SC internal/controller/ocirepository_controller.go, internal/oci"

RULES = (
    Rule(
        _SIGNATURE_INVALID,
        why="spec.verify.matchOIDCIdentity has more than one entry, which cosign does not support for this signature",
        steps=(
            Step(
                "use a single entry in spec.verify.matchOIDCIdentity, with a regular expression that matches all subjects, such as ^(one|other)$",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"multiple identities are not supported"),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="sigstore cosign pkg/cosign",
    ),
    Rule(
        _SIGNATURE_MISSING,
        why="{signed} is not signed, but spec.verify requires a signature",
        steps=(
            Step(
                "sign the commits or tags (git commit -S, git tag -s) with a key whose public key is in Secret {verify_secret}; do not disable verification",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(
            r"signature verification of (?P<signed>\w+ '[^']+') failed: (?:unsupported signature "
            r"type: empty|.*(?:no signature|signature is empty|not signed))"
        ),
        upstream=f"{_GIT}, PKG git/signatures",
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="no public key in Secret {verify_secret} verifies the signature of {signed}: the signature was made with another key, or the key has expired ({detail})",
        steps=(
            Step(
                "find out who made the signature (git log --show-signature). If you trust the signer, add the public key to Secret {verify_secret} as NAME.asc (for SSH signatures, as NAME.sshpub); do not disable verification",
                read=(_VERIFY, SPEC),
            ),
            Step(
                "for commits made or merged on the GitHub website, add GitHub's own key (https://github.com/web-flow.gpg)"
            ),
            Step("if the key in the Secret has expired, store the renewed key"),
        ),
        pattern=Text(
            r"signature verification of (?P<signed>\w+ '[^']+') failed[^\n]*"
            r"(?P<detail>no matching key|with any of the given (?:key rings|authorized keys)|"
            r"signature made by unknown entity|openpgp: (?:key|signature) expired)"
        ),
        certainty="one-of",
        upstream=f"{_GIT}, PKG git/signatures",
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="{signed} has a signature of a type that Flux cannot verify: {detail}",
        steps=(
            Step(
                "sign with a PGP or SSH key (git config gpg.format openpgp or ssh), and store its public key in Secret {verify_secret}; do not disable verification",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(
            r"signature verification of (?P<signed>\w+ '[^']+') failed[^\n]*?"
            r"(?P<detail>unsupported signature type: (?!empty)\w+)"
        ),
        upstream=f"{_GIT}, PKG git/signatures",
    ),
    Rule(
        Code(
            "verify-key-type",
            "The Secret in spec.verify has no public key of the signature's type.",
        ),
        why="{signed} has a signature of a different type than the public keys in Secret {verify_secret}: {detail}",
        steps=(
            Step(
                "add the author's public key to Secret {verify_secret} as NAME.asc for a PGP signature, or as NAME.sshpub for an SSH signature; do not disable verification",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(
            r"signature verification of (?P<signed>\w+ '[^']+') failed[^\n]*?"
            r"(?P<detail>\w+ signature detected but no[^\n]{0,100}|"
            r"signature format mismatch)"
        ),
        upstream=f"{_GIT}, PKG git/signatures",
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="the signature of {signed} cannot be verified: {innermost}",
        steps=(
            Step(
                "check the public keys in Secret {verify_secret} (NAME.asc, or NAME.sshpub for SSH signatures), and find out who made the signature (git log --show-signature); do not disable verification",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(r"signature verification of (?P<signed>\w+ '[^']+') failed"),
        certainty="unknown",
        upstream=f"{_GIT}, PKG git/signatures",
    ),
    Rule(
        _SIGNATURE_MISSING,
        why="tag {tag_name} is not signed, but spec.verify requires a signature",
        steps=(
            Step(
                "create a signed tag with git tag -s (a lightweight tag cannot be signed), or set spec.verify.mode: HEAD to verify the commit instead; do not disable verification",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"cannot verify signature of tag '(?P<tag_name>[^']+)' since it is not signed"
        ),
        upstream=_GIT,
    ),
    Rule(
        Code(
            "verify-mode-invalid",
            "The value of spec.verify.mode requires a tag, but spec.ref does not set one.",
        ),
        why="spec.verify.mode requires a signed tag, but spec.ref does not set a tag",
        steps=(
            Step(
                "set spec.verify.mode: HEAD to verify commits, or set a tag or a range in spec.ref",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"cannot verify tag object's|tag reference is not specified"),
        trivial=True,
        upstream=_GIT,
    ),
    Rule(
        Code("verify-secret-invalid", "The Secret in spec.verify cannot be used for verification."),
        why="Secret {verify_secret}, which spec.verify refers to, cannot be used: {detail}",
        steps=(
            Step(
                "store the public keys in Secret {verify_secret}: NAME.asc or NAME.sshpub for Git, NAME.pub for cosign, or trustpolicy.json and NAME.crt or NAME.pem for notation",
                read=(_VERIFY,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>public keys? secret error[^\n]{0,120}|no (?:certificates|public keys) found in secret|"
            r"parsing trustpolicy\.json[^\n]{0,120}|(?:unable to|failed to) (?:read|parse|load) "
            r"(?:armored key ring|public key)[^\n]{0,80}|verification secret cannot be empty|"
            r"PEM decoding failed)"
        ),
        needs=("verify_secret",),
        trivial=True,
        upstream=f"{_GIT}, {_OCI}",
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="the keyless cosign signature is from an identity that spec.verify.matchOIDCIdentity does not allow: {detail}",
        steps=(
            Step(
                "correct issuer and subject in spec.verify.matchOIDCIdentity, which are regular expressions, or sign with the expected workflow; do not disable verification",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>none of the expected identities matched[^\n]{0,300}|"
            r"(?:issuer|subject) [^\n]{0,60}(?:mismatch|does not match)[^\n]{0,100})"
        ),
        upstream=_OCI,
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="the certificate of the keyless signature is not from a CA that the controller trusts: {detail}",
        steps=(
            Step(
                "if the artifact is signed with a private Sigstore instance, set spec.verify.trustedRootSecretRef to the trusted root of that instance (if this version of Flux supports the field), or sign with a key and set spec.verify.secretRef",
                read=(SPEC,),
            ),
            Step("otherwise, find out who signed the artifact; do not disable verification"),
        ),
        pattern=Text(r"no matching signatures[^\n]{0,40}: (?P<detail>x509: [^\n]{1,120})"),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="cosign pkg/cosign/verify.go",
    ),
    Rule(
        Code(
            "verify-certificate-invalid", "A certificate in the Secret in spec.verify is invalid."
        ),
        why="a certificate in Secret {verify_secret}, which spec.verify refers to, is invalid: {detail}",
        steps=(
            Step(
                "store the certificate as PEM text (-----BEGIN CERTIFICATE-----) under a key that ends in .crt or .pem",
                read=(_VERIFY,),
            ),
        ),
        pattern=Text(r"failed to parse certificate '[^']*': (?P<detail>[^\n]{1,120})"),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="SC internal/oci/notation/notation.go",
    ),
    Rule(
        _SIGNATURE_MISSING,
        why="the registry has no signature for {address}, but spec.verify requires a signature",
        steps=(
            Step(
                "sign the artifact by digest after you push it (cosign sign or notation sign). If you mirror images, also copy the signatures. Do not disable verification",
                read=(SPEC,),
            ),
            Step(
                "if the artifact was signed with cosign 3 and Flux is older than 2.8, update Flux, or sign with --new-bundle-format=false"
            ),
        ),
        pattern=Text(
            r"no signatures? found|no signature is associated|no signatures associated|"
            r"signatures? (?:is|was|were) not found"
        ),
        certainty="one-of",
        upstream=_OCI,
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="registryScopes in trustpolicy.json of Secret {verify_secret} does not include {address}",
        steps=(
            Step(
                'add the repository (HOST/PATH, without a tag) or "*" to registryScopes of a statement in trustpolicy.json; do not disable verification',
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(r"has no applicable (?:oci )?trust policy statement"),
        upstream="notation-go verifier/trustpolicy",
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="notation does not accept the signature of {address}: {detail}",
        steps=(
            Step(
                "check trustpolicy.json (registryScopes, trustedIdentities) and the certificates in Secret {verify_secret}; do not disable verification",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(r"provider 'notation'[^\n:]*: (?P<detail>[^\n]{1,200})"),
        certainty="one-of",
        upstream=_OCI,
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="{address} has no keyless signature that can be verified (no matching signatures): the artifact is not signed, was signed by another identity, or has a signature in a format that this version of Flux does not support",
        steps=(
            Step(
                "sign the artifact by digest with cosign, correct spec.verify.matchOIDCIdentity, or set spec.verify.secretRef to the Secret with the public key; do not disable verification",
                read=(SPEC,),
            ),
            Step(
                "if the artifact was signed with cosign 3 and Flux is older than 2.8, update Flux, or sign with --new-bundle-format=false"
            ),
        ),
        pattern=Text(r"no matching signatures"),
        unless=(has_verify_secret,),
        certainty="one-of",
        upstream=_OCI,
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="{address} has no signature that matches a public key in Secret {verify_secret} (no matching signatures): the artifact is not signed, was signed with another key, or has a signature in a format that this version of Flux does not support",
        steps=(
            Step(
                "sign the artifact by digest with a private key whose public key is in Secret {verify_secret}, or add the signer's public key to the Secret as NAME.pub; do not disable verification",
                read=(_VERIFY, SPEC),
            ),
            Step(
                "if the artifact is signed with this key, check that the credentials for {address} also grant access to the signature, which is in the same repository; an error while reading the signature results in the same message"
            ),
            Step(
                "if the artifact was signed with cosign 3 and Flux is older than 2.8, update Flux, or sign with --new-bundle-format=false"
            ),
        ),
        pattern=Text(r"no matching signatures"),
        needs=("verify_secret",),
        certainty="one-of",
        upstream=_OCI,
    ),
    Rule(
        Code(
            "signature-service-unreachable",
            "The services or the public keys for keyless signatures cannot be reached.",
        ),
        why="the public keys of Sigstore (Fulcio, Rekor, TUF) for keyless signatures cannot be read: {detail}",
        steps=(
            Step(
                "check that the controller can reach tuf-repo-cdn.sigstore.dev and rekor.sigstore.dev (through any proxy or firewall). Without Internet access, sign with a key, and set spec.verify.secretRef to the Secret with its public key",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>unable to (?:initialize trusted root|get (?:Rekor|CTLog|Fulcio)[\w ]*|"
            r"create Rekor client|extract Rekor URL from trusted root|parse trusted root)[^\n]{0,200})"
        ),
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="SC internal/oci/cosign/cosign.go",
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="the signature cannot be verified: the content is not signed with a key that spec.verify trusts",
        steps=(
            Step(
                "sign the content with a trusted key, or add the author's public key to the Secret in spec.verify; do not disable verification",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(
            r"signature verification|failed to verify the sig|no matching signatures|"
            r"public key provider|chart verification"
        ),
        certainty="one-of",
        in_full=True,
        upstream=f"{_GIT}, {_OCI}",
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="the verification that spec.verify requires failed: {innermost}",
        steps=(
            Step(
                "check spec.verify and its Secret; do not disable verification",
                read=(_VERIFY, SPEC),
            ),
        ),
        reasons=(
            "VerificationError",
            "InvalidTagSignature",
            "InvalidCommitSignature",
            "InvalidGitObject",
            "InvalidVerificationMode",
            "ChartVerificationError",
        ),
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="SC api/v1/gitrepository_types.go",
    ),
)

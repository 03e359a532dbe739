"""Verification of signatures: Git commits and tags, OCI artifacts and charts.

Upstream: SC internal/controller/gitrepository_controller.go and ocirepository_controller.go,
internal/oci/cosign, internal/oci/notation, PKG git/signatures.
"""

from fluxstatus.knowledge.commands import SECRET, SPEC, named
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_SIGNATURE_MISSING = Code(
    "signature-missing", "The signature that spec.verify requires does not exist."
)
_SIGNATURE_INVALID = Code(
    "signature-invalid", "The signature cannot be verified as spec.verify requires."
)

_VERIFY = named(SECRET, "{verify_secret}")
_GIT = "SC internal/controller/gitrepository_controller.go"
_OCI = "SC internal/controller/ocirepository_controller.go, internal/oci"

RULES = (
    Rule(
        _SIGNATURE_MISSING,
        why="{signed} is not signed, and spec.verify asks for a signature",
        steps=(
            Step(
                "sign the commits or tags (git commit -S, git tag -s) with a key whose public half is in the Secret {verify_secret}; do not switch verification off",
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
        why="{signed} is signed with a key that is not in the Secret {verify_secret} of spec.verify (signature verification failed)",
        steps=(
            Step(
                "add the author's public key (NAME.asc, for SSH signatures NAME.sshpub) to the Secret {verify_secret}, or sign with a trusted key; do not switch verification off",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(r"signature verification of (?P<signed>\w+ '[^']+') failed"),
        upstream=f"{_GIT}, PKG git/signatures",
    ),
    Rule(
        Code(
            "verify-mode-invalid",
            "The value of spec.verify.mode requires a tag, but spec.ref does not name one.",
        ),
        why="spec.verify.mode asks for the signature of a tag, and spec.ref names no tag",
        steps=(
            Step(
                "set spec.verify.mode: HEAD to verify commits, or name a tag or a range in spec.ref",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"cannot verify tag|tag reference is not specified"),
        trivial=True,
        upstream=_GIT,
    ),
    Rule(
        Code("verify-secret-invalid", "The Secret of spec.verify cannot be used for verification."),
        why="the Secret {verify_secret} of spec.verify cannot be used: {detail}",
        steps=(
            Step(
                "store the public keys in the Secret {verify_secret}: NAME.asc or NAME.sshpub for Git, NAME.pub for cosign, trustpolicy.json and NAME.crt or NAME.pem for notation",
                read=(_VERIFY,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>public keys? secret error[^\n]{0,120}|no certificates found in secret|"
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
        why="the keyless cosign signature is by another identity than spec.verify.matchOIDCIdentity allows: {detail}",
        steps=(
            Step(
                "correct issuer and subject in spec.verify.matchOIDCIdentity (they are regular expressions), or let the expected workflow sign it; do not switch verification off",
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
        _SIGNATURE_MISSING,
        why="there is no signature of {address} in the registry, and spec.verify asks for one",
        steps=(
            Step(
                "sign it after the push (cosign sign, notation sign) by its digest; when images are mirrored, copy the signatures too; do not switch verification off",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"no signatures? found|no signature is associated|no signatures associated|"
            r"signatures? (?:is|was|were) not found"
        ),
        upstream=_OCI,
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="{address} has no keyless signature that verifies (no matching signatures): it is not signed, or by another identity",
        steps=(
            Step(
                "sign it with cosign by its digest, correct spec.verify.matchOIDCIdentity, or name the Secret of the public key in spec.verify.secretRef; do not switch verification off",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"provider 'cosign keyless'"),
        upstream=_OCI,
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="{address} has no signature by a public key in the Secret {verify_secret} (no matching signatures): it is not signed, or with another key",
        steps=(
            Step(
                "have it signed by digest with the private key that belongs to the Secret {verify_secret}, or add the signer's public key to it as NAME.pub; do not switch verification off",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(r"no matching signatures|verify the signature using provider 'cosign'"),
        needs=("verify_secret",),
        upstream=_OCI,
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="notation does not accept the signature of {address}: {detail}",
        steps=(
            Step(
                "look at trustpolicy.json (registryScopes, trustedIdentities) and the certificates in the Secret {verify_secret}; do not switch verification off",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(r"provider 'notation'[^\n:]*: (?P<detail>[^\n]{1,200})"),
        upstream=_OCI,
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="the signature does not verify: what was fetched is not signed by a key that spec.verify trusts",
        steps=(
            Step(
                "have it signed by a trusted key, or add the author's public key to the Secret of spec.verify; do not switch verification off",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(
            r"signature verification|failed to verify the sig|no matching signatures|"
            r"public key provider|chart verification"
        ),
        upstream=f"{_GIT}, {_OCI}",
    ),
    Rule(
        _SIGNATURE_INVALID,
        why="spec.verify cannot be satisfied",
        steps=(
            Step(
                "look at spec.verify and its Secret; do not switch verification off",
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
        upstream="SC api/v1/gitrepository_types.go",
    ),
)

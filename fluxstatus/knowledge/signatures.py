"""Verification of signatures: Git commits and tags, OCI artifacts and charts.

Upstream: SC internal/controller/gitrepository_controller.go and ocirepository_controller.go,
internal/oci/cosign, internal/oci/notation, PKG git/signatures.
"""

from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.knowledge.steps import SECRET, SPEC, named

_VERIFY = named(SECRET, "{verify_secret}")
_GIT = "SC internal/controller/gitrepository_controller.go"
_OCI = "SC internal/controller/ocirepository_controller.go, internal/oci"
_STAY_SAFE = "do not switch verification off"

RULES = (
    Rule(
        "signature-missing",
        "{signed} is not signed, and spec.verify asks for a signature",
        (
            Step(
                "sign the commits or tags (git commit -S, git tag -s) with a key whose public half "
                f"is in the Secret {{verify_secret}}; {_STAY_SAFE}",
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
        "signature-invalid",
        "{signed} is signed with a key that is not in the Secret {verify_secret} of spec.verify "
        "(signature verification failed)",
        (
            Step(
                "add the author's public key (NAME.asc, for SSH signatures NAME.sshpub) to the "
                f"Secret {{verify_secret}}, or sign with a trusted key; {_STAY_SAFE}",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(r"signature verification of (?P<signed>\w+ '[^']+') failed"),
        upstream=f"{_GIT}, PKG git/signatures",
    ),
    Rule(
        "verify-mode-invalid",
        "spec.verify.mode asks for the signature of a tag, and spec.ref names no tag",
        (
            Step(
                "set spec.verify.mode: HEAD to verify commits, or name a tag or a range in "
                "spec.ref",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"cannot verify tag|tag reference is not specified"),
        trivial=True,
        upstream=_GIT,
    ),
    Rule(
        "verify-secret-invalid",
        "the Secret {verify_secret} of spec.verify cannot be used: {detail}",
        (
            Step(
                "store the public keys in the Secret {verify_secret}: NAME.asc or NAME.sshpub for "
                "Git, NAME.pub for cosign, trustpolicy.json and NAME.crt or NAME.pem for notation",
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
        "signature-invalid",
        "the keyless cosign signature is by another identity than spec.verify.matchOIDCIdentity "
        "allows: {detail}",
        (
            Step(
                "correct issuer and subject in spec.verify.matchOIDCIdentity (they are regular "
                f"expressions), or let the expected workflow sign it; {_STAY_SAFE}",
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
        "signature-missing",
        "there is no signature of {address} in the registry, and spec.verify asks for one",
        (
            Step(
                "sign it after the push (cosign sign, notation sign) by its digest; when images "
                f"are mirrored, copy the signatures too; {_STAY_SAFE}",
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
        "signature-invalid",
        "{address} has no keyless signature that verifies (no matching signatures): it is not "
        "signed, or by another identity",
        (
            Step(
                "sign it with cosign by its digest, correct spec.verify.matchOIDCIdentity, or name "
                f"the Secret of the public key in spec.verify.secretRef; {_STAY_SAFE}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"provider 'cosign keyless'"),
        upstream=_OCI,
    ),
    Rule(
        "signature-invalid",
        "{address} has no signature by a public key in the Secret {verify_secret} (no matching "
        "signatures): it is not signed, or with another key",
        (
            Step(
                "have it signed by digest with the private key that belongs to the Secret "
                "{verify_secret}, or add the signer's public key to it as NAME.pub; "
                f"{_STAY_SAFE}",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(r"no matching signatures|verify the signature using provider 'cosign'"),
        needs=("verify_secret",),
        upstream=_OCI,
    ),
    Rule(
        "signature-invalid",
        "notation does not accept the signature of {address}: {detail}",
        (
            Step(
                "look at trustpolicy.json (registryScopes, trustedIdentities) and the certificates "
                f"in the Secret {{verify_secret}}; {_STAY_SAFE}",
                read=(_VERIFY, SPEC),
            ),
        ),
        pattern=Text(r"provider 'notation'[^\n:]*: (?P<detail>[^\n]{1,200})"),
        upstream=_OCI,
    ),
    Rule(
        "signature-invalid",
        "the signature does not verify: what was fetched is not signed by a key that spec.verify "
        "trusts",
        (
            Step(
                "have it signed by a trusted key, or add the author's public key to the Secret of "
                f"spec.verify; {_STAY_SAFE}",
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
        "signature-invalid",
        "spec.verify cannot be satisfied",
        (Step(f"look at spec.verify and its Secret; {_STAY_SAFE}", read=(_VERIFY, SPEC)),),
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

"""Secrets in a spec that do not exist or lack a required key.

Upstream: fluxcd/pkg runtime/secrets/error.go and converter.go, fluxcd/pkg git/options.go, and the
messages of each controller about its own Secrets.
"""

from fluxstatus.knowledge.codes import GIT_AUTH_MISSING
from fluxstatus.knowledge.commands import (
    BASIC_AUTH,
    CLIENT_CERTIFICATE,
    GITHUB_APP,
    REGISTRY,
    SECRET,
    SECRETS,
    SPEC,
    SSH,
    for_secret,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_SECRET_MISSING = Code("secret-missing", "A Secret that the spec refers to does not exist.")
_SECRET_KEY_MISSING = Code(
    "secret-key-missing", "A Secret does not have a required key, or has an invalid value."
)
_RECEIVER_TOKEN_MISSING = Code(
    "receiver-token-missing",
    'The Secret of the Receiver does not exist or does not have the key "token".',
)

_CERTIFICATES_INVALID = Code(
    "certificate-secret-invalid", "The certificates or the private key in a Secret are invalid."
)
_INVALID_PEM = Text(
    r"(?P<detail>failed to parse CA certificate|cannot append certificate into certificate pool|failed to parse TLS certificate and key"
    r"(?:: tls: [^\n]{1,120})?|invalid TLS certificate and key pair: [^\n]{1,120}|"
    r"failed to append certificate[^\n]{0,60})"
)

_GIT: KindNames = frozenset({"GitRepository"})
_HELM: KindNames = frozenset({"HelmRepository"})
_PULLS: KindNames = frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"})
_BUCKET: KindNames = frozenset({"Bucket"})
_INPUTS: KindNames = frozenset({"ResourceSetInputProvider"})
_RECEIVER: KindNames = frozenset({"Receiver"})

_NOT_FOUND = r"secrets? [\"'](?:(?P<ns>[\w.-]+)/)?(?P<missing>[\w.-]+)[\"'] not found"
_HELD = "kubectl describe secret {holder} -n {ns}"
_FROM_FILES = "kubectl create secret generic {missing} -n {ns}"


def _missing(
    create: str,
    step: str = "create Secret {missing} (expected keys: {secret_keys}), or correct its name in {missing_field}",
    *,
    kinds: KindNames = frozenset(),
    needs: tuple[str, ...] = (),
) -> Rule:
    """Return the rule for a Secret that does not exist; *step* lists its keys."""
    return Rule(
        _SECRET_MISSING,
        why="Secret {missing} in {missing_field} was not found in namespace {ns}",
        steps=(
            Step(
                step, read=(SECRETS,), change=(for_secret(create, "{missing}"),) if create else ()
            ),
        ),
        pattern=Text(_NOT_FOUND),
        kinds=kinds,
        needs=needs,
        trivial=True,
        upstream="PKG runtime/secrets/error.go",
    )


_MISSING = (
    Rule(
        Code(
            "proxy-secret-missing",
            'The Secret in spec.proxySecretRef does not exist or does not have the key "address".',
        ),
        why="Secret {proxy_secret}, which spec.proxySecretRef refers to, cannot be used: {innermost}",
        steps=(
            Step(
                'if Secret {proxy_secret} does not exist or is invalid, create it with an http, https or socks5 URL in key "address"',
                read=(SECRETS, for_secret(SECRET, "{proxy_secret}")),
                change=(
                    "flux-operator create secret proxy {proxy_secret} -n {ns} --address=http://PROXY:3128",
                ),
            ),
        ),
        pattern=Text(
            r"proxy options|failed to get proxy|proxy (?:URL|address)|invalid proxy secret"
        ),
        needs=("proxy_secret",),
        reach=Reach.WHOLE,
        certainty="one-of",
        trivial=True,
        upstream="PKG runtime/secrets/converter.go ProxyURLFromSecret",
    ),
    _missing(
        f"{_FROM_FILES} --from-file=./author.asc",
        "create Secret {missing} with the authors' public keys as NAME.asc or NAME.sshpub, or correct its name in {missing_field}",
        kinds=_GIT,
        needs=("missing_verify",),
    ),
    _missing(
        f"{_FROM_FILES} --from-file=./cosign.pub",
        "create Secret {missing} with the public keys as NAME.pub (for notation, with trustpolicy.json and the certificates), or correct its name in {missing_field}",
        kinds=_PULLS,
        needs=("missing_verify",),
    ),
    _missing(
        CLIENT_CERTIFICATE.replace("{name}-tls", "{missing}"),
        "create Secret {missing} with ca.crt, or with tls.crt and tls.key, or correct its name in {missing_field}",
        needs=("missing_certificate",),
    ),
    _missing(GITHUB_APP, kinds=_GIT, needs=("github_app",)),
    _missing(SSH, kinds=_GIT, needs=("ssh",)),
    _missing(BASIC_AUTH, kinds=_GIT),
    _missing(
        REGISTRY,
        "create Secret {missing} of type kubernetes.io/dockerconfigjson, or correct its name in {missing_field}",
        kinds=_PULLS,
    ),
    _missing(BASIC_AUTH.replace("--username=git", "--username=USER"), kinds=_HELM),
    _missing(f"{_FROM_FILES} --from-file=./accesskey --from-file=./secretkey", kinds=_BUCKET),
    _missing(f"{_FROM_FILES} --from-file=./token", kinds=_RECEIVER),
    _missing(
        "",
        "create Secret {missing} with the keys that the documentation of this kind describes, or correct its name in {missing_field}",
    ),
)


def _lacks(
    pattern: str,
    create: str = "",
    *,
    kinds: KindNames = frozenset(),
    code: Code = _SECRET_KEY_MISSING,
) -> Rule:
    """Return the rule for a missing key; *pattern* captures the Secret and the key."""
    return Rule(
        code,
        why="Secret {holder} is missing key {key}",
        steps=(
            Step(
                "add key {key} to Secret {holder} (expected keys: {secret_keys}). To list the Secret's keys without their values, run the first command",
                read=(_HELD,),
                change=(for_secret(create, "{holder}"),) if create else (),
            ),
        ),
        pattern=Text(pattern),
        kinds=kinds,
        trivial=True,
        upstream="PKG runtime/secrets/error.go",
    )


_OF = r"'(?:[\w.-]+/)?(?P<holder>[\w.-]+)'"

_LACKING = (
    Rule(
        _SECRET_KEY_MISSING,
        why="Secret {secret} does not have key {key}, which Git over SSH requires",
        steps=(
            Step(
                "add identity and known_hosts to Secret {secret}; known_hosts is the output of `ssh-keyscan {host}`. To list the Secret's keys without their values, run the first command",
                read=(SECRET,),
                change=(SSH,),
            ),
        ),
        pattern=Text(r"invalid 'ssh' auth option: '(?P<key>[\w-]+)' is required"),
        needs=("secret",),
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        GIT_AUTH_MISSING,
        why="Git over SSH requires a private key ({key}), but no Secret is configured",
        steps=(
            Step(
                "create a Secret with identity (the private key) and known_hosts (the output of `ssh-keyscan {host}`), and reference it in spec.secretRef",
                read=(SPEC,),
                change=(for_secret(SSH, "{name}-auth"),),
            ),
        ),
        pattern=Text(r"invalid 'ssh' auth option: '(?P<key>[\w-]+)' is required"),
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why="Secret {secret} has key {present} but not key {key}, which {present} requires",
        steps=(
            Step(
                "add key {key} to Secret {secret} (expected keys: {secret_keys})",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"'(?P<present>[\w.]+)' requires '(?P<key>[\w.]+)' to be set"),
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why="Secret {secret} does not have key {key}, which {option} authentication requires",
        steps=(Step("add key {key} to Secret {secret}", read=(SECRET,)),),
        pattern=Text(r"invalid '(?P<option>\w+)' auth option: '(?P<key>[\w-]+)' is required"),
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why="Secret {holder} has key {present} but not key {key}",
        steps=(
            Step(
                "add key {key} to Secret {holder}, or remove {present}. To list the Secret's keys without their values, run the first command",
                read=(_HELD,),
            ),
        ),
        pattern=Text(
            rf"secret {_OF}:? (?:malformed [\w ]+ - has|contains) '(?P<present>[\w.]+)' but "
            r"missing '(?P<key>[\w.]+)'"
        ),
        trivial=True,
        upstream="PKG runtime/secrets/error.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why="the content of Secret {holder} is invalid: {detail}",
        steps=(Step("correct the keys in Secret {holder}", read=(_HELD, SPEC)),),
        pattern=Text(
            rf"secret {_OF}:? (?P<detail>must contain [^\n]{{1,160}}|(?:proxy )?address is empty|"
            r"failed to parse [^\n]{1,120})"
        ),
        trivial=True,
        upstream="PKG runtime/secrets/error.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why="Secret {holder} contains neither ca.crt nor both tls.crt and tls.key, or these keys are empty",
        steps=(
            Step(
                "store a CA certificate as ca.crt, or a client certificate as tls.crt and its private key as tls.key. If the host's certificate is from a public CA, remove spec.certSecretRef{of_endpoint} instead",
                read=(_HELD, SPEC),
            ),
        ),
        pattern=Text(
            rf"secret {_OF}:? must contain either 'ca\.crt' or both 'tls\.crt' and 'tls\.key'"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG runtime/secrets/error.go",
    ),
    Rule(
        _CERTIFICATES_INVALID,
        why="Secret {cert_secret}, which spec.certSecretRef{of_endpoint} refers to, does not contain valid certificates: {detail}",
        steps=(
            Step(
                "store PEM text (-----BEGIN CERTIFICATE-----) as ca.crt, or a certificate and its own private key as tls.crt and tls.key; under data, encode each value in base64 once",
                read=(for_secret(SECRET, "{cert_secret}"),),
                change=(for_secret(CLIENT_CERTIFICATE, "{cert_secret}"),),
            ),
        ),
        pattern=_INVALID_PEM,
        needs=("cert_secret",),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG runtime/secrets/converter.go",
    ),
    Rule(
        _CERTIFICATES_INVALID,
        why="the Secret with the certificates for the connection does not contain valid certificates: {detail}",
        steps=(
            Step(
                "in the Secret in {cert_field}{of_endpoint}, store PEM text (-----BEGIN CERTIFICATE-----) as ca.crt, or a certificate and its own private key as tls.crt and tls.key",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=_INVALID_PEM,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG runtime/secrets/converter.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why="a value in Secret {secret}{of_endpoint} contains a line break or another character that is not allowed in the HTTP header {header}",
        steps=(
            Step(
                "store the token, password or key again without a trailing line break (use printf %s TOKEN, not echo)",
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"invalid header field value (?:\"[^\n]{0,400}\" for key |for \")(?P<header>[\w-]+)"
        ),
        upstream="Go net/http transport.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why='key "serviceaccount" in Secret {secret} is not the JSON key of a Google service account: {innermost}',
        steps=(
            Step(
                "store the unmodified JSON file of the key as serviceaccount, or remove spec.secretRef and use workload identity",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"failed to create Google credentials from secret"),
        kinds=_BUCKET,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="SC internal/bucket/gcp/gcp.go",
    ),
    _lacks(
        rf"invalid {_OF} secret data: required fields? '(?P<key>token)'",
        kinds=_RECEIVER,
        code=_RECEIVER_TOKEN_MISSING,
    ),
    _lacks(
        rf"invalid {_OF} secret data: required fields? "
        r"(?P<key>'[\w.-]+'(?:(?:,| and| or) '[\w.-]+')*)"
    ),
    _lacks(
        rf"invalid {_OF} secret data: (?P<key>requires [^\n]{{1,200}}|[^\n]{{1,120}} not found)",
        kinds=_BUCKET,
    ),
    _lacks(
        rf"invalid (?:proxy )?secret {_OF}: key '(?P<key>[\w.-]+)' is missing",
        BASIC_AUTH,
        kinds=_INPUTS,
    ),
    _lacks(rf"invalid (?:proxy )?secret {_OF}: key '(?P<key>[\w.-]+)' is missing"),
    _lacks(rf"secret {_OF}: key '(?P<key>[\w.-]+)' not found"),
    _lacks(rf"key '(?P<key>[\w.-]+)' not found in secret(?: {_OF})?"),
    _lacks(rf"'(?P<key>[\w.-]+)' not found in secret {_OF}"),
    _lacks(rf"signing key secret {_OF} does not contain a '(?P<key>[\w.-]+)' key"),
    _lacks(r"without '(?P<key>[\w.-]+)' field present in secret '?(?P<holder>[\w./-]+)"),
    Rule(
        _RECEIVER_TOKEN_MISSING,
        why='Secret {secret} does not exist or does not have key "token": {innermost}',
        steps=(
            Step(
                'if Secret {secret} exists, add key "token" to it; otherwise, create the Secret with this key',
                read=(SECRET,),
            ),
        ),
        reasons=("TokenNotFound",),
        kinds=_RECEIVER,
        certainty="one-of",
        trivial=True,
        upstream="NC internal/controller/receiver_controller.go",
    ),
)

_OTHERWISE = (
    Rule(
        Code(
            "login-not-ready",
            "The controller cannot set up the credentials that the spec refers to.",
        ),
        why="the controller cannot set up the credentials that the spec refers to: {innermost}",
        steps=(
            Step(
                "check spec.secretRef, spec.certSecretRef, spec.proxySecretRef, spec.provider and spec.serviceAccountName, and the keys in the Secrets",
                read=(SPEC, SECRET, SECRETS),
            ),
        ),
        reasons=("AuthenticationFailed",),
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="SC, IRC internal/controller",
    ),
)

RULES = (*_MISSING, *_LACKING, *_OTHERWISE)

"""Secrets that a spec names: missing, or without a key that is needed.

Upstream: PKG runtime/secrets/error.go and converter.go, PKG git/options.go, and what each
controller says of its own Secrets.
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
    named,
)
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_SECRET_MISSING = Code("secret-missing", "A Secret that the spec refers to does not exist.")
_SECRET_KEY_MISSING = Code(
    "secret-key-missing", "A Secret lacks a required key or has an invalid value."
)
_RECEIVER_TOKEN_MISSING = Code(
    "receiver-token-missing", "The Secret of the Receiver does not exist or has no token key."
)

_GIT: KindNames = frozenset({"GitRepository"})
_HELM: KindNames = frozenset({"HelmRepository"})
_PULLS: KindNames = frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"})
_BUCKET: KindNames = frozenset({"Bucket"})
_INPUTS: KindNames = frozenset({"ResourceSetInputProvider"})
_RECEIVER: KindNames = frozenset({"Receiver"})

_NOT_FOUND = r"secrets? [\"'](?:[\w.-]+/)?(?P<missing>[\w.-]+)[\"'] not found"
_HELD = "kubectl describe secret {holder} -n {ns}"
_FROM_FILES = "kubectl create secret generic {missing} -n {ns}"


def _missing(
    create: str,
    step: str = "create the Secret {missing}, or correct its name in {missing_field}; it takes {secret_keys}",
    *,
    kinds: KindNames = frozenset(),
    needs: tuple[str, ...] = (),
) -> Rule:
    """Return the rule for a Secret that does not exist; *step* says which keys it takes."""
    return Rule(
        _SECRET_MISSING,
        why="the Secret {missing} that {missing_field} names does not exist (not found) in namespace {ns}",
        steps=(
            Step(step, read=(SECRETS,), change=(named(create, "{missing}"),) if create else ()),
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
            "The Secret in spec.proxySecretRef does not exist or has no address key.",
        ),
        why="the Secret {proxy_secret} that spec.proxySecretRef names does not exist, or lacks the key address",
        steps=(
            Step(
                "create the Secret {proxy_secret} with the key address (http, https or socks5)",
                read=(SECRETS,),
                change=(
                    "flux-operator create secret proxy {proxy_secret} -n {ns} --address=http://PROXY:3128",
                ),
            ),
        ),
        pattern=Text(
            r"proxy options|failed to get proxy|proxy (?:URL|address)|invalid proxy secret"
        ),
        needs=("proxy_secret",),
        trivial=True,
        upstream="PKG runtime/secrets/converter.go ProxyURLFromSecret",
    ),
    _missing(
        f"{_FROM_FILES} --from-file=./author.asc",
        "create the Secret {missing}, or correct its name in {missing_field}; it takes the public keys of the authors as NAME.asc (or NAME.sshpub)",
        kinds=_GIT,
        needs=("missing_verify",),
    ),
    _missing(
        f"{_FROM_FILES} --from-file=./cosign.pub",
        "create the Secret {missing}, or correct its name in {missing_field}; it takes the public keys as NAME.pub (notation: trustpolicy.json and the certificates)",
        kinds=_PULLS,
        needs=("missing_verify",),
    ),
    _missing(
        CLIENT_CERTIFICATE.replace("{name}-tls", "{missing}"),
        "create the Secret {missing}, or correct its name in {missing_field}; it takes ca.crt, or tls.crt and tls.key",
        needs=("missing_certificate",),
    ),
    _missing(GITHUB_APP, kinds=_GIT, needs=("github_app",)),
    _missing(SSH, kinds=_GIT, needs=("ssh",)),
    _missing(BASIC_AUTH, kinds=_GIT),
    _missing(
        REGISTRY,
        "create the Secret {missing}, or correct its name in {missing_field}; it must be of type kubernetes.io/dockerconfigjson",
        kinds=_PULLS,
    ),
    _missing(BASIC_AUTH.replace("--username=git", "--username=USER"), kinds=_HELM),
    _missing(f"{_FROM_FILES} --from-file=./accesskey --from-file=./secretkey", kinds=_BUCKET),
    _missing(f"{_FROM_FILES} --from-file=./token", kinds=_RECEIVER),
    _missing(
        "",
        "create the Secret {missing}, or correct its name in {missing_field}; its keys are those that this kind's page names",
    ),
)


def _lacks(
    pattern: str,
    create: str = "",
    *,
    kinds: KindNames = frozenset(),
    code: Code = _SECRET_KEY_MISSING,
) -> Rule:
    """Return the rule for a Secret whose name and missing key *pattern* finds."""
    return Rule(
        code,
        why="the Secret {holder} has no key {key}",
        steps=(
            Step(
                "add the key {key} to the Secret {holder} (it takes {secret_keys}); the keys that it has, not their values, are listed by",
                read=(_HELD,),
                change=(named(create, "{holder}"),) if create else (),
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
        why="the Secret {secret} has no key {key}, which Git over ssh needs",
        steps=(
            Step(
                "put identity and known_hosts into the Secret {secret} (known_hosts is what `ssh-keyscan {host}` gives); the keys that it has, not their values, are listed by",
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
        why="Git over ssh needs a private key ({key}), and no Secret is named",
        steps=(
            Step(
                "make a Secret with identity and known_hosts (`ssh-keyscan {host}` gives it), and name it in spec.secretRef",
                read=(SPEC,),
                change=(named(SSH, "{name}-auth"),),
            ),
        ),
        pattern=Text(r"invalid 'ssh' auth option: '(?P<key>[\w-]+)' is required"),
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why="the Secret {secret} has a {present} and no {key}, which belongs to it",
        steps=(
            Step(
                "add the key {key} to the Secret {secret}; it takes {secret_keys}",
                read=(SECRET,),
                change=(BASIC_AUTH,),
            ),
        ),
        pattern=Text(r"'(?P<present>[\w.]+)' requires '(?P<key>[\w.]+)' to be set"),
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why="the Secret {secret} lacks what {option} needs: {key} is required",
        steps=(Step("add the key {key} to the Secret {secret}", read=(SECRET,)),),
        pattern=Text(r"invalid '(?P<option>\w+)' auth option: '(?P<key>[\w-]+)' is required"),
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        _SECRET_KEY_MISSING,
        why="the Secret {holder} is only half filled: it has {present} and lacks {key}",
        steps=(
            Step(
                "add the key {key} to the Secret {holder}, or take {present} out; the keys that it has, not their values, are listed by",
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
        why="the Secret {holder} does not hold what it should: {detail}",
        steps=(Step("correct the keys of the Secret {holder}", read=(_HELD, SPEC)),),
        pattern=Text(
            rf"secret {_OF}:? (?P<detail>must contain [^\n]{{1,160}}|(?:proxy )?address is empty|"
            r"failed to parse [^\n]{1,120})"
        ),
        trivial=True,
        upstream="PKG runtime/secrets/error.go",
    ),
    _lacks(
        rf"invalid {_OF} secret data: required fields? '(?P<key>token)'",
        kinds=_RECEIVER,
        code=_RECEIVER_TOKEN_MISSING,
    ),
    _lacks(
        rf"invalid {_OF} secret data: required fields? "
        r"(?P<key>'[\w.]+'(?:(?:,| and| or) '[\w.]+')*)"
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
        why="the Secret {secret} has no key token, or does not exist",
        steps=(
            Step(
                "add the key token to the Secret {secret}",
                read=(SECRET,),
                change=("kubectl create secret generic {secret} -n {ns} --from-file=./token",),
            ),
        ),
        reasons=("TokenNotFound",),
        kinds=_RECEIVER,
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
        why="the controller cannot make a login of what the spec names",
        steps=(
            Step(
                "look at spec.secretRef, spec.certSecretRef, spec.proxySecretRef, spec.provider and spec.serviceAccountName, and at the keys of the Secrets",
                read=(SPEC, SECRET, SECRETS),
            ),
        ),
        reasons=("AuthenticationFailed",),
        upstream="SC, IRC internal/controller",
    ),
)

RULES = (*_MISSING, *_LACKING, *_OTHERWISE)

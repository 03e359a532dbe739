"""The keys and forms that Flux requires of a Secret for each use, and what a Secret lacks.

Upstream: fluxcd/pkg runtime/secrets and git/options.go; source-controller, kustomize-controller,
notification-controller, image-automation-controller docs/spec; flux-operator docs/api/v1. What
some kind or version of Flux accepts is not reported as a problem.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from fluxstatus.base.versions import dotted
from fluxstatus.knowledge.flux_minors import GCR_LOGIN, SELF_CONTAINED_KUBECONFIG, Minor
from fluxstatus.lookup.credentials.certificates import DATES
from fluxstatus.lookup.credentials.queries import FILES, WORDS, SecretContent, SecretKey
from fluxstatus.lookup.credentials.references import SecretReference

DOCKER = "kubernetes.io/dockerconfigjson"
_VARIABLE = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")  # PKG kustomize/kustomize_varsub.go


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The sets of keys for a use, by kind, URL scheme and type; a Secret must have one of them.

    A key with a star is a pattern. Flux demands them from version `since` on.
    """

    use: str
    kinds: tuple[str, ...]
    schemes: tuple[str, ...]
    providers: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    since: Minor | None = None


def _wanted(
    of: str, schemes: str, providers: str, *keys: str, since: Minor | None = None
) -> _Wanted:
    use, *kinds = of.split()
    sets = tuple(tuple(each.split()) for each in keys)
    lists = tuple(kinds), tuple(schemes.split()), tuple(providers.split())
    return _Wanted(use, *lists, sets, since)


_LOGIN = "username password"
_APP = ("githubAppID githubAppPrivateKey", "githubAppClientID githubAppPrivateKey")
_TLS = ("ca.crt", "tls.crt tls.key", "caFile", "certFile keyFile")
_REGISTRY = ".dockerconfigjson"
_TABLE = (
    _wanted("login GitRepository", "ssh", "", "identity known_hosts"),
    _wanted("login GitRepository", "", "", _LOGIN, "bearerToken", *_APP, *_TLS),
    _wanted("login HelmRepository", "http https", "", _LOGIN, *_TLS),
    _wanted("login HelmRepository", "oci", "", _REGISTRY, _LOGIN),
    _wanted("login OCIRepository ImageRepository", "", "", _REGISTRY),
    _wanted("login Bucket", "", "", "accesskey secretkey", "serviceaccount", "accountKey",
            "sasKey", "tenantId clientId", "clientId", "resourceId"),
    _wanted("login Receiver", "", "gcr", "token email audience", since=GCR_LOGIN),
    _wanted("login Receiver", "", "", "token"),
    _wanted("login Provider", "", "generic-hmac gitlab gitea bitbucket opsgenie datadog telegram "
            "webex matrix zoom incident.io mastodon", "token"),
    _wanted("login Provider", "", "github githubdispatch", "token", *_APP),
    _wanted("login Provider", "", "bitbucketserver", "token", _LOGIN),
    _wanted("login ResourceSetInputProvider", "", "OCIArtifactTag", _REGISTRY),
    _wanted("login ResourceSetInputProvider", "", "ExternalService", "token", _LOGIN),
    _wanted("login ResourceSetInputProvider", "", "", _LOGIN, *_APP),
    _wanted("images", "", "", _REGISTRY),
    _wanted("tls", "", "", *_TLS),
    _wanted("proxy", "", "", "address"),
    _wanted("sts", "", "", _LOGIN),
    _wanted("verify", "", "cosign", "*.pub"),
    _wanted("verify", "", "notation", "trustpolicy.json *.crt", "trustpolicy.json *.pem"),
    _wanted("verify GitRepository", "", "", "*"),
    _wanted("decryption", "", "", "*.agekey", "*.asc", "sops.vault-token", "sops.aws-kms",
            "sops.azure-kv", "sops.gcp-kms"),
    _wanted("signing", "", "", "git.asc", "*"),
    _wanted("kubeconfig", "", "", "value", "value.yaml"),
)  # fmt: skip

_PRIVATE, _CERTIFICATE = {"openssh", "headed", "pem"}, {"certificate"}
_FORMS: Mapping[str, tuple[tuple[str, set[str], str], ...]] = {
    "login": (
        ("identity", _PRIVATE, "a private key"),
        ("githubAppPrivateKey", _PRIVATE, "a private key"),
    ),
    "verify": (
        ("*.pub", {"public", "pgppublic"}, "a public key"),
        ("*.asc", {"pgppublic"}, "a PGP public key"),
    ),
    "decryption": (
        ("*.agekey", {"age", "plugin"}, "an age private key"),
        ("*.asc", {"pgpprivate"}, "a PGP private key"),
    ),
    "": (
        ("tls.key", _PRIVATE, "a private key"),
        ("tls.crt", _CERTIFICATE, "a certificate"),
        ("ca.crt", _CERTIFICATE, "a certificate"),
    ),
}
"""The required form of a key's value, by use; "" applies to every use."""

_MISTAKEN = ("public", "putty", "pgppublic", "pgpprivate", "agepublic", "signer", "certificate")
"""The forms that a message names if a value has one of them instead of the required form."""

_PAIRS = (("username", "password"), ("tls.crt", "tls.key"), ("certFile", "keyFile"))
"""Pairs of keys: a login or a TLS configuration has both or neither (fluxcd/pkg
runtime/secrets)."""

_APP_KEYS = (
    ("githubAppID", "githubAppClientID"),
    ("githubAppInstallationID", "githubAppInstallationOwner"),
)
"""Pairs of keys; a GitHub App has exactly one key of each pair (fluxcd/pkg
runtime/secrets/converter.go)."""

_ONE_LINE = ("username", "password", "bearerToken", "accesskey", "secretkey")
_SENT_AS_IT_IS = ("GitRepository", "HelmRepository", "Bucket")
_WITH_HOSTS = ("known_hosts", ".dockerconfigjson")


def problems(named: SecretReference, answer: SecretContent) -> Iterator[str]:
    """Yield the problems of the Secret that *named* refers to and *answer* describes."""
    keys, wanted = answer.keys, _sets(named)
    if wanted and not keys:
        yield "it has no keys"
    elif wanted and not any(_used(each, keys) for each in wanted):
        yield _lacking(wanted, keys) + _of_other(scheme_of(named, answer), named)
    elif named.use in ("login", "tls"):
        yield from _half(keys, named)
    if ".dockerconfigjson" in keys and answer.type != DOCKER and _takes(wanted, _REGISTRY):
        yield f"its type is {answer.type}; it must be {DOCKER}"
    used = {one for each in wanted for one in each} | {"password"}
    for key in keys.values():
        if any(_fits(key.name, one) for one in used):
            yield from _of_key(key, named, keys)
    if named.use == "variables":
        yield from _of_variables(keys)
    if named.flux and named.flux >= SELF_CONTAINED_KUBECONFIG:
        yield from _files_in(named, keys)


def notes(named: SecretReference, answer: SecretContent) -> Iterator[str]:
    """Yield notes on what could not be checked and on certificates that expire soon."""
    wanted, keys = _sets(named), answer.keys
    if not named.flux or named.flux < SELF_CONTAINED_KUBECONFIG:
        yield from _files_in(named, keys)
    for name in ("tls.crt", "ca.crt"):
        key = keys.get(name)
        if key is None or not _takes(wanted, name) or "empty" in key.facts:
            continue
        if key.first == "soon" and _takes(wanted, name):
            yield f'key "{name}" expires within two weeks'
        if "certificate" in key.facts and not key.first:
            dates = _openssl(named, name, "x509 -noout -dates")
            yield (
                f'the expiry date of key "{name}" cannot be checked without its value; to print '
                f"it, run: {dates}"
            )
    if {"tls.crt", "tls.key"} <= keys.keys() and _takes(wanted, "tls.crt"):
        certificate = _openssl(named, "tls.crt", "x509 -noout -pubkey")
        private = _openssl(named, "tls.key", "pkey -pubout")
        yield (
            "whether tls.crt matches tls.key cannot be checked without their values; "
            f"to check it, run these commands and compare their output: {certificate}; {private}"
        )


def scheme_of(named: SecretReference, answer: SecretContent) -> str:
    """Return the URL scheme that the keys of a Git login are for, empty if they match the URL."""
    if named.use != "login" or named.kind != "GitRepository" or not named.scheme:
        return ""
    other = "https" if named.scheme == "ssh" else "ssh"
    mine, theirs = (_sets(replace(named, scheme=scheme)) for scheme in (named.scheme, other))
    fits_mine, fits = (any(_used(e, answer.keys) for e in sets) for sets in (mine, theirs))
    return other if fits and not fits_mine else ""


def _of_other(scheme: str, named: SecretReference) -> str:
    if not scheme:
        return ""
    return f"; its keys are for {scheme.upper()}, but the URL uses {named.scheme.upper()}"


def _openssl(named: SecretReference, key: str, arguments: str) -> str:
    name = key.replace(".", r"\.")
    return (
        f"kubectl get secret {named.name} -n {named.user.namespace} "
        f"-o jsonpath='{{.data.{name}}}' | base64 -d | openssl {arguments}"
    )


def _sets(named: SecretReference) -> tuple[tuple[str, ...], ...]:
    if named.key:
        return ((named.key,),)
    return next((each.keys for each in _TABLE if _is_for(each, named)), ())


def _is_for(wanted: _Wanted, named: SecretReference) -> bool:
    return (
        wanted.use == named.use
        and (not wanted.kinds or named.kind in wanted.kinds)
        and (not wanted.schemes or named.scheme in wanted.schemes)
        and (not wanted.providers or named.provider in wanted.providers)
        and (not wanted.since or (named.flux is not None and named.flux >= wanted.since))
    )


def _takes(wanted: tuple[tuple[str, ...], ...], key: str) -> bool:
    return any(key in each for each in wanted)


def _fits(name: str, key: str) -> bool:
    return fnmatchcase(name, key)


def _used(each: tuple[str, ...], keys: Mapping[str, SecretKey]) -> bool:
    return all(any(_fits(name, one) for name in keys) for one in each)


def _lacking(wanted: tuple[tuple[str, ...], ...], keys: Mapping[str, SecretKey]) -> str:
    """Return which keys of the closest set are missing, and the other sets that would do."""
    there = [sum(_used((one,), keys) for one in each) for each in wanted]
    best = wanted[there.index(max(there))]
    lacking = [key for key in best if not _used((key,), keys)]
    others = " or ".join(" and ".join(each) for each in wanted if each != best)
    return f"it is missing {_keys(lacking)}" + (f"; {others} would also work" if others else "")


def _keys(names: Sequence[str]) -> str:
    """Return the keys *names* for a sentence."""
    return f'key "{names[0]}"' if len(names) == 1 else f"the keys {' and '.join(names)}"


def _half(keys: Mapping[str, SecretKey], named: SecretReference) -> Iterator[str]:
    """Report pairs with one key missing; for ssh a password is a passphrase, not half a pair."""
    for pair in _PAIRS:
        there = [key for key in pair if key in keys]
        if len(there) == 1 and named.scheme != "ssh" and named.kind != "Provider":
            (lacking,) = set(pair) - set(there)
            yield f'it has key "{there[0]}" but not key "{lacking}"'
    if not any(key in keys for key in _APP_KEYS[0]):
        return
    for one, other in _APP_KEYS:
        if (one in keys) == (other in keys):
            yield f"it must have exactly one of the keys {one} and {other}"


def _of_key(key: SecretKey, named: SecretReference, keys: Mapping[str, SecretKey]) -> Iterator[str]:
    name, facts = key.name, key.facts
    if "empty" in facts:
        yield f'key "{name}" is empty'
        return
    yield from _of_form(key, named.use)
    if name == "identity" and "encrypted" in facts and "password" not in keys:
        yield 'key "identity" has a passphrase, but key "password" is missing'
    if named.kind in _SENT_AS_IT_IS and name in _ONE_LINE and "newline" in facts:
        yield f'key "{name}" ends with a line break, which is sent as part of the value'
    if name in _WITH_HOSTS and named.host and not facts & {"host", "hashed", "glob", "long"}:
        yield f'key "{name}" does not include {named.host}'
    yield from _of_dates(key)


def _of_form(key: SecretKey, use: str) -> Iterator[str]:
    for name, forms, called in (*_FORMS.get(use, ()), *_FORMS[""]):
        if not _fits(key.name, name) or key.facts & (forms | {"long"}):
            continue
        instead = next((WORDS[fact] for fact in _MISTAKEN if fact in key.facts), "")
        if instead or "inner" not in key.facts:  # else there is a text before it
            yield f'key "{key.name}" is not {called}' + (f" but {instead}" if instead else "")


def _of_dates(key: SecretKey) -> Iterator[str]:
    """Yield the problem with the dates of a certificate.

    In a chain the first certificate counts; a bundle is valid while one of its certificates is.
    """
    if key.name in ("tls.crt", "certFile"):
        word = key.first
    else:
        dates = key.facts & DATES
        word = key.first if dates and not dates & {"soon", "valid"} else ""
    if word in ("expired", "early"):
        yield f'key "{key.name}" is {WORDS[word]}'


def _files_in(named: SecretReference, keys: Mapping[str, SecretKey]) -> Iterator[str]:
    """Yield which fields of a kubeconfig refer to files."""
    read = {one for each in _sets(named) for one in each} if named.use == "kubeconfig" else set()
    for key in keys.values():
        found = [text.rstrip(":") for word, text in FILES.items() if word in key.facts]
        if found and key.name in read:
            since = dotted(SELF_CONTAINED_KUBECONFIG)
            yield (
                f'the kubeconfig in key "{key.name}" refers to a file ({", ".join(found)}), which '
                f"Flux {since} and later do not allow"
            )


def _of_variables(keys: Mapping[str, SecretKey]) -> Iterator[str]:
    for name in keys:
        if not _VARIABLE.fullmatch(name):
            yield f'key "{name}" is not a valid variable name'

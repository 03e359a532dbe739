"""The Secrets of a source: which keys they have and what these look like; never a value.

kubectl reads the Secret and answers questions about it by a template. All that the template can
print are the names of keys, the Secret's type, and words of ours: it compares what is there with
constants, and prints no part of it. Nor can it fail half-way, for then kubectl would print the
whole object for whoever wrote the template: each value is made a string, and none is decoded. So
the constants are what base64 makes of a text, at the beginning or at any place.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fluxstatus import programs
from fluxstatus.evidence import Unread, Why
from fluxstatus.findings import Ref
from fluxstatus.prune import mask
from fluxstatus.references import source_of, sync_source_of
from fluxstatus.resources import Resource, text_of
from fluxstatus.state import State

_SECONDS = 20.0
_LONGEST = 65536  # characters of base64 that are looked through: kubectl goes four at a time
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_LINE = re.compile(r"(type|key)\t([\w./-]{0,253})\t([a-z,]*)")
_FIELDS = ("secretRef", "certSecretRef", "proxySecretRef")

_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_KEY_V1 = _OPENSSH + b"\n" + b64encode(b"openssh-key-v1\0")
_FORMS: Mapping[str, tuple[bytes, ...]] = {
    "openssh": (_OPENSSH,),
    "pem": (
        b"-----BEGIN PRIVATE KEY-----",
        b"-----BEGIN RSA PRIVATE KEY-----",
        b"-----BEGIN EC PRIVATE KEY-----",
        b"-----BEGIN DSA PRIVATE KEY-----",
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
    ),
    "encrypted": (
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
        b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED",
        b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED",
        _KEY_V1 + b64encode(b"\0\0\0\x0aaes256-ctr\0"),
    ),
    "certificate": (b"-----BEGIN CERTIFICATE-----",),
    "public": (b"ssh-", b"ecdsa-sha2-", b"-----BEGIN PUBLIC KEY-----"),
    "putty": (b"PuTTY-User-Key-File",),
    "hashed": (b"|1|",),
}
"""What the beginning of a value tells of it."""

_WORDS = {
    "empty": "empty",
    "openssh": "an OpenSSH private key",
    "pem": "a private key (PEM)",
    "encrypted": "with a passphrase",
    "certificate": "a certificate (PEM)",
    "public": "a public key",
    "putty": "a PuTTY key",
    "hashed": "with hashed names of hosts",
    "host": "names the host",
    "newline": "ends with a line break",
}
"""How a reader is told what the template says of a value."""

_PRIVATE, _CERTIFICATE = {"openssh", "pem"}, {"certificate"}
_FORM_OF = {
    "identity": (_PRIVATE, "a private key"),
    "githubAppPrivateKey": (_PRIVATE, "a private key"),
    "tls.key": (_PRIVATE, "a private key"),
    "tls.crt": (_CERTIFICATE, "a certificate"),
    "ca.crt": (_CERTIFICATE, "a certificate"),
}
_ONE_LINE = ("username", "password", "bearerToken", "accesskey", "secretkey")
_WITH_HOSTS = ("known_hosts", ".dockerconfigjson")
_DOCKER = "kubernetes.io/dockerconfigjson"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a Secret, and what its value looks like, by the names in _WORDS."""

    name: str
    facts: frozenset[str]

    def __str__(self) -> str:
        """Give it as a reader is told."""
        facts = ", ".join(word for fact, word in _WORDS.items() if fact in self.facts)
        return f"{self.name} ({facts})" if facts else self.name


@dataclass(frozen=True, slots=True)
class Credential:
    """A Secret that an object of Flux names, as far as one may know it."""

    name: str
    namespace: str
    user: Ref
    path: str
    type: str = ""
    keys: tuple[Key, ...] = ()
    troubles: tuple[str, ...] = ()
    unread: Unread | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a Secret must have for a field of these kinds and schemes: one of several sets."""

    field: str
    kinds: frozenset[str]
    schemes: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]


def _wanted(field: str, kinds: str, schemes: str, *keys: str) -> _Wanted:
    sets = tuple(tuple(each.split()) for each in keys)
    return _Wanted(field, frozenset(kinds.split()), tuple(schemes.split()), sets)


_TABLE = (
    _wanted("secretRef", "GitRepository", "ssh", "identity known_hosts"),
    _wanted("secretRef", "GitRepository", "http https", "username password", "bearerToken",
            "githubAppID githubAppPrivateKey", "ca.crt", "caFile", "tls.crt tls.key"),
    _wanted("secretRef", "HelmRepository", "http https", "username password"),
    _wanted("secretRef", "HelmRepository", "oci", ".dockerconfigjson", "username password"),
    _wanted("secretRef", "OCIRepository ImageRepository", "", ".dockerconfigjson"),
    _wanted("secretRef", "Bucket", "", "accesskey secretkey", "serviceaccount", "accountKey",
            "sasKey", "tenantId clientId"),
    _wanted("certSecretRef", "", "", "ca.crt", "tls.crt tls.key", "caFile", "certFile keyFile"),
    _wanted("proxySecretRef", "", "", "address"),
)  # fmt: skip
"""Which keys Flux takes (fluxcd/pkg runtime/secrets, source-controller docs/spec/v1)."""


def credentials_of(
    state: State, resource: Resource, flags: tuple[str, ...], timeout: float
) -> Iterator[Credential]:
    """Give the Secrets that *resource* and its sources name; *flags* tell kubectl the cluster."""
    for user in _users(state, resource):
        for field in _FIELDS:
            name = text_of(user.get("spec", field, "name"))
            if name:
                yield _look(user, field, name, flags, timeout)


def _users(state: State, resource: Resource) -> Iterator[Resource]:
    seen = set()
    known: Resource | None = resource
    while known is not None and known.ref not in seen:
        seen.add(known.ref)
        yield known
        key = sync_source_of(known) if known.ref.kind == "FluxInstance" else source_of(known)
        known = state.resources.get(key) if key else None


def _look(
    user: Resource, field: str, name: str, flags: tuple[str, ...], timeout: float
) -> Credential:
    """Ask kubectl about the Secret *name* that *user* names in the *field* of its spec."""
    bare = Credential(name, user.ref.namespace, user.ref, f"spec.{field}.name")
    if not _NAME.fullmatch(name):
        return _with(bare, troubles=("this is no name that a Secret can have",))
    host = _host(user)
    try:
        argv = (
            programs.kubectl(), *flags, "get", "secret", f"--namespace={user.ref.namespace}",
            f"--output=go-template={template(host)}", "--", name,
        )  # fmt: skip
        said = programs.run(argv, timeout=min(timeout, _SECONDS)).stdout.decode(errors="replace")
        type_, keys = _read(said)
    except programs.ProgramError as error:
        return _refused(bare, error.unread)
    troubles = tuple(_troubles(user, field, host, type_, keys))
    return _with(bare, type=type_, keys=tuple(keys.values()), troubles=troubles)


def _with(bare: Credential, **more: object) -> Credential:
    return Credential(bare.name, bare.namespace, bare.user, bare.path, **more)  # type: ignore[arg-type]


def _refused(bare: Credential, unread: Unread) -> Credential:
    if "(NotFound)" in unread.text:
        return _with(bare, troubles=("it does not exist",))
    if "(Forbidden)" in unread.text:
        text = "this user is not allowed to look at it"
        return _with(bare, unread=Unread(Why.FORBIDDEN, text, rule="get secrets"))
    return _with(bare, unread=Unread(unread.why, mask(unread.text)))


def _read(said: str) -> tuple[str, dict[str, Key]]:
    """Read what the template printed. Raises ProgramError if it is anything else."""
    type_, keys = "", {}
    for line in said.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise programs.ProgramError(Unread(Why.GARBLED, "kubectl's answer makes no sense"))
        what, name, facts = match.groups()
        if what == "type":
            type_ = name
        else:
            keys[name] = Key(name, frozenset(filter(None, facts.split(","))))
    return type_, keys


def _troubles(
    user: Resource, field: str, host: str, type_: str, keys: Mapping[str, Key]
) -> Iterator[str]:
    wanted = next((each.keys for each in _TABLE if _fits(each, user, field)), ())
    if wanted and not any(keys.keys() >= set(each) for each in wanted):
        best = max(wanted, key=lambda each: len(keys.keys() & set(each)))
        lacking = " and ".join(key for key in best if key not in keys)
        others = " or ".join(" and ".join(each) for each in wanted if each != best)
        yield f"it lacks {lacking}" + (f" (or: {others})" if others else "")
    if ".dockerconfigjson" in keys and type_ != _DOCKER:
        yield f"its type is {type_}; it must be {_DOCKER}"
    used = {key for each in wanted for key in each} | {"password"}
    for name, key in keys.items():
        if name in used:
            yield from _troubles_of_key(key, host, keys)


def _fits(wanted: _Wanted, user: Resource, field: str) -> bool:
    return (
        wanted.field == field
        and (not wanted.kinds or user.ref.kind in wanted.kinds)
        and (not wanted.schemes or _scheme(user) in wanted.schemes)
    )


def _troubles_of_key(key: Key, host: str, keys: Mapping[str, Key]) -> Iterator[str]:
    name, facts = key.name, key.facts
    if "empty" in facts:
        yield f"{name} is empty"
        return
    forms, called = _FORM_OF.get(name, (facts, ""))
    if called and not forms & facts:
        instead = next((_WORDS[fact] for fact in ("public", "putty") if fact in facts), "")
        yield f"{name} is not {called}" + (f" but {instead}" if instead else "")
    if name == "identity" and "encrypted" in facts and "password" not in keys:
        yield "identity has a passphrase, and there is no key password with it"
    if name in _ONE_LINE and "newline" in facts:
        yield f"{name} ends with a line break, which is sent as part of it"
    if name in _WITH_HOSTS and host and not facts & {"host", "hashed", "long"}:
        yield f"{name} does not name {host}"


def _scheme(user: Resource) -> str:
    return text_of(user.get("spec", "url")).partition("://")[0].lower()


def _host(user: Resource) -> str:
    """Give the host that *user* fetches from, empty when it cannot be told."""
    image = text_of(user.get("spec", "image"))
    if image:
        first, slash, _ = image.partition("/")
        return first if slash and ("." in first or ":" in first) else "docker.io"
    try:
        host = urlsplit(text_of(user.get("spec", "url"))).hostname or ""
    except ValueError:
        return ""
    return "docker.io" if host.endswith("docker.io") else host


def template(host: str) -> str:
    """Give the go-template that answers, for each key of a Secret, what its value looks like."""
    return "".join((
        _define("start", "".join(_says(fact, _begins(forms)) for fact, forms in _FORMS.items())),
        _define("end", _step("end", _says("newline", _NEWLINE))),
        _define("host", _search("host", host)),
        '{{if eq (printf "%T" .type) "string"}}type{{"\\t"}}{{.type}}{{"\\t\\n"}}{{end}}',
        '{{if eq (printf "%T" .data) "map[string]interface {}"}}',
        '{{range $key, $value := .data}}key{{"\\t"}}{{$key}}{{"\\t"}}{{if $value}}',
        '{{$text := printf "%s" $value}}{{template "start" $text}}',
        f'{{{{if lt (len $text) {_LONGEST}}}}}{{{{template "end" $text}}}}',
        '{{template "host" $text}}{{else}}long,{{end}}',
        '{{else}}empty,{{end}}{{"\\n"}}{{end}}{{end}}',
    ))  # fmt: skip


_QUARTERS = " ".join(f'"{char}"' for char in "AEIMQUYcgkosw048")
_NEWLINE = (
    '(eq . "Cg==") (and (eq (slice . 2) "o=") (eq (slice . 1 2) "A" "Q" "g" "w")) '
    f'(and (eq (slice . 3) "K") (eq (slice . 2 3) {_QUARTERS}))'
)
"""Whether the last four characters of base64 end with a line break: of 1, 2 or 3 bytes."""


def _define(name: str, body: str) -> str:
    return f'{{{{define "{name}"}}}}{body}{{{{end}}}}'


def _says(fact: str, tests: str) -> str:
    return f"{{{{if or {tests}}}}}{fact},{{{{end}}}}"


def _step(name: str, at_end: str) -> str:
    """Go on four characters further; at the last four do something."""
    return (
        f'{{{{if gt (len .) 4}}}}{{{{template "{name}" (slice . 4)}}}}'
        f"{{{{else if eq (len .) 4}}}}{at_end}{{{{end}}}}"
    )


def _begins(texts: Iterable[bytes]) -> str:
    """Test whether base64 begins with one of *texts*; printf never reads beyond its end."""
    encoded = map(_encoded, texts)
    return " ".join(f'(eq (printf "%.{len(each)}s" .) "{each}")' for each in encoded) + " false"


def _search(name: str, text: str) -> str:
    """Test whether base64 has *text* anywhere: it may begin at each of three bytes."""
    parts = [text.encode()[skip:] for skip in range(3)]
    tests = _begins(part for part in parts if part)
    return f"{{{{if or {tests}}}}}{name},{{{{else}}}}{_step(name, '')}{{{{end}}}}" if text else ""


def _encoded(text: bytes) -> str:
    """Give the characters of base64 that *text* alone decides."""
    return b64encode(text).decode()[: len(text) * 8 // 6]

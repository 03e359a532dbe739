"""The template with which kubectl describes a Secret, and the parser of what it prints.

kubectl reads the Secret and evaluates the template. The template can only print the names of keys,
the Secret's type, and the words below: it compares values with constants and prints no part of
them. It cannot fail half-way either, because kubectl would then print the whole object in its
error: each value is converted to a string, and nothing is decoded before every character was
checked. So most constants are base64, of a text at the beginning of a value or at any offset.
"""

import re
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from fluxstatus.cluster import processes
from fluxstatus.lookup.credentials import certificates
from fluxstatus.model.evidence import Unread, Why

_LONGEST = 65536  # characters of base64 to search: kubectl takes four at a time
_UNEXPECTED = Unread(Why.GARBLED, "kubectl printed unexpected output")
_LINE = re.compile(r"(type|key)\t([\w./-]{0,253})\t([a-z,]*)")

_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_KEY_V1 = _OPENSSH + b"\n" + b64encode(b"openssh-key-v1\0")
_LOCKED = (
    b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED",
    b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED",
    _KEY_V1 + b64encode(b"\0\0\0\x0aaes256-ctr\0"),
)


def _with_both_breaks(*texts: bytes) -> tuple[bytes, ...]:
    """Return *texts*, and the same with the line breaks of Windows."""
    return (*texts, *(text.replace(b"\n", b"\r\n") for text in texts))


_FORMS: Mapping[str, tuple[bytes, ...]] = {
    "openssh": _with_both_breaks(_KEY_V1),
    "headed": (_OPENSSH,),
    "pem": (
        b"-----BEGIN PRIVATE KEY-----",
        b"-----BEGIN RSA PRIVATE KEY-----",
        b"-----BEGIN EC PRIVATE KEY-----",
        b"-----BEGIN DSA PRIVATE KEY-----",
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
    ),
    "encrypted": (
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
        *_with_both_breaks(*_LOCKED),
    ),
    "certificate": (b"-----BEGIN CERTIFICATE-----",),
    "public": (b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-", b"-----BEGIN PUBLIC KEY-----",
               b"-----BEGIN RSA PUBLIC KEY-----"),
    "putty": (b"PuTTY-User-Key-File",),
    "hashed": (b"|1|",),
    "pgppublic": (b"-----BEGIN PGP PUBLIC KEY BLOCK-----",),
    "pgpprivate": (b"-----BEGIN PGP PRIVATE KEY BLOCK-----",),
    "agepublic": (b"age1",),
    "signer": (b"-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----",
               b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----"),
}  # fmt: skip
"""The forms of a value, each with the texts with which it may begin."""

FILES: Mapping[str, str] = {
    "tokenfile": "tokenFile:",
    "authorityfile": "certificate-authority:",
    "certificatefile": "client-certificate:",
    "keyfile": "client-key:",
}
"""The fields of a kubeconfig that refer to a file, by the word for them."""

_TEXTS = {
    "inner": "-----BEGIN ",
    "age": "AGE-SECRET-KEY-",
    "plugin": "AGE-PLUGIN-",
    **FILES,
}
"""Texts that are searched for anywhere in a value, in addition to the host."""

WORDS: Mapping[str, str] = {
    "empty": "empty",
    "openssh": "looks like an OpenSSH private key",
    "headed": "begins like an OpenSSH private key",
    "pem": "looks like a private key (PEM)",
    "encrypted": "with a passphrase",
    "certificate": "a certificate (PEM)",
    "expired": "expired",
    "early": "not valid yet",
    "soon": "expires within two weeks",
    "valid": "within its validity period",
    "public": "a public key",
    "putty": "a PuTTY key",
    "pgppublic": "a PGP public key",
    "pgpprivate": "a PGP private key",
    "age": "an age private key",
    "plugin": "an age plugin identity",
    "agepublic": "an age public key",
    "signer": "a cosign private key",
    "hashed": "with hashed host names",
    "host": "includes the host",
    "newline": "ends with a line break",
}
"""The text that is shown for each word of the template."""


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key of a Secret, and `facts` about its value: keys of WORDS.

    `first` is the word for the dates of the first certificate in the value, empty without one.
    """

    name: str
    facts: frozenset[str]
    first: str = ""

    def __str__(self) -> str:
        """Return the key with its facts, as shown to users."""
        facts = ", ".join(WORDS[fact] for fact in self.shown())
        return f"{self.name} ({facts})" if facts else self.name

    def shown(self) -> list[str]:
        """Return the facts to show, in the order of WORDS."""
        facts = {*(self.facts - certificates.DATES), self.first}
        if "openssh" in facts:
            facts.discard("headed")
        return [fact for fact in WORDS if fact in facts]


@dataclass(frozen=True, slots=True)
class SecretContent:
    """The type and the keys of a Secret."""

    type: str
    keys: Mapping[str, SecretKey]


def read(output: str) -> SecretContent:
    """Parse *output* of the template. Raises ProgramError if it is anything else."""
    type_, keys = None, {}
    for line in output.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise processes.ProgramError(_UNEXPECTED)
        what, name, words = match.groups()
        facts = [word for word in words.split(",") if word]
        if what == "type":
            type_ = name
        else:
            first = next((fact for fact in facts if fact in certificates.DATES), "")
            keys[name] = SecretKey(name, frozenset(facts), first)
    if type_ is None:  # every Secret has a type
        raise processes.ProgramError(_UNEXPECTED)
    return SecretContent(type_, keys)


def template(host: str, now: datetime) -> str:
    """Return the go-template that prints, for each key of a Secret, words about its value.

    It searches values for *host*, and compares the dates of certificates with *now*.
    """
    domain = host.partition(".")[2]
    searched = {"host": host, "glob": f"*.{domain}" if domain else "", **_TEXTS}
    return "".join((
        _define("start", "".join(_says(fact, _begins(forms)) for fact, forms in _FORMS.items())),
        _define("end", _to_the_end("end", _says("newline", _NEWLINE))),
        *_search(searched),
        certificates.templates(now),
        '{{if eq (printf "%T" .type) "string"}}type{{"\\t"}}{{.type}}{{"\\t\\n"}}{{end}}',
        '{{if eq (printf "%T" .data) "map[string]interface {}"}}',
        '{{range $key, $value := .data}}key{{"\\t"}}{{$key}}{{"\\t"}}{{if $value}}',
        '{{$text := printf "%s" $value}}{{template "start" $text}}',
        f'{{{{if lt (len $text) {_LONGEST}}}}}{{{{template "end" $text}}}}',
        '{{template "search" $text}}',
        "{{else}}long,{{end}}",
        certificates.dates("$text"),
        '{{else}}empty,{{end}}{{"\\n"}}{{end}}',
        "{{end}}",
    ))  # fmt: skip


_QUARTERS = " ".join(f'"{char}"' for char in "AEIMQUYcgkosw048")
_NEWLINE = (
    '(eq . "Cg==") (and (eq (slice . 2) "o=") (eq (slice . 1 2) "A" "Q" "g" "w")) '
    f'(and (eq (slice . 3) "K") (eq (slice . 2 3) {_QUARTERS}))'
)
"""The test whether the last four characters of base64, of 1, 2 or 3 bytes, end in a line break."""


def _define(name: str, body: str) -> str:
    return f'{{{{define "{name}"}}}}{body}{{{{end}}}}'


def _says(fact: str, tests: str) -> str:
    return f"{{{{if or {tests}}}}}{fact},{{{{end}}}}"


def _to_the_end(name: str, body: str) -> str:
    """Return the call of *name* with a later part of the text; *body* for its last four characters.

    It takes large steps first: many small ones take time.
    """
    step = "".join(
        f'{{{{if gt (len .) {size}}}}}{{{{template "{name}" (slice . {size})}}}}{{{{else}}}}'
        for size in (1024, 4)
    )
    return f"{step}{{{{if eq (len .) 4}}}}{body}{{{{end}}}}{{{{end}}}}{{{{end}}}}"


def _begins(texts: Iterable[bytes]) -> str:
    """Return the tests for base64 that begins with one of *texts*; printf stops at its end."""
    encoded = map(_encoded, texts)
    return " ".join(f'(eq (printf "%.{len(each)}s" .) "{each}")' for each in encoded) + " false"


def _search(texts: Mapping[str, str]) -> Iterator[str]:
    """Yield templates that print the name of each of *texts* that is anywhere in base64.

    "search" takes four characters at a time and compares the first two of each text only, which is
    fast; "found" compares all. Words are printed as often as they are found.
    """
    wanted = {name: list(_anywhere(text)) for name, text in texts.items() if text}
    found = "".join(_says(name, _equal(tests)) for name, tests in wanted.items())
    starts = defaultdict(set)
    for offset, text in chain(*wanted.values()):
        starts[offset, min(len(text), 2)].add(f'"{text[:2]}"')
    tests = (
        f"(eq (slice . {offset} {offset + length}) {' '.join(sorted(each))})"
        for (offset, length), each in starts.items()
    )
    yield _define("found", found)
    here = f'{{{{if or {" ".join(tests)}}}}}{{{{template "found" .}}}}{{{{end}}}}'
    yield _define(
        "search",
        f'{{{{if ge (len .) 8}}}}{here}{{{{template "search" (slice . 4)}}}}'
        '{{else if ge (len .) 4}}{{template "found" .}}{{end}}',
    )


def _anywhere(text: str) -> Iterator[tuple[int, str]]:
    """Yield the base64 of *text* at each of a group's three bytes, and its place in the group.

    Characters that also depend on bytes before the text are left out.
    """
    for before, left_out in ((0, 0), (1, 2), (2, 3)):
        yield left_out, _encoded(b"\0" * before + text.encode())[left_out:]


def _equal(wanted: Iterable[tuple[int, str]]) -> str:
    """Return the tests for the *wanted* texts, each at its place."""
    return " ".join(
        f'(eq (printf "%.{len(text)}s" (slice . {offset})) "{text}")' for offset, text in wanted
    )


def _encoded(text: bytes) -> str:
    """Return the base64 characters that depend on *text* alone."""
    return b64encode(text).decode()[: len(text) * 8 // 6]

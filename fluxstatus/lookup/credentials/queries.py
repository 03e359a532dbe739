"""What kubectl is asked about a Secret, and how it answers: names of keys and words of ours.

kubectl reads the Secret and answers by a template. All that the template can print are the names
of keys, the Secret's type, and the words below: it compares what is there with constants, and
prints no part of it. Nor can it fail half-way, for then kubectl would print the whole object for
whoever wrote the template: each value is made a string, and nothing is decoded that was not looked
at, character by character. So most constants are what base64 makes of a text, at the beginning or
at any place.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fluxstatus.cluster import processes
from fluxstatus.lookup.credentials import certificates
from fluxstatus.model.evidence import Unread, Why

_LONGEST = 65536  # characters of base64 that are looked through: kubectl goes four at a time
_LINE = re.compile(r"(type|key|pair)\t([\w./-]{0,253})\t([a-z,]*)")

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
"""What the beginning of a value tells of it."""

_TEXTS = {
    "inner": "-----BEGIN ",
    "age": "AGE-SECRET-KEY-",
    "plugin": "AGE-PLUGIN-",
}
"""What is looked for at any place, besides the host."""

WORDS: Mapping[str, str] = {
    "empty": "empty",
    "openssh": "an OpenSSH private key",
    "pem": "a private key (PEM)",
    "encrypted": "with a passphrase",
    "certificate": "a certificate (PEM)",
    "expired": "expired",
    "early": "not valid yet",
    "soon": "expires within two weeks",
    "valid": "valid by its dates",
    "public": "a public key",
    "putty": "a PuTTY key",
    "pgppublic": "a PGP public key",
    "pgpprivate": "a PGP private key",
    "age": "an age private key",
    "plugin": "an age plugin's identity",
    "agepublic": "an age public key",
    "signer": "a cosign private key",
    "hashed": "with hashed names of hosts",
    "host": "names the host",
    "newline": "ends with a line break",
}
"""How a reader is told what the template says of a value."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a Secret, and what its value looks like, by the names in WORDS.

    `first` is the first of them about a certificate's dates: that of the first in a chain.
    """

    name: str
    facts: frozenset[str]
    first: str = ""

    def __str__(self) -> str:
        """Return it as a reader is told."""
        facts = ", ".join(WORDS[fact] for fact in self.told())
        return f"{self.name} ({facts})" if facts else self.name

    def told(self) -> list[str]:
        """Return what a reader is told of it, in the order of WORDS."""
        facts = {*(self.facts - certificates.DATES), self.first}
        return [fact for fact in WORDS if fact in facts]


@dataclass(frozen=True, slots=True)
class Answer:
    """What kubectl said of a Secret; `pair` is whether tls.crt is of tls.key, None if unknown."""

    type: str
    keys: Mapping[str, Key]
    pair: bool | None = None


def read(said: str) -> Answer:
    """Read what the template printed. Raises ProgramError if it is anything else."""
    type_, keys, pair = "", {}, None
    for line in said.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise processes.ProgramError(Unread(Why.GARBLED, "kubectl's answer makes no sense"))
        what, name, words = match.groups()
        facts = [word for word in words.split(",") if word]
        if what == "type":
            type_ = name
        elif what == "key":
            first = next((fact for fact in facts if fact in certificates.DATES), "")
            keys[name] = Key(name, frozenset(facts), first)
        elif {"walked", "piece"} <= set(facts):
            pair = "same" in facts
    return Answer(type_, keys, pair)


def template(host: str, now: datetime) -> str:
    """Return the go-template that answers, for each key of a Secret, what its value looks like."""
    domain = host.partition(".")[2]
    sought = {"host": host, "glob": f"*.{domain}" if domain else "", **_TEXTS}
    return "".join((
        _define("start", "".join(_says(fact, _begins(forms)) for fact, forms in _FORMS.items())),
        _define("end", _step("end", _says("newline", _NEWLINE))),
        *(_define(name, _search(name, text)) for name, text in sought.items()),
        certificates.templates(now),
        '{{if eq (printf "%T" .type) "string"}}type{{"\\t"}}{{.type}}{{"\\t\\n"}}{{end}}',
        '{{if eq (printf "%T" .data) "map[string]interface {}"}}',
        '{{range $key, $value := .data}}key{{"\\t"}}{{$key}}{{"\\t"}}{{if $value}}',
        '{{$text := printf "%s" $value}}{{template "start" $text}}',
        f'{{{{if lt (len $text) {_LONGEST}}}}}{{{{template "end" $text}}}}',
        *(f'{{{{template "{name}" $text}}}}' for name in sought),
        "{{else}}long,{{end}}",
        certificates.dates("$text"),
        '{{else}}empty,{{end}}{{"\\n"}}{{end}}',
        certificates.pair(),
        "{{end}}",
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
    """Test whether base64 has *text* anywhere: it may begin at each of a group's three bytes.

    Then the first characters of the group are not decided by it alone, and are left out.
    """
    if not text:
        return ""
    tests = " ".join(
        f'(eq (printf "%.{len(wanted)}s" (slice . {left_out})) "{wanted}")'
        for before, left_out in ((0, 0), (1, 2), (2, 3))
        for wanted in [_encoded(b"\0" * before + text.encode())[left_out:]]
    )
    found = f"{{{{if or {tests}}}}}{name},{{{{else}}}}{_step(name, '')}{{{{end}}}}"
    return f"{{{{if ge (len .) 4}}}}{found}{{{{end}}}}"


def _encoded(text: bytes) -> str:
    """Return the characters of base64 that *text* alone decides."""
    return b64encode(text).decode()[: len(text) * 8 // 6]

"""A credential by its name: a name, a separator, perhaps a quote, and the value.

    password=x   "token": "x"   Authorization: Bearer x   --api-key x   secret: x

What may be a value depends on the separator and on what stands before the name: behind `=` it is
anything, but in a sentence ("failed to get token: unauthorized") an ordinary word is an error.
"""

import re
import string
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from fluxstatus.base.late_pattern import late_pattern

_NAMES = (
    "password", "passwords", "passwd", "passphrase", "passcode", "secret", "token", "credentials", "credential",
    "authorization", "dockerconfigjson", "dockercfg", "webhookpath", "webhookurl", "webhook_url",
    "bindpw", "connectionstring", "connection_string", "secretstring",
)  # fmt: skip
"""Names that may end an identifier, as in dbPassword, CLIENT_SECRET and x-auth-token."""

_WORDS = ("pass", "pwd", "auth", "signature", "sig", "sas", "pat", "creds", "cred", "pw")
"""Names that count only as whole words: in db_pass and dbPass, but not in bypass."""

_KEYS = (
    "access", "account", "admin", "api", "app", "application", "auth", "client", "consumer",
    "deploy", "encryption", "hmac", "integration", "license", "master", "private", "routing", "rsa",
    "secret", "session", "shared", "signing", "ssh", "storage", "subscription", "webhook",
)  # fmt: skip
"""Words before "key" that make it a secret: api-key, AccountKey, client-key-data. Other keys are
public, or indexes."""

_PASSWORDS = ("password", "passwd", "passphrase")
"""Names that never mean anything but a password."""

_BARE = frozenset({"secret", "credential", "credentials", "auth"})
"""Names that are also words in sentences, for an object or an activity."""

_ALL = (*_NAMES, *_WORDS, "key")
_PARTS = tuple(one for one in _ALL if not any(part in one for part in _ALL if part != one))
"""Texts of which every name contains at least one. None contains a digit, or another one."""

_NAME = late_pattern(
    rf"(?:{'|'.join((*_NAMES, *_WORDS))}|key(?:[_-]?data)?)"
    r"(?P<more>[_-]?(?:\d{1,3}|b64|base64|base|hash|value))?"
    r"(?=\\*[\"'`]?(?:\[\d+\])?[\s:=,>%])"
)
"""The end of a name in lower-case text, perhaps numbered, before what may be a separator."""

_SPOKEN = late_pattern(r"\b(?:access|api|secret) \Z")
"""Words of a sentence before "key" that make it a secret."""

_SECRET_KEY = late_pattern(rf"(?:{'|'.join(_KEYS)})[_-]?key(?:[_-]?data)?\Z")
_REFERENCE = late_pattern(r"(?:pull|existing)[_-]?secret\Z")
"""The name of a Secret, not a secret."""

_HEADER = late_pattern(r"(?:[Xx]-|[A-Z][A-Za-z]*-)[\w-]*\Z")
_IDENTIFIER = frozenset(string.ascii_letters + string.digits + "_-")
_LONGEST = 80  # characters of an identifier
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class Name(NamedTuple):
    """A name in a text as it is written, and a few characters before it."""

    written: str
    before: str

    @property
    def lower(self) -> str:
        """The name in lower case, without the dashes of a flag."""
        return self.written.lower().lstrip("-")

    @property
    def is_bare(self) -> bool:
        """Whether it is a word of sentences, too."""
        return self.lower in _BARE


def _anywhere(_: Name) -> bool:
    return True


def _is_flag(name: Name) -> bool:
    return name.written.startswith("--")


def _is_header(name: Name) -> bool:
    return _authorizes(name) or bool(_HEADER.match(name.written))


def _authorizes(name: Name) -> bool:
    return name.lower.endswith("authorization")


def _is_pair(name: Name) -> bool:
    """Return whether it is a part of a map or a struct that Go prints."""
    return name.before.endswith("[") or (name.before[-1:] in " {(,;\n" and not name.is_bare)


def _begins(name: Name) -> bool:
    """Return whether it begins a line, an entry of a list, or a clause; a bare name: a line."""
    left = name.before.rstrip(" \t-*|.")
    return (
        not left or left.endswith("\\n") or left[-1] in ("\n" if name.is_bare else "\n{[(,;:\"'`")
    )


def _begins_line(name: Name) -> bool:
    """Return whether a quoted name begins a line, an entry of a list, or a clause."""
    return bool(re.search(r"(?:\A|[\n:({\[,;=\"`-]|\\n)[ -]*\\*[\"']\Z", name.before))


def _names_no_object(name: Name) -> bool:
    """Return whether no object has the name: names of objects have lower case and dashes."""
    return not name.is_bare and not ("-" in name.written and name.written.islower())


def _is_pin(name: Name) -> bool:
    """Return whether a number behind it is a credential: behind other names it may be a port."""
    return _is_pair(name) and name.lower.endswith((*_PASSWORDS, "pwd", "passcode"))


def _is_password(name: Name) -> bool:
    return name.lower.endswith(_PASSWORDS) and _names_no_object(name)


_ENDS = r"(?![\w@$!#%^*+=/~?-]|[.:]\w)"
"""The end of a word: `none` ends before a comma, but not in `none-of-it`."""

_REFERS = (
    r"(?!\$[({]|\$[A-Z_]{2,}\b|\{\{|\.Values|\.{1,2}/|<[\w .-]*>|\*{3}|"
    rf"(?:null|nil|none|true|false|yes|no|empty|unset){_ENDS})"
)
"""Not a value: a variable, an expression, a placeholder, what is masked already, a file, or a word
that says whether there is one ("using password: YES")."""

_EXPLAINS = (
    r"(?!(?:\d{3}|absent|access\w*|already|and|can\w*|could\w*|den\w+|does|empty|EOF|err\w*|"
    r"exceeded|expected|expired|fail\w*|field|flag|for|forbidden|from|got|has|hidden|http\w?|if|in|"
    r"int\w*|invalid\w*|is|malformed|may|mismatch|missing|must|no|not\w*|object|of|option|or|"
    r"permission|redacted|rejected|required?s?|revoked|should|string|timeout|to|too|unable|"
    rf"unauthori[sz]ed|unavailable|unexpected|unknown|unsupported|want|was|with|wrong){_ENDS})"
)
"""Not a value: a word of a sentence that says what is wrong."""

_QUOTED = rf"(?P<q>\\*[\"'`]){_REFERS}(?P<value>(?:(?!(?P=q))(?>\\+.|[^\\\n]))++)"
_TEXT = r"(?:(?!(?P=q))(?>\\+.|[^\\\n]))++"
_LISTED = (
    rf"(?P<q>\\*[\"'`]){_REFERS}(?P<value>{_TEXT}(?:(?P=q)\s{{0,40}},\s{{0,40}}(?P=q){_TEXT})*+)"
)
"""All quoted values of a list."""

_LINE = r"(?:\n|\\+n)"  # also in JSON
_SINGLE = (
    r"(?P<value>(?:[^\s'\"`,;{}()\[\]\\]|\\(?![nrt\"']))++)(?<!:)"
    rf"(?=[ \t]{{0,40}}(?:\Z|\\|{_LINE}|[,;)}}\]\"'`]))"
)
"""A word that ends the line, the entry or the clause."""

_ODD = r"(?P<value>(?=[^\s'\",]{0,200}\d)(?=[^\s'\",]{0,200}[a-z])[^\s'\",]{6,}+)(?<!:)"
"""Not a word of a sentence: it contains a letter and a digit, and no error follows."""

_SCHEMES = (
    r"(?:(?:basic|bearer|bot|digest|geniekey|negotiate|oauth|sharedkey|splunk|token)\s{1,40})"
)
_CLOSE = r"\\*[\"'`]?"
_IS = r"(?::?=>?|->)"
_GAP = r"(?:[^\S\n]|\\t)"
_TAGGED = rf"(?:[!&][\w!:./-]{{1,40}}{_GAP}{{1,9}}){{0,2}}"
"""The tag and the anchor of a value in YAML."""

_ENCODED_IS = r"%(?:25)?3[ad](?:%20|\+)?(?:%22)?"


class Way(NamedTuple):
    """A way to write a credential: `after` is what follows the name, up to the value.

    In `example`, %s is the place of `hides`.
    """

    name: str
    after: str
    example: str
    fits: Callable[[Name], bool] = _anywhere
    hides: str = "Hunter2-c0rrect"

    @property
    def text(self) -> str:
        """The example with its secret."""
        return self.example % self.hides

    def value(self, text: str, name: Name, end: int) -> tuple[int, int] | None:
        """Return where the value of *name*, which ends at *end*, is in *text*; None if nowhere."""
        found = self.fits(name) and _compiled(self.after).match(text, end)
        return found.span("value") if found else None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PARAMETER = r"\w{1,40}=(?:\\*\"[^\"\n]*\"|[^\s\",]+)"

WAYS = (
    Way("header with parameters", rf"{_CLOSE}\s{{0,40}}[:=]\s{{0,40}}\[?{_CLOSE}\w{{1,40}}\s{{1,40}}(?P<value>{_PARAMETER}(?:,\s{{0,9}}{_PARAMETER})+)",
        'Authorization: Digest username="app", response="%s"', _authorizes),
    Way("header with a scheme", rf"{_CLOSE}\s{{0,40}}[:=]\s{{0,40}}\[?{_CLOSE}{_SCHEMES}{_REFERS}(?P<value>[^\s'\",}}\])]+)",
        "Authorization: Bearer %s", _is_header),
    Way("header with another scheme", rf"{_CLOSE}\s{{0,40}}[:=]\s{{0,40}}\[?{_CLOSE}[a-z][\w-]{{1,30}}\s{{1,40}}{_REFERS}{_ODD}",
        "Authorization: SSWS %s", _authorizes),
    Way("header", rf"{_CLOSE} ?: ?\[?{_EXPLAINS}{_REFERS}{_SINGLE}", "the request with X-Api-Key: %s", _is_header, "swordfish"),
    Way("assignment, quoted", rf"{_CLOSE}\s?{_IS}\s?{_QUOTED}", "token = '%s'", hides="a secret of words"),
    Way("assignment", rf"{_CLOSE}\s?{_IS}\s?{_REFERS}(?P<value>[^\s'\"`&=][^\s'\"`&]*)",
        "AWS_SECRET_ACCESS_KEY=%s", hides="wJalrXUtnFEMI/K7MDENG" "/bPxRfiCYEXAMPLEKEY"),
    Way("quoted", rf"\\*[\"'`]\s{{0,40}}:\s{{0,40}}{_QUOTED}", '{"client_secret":"%s"}'),
    Way("quoted list", rf"\\*[\"'`]?\s{{0,40}}:\s{{0,40}}(?:\[\]string\{{|\[)\s{{0,40}}{_LISTED}", '{"passwords":["first","%s"]}'),
    Way("quoted, a number", r"\\*\"\s{0,40}:\s{0,40}(?P<value>\d+)(?=\s{0,40}(?:[,}]|\Z))", '{"pwd":%s}', hides="0451337"),
    Way("flag, quoted", rf"{_CLOSE}(?:\s{{0,40}},\s{{0,40}}|\s{{1,40}}){_QUOTED}", '["login", "--password", "%s"]', _is_flag),
    Way("flag", rf"\s{{1,40}}(?!-){_EXPLAINS}{_REFERS}(?P<value>[^\s'\"`,\]]+)", "helm registry login --password %s", _is_flag),
    Way("invalid field", rf"(?:\[\d+\])?: \w+ value: {_QUOTED}", 'spec.auth.password: Invalid value: "%s": must be longer'),
    Way("invalid field, a number", rf"(?:\[\d+\])?: \w+ value: {_REFERS}(?P<value>[^\s'\":{{\[(]+)",
        "spec.auth.password: Invalid value: %s: must be a string", hides="0451337"),
    Way("pair", rf":(?![\s:/]|\\+n|v?\d+\.\d|\d{{1,5}}\b(?!\])){_EXPLAINS}{_REFERS}(?P<value>[^\s'\",;{{}}()\[\]]+)",
        "map[user:app password:%s]", _is_pair),
    Way("pair, a number", r":(?P<value>\d{1,5})(?![\w.:/-])", "{Password:%s User:app}", _is_pin, "04513"),
    Way("block of lines", rf": {{0,20}}[|>][+-]?{_LINE}(?P<value>(?:[ \t]+[^\s\\][^\n\\]*(?:{_LINE}|\\|\Z))+)", "token: |\n  %s\n"),
    Way("next line", rf"{_CLOSE}:{_LINE}(?: |\t){{1,40}}{_EXPLAINS}{_REFERS}(?P<value>[^\s:#\[\]{{}}'\"\\-][^\s:'\"\\]*)(?={_LINE}|\Z)",
        "password:\n  %s\n", _begins, "swordfish"),
    Way("element", r"(?:\s[^<>\n]{0,200})?>\s{0,9}(?P<value>[^<>\s][^<>\n]*)(?=</)", "<password>%s</password>", hides="swordfish"),
    Way("attribute", rf"\\*\"\s{{1,9}}value={_QUOTED}", '<add key="token" value="%s"/>'),
    Way("in a URL, encoded", rf"(?:%22)?{_ENCODED_IS}(?P<value>(?:[^\s'\"&%]|%(?!22|26|2c|7d)[0-9a-f]{{2}})++)", "next=%%2Fa%%3Ftoken%%3D%s"),
    Way("value, quoted", rf": {{0,20}}(?:\[\](?:byte|uint8)\()?{_TAGGED}{_QUOTED}", "client_secret: '%s'", _names_no_object, "a secret of words"),
    Way("value of a line", rf"{_GAP}{{0,20}}:{_GAP}{{1,20}}{_TAGGED}{_EXPLAINS}{_REFERS}{_SINGLE}", "password: %s", _begins, "swordfish"),
    Way("value of a line, quoted name", rf"\\*[\"']: {{1,20}}{_EXPLAINS}{_REFERS}(?P<value>[^\s'\"`,;{{}}()\[\]\\]++)(?= {{0,40}}(?:\Z|{_LINE}|[;)\"]))",
        '"password": %s\n', _begins_line, "swordfish"),
    Way("password in a sentence", rf": {{1,20}}{_EXPLAINS}{_REFERS}{_SINGLE}", "rejected password: %s", _is_password, "swordfish"),
    Way("quoted password in a sentence", rf" (?:is )?{_QUOTED}", "wrong password '%s'", _is_password, "swordfish"),
    Way("odd password in a sentence", rf" (?:is )?{_REFERS}{_ODD}", "login with password %s failed", _is_password),
    Way("value in a sentence", rf": {{1,20}}{_REFERS}{_ODD}", "the server rejected token: %s (403)", _names_no_object),
)  # fmt: skip
"""All ways, in order of precedence."""


def mask_values(text: str) -> str:
    """Return *text* without the values behind the names of credentials."""
    kept, at = [], 0
    for name, end in _names(text):
        if end < at:  # in the value of the last one
            continue
        spans = (way.value(text, name, end) for way in WAYS)
        start, stop = next(filter(None, spans), (0, 0))
        if stop:
            kept += [text[at:start], "***"]
            at = stop
    return "".join((*kept, text[at:]))


def is_name(key: str) -> bool:
    """Return whether *key* names a credential: the value behind it is secret."""
    return any(end == len(key) for _, end in _names(f"{key}="))


def is_value(text: str) -> bool:
    """Return whether *text*, behind such a name, is a credential and not a variable or a flag."""
    return bool(re.match(rf"{_REFERS}.", text, re.IGNORECASE | re.DOTALL))


def may_name(text: str) -> bool:
    """Return whether *text* may have the name of a credential, whatever its digits and encoding.

    Of a letter that is not ASCII, such as the Kelvin sign, the lower case may be.
    """
    lower = text.lower()
    return not text.isascii() or any(part in lower for part in _PARTS)


def _names(text: str) -> Iterator[tuple[Name, int]]:
    """Yield each name of a credential in *text*, and where it ends."""
    lower = _lower(text)
    for found in _NAME.finditer(lower):
        start, end = found.start(), found.end()
        while start and end - start < _LONGEST and text[start - 1] in _IDENTIFIER:
            start -= 1
        if _is_secret(text, lower, found, start):
            yield Name(text[start:end], text[max(start - 8, 0) : start]), end


def _lower(text: str) -> str:
    """Return *text* in lower case, of the same length."""
    lower = text.lower()  # much faster than translate()
    return lower if len(lower) == len(text) else text.translate(_ASCII_LOWER)


def _is_secret(text: str, lower: str, found: re.Match[str], start: int) -> bool:
    end = found.start("more") if found["more"] else found.end()
    word = lower[found.start() : end]
    if word in _WORDS:
        before, first = text[found.start() - 1 : found.start()], text[found.start()]
        is_word = not before.isalpha() or (before.islower() and first.isupper())
        return is_word and not found["more"]
    if word.startswith("key"):
        in_query = start == found.start() and text[start - 1 : start] in ("?", "&")
        is_spoken = start == found.start() and bool(
            _SPOKEN.search(lower[max(start - 8, 0) : start])
        )
        return in_query or is_spoken or bool(_SECRET_KEY.search(lower[start:end]))
    return not _REFERENCE.search(lower[start:end])

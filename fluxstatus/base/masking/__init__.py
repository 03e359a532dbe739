"""Masking of credentials in every text that is stored or shown.

A credential is recognized by its name (grammar.py), or by its own format or place (forms.py).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.base import packaged
from fluxstatus.base.masking.forms import FORMS
from fluxstatus.base.masking.grammar import is_name, is_value, mask_values, may_name

SHORT = 8
"""A text up to this length can contain a credential only together with a name and a separator."""

WORDS = Path(__file__).with_name("words.tsv")
"""A line for each form, with words of which each text that has the form contains one.

`python -m tests.base.masking.listed` writes it: reading the patterns takes longer.
"""

_MASK = "***"
_COLOR = re.compile(r"\x1b\[[\d;]{0,20}m")
_DIGEST = re.compile(r"(?<=\bsha1:)[0-9a-f]{40}\b(?!%)|(?<=\bsha256:)[0-9a-f]{64}\b(?!%)")
"""A part of a text that contains no word of a form or a name, nor the beginning or end of one."""

_SAME_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CONTENTS = ("data", "stringData")
_VALUES = ("value", "plain", "plaintext", "plainText")


def may_hold_one(text: str) -> bool:
    """Return whether a credential may be in *text*: `mask` does not change any other."""
    return len(text) > SHORT or "=" in text or ":" in text or " " in text


@lru_cache(maxsize=4096)  # URLs, revisions and messages repeat
def mask(text: str) -> str:
    """Return *text* with its credentials replaced."""
    if "\x1b[" not in text:
        return _masked(text)
    plain = _COLOR.sub("", text)  # a program that colors the name of a value colors the value, too
    without = _masked(plain)
    return text if without == plain else without


def _masked(text: str) -> str:
    """Return *text*, without colors, with its credentials replaced."""
    rest = _DIGEST.sub("", text) if "sha" in text else text
    may_hold = _may_hold(_alike(rest))
    for place in may_hold.forms:
        text = FORMS[place].mask(text)
    return mask_values(text) if may_hold.names else text


class _MayHold(NamedTuple):
    """The forms that may be in a text, and whether it may have the name of a credential."""

    forms: tuple[int, ...]
    names: bool


def _alike(text: str) -> str:
    """Return *text* in UTF-8, a character for each byte, with all digits the same.

    As bytes it would take four times as long to search.
    """
    return text.encode(errors="replace").translate(_SAME_DIGITS).decode("latin-1")


@lru_cache(maxsize=1024)
def _may_hold(text: str) -> _MayHold:
    """Return what may be in each text that is *text* but for its digits and digests.

    The times, revisions and versions of most objects are alike, and so are many names.
    """
    words = _places(of_lower=text.islower())
    places = {place for word, found in words.items() if word in text for place in found}
    return _MayHold(tuple(sorted(places)), may_name(text))


@cache
def _places(*, of_lower: bool) -> Mapping[str, tuple[int, ...]]:
    """Return words, each with the forms that may be in a text with that word.

    Those *of_lower* are all that may be in a text in lower case, as most texts are. All digits are
    the same in them.
    """
    found: dict[str, tuple[int, ...]] = {}
    for place, line in enumerate(packaged.read(WORDS).decode().split("\n")):
        for word in filter(None, line.split("\t")):
            if of_lower and word != word.lower():
                continue
            found[_alike(word)] = (*found.get(_alike(word), ()), place)
    return found


def masked(value: Any) -> Any:
    """Return a JSON *value* with the credentials in its texts masked, at any depth.

    The value of a key that names a credential is masked whole, also as an entry with such a name
    ({name: DB_PASSWORD, value: x}) or below it ({DB_PASSWORD: {value: x}}), as the argument of a
    flag (["--password", x]), and so is each value of a Secret. The annotation in which
    kubectl stores the last applied object is left out: it repeats the object as one text.
    """
    if isinstance(value, str):
        return mask(value) if may_hold_one(value) else value
    if isinstance(value, list):
        return [
            _whole(entry) if _is_flag(before) else masked(entry)
            for before, entry in pairwise(("", *value))
        ]
    if not isinstance(value, dict):
        return value
    hidden = set(_hidden(value))
    return {
        key: _whole(entry) if key in hidden or _is_secret(key, entry) else _below(key, entry)
        for key, entry in value.items()
        if key != _APPLIED
    }


def _below(key: str, value: Any) -> Any:
    """Return *value* of *key* masked; of a map below the name of a credential, also the value."""
    below = masked(value)
    if isinstance(value, dict) and _names_credential(key):
        below |= {name: _whole(value[name]) for name in _VALUES if name in value}
    return below


def _is_flag(value: Any) -> bool:
    """Return whether *value* is a flag that the next argument is the credential of."""
    return isinstance(value, str) and value.startswith("-") and _names_credential(value)


def _hidden(value: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of *value* whose values are secret because of another entry."""
    if value.get("kind") == "Secret":
        yield from _CONTENTS
    names = (value.get("name"), value.get("key"))
    if any(isinstance(name, str) and _names_credential(name) for name in names):
        yield "value"


def _whole(value: Any) -> Any:
    """Return *value*, which is secret, with all its texts and numbers replaced."""
    if isinstance(value, dict):
        return {key: _whole(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_whole(entry) for entry in value]
    if isinstance(value, bool) or value is None or (isinstance(value, str) and not is_value(value)):
        return value
    return _MASK


def _is_secret(key: str, value: Any) -> bool:
    """Return whether *key* says that *value* is secret; below a map it is only a heading."""
    return not isinstance(value, dict) and _names_credential(key)


@lru_cache(maxsize=1024)
def _names_credential(key: str) -> bool:
    return is_name(key)

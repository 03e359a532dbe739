"""Lists of accepted faults: what is read, and what is refused."""

from datetime import date

import pytest

from fluxstatus.model.accept_list import LIMIT, AcceptError, parse
from fluxstatus.model.ref import Ref
from tests.base.masking.credentials import CREDENTIALS

GOOD = """\
# one file for all clusters
[[accept]]
object = "HelmRelease/data/*"
code = "health-*"
contexts = ["prod-*", "stage"]
reason = "new disks"
until = 2026-12-31

[[accept]]
code = "suspended"
reason = "x"
until = "2026-12-01"
"""
JSON = """{"accept": [{"code": "suspended", "reason": "x", "until": "2026-12-01"}]}"""
APP = Ref("v2", "HelmRelease", "data", "db")
NODE = Ref("v1", "Namespace", "", "data")


def test_a_list_in_toml() -> None:
    """All keys are read; a date may be one of TOML or a text."""
    first, second = parse(GOOD.encode(), "a.toml").entries
    assert (first.object, first.code, first.reason) == (
        "HelmRelease/data/*",
        "health-*",
        "new disks",
    )
    assert (first.contexts, first.until) == (("prod-*", "stage"), date(2026, 12, 31))
    assert (second.number, second.until, second.contexts) == (2, date(2026, 12, 1), ())


def test_a_list_in_json() -> None:
    """JSON has the same keys; an empty list accepts nothing."""
    (entry,) = parse(JSON.encode(), "a.json").entries
    assert (entry.code, entry.until) == ("suspended", date(2026, 12, 1))
    assert parse(b'{"schemaVersion": 1, "accept": []}', "").entries == ()
    assert parse(b"", "").entries == ()


def entry(**changes: str) -> str:
    """Return an entry in TOML with other values; an empty one leaves its key out."""
    values = {"code": '"x"', "reason": '"x"', "until": "2026-12-31"} | changes
    return "[[accept]]\n" + "".join(f"{key} = {one}\n" for key, one in values.items() if one)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[accept]]\ncode = \n", "line 2"),
        ('{"accept": [\n{"code": }]}', "line 2"),
        ('{"accept": [{"code": "a", "reason": "x", "code": "*"}]}', "'code' occurs twice"),
        ('{"accept": [{"code": "*"}], "accept": []}', "'accept' occurs twice"),
        (entry(until=""), "entry 1 (line 1): until is missing"),
        (entry() + "\n" + entry(reason=""), "entry 2 (line 6): reason is missing"),
        (entry(reason='"  "'), "reason is not a string, or is empty"),
        (entry(code=""), "object or code is required"),
        (entry(code="7"), "code is not a string"),
        (entry(until="2026-12-31T00:00:00Z"), "is not a date such as"),
        (entry(until='"31.12.2026"'), "until '31.12.2026' is not a date"),
        (entry(until='"2026-02-30"'), "until '2026-02-30' is not a date"),
        (entry(until="true"), "is not a date"),
        (entry(objct='"HelmRelease/a/b"'), "'objct' is not a key of an entry"),
        (entry(object='"HelmRelease"'), "must be Kind/namespace/name"),
        (entry(object='"HelmRelease/a/"'), "must be Kind/namespace/name"),
        (entry(object='"a/b/c/d"'), "must be Kind/namespace/name"),
        (entry(contexts="[]"), "contexts is empty"),
        (entry(contexts='"prod"'), "contexts is not a list of strings"),
        ("[[acept]]\n", "'acept' is unknown"),
        ('[{"code": "a", "reason": "x", "until": "2999-12-31"}]', "has to be an object"),
        ("[]", "has to be an object"),
        ("accept = 3\n", "is not a list of entries"),
        ("accept = [3]\n", "is not a list of entries"),
        ("accept = [[]]\n", "is not a list of entries"),
        ('{"accept": {}}', "is not a list of entries"),
        (entry() * 1001, "more than 1000 entries"),
        ("x = " + "[" * 1900, "nested too deeply"),
        ('{"x": ' + "[" * 100_000, "nested too deeply"),
        ("x = " + "9" * 5000, ""),
    ],
)
def test_a_list_that_is_refused(text: str, message: str) -> None:
    """The message has the line or the entry, and what is wrong there."""
    with pytest.raises(AcceptError) as error:
        parse(text.encode(), "a.toml")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b" " * (LIMIT + 1), "is larger than"),
        (b"a = 1\n\xff", "line 2 is not UTF-8"),
        (b"[a]\na" + b".a" * 100_000 + b" = 1", "line 2 has more than 2000 characters"),
    ],
)
def test_bytes_that_are_refused(data: bytes, message: str) -> None:
    """So are a list that is too long, and one that is no text."""
    with pytest.raises(AcceptError, match=message):
        parse(data, "a.toml")


def test_a_byte_order_mark_is_no_part_of_the_list() -> None:
    """PowerShell writes one."""
    assert len(parse(b"\xef\xbb\xbf" + entry().encode(), "a.toml").entries) == 1


def test_an_entry_that_is_no_text_of_toml_keeps_its_number() -> None:
    """A header within a text does not shift the lines; then there is only the number."""
    text = entry(reason='"""\n[[accept]]\n"""') + entry(reason="")
    with pytest.raises(AcceptError, match=r"^entry 2: reason is missing"):
        parse(text.encode(), "a.toml")


@pytest.mark.parametrize(
    ("pattern", "code", "ref", "matches"),
    [
        ("HelmRelease/data/db", "", APP, True),
        ("HelmRelease/data/*", "", APP, True),
        ("*/*/*", "", APP, True),
        ("HelmRelease/*", "", APP, False),
        ("Helm*/d?ta/[cd]b", "", APP, True),
        ("HelmRelease/dat/db", "", APP, False),
        ("helmrelease/data/db", "", APP, False),
        ("Namespace/data", "", NODE, True),
        ("*/*/*", "", NODE, False),
        ("*/*", "", APP, False),
        ("HelmRelease/data/db", "", None, False),
        ("", "install-*", None, True),
        ("", "install-*", APP, True),
        ("", "upgrade-*", APP, False),
        ("HelmRelease/data/db", "upgrade-*", APP, False),
    ],
)
def test_what_an_entry_matches(pattern: str, code: str, ref: Ref | None, matches: bool) -> None:
    """Each part of an object is a pattern of its own; of object and code, both have to match."""
    changes = {"object": f'"{pattern}"' if pattern else "", "code": f'"{code}"' if code else ""}
    (one,) = parse(entry(**changes).encode(), "").entries
    assert one.matches("install-failed", ref) is matches


@pytest.mark.parametrize(
    ("contexts", "context", "applies"),
    [
        ("", "prod", True),
        ("", "", True),
        ('["prod-*"]', "prod-eu", True),
        ('["stage", "prod-*"]', "prod-eu", True),
        ('["prod-*"]', "stage", False),
        ('["prod-*"]', "", False),
    ],
)
def test_where_an_entry_applies(contexts: str, context: str, applies: bool) -> None:
    """Everywhere, or in contexts whose name matches."""
    (one,) = parse(entry(contexts=contexts).encode(), "").entries
    assert one.applies_in(context) is applies


def test_a_reason_is_masked() -> None:
    """A credential in a reason is not kept."""
    secret = next(one for one in CREDENTIALS if '"' not in one.text and "\n" not in one.text)
    (one,) = parse(entry(reason=f"'{secret.text}'").encode(), "").entries
    assert secret.secret not in one.reason

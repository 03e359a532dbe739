"""All forms of credentials are masked, whatever stands around them, and in time."""

import re
import time
from collections.abc import Iterator

import pytest

from fluxstatus.base.masking import WORDS, mask
from fluxstatus.base.masking.forms import FORMS, Form
from fluxstatus.base.masking.grammar import WAYS, Way, mask_values
from tests.base.masking.credentials import CREDENTIALS, HARMLESS, Credential
from tests.base.masking.listed import lines
from tests.pattern_words import words_of

_AROUND = (
    "{}",
    "it failed: {}",
    "it failed: {}\nand there is more",
    "({})",
    "a; {}; b",
    "{}, and more",
    "[{}]",
    "`{}`",
    'msg="{}"',
)


@pytest.mark.parametrize("around", _AROUND)
@pytest.mark.parametrize("one", CREDENTIALS, ids=lambda one: one.name)
def test_a_credential_is_masked_wherever_it_stands(one: Credential, around: str) -> None:
    """Nothing is left of the secret, alone and with other text before and behind it."""
    text = around.format(one.text) if around == "{}" else around.replace("{}", one.text)
    assert one.secret not in mask(text)
    assert "***" in mask(text)


ALPHABETS = (
    ("ghp_", "aB3-_."), ("github_pat_", "aB3-_."), ("glpat-", "aB3-_."), ("GR1348941", "aB3-_"),
    ("ATATT", "aB3-_="), ("ATBB", "aB3-_="), ("AKIA", "A9"), ("FwoGZXIvYXdzE", "aB3-_+/="),
    ("ya29.", "aB3-_."), ("AIza", "aB3-_"), ("GOCSPX-", "aB3-_"), ("xoxb-", "aB3-_."),
    ("xapp.", "aB3-_."), ("glsa_", "aB3-_+/="), ("eyJrIjoi", "aB3-_+/="), ("syt_", "aB3_"),
    ("hvs.", "aB3-_"), ("dckr_pat_", "aB3-_"), ("AKCp", "aB3_"), ("cmVmdGtu", "aB3_+/="),
    ("dop_v1_", "af09"), ("npm_", "aB3_"), ("AGE-SECRET-KEY-", "A9-"),
    ("AGE-PLUGIN-YUBIKEY-1", "A9-"),
    ("eyJhbGci-_x.", "aB3-_."), ("eyJhdXRocyI6", "aB3-_+/="), ("eyAiYXV0aHMi", "aB3-_+/="),
    ("ewogICJhdXRocyI", "aB3-_+/="), ("ewoJImF1dGhzI", "aB3-_+/="),
    ("LS0tLS1CRUdJTiBQ", "aB3+/="), ("110201543:AA", "aB3-_"),
)  # fmt: skip
"""Where tokens begin, and the characters that follow, each documented by its host."""


@pytest.mark.parametrize(("begins", "characters"), ALPHABETS, ids=[name for name, _ in ALPHABETS])
def test_a_token_is_masked_to_its_end(begins: str, characters: str) -> None:
    """With each character that it may have, at each of its places, and not in a longer word."""
    length = 33 if begins.endswith(":AA") else 42
    for turn in range(len(characters)):
        secret = begins + ((characters[turn:] + characters) * length)[:length]
        assert mask(f"sent {secret} to it") == "sent *** to it", secret
        assert mask(f"sent x{secret} to it") != "sent x*** to it"


@pytest.mark.parametrize(
    ("length", "is_masked"), [(36, False), (37, True), (40, True), (41, False)]
)
def test_a_secret_of_entra_has_its_length(length: int, is_masked: bool) -> None:
    """Those of Microsoft Entra have 37 to 40 characters."""
    secret = ("A1b8Q~a2" + "x" * 40)[:length]
    assert mask(f"sent {secret}") == ("sent ***" if is_masked else f"sent {secret}")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_credential_stays(text: str) -> None:
    """A message without a credential is unchanged."""
    assert mask(text) == text


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_is_found_by_words_of_its_pattern(form: Form) -> None:
    """The pattern finds the example, and requires a word: no form is tried on every text."""
    assert re.search(form.pattern, form.text)
    assert "" not in words_of(form.pattern)
    assert form.source.count("/") or form.source.startswith("rfc")


def test_the_words_are_listed() -> None:
    """The list is as `python -m tests.base.masking.listed` writes it."""
    assert WORDS.read_text(encoding="utf-8").splitlines() == [*lines()]


_SHA1, _SHA256 = "sha1:" + "cafe0123" * 5, "sha256:" + "deadbeef" * 8


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        f"main@{_SHA1} {{}}",
        f"{{}} {_SHA256}",
        f"{_SHA1}{{}}",
        f"{_SHA256}{{}}{_SHA1}",
        f"sha256:{{}}{_SHA1}",
        "42{}42",
        "{}1\u212a",
    ],
)
def test_what_is_tried_on_a_text_is_all_that_may_change_it(around: str) -> None:
    """Trying every form and way masks the same, also beside digests, digits and odd letters."""
    texts = (*(one.text for one in CREDENTIALS), *HARMLESS, "a to\u212aen: 'correct horse'")
    for text in (around.replace("{}", one) for one in texts):
        masked = text
        for form in FORMS:
            masked = form.mask(masked)
        assert mask(text) == mask_values(masked)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_no_word_of_a_form_is_partly_in_a_digest(form: Form) -> None:
    """Digests are left out of what is searched for these words."""
    for word in words_of(form.pattern):
        assert not re.search(r"\A[0-9a-f]+(?:\Z|[^\w%])|:[0-9a-f]", word)


def test_what_follows_a_credential_stays() -> None:
    """Only the secret is masked: where the error is, and what it says, stay."""
    text = "unable to clone 'https://app:x7x9q@git.example.com/a.git': password=x7x9q was rejected"
    assert mask(text) == (
        "unable to clone 'https://***@git.example.com/a.git': password=*** was rejected"
    )
    assert mask('token = "x7x9q\nthe user "app"') == 'token = "***\nthe user "app"'
    assert mask("u:p@tcp(db:3306)/app, again") == "***@tcp(db:3306)/app, again"
    assert mask("[password: swordfish], again") == "[password: ***], again"
    assert mask("spec.pwd: Invalid value: 12: no text") == "spec.pwd: Invalid value: ***: no text"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"data":{"a":{"b":["x"]}},"kind":"Secret"}', '{"data":{***},"kind":"Secret"}'),
        ('{"data": {"a":"}{]\\"}"}}, again', '{"data": {***}}, again'),  # brackets in a string
        ('{"data":{"a":["x"},"b":"y"]},"c":1}', '{"data":{***},"c":1}'),  # a wrong one is skipped
        ("map[data:map[a:map[b:x]] kind:Secret]", "map[data:map[***] kind:Secret]"),
        (
            'Data:map[string]string{"a":"x"}, StringData:map[string]string{"b":"y"}, again',
            "Data:map[string]string{***}, StringData:map[string]string{***}, again",
        ),
        ('{"data":{"a":"x"', '{"data":{***'),  # cut off: all of the rest
    ],
)
def test_all_up_to_the_closing_bracket_is_masked(text: str, shown: str) -> None:
    """What a form with brackets hides ends where they are closed, and no sooner."""
    assert mask(text) == shown


def _endless(head: str, secret: str, text: str) -> Iterator[tuple[str, str, str]]:
    """Yield what almost looks like a credential for long: a beginning, a piece, an end."""
    yield "", f"{text} ", ""
    yield "", text[:-1], ""
    yield "", text[: len(text) // 2], ""
    yield "", head or secret[:6], ""
    yield head, "a", ""
    yield head, secret[:4], "\x01"
    yield head, '"\\', ""
    yield head.rstrip(), " ", "x"
    yield "", f"{head}\n", ""


def _seconds(begin: str, piece: str, end: str, length: int) -> float:
    text = begin + (piece * (length // len(piece) + 1))[:length] + end
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        mask.__wrapped__(text)
        best = min(best, time.process_time() - began)
    return best


@pytest.mark.parametrize("one", [*FORMS, *WAYS], ids=lambda one: one.name)
def test_an_endless_text_takes_time_by_its_length(one: Form | Way) -> None:
    """16 times the text take about 16 times the time, not the square of that: 256 times."""
    head = one.example.replace("%%", "%").partition("%s")[0]
    for begin, piece, end in _endless(head, one.hides, one.text):
        short = max(_seconds(begin, piece, end, 2_500), 0.0005)
        assert _seconds(begin, piece, end, 40_000) < 64 * short, piece


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("kubectl --server=u@10.0.0.1:6443 get ns", "kubectl --server=***@10.0.0.1:6443 get ns"),
        ("Set-Cookie: s=c0rrecthorse; HttpOnly", "Set-Cookie: ***"),
        ("curl -u a:c0rrecthorse https://git.example.com", "curl -u *** https://git.example.com"),
        ("--from-literal=l=c0rrecthorse", "--from-literal=l=***"),
        ("[]EnvVar{EnvVar{Name:,Value:c0rrecthorse,},}", "[]EnvVar{EnvVar{Name:,Value:***,},}"),
    ],
)  # fmt: skip
def test_a_name_may_be_as_short_as_it_gets(text: str, shown: str) -> None:
    """A user, a cookie or a key of one letter hides as much as a long one."""
    assert mask(text) == shown


@pytest.mark.parametrize("newline", ["\n", "\\n", "\\\\n"])
def test_lines_of_a_key_may_be_lines_of_json(newline: str) -> None:
    """Also of JSON in JSON: no line before the end of a private key stays."""
    lines = ["MIIEpAIBAAKCAQEAx1y2z3", "c0rrecth0rse=", "-----END PRIVATE KEY-----"]
    assert mask(newline.join(lines)) == "***\n-----END PRIVATE KEY-----"

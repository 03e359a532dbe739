"""An excerpt ends with a whole word, and its brackets and quotation marks come in pairs."""

import pytest

from fluxstatus.base.excerpts import closers, excerpt


@pytest.mark.parametrize(
    ("part", "after", "expected"),
    [
        ("it  failed\nhere", "", "it failed here"),
        ("signed by unknown authority (possibly because of veri", "fication errors)",
         "signed by unknown authority (possibly because of …)"),
        ('because of "crypto/rsa: verif', 'ication error" (x)', 'because of "crypto/rsa …"'),
        ("limit is 2]", "", "limit is 2"),
        ('selected by [noNs]:data.tags"', "", "selected by [noNs]:data.tags"),
        ('response status "404 Not Found', '" when fetching', 'response status "404 Not Found"'),
        ("quota {a In [b c]}]", "", "quota {a In [b c]}"),
        ("a list [a b", ": x", "a list [a b"),  # the text does not close it here
        ("missing closing ]", "", "missing closing ]"),
        ("unexpected token ')'", "", "unexpected token ')'"),
        ("missing closing ]: `[`", "", "missing closing ]: `[`"),
        ('keys "a b" c', "", 'keys "a b" c'),
        ("URL: PUT https://vault.example.com/v1/auth/kub", "ernetes",
         "URL: PUT https://vault.example.com/v1/auth/kub…"),
        ("sha256:12", "34", "sha256:12"),  # a single word may be captured in part
    ],
)  # fmt: skip
def test_an_excerpt_is_balanced(part: str, after: str, expected: str) -> None:
    """It ends with a whole word, closes what it opens and opens what it closes."""
    assert excerpt(f"x{part}{after}", 1, 1 + len(part)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("a (b) [c]", ""),
        ("a (b [c", "])"),
        ('a "b (c', ')"'),
        ('a "b (c" d', ""),
        ("a)", ""),
    ],
)
def test_what_is_left_open_is_closed(text: str, expected: str) -> None:
    """The marks close in the reverse order; a quotation mark also closes what is inside it."""
    assert closers(text) == expected

r"""The part of the template that reads the dates of certificates.

A certificate is base64 within the base64 of a Secret, so the template decodes text here, and only
after it has checked that every character is base64. A template takes one text and returns none:
its parameters are placed before or after a "!" in that text, and it passes results on to the next
template.

In DER, the validity is a sequence (\x30) of two UTCTimes (\x17), or of GeneralizedTimes (\x18)
from 2050 on. Lines must have 64 characters, as openssl, Go and cert-manager write them; for other
line lengths no dates are reported (RFC 5280, 7468).
"""

from datetime import datetime, timedelta

DATES = frozenset({"expired", "early", "soon", "valid"})
"""The words for the dates of a certificate."""

_LONGEST = 16384  # characters of base64 that are decoded
_SOON = timedelta(days=14)
_NAMES = '"tls.crt" "ca.crt" "certFile" "caFile"'
_BEGIN = "-----BEGIN CERTIFICATE-----\\n"
_IN_ALPHABET = (
    '(and (ge {0} "A") (le {0} "Z")) (and (ge {0} "a") (le {0} "z")) '
    '(and (ge {0} "/") (le {0} "9")) (eq {0} "+")'
)


def dates(value: str) -> str:
    """Return the part of a template that prints words for the dates in *value*."""
    begins = f'eq (printf "%.32s" {value}) "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0t"'
    return (
        f"{{{{if lt (len {value}) {_LONGEST}}}}}{{{{if or ({begins}) (eq $key {_NAMES})}}}}"
        f'{{{{template "pem" (printf "%s!" {value})}}}}{{{{end}}}}{{{{end}}}}'
    )


def templates(now: datetime) -> str:
    """Return the templates that `dates` calls; dates are compared with *now*."""
    parts = {**_walk_lines(), "period": _period(now)}
    return "".join(f'{{{{define "{name}"}}}}{body}{{{{end}}}}' for name, body in parts.items())


def _checked(name: str, then: str) -> str:
    """Return a template that checks base64 up to a "!", four characters at a time, then *then*.

    Checked characters move to the end, so finally the "!" and the text after it come first.
    """
    letters = "".join(f"{{{{$c{n} := slice . {n} {n + 1}}}}}" for n in range(4))
    valid = [f"(or {_IN_ALPHABET.format(f'$c{n}')})" for n in range(4)]
    last = '(eq (slice . 4 5) "!") (eq $c3 "=")'
    one, two = f"(and {last})", f'(and (eq $c2 "=") {last})'
    return (
        f'{{{{if eq (slice . 0 1) "!"}}}}{then}{{{{else if gt (len .) 4}}}}{letters}'
        f"{{{{if and {valid[0]} {valid[1]} (or {valid[2]} {two}) (or {valid[3]} {one})}}}}"
        f'{{{{template "{name}" (printf "%s%s" (slice . 4) (slice . 0 4))}}}}{{{{end}}}}{{{{end}}}}'
    )


def _walk_lines() -> dict[str, str]:
    """Return the templates that read PEM line by line, always two lines at a time."""
    next_line = '{{template "skip" .}}'
    return {
        "pem": _checked("pem", '{{template "line" (base64decode (slice . 1))}}'),
        "line": f'{{{{if eq (printf "%.28s" .) "{_BEGIN}"}}}}{{{{template "body" (slice . 28)}}}}'
        f"{{{{else}}}}{next_line}{{{{end}}}}",
        "skip": '{{if .}}{{if eq (slice . 0 1) "\\n"}}{{template "line" (slice . 1)}}'
        '{{else}}{{template "skip" (slice . 1)}}{{end}}{{end}}',
        "body": "{{if ge (len .) 130}}"
        '{{if and (eq (slice . 64 65) "\\n") (eq (slice . 129 130) "\\n")}}'
        '{{template "two" (printf "%s%s!" (slice . 0 64) (slice . 65 129))}}'
        '{{template "body" (slice . 65)}}'
        f"{{{{else}}}}{next_line}{{{{end}}}}{{{{else}}}}{next_line}{{{{end}}}}",
        "two": _checked("two", '{{template "when" (base64decode (slice . 1))}}'),
        "when": '{{if gt (len .) 48}}{{template "period" .}}{{template "when" (slice . 1)}}{{end}}',
    }


def _period(now: datetime) -> str:
    """Return the template that prints a word if a validity period begins at this byte."""
    today, soon = (f'"{time:%y%m%d%H%M%S}"' for time in (now, now + _SOON))
    early = f'(and (gt (slice . 4 16) {today}) (lt (slice . 4 5) "5"))'
    return (
        '{{if and (eq (slice . 0 4) "0\\x1e\\x17\\r") (eq (slice . 16 19) "Z\\x17\\r")}}'
        f'{{{{if or (lt (slice . 19 31) {today}) (ge (slice . 19 20) "5")}}}}expired,'
        f"{{{{else if {early}}}}}early,"
        f"{{{{else if lt (slice . 19 31) {soon}}}}}soon,{{{{else}}}}valid,{{{{end}}}}"
        '{{else if and (eq (slice . 0 4) "0 \\x17\\r") (eq (slice . 16 19) "Z\\x18\\x0f")}}'
        f"{{{{if {early}}}}}early,{{{{else}}}}valid,{{{{end}}}}{{{{end}}}}"
    )

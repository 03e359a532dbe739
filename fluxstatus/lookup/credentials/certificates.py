r"""The part of the template that looks into certificates: their dates, and whether a key fits.

A certificate is base64 within the base64 of a Secret, so here texts are decoded, each only after
every character was found to be base64. A template takes one text and gives none back: what it is
to know comes before or behind a "!", and what it found it hands on to the next.

Dates are where DER has them: a sequence (\x30) of two UTCTimes (\x17), or a GeneralizedTime
(\x18) from 2050 on. A key fits when 16 bytes of its modulus, or of its point, are in the
certificate. Lines must be of 64 characters, as openssl, Go and cert-manager write them; of what is
written in another way, and of other kinds of keys, nothing is said (RFC 5280, 7468, 8017, 5915).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

DATES = frozenset({"expired", "early", "soon", "valid"})
"""What is said of a certificate's dates."""

_LONGEST = 16384  # characters of base64 that are decoded
_SOON = timedelta(days=14)
_NAMES = '"tls.crt" "ca.crt" "certFile" "caFile"'
_BEGIN = "-----BEGIN CERTIFICATE-----\\n"
_END = "-----END CERTIFICATE-----"
_HEAD = 168  # bytes of a key in PEM that hold two of its lines, whatever its header
_IN_ALPHABET = (
    '(and (ge {0} "A") (le {0} "Z")) (and (ge {0} "a") (le {0} "z")) '
    '(and (ge {0} "/") (le {0} "9")) (eq {0} "+")'
)


def dates(value: str) -> str:
    """Return the piece of a template that tells of the dates of the certificates in *value*."""
    begins = f'eq (printf "%.32s" {value}) "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0t"'
    return (
        f"{{{{if lt (len {value}) {_LONGEST}}}}}{{{{if or ({begins}) (eq $key {_NAMES})}}}}"
        f'{{{{template "pem" (printf "%s!" {value})}}}}{{{{end}}}}{{{{end}}}}'
    )


def pair() -> str:
    """Return the piece of a template that tells, of a Secret, whether tls.crt is of tls.key."""
    head = _HEAD * 4 // 3
    return (
        '{{$crt := printf "%s" (index .data "tls.crt")}}'
        '{{$private := printf "%s" (index .data "tls.key")}}'
        f"{{{{if and (lt (len $crt) {_LONGEST}) (gt (len $private) {head})}}}}"
        'pair{{"\\t\\t"}}'
        f'{{{{template "both" (printf "%s%s!" (slice $private 0 {head}) $crt)}}}}'
        '{{"\\n"}}{{end}}'
    )


def templates(now: datetime) -> str:
    """Return the templates that both need; dates are looked at as of *now*."""
    parts = {
        **_walk_lines(),
        "period": _period(now),
        **_compare(),
        "sample": "".join(_samples()),
    }
    return "".join(f'{{{{define "{name}"}}}}{body}{{{{end}}}}' for name, body in parts.items())


def _checked(name: str, then: str) -> str:
    """Go through base64 up to a "!", four by four, and on with it all if each is well-formed.

    What was seen is put behind: in the end the "!" and what was behind it come first.
    """
    letters = "".join(f"{{{{$c{n} := slice . {n} {n + 1}}}}}" for n in range(4))
    well = [f"(or {_IN_ALPHABET.format(f'$c{n}')})" for n in range(4)]
    last = '(eq (slice . 4 5) "!") (eq $c3 "=")'
    one, two = f"(and {last})", f'(and (eq $c2 "=") {last})'
    return (
        f'{{{{if eq (slice . 0 1) "!"}}}}{then}{{{{else if gt (len .) 4}}}}{letters}'
        f"{{{{if and {well[0]} {well[1]} (or {well[2]} {two}) (or {well[3]} {one})}}}}"
        f'{{{{template "{name}" (printf "%s%s" (slice . 4) (slice . 0 4))}}}}{{{{end}}}}{{{{end}}}}'
    )


def _walk_lines() -> dict[str, str]:
    """Return the templates that take a text in PEM line by line, always two lines at a time."""
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
    """Look whether the time that a certificate is valid stands right here."""
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


def _compare() -> dict[str, str]:
    """Return the templates that take a sample of a key through a certificate."""
    head = _HEAD * 4 // 3 + 1
    kinds = {"PRIVATE KEY": 28, "RSA PRIVATE KEY": 32, "EC PRIVATE KEY": 31}
    lines = "{{else ".join(
        f'if eq (slice . 0 {at}) "-----BEGIN {kind}-----\\n"}}}}{{{{template "lines" '
        f'(printf "%s%s!%s" (slice . {at} {at + 64}) (slice . {at + 65} {at + 129}) '
        f"(slice . {_HEAD}))}}}}"
        for kind, at in kinds.items()
    )
    both = f"(base64decode (slice . 1 {head})) (base64decode (slice . {head}))"
    key = "(base64decode (slice . (len (slice . 128))))"
    return {
        "both": _checked("both", f'{{{{template "head" (printf "%s%s" {both})}}}}'),
        "head": f"{{{{{lines}{{{{end}}}}",
        "lines": _checked(
            "lines",
            f'{{{{template "sample" (printf "%s%s" {key} (slice . 1 (len (slice . 128))))}}}}',
        ),
        "certificate": f'{{{{if eq (printf "%.28s" (slice . 16)) "{_BEGIN}"}}}}'
        '{{template "seek" (printf "%s%s" (slice . 0 16) (slice . 44))}}{{end}}',
        "seek": '{{if ge (len .) 146}}{{if and (eq (slice . 80 81) "\\n") '
        '(eq (slice . 145 146) "\\n")}}'
        '{{template "piece" (printf "%s%s!%s" (slice . 16 80) (slice . 81 145) (slice . 0 16))}}'
        '{{template "seek" (printf "%s%s" (slice . 0 16) (slice . 81))}}'
        '{{else}}{{template "tail" (slice . 80)}}{{end}}'
        '{{else if ge (len .) 80}}{{template "tail" (slice . 80)}}{{end}}',
        "tail": f'{{{{if eq (printf "%.26s" .) "\\n{_END}"}}}}walked,'
        '{{else if .}}{{template "tail" (slice . 1)}}{{end}}',
        "piece": _checked(
            "piece",
            'piece,{{template "same" (printf "%s%s" (slice . 1 17) (base64decode (slice . 17)))}}',
        ),
        "same": "{{if gt (len .) 64}}{{if eq (slice . 0 16) (slice . 16 32)}}same,{{else}}"
        '{{template "same" (printf "%s%s" (slice . 0 16) (slice . 17))}}{{end}}{{end}}',
    }


_P256 = "06082a8648ce3d030107"
_FORMS_OF_KEYS = (
    # where bytes stand in the DER of a key, and where its 16 bytes are that a certificate has, too
    (((0, "3082"), (4, "0201000282"), (11, "00")), 12),  # RSA, PKCS #1
    (((0, "3082"), (4, "020100300d06092a864886f70d01010105000482")), 38),  # RSA, PKCS #8
    (((0, "30770201010420"), (39, f"a00a{_P256}a14403420004")), 57),  # P-256, SEC 1
    (
        (
            (0, f"308187020100301306072a8648ce3d0201{_P256}046d306b0201010420"),
            (68, "a14403420004"),
        ),
        74,
    ),  # P-256, PKCS #8
)


def _samples() -> Iterator[str]:
    """Return the template that takes the sample out of a key's first 96 bytes; a text follows."""
    yield "{{if lt (len .) 124}}"
    for places, sample in _FORMS_OF_KEYS:
        tests = " ".join(_has(at, bytes.fromhex(what)) for at, what in places)
        yield (
            f'{{{{else if and {tests}}}}}{{{{template "certificate" '
            f'(printf "%s%s" (slice . {sample} {sample + 16}) (slice . 96))}}}}'
        )
    yield "{{end}}"


def _has(at: int, what: bytes) -> str:
    text = "".join(f"\\x{byte:02x}" for byte in what)
    return f'(eq (slice . {at} {at + len(what)}) "{text}")'

"""What is told of certificates, of real ones and by a real kubectl: dates, and whose key it is."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from fluxstatus.lookup.credentials.inspect import Credential
from tests.builders import NOW
from tests.kubernetes.cluster import Cluster
from tests.lookup.credentials.test_inspect import HTTPS, look, secret, user

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

RSA = rsa.generate_private_key(65537, 2048)
LARGE = rsa.generate_private_key(65537, 3072)
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
OLD, NEW = PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8
YEAR = timedelta(days=365)


def certificate(
    key: PrivateKey = P256,
    *,
    begins: datetime = NOW - YEAR,
    ends: datetime = NOW + YEAR,
    name: str = "example.com",
) -> str:
    """Return a certificate of *key*, signed by itself, in PEM."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def pem(key: PrivateKey, form: PrivateFormat = NEW) -> str:
    """Return *key* in PEM."""
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def told(cluster: Cluster, data: dict[str, str]) -> Credential:
    """Return what is told of a Secret for TLS with *data*."""
    cluster.put([secret(data)])
    (one,) = look(cluster, user(HTTPS, field="certSecretRef"))
    return one


VALID = certificate()
EXPIRED = certificate(ends=NOW - timedelta(seconds=1))
DATES: dict[str, tuple[str, str, list[str]]] = {
    "valid": ("tls.crt", VALID, []),
    "expired": ("tls.crt", EXPIRED, ["tls.crt is expired"]),
    "long expired": (
        "tls.crt",
        certificate(begins=datetime(1990, 1, 1), ends=datetime(1999, 1, 1)),  # noqa: DTZ001
        ["tls.crt is expired"],
    ),
    "a second to go": ("tls.crt", certificate(ends=NOW + timedelta(seconds=1)), []),
    "not valid yet": (
        "tls.crt",
        certificate(begins=NOW + timedelta(seconds=1)),
        ["tls.crt is not valid yet"],
    ),
    "beyond 2050": ("tls.crt", certificate(ends=NOW + 40 * YEAR), []),
    "expired authority": ("ca.crt", EXPIRED, ["ca.crt is expired"]),
    "one of a bundle": ("ca.crt", EXPIRED + VALID, []),
    "all of a bundle": ("ca.crt", EXPIRED + EXPIRED, ["ca.crt is expired"]),
    "the first of a chain": ("tls.crt", EXPIRED + VALID, ["tls.crt is expired"]),
    "the second of a chain": ("tls.crt", VALID + EXPIRED, []),
    "text before it": ("ca.crt", f"Certificate:\n    Issuer: CN=x\n{VALID}", []),
    "expired, text before it": (
        "ca.crt",
        f"# Issuer: x\n\n{EXPIRED}",
        ["ca.crt is expired"],
    ),
    "other line ends": ("ca.crt", EXPIRED.replace("\n", "\r\n"), []),
    "no certificate": ("ca.crt", "-----BEGIN CERTIFICATE-----\n" + "!" * 64 + "\n", []),
}


@pytest.mark.parametrize("name", DATES)
def test_dates(cluster: Cluster, name: str) -> None:
    """What has expired is told to the second; what is well or written otherwise is not accused."""
    key, value, problems = DATES[name]
    data = {key: value} | ({"tls.key": pem(P256)} if key == "tls.crt" else {})
    assert list(told(cluster, data).problems) == problems


def test_what_will_expire_is_a_note(cluster: Cluster) -> None:
    """That a certificate has only days to live is told, and is no trouble yet."""
    one = told(cluster, {"ca.crt": certificate(ends=NOW + timedelta(days=13))})
    assert (one.problems, one.notes) == ((), ("ca.crt expires within two weeks",))


def test_dates_are_found_at_any_place(cluster: Cluster) -> None:
    """However long the names before them are, the dates are found."""
    data = {
        f"{extra}.crt": certificate(ends=NOW - YEAR, name="x" * extra) for extra in range(1, 64)
    }
    keys = told(cluster, data).keys
    assert len(keys) == len(data)
    assert {key.first for key in keys} == {"expired"}


WRONG = "tls.crt is not the certificate of tls.key"
NOT_TOLD = "whether tls.crt is of tls.key cannot be told without their values"
PAIRS: dict[str, tuple[PrivateKey, PrivateKey, PrivateFormat, bool | None]] = {
    "RSA": (RSA, RSA, OLD, True),
    "RSA, PKCS 8": (RSA, RSA, NEW, True),
    "RSA, large": (LARGE, LARGE, OLD, True),
    "RSA, large, PKCS 8": (LARGE, LARGE, NEW, True),
    "P-256": (P256, P256, OLD, True),
    "P-256, PKCS 8": (P256, P256, NEW, True),
    "two RSA": (RSA, LARGE, OLD, False),
    "two RSA, PKCS 8": (LARGE, RSA, NEW, False),
    "RSA and P-256": (RSA, P256, OLD, False),
    "RSA and P-256, PKCS 8": (RSA, P256, NEW, False),
    "P-256 and RSA": (P256, RSA, NEW, False),
    "P-384": (P384, P384, NEW, None),
    "Ed25519": (ED25519, ED25519, NEW, None),
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(cluster: Cluster, name: str) -> None:
    """A key of another certificate is told; of kinds that are not looked into it is said so."""
    of, key, form, fits = PAIRS[name]
    one = told(cluster, {"tls.crt": certificate(of) + EXPIRED, "tls.key": pem(key, form)})
    assert (WRONG in one.problems) == (fits is False)
    assert (NOT_TOLD in one.notes) == (fits is None)
    assert not set(one.problems) - {WRONG}


@pytest.mark.parametrize("extra", range(0, 48, 3))
def test_a_key_is_found_at_any_place(cluster: Cluster, extra: int) -> None:
    """However long the names before it are, the key in a certificate is found."""
    value = certificate(RSA, name="x" * (extra + 1))
    one = told(cluster, {"tls.crt": value, "tls.key": pem(RSA)})
    assert (one.problems, one.notes) == ((), ())


BROKEN: dict[str, Callable[[str], str]] = {
    "cut": lambda text: text[: len(text) // 2],
    "one line": lambda text: text.replace("\n", ""),
    "short lines": lambda text: "\n".join(text[n : n + 40] for n in range(0, len(text), 40)),
    "long lines": lambda text: text.replace("\n", "", 2),
    "no base64": lambda text: text.replace("A", "!"),
    "padding": lambda text: text.replace("A", "="),
    "not a text": lambda text: f"{text[:40]}é€\0{text[40:]}",
    "nearly nothing": lambda text: text[:29],
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("form", [OLD, NEW])
def test_what_is_broken_does_not_break_the_template(
    cluster: Cluster, how: str, form: PrivateFormat
) -> None:
    """Of a certificate or key that is none kubectl still answers, and accuses no pair wrongly."""
    for data in (
        {"tls.crt": BROKEN[how](certificate(RSA)), "tls.key": pem(RSA, form)},
        {"tls.crt": certificate(RSA), "tls.key": BROKEN[how](pem(RSA, form))},
    ):
        one = told(cluster, data)
        assert one.unread is None
        assert one.keys
        assert WRONG not in one.problems


def test_a_locked_key_is_not_compared(cluster: Cluster) -> None:
    """Of a key with a passphrase nothing can be told."""
    locked = RSA.private_bytes(Encoding.PEM, NEW, BestAvailableEncryption(b"x")).decode()
    one = told(cluster, {"tls.crt": certificate(RSA), "tls.key": locked})
    assert WRONG not in one.problems
    assert NOT_TOLD in one.notes

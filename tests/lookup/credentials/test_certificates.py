"""The facts about real certificates that a real kubectl prints: dates, and how to compare a key."""

import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from fluxstatus.lookup.credentials.inspect import Credential
from tests.builders import NOW
from tests.kubernetes.cluster import Cluster
from tests.lookup.credentials.test_inspect import HTTPS, look, secret, user

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

RSA = rsa.generate_private_key(65537, 2048)
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


def credential_of(cluster: Cluster, data: dict[str, str]) -> Credential:
    """Return the result for a TLS Secret with *data*."""
    cluster.put([secret(data)])
    (one,) = look(cluster, user(HTTPS, field="certSecretRef"))
    return one


VALID = certificate()
EXPIRED = certificate(ends=NOW - timedelta(seconds=1))
DATES: dict[str, tuple[str, str, list[str]]] = {
    "valid": ("tls.crt", VALID, []),
    "expired": ("tls.crt", EXPIRED, ['key "tls.crt" is expired']),
    "long expired": (
        "tls.crt",
        certificate(begins=datetime(1990, 1, 1), ends=datetime(1999, 1, 1)),  # noqa: DTZ001
        ['key "tls.crt" is expired'],
    ),
    "a second to go": ("tls.crt", certificate(ends=NOW + timedelta(seconds=1)), []),
    "not valid yet": (
        "tls.crt",
        certificate(begins=NOW + timedelta(seconds=1)),
        ['key "tls.crt" is not valid yet'],
    ),
    "beyond 2050": ("tls.crt", certificate(ends=NOW + 40 * YEAR), []),
    "expired authority": ("ca.crt", EXPIRED, ['key "ca.crt" is expired']),
    "one of a bundle": ("ca.crt", EXPIRED + VALID, []),
    "all of a bundle": ("ca.crt", EXPIRED + EXPIRED, ['key "ca.crt" is expired']),
    "the first of a chain": ("tls.crt", EXPIRED + VALID, ['key "tls.crt" is expired']),
    "the second of a chain": ("tls.crt", VALID + EXPIRED, []),
    "text before it": ("ca.crt", f"Certificate:\n    Issuer: CN=x\n{VALID}", []),
    "expired, text before it": (
        "ca.crt",
        f"# Issuer: x\n\n{EXPIRED}",
        ['key "ca.crt" is expired'],
    ),
    "other line ends": ("ca.crt", EXPIRED.replace("\n", "\r\n"), []),
    "no certificate": ("ca.crt", "-----BEGIN CERTIFICATE-----\n" + "!" * 64 + "\n", []),
}


@pytest.mark.parametrize("name", DATES)
def test_dates(cluster: Cluster, name: str) -> None:
    """Expiry is exact to the second; valid or unusually formatted certificates are not reported."""
    key, value, problems = DATES[name]
    data = {key: value} | ({"tls.key": pem(P256)} if key == "tls.crt" else {})
    assert list(credential_of(cluster, data).problems) == problems


def test_what_will_expire_is_a_note(cluster: Cluster) -> None:
    """A certificate that expires soon is a note, not a problem."""
    one = credential_of(cluster, {"ca.crt": certificate(ends=NOW + timedelta(days=13))})
    assert (one.problems, one.notes) == ((), ('key "ca.crt" expires within two weeks',))


def test_dates_are_found_at_any_place(cluster: Cluster) -> None:
    """The dates are found after names of any length."""
    data = {
        f"{extra}.crt": certificate(ends=NOW - YEAR, name="x" * extra) for extra in range(1, 64)
    }
    keys = credential_of(cluster, data).keys
    assert len(keys) == len(data)
    assert {key.first for key in keys} == {"expired"}


PAIRS: dict[str, tuple[PrivateKey, PrivateFormat]] = {
    "RSA": (RSA, OLD),
    "RSA, PKCS 8": (RSA, NEW),
    "P-256": (P256, OLD),
    "P-384": (P384, NEW),
    "Ed25519": (ED25519, NEW),
}


@pytest.mark.parametrize("name", PAIRS)
def test_openssl_compares_certificate_and_key(cluster: Cluster, name: str) -> None:
    """A note names the two commands that print the same if tls.crt belongs to tls.key."""
    key, form = PAIRS[name]
    data = {"tls.crt": certificate(key), "tls.key": pem(key, form)}
    one = credential_of(cluster, data)
    assert one.problems == ()
    (note,) = one.notes
    assert note.startswith("whether tls.crt matches tls.key cannot be checked")
    assert openssl(note, data) == [public(key), public(key)]


def test_openssl_distinguishes_keys(cluster: Cluster) -> None:
    """For a key of another certificate the two commands print something different."""
    data = {"tls.crt": certificate(RSA), "tls.key": pem(P256)}
    (note,) = credential_of(cluster, data).notes
    assert openssl(note, data) == [public(RSA), public(P256)]


def openssl(note: str, data: dict[str, str]) -> list[str]:
    """Run the parts of *note* from openssl on, each with the value of *data* that it decodes."""
    lines = note.partition(": ")[2].split("; ")
    assert [line.partition(" -o ")[0] for line in lines] == 2 * [
        "kubectl get secret login -n team-a"
    ]
    printed = []
    for line, (key, value) in zip(lines, data.items(), strict=True):
        assert f"{{.data.{key.replace('.', chr(92) + '.')}}}" in line
        argv = line.partition(" | base64 -d | ")[2].split()
        done = subprocess.run(argv, input=value, capture_output=True, text=True, check=True)
        printed.append(done.stdout)
    return printed


def public(key: PrivateKey) -> str:
    """Return the public key of *key* in PEM."""
    made = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made.decode()


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
    """For a value that is not a certificate or not a key, kubectl still lists every key."""
    for data in (
        {"tls.crt": BROKEN[how](certificate(RSA)), "tls.key": pem(RSA, form)},
        {"tls.crt": certificate(RSA), "tls.key": BROKEN[how](pem(RSA, form))},
    ):
        one = credential_of(cluster, data)
        assert one.unread is None
        assert {key.name for key in one.keys} == set(data)

"""Certificates, good and bad, and something that shows them."""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


class Authority:
    """A certificate authority that keeps what it makes in *folder*."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = _name("authority")
        now = datetime.now(UTC)
        self._certificate = _builder(name, name, self._key, now - _DAY, now + _DAY, ca=True).sign(
            self._key, hashes.SHA256()
        )
        self.file = folder / "authority.crt"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, name: str, *, days: tuple[float, float] = (-1, 1), host: str = "127.0.0.1"
    ) -> tuple[Path, Path]:
        """Make a certificate for *host*, valid between *days* from now; give it and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        begin, end = (now + day * _DAY for day in days)
        certificate = (
            _builder(_name(name), self._certificate.subject, key, begin, end, ca=False)
            .add_extension(x509.SubjectAlternativeName([_general(host)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        files = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files


@contextlib.contextmanager
def listening(
    files: tuple[Path, Path] | None = None, *, clients: Path | None = None, answer: bytes = b""
) -> Iterator[str]:
    """Take connections, with TLS if *files* are given, and give *answer* to whatever is asked.

    With *clients* a client must show a certificate of that authority.
    """
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, context, answer), daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def _serve(server: socket.socket, context: ssl.SSLContext | None, answer: bytes) -> None:
    while True:
        try:
            line, _ = server.accept()
        except OSError:  # it was closed
            return
        line.settimeout(5)
        talk = line
        if context:
            talk = context.wrap_socket(line, server_side=True, do_handshake_on_connect=False)
        with talk, contextlib.suppress(OSError):
            _talk(talk, answer)


def _talk(line: socket.socket, answer: bytes) -> None:
    if isinstance(line, ssl.SSLSocket):
        try:
            line.do_handshake()
        except OSError:
            # To hang up at once would take back the alert that tells the client why.
            line.shutdown(socket.SHUT_WR)
            while line.recv(4096):
                pass
            return
    line.recv(65536)
    line.sendall(answer)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begin: datetime,
    end: datetime,
    *,
    ca: bool,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)

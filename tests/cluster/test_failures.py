"""Each reason why a cluster cannot be reached has its own sentence and a next step."""

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import failures
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.kubeconfig import Kubeconfig
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.model.evidence import Target, Unread, Why
from fluxstatus.model.hints import Command
from fluxstatus.model.snapshot import COMMANDS
from tests.fakes.api_server import api_server, hang
from tests.fakes.certificates import Authority, listening
from tests.fakes.kubeconfigs import kubeconfig, login_program
from tests.fakes.programs import program
from tests.kubernetes.cluster import Cluster


class Lab:
    """A directory for a broken connection to a cluster."""

    def __init__(self, folder: Path, closing: ExitStack) -> None:
        self.folder, self._closing = folder, closing
        self.authority = Authority(folder / "authority")

    def config(self, server: str = "https://127.0.0.1:1", **more: Any) -> Path:
        """Write a kubeconfig."""
        return kubeconfig(self.folder / "kubeconfig", server, **more)

    def trusting(self, address: str, **more: Any) -> Path:
        """Write a kubeconfig for the server at *address* that trusts the lab's authority."""
        trusted = base64.b64encode(self.authority.file.read_bytes()).decode()
        cluster = {"certificate-authority-data": trusted}
        return self.config(f"https://{address}", cluster=cluster, **more)

    def tls(self, clients: Path | None = None, answer: bytes = b"", **of: Any) -> str:
        """Listen with a certificate, and return the address."""
        files = self.authority.issue("server", **of)
        return self._closing.enter_context(listening(files, clients=clients, answer=answer))

    def plain(self, answer: bytes = b"") -> str:
        """Listen without TLS, and return the address."""
        return self._closing.enter_context(listening(answer=answer))

    def program(self, name: str, script: str) -> Path:
        """Write a program."""
        return program(self.folder / name, script)


@pytest.fixture(name="lab")
def _lab(tmp_path: Path) -> Iterator[Lab]:
    with ExitStack() as closing:
        yield Lab(tmp_path, closing)


def reason(kubeconfig: Path, *flags: str, timeout: float = 20) -> Unread:
    """Return why the cluster of *kubeconfig* cannot be reached."""
    access = Access(flags=(f"--kubeconfig={kubeconfig}", *flags), deadline=Deadline(timeout))
    with ApiClient(access) as api, pytest.raises(ProgramError) as caught:
        api.get("/apis")
    return caught.value.unread


def expired_client(lab: Lab) -> Path:
    """Log in with a client certificate that has expired."""
    certificate, key = lab.authority.issue("client", days=(-3, -1))
    user = {"client-certificate": str(certificate), "client-key": str(key)}
    return lab.trusting(lab.tls(clients=lab.authority.file), user=user)


Build = Callable[[Lab], Path]
NOTHING = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LOGIN = "To sign in, open https://login.example.com and enter the code ABCD"

FAILURES: dict[str, tuple[Build, Why, str]] = {
    "no kubeconfig": (lambda lab: lab.folder / "none", Why.NO_CONFIG, "none does not exist"),
    "kubeconfig is not YAML": (
        lambda lab: lab.program("kubeconfig", "{{{"),
        Why.NO_CONFIG,
        "could not be read: yaml: ",
    ),
    "kubeconfig is a folder": (lambda lab: lab.folder, Why.NO_CONFIG, "is a directory"),
    "no current context": (
        lambda lab: edited(lab.config(), '"current-context": "here"', '"preferences": {}'),
        Why.NO_CONFIG,
        "the kubeconfig has no current context (contexts: here)",
    ),
    "context without its cluster": (
        lambda lab: edited(lab.config(), '"cluster": "there"', '"cluster": "elsewhere"'),
        Why.NO_CONFIG,
        'context "here" refers to a cluster that is not in the kubeconfig: "elsewhere"',
    ),
    "server is no URL": (
        lambda lab: lab.config("https://[::1:6443"),
        Why.NO_CONFIG,
        'the server of cluster "there" is not a valid URL',
    ),
    "authority file is missing": (
        lambda lab: lab.config(cluster={"certificate-authority": "/nonexistent/ca"}),
        Why.NO_CONFIG,
        "the certificate-authority of there could not be read: open /nonexistent/ca: no such file",
    ),
    "authority is damaged": (
        lambda lab: lab.config(cluster={"certificate-authority-data": "anVuaw=="}),
        Why.NO_CONFIG,
        "a certificate or key in the kubeconfig is invalid",
    ),
    "client certificate file is missing": (
        lambda lab: lab.config(user={"client-certificate": "/none/c", "client-key": "/none/k"}),
        Why.NO_CONFIG,
        "the client-cert of me could not be read",
    ),
    "token file is missing": (
        lambda lab: lab.config(user={"tokenFile": "/nonexistent/token"}),
        Why.NO_CONFIG,
        "refers to a file that does not exist: /nonexistent/token",
    ),
    "no credential": (
        lambda lab: lab.config(user={}),
        Why.LOGIN,
        "the kubeconfig has no credentials for me",
    ),
    "built-in log-in": (
        lambda lab: lab.config(user={"auth-provider": {"name": "gcp"}}),
        Why.LOGIN,
        "this kubectl no longer supports the auth plugin in the kubeconfig: The gcp auth plugin",
    ),
    "credential plugin is missing": (
        lambda lab: lab.config(user=login_program("kubelogin")),
        Why.NO_PROGRAM,
        "the credential plugin kubelogin in the kubeconfig is not installed",
    ),
    "path of the credential plugin is missing": (
        lambda lab: lab.config(user=login_program("/nonexistent/aws")),
        Why.NO_PROGRAM,
        "the credential plugin /nonexistent/aws in",
    ),
    "credential plugin fails": (
        lambda lab: lab.config(
            user=login_program(lab.program("aws", "echo 'Token has expired' >&2; exit 255"))
        ),
        Why.LOGIN,
        "aws failed: Token has expired",
    ),
    "credential plugin fails by Kubernetes' logger": (
        lambda lab: lab.config(
            user=login_program(
                lab.program(
                    "gke-gcloud-auth-plugin",
                    "echo 'F1123 21:55:21.6   100 cred.go:145] run gcloud auth login' >&2; exit 1",
                )
            )
        ),
        Why.LOGIN,
        "gke-gcloud-auth-plugin failed: run gcloud auth login",
    ),
    "credential plugin talks nonsense": (
        lambda lab: lab.config(user=login_program(lab.program("odd", "echo hello"))),
        Why.LOGIN,
        "kubectl could not get a credential for me",
    ),
    "credential plugin speaks another version": (
        lambda lab: lab.config(user=login_program(lab.program("old", "true"))),
        Why.LOGIN,
        "do not support the same API version",
    ),
    "credential plugin needs a terminal": (
        lambda lab: lab.config(
            user={"exec": {**login_program("x")["exec"], "interactiveMode": "Always"}}
        ),
        Why.LOGIN,
        "only in a terminal",
    ),
    "credential plugin waits for the user": (
        lambda lab: lab.config(
            user=login_program(lab.program("wait", f"echo '{LOGIN}' >&2; sleep 60"))
        ),
        Why.LOGIN,
        f"kubectl waited 2 s for a login: {LOGIN}",
    ),
    "refused": (
        lambda lab: lab.config("https://127.0.0.1:1"),
        Why.UNREACHABLE,
        "https://127.0.0.1:1 refused the connection: nothing is listening",
    ),
    "name does not resolve": (
        lambda lab: lab.config("https://api.nowhere.invalid:6443"),
        Why.UNREACHABLE,
        "the host name of https://api.nowhere.invalid:6443 does not resolve",
    ),
    "proxy is down": (
        lambda lab: lab.config("https://10.1.1.1", cluster={"proxy-url": "http://127.0.0.1:1"}),
        Why.UNREACHABLE,
        "kubectl could not connect to https://10.1.1.1 through the proxy",
    ),
    "server certificate has expired": (
        lambda lab: lab.trusting(lab.tls(days=(-3, -1))),
        Why.UNREACHABLE,
        "has expired or is not yet valid (current time",
    ),
    "unknown authority": (
        lambda lab: lab.config(f"https://{lab.tls()}"),
        Why.UNREACHABLE,
        "is signed by an authority that the kubeconfig does not trust",
    ),
    "another host's certificate": (
        lambda lab: lab.trusting(lab.tls(host="other.example.com")),
        Why.UNREACHABLE,
        "is not valid for this name: cannot validate certificate for 127.0.0.1",
    ),
    "client certificate has expired": (
        expired_client,
        Why.LOGIN,
        "rejected the client certificate of me: expired certificate",
    ),
    "client certificate is missing": (
        lambda lab: lab.trusting(lab.tls(clients=lab.authority.file)),
        Why.LOGIN,
        "rejected the client certificate of me: certificate required",
    ),
    "HTTP, not HTTPS": (
        lambda lab: lab.config(f"https://{lab.plain(NOTHING)}"),
        Why.UNREACHABLE,
        "serves HTTP, not HTTPS",
    ),
    "no HTTP at all": (
        lambda lab: lab.config(f"http://{lab.plain(b'SSH-2.0-OpenSSH_9.9' + bytes(20))}"),
        Why.UNREACHABLE,
        "does not speak HTTP",
    ),
    "connection is cut": (
        lambda lab: lab.trusting(lab.tls()),
        Why.UNREACHABLE,
        "closed the connection (EOF)",
    ),
}


def edited(file: Path, old: str, new: str) -> Path:
    """Replace *old* in a file of the test's own."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return file


@pytest.mark.cluster
@pytest.mark.usefixtures("real_kubectl")
@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_has_its_sentence(lab: Lab, name: str) -> None:
    """A message of the real kubectl is explained in one line, with a next step."""
    build, why, text = FAILURES[name]
    unread = reason(build(lab), timeout=2 if "waits" in name else 20)
    assert unread.why is why, unread.text
    assert text in unread.text
    assert "\n" not in unread.text
    assert len(unread.text) < 500
    assert unread.hints
    for hint in unread.hints:
        assert hint.text
        assert hint.label == "fix"
        assert hint.commands
        assert all(all(command.argv) and not command.changes for command in hint.commands)


@pytest.mark.cluster
@pytest.mark.usefixtures("real_kubectl")
def test_no_kubeconfig_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message does not mention localhost:8080, which kubectl then tries."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with ApiClient(Access()) as api, pytest.raises(ProgramError) as caught:
        api.get("/apis")
    assert caught.value.unread.why is Why.NO_CONFIG
    expected = f"there is no kubeconfig: {tmp_path / 'none'} does not exist"
    assert caught.value.unread.text == expected


@pytest.mark.cluster
@pytest.mark.usefixtures("real_kubectl")
def test_a_context_that_is_nearly_right(tmp_path: Path) -> None:
    """The message lists the contexts, and the command has the most similar one."""
    unread = reason(kubeconfig(tmp_path / "kubeconfig"), "--context=hree")
    assert unread.why is Why.NO_CONFIG
    assert unread.text == 'context "hree" does not exist in the kubeconfig (contexts: here)'
    assert Command(("kubectl", "flux-status", "--context=here")) in unread.hints[0].commands


@pytest.mark.cluster
@pytest.mark.usefixtures("real_kubectl")
def test_a_user_that_is_not_there(tmp_path: Path) -> None:
    """A wrong --user is reported."""
    unread = reason(kubeconfig(tmp_path / "kubeconfig"), "--user=you")
    assert (unread.why, 'user "you"' in unread.text) == (Why.NO_CONFIG, True)


@pytest.mark.cluster
@pytest.mark.usefixtures("real_kubectl")
def test_a_server_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts the connection and never responds costs one timeout."""
    monkeypatch.setattr("fluxstatus.cluster.client._GRACE", 120)  # for a busy machine
    with api_server() as server:
        server.ill["apis"] = hang
        unread = reason(kubeconfig(tmp_path / "kubeconfig", server.url), timeout=4)
    assert unread.why is Why.TIMEOUT
    assert unread.text == f"{server.url} did not respond within 4 s"


@pytest.mark.cluster
@pytest.mark.usefixtures("real_kubectl")
def test_a_token_that_is_rejected(cluster: Cluster, tmp_path: Path) -> None:
    """A 401 of the API server is a login problem."""
    own = tmp_path / "kubeconfig"
    shutil.copy(cluster.kubeconfig("viewer"), own)
    config = edited(own, "viewer-token", "old-token")
    unread = reason(config)
    assert unread.why is Why.LOGIN
    assert "rejected the credentials of viewer (401 Unauthorized)" in unread.text


def test_kubectl_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing kubectl has its own sentence."""
    monkeypatch.setenv("PATH", str(tmp_path))
    unread = reason(tmp_path / "kubeconfig")
    assert (unread.why, unread.text) == (
        Why.NO_PROGRAM,
        "kubectl is not installed or not in your PATH",
    )


@pytest.mark.parametrize(
    ("script", "why", "text"),
    [
        (
            "echo 'Error: unknown flag: --append-server-path' >&2; exit 1",
            Why.NO_PROGRAM,
            "kubectl is too old: it does not support --append-server-path",
        ),
        ("echo Hello; exit 0", Why.FAILED, "kubectl failed: Hello"),
        ("exit 0", Why.FAILED, "kubectl failed: no message"),
        ("sleep 60", Why.TIMEOUT, "kubectl did not start within 1 s"),
    ],
)
def test_a_kubectl_that_is_not_what_it_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: Why, text: str
) -> None:
    """A kubectl that is too old, prints nonsense, ends or hangs is reported, in time."""
    program(tmp_path / "kubectl", script)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    unread = reason(tmp_path / "kubeconfig", timeout=1)
    assert (unread.why, unread.text) == (why, text)


def test_many_contexts_do_not_drown_the_sentence() -> None:
    """Ten of a hundred contexts are listed."""
    config = Kubeconfig(contexts=tuple(f"c{number}" for number in range(100)))
    text = failures.explain('error: context "x" does not exist', config).text
    assert "c9, 90 more" in text


def test_a_credential_in_a_message_is_masked() -> None:
    """Messages of other programs may contain one."""
    message = "dial tcp: proxyconnect tcp: https://me:hunter2@proxy: refused"
    assert "hunter2" not in failures.explain(message, Kubeconfig()).text


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (Kubeconfig(files=("~/.kube/config",), exists=False),
         "there is no kubeconfig: ~/.kube/config does not exist"),
        (Kubeconfig(files=("~/.kube/config",), exists=False, in_pod=True),
         "there is no kubeconfig, and kubectl does not use the ServiceAccount of this pod"),
        (Kubeconfig(files=("/a", "/b")), "the kubeconfig /a:/b has no contexts"),
        (Kubeconfig(contexts=("a", "b")), "the kubeconfig has no current context (contexts: a, b)"),
        (Kubeconfig(Target(context="a", cluster="c"), contexts=("a",)),
         'context "a" refers to a cluster that is not in the kubeconfig: "c"'),
        (Kubeconfig(Target(context="a", server="http://localhost:8080"), contexts=("a",)),
         "http://localhost:8080 refused the connection"),
    ],
)  # fmt: skip
def test_a_kubeconfig_without_a_server_has_its_reason(config: Kubeconfig, words: str) -> None:
    """Without a server kubectl tries localhost:8080; what the kubeconfig lacks is reported."""
    message = "dial tcp 127.0.0.1:8080: connect: connection refused"
    assert words in failures.explain(message, config).text


def every_failure() -> Iterator[Any]:
    """Yield each failure in the module, also those in a table."""
    row = failures._Failure  # noqa: SLF001 - a new one is found by its type
    for value in vars(failures).values():
        if isinstance(value, row):
            yield value
        elif isinstance(value, tuple | dict):
            rows = value.values() if isinstance(value, dict) else value
            yield from (one for one in rows if isinstance(one, row))


def test_a_snapshot_keeps_the_commands() -> None:
    """Each command for a failure without a value is one that a snapshot may hold."""
    lines = {line for one in every_failure() for line in one.commands if not line.startswith("{")}
    assert {tuple(line.split()) for line in lines} == COMMANDS

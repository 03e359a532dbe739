"""What is read of a kubeconfig for many clusters."""

import json
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.contexts import Listed, contexts_of
from tests.fakes.programs import program

CANARY = "do-not-read-me"


def listed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, config: Any, *, raw: str = "exit 0"
) -> Listed:
    """Return what is read of *config*; *raw* is what kubectl does for the authorities."""
    file = folder / "config"
    file.write_text(json.dumps(config))
    raw_case = f'case "$*" in *--raw*) {raw}; exit ;; esac'
    program(folder / "bin" / "kubectl", f"{raw_case}\ncat '{file}'")
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")
    (found,) = contexts_of([str(file)], Deadline(30))
    return found


def config(*users: dict[str, Any], **cluster: str) -> dict[str, Any]:
    """Return a kubeconfig with a context for each of *users* in one cluster."""
    names = [f"u{n}" for n in range(len(users))]
    return {
        "clusters": [{"name": "c", "cluster": {"server": "https://c", **cluster}}],
        "users": [{"name": n, "user": one} for n, one in zip(names, users, strict=True)],
        "contexts": [{"name": n, "context": {"cluster": "c", "user": n}} for n in names],
        "current-context": "u0",
    }


@pytest.mark.parametrize(
    ("login", "asks"),
    [
        ({"command": "aws", "interactiveMode": "IfAvailable"}, False),
        ({"command": "gke-gcloud-auth-plugin"}, False),
        ({"command": "anything", "interactiveMode": "Always"}, True),
        ({"command": "/opt/bin/kubelogin", "interactiveMode": "IfAvailable"}, True),
        ({"command": "kubectl", "args": ["oidc-login", "get-token"]}, True),
        ({"command": "kubectl", "args": ["something"]}, False),
        ({"command": "tsh", "interactiveMode": "Never"}, False),
    ],
)
def test_logins_that_may_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: dict[str, Any], asks: bool
) -> None:
    """By what the kubeconfig says, or by programs that are known to open a browser."""
    found = listed(tmp_path, monkeypatch, config({"exec": login}))
    assert [one.asks for one in found.contexts] == [asks]


def test_a_token_needs_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does a certificate."""
    found = listed(tmp_path, monkeypatch, config({"token": CANARY}))
    assert [one.asks for one in found.contexts] == [False]
    assert CANARY not in f"{found}"
    assert found.current == "u0"


@pytest.mark.parametrize(
    "different",
    [
        {"server": "https://d"},
        {"proxy-url": "http://proxy"},
        {"tls-server-name": "d"},
        {"certificate-authority": "/ca"},
    ],
)
def test_what_tells_servers_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, different: dict[str, str]
) -> None:
    """One address may be another server behind a proxy, or with another authority."""
    one = listed(tmp_path, monkeypatch, config({}))
    other = listed(tmp_path, monkeypatch, config({}, **different))
    assert one.contexts[0].server
    assert one.contexts[0].server != other.contexts[0].server


def test_authorities_tell_servers_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubectl prints them on request only, each on a line; a line too many says nothing."""
    servers = [
        listed(tmp_path, monkeypatch, config({}), raw=f"printf '{text}'").contexts[0].server
        for text in ("AAA\\n", "BBB\\n", "AAA\\nBBB\\n")
    ]
    assert len(set(servers)) == 3
    assert servers[2][-1] == ""


@pytest.mark.parametrize("document", [[], {}, {"contexts": 3}, {"contexts": [{"name": 1}]}])
def test_odd_kubeconfigs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Any) -> None:
    """They have no context with a server; nothing crashes."""
    found = listed(tmp_path, monkeypatch, document)
    assert [one.server for one in found.contexts if any(one.server)] == []
    assert found.unread is None


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty kubeconfig is what kubectl prints for it; here that is an error."""
    program(tmp_path / "bin" / "kubectl", "echo '{}'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (found,) = contexts_of([str(tmp_path / "none")], Deadline(30))
    assert found.unread is not None
    assert "is not a file" in found.unread.text

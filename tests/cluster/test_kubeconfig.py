"""Reading a kubeconfig: the names that kubectl uses, and never a credential."""

from pathlib import Path
from typing import Any

import pytest

from fluxstatus.cluster.kubeconfig import Kubeconfig, read, unread
from fluxstatus.model.evidence import Target


def test_flags_win_over_the_kubeconfig() -> None:
    """The names are those that kubectl uses, however a flag is written; no credential is kept."""
    document = {
        "current-context": "a",
        "contexts": [
            {"name": "a", "context": {"cluster": "ca", "user": "ua", "namespace": "apps"}},
            {"name": "b", "context": {"cluster": "cb", "user": "ub"}},
        ],
        "clusters": [
            {"name": "ca", "cluster": {"server": "https://me:pass@a.example.com/path"}},
            {"name": "cb", "cluster": {"server": "https://b.example.com"}},
        ],
        "users": [{"name": "ua", "user": {"token": "REDACTED"}}],
    }
    plain = read(document, ())
    assert plain.target == Target("a", "ca", "https://a.example.com/path", "ua")
    assert (plain.namespace, plain.contexts) == ("apps", ("a", "b"))
    assert read(document, ["--context", "b"]).target.user == "ub"
    flags = ["--context=a", "--context=b", "--user=x", "--cluster=ca"]
    expected = Target("b", "ca", "https://a.example.com/path", "x")
    assert read(document, flags).target == expected
    assert read(document, ["--server=https://c"]).target.server == "https://c"
    secret = ["--server=https://me:pass@c/?token=x7x9q"]
    assert read(document, secret).target.server == "https://c/?token=***"
    assert read(document, ["--server=me:pass@c:6443"]).target.server == "c:6443"
    for own in (["--token", "x"], ["--client-certificate=a", "--client-key=b"]):
        assert read(document, ["--user=ua", *own]).target.user == ""


@pytest.mark.parametrize("odd", [1, True, 1.5, ["a"], {"a": 1}, None], ids=str)
def test_a_value_of_a_wrong_type_names_nothing(odd: Any) -> None:
    """Kubectl writes no such output, but a program in its place may."""
    for document in (
        {"current-context": odd, "contexts": odd, "clusters": odd},
        {"current-context": "a", "contexts": [odd, {"name": "a", "context": odd}]},
        {"current-context": "a", "contexts": [{"name": odd}], "clusters": [odd]},
        {
            "current-context": "a",
            "contexts": [{"name": "a", "context": {"cluster": odd, "user": odd, "namespace": odd}}],
            "clusters": [{"name": odd, "cluster": {"server": odd}}],
        },
    ):
        found = read(document, ())
        assert (*found.target[1:4], found.namespace) == ("", "", "", "")
        assert set(found.contexts) <= {"", "a"}


@pytest.mark.parametrize("document", [None, [], {}, {"contexts": None, "clusters": None}])
def test_an_empty_kubeconfig_names_nothing(document: Any) -> None:
    """The output of kubectl for a missing kubeconfig is read as an empty one."""
    assert read(document, ()) == Kubeconfig()


@pytest.mark.parametrize(
    "document",
    [
        {"contexts": 1, "clusters": [2]},
        {"current-context": "a", "contexts": [{"name": "a", "context": "b"}, None]},
    ],
)
def test_a_garbled_kubeconfig_is_no_crash(document: Any) -> None:
    """What has another type than kubectl's is left out."""
    assert read(document, ()).target.server == ""


def test_where_kubectl_looks_for_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The flag wins over $KUBECONFIG, which may be a list, and that over the file at home."""
    there = tmp_path / "config"
    there.touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert unread(()) == Kubeconfig(files=("~/.kube/config",), exists=False)
    monkeypatch.setenv("KUBECONFIG", f"/none:{there}")
    assert unread(()) == Kubeconfig(files=("/none", str(there)), exists=True)
    assert unread(["--kubeconfig=/none"]) == Kubeconfig(files=("/none",), exists=False)
    assert read({}, (), unread(())).files == ("/none", str(there))

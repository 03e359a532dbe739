"""The entry for a client's file: what of kubectl's flags may be in it, and its cluster."""

from pathlib import Path

import pytest

from fluxstatus.mcp.entry import NAME, Entry
from fluxstatus.mcp.kubeconfig import KubeContext, UnfitError, entry_for, leads_to
from fluxstatus.model.evidence import Target
from tests.fakes.kubeconfigs import kubeconfig

PINNED = KubeContext("lab", "/k")


@pytest.mark.parametrize(
    "flag",
    ["--server=https://me:pass@c.example.com", "--server=https://c.example.com?token=x7x9q",
     "--server=https://pass@c.example.com", "--server=me:pass@c.example.com:6443", "--token=x"],
)  # fmt: skip
def test_a_credential_is_not_stored(flag: str) -> None:
    """A flag with a credential is refused, and the reason does not repeat it."""
    with pytest.raises(UnfitError, match=r"must not be stored in the MCP client's file") as caught:
        entry_for([flag], PINNED, "flux-operator-mcp", "x", read_only=True)
    assert f"{caught.value}".startswith(f"{flag.partition('=')[0]} ")
    assert "pass" not in f"{caught.value}"
    assert "x7x9q" not in f"{caught.value}"


def test_an_address_is_stored() -> None:
    """The address of another server, without a credential, is a part of the entry."""
    flags = ["--server=https://c.example.com:6443"]
    entry = entry_for(flags, PINNED, "flux-operator-mcp", "x", read_only=True)
    assert "--kube-server=https://c.example.com:6443" in entry.args


HERE, THERE = "https://127.0.0.1:1", "https://127.0.0.1:2"
TARGET = Target("here", server=HERE)
PIN = ("serve", "--kube-context=here")


@pytest.mark.cluster  # for kubectl
@pytest.mark.usefixtures("real_kubectl")
@pytest.mark.parametrize(
    ("args", "file", "target", "expected"),
    [
        (PIN, "mine", TARGET, True),
        (("serve",), "mine", TARGET, True),
        (PIN, "copy", TARGET, True),  # the same address in another file
        (PIN, "other", TARGET, False),  # another cluster, of the same name
        (("serve",), "other", TARGET, False),
        (PIN, "missing", TARGET, False),
        (("serve", "--kube-context=else"), "mine", TARGET, False),
        (PIN, "mine", TARGET._replace(server=THERE, flags=(f"--server={THERE}",)), False),
        ((*PIN, f"--kube-server={THERE}"), "mine",
         TARGET._replace(server=THERE, flags=(f"--server={THERE}",)), True),
        ((*PIN, f"--kube-server={THERE}"), "mine", TARGET, False),
        (PIN, "", TARGET, True),
    ],
)  # fmt: skip
def test_the_name_of_a_context_is_no_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], file: str,
    target: Target, *, expected: bool,
) -> None:  # fmt: skip
    """An entry counts for a cluster if its kubeconfig leads there, whatever its context is."""
    kubeconfig(tmp_path / "mine", HERE), kubeconfig(tmp_path / "copy", HERE)
    kubeconfig(tmp_path / "other", THERE)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "mine"))
    env = {"KUBECONFIG": str(tmp_path / file)} if file else {}
    assert leads_to(Entry(NAME, "flux-operator-mcp", args, env), target) is expected


def test_a_relative_kubeconfig_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client decides in which folder it starts the server."""
    kubeconfig(tmp_path / "mine", HERE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "mine"))
    entry = Entry(NAME, "flux-operator-mcp", PIN, {"KUBECONFIG": "mine"})
    assert not leads_to(entry, TARGET)

"""The entry for a client's file: what of kubectl's flags may be in it."""

import pytest

from fluxstatus.mcp.kubeconfig import KubeContext, UnfitError, entry_for

PINNED = KubeContext("lab", "/k")


@pytest.mark.parametrize(
    "flag",
    ["--server=https://me:pass@c.example.com", "--server=https://c.example.com?token=x7x9q",
     "--server=https://pass@c.example.com", "--server=me:pass@c.example.com:6443", "--token=x"],
)  # fmt: skip
def test_a_credential_is_not_stored(flag: str) -> None:
    """A flag with a credential is refused, and the reason does not repeat it."""
    with pytest.raises(UnfitError, match=r"cannot be stored in a client's file") as caught:
        entry_for([flag], PINNED, "flux-operator-mcp", "x", read_only=True)
    assert f"{caught.value}".startswith(f"{flag.partition('=')[0]} ")
    assert "pass" not in f"{caught.value}"
    assert "x7x9q" not in f"{caught.value}"


def test_an_address_is_stored() -> None:
    """The address of another server, without a credential, is a part of the entry."""
    flags = ["--server=https://c.example.com:6443"]
    entry = entry_for(flags, PINNED, "flux-operator-mcp", "x", read_only=True)
    assert "--kube-server=https://c.example.com:6443" in entry.args

"""Options that cannot be combined."""

from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands.options import Connection, Namespaces, SnapshotInput, Snapshots
from fluxstatus.commands.table_options import ListDisplay
from fluxstatus.report import Format

FILE = Path("x.json")


@pytest.mark.parametrize(
    ("snapshots", "connection", "watch", "text"),
    [
        (Snapshots(demo=True, from_=FILE), Connection(), False, "mutually exclusive"),
        (
            Snapshots(from_=FILE),
            Connection(context="x", as_="y"),
            False,
            "--context, --as cannot be used with --from",
        ),
        (Snapshots(demo=True), Connection(), True, "--watch cannot be used with --demo"),
        (Snapshots(demo=True, save=FILE), Connection(), False, "--save cannot be used with --demo"),
        (SnapshotInput(from_=FILE), Connection(), True, "--watch cannot be used with --from"),
        (Snapshots(save=Path("-")), Connection(), False, "cannot write to stdout"),
        (Snapshots(save=FILE), Connection(), True, "--save and --watch are mutually exclusive"),
    ],
)
def test_a_saved_cluster_excludes_options(
    snapshots: SnapshotInput, connection: Connection, *, watch: bool, text: str
) -> None:
    """A saved cluster is neither contacted, watched nor saved; a watched one is not saved."""
    assert text in snapshots.conflict(connection, watch=watch)


def test_a_live_cluster_excludes_none_of_them() -> None:
    """A live cluster can be watched or saved with flags of kubectl."""
    assert Snapshots(save=FILE).conflict(Connection(context="x")) == ""
    assert Snapshots().conflict(Connection(context="x"), watch=True) == ""


def test_watching_excludes_an_order_and_documents() -> None:
    """--watch prints lines as they come."""
    assert "--sort-by" in ListDisplay(watch=True, sort_by="name").conflict()
    assert "-o yaml" in ListDisplay(watch=True, output=Format.YAML).conflict()
    assert ListDisplay(sort_by="name", output=Format.YAML).conflict() == ""


def test_all_namespaces_overrides_a_namespace() -> None:
    """No namespace means all of them."""
    assert Namespaces(namespace=["a"]).namespaces == ("a",)
    assert Namespaces(namespace=["a"], all_namespaces=True).namespaces == ()


def test_a_credential_in_the_address_of_the_server_is_not_repeated() -> None:
    """Kubectl gets the address as it is; commands that are printed or saved do not show it."""
    given = Connection(server="https://me:pass@c.example.com?token=x7x9q", token="x7x9q")
    assert given.flags() == ("--token=x7x9q", "--server=https://me:pass@c.example.com?token=x7x9q")
    assert given.repeated() == ("--server=https://***@c.example.com?token=***",)
    without_scheme = Connection(server="me:pass@c.example.com:6443")
    assert without_scheme.repeated() == ("--server=***@c.example.com:6443",)
    assert given.access(Deadline(1)).repeated == given.repeated()

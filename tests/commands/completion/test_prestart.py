"""kubectl before the command line is parsed: the right flags, or none, and no leftovers."""

import os
import subprocess
from pathlib import Path

import pytest

from fluxstatus.commands.completion.prestart import flags_for
from fluxstatus.commands.options import Connection
from tests.conftest import Program
from tests.fakes.programs import program

pytestmark = pytest.mark.started

CHOSEN = Connection(
    context="prod eu",
    kubeconfig="a file",
    cluster="c",
    user="u",
    as_="somebody",
    as_group=["a", "b"],
    as_uid="7",
    token="t",
    server="https://one.example.com",
    tls_server_name="n",
    certificate_authority="ca",
    client_certificate="cc",
    client_key="ck",
    insecure_skip_tls_verify=True,
    request_timeout="5s",
    cache_dir="dir",
)


def test_every_flag_of_kubectl_is_found() -> None:
    """The guessed flags equal those of the options, so the API client uses the proxy."""
    words = list(CHOSEN.flags())
    apart = [part for word in words for part in word.split("=", 1)]
    assert len(words) == 17
    assert sorted(flags_for(words) or ()) == sorted(words)
    assert sorted(flags_for(["get", "all", "-n", "apps", *apart]) or ()) == sorted(words)


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        ("", ()),
        ("--wait 5m -o json", ()),
        ("-s https://one --context=x", ("--server=https://one", "--context=x")),
        ("explain ks/apps --context x", ("--context=x",)),
        ("explain ks apps --context x", ("--context=x",)),
        ("explain secret-missing --context x", None),
        ("--context x get all", ("--context=x",)),
        ("versions", ()),
        ("--demo", None),
        ("--from=FILE", None),
        ("get all --from FILE", None),
        ("get --help", None),
        ("-h", None),
        ("list", None),
        ("version --verify", None),
        ("completion bash", None),
        ("mcp setup --context x", None),
        ("fleet --all-contexts --kubeconfig x", None),
    ],
)
def test_only_who_asks_a_cluster_needs_it(line: str, flags: tuple[str, ...] | None) -> None:
    """Without a cluster to read, nothing is started."""
    assert flags_for(line.split()) == flags


@pytest.mark.parametrize(
    ("line", "calls"),
    [
        ("--context=x", 1),
        ("--context=x --context=y", 2),  # the last one counts: the guess was wrong
        ("--context x --no-such-option", 1),
        ("--demo", 0),
        ("list", 0),
    ],
)
def test_nothing_of_it_is_left(line: str, calls: int, tmp_path: Path, flux_status: Program) -> None:
    """A right guess saves a second kubectl, a wrong one is stopped; nothing is left over."""
    result = tmp_path / "calls"
    kubectl = program(
        tmp_path / "bin" / "kubectl",
        f'[ "$1" = proxy ] || exit 1\necho "$$ $*" >>{result}\nexec sleep 60',
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = os.pathsep.join([str(kubectl.parent), os.environ["PATH"]])
    flux_status(*line.split(), "--timeout=1s", env={"PATH": path, "TMPDIR": str(scratch)})
    started = result.read_text().splitlines() if result.exists() else []
    assert len(started) == calls
    assert not list(scratch.iterdir())
    for process in started:
        alive = subprocess.run(["ps", "-p", process.split()[0]], check=False, capture_output=True)
        assert alive.returncode

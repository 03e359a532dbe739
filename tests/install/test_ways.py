"""Every method of docs/install.md, run as written there, on a machine with little else."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from shipping import version
from tests.conftest import NOBODYS
from tests.fakes.programs import program
from tests.install.fixtures import NAME, NEW_PYTHON, ROOT, Room, link, run
from tests.kubernetes import build

pytestmark = pytest.mark.cluster  # for kubectl

_SECTIONS = re.findall(
    r"^### ([^\n]+)\n(.*?)(?=^##)",
    (ROOT / "docs" / "install.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
WAYS = {name: re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for name, text in _SECTIONS}
"""The commands that install, and those that uninstall, by method."""

ELSEWHERE = {
    "krew",  # test_krew.py
    "Homebrew",  # test_archive.py has what can be tested without brew
    "Container image",  # test_channels.py has what can be tested without a builder
}

NOTHING = "Try it without installing"

_NETWORK = re.compile(r"(PIP|UV|SSL|CURL|REQUESTS)_.*|.*_proxy|.*_PROXY")


class Place:
    """Where somebody installs it: the surroundings for that, and those to use it in."""

    def __init__(self, clean_room: Room, folder: Path, kubectl: Path) -> None:
        self.room = clean_room(kubectl=kubectl, python3=NEW_PYTHON)
        self.home = Path(self.room["HOME"])
        (self.home / "kubeconfig").write_text(json.dumps(NOBODYS))
        self.room |= {"KUBECONFIG": str(self.home / "kubeconfig")}
        self.room["PATH"] = f"{self.home}/.local/bin:{self.room['PATH']}"
        self.tools = folder / "tools"
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self.network = {k: v for k, v in os.environ.items() if _NETWORK.fullmatch(k)} | {
            "PIP_CACHE_DIR": str(cache / "pip"),
            "UV_CACHE_DIR": str(cache / "uv"),
            "UV_PYTHON": NEW_PYTHON,
            "UV_PYTHON_DOWNLOADS": "never",
            "PIPX_DEFAULT_PYTHON": NEW_PYTHON,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_COMPILE": "1",  # it takes as long as all the rest
        }

    def needs(self, *names: str) -> None:
        """Put programs that an installation is done with onto PATH, for that alone."""
        for name in names:
            ours = Path(sys.executable).with_name(name)  # in the environment of the tests
            if name in ("pip", "pipx"):  # moved, which the head of a script does not know
                program(self.tools / name, f'exec "{sys.executable}" -m {name} "$@"')
            else:
                link(ours if ours.exists() else shutil.which(name) or name, self.tools / name)

    def shell(self, lines: str, cwd: Path, code: int = 0) -> str:
        """Run *lines* as a user types them, up to the first that fails, and return the output."""
        env = {**self.network, **self.room, "PATH": f"{self.room['PATH']}:{self.tools}"}
        return run("sh", "-e", "-c", lines, env=env, cwd=cwd, code=code).stdout

    def flux_status(self, *words: str, code: int = 0) -> str:
        """Run what was installed, with nothing but what it needs, and give its output."""
        return run("kubectl", "flux-status", *words, env=self.room, code=code).stdout

    def traces(self) -> list[Path]:
        """Return what of it is left in the home folder."""
        ours = re.compile(r"flux.?status(?!\.lock)")  # that is one of pipx
        return [p for p in self.home.rglob("*") if ours.search(p.name) and ".cache" not in p.parts]


@pytest.fixture(name="place")
def _place(clean_room: Room, tmp_path: Path, kubectl: Path) -> Place:
    return Place(clean_room, tmp_path, kubectl)


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Path:
    """Copy what a checkout has, into a folder with a difficult name."""
    copy = tmp_path / "a 'checkout'"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "dist", "tests", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    return copy


def test_every_way_is_tried() -> None:
    """Each method of the page is run by one of the tests here, and all can be uninstalled."""
    tried = {"pipx", "uv", "pip", "Release archive", "One file", "Checkout", "Flux CLI plugin"}
    tried.add(NOTHING)
    assert set(WAYS) == tried | ELSEWHERE
    assert {name: len(commands) for name, commands in WAYS.items()} == {
        name: 1 if name == NOTHING else 2 for name in WAYS
    }


def check(place: Place, *, verified: int = 0) -> None:
    """Check that kubectl finds it, and that all of it is there."""
    assert place.flux_status("--version").startswith("kubectl flux-status ")
    assert "fail" in place.flux_status("--demo", code=1)
    assert "Usage: kubectl flux-status [OPTIONS] [COMMAND]" in place.flux_status("--help")
    place.flux_status("version", "--verify", code=verified)
    assert place.flux_status("completion", "zsh").startswith("#compdef")
    asked = run("kubectl", "__complete", "flux-status", "--fail-", env=place.room)
    assert "--fail-on\t" in asked.stdout
    assert "warning" not in run("kubectl", "plugin", "list", env=place.room).stderr


def check_gone(place: Place) -> None:
    """Check that it is gone, with all that it brought."""
    assert "unknown command" in run("kubectl", "flux-status", env=place.room, code=1).stderr
    assert place.traces() == []


def test_pip(place: Place) -> None:
    """By pip, in an environment."""
    place.shell("python3 -m venv --without-pip ~/venv", ROOT)  # making that takes its time
    place.needs("pip")
    place.network["PIP_PYTHON"] = f"{place.home}/venv/bin/python"
    place.room["PATH"] = f"{place.home}/venv/bin:{place.room['PATH']}"
    place.shell(WAYS["pip"][0], ROOT)
    check(place)
    page = place.home / "venv" / "share" / "man" / "man1" / "kubectl-flux_status.1"
    assert page.read_bytes() == (ROOT / "docs" / "kubectl-flux_status.1").read_bytes()
    changed = next(place.home.glob("venv/lib/*/site-packages/fluxstatus/model/kinds.py"))
    changed.write_text(changed.read_text() + "# changed\n")
    assert "kinds.py: changed" in place.flux_status("version", "--verify", code=1)
    place.shell(WAYS["pip"][1], ROOT)
    check_gone(place)


@pytest.mark.parametrize("way", ["pipx", "uv"])
def test_tool(place: Place, way: str) -> None:
    """By pipx and by uv, which make an environment for it."""
    install, remove = WAYS[way]
    place.needs(way)
    place.shell(install, ROOT)
    check(place)
    place.shell(remove, ROOT)
    check_gone(place)


def test_nothing(place: Place) -> None:
    """By uvx, without installing anything."""
    [install] = WAYS[NOTHING]
    place.needs("uvx", "uv")
    assert "fail" in place.shell(install, ROOT, code=1)
    assert place.traces() == []


def test_archive(place: Place, dist: Path) -> None:
    """Unpacked, and linked onto PATH."""
    install, remove = WAYS["Release archive"]
    place.needs("tar", "gzip")
    place.shell(install, dist)
    check(place)
    place.shell(remove, dist)
    check_gone(place)


def test_one_file(place: Place, dist: Path) -> None:
    """In one file, copied into PATH; what it unpacks is gone with it."""
    install, remove = WAYS["One file"]
    place.shell(install, dist)
    check(place)
    place.shell(remove, dist)
    check_gone(place)
    assert not [*place.home.rglob("*flux-status*")]


def test_checkout(place: Place, checkout: Path) -> None:
    """From a checkout, linked onto PATH; its first start makes its environment."""
    install, remove = WAYS["Checkout"]
    place.shell(install, checkout)
    place.room |= place.network
    check(place, verified=3)
    place.shell(remove, checkout)
    check_gone(place)


def test_copied_launcher(checkout: Path, place: Place) -> None:
    """A launcher copied out of its folder reports what is missing, without a traceback."""
    alone = place.home / ".local" / "bin" / NAME
    alone.parent.mkdir(parents=True)
    shutil.copy(checkout / NAME, alone)
    done = run("kubectl", "flux-status", "--version", env=place.room, code=2)
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert "link" in done.stderr


_CATALOG = re.compile(r"(?<=FLUXCD_PLUGIN_CATALOG=)\S+")


def test_flux_plugin(place: Place, dist: Path, server: str) -> None:
    """By the real `flux plugin install`, from the files of a release; flux completes it."""
    flux = build.programs("flux")["flux"]
    install, remove = WAYS["Flux CLI plugin"]
    release = f"{version.homepage()}/releases"
    assert f"{release}/latest/download/" in install
    for name in ("status.yaml", "catalog.yaml"):
        text = (dist / name).read_text().replace(f"{release}/download/{version.TAG}", server)
        (dist / f"test-{name}").write_text(text)
    env = {**place.room, "PATH": f"{flux.parent}:{place.room['PATH']}"}
    place.room = env
    try:
        # A catalog is an address to which the name of a file is added.
        place.shell(_CATALOG.sub(f"{server}/test-", install), dist)
        searched = {**env, "FLUXCD_PLUGIN_CATALOG": f"{server}/test-"}
        assert "Check Flux health" in run("flux", "plugin", "search", env=searched).stdout
    finally:
        for name in ("status.yaml", "catalog.yaml"):
            (dist / f"test-{name}").unlink()
    assert "Usage: flux status [OPTIONS] [COMMAND]" in run("flux", "status", "-h", env=env).stdout
    assert "fail" in run("flux", "status", "--demo", env=env, code=1).stdout
    assert run("flux", "status", "version", "--verify", env=env).stdout
    assert "--fail-on" in run("flux", "__complete", "status", "--fail-", env=env).stdout
    assert "fail" in place.flux_status("--demo", code=1)
    assert version.TAG.removeprefix("v") in run("flux", "plugin", "list", env=env).stdout
    place.shell(remove, dist)
    assert not [*place.home.rglob("*flux-status*")]

"""The list of a client, started for real, and what `mcp status` reads: they say the same."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest

from fluxstatus.mcp.client import Location
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import NAME, Entry
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.plan import plan_drop, plan_put
from fluxstatus.mcp.scan import scan
from tests.conftest import CACHE

pytestmark = pytest.mark.clients


class Real(NamedTuple):
    """A client of the registry: its package, the command that lists servers, and what moves it.

    `line` is a pattern of the lines that count in the list.
    """

    package: str
    argv: tuple[str, ...]
    moved: str = ""
    trust: Callable[["Desk"], None] | None = None
    program: str = ""
    line: str = r".+"


class Desk:
    """A home with a repository, a folder in it, and the program of a client."""

    def __init__(self, home: Path, client: str, moved: Mapping[str, str]) -> None:
        self.home, self.client, self.real = home, CLIENTS[client], REAL[client]
        self.repository = home / "repository"
        self.here = self.repository / "here"
        self.here.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", str(self.repository)], check=True)
        self.environ = {"HOME": str(home), "PATH": os.environ["PATH"], **moved}
        self.host = Host("linux", self.environ, self.here)

    def entry(self, tag: str) -> Entry:
        """Return an entry that can be told from others in a list, even if that cuts lines."""
        return Entry(NAME, "/bin/true", (f"--kube-context={tag}", "serve", "--read-only=true"))

    def put(self, at: Location, tag: str) -> None:
        """Write an entry into the file *at*."""
        at.path.parent.mkdir(parents=True, exist_ok=True)
        value = at.schema.write(self.entry(tag))
        text = at.path.read_text() if at.path.exists() else ""
        at.path.write_text(self.client.set(text, NAME, value, at))

    def listed(self) -> set[str]:
        """Return the tags of the entries that the client lists."""
        path = installed(self.real)
        done = subprocess.run(
            [path, *self.real.argv], cwd=self.here, env=self.environ, capture_output=True,
            text=True, check=False, timeout=600,
        )  # fmt: skip
        lines = re.findall(self.real.line, done.stdout + done.stderr, re.MULTILINE)
        return set(re.findall(r"--kube-context=(\w+)", "\n".join(lines)))

    def ours(self) -> set[str]:
        """Return the tags of the entries that the client starts, as far as we know."""
        [found] = scan(self.host, {self.client.name: self.client})
        return {one.entry.context for one in found.started}


def _trust_claude(desk: Desk) -> None:
    (desk.home / ".claude").mkdir(exist_ok=True)
    settings = json.dumps({"enableAllProjectMcpServers": True})
    (desk.home / ".claude" / "settings.json").write_text(settings)


def _trust_codex(desk: Desk) -> None:
    config = desk.home / ".codex" / "config.toml"
    trust = f'\n[projects."{desk.repository}"]\ntrust_level = "trusted"\n'
    config.write_text(config.read_text() + trust)


def _trust_copilot(desk: Desk) -> None:
    trusted = json.dumps({"trustedFolders": [str(desk.repository)]})
    (desk.home / ".copilot" / "config.json").write_text(trusted)


def trust_gemini(desk: Desk) -> None:
    """Trust the repository: without that, Gemini starts nothing."""
    [folder] = desk.host.paths("gemini")
    folder.mkdir(parents=True, exist_ok=True)
    trusted = json.dumps({str(desk.repository): "TRUST_FOLDER"})
    (folder / "trustedFolders.json").write_text(trusted)


_LIST = ("mcp", "list")
REAL = {
    "claude-code": Real(
        "@anthropic-ai/claude-code@2.1.197",
        _LIST,
        "CLAUDE_CONFIG_DIR",
        _trust_claude,
        line=rf"^{NAME}: .+",  # below, it names those that conflict
    ),
    "codex": Real("@openai/codex@0.171.0", _LIST, "CODEX_HOME", _trust_codex),
    "gemini": Real("@google/gemini-cli@0.61.0", _LIST, "GEMINI_CLI_HOME", trust_gemini),
    "qwen": Real("@qwen-code/qwen-code@0.15.10", _LIST, "QWEN_HOME"),
    "copilot": Real(
        "@github/copilot@1.0.102", ("mcp", "get", NAME), "COPILOT_HOME", _trust_copilot
    ),
    "opencode": Real("opencode-ai@1.18.33", ("debug", "config"), "OPENCODE_CONFIG_DIR"),
    "kilo": Real(
        "@kilocode/cli-linux-x64@7.7.9",
        ("debug", "config"),
        "KILO_CONFIG_DIR",
        program="node_modules/@kilocode/cli-linux-x64/bin/kilo",
    ),
    "auggie": Real("@augmentcode/auggie@0.36.0", _LIST),
}


def installed(real: Real) -> Path:
    """Install the client once, in the cache folder, and return its program."""
    folder = CACHE / "kubectl-flux-status-tests" / "clients" / re.sub(r"\W+", "-", real.package)
    name = next(c.program for n, c in CLIENTS.items() if REAL.get(n) is real)
    path = folder / (real.program or f"node_modules/.bin/{name}")
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", f"--prefix={folder}",
             real.package], check=True, timeout=800, cwd=folder,
            env={**os.environ, "HOME": str(CACHE.parent)},
        )  # fmt: skip
    return path


@pytest.fixture(name="desk", params=REAL)
def _desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home", request.param, {})


def test_the_entry_of_the_user(desk: Desk) -> None:
    """What setup writes is in the client's list; after remove it is not."""
    if desk.client.name == "gemini":
        assert desk.ours() == set()
        trust_gemini(desk)
    for tag in ("first", "second"):
        [change] = plan_put(desk.client, desk.host, desk.entry(tag), own_command=False)
        change.apply(desk.host)
        assert desk.listed() == desk.ours() == {tag}
    [change] = plan_drop(desk.client, desk.host, desk.entry("second"), own_command=False)
    change.apply(desk.host)
    assert desk.listed() == desk.ours() == set()


def test_the_files_of_the_folder(desk: Desk) -> None:
    """An entry of each file of the folder replaces that of the user, in the client's order."""
    locations = list(desk.client.locations(desk.host))
    user = desk.client.target(desk.host)
    desk.put(user, "user")
    if desk.real.trust and desk.client.name != "gemini":  # that starts nothing at all
        for at in (one for one in locations if one.place.is_of_folder):
            desk.put(at, "folder")
        if desk.client.name != "copilot":  # its `mcp get` shows what it would start
            assert desk.listed() == desk.ours() == {"user"}
        for at in (one for one in locations if one.place.is_of_folder):
            at.path.unlink(missing_ok=True)
    if desk.real.trust:
        desk.real.trust(desk)
    numbered = enumerate(reversed([at for at in locations if at != user]))
    for file, group in groupby(numbered, key=lambda pair: pair[1].place.file):
        if not file.startswith("xdg/"):  # the user's other files there
            for number, at in group:
                desk.put(at, f"n{number}")
            assert desk.listed() == desk.ours() == {f"n{number}"}, file


@pytest.mark.parametrize("client", [name for name, real in REAL.items() if real.moved])
def test_a_home_that_is_elsewhere(tmp_path: Path, client: str) -> None:
    """With the client's variable, setup writes where the client then looks, and only there."""
    desk = Desk(tmp_path / "home", client, {REAL[client].moved: str(tmp_path / "moved")})
    (tmp_path / "moved").mkdir()
    if client in ("opencode", "kilo"):  # the file must exist: the usual one is read, too
        (tmp_path / "moved" / f"{client}.json").write_text("{}")
    if client == "gemini":
        trust_gemini(desk)
    [change] = plan_put(desk.client, desk.host, desk.entry("moved"), own_command=False)
    change.apply(desk.host)
    assert change.path.is_relative_to(tmp_path / "moved")
    assert desk.listed() == desk.ours() == {"moved"}

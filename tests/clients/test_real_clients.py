"""The list of a client, started for real, and what `mcp status` reads: they say the same."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fluxstatus.mcp.client import Location
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import NAME, Entry
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.plan import plan_drop, plan_put
from fluxstatus.mcp.scan import scan
from tests.clients.leftovers import end, processes_of
from tests.conftest import CACHE
from tests.fakes.programs import program

pytestmark = pytest.mark.clients


class Real(NamedTuple):
    """A client of the registry: its package, the command that lists servers, and what moves it.

    `line` is a pattern of the lines that count in the list. A client with `starts` lists no
    arguments: its command starts the servers, or a session that does, with the variables `environ`,
    and `prepare` gives it a model that cannot be reached. Without npm, `python` is the version of
    Python that the package of PyPI needs.
    """

    package: str
    argv: tuple[str, ...]
    moved: str = ""
    trust: Callable[["Desk"], None] | None = None
    program: str = ""
    line: str = r".+"
    starts: bool = False
    prepare: Callable[["Desk"], None] | None = None
    environ: Mapping[str, str] = {}
    python: str = ""


class Desk:
    """A home with a repository, a folder in it, and the program of a client."""

    def __init__(self, home: Path, client: str, moved: Mapping[str, str]) -> None:
        self.home, self.client, self.real = home, CLIENTS[client], REAL[client]
        self.repository = home / "repository"
        self.here = self.repository / "here"
        self.here.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", str(self.repository)], check=True)
        self.environ = {"HOME": str(home), "PATH": os.environ["PATH"], **moved}
        self.system = home.parent / "system"  # with the files of an administrator
        self.host = Host("linux", self.environ, self.here, str(self.system))
        self.started = home / "started"
        program(home / "record", f"echo \"$@\" >> '{self.started}'")
        if self.real.prepare:
            self.real.prepare(self)

    def entry(self, tag: str) -> Entry:
        """Return an entry that can be told from others in a list, even if that cuts lines."""
        command = str(self.home / "record") if self.real.starts else "/bin/true"
        return Entry(NAME, command, (f"--kube-context={tag}", "serve", "--read-only=true"))

    def put(self, at: Location, tag: str) -> None:
        """Write an entry into the file *at*."""
        at.path.parent.mkdir(parents=True, exist_ok=True)
        value = at.schema.write(self.entry(tag))
        text = at.path.read_text() if at.path.exists() else ""
        at.path.write_text(self.client.set(text, NAME, value, at))

    def listed(self) -> set[str]:
        """Return the tags of the entries that the client lists, or starts."""
        self.started.unlink(missing_ok=True)
        done = self.run(*self.real.argv)
        text = done.stdout + done.stderr
        if self.real.starts:
            text = self.started.read_text() if self.started.exists() else ""
        lines = re.findall(self.real.line, text, re.MULTILINE)
        return set(re.findall(r"--kube-context=(\w+)", "\n".join(lines)))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the client with *words*, on a machine with the files of the administrator."""
        argv = [str(installed(self.real)), *words]
        if self.system.exists():
            script = 'mount -t overlay overlay -o "lowerdir=$0:/etc" /etc && exec "$@"'
            argv = ["unshare", "-m", "sh", "-c", script, str(self.system / "etc"), *argv]
        return subprocess.run(
            argv, cwd=self.here, env={**self.environ, **self.real.environ}, capture_output=True,
            text=True, check=False, timeout=600, stdin=subprocess.DEVNULL,
        )  # fmt: skip

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


def _prepare_cline(desk: Desk) -> None:
    desk.run("auth", "-p", "openai", "-k", "none", "-m", "none", "-b", NOWHERE)


def _prepare_continue(desk: Desk) -> None:
    model = {"name": "none", "provider": "openai", "model": "none", "apiKey": "none"}
    config = desk.host.base("continue")
    Path(config).mkdir(parents=True)
    lines = [f"{key}: {value}" for key, value in {**model, "apiBase": NOWHERE}.items()]
    text = "name: Main Config\nversion: 1.0.0\nschema: v1\nmodels:\n  - " + "\n    ".join(lines)
    Path(config, "config.yaml").write_text(f"{text}\n")


NOWHERE = "http://127.0.0.1:9"
_LIST = ("mcp", "list")
REAL = {
    "claude-code": Real(
        "@anthropic-ai/claude-code@2.1.197",
        _LIST,
        "CLAUDE_CONFIG_DIR",
        _trust_claude,
        line=rf"^{NAME}: .+",  # below, it names those that conflict
    ),
    "codex": Real(
        "@openai/codex@0.171.0", _LIST, "CODEX_HOME", _trust_codex, line=r"^(?!.*disabled).+"
    ),
    "gemini": Real(
        "@google/gemini-cli@0.61.0",
        _LIST,
        "GEMINI_CLI_HOME",
        trust_gemini,
        line=r"^(?!.*Blocked).+",
    ),
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
    "droid": Real(
        "@factory/cli-linux-x64@0.225.2",
        _LIST,
        "FACTORY_HOME_OVERRIDE",
        program="node_modules/@factory/cli-linux-x64/bin/droid",
        starts=True,  # to list them with their state
    ),
    "amp": Real(
        "@sourcegraph/amp@0.0.1790142911-g7618fb",
        _LIST,
        line=rf"\A[\s\S]*?^  {NAME} .+",  # it lists what wins first
    ),
    "continue": Real(
        "@continuedev/cli@1.5.47",
        ("-p", "hello"),
        "CONTINUE_GLOBAL_DIR",
        starts=True,
        prepare=_prepare_continue,
    ),
    "cline": Real(
        "cline@3.0.65", ("hello to all",), "CLINE_DIR", starts=True, prepare=_prepare_cline
    ),
    "vibe": Real(
        "mistral-vibe==3.0.2",
        ("-p", "hello", "--trust"),
        "VIBE_HOME",
        starts=True,
        environ={
            "MISTRAL_API_KEY": "none",
            "HTTPS_PROXY": NOWHERE,
            "VIBE_API_RETRY_MAX_ELAPSED_TIME": "1",
        },
        python="3.13",
    ),
}


def installed(real: Real) -> Path:
    """Install the client once, in the cache folder, and return its program."""
    name = next(c.program for n, c in CLIENTS.items() if REAL.get(n) is real)
    if not real.python:
        return from_npm(real.package, real.program or f"node_modules/.bin/{name}")
    folder = _folder(real.package)
    path = folder / (real.program or f"bin/{name}")
    if not path.exists():
        subprocess.run([_python(real.python), "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", real.package], check=True)
    return path


def from_npm(package: str, program: str) -> Path:
    """Install a *package* once, in the cache folder, and return the path of its *program*."""
    folder = _folder(package)
    if not (folder / program).exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", f"--prefix={folder}",
             package], check=True, timeout=800, cwd=folder,
            env={**os.environ, "HOME": str(CACHE.parent)},
        )  # fmt: skip
    return folder / program


def _folder(package: str) -> Path:
    return CACHE / "kubectl-flux-status-tests" / "clients" / re.sub(r"\W+", "-", package)


def _python(version: str) -> str:
    """Return the path of that Python, which pyenv may have; skip the test without one."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python"))
    path = shutil.which(f"python{version}") or (str(kept[-1]) if kept else None)
    return path or pytest.skip(f"Python {version} is not installed")


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    """End what a client has started in the background, such as the hub of Cline."""
    yield
    end(tmp_path / "home")
    assert not list(processes_of(tmp_path / "home"))


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
    """An entry of each file that wins over the user's replaces it, in the client's order."""
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
    numbered = enumerate(reversed(locations[: locations.index(user)]))
    for file, group in groupby(numbered, key=lambda pair: pair[1].place.file):
        if not file.startswith("xdg/"):  # the user's other files there
            for number, at in group:
                desk.put(at, f"n{number}")
            assert desk.listed() == desk.ours() == {f"n{number}"}, file


@pytest.mark.parametrize("client", [name for name, real in REAL.items() if real.moved])
def test_a_home_that_is_elsewhere(tmp_path: Path, client: str) -> None:
    """With the client's variable, setup writes where the client then looks, and only there."""
    desk = Desk(tmp_path / "home", client, {REAL[client].moved: str(tmp_path / "moved")})
    (tmp_path / "moved").mkdir(exist_ok=True)
    if client in ("opencode", "kilo"):  # the file must exist: the usual one is read, too
        (tmp_path / "moved" / f"{client}.json").write_text("{}")
    if client == "gemini":
        trust_gemini(desk)
    [change] = plan_put(desk.client, desk.host, desk.entry("moved"), own_command=False)
    change.apply(desk.host)
    assert change.path.is_relative_to(tmp_path / "moved")
    assert desk.listed() == desk.ours() == {"moved"}


@pytest.mark.parametrize("client", ["opencode", "kilo"])
def test_a_variable_with_the_content_of_a_file(tmp_path: Path, client: str) -> None:
    """It wins over the files of the user and of the folder."""
    variable = f"{client.upper()}_CONFIG_CONTENT"
    desk = Desk(tmp_path / "home", client, {variable: json.dumps(_OPENCODE)})
    desk.put(desk.client.target(desk.host), "user")
    for at in desk.client.locations(desk.host):
        if at.place.is_of_folder:
            desk.put(at, "folder")
    assert desk.listed() == desk.ours() == {"managed"}


_SERVER = {"command": "/bin/true", "args": ["--kube-context=managed"]}
_SERVERS = {"mcpServers": {NAME: _SERVER}}
_TABLE = f'[mcp_servers.{NAME}]\ncommand = "/bin/true"\nargs = ["--kube-context=managed"]\n'
_OPENCODE = {"mcp": {NAME: {"type": "local", "command": ["/bin/true", "--kube-context=managed"]}}}
_REQUIRED = f"[mcp_servers.{NAME}.identity]\ncommand = "


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount files over /etc")
@pytest.mark.parametrize(
    ("client", "path", "content", "tags"),
    [
        ("claude-code", "claude-code/managed-mcp.json", _SERVERS, {"managed"}),
        ("claude-code", "claude-code/managed-mcp.json", {"mcpServers": {}}, set()),
        ("claude-code", "claude-code/managed-settings.json",
         {"deniedMcpServers": [{"serverName": NAME}]}, set()),
        ("claude-code", "claude-code/managed-settings.d/a.json",
         {"allowedMcpServers": [{"serverName": "other"}]}, set()),
        ("claude-code", "claude-code/managed-settings.json",
         {"allowedMcpServers": [{"serverName": NAME}]}, {"user"}),
        ("claude-code", "claude-code/managed-settings.json",
         {"strictPluginOnlyCustomization": ["mcp"]}, set()),
        ("codex", "codex/managed_config.toml", _TABLE, {"managed"}),
        ("codex", "codex/config.toml", _TABLE, {"user"}),
        ("codex", "codex/requirements.toml", "[mcp_servers]\n", set()),
        ("codex", "codex/requirements.toml", f'{_REQUIRED}"/bin/true"\n', {"user"}),
        ("codex", "codex/requirements.toml", f'{_REQUIRED}"/bin/false"\n', set()),
        ("gemini", "gemini-cli/settings.json", _SERVERS, {"managed"}),
        ("gemini", "gemini-cli/system-defaults.json", _SERVERS, {"user"}),
        ("gemini", "gemini-cli/settings.json", {"mcp": {"excluded": [NAME]}}, set()),
        ("gemini", "gemini-cli/settings.json", {"mcp": {"allowed": ["other"]}}, set()),
        ("qwen", "qwen-code/settings.json", _SERVERS, {"managed"}),
        ("qwen", "qwen-code/system-defaults.json", _SERVERS, {"user"}),
        ("opencode", "opencode/opencode.json", _OPENCODE, {"managed"}),
        ("opencode", "opencode/opencode.jsonc", _OPENCODE, {"managed"}),
        ("kilo", "kilo/kilo.json", _OPENCODE, {"managed"}),
        ("kilo", "kilo/kilo.jsonc", _OPENCODE, {"managed"}),
        ("kilo", "kilo/opencode.json", _OPENCODE, {"managed"}),
        ("auggie", "augment/settings.json", _SERVERS, {"managed"}),
    ],
)  # fmt: skip
def test_what_an_administrator_places(
    tmp_path: Path, client: str, path: str, content: Any, tags: set[str]
) -> None:
    """What wins over the user's entry for the client wins for us; so does what forbids it."""
    desk = Desk(tmp_path / "home", client, {})
    if client == "gemini":
        trust_gemini(desk)
    [change] = plan_put(desk.client, desk.host, desk.entry("user"), own_command=False)
    change.apply(desk.host)
    file = desk.system / "etc" / path
    file.parent.mkdir(parents=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    assert desk.listed() == desk.ours() == tags

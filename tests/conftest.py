"""Fixtures of all tests: no real cluster is reachable, and ways to run the program."""

import gc
import json
import os
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from hypothesis import settings

from tests import forking
from tests.fakes.processes import MARK
from tests.fakes.scripted import Api, scripted

# How long an example takes is the machine's business, not a property.
settings.register_profile("flux-status", deadline=None)
settings.load_profile("flux-status")

pytest_plugins = ["tests.time_limit", "tests.kubernetes.fixtures", "tests.install.fixtures"]

ROOT = Path(__file__).parent.parent
RECORDED = ROOT / "tests" / "recorded"
CACHE = Path.home() / ".cache"
"""Where what is expensive is kept, also while a test has a home of its own."""

# A test that forgets to choose a cluster gets this one, which nobody can reach.
NOBODYS = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "nobodys",
    "clusters": [{"name": "nobodys", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "nobody", "user": {"token": "none"}}],
    "contexts": [{"name": "nobodys", "context": {"cluster": "nobodys", "user": "nobody"}}],
}
_DECIDED_BY_THE_TEST = (
    *("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "KUBECTL_PATH", "KUBERNETES_SERVICE_HOST"),
    *("PYTHONIOENCODING", "PYTHONUTF8", "LC_ALL", "DISPLAY", "WAYLAND_DISPLAY"),
    *("XDG_CONFIG_HOME", "XDG_STATE_HOME", "CODEX_HOME", "COPILOT_HOME", "CLAUDE_CONFIG_DIR"),
    *("GEMINI_CLI_HOME", "QWEN_HOME", "OPENCODE_CONFIG", "OPENCODE_CONFIG_DIR", "KILO_CONFIG"),
    *("KUBECTL_FLUX_STATUS_PYTHON", "PYTHONDONTWRITEBYTECODE"),
)


@pytest.fixture(name="homes", scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for the homes of all tests."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, homes: Path) -> None:
    """Hide the user's clusters and settings from the test and all that it starts."""
    # Not by pytest, which reads the names of all earlier ones to find a new one.
    home = Path(tempfile.mkdtemp(dir=homes))
    monkeypatch.setenv(MARK, str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", os.environ.get("XDG_CACHE_HOME", str(CACHE)))
    monkeypatch.setenv("HOME", str(home))
    kubeconfig = home / "kubeconfig"
    kubeconfig.write_text(json.dumps(NOBODYS))
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in _DECIDED_BY_THE_TEST:
        monkeypatch.delenv(name, raising=False)
    forking.usual()


def pytest_configure() -> None:
    """Prepare this process and each of pytest-xdist's."""
    pass_on_signals()


def pass_on_signals() -> None:
    """Let programs that tests start receive the signals that this process ignores.

    nohup and a shell's background jobs have it ignore some. A program inherits that, but not a
    handler (exec(2)); the one that is set here ignores the signal as well.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected, nor in them afterwards: they all stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests: at the end other processes would wait for them."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


Program = Callable[..., CompletedProcess[str]]
"""Runs the program: its arguments; `env` is added to the environment.

The rest is for `forking.run`, or for `subprocess.run` where a test is marked `started`.
"""


@pytest.fixture(name="flux_status")
def _flux_status(request: pytest.FixtureRequest) -> Program:
    run = forking.started if request.node.get_closest_marker("started") else forking.run

    def flux_status(
        *arguments: str | Path, env: Mapping[str, str] | None = None, **more: Any
    ) -> CompletedProcess[str]:
        return run(arguments, env={**os.environ, **(env or {})}, **more)

    return flux_status


@pytest.fixture(name="api")
def _api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """Run a scripted API server; the kubectl on PATH and the kubeconfig lead to it."""
    with scripted(tmp_path) as api:
        monkeypatch.setenv("KUBECONFIG", str(api.kubeconfig))
        folders = (str(api.kubectl.path.parent), "/usr/bin", "/bin")
        monkeypatch.setenv("PATH", os.pathsep.join(folders))
        yield api

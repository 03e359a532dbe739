"""Time whole runs on a real API server, in turn with what they replace: python -m tests.bench.

Prints ratios: a machine's speed drifts, what is run side by side does not. Run it on an
otherwise idle machine. It is no test: no figure here makes anything fail.

    python -m tests.bench [OBJECTS …]      default: 50 1000 10000
"""

import gc
import multiprocessing
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.kubernetes import build
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.load import fleet
from tests.large_clusters import SHAPES, large

RUNS = 7
TOP = Path(__file__).parents[2]
LAUNCHER = TOP / "kubectl-flux_status"
FLOOR = Path(__file__).with_name("floor.py")
LARGEST = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations"

ONE_LINERS = (
    "kubectl get fluxinstance -A",
    "kubectl get pods -n flux-system",
    "flux-operator version",
    "kubectl get fluxinstance flux -n flux-system -o jsonpath={.status.conditions}",
    "kubectl get gitrepository -A",
    "kubectl get kustomization -A",
    "kubectl get helmrelease -A -o custom-columns=NAME:.metadata.name,R:.status.conditions[0]",
    "kubectl get fluxinstance,gitrepository,kustomization,helmrelease -A",
    "kubectl get events -n flux-system --sort-by=.lastTimestamp",
)
"""The page of documented commands that the check replaces."""

OBJECT = "kustomization/flux-system -n flux-system"
COMMANDS = {
    "get instance": ("kubectl get fluxinstance -A",),
    "get components": ("kubectl get pods -n flux-system",),
    "get sources --kind gitrepository": ("kubectl get gitrepository -A",),
    "get kustomizations": ("kubectl get kustomization -A",),
    "get kustomizations -o json": ("kubectl get kustomization -A -o json",),
    "get helmreleases": (
        "kubectl get helmrelease -A -o custom-columns=NAME:.metadata.name,R:.status.conditions[0]",
    ),
    "get all": ("flux-operator get all -A",),
    "get all --kind fluxinstance,gitrepository,kustomization,helmrelease": (
        "kubectl get fluxinstance,gitrepository,kustomization,helmrelease -A",
    ),
    "conditions fluxinstance/flux": (
        "kubectl get fluxinstance flux -n flux-system -o jsonpath={.status.conditions}",
    ),
    "events": ("kubectl get events -n flux-system --sort-by=.lastTimestamp",),
    "versions": ("flux-operator version",),
    f"credentials {OBJECT}": (
        "kubectl get gitrepository flux-system -n flux-system -o yaml",
        "kubectl get secret flux-system -n flux-system -o yaml",
    ),
    # A server-side dry run: the benchmark must not change what it measures.
    f"reconcile {OBJECT}": (f"kubectl annotate --overwrite --dry-run=server {OBJECT} a=b",),
    "preflight": (
        "kubectl version",
        "kubectl auth can-i --list",
        "kubectl get deployments -A -l app.kubernetes.io/part-of=flux",
        "kubectl get crds -l app.kubernetes.io/part-of=flux",
        "flux-operator version --client",
    ),
}
"""Commands, and the documented ones that each replaces.

`ui` is not among them: a tunnel takes a kubelet, and there is none here.
"""


class Run(NamedTuple):
    """One run of a command or of several: wall seconds, and the largest process in MiB."""

    seconds: float
    mebibytes: float


def run(command: tuple[str, ...], environment: Mapping[str, str]) -> Run:
    """Run *command* to its end, whatever its exit code."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0  # wait4 has taken it
    return Run(time.perf_counter() - begin, usage.ru_maxrss / 1024)


def run_all(lines: tuple[str, ...], environment: Mapping[str, str]) -> Run:
    """Run several commands one after another."""
    runs = [run(tuple(line.split()), environment) for line in lines]
    return Run(sum(r.seconds for r in runs), max(r.mebibytes for r in runs))


def side_by_side(
    rivals: Mapping[str, tuple[str, ...]], environment: Mapping[str, str]
) -> dict[str, list[Run]]:
    """Run each rival in turn, RUNS times over, after a run that is not counted."""
    found: dict[str, list[Run]] = {name: [] for name in rivals}
    for number in range(RUNS + 1):
        for name, lines in rivals.items():
            result = run_all(lines, environment)
            if number:
                found[name].append(result)
    return found


def rows(title: str, found: Mapping[str, list[Run]]) -> Iterator[str]:
    """Yield the medians, and the median of ours over each rival's, pair by pair."""
    ours = next(iter(found.values()))
    for name, runs in found.items():
        seconds = statistics.median(r.seconds for r in runs)
        ratio = statistics.median(a.seconds / b.seconds for a, b in zip(ours, runs, strict=True))
        peak = max(r.mebibytes for r in runs)
        yield f"{title:<8}{name:<34}{seconds * 1000:>9.0f} ms{peak:>8.0f} MiB{ratio:>8.2f}"
        title = ""


def bench_start(environment: Mapping[str, str]) -> Iterator[str]:
    """Time what needs no cluster, from an unpacked archive, in turn with Python alone."""
    with tempfile.TemporaryDirectory() as folder:
        launcher = unpack(Path(folder))
        environment = {
            **environment,
            "KUBECTL_FLUX_STATUS_PYTHON": sys.executable,
            "PYTHONPATH": str(launcher.parent / "lib"),  # for the rival; the launcher ignores it
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling is for the first run
        title = "start"
        for words in ("--version", "__complete --fail-", "__complete explain secret-", "--demo"):
            rivals = {
                words: (f"{launcher} {words}",),
                "without the launcher": (f"{sys.executable} -sS -m fluxstatus {words}",),
                "python -c pass": (f"{sys.executable} -c pass",),
            }
            yield from rows(title, side_by_side(rivals, environment))
            title = ""


def unpack(folder: Path) -> Path:
    """Build the archive, unpack it into *folder*, and give the launcher."""
    subprocess.run([TOP / ".ci" / "archive", folder], check=True, stdout=subprocess.DEVNULL)
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / LAUNCHER.name


def bench_causes() -> Iterator[str]:
    """Time the tracing of causes in a large cluster, for each shape of trouble."""
    for shape in SHAPES:
        seconds = []
        for _ in range(RUNS):
            analysis = large(shape, affected=3000, well=7000)
            gc.freeze()  # as collect() does with what it has read
            begin = time.perf_counter()
            _ = analysis.causes
            seconds.append(time.perf_counter() - begin)
            gc.unfreeze()
        yield f"causes  {shape:<34}{statistics.median(seconds) * 1000:>9.0f} ms"


def load(cluster: Cluster, count: int) -> None:
    """Put a healthy Flux and *count* objects into *cluster*; a third waits for one source."""
    cluster.clear()
    now = datetime.now(UTC)
    cluster.put([*flux_system(now), *fleet(count, now, blocked=count // 3)])


def bench_cluster(cluster: Cluster, count: int, environment: Mapping[str, str]) -> Iterator[str]:
    """Time the check on *count* Flux objects."""
    # In a process of its own: what starts the rivals must stay small, its size counts as theirs.
    loading = multiprocessing.get_context("fork").Process(target=load, args=(cluster, count))
    loading.start()
    loading.join()
    context = "--context=kfs-admin"
    rivals = {
        "kubectl flux-status": (f"{LAUNCHER} {context}",),
        "the documented one-liners": ONE_LINERS,
        "flux-operator get all -A": ("flux-operator get all -A",),
        "kubectl get --raw LARGEST LIST": (f"kubectl get --raw {LARGEST}",),
        "its lists and no check (floor.py)": (f"{sys.executable} {FLOOR} {context}",),
    }
    yield from rows(f"{count}", side_by_side(rivals, environment))


def bench_commands(count: int, environment: Mapping[str, str]) -> Iterator[str]:
    """Time each command of COMMANDS on *count* Flux objects, which are loaded already."""
    for words, lines in COMMANDS.items():
        rivals = {
            words[:33]: (f"{LAUNCHER} {words} --context=kfs-admin",),
            f"what it replaces ({len(lines)})": lines,
        }
        yield from rows(f"{count}", side_by_side(rivals, environment))


def main(counts: list[int]) -> None:
    """Print the table."""
    programs = {path.parent for path in build.programs("kubectl", "flux-operator").values()}
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    print(f"{'objects':<8}{'command':<34}{'median':>12}{'peak':>12}{'ours/it':>8}")  # noqa: T201
    for row in bench_start(environment):  # first: an API server that starts is busy
        print(row, flush=True)  # noqa: T201
    with Cluster() as cluster:
        cluster.install_crds()
        environment["KUBECONFIG"] = str(cluster.kubeconfig("admin"))
        for count in counts:
            for row in bench_cluster(cluster, count, environment):
                print(row, flush=True)  # noqa: T201
            for row in bench_commands(count, environment):
                print(row, flush=True)  # noqa: T201
    for row in bench_causes():  # last: what starts the rivals must stay small, see load
        print(row, flush=True)  # noqa: T201


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [50, 1000, 10_000])

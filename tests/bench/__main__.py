"""Time whole runs on a real API server, in turn with what they replace: python -m tests.bench.

Prints ratios: a machine's speed drifts, what is run side by side does not. Run it on an
otherwise idle machine. It is no test: no figure here makes anything fail.

    python -m tests.bench [--only check] [--beside CHECKOUT] [SHAPE …]

A SHAPE is a number of made-up objects, of which a third waits for one source, a number with "x",
such as 10000x, of which a third fails, each by itself, or a recorded cluster: healthy or zoo. The
default is healthy, zoo, 50, 1000 and 10000. With --beside, another
checkout is run in turn, too. The columns are the medians of the time and of the CPU time of all
processes, to the end of the last one, the mean of that of the program itself, the size of the
largest process, and ours as multiples of the three times.
"""

import argparse
import ctypes
import gc
import multiprocessing
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from fluxstatus.model import snapshot
from fluxstatus.model.inventory import unpacked
from fluxstatus.report import RENDER
from tests.kubernetes import build
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.load import fleet
from tests.kubernetes.objects import Object
from tests.large_clusters import SHAPES, large
from tests.live import replay

RUNS = 9
TOP = Path(__file__).parents[2]
RECORDED = {
    "healthy": TOP / "tests" / "recorded" / "cluster-healthy.json.gz",
    "zoo": TOP / "tests" / "recorded" / "zoo.json.gz",
}
DEFAULT = (*RECORDED, "50", "1000", "10000")
_EACH = "x"  # the end of a shape with faults of their own
_ADOPT = 36  # PR_SET_CHILD_SUBREAPER in linux/prctl.h
_TICKS = os.sysconf("SC_CLK_TCK")  # in a second
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
    """One run of a command, or of several.

    `seconds` is the time to the end of the command, `cpu` the CPU time of all that it started, to
    the end of that, `own` its own CPU time, to 10 ms. `mebibytes` is the size of the largest
    process.
    """

    seconds: float
    cpu: float
    own: float
    mebibytes: float


def run(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run *command* to its end, whatever its exit code."""
    others = _children()
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    seconds = time.perf_counter() - begin
    own = _own_cpu(process.pid)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0  # wait4 has taken it
    cpu = usage.ru_utime + usage.ru_stime
    for left in _children() - others:
        with suppress(ChildProcessError):
            _, _, more = os.wait4(left, 0)
            cpu += more.ru_utime + more.ru_stime
    return Run(seconds, cpu, own, usage.ru_maxrss / 1024)


def _own_cpu(pid: int) -> float:
    """Return the CPU time of the process *pid*, which has ended, without that of its children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _children() -> set[int]:
    """Return the children of this process, among them what the programs that ended have left."""
    return {
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text(encoding="utf-8").split()
    }


def run_all(lines: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run several commands one after another."""
    runs = [run(line.split(), environment) for line in lines]
    seconds, cpu, own, sizes = zip(*runs, strict=True)
    return Run(sum(seconds), sum(cpu), sum(own), max(sizes))


def side_by_side(
    rivals: Mapping[str, Sequence[str]], environment: Mapping[str, str]
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
    """Yield the times, and ours over each rival's: the medians of pairs, the mean of `own`."""
    ours = next(iter(found.values()))
    for name, runs in found.items():
        pairs = list(zip(ours, runs, strict=True))
        seconds = statistics.median(r.seconds for r in runs)
        cpu = statistics.median(r.cpu for r in runs)
        own = statistics.mean(r.own for r in runs)
        times = "".join(f"{each * 1000:>7.0f} ms" for each in (seconds, cpu, own))
        ratios = (
            statistics.median(a.seconds / b.seconds for a, b in pairs),
            statistics.median(a.cpu / b.cpu for a, b in pairs),
            statistics.mean(r.own for r in ours) / own if own else 0,
        )
        size = max(r.mebibytes for r in runs)
        yield f"{title:<8}{name:<34}{times}{size:>7.0f} MiB" + "".join(f"{r:>7.2f}" for r in ratios)
        title = ""


def bench_start(launchers: Mapping[str, Path], environment: Mapping[str, str]) -> Iterator[str]:
    """Time what needs no cluster, in turn with Python alone."""
    ours, *_ = launchers.values()
    # For the rival; the launcher ignores it.
    environment = {**environment, "PYTHONPATH": str(ours.parent / "lib")}
    title = "start"
    for words in ("--version", "__complete --fail-", "__complete explain secret-", "--demo"):
        rivals = {
            **{f"{words}{name}"[:33]: (f"{path} {words}",) for name, path in launchers.items()},
            "without the launcher": (f"{sys.executable} -sS -m fluxstatus {words}",),
            "python -c pass": (f"{sys.executable} -c pass",),
        }
        yield from rows(title, side_by_side(rivals, environment))
        title = ""


def unpack(checkout: Path, folder: Path) -> Path:
    """Build the archive of *checkout*, unpack it into *folder*, and return the launcher."""
    subprocess.run([checkout / ".ci" / "archive", folder], check=True, stdout=subprocess.DEVNULL)
    [archive] = folder.glob("kubectl-flux_status-*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "kubectl-flux_status"


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


def load(cluster: Cluster, shape: str) -> None:
    """Put the objects of *shape* into *cluster*."""
    cluster.clear()
    cluster.put(_recorded(RECORDED[shape]) if shape in RECORDED else _made_up(shape))


def _recorded(file: Path) -> Iterator[Object]:
    """Yield the objects of a recorded cluster, as if it had just been recorded."""
    evidence = snapshot.load(file)
    yield from replay.namespaces(evidence)
    yield from map(unpacked, replay.objects(evidence))


def _made_up(shape: str) -> Iterator[Object]:
    """Yield a healthy Flux and the objects of *shape*, of which a third does not work."""
    now, count = datetime.now(UTC), int(shape.removesuffix(_EACH))
    how = "failing" if shape.endswith(_EACH) else "blocked"
    yield from flux_system(now)
    yield from fleet(count, now, **{how: count // 3})


def bench_check(
    cluster: Cluster, shape: str, launchers: Mapping[str, Path], environment: Mapping[str, str]
) -> Iterator[str]:
    """Time the check on the objects of *shape*."""
    # In a process of its own: what starts the rivals must stay small, its size counts as theirs.
    loading = multiprocessing.get_context("fork").Process(target=load, args=(cluster, shape))
    loading.start()
    loading.join()
    if loading.exitcode:
        raise SystemExit(f"the objects of {shape} could not be loaded")
    context = "--context=kfs-admin"
    ours, *_ = launchers.values()
    reports = " ".join(f"--report={form}={ours.parent / 'report'}.{form}" for form in RENDER)
    rivals = {
        **{
            f"kubectl flux-status{name}": (f"{path} {context}",) for name, path in launchers.items()
        },
        "the same, with all of --report": (f"{ours} {context} {reports}",),
        "the documented one-liners": ONE_LINERS,
        "flux-operator get all -A": ("flux-operator get all -A",),
        "kubectl get --raw LARGEST LIST": (f"kubectl get --raw {LARGEST}",),
        "its lists and no check (floor.py)": (f"{sys.executable} {FLOOR} {context}",),
    }
    yield from rows(shape, side_by_side(rivals, environment))


def bench_commands(
    shape: str, launchers: Mapping[str, Path], environment: Mapping[str, str]
) -> Iterator[str]:
    """Time each command of COMMANDS on the objects of *shape*, which are loaded already."""
    ours, *_ = launchers.values()
    for words, lines in COMMANDS.items():
        rivals = {
            words[:33]: (f"{ours} {words} --context=kfs-admin",),
            f"what it replaces ({len(lines)})": lines,
        }
        yield from rows(shape, side_by_side(rivals, environment))


def measured(
    shapes: Sequence[str], only: Sequence[str], beside: Path | None, folder: Path
) -> Iterator[str]:
    """Yield the rows of the table; archives are unpacked into *folder*."""
    launchers = {"": unpack(TOP, folder / "ours")}
    if beside:
        launchers[f" of {beside.name}"] = unpack(beside, folder / "beside")
    programs = {path.parent for path in build.programs("kubectl", "flux-operator").values()}
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    more = {"PATH": path, "KUBECTL_FLUX_STATUS_PYTHON": sys.executable}
    environment = {**os.environ, **more}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling is for the first run
    if "start" in only:  # first: an API server that starts is busy
        yield from bench_start(launchers, environment)
    if "check" not in only:
        return
    with Cluster() as cluster:
        cluster.install_crds()
        environment["KUBECONFIG"] = str(cluster.kubeconfig("admin"))
        for shape in shapes:
            yield from bench_check(cluster, shape, launchers, environment)
            if "commands" in only and shape not in RECORDED:
                yield from bench_commands(shape, launchers, environment)


PARTS = ("start", "check", "commands", "causes")
"""What is measured; the commands only after the check."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("shapes", nargs="*", default=DEFAULT, metavar="SHAPE")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part")
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="run this in turn, too")
    asked = parser.parse_args()
    ctypes.CDLL(None).prctl(_ADOPT, 1)  # so that what a program leaves can be waited for
    print(  # noqa: T201
        f"{'objects':<8}{'command':<34}{'time':>10}{'all CPU':>10}{'own CPU':>10}{'size':>11}"
        f"{'ours/it':>7}{'CPU':>7}{'own':>7}"
    )
    only = asked.only or PARTS
    with tempfile.TemporaryDirectory() as folder:
        if {*only} != {"causes"}:
            for row in measured(asked.shapes, only, asked.beside, Path(folder)):
                print(row, flush=True)  # noqa: T201
    if "causes" in only:  # last: what starts the rivals must stay small, see bench_check
        for row in bench_causes():
            print(row, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

"""Turn recorded clusters into snapshots: python -m tests.recorded.convert RECORDINGS.

RECORDINGS holds states as the API server listed them: `base/` with what is cluster-wide, a
folder for each namespace scenario (together they were one cluster, the zoo), and `cluster-…/`
for each whole cluster. All that the product would have kept is kept, by the same gate.
"""

import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from fluxstatus.cluster.pruning import prune
from fluxstatus.commands.options import DEMO
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import (
    CONTROLLERS,
    OPERATORS,
    Answer,
    Evidence,
    Incomplete,
    Read,
    Target,
    Unread,
    Why,
)
from fluxstatus.model.kinds import FLUX_GROUPS, RESOURCES

HERE = Path(__file__).parent
_DEMO_NAMESPACES = (
    "git-fanout-30", "ks-suspended", "git-ssh-healthy", "healthy-chain", "healthy-fanout",
    "healthy-helm", "receiver-healthy", "rset-healthy",
)  # fmt: skip
"""A mid-sized cluster: one broken source that blocks many, one thing suspended, the rest well."""
_BY_PLURAL = {kind.plural: kind for kind in RESOURCES.values()}
_CORE = {"pods": "v1", "services": "v1", "events": "v1", "deployments": "apps/v1"}


def convert(recordings: Path, into: Path) -> None:
    """Write a snapshot of each cluster under *recordings*, and the truths, to *into*."""
    base = recordings / "base"
    scenarios = [d for d in sorted(recordings.iterdir()) if (d / "truth.json").exists()]
    zoo = [d for d in scenarios if not d.name.startswith("cluster-")]
    snapshot.save(into / "zoo.json.gz", evidence(base, [base / "flux-system", *zoo]))
    demo = [base / "flux-system", *(recordings / name for name in _DEMO_NAMESPACES)]
    snapshot.save(DEMO, evidence(base, demo, context="demo"))
    for cluster in scenarios:
        (into / "truths" / cluster.name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cluster / "truth.json", into / "truths" / cluster.name / "truth.json")
        if cluster.name.startswith("cluster-"):
            snapshot.save(into / f"{cluster.name}.json.gz", _whole(cluster))


def separately(recordings: Path, into: Path) -> None:
    """Write a snapshot of each state to *into*; of the zoo one for each namespace scenario."""
    base = recordings / "base"
    for truth in sorted(recordings.glob("*/truth.json")):
        state = truth.parent
        whole = state.name.startswith("cluster-")
        found = _whole(state) if whole else evidence(base, [base / "flux-system", state])
        snapshot.save(into / f"{state.name}.json.gz", found)


def _whole(cluster: Path) -> Evidence:
    return evidence(cluster, [cluster / "flux-system", *(cluster / "ns").glob("*")])


def evidence(cluster: Path, namespaces: Iterable[Path], context: str = "recorded") -> Evidence:
    """Return what the product would have collected of a recorded cluster."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for folder in sorted(namespaces):
        for file in sorted(folder.glob("*.json")):
            for query, item in _answers(file):
                found[query].append(item)
    served = _served(cluster)
    queries = [*served, CONTROLLERS, OPERATORS, "pods", "services", "events", "workload-pods"]
    meta = json.loads((cluster / "meta.json").read_text())
    version = json.loads((cluster / "version.json").read_text())["gitVersion"]
    target = Target(context, context, "https://127.0.0.1:6443", "admin", version)
    return Evidence(
        taken_at=datetime.fromisoformat(meta["recordedAt"]),
        target=target,
        answers={q: Read(tuple(found[q])) for q in queries} | _absent(served),
        served=served,
    )


def _answers(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each object in *file* with the question that the product would have asked for it."""
    plural = file.stem
    if plural not in _BY_PLURAL and plural not in _CORE:
        return
    listed = json.loads(file.read_text())
    for item in listed["items"]:
        whole = {"apiVersion": listed["apiVersion"], "kind": listed["kind"][:-4], **item}
        for query in _questions(plural, whole):
            yield query, prune(query, whole)


def _questions(plural: str, item: dict[str, Any]) -> Iterator[str]:
    labels = item["metadata"].get("labels", {})
    in_flux = item["metadata"].get("namespace") == "flux-system"
    if plural in _BY_PLURAL:
        yield _BY_PLURAL[plural].resource
    elif plural == "deployments":
        if labels.get("app.kubernetes.io/part-of") == "flux":
            yield CONTROLLERS
        if labels.get("app.kubernetes.io/name") == "flux-operator":
            yield OPERATORS
    elif plural == "pods":
        yield "pods" if in_flux else "workload-pods"
    elif plural == "events":
        if item.get("type") == "Warning":
            yield "events"
    elif in_flux:
        yield plural


def _served(cluster: Path) -> dict[str, str]:
    crds = json.loads((cluster / "crds.json").read_text())["items"]
    return {
        crd["name"]: version["name"]
        for crd in crds
        if crd["group"] in FLUX_GROUPS
        for version in crd["versions"]
        if version["served"]
    }


def _absent(served: dict[str, str]) -> dict[str, Answer]:
    return {
        name: Incomplete(Unread(Why.ABSENT, f"the API server does not serve {name}"))
        for name in RESOURCES
        if name not in served
    }


if __name__ == "__main__":
    convert(Path(sys.argv[1]), HERE)

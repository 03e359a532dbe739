"""As many made-up Flux objects as a benchmark wants: healthy, but for what one source blocks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from .flux_objects import git_repository, helm_chart, helm_release, helm_repository, kustomization
from .flux_system import NAMESPACE, sync_source
from .objects import Object, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_TEAM_SIZE = 50  # Flux objects in a namespace

# The one broken source.
BLOCKING = ("team-000", "monorepo")
FAILURE = (
    "failed to checkout and determine revision: unable to clone "
    "'https://git.example.com/team-000/monorepo.git': authentication required: Unauthorized"
)


def fleet(count: int, now: datetime, *, blocked: int = 0, failing: int = 0) -> list[Object]:
    """Return *count* Flux objects, and their namespaces; ``flux_system`` is what they run on.

    With *blocked* the GitRepository team-000/monorepo is broken and so many of the Kustomizations
    wait for it, every other one only for the one before. With *failing*, so many Kustomizations
    fail, each by itself. Raises ValueError for more than *count*.
    """
    objects = [*(_blocked(blocked, now) if blocked else ()), *_failing(failing, now)]
    rest = count - len(objects)
    if rest < 0:
        raise ValueError(f"{len(objects)} objects that do not work are more than {count}")
    for number, begin in enumerate(range(0, rest, _TEAM_SIZE)):
        objects += _team(f"team-{number:03}", min(_TEAM_SIZE, rest - begin), now)
    names = {one["metadata"]["namespace"] for one in objects} - {NAMESPACE}
    active = {"phase": "Active"}
    return [make("v1", "Namespace", name, now, status=active) for name in sorted(names)] + objects


def _blocked(count: int, now: datetime) -> list[Object]:
    namespace, name = BLOCKING
    url = f"https://git.example.com/{namespace}/{name}.git"
    source = git_repository(namespace, name, now, url=url, failure=FAILURE)
    no_artifact = ("ArtifactFailed", "Source artifact not found, retrying in 30s")
    blocked = []
    for number in range(count):
        before = f"blocked-{number - 1:04}"
        waits = number % 2 == 1
        blocked.append(
            kustomization(
                namespace,
                f"blocked-{number:04}",
                now,
                source=source,
                path=f"./deploy/blocked-{number:04}",
                depends_on=before if waits else None,
                failure=("DependencyNotReady", f"dependency '{namespace}/{before}' is not ready")
                if waits
                else no_artifact,
            )
        )
    return [source, *blocked]


def _failing(count: int, now: datetime) -> Iterator[Object]:
    """Yield *count* Kustomizations, each with a path of its own that does not exist."""
    source = sync_source(now)
    for number in range(count):
        name = f"failing-{number:04}"
        path, folder = f"./deploy/{name}", f"/tmp/kustomization-17/deploy/{name}"
        text = f"kustomization path not found: stat {folder}: no such file or directory"
        yield kustomization(
            f"team-{number // _TEAM_SIZE:03}", name, now, source=source, path=path,
            failure=("ArtifactFailed", text),
        )  # fmt: skip


def _team(team: str, size: int, now: datetime) -> list[Object]:
    labels = {
        "kustomize.toolkit.fluxcd.io/name": team,
        "kustomize.toolkit.fluxcd.io/namespace": NAMESPACE,
    }
    members = list(itertools.islice(_members(team, labels, now), size - 1))
    # helm-controller makes the HelmCharts; all else the team's own Kustomization has applied.
    inventory = [_id(one) for one in members if one["kind"] != "HelmChart"]
    path = f"./teams/{team}"
    return [
        kustomization(
            NAMESPACE, team, now, source=sync_source(now), path=path, inventory=inventory
        ),
        *members,
    ]


def _members(team: str, labels: dict[str, str], now: datetime) -> Iterator[Object]:
    url = f"https://git.example.com/{team}/apps.git"
    source = git_repository(team, "apps", now, url=url, labels=labels)
    yield source
    charts = f"https://charts.example.com/{team}"
    yield helm_repository(team, "charts", now, url=charts, labels=labels)
    for number in itertools.count():
        for part in ("config", "backend", "frontend"):
            name = f"app-{number:02}-{part}"
            applied = [
                f"{team}_{name}_{kind}"
                for kind in ("_ConfigMap", "_Service", "_ServiceAccount", "apps_Deployment")
            ]
            path = f"./deploy/{name}"
            yield kustomization(
                team, name, now, source=source, path=path, inventory=applied, labels=labels
            )
        release = f"app-{number:02}-database"
        yield helm_chart(team, release, now, repository="charts")
        yield helm_release(team, release, now, repository="charts", labels=labels)


def _id(one: Object) -> str:
    group = one["apiVersion"].rpartition("/")[0]
    return f"{one['metadata']['namespace']}_{one['metadata']['name']}_{group}_{one['kind']}"

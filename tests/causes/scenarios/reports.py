"""What is reported of a made-up cluster, for the scenarios."""

from datetime import timedelta
from typing import Any

from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from tests.builders import (
    HEALTHY,
    alter,
    flux,
    kind_and_name,
    reference,
    report,
)

LONG: dict[str, Any] = {"age": timedelta(hours=9)}


STORAGE = "http://source-controller.flux-system.svc.cluster.local./gitrepository/apps/git/a.tar.gz"


NO_DOWNLOAD = {
    "Ready": f"False ArtifactFailed: failed to download archive: GET {STORAGE} giving up after 10 "
    "attempt(s): dial tcp 10.96.1.2:80: i/o timeout"
}


def problem(*objects: Object, **more: Any) -> list[Finding]:
    """Return the fails and warnings of the whole report on a cluster with *objects*."""
    found = report(*objects, **more).faults
    return [f for f in found if f.level in (Level.FAIL, Level.WARN)]


def only(*objects: Object, of: str, blocks: str, **more: Any) -> Finding:
    """Return the only finding, which must be *of* "Kind/name" and block exactly *blocks*."""
    found = problem(*objects, **more)
    assert [kind_and_name(f.object) for f in found if f.object] == [of]
    assert sorted(kind_and_name(ref) for ref in found[0].blocks) == sorted(blocks.split())
    return found[0]


def in_flux(*objects: Object, **altered: dict[str, Any]) -> list[Object]:
    """Return a healthy Flux with the Deployments in *altered* changed, and *objects*."""
    made = HEALTHY
    for one, changes in altered.items():
        made = alter(made, f"Deployment/{one.replace('_', '-')}", changes)
    return [*made, *objects]


GENERATOR = {
    "sources": [{**reference("GitRepository", "git"), "alias": "git"}],
    "artifacts": [{"name": "made"}],
}


NOT_MADE = {
    "Ready": 'False ArtifactFailed: ExternalArtifact.source.toolkit.fluxcd.io "made" not found'
}


def generated(conditions: dict[str, str] | None = None, **more: Any) -> list[Object]:
    """Return an ArtifactGenerator, and a consumer of its ExternalArtifact, which does not exist."""
    return [
        flux("ArtifactGenerator", "gen", conditions, spec=GENERATOR, **more),
        flux("Kustomization", "web", NOT_MADE,
             spec={"sourceRef": reference("ExternalArtifact", "made")}),
    ]  # fmt: skip


def images(*objects: Object) -> list[Object]:
    """Return a Flux with the image controllers, and *objects*."""
    made = [one for one in HEALTHY if one["metadata"]["name"] == "helm-controller"]
    names = ("image-reflector-controller", "image-automation-controller")
    more = [alter(made, "Deployment/helm-controller", {"metadata.name": one})[0] for one in names]
    return [*HEALTHY, *more, *objects]

"""Sources and consumers of one repository, on the way from revision B to revision A."""

from typing import Any

from fluxstatus.commands.wait.members import Member, members, sources_of
from fluxstatus.commands.wait.proof import Proof, Proofs
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.commands.wait.sources import carriers
from fluxstatus.commands.wait.standing import Standing, standings
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import ORIGIN
from fluxstatus.state.state import State
from tests.builders import flux, state

A, B = "a1" * 20, "b2" * 20
ON_A, ON_B = f"main@sha1:{A}", f"main@sha1:{B}"
URL = "https://git.example.com/team/fleet.git"
WANTED = Revision.parse(A)


def git(name: str = "fleet", revision: str = ON_B, url: str = URL, **more: Any) -> Object:
    """Return a GitRepository that has fetched *revision* of the branch main."""
    spec = {"url": url, "interval": "10m", "ref": {"branch": "main"}} | more.pop("spec", {})
    artifact = {"artifact": {"revision": revision, "lastUpdateTime": "2026-11-23T11:00:00Z"}}
    return flux("GitRepository", name, spec=spec, status=artifact, **more)


def oci(revision: str, origin: str = "", **more: Any) -> Object:
    """Return an OCIRepository with an artifact of *revision*, made from the commit *origin*."""
    artifact: Object = {"revision": revision}
    if origin:
        artifact["metadata"] = {ORIGIN: origin}
    spec = {"url": "oci://registry.example.com/fleet", "ref": {"tag": "latest"}}
    return flux("OCIRepository", "fleet", spec=spec, status={"artifact": artifact}, **more)


def ks(
    name: str, applied: str = ON_B, source: str = "fleet", kind: str = "GitRepository", **more: Any
) -> Object:
    """Return a Kustomization of a source that has *applied* a revision."""
    status = {"lastAppliedRevision": applied, "lastAttemptedRevision": applied}
    status |= more.pop("status", {})
    spec = {"sourceRef": {"kind": kind, "name": source}} | more.pop("spec", {})
    return flux("Kustomization", name, spec=spec, status=status, **more)


def chart(name: str, of: str, kind: str = "GitRepository", **status: Any) -> Object:
    """Return the HelmChart of a release, made from a source with a *status*."""
    spec = {"chart": "./chart", "sourceRef": {"kind": kind, "name": of}} | status.pop("spec", {})
    made = {"artifact": {"revision": status.pop("version", "1.0.0")}}
    return flux("HelmChart", f"apps/apps-{name}", spec=spec, status=made | status)


def hr(name: str, version: str = "1.0.0", conditions: Any = None, **more: Any) -> Object:
    """Return a HelmRelease of the chart that `chart` returns, with this *version* deployed."""
    template = {"chart": "./chart", "sourceRef": {"kind": "GitRepository", "name": "fleet"}}
    status = {
        "helmChart": f"apps/apps-{name}",
        "history": [{"chartVersion": version, "status": "deployed"}],
    }
    spec = {"chart": {"spec": template}} | more.pop("spec", {})
    return flux("HelmRelease", name, conditions, spec=spec, status=status, **more)


def made(*names: str) -> Object:
    """Return the status with the inventory of Kustomizations that another has made."""
    ids = [f"apps_{name}_kustomize.toolkit.fluxcd.io_Kustomization" for name in names]
    return {"inventory": {"entries": [{"id": one, "v": "v1"} for one in ids]}}


def waited(known: State, wanted: Revision = WANTED, *named: str) -> list[Member]:
    """Return who is waited for, in all or, by kind and name, in those that are *named*."""
    roots = [one for one in known.resources.values() if f"{one.ref.kind}/{one.ref.name}" in named]
    if roots:
        keys = [one.ref.key for one in roots]
        return members(known, sources_of(known, wanted, roots), keys)
    return members(known, [one.ref.key for one in carriers(known, Proofs(wanted))])


def places(
    *objects: Object, wanted: Revision = WANTED, proved: dict[str, Proof] | None = None
) -> dict[str, Standing]:
    """Return where *objects* are, by kind and name."""
    known = state(*objects)
    found = standings(known, waited(known, wanted), Proofs(wanted, proved))
    return {f"{one.ref.kind}/{one.ref.name}": one for one in found}

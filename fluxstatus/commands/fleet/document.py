"""A fleet as JSON: one document, described by schema.json in this directory, or a line for each."""

import json
from typing import Any

from fluxstatus import __version__
from fluxstatus.commands.fleet.fleet import Fleet
from fluxstatus.commands.fleet.joining import Different, Shared
from fluxstatus.commands.fleet.members import Member
from fluxstatus.model.findings import Verdict
from fluxstatus.report.as_json import time_json
from fluxstatus.report.whole import FLEET_VERSION


def document(fleet: Fleet) -> dict[str, Any]:
    """Return *fleet* without its schemaVersion; `report` of a cluster is its own, as it is."""
    return {**_rest(fleet), "clusters": [member_json(one) for one in fleet.members]}


def line_of(member: Member) -> str:
    """Return a cluster as a line of JSON, as soon as it is done."""
    return _line({"cluster": member_json(member)})


def last_line(fleet: Fleet) -> str:
    """Return what follows from all clusters as a line of JSON: the verdicts that count are here."""
    verdicts = {one.name: one.verdict for one in fleet.members}
    return _line({"fleet": {**_rest(fleet), "verdicts": verdicts}})


def _line(content: dict[str, Any]) -> str:
    return json.dumps({"schemaVersion": FLEET_VERSION, **content}) + "\n"


def _rest(fleet: Fleet) -> dict[str, Any]:
    counts = fleet.counts
    return {
        **head_json(fleet),
        "verdict": fleet.verdict,
        "summary": {"clusters": len(fleet.members), **{one: counts[one] for one in Verdict}},
        "shared": [shared_json(one) for one in fleet.shared],
        "versions": versions_json(fleet),
        "differences": [_difference(one) for one in fleet.differences],
        "notCompared": list(fleet.without_sources),
    }


def head_json(fleet: Fleet) -> dict[str, Any]:
    """Return what every document begins with."""
    return {
        "tool": {"name": "kubectl-flux-status", "version": __version__},
        "takenAt": time_json(fleet.taken_at),
    }


def versions_json(fleet: Fleet) -> list[dict[str, Any]]:
    """Return the versions in use as JSON."""
    return [{**one._asdict(), "clusters": list(one.clusters)} for one in fleet.spread]


def member_json(member: Member) -> dict[str, Any]:
    """Return a cluster as JSON."""
    return {
        "name": member.name,
        "also": list(member.also),
        "verdict": member.verdict,
        "problem": member.problem,
        "context": member.context,
        "origin": member.origin,
        "uid": member.uid,
        "report": member.document,
    }


def shared_json(shared: Shared) -> dict[str, Any]:
    """Return a fault that several clusters have as JSON."""
    return {
        "code": shared.code,
        "level": shared.level,
        "text": shared.text,
        "host": shared.host,
        "clusters": shared.clusters,
        "objects": shared.objects,
        "findings": [{"cluster": name, "id": one.id} for name, one in shared.found],
    }


def _difference(found: Different) -> dict[str, Any]:
    kind, namespace, name = found.object
    return {
        "what": found.what,
        "cluster": found.cluster,
        "object": {"kind": kind, "namespace": namespace, "name": name},
        "others": list(found.others),
        "text": found.text,
    }

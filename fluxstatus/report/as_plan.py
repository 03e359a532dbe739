"""A plan for an upgrade as JSON; schema.json is in the directory of the command `upgrade`."""

from typing import Any

from fluxstatus.base.versions import dotted
from fluxstatus.checks.upgrade.move import BLOCKERS, CHANGES, KUBERNETES, NOTES
from fluxstatus.checks.upgrade.plan import UNREAD, Plan
from fluxstatus.knowledge.flux_minors import Minor
from fluxstatus.report.as_json import finding_json, hint_json, time_json

VERSION = 1
"""The schemaVersion of the JSON of a plan."""

PARTS = (BLOCKERS, UNREAD, CHANGES, NOTES, KUBERNETES)
"""The parts of a plan in their order."""


def document(plan: Plan) -> dict[str, Any]:
    """Return *plan* as JSON, without its schemaVersion; every key is always present."""
    state = plan.state
    return {
        "takenAt": time_json(state.now),
        "context": state.evidence.target.context,
        "kubernetes": state.evidence.target.kubernetes,
        "operator": next((operator.version for operator in state.operators), ""),
        "flux": state.flux_version,
        "from": _named(plan.current),
        "to": _named(plan.target),
        "outcome": plan.outcome,
        "findings": {part: [finding_json(one) for one in plan.part(part)] for part in PARTS},
        "steps": [hint_json(step) for step in plan.steps],
    }


def _named(minor: Minor | None) -> str | None:
    return dotted(minor) if minor else None

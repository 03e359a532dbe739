"""Objects of projects around Flux, such as tofu-controller's Terraform and Flagger's Canary.

They are judged by what their own controllers report, and not taken into account elsewhere: by the
conditions Ready and Stalled of Flux (fluxcd/pkg apis/meta), and a Canary by its phase and its
condition Promoted (Flagger pkg/apis/flagger/v1beta1/status.go).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import CANARY
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.resource import is_recent

Outcome: TypeAlias = Literal[
    "ready", "failed", "in progress", "approval", "suspended", "unknown", "not judged"
]
"""What is known of an object. `approval`: it waits for somebody; `not judged`: it has no status
that says whether it works."""

_PHASES: Mapping[str, Outcome] = {
    "Initialized": "ready",
    "Succeeded": "ready",
    "Failed": "failed",
    "Waiting": "approval",
    "WaitingPromotion": "approval",
    "Initializing": "in progress",
    "Progressing": "in progress",
    "Promoting": "in progress",
    "Finalising": "in progress",
    "Terminating": "in progress",
}
_TO_APPROVE = "TerraformPlannedWithChanges"
"""The reason of a Terraform whose plan waits for spec.approvePlan (tofu-controller api)."""


class Related(NamedTuple):
    """An object with its outcome; `source` is the object that its spec.sourceRef names, if any."""

    ref: Ref
    outcome: Outcome
    reason: str = ""
    message: str = ""
    since: datetime | None = None
    source: Key | None = None


def related_of(resource: str, item: Object, now: datetime) -> Related:
    """Return *item*, an object of *resource* (plural.group), with its outcome at *now*."""
    metadata, spec = map_of(item.get("metadata")), map_of(item.get("spec"))
    namespace = text_of(metadata.get("namespace"))
    ref = Ref(
        text_of(item.get("apiVersion")),
        text_of(item.get("kind")),
        namespace,
        text_of(metadata.get("name")),
    )
    source = map_of(spec.get("sourceRef"))
    key = (
        text_of(source.get("kind")),
        text_of(source.get("namespace")) or namespace,
        text_of(source.get("name")),
    )
    found = Related(ref, "not judged", source=key if source else None)
    if metadata.get("deletionTimestamp") is not None:
        return found._replace(outcome="in progress", message="it is being deleted")
    if spec.get("suspend") is True:
        return found._replace(outcome="suspended")
    conditions = {
        text_of(one.get("type")): one
        for one in maps_of(map_of(item.get("status")).get("conditions"))
    }
    if resource == CANARY:
        return _of_canary(found, text_of(map_of(item.get("status")).get("phase")), conditions)
    is_new = is_recent(when(metadata.get("creationTimestamp")), now)
    return _of_conditions(found, conditions, metadata.get("generation"), is_new=is_new)


def _with(found: Related, outcome: Outcome, condition: Mapping[str, Any]) -> Related:
    return found._replace(
        outcome=outcome,
        reason=text_of(condition.get("reason")),
        message=text_of(condition.get("message")).strip(),
        since=when(condition.get("lastTransitionTime")),
    )


def _of_canary(found: Related, phase: str, conditions: Mapping[str, Mapping[str, Any]]) -> Related:
    promoted = conditions.get("Promoted", {})
    outcome = _PHASES.get(phase, "unknown")
    if outcome == "ready" and promoted.get("status") == "False":
        outcome = "unknown"  # the phase and the condition contradict each other
    judged = _with(found, outcome, promoted)
    return judged._replace(message=judged.message or (f"phase {phase}" if phase else ""))


def _of_conditions(
    found: Related,
    conditions: Mapping[str, Mapping[str, Any]],
    generation: Any,
    *,
    is_new: bool,
) -> Related:
    ready, stalled = conditions.get("Ready"), conditions.get("Stalled", {})
    if stalled.get("status") == "True" and _is_current(stalled, generation):
        return _with(found, "failed", stalled)
    if ready is None:
        return found._replace(outcome="in progress", message="it is new") if is_new else found
    if not _is_current(ready, generation):
        return _with(found, "in progress", {"message": "its status is about an older spec"})
    if ready.get("reason") == _TO_APPROVE and ready.get("status") == "Unknown":
        return _with(found, "approval", ready)
    outcomes: Mapping[str, Outcome] = {
        "True": "ready", "False": "failed", "Unknown": "in progress",
    }  # fmt: skip
    return _with(found, outcomes.get(text_of(ready.get("status")), "unknown"), ready)


def _is_current(condition: Mapping[str, Any], generation: Any) -> bool:
    """Return whether *condition* is about the current spec, as far as is known."""
    observed = condition.get("observedGeneration")
    return not isinstance(observed, int) or observed == generation

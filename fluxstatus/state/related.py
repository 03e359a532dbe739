"""Objects of projects around Flux, such as tofu-controller's Terraform and Flagger's Canary.

They are judged by what their own controllers report, and not taken into account elsewhere: by the
conditions Ready and Stalled of Flux (fluxcd/pkg apis/meta), and a Canary by its phase and its
condition Promoted (Flagger pkg/apis/flagger/v1beta1/status.go).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import CANARY
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.resource import is_recent

Outcome: TypeAlias = Literal[
    "ready", "failed", "in progress", "approval", "plan only", "suspended", "unknown", "not judged"
]
"""What is known of an object. `approval`: it waits for somebody; `plan only`: it has a plan, and is
never applied; `not judged`: it has no status that says whether it works."""

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
_PLANNED = "TerraformPlannedWithChanges"
"""The reason of a Terraform with a plan that is not applied (tofu-controller api/v1alpha2)."""

_DEPENDENCY = "DependencyNotReady"
"""The reason of an object that waits for one in its spec.dependsOn (fluxcd/pkg apis/meta)."""

_AUTOMATIC = "auto"
"""The value of spec.approvePlan with which each plan is applied in the same reconciliation."""


class Related(NamedTuple):
    """An object with its outcome; `source` is the object that its spec.sourceRef names, if any.

    `depends_on` are the objects of its kind that it waits for, as its controller says.
    """

    ref: Ref
    outcome: Outcome
    reason: str = ""
    message: str = ""
    since: datetime | None = None
    source: Key | None = None
    depends_on: Sequence[Key] = ()


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
    phase = text_of(map_of(item.get("status")).get("phase"))
    if not (phase or conditions) and is_recent(when(metadata.get("creationTimestamp")), now):
        return found._replace(outcome="in progress", message="it is new")
    if resource == CANARY:
        return _of_canary(found, phase, conditions)
    return _of_conditions(found, conditions, item)


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
    item: Object,
) -> Related:
    ready, stalled = conditions.get("Ready"), conditions.get("Stalled", {})
    if stalled.get("status") == "True" and _is_current(stalled, item):
        return _with(found, "failed", stalled)
    if ready is None:
        return found
    if not _is_current(ready, item):
        return _with(found, "in progress", {"message": "its status is about an older spec"})
    if ready.get("reason") == _PLANNED and ready.get("status") == "Unknown":
        return _with(found, _of_plan(map_of(item.get("spec"))), ready)
    if ready.get("reason") == _DEPENDENCY:
        found = found._replace(depends_on=_dependencies(found.ref, item))
    outcomes: Mapping[str, Outcome] = {
        "True": "ready", "False": "failed", "Unknown": "in progress",
    }  # fmt: skip
    return _with(found, outcomes.get(text_of(ready.get("status")), "unknown"), ready)


def _dependencies(ref: Ref, item: Object) -> list[Key]:
    entries = maps_of(map_of(item.get("spec")).get("dependsOn"))
    return [
        (ref.kind, text_of(one.get("namespace")) or ref.namespace, text_of(one.get("name")))
        for one in entries
    ]


def _of_plan(spec: Mapping[str, Any]) -> Outcome:
    """Return what a plan with changes waits for (tofu-controller docs: plan only, auto approve).

    With spec.planOnly it is the result, although Ready stays Unknown.
    """
    if spec.get("planOnly") is True:
        return "plan only"
    return "in progress" if spec.get("approvePlan") == _AUTOMATIC else "approval"


def _is_current(condition: Mapping[str, Any], item: Object) -> bool:
    """Return whether *condition* of *item* is about its current spec, as far as is known.

    Conditions of tofu-controller have no generation; it is in the status (api/v1alpha2
    SetTerraformReadiness).
    """
    observed = condition.get("observedGeneration")
    if not isinstance(observed, int):
        observed = map_of(item.get("status")).get("observedGeneration")
    generation = map_of(item.get("metadata")).get("generation")
    return not isinstance(observed, int) or observed == generation

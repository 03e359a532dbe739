"""Step 8, deleted Flux objects whose applied objects may still exist."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.checks.wording import docs_of, read_whole
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint, command, hint
from fluxstatus.model.kinds import full_name
from fluxstatus.model.ref import Ref
from fluxstatus.state.health_checks import health_check_targets
from fluxstatus.state.ownership import labels_of
from fluxstatus.state.revisions import CONSUMERS
from fluxstatus.state.state import Event, State

LEFT_BEHIND = Code(
    "left-behind", "A Flux object was deleted, but some of the objects that it applied were not."
)

_STEP = "drift"
_GIVEN_UP = (
    (
        late_pattern(r"unable to prune objects", re.IGNORECASE),
        "its ServiceAccount was deleted first, so none of its objects were deleted",
    ),
    (
        late_pattern(r"resources? termination|pruning .*failed", re.IGNORECASE),
        "a finalizer or a missing permission prevented or delayed the deletion of an object",
    ),
)
"""The meanings of events about objects that a Kustomization leaves behind (kustomize-controller
finalize)."""

_UNPRUNED = late_pattern(
    r"^(?P<kind>\w+)/(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.:-]+)$", re.MULTILINE
)
"""An object in such an event, on a line of its own (fluxcd/pkg ssa/utils FmtUnstructuredList)."""

_MOST_UNPRUNED = 20  # objects in a command; the labels find the others


def left_behind(state: State) -> Iterator[Finding]:
    """Yield deleted objects whose applied objects may still exist.

    With deletionPolicy WaitForTermination a Kustomization is removed after its timeout even if not
    all its objects are deleted (kustomize-controller
    internal/controller/kustomization_controller.go, finalize).
    """
    for key, events in state.warnings.items():
        kind, namespace, name = key
        found = _given_up(events)
        if found is None or kind not in CONSUMERS or not state.known_missing(key):
            continue
        event, why = found
        ref = Ref("", kind, namespace, name)
        labels = ",".join("=".join(one) for one in labels_of(key).items())
        yield Finding(
            step=_STEP,
            code=LEFT_BEHIND,
            level=Level.FAIL,
            title=f"{ref} was deleted, but some of the objects that it applied were not",
            object=ref,
            why=f"{why}; the remaining objects no longer have an owner",
            reason=event.reason,
            message=event.message,
            since=event.last,
            hints=(
                *_stuck_in(event.message),
                *_unpruned(event.message),
                hint(
                    "use the labels to check which of the objects still exist; delete those that "
                    "are not needed",
                    command(
                        "kubectl get all,configmaps --all-namespaces -l {labels}",
                        {"labels": labels},
                    ),
                ),
            ),
            docs=docs_of(kind),
        )


def _given_up(events: Iterable[Event]) -> tuple[Event, str] | None:
    """Return the first event about objects that were left behind, and what it means."""
    for event in events:
        for pattern, why in _GIVEN_UP:
            if pattern.search(event.message):
                return event, why
    return None


def _stuck_in(message: str) -> Iterator[Hint]:
    """Yield how to inspect the objects in *message*: their finalizers name what blocks them."""
    stuck = [one for one in health_check_targets(message) if one.kind != "Secret"]
    if stuck:
        names = ", ".join(f"{one.kind} {one.namespace}/{one.name}" for one in stuck)
        yield hint(
            f"restore the controller that handles the finalizers of {names}; remove a finalizer "
            "only if that controller no longer exists",
            *(read_whole(one.kind, one.namespace, one.name) for one in stuck),
        )


def _unpruned(message: str) -> Iterator[Hint]:
    """Yield how to find the objects in *message*, which were not pruned.

    Upstream: kustomize-controller finalize.
    """
    listed = message.partition("unable to prune objects:")[2]
    names: dict[str, list[str]] = {}
    for found in islice(_UNPRUNED.finditer(listed), _MOST_UNPRUNED):
        one = f"{full_name(found['kind'])}/{found['name']}"
        names.setdefault(found["namespace"] or "", []).append(one)
    if names:
        yield hint(
            "check which of the objects in the message still exist; delete those that are not "
            "needed and not managed by another object",
            *(_list_all(objects, namespace) for namespace, objects in names.items()),
        )


def _list_all(objects: Sequence[str], namespace: str) -> Command | None:
    """Return the command that lists those *objects*, each "resource/name", that still exist."""
    fields = {f"object{number}": one for number, one in enumerate(objects)} | {"ns": namespace}
    words = " ".join(f"{{{name}}}" for name in fields if name != "ns")
    where = " -n {ns}" if namespace else ""
    return command(f"kubectl get {words}{where} --ignore-not-found", fields)

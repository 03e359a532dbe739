"""ResourceSets that are Ready but apply nothing, part of step 6."""

from collections.abc import Iterator

from fluxstatus.base.fields import maps_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import docs_of, read_whole
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import command, hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.references import selected_inputs
from fluxstatus.state.resource import HEALTHY, Resource

STEP_ID = "reconcilers"
_NOTHING_SELECTED = Code(
    "inputs-not-selected",
    "No ResourceSetInputProvider matches the selectors in spec.inputsFrom of a ResourceSet.",
)
CODES = (_NOTHING_SELECTED,)

_OF_NOTHING = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The revision of a ResourceSet that renders no objects: the digest of an empty text (flux-operator
inventory)."""


def resource_sets(analysis: Analysis) -> Iterator[Finding]:
    """Yield the ResourceSets that apply nothing because they select no input provider."""
    state = analysis.state
    if state.answer_of("ResourceSetInputProvider").unread is not None:
        return
    for resource_set in state.of_kind("ResourceSet"):
        if _applies_nothing(resource_set) and not any(selected_inputs(state, resource_set)):
            yield _nothing_selected(resource_set)


def _applies_nothing(resource_set: Resource) -> bool:
    """Return whether *resource_set* gets all inputs from selectors, and rendered no objects."""
    entries = maps_of(resource_set.spec.get("inputsFrom"))
    return (
        resource_set.verdict in HEALTHY
        and bool(entries)
        and not any(entry.get("name") for entry in entries)
        and resource_set.status.get("lastAppliedRevision") == _OF_NOTHING
    )


def _nothing_selected(resource_set: Resource) -> Finding:
    ref = resource_set.ref
    providers = KINDS["ResourceSetInputProvider"].resource
    return Finding(
        step=STEP_ID,
        code=_NOTHING_SELECTED,
        level=Level.WARN,
        title=f"{ref}: no ResourceSetInputProvider matches spec.inputsFrom, so no objects are "
        f"applied",
        object=ref,
        why="its namespace has no ResourceSetInputProvider with the labels in the selector",
        hints=(
            hint(
                "correct the selector in spec.inputsFrom, or the labels of the input provider",
                command(f"kubectl get {providers} -n {{ns}} --show-labels", {"ns": ref.namespace}),
                read_whole(*ref.key),
            ),
        ),
        docs=docs_of("ResourceSet"),
        trivial=True,
    )

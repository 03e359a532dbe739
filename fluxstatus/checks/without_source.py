"""Objects that are Ready although their source is gone, part of step 8.

A controller looks for the source when it reconciles an object, and is not told that the source was
deleted: until then, Ready is about the past (kustomize-controller, helm-controller and
source-controller internal/controller, SetupWithManager).
"""

from collections import defaultdict
from collections.abc import Sequence

from fluxstatus.base.plurals import counted
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import docs_of, explained, read_whole
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import hint
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.references import made_source_of, source_of
from fluxstatus.state.resource import HEALTHY, Resource

SOURCE_GONE = Code("source-gone", "The object is ready, but its source no longer exists.")


def ready_without_source(analysis: Analysis) -> dict[Key, list[Resource]]:
    """Return the Ready objects whose source certainly does not exist, by the source."""
    state, causes = analysis.state, analysis.causes
    found: dict[Key, list[Resource]] = defaultdict(list)
    for one in state.resources.values():
        key = source_of(one) if one.verdict in HEALTHY else None
        if (
            key
            and key not in state.resources  # as most are
            and _looks_for_it(one)
            and state.covers(one.ref)
            and state.known_missing(key)
            and key[0] not in causes.missing_kinds
            and one.ref.key not in causes.stale_causes
        ):
            found[key].append(one)
    return found


def _looks_for_it(resource: Resource) -> bool:
    """Return whether *resource* needs its source, which its controller does not make itself."""
    return resource.ref.kind != "ExternalArtifact" and made_source_of(resource) is None


def source_gone(step: str, key: Key, objects: Sequence[Resource]) -> Finding:
    """Return the finding about *objects*, whose source is *key*."""
    first, *others = sorted(objects, key=lambda one: one.ref)
    more = f" (and {counted(len(others), 'more object')})" if others else ""
    source = Ref("", *key)
    return Finding(
        step=step,
        code=SOURCE_GONE,
        level=Level.WARN,
        title=f"{first.ref}: Ready, but its source {source} does not exist{more}",
        object=first.ref,
        others=tuple(one.ref for one in others),
        why="the revision that it has stays, and there will be no newer one; its next "
        "reconciliation fails",
        hints=(
            hint(
                f"create {source} again, or correct the reference to it; if neither is needed "
                "anymore, delete both in Git",
                read_whole(*first.ref.key),
            ),
            *explained(first.ref),
        ),
        docs=docs_of(first.ref.kind),
    )

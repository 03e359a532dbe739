"""A plan for an upgrade, as text and as JSON."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from fluxstatus.base.plurals import counted
from fluxstatus.base.versions import dotted
from fluxstatus.checks.upgrade.plan import Plan, minors_of
from fluxstatus.model.findings import Finding, Level
from fluxstatus.report.as_json import versioned
from fluxstatus.report.as_plan import PARTS, document
from fluxstatus.report.as_text import put_finding
from fluxstatus.report.layout import Page, put_head, put_hint
from fluxstatus.report.look import Look
from fluxstatus.report.sentences import context_of, word_of

_SHOWN = 10  # objects of a finding; --all shows all
_NO_VERSION = "of an unknown version"
_OUTCOMES = {
    "blocked": "the upgrade is blocked",
    "unknown": "whether something blocks the upgrade is unknown",
    "clear": "nothing blocks the upgrade",
}


def as_text(plan: Plan, look: Look) -> str:
    """Return the findings by part, then the steps, and at the end what comes of it."""
    found = [finding for part in PARTS for finding in plan.part(part)]
    page = Page(look, map(word_of, found), PARTS)
    page.put(" · ".join(_head(plan)))
    page.gap()
    for finding in found:
        put_finding(page, _shortened(finding, look), plan.state.now)
    if plan.steps:
        put_head(page, "Steps")
    for number, step in enumerate(plan.steps, 1):
        put_hint(page, step, f"{number:>3}.", len("123. "))
    page.gap()
    page.put(_ending(plan))
    return "\n".join(page.lines) + "\n"


def _head(plan: Plan) -> Iterator[str]:
    target = plan.state.evidence.target
    to = f" to {dotted(plan.target)}" if plan.target and plan.target != plan.current else ""
    minors = minors_of(plan.state)
    version = plan.state.flux_version or _NO_VERSION
    yield f"Flux {' and '.join(map(dotted, minors)) if len(minors) > 1 else version}{to}"
    yield from (f"operator {one.version or _NO_VERSION}" for one in plan.state.operators)
    if target.kubernetes:
        yield f"Kubernetes {target.kubernetes}"
    if target.context:
        yield f"context {context_of(target)}"


def _shortened(finding: Finding, look: Look) -> Finding:
    """Return *finding* with its first objects, unless all are asked for."""
    more = len(finding.evidence) - _SHOWN
    if more <= 0 or look.everything:
        return finding
    rest = (f"and {more:,} more: --all shows them", "")
    return replace(finding, evidence=(*finding.evidence[:_SHOWN], rest))


def _ending(plan: Plan) -> str:
    levels = Counter(finding.level for finding in plan.findings)
    nouns = {Level.FAIL: "blocker", Level.WARN: "change", Level.UNKNOWN: "unknown"}
    counts = [
        counted(levels[level], noun, noun if level is Level.UNKNOWN else "")
        for level, noun in nouns.items()
        if levels[level]
    ]
    is_move = plan.current and plan.target and plan.target != plan.current
    outcome = (
        _OUTCOMES[plan.outcome] if is_move or plan.outcome != "clear" else "nothing to upgrade"
    )
    return ": ".join(filter(None, (", ".join(counts), outcome)))


def as_json(plan: Plan) -> str:
    """Return the same as a JSON document; every key is always present."""
    return versioned(document(plan))

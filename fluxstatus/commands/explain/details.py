"""All details of one object, as values; nothing here prints or reads a cluster or the clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import docs_of
from fluxstatus.knowledge.conditions import meaning_of
from fluxstatus.knowledge.fields import fields_of, ref_of
from fluxstatus.lookup.chain import Chains
from fluxstatus.lookup.credentials.inspect import Credential
from fluxstatus.lookup.events import ObjectEvents, newest_first
from fluxstatus.lookup.log import Summary
from fluxstatus.lookup.node import Node, Relation
from fluxstatus.model.evidence import Target, Unread, Why, by_reason
from fluxstatus.model.findings import Finding, Level, Next, Report, worst
from fluxstatus.model.hints import Command, command
from fluxstatus.model.kinds import full_name
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.model.ref import Ref
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import HEALTHY, Resource, suspender_of
from fluxstatus.state.revisions import lag_of, short
from fluxstatus.state.state import State

_GOOD = frozenset({"ReconciliationSucceeded", "deployed", "superseded"})
"""The statuses of a successful entry in a history (API types of kustomize-controller, flux-operator
and helm-controller)."""

_EXPECTED = frozenset({Why.ABSENT, Why.NOT_REQUESTED})
_EXPECTED_OF_SECRETS = _EXPECTED | {Why.FORBIDDEN}
"""Expected for Secrets, which few users may read; only the keys are then unknown."""
_NOTHING = "nothing yet"
_LEAVES = {
    "Kustomization": "applied",
    **dict.fromkeys(("GitRepository", "OCIRepository", "HelmChart", "Bucket"), "fetched"),
}
"""The name of the revision that an object of a kind has only after its first success."""

_TREES = frozenset({"Kustomization", "ResourceSet"})
"""The kinds that `flux-operator tree` draws without reading Secrets."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of an object; `meaning` is empty when Flux does not define it."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None
    meaning: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An entry in the history of an object: the outcome, how often, when, and the duration."""

    text: str
    good: bool
    times: int
    first: datetime | None
    last: datetime | None
    took: str


@dataclass(frozen=True, slots=True)
class Details:
    """The details of an object.

    `findings` are those about it or about what blocks it, the worst first. `revisions` are (name,
    value) pairs, `suspended` everything that is suspended in its chain, since when and by whom.
    `unread` are lists that are incomplete, and why: more objects may need it or explain its status.
    `next` is how an assistant can help.
    """

    ref: Ref
    status: str
    level: Level
    since: datetime | None
    findings: tuple[Finding, ...]
    conditions: tuple[Condition, ...]
    needs: tuple[Node, ...]
    needed_by: tuple[Node, ...]
    revisions: tuple[tuple[str, str], ...]
    suspended: tuple[tuple[Ref, datetime | None, str], ...]
    events: ObjectEvents
    history: tuple[HistoryEntry, ...]
    last_good: datetime | None
    log: Summary
    unread: tuple[tuple[str, Unread], ...]
    credentials: tuple[Credential, ...]
    credentials_unread: Unread | None
    commands: tuple[Command, ...]
    docs: str
    taken_at: datetime
    target: Target
    next: Next | None = None

    @property
    def verdict(self) -> Level:
        """Its level, unknown instead of healthy if something was not read."""
        reasons = (self.events.unread, self.log.unread, *(why for _, why in self.unread))
        of_secrets = (self.credentials_unread, *(one.unread for one in self.credentials))
        is_unread = any(why and why.why not in _EXPECTED for why in reasons) or any(
            why and why.why not in _EXPECTED_OF_SECRETS for why in of_secrets
        )
        return worst([self.level, *([Level.UNKNOWN] if is_unread else [])])


def details_of(
    analysis: Analysis,
    report: Report,
    resource: Resource,
    log: Summary,
    credentials: Iterable[Credential] | Unread,
    *,
    events: ObjectEvents | None = None,
) -> Details:
    """Return the details of *resource*; without *events* those of the state are used."""
    state = analysis.state
    unread = credentials if isinstance(credentials, Unread) else None
    chains, ref = Chains(analysis), resource.ref
    findings = tuple(_findings(report, ref))
    needs, needed_by = chains.up(resource), chains.down(resource)
    past = tuple(_history(resource))
    faults = [finding for finding in findings if finding.category == "fault"]
    silent = Level.PASS if resource.verdict in HEALTHY else Level.SKIP
    if ref.key in analysis.causes.in_progress:
        silent = Level.WAIT
    broken = next((f.since for f in faults if f.level in (Level.FAIL, Level.WARN)), None)
    return Details(
        ref=ref,
        status=chains.status_of(resource),
        level=worst(finding.level for finding in faults) if faults else silent,
        since=broken or resource.since,
        findings=findings,
        conditions=tuple(_conditions(resource, waits=chains.waits(resource))),
        needs=needs,
        needed_by=needed_by,
        revisions=tuple((name, value) for name, value in _revisions(state, resource) if value),
        suspended=tuple(_suspended(state, resource, (*needs, *needed_by))),
        events=events or _warnings(state, ref),
        history=past,
        last_good=max((p.last for p in past if p.good and p.last), default=None),
        log=log,
        unread=tuple(by_reason(state.evidence.unread)),
        credentials=() if isinstance(credentials, Unread) else tuple(credentials),
        credentials_unread=unread,
        commands=tuple(_commands(state, resource, chains.controller_of(resource), needs)),
        docs=docs_of(ref.kind),
        taken_at=report.taken_at,
        target=report.target,
    )


def _warnings(state: State, ref: Ref) -> ObjectEvents:
    return ObjectEvents(
        newest_first(state.warnings.get(ref.key, ())), state.evidence.answer("events").unread
    )


def _findings(report: Report, ref: Ref) -> Iterator[Finding]:
    """Yield the findings about *ref* or what blocks it, without the hint to explain it.

    Advice about many objects is left out.
    """
    for finding in report.findings:
        is_fault = finding.category == "fault"
        if ref in finding.objects if is_fault else ref == finding.object:
            hints = tuple(hint for hint in finding.hints if hint.label == "fix")
            yield replace(finding, hints=hints)
        elif ref in finding.blocks:
            yield finding


def _conditions(resource: Resource, *, waits: bool) -> Iterator[Condition]:
    for name, condition in resource.conditions.items():
        status, reason = text_of(condition.get("status")), text_of(condition.get("reason"))
        yield Condition(
            name, status, reason, text_of(condition.get("message")).strip(),
            when(condition.get("lastTransitionTime")),
            meaning_of(name, status, reason, waits=waits),
        )  # fmt: skip


def _revisions(state: State, resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield the wanted, applied and attempted revisions, and that of the source."""
    fields, lag = fields_of(resource), lag_of(state, resource)
    history = maps_of(resource.status.get("history"))
    if resource.spec.get("ref"):
        yield "asked for", fields["ref"]
    template = map_of(resource.get("spec", "chart", "spec"))
    if template.get("url"):  # of an OCIRepository
        yield "asked for", f"{text_of(template['url'])} {ref_of(template, 'OCIRepository')}"
    if fields["chart"]:
        yield "asked for", f"chart {fields['chart']} {fields['chart_version'] or 'of any version'}"
    yield "asked for", fields["distribution"]
    yield "wanted", short(lag.wanted) if lag else ""
    for name, path in (
        ("fetched", ("artifact", "revision")),
        ("applied", ("lastAppliedRevision",)),
        ("attempted", ("lastAttemptedRevision",)),
    ):
        value = short(text_of(resource.get("status", *path)))
        yield name, value or (_NOTHING if name == _LEAVES.get(resource.ref.kind) else "")
    if resource.ref.kind == "HelmRelease":
        yield "running", (lag.applied if lag else "") or ("" if history else _NOTHING)
    yield "source", _source_revision(state, resource)


def _source_revision(state: State, resource: Resource) -> str:
    key = source_of(resource)
    source = state.resources.get(key) if key else None
    if source is None:
        return ""
    artifact = map_of(source.status.get("artifact"))
    has, at = short(text_of(artifact.get("revision"))), when(artifact.get("lastUpdateTime"))
    since = f" since {at:%Y-%m-%d %H:%M} UTC" if at else ""
    reason = "" if source.ready else f"; Ready reason: {source.reason or 'none'}"
    return f"{source.ref} has {has or 'no artifact'}{since if has else ''}{reason}"


def _suspended(
    state: State, resource: Resource, nodes: Iterable[Node]
) -> Iterator[tuple[Ref, datetime | None, str]]:
    below = (node.ref for node in chain.from_iterable(node.all() for node in nodes))
    for ref in dict.fromkeys((resource.ref, *below)):
        known = state.resources.get(ref.key)
        if known and known.suspended:
            yield ref, when(known.get("metadata", "suspendedAt")), suspender_of(known)


def _history(resource: Resource) -> Iterator[HistoryEntry]:
    for entry in maps_of(resource.status.get("history")):
        outcome = text_of(entry.get("lastReconciledStatus") or entry.get("status"))
        times, version = entry.get("totalReconciliations"), entry.get("version")
        chart = text_of(entry.get("chartVersion"))
        release = f"release {version} of chart {chart}: " if chart else ""
        yield HistoryEntry(
            text=f"{release}{outcome}",
            good=outcome in _GOOD,
            times=times if isinstance(times, int) else 0,
            first=when(entry.get("firstReconciled") or entry.get("firstDeployed")),
            last=when(entry.get("lastReconciled") or entry.get("lastDeployed")),
            took=text_of(entry.get("lastReconciledDuration")),
        )


def _commands(
    state: State, resource: Resource, controller: Ref | None, needs: Iterable[Node]
) -> Iterator[Command]:
    """Yield read-only commands of kubectl and Flux that show more."""
    target_flags, ref = for_target(state.evidence.target), resource.ref
    fields = {
        "full_name": full_name(ref.kind), "kind": ref.kind, "name": ref.name, "ns": ref.namespace,
        **({"log_ns": controller.namespace, "controller": controller.name} if controller else {}),
    }  # fmt: skip
    lines = list(_MORE)
    if any(n.relation is Relation.CREATED_BY and n.ref.key in state.resources for n in needs):
        lines.append("flux-operator trace {kind}/{name} -n {ns}")
    if ref.kind in _TREES:
        lines.append(f"flux-operator tree {ref.kind.lower()} {{name}} -n {{ns}}")
    found = (command(line, fields) for line in lines)
    yield from (target_flags.command(one) for one in found if one)


_MORE = (
    "kubectl describe {full_name}/{name} -n {ns}",
    "kubectl logs -n {log_ns} deployment/{controller} --since=1h",
)

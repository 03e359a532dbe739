"""A fleet as text: a row for each cluster, then what they share and where they differ."""

from collections.abc import Sequence
from itertools import groupby
from typing import TypeVar

from fluxstatus.base.durations import listed_age
from fluxstatus.base.plurals import counted, listed
from fluxstatus.commands.fleet.fleet import Fleet
from fluxstatus.commands.fleet.joining import Shared, Version
from fluxstatus.commands.fleet.members import Member
from fluxstatus.model.findings import Level, Verdict
from fluxstatus.model.hints import Command, command
from fluxstatus.report.layout import INDENT, Cell, Page, put_head
from fluxstatus.report.look import Look
from fluxstatus.report.table import Table
from fluxstatus.report.terminal import marked

HEADS: Sequence[str] = (
    "VERDICT", "CONTEXT", "AGE", "KUBERNETES", "FLUX", "OPERATOR", "CAUSES", "BLOCKED", "WARNINGS",
    "WORST",
)  # fmt: skip
T = TypeVar("T")
_NAMES = 6  # clusters in a line
_SHOWN = 20  # lines of a list; --all shows all
_NOTHING = "-"
_VERDICTS = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PROGRESSING, Verdict.WARN, Verdict.PASS)


def as_text(fleet: Fleet, look: Look, *, fitted: bool = False) -> str:
    """Return all of *fleet*; *fitted* fits the table to the width of a terminal."""
    if not fleet.members:
        return f"{counts_of(fleet)}: nothing was checked\n"
    heads = [head for head in HEADS if head != "AGE" or any(one.taken for one in fleet.members)]
    table = Table(heads, look, fitted=fitted)
    rows = [row(one, fleet) for one in fleet.members]
    kept = [HEADS.index(head) for head in heads]
    text = table.lines([cells[i] for i in kept] for cells in rows)
    page = Page(look, Level, ())
    put_shared(page, fleet)
    put_spread(page, fleet.spread)
    _put_differences(page, fleet)
    page.gap()
    page.put(counts_of(fleet))
    _put_next(page, fleet.members)
    return text + "\n".join(page.lines) + "\n"


def row(member: Member, fleet: Fleet | None = None) -> list[str]:
    """Return the cells below HEADS; those that are unknown have a dash."""
    report = member.known
    facts = (member.part, f"also {listed(member.also, 2)}" if member.also else "")
    more = ", ".join(filter(None, facts))
    now = fleet.taken_at if fleet else None
    names = (report.target.kubernetes, report.flux, report.operator) if report else ("", "", "")
    counts = [report.count(Level.FAIL), report.blocked, report.count(Level.WARN)] if report else []
    is_dark = report is None or report.unreachable
    return [
        member.verdict,
        f"{member.name} ({more})" if more else member.name,
        listed_age(member.taken, now) if member.taken and now else "",
        *(name or _NOTHING for name in names),
        *([_NOTHING] * 3 if is_dark else [_number(one, member) for one in counts]),
        _worst(member, 0 if is_dark else counts[0]),
    ]


def _number(count: int, member: Member) -> str:
    """Return *count*; where something is unknown, none may be there."""
    return f"{count}" if count or member.verdict is not Verdict.UNKNOWN else _NOTHING


def _worst(member: Member, causes: int) -> str:
    more = f" (and {causes - 1} more)" if causes > 1 else ""
    return member.worst + more


def put_shared(page: Page, fleet: Fleet) -> None:
    """Add a line for each fault that several clusters have."""
    if not fleet.shared:
        return
    put_head(page, "Shared blockers" if fleet.upgrade_to else "Shared")
    for one in _first(page, fleet.shared):
        level = Cell(one.level, len("unknown") + 2, one.level)
        page.put(f"{one.text} [{one.code}]: {_in(one, page)}", Cell("", INDENT), level)
    _put_more(page, len(fleet.shared))


def _in(shared: Shared, page: Page) -> str:
    clusters = shared.clusters
    names = listed(clusters, len(clusters) if page.look.everything else _NAMES)
    objects = f" ({counted(shared.objects, 'object')})" if shared.objects else ""
    return f"{names}{objects}"


def put_spread(page: Page, spread: Sequence[Version]) -> None:
    """Add a line for each part: its versions, and how many clusters have each."""
    if not spread:
        return
    put_head(page, "Versions")
    for part, versions in groupby(spread, key=lambda one: one.part):
        found = [*versions]
        texts = [_version(one, is_only=len(found) == 1) for one in found]
        page.put(", ".join(texts), Cell("", INDENT), Cell(part, len("Kubernetes") + 2, "label"))


def _version(version: Version, *, is_only: bool) -> str:
    """Return a version with its clusters: names if they are few, and not all have it."""
    count, names = len(version.clusters), ""
    if version.note or (not is_only and count <= 2):  # noqa: PLR2004 - fewer words than a number
        names = listed(version.clusters, _NAMES)
    facts = ", ".join(filter(None, (version.note, names)))
    return f"{version.version} in {count}" + (f" ({facts})" if facts else "")


def _put_differences(page: Page, fleet: Fleet) -> None:
    if fleet.differences:
        put_head(page, "Only in one cluster")
    for one in _first(page, fleet.differences):
        others = listed(one.others, 2)
        page.put(f"{one.cluster}: {one.text}; not in {others}", Cell("", INDENT))
    _put_more(page, len(fleet.differences))
    if fleet.without_sources and len(fleet.without_sources) < len(fleet.members):
        names = listed(fleet.without_sources, _NAMES)
        put_head(page, "Not compared")
        page.put(f"{names}: a saved report does not contain the objects", Cell("", INDENT))


def _put_more(page: Page, number: int) -> None:
    if number > _SHOWN and not page.look.everything:
        page.put(f"{number - _SHOWN} more: --all shows them", Cell("", INDENT))


def _first(page: Page, found: Sequence[T]) -> Sequence[T]:
    return found if page.look.everything else found[:_SHOWN]


def counts_of(fleet: Fleet) -> str:
    """Return the line that counts the clusters by verdict."""
    counts = fleet.counts
    parts = [f"{counts[one]} {one}" for one in _VERDICTS if counts[one]]
    return " · ".join([counted(len(fleet.members), "cluster"), *parts])


def _put_next(page: Page, members: Sequence[Member]) -> None:
    """Add the command that shows all of the first cluster that has something to show."""
    found = next((one for one in members if one.known and one.verdict is not Verdict.PASS), None)
    put_command(page, command_for(found) if found else None)


def put_command(page: Page, command: Command | None) -> None:
    """Add *command* as the next one to run, if there is one."""
    if command is None:
        return
    page.put(
        marked(command, ascii_only=page.look.ascii),
        Cell("next", len("next  "), "label"),
        style="command",
        one_line=True,
    )


def command_for(member: Member, upgrade_to: str = "") -> Command | None:
    """Return the command that checks *member* alone, None for a saved report.

    With *upgrade_to*, a version of Flux, it shows the whole plan for the upgrade.
    """
    fields = {"file": member.origin, "context": member.context, "to": upgrade_to}
    start = "kubectl flux-status" + (" upgrade plan --to={to}" if upgrade_to else "")
    if member.is_file:
        is_snapshot = member.sources is not None
        return command(f"{start} --from={{file}}", fields) if is_snapshot else None
    kubeconfig = "--kubeconfig={file} " if member.origin else ""
    return command(f"{start} {kubeconfig}--context={{context}}", fields)

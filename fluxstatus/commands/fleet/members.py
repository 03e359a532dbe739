"""The clusters of a fleet: what is known of each, and which of them are one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fluxstatus.base.durations import age
from fluxstatus.base.plurals import listed, noun_for
from fluxstatus.checks import STEPS
from fluxstatus.commands.fleet.jobs import Answer, Source
from fluxstatus.model.findings import Finding, Level, Report, Verdict
from fluxstatus.report.sentences import by_blocked
from fluxstatus.report.whole import report_of

_ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PROGRESSING, Verdict.WARN, Verdict.PASS)
_NO_ANSWER = ("unreachable", "timeout")
"""The ends of the codes of faults about an address that does not respond to anyone."""

_NAMES = 3  # of the part of a cluster that a report is about
_AHEAD = timedelta(minutes=5)  # of this machine's clock, which another one may be


class Member(NamedTuple):
    """A cluster: its `report`, and that as JSON, both None if there is none.

    `problem` is why its verdict is unknown whatever the report says. `origin` is the kubeconfig or
    the file that it is from, `context` its name there. `uid` tells it from others, empty if that is
    unknown, and `server` is what does so then. `also` are its other names. `sources` are None if
    they are unknown. `taken` is when it was read if that was not now.
    """

    name: str
    context: str = ""
    origin: str = ""
    is_file: bool = False
    report: Report | None = None
    document: Mapping[str, Any] | None = None
    problem: str = ""
    uid: str = ""
    server: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    sources: Sequence[Source] | None = None
    taken: datetime | None = None

    @property
    def verdict(self) -> Verdict:
        """Its verdict."""
        return Verdict.UNKNOWN if self.problem or not self.report else self.report.verdict

    @property
    def faults(self) -> list[Finding]:
        """What is known to be wrong now, the worst first; nothing if the report does not count."""
        return by_blocked(self.report.faults) if self.report and not self.problem else []

    @property
    def known(self) -> Report | None:
        """The report, unless it does not count."""
        return None if self.problem else self.report

    @property
    def worst(self) -> str:
        """The worst cause in words, empty without any."""
        if self.problem:
            return self.problem
        titles = [one.title for one in self.faults if one.level is not Level.WARN]
        titles = titles or [one.title for one in self.faults]
        if not titles and self.report:
            titles = [one.title for one in self.report.waiting]
        if not titles and self.verdict is Verdict.UNKNOWN:
            titles = ["nothing was checked"]
        return titles[0] if titles else ""

    @property
    def part(self) -> str:
        """What a saved report is about if that is not the whole cluster, empty if it is."""
        report = self.known
        if report is None or report.unreachable or not self.is_file or self.sources is not None:
            return ""
        if _is_plan(self.document or {}):
            return ""
        namespaces, skipped = report.scope.namespaces, report.scope.skipped
        steps = [one.id for one in report.steps]
        is_short = any(one.id not in steps for one in STEPS)
        facts = (
            f"only {_several('namespace', namespaces)}" if namespaces else "",
            f"only {_several('step', steps)}" if is_short else "",
            f"without {listed(skipped, _NAMES)}" if skipped else "",
        )
        return ", ".join(filter(None, facts))

    @property
    def is_closed(self) -> bool:
        """Whether it is unknown for a reason that another user of it may not meet."""
        if self.verdict is not Verdict.UNKNOWN:
            return False
        return not any(one.code.endswith(_NO_ANSWER) for one in self.faults)


def _several(noun: str, names: Sequence[str]) -> str:
    return f"{noun_for(len(names), noun)} {listed(names, _NAMES)}"


def member_of(answer: Answer, *, origin: str, context: str = "", is_file: bool = False) -> Member:
    """Return the cluster that an *answer* is about; what is damaged is a problem of it."""
    found = Member(
        answer.name, context, origin, is_file, problem=answer.problem, uid=answer.uid,
        also=tuple(answer.also), sources=answer.sources,
    )  # fmt: skip
    if answer.document is None:
        return found._replace(problem=answer.problem or "there is no report")
    # The commands of a report from a file are of whoever wrote it.
    is_ours = not is_file or answer.sources is not None
    try:
        report = _report_of(answer.document, with_commands=is_ours)
    except ValueError as error:
        return found._replace(problem=f"the report {error}")
    context = context or report.target.context
    return found._replace(
        report=report, document=answer.document, context=context,
        taken=report.taken_at if is_file else None,
    )  # fmt: skip


def _report_of(document: Mapping[str, Any], *, with_commands: bool) -> Report:
    if not _is_plan(document):
        return report_of(document, with_commands=with_commands)
    from fluxstatus.commands.fleet.plan_report import report_of_plan  # noqa: PLC0415 - few need it

    return report_of_plan(document, with_commands=with_commands)


def _is_plan(document: Mapping[str, Any]) -> bool:
    return "outcome" in document  # a report has a verdict


def dated(member: Member, now: datetime, most: float) -> Member:
    """Return *member*, which is unknown if it was read more than *most* seconds before *now*."""
    if member.taken is None or member.problem:
        return member
    if member.taken - now > _AHEAD:
        return member._replace(problem="its timestamp is in the future: one of the clocks is wrong")
    if (now - member.taken).total_seconds() <= most:
        return member
    verdict = member.report.verdict if member.report else Verdict.UNKNOWN
    then = "" if _is_plan(member.document or {}) else f", when the verdict was {verdict}"
    text = f"older than --max-age: taken {age(now - member.taken)} ago{then}"
    return member._replace(problem=text)


def named(members: Sequence[Member]) -> list[Member]:
    """Return *members* from files with the names of their contexts, where these are all different.

    Others keep their names: the files', which are.
    """
    contexts = [one.context for one in members]
    return [
        one._replace(name=one.context)
        if one.is_file and one.context and contexts.count(one.context) == 1
        else one
        for one in members
    ]


def merged(members: Iterable[Member]) -> list[Member]:
    """Return each cluster once: those with the same uid are one, or else with the same server.

    The worst verdict counts that is known: another user may see less, and a copy of a cluster that
    was restored from a backup has its uid. A report on a part of it only counts if that part fails.
    """
    found: list[list[Member]] = []
    for one in members:
        same = [each for each in found if any(_are_one(one, other) for other in each)]
        joined = [*(member for each in same for member in each), one]
        found = [each for each in found if each not in same] + [joined]
    return [_joined(each) for each in found]


def _are_one(one: Member, other: Member) -> bool:
    if one.uid and other.uid:
        return one.uid == other.uid
    return bool(one.server) and one.server == other.server


def _joined(same: Sequence[Member]) -> Member:
    """Return the one of *same*, members of one cluster, that counts, with the other names."""

    def place(one: Member) -> tuple[bool, bool, int]:
        is_too_little = bool(one.part) and one.verdict is not Verdict.FAIL
        return is_too_little, one.verdict is Verdict.UNKNOWN, rank(one)

    counting = min(same, key=place)
    names = (name for one in same for name in (one.name, *one.also))
    others = dict.fromkeys(name for name in names if name != counting.name)
    return counting._replace(also=tuple(others))


def rank(member: Member) -> int:
    """Return the place of the verdict of *member*: the worst has 0."""
    return _ORDER.index(member.verdict)


def worst_first(members: Iterable[Member]) -> list[Member]:
    """Return *members* by verdict, then by what they block, then by name."""

    def place(one: Member) -> tuple[int, int, int, str]:
        report = one.known
        causes = report.count(Level.FAIL) if report else 0
        return rank(one), -(report.blocked if report else 0), -causes, one.name

    return sorted(members, key=place)

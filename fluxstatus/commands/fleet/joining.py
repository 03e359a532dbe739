"""What the clusters of a fleet have in common, and what is different in one of them. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import NamedTuple, TypeAlias

from fluxstatus.base.durations import age, when
from fluxstatus.base.versions import dotted, minor_of, release_of
from fluxstatus.causes.sharing import ABOUT_HOSTS, SHARED_CODES
from fluxstatus.commands.fleet.jobs import Source
from fluxstatus.commands.fleet.members import Member
from fluxstatus.knowledge.flux_minors import FLUX_MINORS, facts_of, is_supported
from fluxstatus.model.findings import WORST_FIRST, Finding, Level
from fluxstatus.state.revisions import short

_HOST = re.compile(r"(?<![\w.-])[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?(?![\w.-])")
_OF_CHARTS = ("chart-", "helm-index-")
"""The beginnings of the codes of faults whose text names a chart and its version."""

_TEXTS = 3  # of faults about one host, which may differ in each cluster
_LAG = timedelta(minutes=10)  # in which a new revision may not have come to all clusters
_Object: TypeAlias = tuple[str, str, str]


class Shared(NamedTuple):
    """A fault that several clusters have: its `code`, its `level` and what it is about in words.

    `found` are the clusters with their findings. `host` is the host that it is about, if it is.
    """

    code: str
    level: Level
    text: str
    found: tuple[tuple[str, Finding], ...]
    host: str = ""

    @property
    def clusters(self) -> list[str]:
        """The names of the clusters."""
        return list(dict.fromkeys(name for name, _ in self.found))

    @property
    def objects(self) -> int:
        """The number of objects that have the fault, or that it blocks."""
        objects = {
            (name, ref.key) for name, one in self.found for ref in (*one.objects, *one.blocks)
        }
        return len(objects)


class Version(NamedTuple):
    """A version of a part, and the clusters that have it; `note` is what is wrong with it."""

    part: str
    version: str
    clusters: tuple[str, ...]
    note: str = ""


class Different(NamedTuple):
    """An object that is `suspended` or `behind` in one cluster, and not in the `others`."""

    what: str
    cluster: str
    object: _Object
    others: tuple[str, ...]
    text: str


def shared_in(members: Iterable[Member]) -> list[Shared]:
    """Return the faults that more than one of *members* has, the widest first of each level."""
    found: dict[tuple[object, ...], list[tuple[str, Finding]]] = defaultdict(list)
    for member in members:
        for one in member.faults:
            found[_about(one)].append((member.name, one))
    several = [_shared(each) for each in found.values() if len({name for name, _ in each}) > 1]
    return sorted(several, key=lambda one: (WORST_FIRST.index(one.level), -len(one.clusters)))


def shared_blockers(members: Iterable[Member]) -> list[Shared]:
    """Return what blocks the upgrade of more than one of *members*, the widest first."""
    found: dict[str, list[tuple[str, Finding]]] = defaultdict(list)
    for member in members:
        for one in member.faults:
            if one.level is Level.FAIL:
                found[one.code].append((member.name, one))
    several = [_shared(each) for each in found.values() if len({name for name, _ in each}) > 1]
    return sorted(several, key=lambda one: -len(one.clusters))


def _about(finding: Finding) -> tuple[object, ...]:
    """Return what makes two findings one fault.

    Their text if it names what several objects share, such as a Secret, or the host if it is about
    one; else it has to be the same object, too.
    """
    if host := _host(finding):
        return "host", host
    if finding.code in SHARED_CODES or finding.code.startswith(_OF_CHARTS):
        return finding.code, finding.summary
    return finding.code, finding.summary, finding.object and finding.object.key


def _host(finding: Finding) -> str:
    found = _HOST.search(finding.summary) if finding.code in ABOUT_HOSTS else None
    return found[0] if found else ""


def _shared(found: Sequence[tuple[str, Finding]]) -> Shared:
    findings = [one for _, one in found]
    first = min(findings, key=lambda one: WORST_FIRST.index(one.level))
    is_one = len({one.object.key if one.object else None for one in findings}) == 1
    texts = dict.fromkeys(one.title if is_one else one.summary for one in (first, *findings))
    text = "; ".join(islice(texts, _TEXTS))
    more = f" and {len(texts) - _TEXTS} more" if len(texts) > _TEXTS else ""
    return Shared(first.code, first.level, text + more, tuple(found), _host(first))


def spread_in(members: Sequence[Member]) -> list[Version]:
    """Return the versions of each part, the newest first."""
    parts = {
        "Kubernetes": [(one.name, report.target.kubernetes, report.flux)
                       for one in members if (report := one.known)],
        "Flux": [(one.name, report.flux, "") for one in members if (report := one.known)],
        "operator": [(one.name, report.operator, "") for one in members if (report := one.known)],
    }  # fmt: skip
    return [version for part, found in parts.items() for version in _versions(part, found)]


def _versions(part: str, found: Iterable[tuple[str, str, str]]) -> Iterator[Version]:
    clusters: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, version, flux in found:
        if version:
            note = _out_of_support(version) if part == "Flux" else _too_old(version, flux)
            clusters[version, note if part != "operator" else ""].append(name)
    newest_first = sorted(clusters.items(), key=lambda one: release_of(one[0][0]) or (0,))[::-1]
    for (version, note), names in newest_first:
        yield Version(part, version, tuple(names), note)


def _out_of_support(version: str) -> str:
    minor = minor_of(version)
    return "" if minor is None or is_supported(minor) else "out of support"


def _too_old(kubernetes: str, flux: str) -> str:
    """Return what a version of Kubernetes is too old for: its Flux, or the newest one."""
    minor, of_flux = minor_of(kubernetes), minor_of(flux)
    if minor is None:
        return ""
    for one in (of_flux, max(FLUX_MINORS)):
        facts = facts_of(one) if one else None
        if one and facts and minor < facts.kubernetes:
            return f"too old for Flux {dotted(one)}"
    return ""


def differences_in(members: Iterable[Member]) -> list[Different]:
    """Return what is suspended or behind in one cluster and in no other that has it."""
    read = [one for one in members if one.known and one.sources is not None]
    objects: dict[tuple[_Object, str], list[tuple[Member, Source]]] = defaultdict(list)
    for member in read:
        for one in member.sources or ():
            objects[(one.kind, one.namespace, one.name), one.url].append((member, one))
    by_name: dict[_Object, list[tuple[Member, Source]]] = defaultdict(list)
    for (name, _), found in objects.items():
        by_name[name] += found
    suspended = [one for name, found in by_name.items() for one in _suspended(name, found)]
    behind = [one for (name, url), found in objects.items() if url for one in _behind(name, found)]
    return sorted([*suspended, *behind], key=lambda one: (one.cluster, one.what, one.object))


def _suspended(name: _Object, found: Sequence[tuple[Member, Source]]) -> Iterator[Different]:
    off = [member for member, one in found if one.suspended]
    others = tuple(member.name for member, one in found if not one.suspended)
    if len(off) == 1 and others:
        text = f"{_named(name)} is suspended"
        yield Different("suspended", off[0].name, name, others, text)


def _behind(name: _Object, found: Sequence[tuple[Member, Source]]) -> Iterator[Different]:
    """Yield the one cluster with an older revision of a source than all others, if there is one.

    The others have had the same one for longer than it takes to come to all of them.
    """
    by_revision: dict[str, list[tuple[Member, Source]]] = defaultdict(list)
    for member, one in found:
        by_revision[one.revision].append((member, one))
    if len(by_revision) != 2 or "" in by_revision:  # noqa: PLR2004 - the odd one, and the others
        return
    odd, others = sorted(by_revision.values(), key=len)
    if len(odd) > 1 or len(others) == 1:
        return
    (member, own), since = odd[0], [when(one.stored) for _, one in others]
    then, first = when(own.stored), min((at for at in since if at), default=None)
    if then is None or first is None or member.report is None or own.suspended:
        return
    if then < first and _had_time(member.report.taken_at - first, own):
        text = (
            f"{_named(name)} has {short(own.revision)}, stored {age(first - then)} before "
            f"{short(others[0][1].revision)}"
        )
        yield Different("behind", member.name, name, tuple(m.name for m, _ in others), text)


def _had_time(length: timedelta, source: Source) -> bool:
    return length > max(_LAG, timedelta(seconds=2 * source.interval))


def _named(name: _Object) -> str:
    kind, namespace, own = name
    return f"{kind} {namespace}/{own}" if namespace else f"{kind} {own}"

"""A report as metrics in the text format 0.0.4 of Prometheus, without timestamps.

There are the same few series whatever fails, so that an alert on one of them ends. Of a cluster
that cannot be reached, there is only what is known.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from fluxstatus import __version__
from fluxstatus.base.visible import visible
from fluxstatus.model.findings import Report, Verdict
from fluxstatus.report.look import Look
from fluxstatus.report.sentences import TROUBLE, steps_of

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Sample: TypeAlias = tuple[Mapping[str, str], float]
"""The labels of a series, and its value."""


class _Metric(NamedTuple):
    name: str
    help: str
    samples: Iterable[Sample]


def render(report: Report, look: Look) -> str:
    """Return *report* as gauges with the context of the cluster as a label."""
    return render_all([(report.target.context, report)], look)


def render_all(reports: Iterable[tuple[str, Report | None]], look: Look) -> str:
    """Return the reports of several clusters as gauges, with their contexts as labels.

    Of a cluster without a report, it is only known that its verdict is unknown.
    """
    found: dict[str, list[str]] = {}
    for context, report in reports:
        for name, text, samples in _metrics(report) if report else [_verdict(Verdict.UNKNOWN)]:
            head = [f"# HELP flux_status_{name} {text}", f"# TYPE flux_status_{name} gauge"]
            lines = found.setdefault(name, head)
            for labels, value in samples:
                shown = ",".join(
                    _label(*one, look) for one in {"context": context, **labels}.items()
                )
                lines.append(f"flux_status_{name}{{{shown}}} {value:.15g}")
    return "".join(f"{line}\n" for lines in found.values() for line in lines)


def _label(name: str, value: str, look: Look) -> str:
    return f'{name}="{visible(value, ascii_only=look.ascii).translate(_ESCAPES)}"'


def _verdict(verdict: Verdict) -> _Metric:
    return _Metric(
        "verdict",
        "Whether the check has this verdict (1) or not (0).",
        [({"verdict": one}, one is verdict) for one in Verdict],
    )


def _metrics(report: Report) -> Iterator[_Metric]:
    yield _verdict(report.verdict)
    found = Counter((one.step, one.level) for one in report.faults)
    yield _Metric(
        "findings",
        "Failures, warnings and unknowns, by step of the check.",
        [
            ({"step": step.id, "level": level}, found[step.id, level])
            for step in {one.id: one for one in steps_of(report)}.values()
            for level in TROUBLE
        ],
    )
    yield _Metric("blocked_objects", "Blocked objects.", [({}, report.blocked)])
    yield _Metric(
        "accepted",
        "Accepted faults, which the verdict ignores.",
        [({}, len(report.accepted))],
    )
    yield _Metric(
        "advice",
        "Recommendations, which never change the verdict.",
        [({}, len(report.advice))],
    )
    yield _Metric(
        "checked_timestamp_seconds",
        "Unix time when the cluster was read.",
        [({}, report.taken_at.timestamp())],
    )
    yield _Metric("read_seconds", "Duration of reading the cluster.", [({}, report.cost.seconds)])
    yield _Metric("requests", "Requests to the API server.", [({}, report.cost.requests)])
    yield _Metric(
        "info",
        "Versions; the value is always 1.",
        [
            (
                {
                    "version": __version__,
                    "kubernetes": report.target.kubernetes,
                    "flux": report.flux,
                    "operator": report.operator,
                },
                1,
            )
        ],
    )

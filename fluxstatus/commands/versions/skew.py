"""The comparison of versions, and findings on the skew that matters."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.versions import release_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.cluster import KUBERNETES_TOO_OLD
from fluxstatus.checks.controllers import MIXED_VERSIONS
from fluxstatus.checks.instance import IMAGE_DIFFERS
from fluxstatus.checks.operator import CLI_VERSION_SKEW
from fluxstatus.checks.run import Choice, run_checks
from fluxstatus.checks.wording import unread_finding
from fluxstatus.commands.versions.inventory import DISTRIBUTION, Part, Role
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import by_reason
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KINDS, OPERATOR
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.state import State

_OF_THE_CHECK = frozenset({KUBERNETES_TOO_OLD, MIXED_VERSIONS, IMAGE_DIFFERS})
"""Codes of the check that are about versions."""

STEP_ID = "versions"


class _Pair(NamedTuple):
    """A CLI, and the part that it has to match, at most `apart` minor versions apart."""

    client: str
    other: str
    apart: int
    code: Code
    why: str
    command: tuple[str, ...] = ()


_OFTEN = "commands and their output can change in every minor version"
_KUBECTL_SKEW = Code(
    "kubectl-skew",
    "The versions of kubectl and the API server are more than one minor version apart.",
)
_MCP_VERSION_SKEW = Code(
    "mcp-version-skew",
    "The local flux-operator-mcp and the Flux Operator have different minor versions.",
)
_FLUX_VERSION_SKEW = Code(
    "flux-version-skew", "The flux CLI and Flux in the cluster have different minor versions."
)
_REPORT_DIFFERS = Code(
    "report-differs", "The versions in the FluxReport differ from the deployed versions."
)
_PAIRS = (
    _Pair("kubectl", "Kubernetes", 1, _KUBECTL_SKEW,
          "kubectl works with API servers that are at most one minor version older or newer"),
    _Pair("flux-operator", OPERATOR, 0, CLI_VERSION_SKEW, _OFTEN,
          ("brew", "upgrade", "flux-operator")),
    _Pair("flux-operator-mcp", OPERATOR, 0, _MCP_VERSION_SKEW,
          "its tools and their names can change in every minor version",
          ("brew", "upgrade", "flux-operator-mcp")),
    _Pair("flux", DISTRIBUTION, 0, _FLUX_VERSION_SKEW, _OFTEN, ("brew", "upgrade", "flux")),
)  # fmt: skip

CODES = (*(pair.code for pair in _PAIRS), _REPORT_DIFFERS)
"""The codes of `versions`, without those that it has from the check."""


def compare(client: Part, other: Part) -> str:
    """Return how *client* compares with *other*: "older than …"; empty if a version is unknown."""
    here, there = release_of(client.version), release_of(other.version)
    if here is None or there is None:
        return ""
    word = SAME if here == there else "newer than" if here > there else "older than"
    return f"{word} {_called(other)}"


def pairs_of(parts: Sequence[Part]) -> Iterator[tuple[Part, Part]]:
    """Yield each CLI with the part that it has to match, where both exist."""
    for pair, client, other in _met(parts):
        if pair:
            yield client, other


def skews_of(state: State, parts: Sequence[Part]) -> tuple[Finding, ...]:
    """Return the findings on skew, the worst first, their commands with the cluster's flags."""
    target_flags = for_target(state.evidence.target)
    checked = run_checks(Analysis(state), _CHOICE).findings
    unreachable = state.evidence.unreachable is not None
    found = [finding for finding in checked if unreachable or finding.code in _OF_THE_CHECK]
    own = (*_apart(parts), *_reports(state), *_unread(state, parts))
    return (*found, *(target_flags.finding(finding) for finding in own))


SAME = "the same as"
"""Begins the note on a CLI that has the version of the cluster."""

_CHOICE = Choice(steps=("cluster", "components", "instance"))


def _met(parts: Sequence[Part]) -> Iterator[tuple[_Pair, Part, Part]]:
    for pair in _PAIRS:
        clients = (p for p in parts if p.name == pair.client and p.role is Role.CLIENT)
        for client in clients:
            for other in parts:
                if other.name == pair.other and other.role is not Role.CLIENT:
                    yield pair, client, other


def _apart(parts: Sequence[Part]) -> Iterator[Finding]:
    for pair, client, other in _met(parts):
        here, there = release_of(client.version), release_of(other.version)
        if here is None or there is None or _near(here, there, pair.apart):
            continue
        command = (Command(pair.command, changes=True),) if pair.command else ()
        yield Finding(
            step=STEP_ID,
            code=pair.code,
            level=Level.WARN,
            title=f"{client.name} {client.version} is {compare(client, other)}, {other.version}",
            why=pair.why,
            hints=(
                Hint(
                    f"install the version of {client.name} that matches {_called(other)}", command
                ),
            ),
            category="habit",
            area="upgrades",
            trivial=True,
        )


def _near(here: tuple[int, ...], there: tuple[int, ...], apart: int) -> bool:
    return here[0] == there[0] and abs(here[1] - there[1]) <= apart


def _reports(state: State) -> Iterator[Finding]:
    """Yield the differences between the FluxReport and the Deployments."""
    running = {
        "operator": {operator.version for operator in state.operators} - {""},
        "distribution": {component.distribution for component in state.components} - {""},
    }
    for report in state.evidence.answer(KINDS["FluxReport"].resource).known:
        for what, versions in running.items():
            reported = text_of(map_of(map_of(report.get("spec")).get(what)).get("version"))
            if reported and versions and _bare(reported) not in {_bare(one) for one in versions}:
                yield Finding(
                    step=STEP_ID,
                    code=_REPORT_DIFFERS,
                    level=Level.WARN,
                    title=f"the FluxReport shows {what} {reported}, but "
                    f"{', '.join(sorted(versions))} is deployed",
                    why="the report is outdated, or an upgrade is in progress",
                    hints=(Hint("check the operator", (
                        Command(("kubectl", "flux-status", "--step", "operator,instance")),)),),
                    trivial=True,
                )  # fmt: skip


def _unread(state: State, parts: Sequence[Part]) -> Iterator[Finding]:
    """Yield what could not be read, unless it is the reason of an unknown version."""
    shown = {part.unread for part in parts}
    for names, unread in by_reason(state.evidence.unread):
        if unread not in shown and not state.evidence.unreachable:
            yield unread_finding(STEP_ID, names, unread)


def _bare(version: str) -> str:
    return version.removeprefix("v")


def _called(part: Part) -> str:
    names = {Role.SERVER: "the API server", Role.OPERATOR: "the operator"}
    return names.get(part.role, f"{part.name} in the cluster")

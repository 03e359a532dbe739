"""The findings of all parts of the preflight, as a report like that of the check."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks import cluster
from fluxstatus.checks.wording import passed, unread_finding
from fluxstatus.cluster.local_tools import Client
from fluxstatus.commands.preflight import existing, network, tools
from fluxstatus.commands.preflight.rights import NEEDED, Right, Rights
from fluxstatus.model.findings import Finding, Level, Report, StepResult, worst
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.state import State

RIGHTS = "rights"
_TITLES = {
    cluster.STEP_ID: "Kubernetes",
    RIGHTS: "rights to install",
    tools.STEP_ID: "programs on this machine",
    existing.EXISTING: "what is installed already",
    existing.LEFTOVERS: "what an earlier installation left",
    network.STEP_ID: "what the cluster must reach",
}

CODES = {
    "crds-left": "CRDs of Flux are here without a controller",
    "flux-by-others": "Flux is here, and was not installed by the Flux Operator",
    "git-untested": "the cluster must reach the Git server, which nothing here can try",
    "in-use": "the CRDs of Flux belong to what is here",
    "installed-already": "the Flux Operator and its FluxInstance are here already",
    "namespace-terminating": "the namespace for Flux is being deleted: nothing can be made in it",
    "operator-without-instance": "the Flux Operator is here, and no FluxInstance",
    "registry-untested": "the cluster must reach the registry, which nothing here can try",
    "rights-missing": "this user may not do all that an installation takes",
    "rights-unsure": "whether this user may do all that an installation takes is not known",
    "tool-missing": "a program that an installation needs is not here, or not on PATH",
}
"""What the preflight tells beside what the check does, by code."""


def report_of(state: State, rights: Rights, clients: Mapping[str, Client], url: str) -> Report:
    """Judge all that an installation takes; *url* is that of the Git repository, or empty."""
    target_flags = for_target(state.evidence.target)
    reachable = state.evidence.unreachable is None
    by_step = {
        cluster.STEP_ID: [*_kubernetes(state)],
        RIGHTS: [*_rights(state, rights)] if reachable else [],
        tools.STEP_ID: [*tools.examine(clients)],
        existing.EXISTING: [*existing.existing(state)] if reachable else [],
        existing.LEFTOVERS: [*existing.leftovers(state)] if reachable else [],
        network.STEP_ID: [*network.examine(url)],
    }
    return Report(
        target=state.evidence.target,
        flux=state.flux_version,
        operator=next((o.version for o in state.operators), ""),
        taken_at=state.now,
        cost=state.evidence.cost,
        steps=tuple(
            StepResult(step, _TITLES[step], worst(finding.level for finding in found))
            for step, found in by_step.items() if found
        ),
        findings=tuple(
            target_flags.finding(finding) for found in by_step.values() for finding in found
        ),
        unreachable=not reachable,
    )  # fmt: skip


def _kubernetes(state: State) -> Iterator[Finding]:
    """Judge it as the check does, and against what the newest Flux supports."""
    found = list(cluster.examine(Analysis(state)))
    yield from found
    version = cluster.parse(state.evidence.target.kubernetes)
    newest = max(cluster.SUPPORTED)
    least, flux = cluster.SUPPORTED[newest], ".".join(map(str, newest))
    if version is None or any(finding.code == "kubernetes-too-old" for finding in found):
        return
    if version < least:
        yield Finding(
            step=cluster.STEP_ID,
            code="kubernetes-too-old",
            level=Level.WARN,
            title=f"Kubernetes {state.evidence.target.kubernetes} is older than "
            f"{'.'.join(map(str, least))}, the oldest that Flux {flux} supports",
            why="a FluxInstance that asks for 2.x gets the newest Flux",
            hints=(
                Hint("upgrade the control plane, or ask for an older spec.distribution.version"),
            ),
            docs="https://fluxcd.io/flux/installation/#prerequisites",
            trivial=True,
        )
    else:
        title = f"Kubernetes {state.evidence.target.kubernetes} is new enough for Flux {flux}"
        yield passed(cluster.STEP_ID, title)


def _rights(state: State, rights: Rights) -> Iterator[Finding]:
    who = state.evidence.target.asker or "this user"
    if rights.unread:
        yield unread_finding(RIGHTS, "what this user may do", rights.unread)
    elif not (rights.missing or rights.unsure):
        yield passed(RIGHTS, f"{who} has all {len(NEEDED)} rights that an installation takes")
    if rights.missing:
        title, listed = (
            f"{who} may not install Flux",
            Command(("kubectl", "auth", "can-i", "--list")),
        )
        yield _lacking(Level.FAIL, "rights-missing", title, rights.missing, [listed])
    if rights.unsure:
        title = f"whether {who} may install Flux could not be found out"
        asked = map(_can_i, rights.unsure)
        yield _lacking(Level.UNKNOWN, "rights-unsure", title, rights.unsure, asked)


def _lacking(
    level: Level, code: str, title: str, rights: Sequence[Right], commands: Iterable[Command]
) -> Finding:
    return Finding(
        step=RIGHTS,
        code=code,
        level=level,
        title=f"{title}: {len(rights)} of {len(NEEDED)} rights {code.removeprefix('rights-')}",
        why="the operator is installed for the whole cluster, as cluster-admin",
        evidence=tuple(("missing RBAC rule", f"{right} ({right.why})") for right in rights),
        hints=(
            Hint(
                "let somebody with the role cluster-admin install it, or ask for the rights",
                tuple(commands),
            ),
        ),
        trivial=True,
    )


def _can_i(right: Right) -> Command:
    what = f"{right.resource}/{right.name}" if right.name else right.resource
    return Command(("kubectl", "auth", "can-i", right.verb, what, "--all-namespaces"))

"""The findings of every part of the preflight, as a report like that of the check."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from fluxstatus.base.plurals import noun_for
from fluxstatus.base.versions import dotted
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks import cluster
from fluxstatus.checks.wording import PRINT_INSTANCE, passed, unread_finding
from fluxstatus.cluster.local_tools import Program
from fluxstatus.commands.preflight import existing, network, tools
from fluxstatus.commands.preflight.manifest import INSTALL
from fluxstatus.commands.preflight.permissions import NEEDED, Permission, Permissions
from fluxstatus.knowledge.flux_minors import FLUX_MINORS, NEWEST
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Exit, Finding, Level, Next, Report, StepResult, worst
from fluxstatus.model.hints import Command, Hint, command
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.state import State

PERMISSIONS = "rights"  # the name of the step
_TITLES = {
    cluster.STEP_ID: "Kubernetes",
    PERMISSIONS: "permissions to install",
    tools.STEP_ID: "programs on this machine",
    existing.EXISTING: "existing installation",
    existing.LEFTOVERS: "leftovers from an earlier installation",
    network.STEP_ID: "network access from the cluster",
}

_RIGHTS_MISSING = Code(
    "rights-missing", "The user lacks permissions that are required to install Flux."
)
_RIGHTS_UNSURE = Code(
    "rights-unsure", "It is unknown whether the user has the permissions to install Flux."
)
CODES = (*existing.CODES, *network.CODES, _RIGHTS_MISSING, _RIGHTS_UNSURE, *tools.CODES)
"""The codes of `preflight`, without those that it has from the check."""


def report_of(
    state: State, permissions: Permissions, programs: Mapping[str, Program], url: str
) -> Report:
    """Return the findings on an installation; *url* is that of the Git repository, or empty."""
    target_flags = for_target(state.evidence.target)
    reachable = state.evidence.unreachable is None
    by_step = {
        cluster.STEP_ID: [*_kubernetes(state)],
        PERMISSIONS: [*_permissions(state, permissions)] if reachable else [],
        tools.STEP_ID: [*tools.examine(programs, by_ssh=url.startswith("ssh://"))],
        existing.EXISTING: [*existing.existing(state)] if reachable else [],
        existing.LEFTOVERS: [*existing.leftovers(state)] if reachable else [],
        network.STEP_ID: [*network.examine(url)],
    }
    report = Report(
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
    return report._replace(next=_next(state, report, url))


def _next(state: State, report: Report, url: str) -> Next | None:
    """Return the commands that install, if nothing prevents it and nothing is installed."""
    if report.exit_code() is not Exit.HEALTHY or state.operators or state.components:
        return None
    print_instance = "kubectl flux-status preflight --manifest"
    with_git = command(f"{print_instance} --git {{url}}", {"url": url})
    manifest = with_git or PRINT_INSTANCE
    text = (
        "install the Flux Operator, then save the FluxInstance that --manifest prints and apply it"
    )
    to_target = for_target(state.evidence.target).command
    return Next(text, (to_target(INSTALL), to_target(manifest)))


def _kubernetes(state: State) -> Iterator[Finding]:
    """Check the version as the check does, and against what the newest Flux supports.

    A version that is too old for this plugin is too old to install Flux now.
    """
    found = list(cluster.examine(Analysis(state)))
    version = cluster.parse(state.evidence.target.kubernetes)
    unsupported = version is not None and version < cluster.FLOOR
    for finding in found:
        fails = unsupported and finding.code == cluster.KUBERNETES_TOO_OLD
        yield replace(finding, level=Level.FAIL) if fails else finding
    least, flux = FLUX_MINORS[NEWEST].kubernetes, dotted(NEWEST)
    if version is None or any(finding.code == cluster.KUBERNETES_TOO_OLD for finding in found):
        return
    if version < least:
        yield Finding(
            step=cluster.STEP_ID,
            code=cluster.KUBERNETES_TOO_OLD,
            level=Level.WARN,
            title=f"Kubernetes {state.evidence.target.kubernetes} is older than "
            f"{dotted(least)}, the oldest that Flux {flux} supports",
            why="a FluxInstance with version 2.x installs the newest Flux",
            hints=(
                Hint(
                    "upgrade the control plane, or set spec.distribution.version to an older Flux"
                ),
            ),
            docs="https://fluxcd.io/flux/installation/#prerequisites",
            trivial=True,
        )
    else:
        title = f"Kubernetes {state.evidence.target.kubernetes} is new enough for Flux {flux}"
        yield passed(cluster.STEP_ID, title)


def _permissions(state: State, permissions: Permissions) -> Iterator[Finding]:
    who = state.evidence.target.effective_user or "this user"
    if permissions.unread:
        yield unread_finding(PERMISSIONS, "this user's permissions", permissions.unread)
    elif not (permissions.missing or permissions.unknown):
        title = f"{who} has all {len(NEEDED)} permissions that are required to install Flux"
        yield passed(PERMISSIONS, title)
    if permissions.missing:
        missing = permissions.missing
        are = noun_for(len(missing), "is", "are")
        title = f"{who} cannot install Flux: {_count(missing)} {are} missing"
        listed = Command(("kubectl", "auth", "can-i", "--list"))
        yield _lacking(Level.FAIL, _RIGHTS_MISSING, title, missing, [listed])
    if permissions.unknown:
        unknown = permissions.unknown
        title = (
            f"it is unknown whether {who} can install Flux: {_count(unknown)} could not be checked"
        )
        yield _lacking(Level.UNKNOWN, _RIGHTS_UNSURE, title, unknown, map(_can_i, unknown))


def _count(permissions: Sequence[Permission]) -> str:
    return f"{len(permissions)} of {len(NEEDED)} permissions"


def _lacking(
    level: Level,
    code: Code,
    title: str,
    permissions: Sequence[Permission],
    commands: Iterable[Command],
) -> Finding:
    return Finding(
        step=PERMISSIONS,
        code=code,
        level=level,
        title=title,
        why="the operator is installed cluster-wide, as cluster-admin",
        evidence=tuple(("missing RBAC rule", f"{one} ({one.why})") for one in permissions),
        hints=(
            Hint(
                "have a cluster-admin install Flux, or request the missing permissions",
                tuple(commands),
            ),
        ),
        trivial=True,
    )


def _can_i(one: Permission) -> Command:
    what = f"{one.resource}/{one.name}" if one.name else one.resource
    return Command(("kubectl", "auth", "can-i", one.verb, what, "--all-namespaces"))

"""The next step after a report: ask an assistant that reads the cluster, or continue by hand.

Pure: what this machine remembers is passed in as a LocalState.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from fluxstatus.base.plurals import counted
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.cause_findings import headline_of
from fluxstatus.checks.operator import MCP_READ_WRITE
from fluxstatus.checks.run import ALL, BUG, Choice, run_checks
from fluxstatus.checks.wording import explained
from fluxstatus.mcp.entry import PROGRAM, SETUP, setup_command
from fluxstatus.mcp.prompt import beware, controller_of, hidden_instance, prompt_for, worst_fault
from fluxstatus.mcp.state_file import EMPTY, LocalState
from fluxstatus.model.findings import Finding, Level, Next, Report, StepResult
from fluxstatus.model.hints import Command, command, hint, kubectl
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import State

STEP_ID = "operator"
_REPEATED = 3  # questions within an hour, including this one
_LOG = "kubectl logs -n {ns} deployment/{name} --since=1h"
_PROMPT = kubectl("flux-status", "--prompt")
_EVENTS = "kubectl get events -n {ns} --field-selector=involvedObject.name={name}"
_NOT_OURS = hint(
    "disable the plugin or extension that adds it, or ask the administrator of this machine; mcp "
    "status shows the file",
    kubectl("flux-status", "mcp", "status"),
)
_UNEXPLAINED = frozenset({"unknown", "one-of"})
"""The certainties of a cause about which the report is not sure."""

_CONNECTIONS = frozenset({"address", "auth", "dns", "host", "login", "proxy", "ssh", "sso", "tls"})
"""Words in the codes of faults that are about hosts, networks and logins."""

_LAST = 2  # the rank of a fault that the report explains


def report_with_next(
    analysis: Analysis, choice: Choice = ALL, local: LocalState = EMPTY, *, prompt: bool = False
) -> Report:
    """Return the report of the checks with the next step, and the advice from *local*.

    With *prompt*, it has a prompt whenever there is a fault. A bug in the suggestion is reported as
    the next step: it must not hide the findings.
    """
    report = run_checks(analysis, choice, {STEP_ID: partial(warnings, local)})
    target_flags = for_target(report.target)
    try:
        step = next_step(analysis, report.findings, report.steps, local, prompt=prompt)
    except Exception as error:  # noqa: BLE001 - see above
        text = f"{BUG} that prevented a suggestion: {type(error).__name__}: {error}"
        return report._replace(next=Next(text))
    return report._replace(
        next=step and step._replace(commands=tuple(map(target_flags.command, step.commands)))
    )


def next_step(
    analysis: Analysis,
    findings: Sequence[Finding],
    steps: Sequence[StepResult],
    local: LocalState,
    *,
    prompt: bool = False,
) -> Next | None:
    """Return the next step for *findings*, the worst first; None if their hints suffice.

    With *prompt*, the worst fault takes the place of a failure to investigate if there is none.
    """
    state = analysis.state
    found = _to_investigate(findings, analysis, local)
    hidden = hidden_instance(state)
    readers = [one for one in local.configured if one.read_only]
    server = readers[0].entry if readers else PROGRAM
    if found is None:
        worst = worst_fault(_asked_about(findings, state)) if prompt else None
        if worst:
            return Next("paste the prompt", prompt=prompt_for(worst, analysis, steps, server))
        return Next(beware(hidden)) if hidden and readers and not local.declined else None
    ready = prompt_for(found, analysis, steps, server)
    by_hand = _by_hand(found, analysis)
    if local.declined or state.evidence.target.saved:
        return _alone(found, by_hand, ready, saved=bool(state.evidence.target.saved))
    if readers:
        who = _listed(dict.fromkeys(one.title for one in readers))
        text = f"paste the output of --prompt into {who}, which can read this cluster"
        return Next(_with(f"{_about(found)}: {text}", hidden), prompt=ready)
    if not (local.has_client or local.configured):
        text = f"{_about(found)}: investigate by hand, or install an MCP client for an assistant"
        return Next(text, tuple(islice(by_hand, 2)), ready)
    what = "go deeper" if _rank(found) else "find out why"  # the report says why, or it does not
    text = (
        f"{_about(found)}: let your assistant {what}, with read-only access (setup takes 2 minutes)"
    )
    return Next(_with(text, hidden), (SETUP,), ready)


def next_about(ref: Ref, analysis: Analysis, report: Report, local: LocalState) -> Next | None:
    """Return how an assistant can help with what is wrong with the object *ref*.

    None if it is not needed, or if the user has none.
    """
    if local.declined or not (local.has_client or local.configured):
        return None
    findings = [one for one in report.findings if ref in one.objects or ref in one.blocks]
    step = next_step(analysis, findings, report.steps, local)
    if not step or not step.prompt:
        return None
    commands = step.commands or (_PROMPT._replace(argv=(*_PROMPT.argv, "-n", ref.namespace)),)
    target_flags = for_target(report.target)
    return step._replace(commands=tuple(map(target_flags.command, commands)))


def warnings(local: LocalState) -> Iterator[Finding]:
    """Yield advice on entries on this machine that let an assistant change the cluster."""
    writing = [one for one in local.configured if not one.read_only]
    for entry, is_own in dict.fromkeys((one.entry, one.is_own) for one in writing):
        found = [one for one in writing if (one.entry, one.is_own) == (entry, is_own)]
        clients = list(dict.fromkeys(one.client for one in found))
        titles = _listed(dict.fromkeys(one.title for one in found))
        fix = hint("make it read-only", setup_command(entry, clients))
        yield Finding(
            step=STEP_ID,
            code=MCP_READ_WRITE,
            level=Level.WARN,
            category="habit",
            area="security",
            title=f"the MCP server {entry} in {titles} can change the cluster",
            why=f"{PROGRAM} can write unless it is started with --read-only=true",
            hints=(fix if is_own else _NOT_OURS,),
        )


def _to_investigate(
    findings: Iterable[Finding], analysis: Analysis, local: LocalState
) -> Finding | None:
    """Return the failure to investigate further, None if the cluster could not be accessed.

    What the report does not explain comes first, then hosts, networks and logins, and what blocks
    most before the rest. More questions add what it explains, behind all that, but never what one
    edit fixes.
    """
    faults = [f for f in findings if f.level is Level.FAIL and f.category == "fault"]
    if any(finding.step == "cluster" for finding in faults):
        return None
    open_ones = [f for f in _asked_about(faults, analysis.state) if not f.trivial]
    deep = [
        f
        for f in open_ones
        if _rank(f) < _LAST or (_is_repeated(f, local) and not _is_one_edit(f, analysis))
    ]
    return min(deep, key=lambda f: (_rank(f), -len(f.blocks)), default=None)


def _is_repeated(finding: Finding, local: LocalState) -> bool:
    """Return whether the user has asked about one object of *finding*, or what it blocks, often."""
    refs = (*finding.objects, *finding.blocks)
    about = max((local.questions.get(f"{ref}", 0) for ref in refs), default=0)
    return local.failures + about + 1 >= _REPEATED


def _is_one_edit(finding: Finding, analysis: Analysis) -> bool:
    """Return whether the cause is certain and one edit fixes it.

    The state of a workload is certain, too, but what it comes from may not be known. Commands that
    follow the edit, such as another attempt, are no other way.
    """
    ways = [
        one
        for one in finding.hints
        if one.label == "fix" and not (one.commands and all(c.changes for c in one.commands))
    ]
    if finding.certainty != "certain" or len(ways) != 1:
        return False
    causes = (c for c in analysis.causes.all if c.ref == finding.object)
    return not any(
        c.fault.diagnosis.is_symptom
        and headline_of(analysis.state, c) == c.fault.diagnosis.headline
        for c in causes
    )


def _rank(finding: Finding) -> int:
    """Return 0 for what the report does not explain, up to _LAST for what it does."""
    if finding.certainty in _UNEXPLAINED:
        return 0
    return _LAST if _CONNECTIONS.isdisjoint(finding.code.split("-")) else 1


def _asked_about(findings: Iterable[Finding], state: State) -> Iterator[Finding]:
    """Yield the findings about the namespaces of the report, with what they block there."""
    for finding in findings:
        blocks = tuple(filter(state.covers, finding.blocks))
        if blocks or not state.namespaces or any(map(state.covers, finding.objects)):
            yield replace(finding, blocks=blocks)


def _alone(
    finding: Finding, by_hand: Iterable[Command], prompt: str, *, saved: bool
) -> Next | None:
    """Return how to go on without an assistant, which reads a cluster and not a *saved* one."""
    if saved:
        own = (one for one in by_hand if "flux-status" in one.argv)
        text = f"{_about(finding)}: show the details (an assistant needs the live cluster)"
        return Next(text, tuple(islice(own, 1)), prompt)
    commands = tuple(by_hand)
    return Next("investigate by hand", commands, prompt) if commands else None


def _about(finding: Finding) -> str:
    if finding.blocks:
        return f"{finding.object or finding.step} blocks {counted(len(finding.blocks), 'object')}"
    return f"{finding.object} fails" if finding.object else finding.title


def _with(text: str, hidden: str) -> str:
    return f"{text}; {beware(hidden)}" if hidden else text


def _by_hand(finding: Finding, analysis: Analysis) -> Iterator[Command]:
    """Yield the commands that show more about *finding*: explain, the log, the events."""
    log, ref = controller_of(finding, analysis), finding.object
    for more in explained(ref) if ref else ():
        yield from more.commands
    found = (
        command(line, {"ns": one.namespace, "name": one.name})
        for line, one in ((_LOG, log), (_EVENTS, ref))
        if one
    )
    yield from filter(None, found)


def _listed(titles: Iterable[str]) -> str:
    *most, last = titles
    return f"{', '.join(most)} and {last}" if most else last

"""Prompts for an assistant that has the server.

Source: docs/mcp/mcp-prompting.md of the Flux Operator. `{}` fields are filled in for a cluster, in
quotes; a prompt with an unknown field is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fluxstatus.causes.analysis import Analysis
from fluxstatus.mcp.prompt import in_quotes, prompt_for, worst_fault
from fluxstatus.model.findings import Level, Report
from fluxstatus.state.revisions import CONSUMERS
from fluxstatus.state.state import State


class Prompt(NamedTuple):
    """A prompt, its topic, and whether it needs tools that write."""

    about: str
    text: str
    writes: bool = False


PROMPTS = (
    Prompt("debugging", "Check the Flux installation in {context}."),
    Prompt(
        "debugging",
        "Analyze the Flux installation in {context} and report the status of all components.",
    ),
    Prompt("debugging", "Are there any reconciliation errors in the Flux resources of {context}?"),
    Prompt("debugging", "Troubleshoot Kustomization {Kustomization} in {context}."),
    Prompt("debugging", "Debug HelmRelease {HelmRelease} in {context}."),
    Prompt(
        "debugging",
        "Check the events and the controller's logs for {source} in {context}: does it fetch "
        "new revisions, and if not, why?",
    ),
    Prompt(
        "debugging",
        "Perform a root cause analysis of the last failed deployment in namespace "
        "{namespace} of {context}.",
    ),
    Prompt(
        "debugging",
        "Check the logs of {controller} in {context} for errors of the last hour, and say which "
        "objects they are about.",
    ),
    Prompt(
        "documentation",
        "Search the Flux documentation: how are Secrets in Git encrypted with SOPS, and how does a "
        "Kustomization decrypt them?",
    ),
    Prompt("operations", "Draw a diagram of the Flux dependency flow in {context}."),
    Prompt("operations", "Based on Flux events, what was updated today in {context}?"),
    Prompt(
        "operations",
        "Which Deployments that Flux manages in {context} changed today, and by which revision?",
    ),
    Prompt("operations", "Which Deployments in {context} does Flux manage, and from which source?"),
    Prompt(
        "operations",
        "List the Helm releases in {context} with their chart version constraints and the versions "
        "that are deployed.",
    ),
    Prompt("operations", "Which images does Flux deploy in namespace {namespace} of {context}?"),
    Prompt(
        "operations",
        "Preview what this change to the overlay would do in {context} before I commit it.",
    ),
    Prompt(
        "operations",
        "Reconcile Kustomization {Kustomization} with its source in {context}.",
        writes=True,
    ),
    Prompt(
        "operations",
        "Reconcile all Kustomizations of namespace {flux_namespace} in {context} in the order of "
        "spec.dependsOn, then verify their status.",
        writes=True,
    ),
    Prompt(
        "operations",
        "Suspend Kustomization {Kustomization} in {context}, and list what is not updated until it "
        "is resumed.",
        writes=True,
    ),
    Prompt(
        "operations",
        "Search for all suspended Kustomizations in {context} and resume them.",
        writes=True,
    ),
)


def prompts(analysis: Analysis, report: Report) -> Iterator[Prompt]:
    """Yield the prompts for a cluster, the one about its worst failure first."""
    worst = worst_fault(report.findings)
    if worst:
        yield Prompt("this failure", prompt_for(worst, analysis, report.steps))
    known = fields(analysis.state, report)
    for prompt in PROMPTS:
        try:
            yield prompt._replace(text=prompt.text.format_map(known))
        except KeyError:
            continue


def fields(state: State, report: Report) -> Mapping[str, str]:
    """Return the fields of prompts: names of failing objects, else of any object, in quotes."""
    context = report.target.context
    known = {"context": f"context {in_quotes(context)}" if context else "the current cluster"}
    failing = [f.object for f in report.findings if f.object and f.level is Level.FAIL]
    others = sorted(resource.ref for resource in state.resources.values())
    for ref in (*failing, *others):
        known.setdefault(ref.kind, in_quotes(f"{ref.namespace}/{ref.name}"))
        if ref.kind in ("GitRepository", "OCIRepository", "Bucket"):
            known.setdefault("source", in_quotes(f"{ref}"))
        if ref.kind in CONSUMERS:
            known.setdefault("namespace", in_quotes(ref.namespace))
    for component in state.components[:1]:
        known["controller"] = in_quotes(f"{component.ref}")
    if state.instance or state.components:
        known["flux_namespace"] = in_quotes(state.namespace)
    return known


def listed(prompts_: Iterable[Prompt], *, writes: bool) -> list[Prompt]:
    """Return the prompts that need tools that write, or those that do not."""
    return [prompt for prompt in prompts_ if prompt.writes is writes]

"""ImageUpdateAutomations that are Ready and push nothing, part of step 6."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from fluxstatus.base.durations import ago
from fluxstatus.base.plurals import counted
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import docs_of, explained, read_whole
from fluxstatus.checks.work import overdue_alone
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Hint, command, hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.deadlines import timeout_of
from fluxstatus.state.image_updates import (
    has_pushed,
    latest_of,
    observed_by,
    policies_of,
    previous_of,
    unread_branch,
    uses,
)
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.requests import request_command
from fluxstatus.state.resource import Resource, Verdict, is_recent
from fluxstatus.state.state import State

STEP_ID = "reconcilers"
_NO_POLICY = Code(
    "image-update-no-policy",
    "An ImageUpdateAutomation uses none of the ImagePolicies in the cluster.",
)
_BEHIND = Code(
    "image-update-behind",
    "An ImageUpdateAutomation has not used the latest image of an ImagePolicy.",
)
_NEVER_PUSHED = Code(
    "image-update-never-pushed",
    "An ImagePolicy has chosen a new image, but the automation has never pushed a commit.",
)
_BRANCH = Code(
    "image-update-branch",
    "An ImageUpdateAutomation pushes to a branch that no GitRepository in the cluster reads.",
)
CODES = (_NO_POLICY, _BEHIND, _NEVER_PUSHED, _BRANCH)

_LEAST = timedelta(minutes=5)
"""The least time that an automation has to use a new image."""


def image_updates(analysis: Analysis) -> Iterator[Finding]:
    """Yield where the way from a new image to a commit ends, although every object is Ready."""
    state, causes = analysis.state, analysis.causes
    others = causes.by_object.keys() | causes.stale_causes.keys() | overdue_alone(analysis).keys()
    for one in state.of_kind("ImageUpdateAutomation"):
        if one.verdict is Verdict.READY and one.key not in others and state.covers(one.ref):
            yield from _of_policies(state, one)
            yield from _of_branch(state, one)


def _of_policies(state: State, automation: Resource) -> Iterator[Finding]:
    policies = policies_of(state, automation)
    if not policies and _has_none(state, automation):
        yield _no_policy(automation)
    observed = observed_by(automation)
    if observed is None:
        return
    ready = [one for one in policies if one.verdict is Verdict.READY and latest_of(one)]
    behind = [
        one
        for one in ready
        if observed.get(one.ref.name) != latest_of(one) and _had_time(state, automation, one)
    ]
    if behind:
        yield _behind(state, automation, behind)
    used = [one for one in ready if observed.get(one.ref.name) == latest_of(one)]
    moved = [one for one in used if _moved_since(automation, one)]
    if moved and not any(_pushes_for(state, one) for one in moved):
        yield _never_pushed(automation, moved)


def _has_none(state: State, automation: Resource) -> bool:
    """Return whether *automation* certainly has no policy, although there are some elsewhere.

    Those that are suspended count, too.
    """
    known = state.of_kind("ImagePolicy")
    suspended = any(
        one.ref.namespace == automation.ref.namespace and one.verdict is Verdict.SUSPENDED
        for one in known
    )
    unread = state.evidence.answer(KINDS["ImagePolicy"].resource).unread_in(
        automation.ref.namespace
    )
    is_young = is_recent(automation.created, state.now)
    return bool(known) and not (suspended or unread or is_young)


def _had_time(state: State, automation: Resource, policy: Resource) -> bool:
    """Return whether *automation* should have used the image that *policy* has had for a while.

    It was not suspended or changed since then. A policy that spec.policySelector selects may be
    selected only since a moment ago: nothing tells when its labels have changed.
    """
    if automation.spec.get("policySelector") and policy.ref.name not in (
        observed_by(automation) or ()
    ):
        return False
    allowed = timedelta(seconds=2 * interval_of(automation)) + timeout_of(automation)
    times = (policy.since, automation.created, automation.changed)
    latest = max((one for one in times if one), default=None)
    return (
        policy.since is not None
        and latest is not None
        and (state.now - latest > max(allowed, _LEAST))
    )


def _moved_since(automation: Resource, policy: Resource) -> bool:
    """Return whether *policy* has certainly chosen another image since there is *automation*."""
    before, born, made = previous_of(policy), policy.created, automation.created
    is_later = born is not None and made is not None and made <= born
    return is_later and before not in ("", latest_of(policy))


def _pushes_for(state: State, policy: Resource) -> bool:
    """Return whether an automation that uses *policy* has ever pushed, or may have."""
    return any(
        has_pushed(one) or observed_by(one) is None
        for one in state.of_kind("ImageUpdateAutomation")
        if uses(one, policy)
    )


def _no_policy(automation: Resource) -> Finding:
    ref = automation.ref
    selected = " that spec.policySelector selects" if automation.spec.get("policySelector") else ""
    resource = KINDS["ImagePolicy"].resource
    return _finding(
        _NO_POLICY,
        automation,
        f"{ref}: there is no ImagePolicy{selected} in its namespace, so nothing is updated",
        "an automation uses only the ImagePolicies in its own namespace",
        (
            hint(
                "create an ImagePolicy there, or correct spec.policySelector",
                command(f"kubectl get {resource} --all-namespaces --show-labels", {}),
                read_whole(*ref.key),
            ),
        ),
    )


def _behind(state: State, automation: Resource, policies: Sequence[Resource]) -> Finding:
    first, ref = policies[0], automation.ref
    since = f"{ago(first.since, state.now)} ago" if first.since else "earlier"
    return _finding(
        _BEHIND,
        automation,
        f"{ref}: has not used the latest image of {_named(policies)}",
        f"{first.ref} chose {latest_of(first)} at least {since}, and the last run of the "
        "automation did not have it",
        (
            hint("request a run", request_command(automation, state.now)),
            *explained(ref),
        ),
        policies,
    )


def _never_pushed(automation: Resource, policies: Sequence[Resource]) -> Finding:
    first, ref = policies[0], automation.ref
    marker = f'{{"$imagepolicy": "{first.ref.namespace}:{first.ref.name}'
    return _finding(
        _NEVER_PUSHED,
        automation,
        f"{ref}: has never pushed a commit, although {_named(policies)} has a new image",
        f"{first.ref} moved from {previous_of(first)} to {latest_of(first)}, and the automation "
        "found nothing to change: no file below spec.update.path has a marker for the policy, or "
        "Git already has this image",
        (
            hint(
                "in a checkout of the branch, look for the marker of the policy; add one, or "
                "correct spec.update.path",
                command("git grep -nF {marker}", {"marker": marker}),
                read_whole(*ref.key),
            ),
        ),
        policies,
    )


def _named(policies: Sequence[Resource]) -> str:
    more = f" and {counted(len(policies) - 1, 'more policy', 'more policies')}"
    return f"{policies[0].ref}{more if len(policies) > 1 else ''}"


def _of_branch(state: State, automation: Resource) -> Iterator[Finding]:
    if found := unread_branch(state, automation):
        branch, source, own = found
        yield _finding(
            _BRANCH,
            automation,
            f'{automation.ref}: pushes to branch "{branch}", but {source.ref} reads branch "{own}"',
            f'no GitRepository in this cluster with this URL reads branch "{branch}", so its '
            "commits are not applied here",
            (
                hint(
                    "correct spec.git.checkout.ref.branch, or set spec.git.push.branch if the "
                    "commits are merged with pull requests",
                    read_whole(*automation.ref.key),
                ),
            ),
            (source,),
        )


def _finding(  # noqa: PLR0917 - the fields of every finding here
    code: Code,
    automation: Resource,
    title: str,
    why: str,
    hints: tuple[Hint, ...],
    others: Sequence[Resource] = (),
) -> Finding:
    return Finding(
        step=STEP_ID,
        code=code,
        level=Level.WARN,
        title=title,
        object=automation.ref,
        others=tuple(one.ref for one in others),
        why=why,
        hints=hints,
        docs=docs_of(automation.ref.kind),
    )

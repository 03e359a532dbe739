"""Where image automation pushes.

The practice is that of the official audit (see sources.py).
"""

from collections.abc import Iterator

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource


def _pushing_back(view: View) -> Iterator[Occurrence]:
    """Yield the automations that push to the branch that they check out.

    A snapshot of an older release has no spec.git.push. A refspec may push anywhere.
    """
    for automation in view.of_kind("ImageUpdateAutomation"):
        push = automation.get("spec", "git", "push")
        read = _checked_out(view, automation)
        if not read or push is None or map_of(push).get("refspec"):
            continue
        if (text_of(map_of(push).get("branch")) or read) == read:
            yield Occurrence(automation.ref, value=f'"{read}"')


def _checked_out(view: View, automation: Resource) -> str:
    """Return the branch that *automation* checks out, empty if unknown.

    Upstream: image-automation-controller internal/source.
    """
    checkout = automation.get("spec", "git", "checkout")
    if checkout is not None:
        return text_of(automation.get("spec", "git", "checkout", "ref", "branch"))
    source = view.state.resources.get(source_of(automation) or ("", "", ""))
    return text_of(source.get("spec", "ref", "branch")) if source else ""


_PUSH_TO_SOURCE_BRANCH = Code(
    "push-to-source-branch",
    "Some ImageUpdateAutomations push to the branch that they read, without a review.",
)

ADVICE = (
    Advice(
        code=_PUSH_TO_SOURCE_BRANCH,
        step="reconcilers",
        area="security",
        title_one="{what} pushes to the branch that it reads, {value}",
        title_many="{n} ImageUpdateAutomations push to the branch that they read",
        why="updates are deployed without review, and the credentials of the automation can write "
        "to the branch that the cluster is deployed from",
        steps=(
            Step(
                "set spec.git.push.branch to another branch, and merge it with pull requests, "
                "which a workflow at the Git host can open"
            ),
            Step(
                "if updates are meant to be deployed without review, as in a test environment, "
                "accept this with --accept, or ignore it with --skip push-to-source-branch"
            ),
        ),
        find=_pushing_back,
        upstream="IAC docs/spec/v1/imageupdateautomations.md, Push",
        docs="https://fluxcd.io/flux/components/image/imageupdateautomations/#push",
    ),
)
"""Advice on image automation."""

"""What an ImageUpdateAutomation does with the images that ImagePolicies choose.

It runs when a policy changes, and records the image of each policy that a complete run has used,
also if there was nothing to change. It uses the policies in its own namespace that
spec.policySelector selects. Upstream: image-automation-controller
internal/controller/imageupdateautomation_controller.go.
"""

from collections.abc import Mapping

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.labels import matches
from fluxstatus.base.urls import plain_url
from fluxstatus.model.image_ref import image_of
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

_DEFAULT_BRANCH = "master"
"""The branch of a GitRepository without a ref (source-controller api/v1 GitRepositoryRef)."""


def policies_of(state: State, automation: Resource) -> list[Resource]:
    """Return the ImagePolicies that *automation* uses, without those that are suspended."""
    return [policy for policy in state.of_kind("ImagePolicy") if uses(automation, policy)]


def uses(automation: Resource, policy: Resource) -> bool:
    """Return whether *automation* uses *policy*, which is not suspended."""
    return (
        policy.ref.namespace == automation.ref.namespace
        and policy.verdict is not Verdict.SUSPENDED
        and matches(automation.spec.get("policySelector"), policy.labels)
    )


def observed_by(automation: Resource) -> Mapping[str, str] | None:
    """Return the image of each policy in the last run of *automation*, None if that is unknown."""
    found = automation.get("metadata", "observedPolicies")
    return {name: text_of(image) for name, image in found.items()} if found else None


def latest_of(policy: Resource) -> str:
    """Return the image that *policy* has chosen, empty if unknown."""
    return image_of(map_of(policy.status.get("latestRef")))


def previous_of(policy: Resource) -> str:
    """Return the image that *policy* chose before, empty if there was none or it is unknown."""
    return image_of(map_of(policy.status.get("observedPreviousRef")))


def has_pushed(automation: Resource) -> bool:
    """Return whether *automation* has ever pushed a commit."""
    return bool(automation.status.get("lastPushTime") or automation.status.get("lastPushCommit"))


def unread_branch(state: State, automation: Resource) -> tuple[str, Resource, str] | None:
    """Return the branch that *automation* changes although no GitRepository here reads it.

    With it come the source, and the branch that this one reads. None if there is none, if the
    automation pushes to another branch than the one it checks out, from which changes are merged,
    if a GitRepository reads a tag or a commit, which may be on any branch, or if some of them could
    not be read.
    """
    if state.evidence.answer(KINDS["GitRepository"].resource).unread_in(""):
        return None
    source = _source_of(state, automation)
    chosen = text_of(automation.get("spec", "git", "checkout", "ref", "branch"))
    push = map_of(automation.get("spec", "git", "push"))
    if source is None or not chosen or push.get("refspec"):
        return None
    if text_of(push.get("branch")) not in ("", chosen):
        return None
    own = _branch_of(source)
    readers = [one for one in state.of_kind("GitRepository") if _name(one) == _name(source)]
    branches = {_branch_of(one) for one in readers}
    return None if not own or "" in branches or chosen in branches else (chosen, source, own)


def _source_of(state: State, automation: Resource) -> Resource | None:
    key = source_of(automation)
    found = state.resources.get(key) if key else None
    return found if found and found.ref.kind == "GitRepository" else None


def _name(source: Resource) -> str:
    """Return the last part of the URL of *source*: one repository has several hosts and ports."""
    return plain_url(text_of(source.spec.get("url"))).rpartition("/")[2].lower()


def _branch_of(source: Resource) -> str:
    """Return the branch that *source* reads, empty if it reads something else."""
    ref = map_of(source.spec.get("ref"))
    name = text_of(ref.get("name"))
    if name.startswith("refs/heads/"):
        return name.removeprefix("refs/heads/")
    if name or any(ref.get(field) for field in ("tag", "semver", "commit")):
        return ""
    return text_of(ref.get("branch")) or _DEFAULT_BRANCH

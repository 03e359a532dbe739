"""One object in a saved cluster."""

import pytest

from fluxstatus.lookup.names import split
from fluxstatus.lookup.saved import Objects, find
from fluxstatus.model.errors import ArgumentError, NotFoundError, UnreadError
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.ref import Ref
from tests.builders import FORBIDDEN, HEALTHY, evidence, source

KNOWN = evidence(*HEALTHY, source("team-a/app"), source("team-b/app"))


def test_flux_and_its_own_workloads_are_found() -> None:
    """A Flux object is found by any name of its kind, and a Deployment or pod of Flux."""
    assert Ref.of(find(KNOWN, ["gitrepo/app"], ["team-a"])).namespace == "team-a"
    assert Ref.of(find(KNOWN, ["deploy", "source-controller"], [])).kind == "Deployment"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["gitrepo/app"], "2 objects"),
        (["gitrepo/ap"], "did you mean"),
        (["node/x"], "is not a Flux kind"),
        (["deploy/x"], "no Deployment 'x' found in the snapshot, which contains only"),
        (["app"], "is not in the form KIND/NAME; for example: ks/app"),
        (["ks"], "Kustomization needs a name; write ks/NAME"),
    ],
)
def test_a_mistake_is_reported(words: list[str], expected: str) -> None:
    """An unknown or ambiguous name is refused."""
    with pytest.raises(ArgumentError, match=expected):
        find(KNOWN, words, [])


def test_a_mistyped_pod_or_namespace() -> None:
    """Those with a similar name are offered, and those with the name in other namespaces."""
    for words, namespaces in (
        (["deploy/source-controler"], []),
        (["deploy/source-controller"], ["x"]),
    ):
        with pytest.raises(NotFoundError) as mistaken:
            find(KNOWN, words, namespaces)
        first, *_ = mistaken.value.choices
        assert first == ("deploy/source-controller", "-n", "flux-system")


def test_a_pod_that_may_exist() -> None:
    """Where the pods could not be read, none is said to be missing."""
    with pytest.raises(UnreadError):
        find(evidence(*HEALTHY, unread={"pods": FORBIDDEN}), ["pod/x"], [])


def test_what_could_not_be_asked() -> None:
    """An unreachable cluster is not an error in the arguments."""
    unread = Unread(Why.UNREACHABLE, "no connection")
    with pytest.raises(UnreadError):
        find(evidence(unreachable=unread), ["ks/app"], [])


def test_objects_by_name() -> None:
    """Existing, missing, unread and unsaved objects are distinguished."""
    unread = {"kustomizations.kustomize.toolkit.fluxcd.io": FORBIDDEN}
    objects = Objects(evidence(source("team-a/app"), unread=unread))
    assert isinstance(objects.get("", "GitRepository", "team-a", "app"), dict)
    assert objects.get("", "GitRepository", "team-a", "x") is None
    assert objects.get("", "Kustomization", "team-a", "x") == FORBIDDEN
    assert isinstance(objects.get("", "ReplicaSet", "team-a", "x"), Unread)


def test_words() -> None:
    """KIND/NAME and KIND NAME are the same."""
    assert split(["ks/a"]) == split(["ks", "a"]) == ("ks", "a")

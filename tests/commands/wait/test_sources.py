"""Which sources carry a revision, and which never get it."""

import pytest

from fluxstatus.base.urls import plain_url
from fluxstatus.commands.wait.proof import Proofs
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.commands.wait.sources import carriers, never
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.evidence import Object
from tests.builders import flux, judged, state

from .objects import ON_A, ON_B, WANTED, A, chart, git, ks, oci

OTHER = "https://git.example.com/team/other.git"
SSH = "ssh://git@git.example.com/team/fleet"
HELM = chart("web", "charts", "HelmRepository")


def names(*objects: Object, wanted: Revision = WANTED, **more: tuple[str, ...]) -> list[str]:
    """Return the names of the carriers among *objects*."""
    return [one.ref.name for one in carriers(state(*objects), Proofs(wanted), **more)]


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/team/fleet",
        "https://git.example.com/team/fleet.git/",
        "https://user:secret@Git.Example.com/team/fleet.git",
        "ssh://git@git.example.com/team/fleet.git",
        "git@git.example.com:team/fleet.git",
    ],
)
def test_one_repository_has_many_addresses(url: str) -> None:
    """However it is written, an address is that of the same repository."""
    assert plain_url(url) == "git.example.com/team/fleet"


def test_who_has_it_shows_who_else_must() -> None:
    """A source that has it shows the repository and branch; those of others don't matter."""
    objects = (
        git("first", ON_A),
        git("second", ON_B, SSH),
        git("third", ON_B, OTHER),
        git("release", ON_B, spec={"ref": {"branch": "release"}}),
    )
    assert names(*objects) == ["first", "second"]


def test_before_anybody_has_it() -> None:
    """All sources may still get it, only those of the local checkout if that has the commit."""
    objects = (git("first"), git("third", ON_B, OTHER))
    assert names(*objects) == ["first", "third"]
    assert names(*objects, remotes=("git.example.com/team/other",)) == ["third"]
    assert names(*objects, remotes=("elsewhere.example.com/x",)) == ["first", "third"]


def test_the_commit_that_an_artifact_was_made_from() -> None:
    """An OCI artifact carries the commit that its annotation names."""
    assert names(oci("latest@sha256:abc", ON_A), git("other", ON_B, OTHER)) == ["fleet"]


def test_namespaces() -> None:
    """In a namespace count its sources, and those elsewhere that its objects use."""
    mine = ks(
        "apps/app", spec={"sourceRef": {"kind": "GitRepository", "name": "x", "namespace": "infra"}}
    )
    objects = (mine, git("infra/x"), git("infra/y", ON_B, OTHER), git("apps/z", ON_B, SSH))
    assert names(*objects, namespaces=("apps",)) == ["z", "x"]


def test_a_version_of_a_chart() -> None:
    """A version can be that of a chart or of a tag, not of a branch."""
    assert names(HELM, git(), wanted=Revision.parse("1.4.0")) == ["apps-web"]


@pytest.mark.parametrize(
    ("wanted", "objects", "text"),
    [
        ("main", (git(),), "'main' moves"),
        ("refs/heads/main", (git(),), "moves, and"),
        ("main", (git(spec={"ref": {"name": "refs/heads/main"}}),), "'main' moves"),
        ("feedbee", (git(spec={"ref": {"branch": "feedbee"}}),), "'feedbee' moves"),
        ("v1", (git(spec={"ref": {"semver": "v1"}}),), "'v1' moves"),
        ("latest", (oci("latest@sha256:abc", ON_A),), "'latest' moves"),
        ("1.4.0", (HELM, oci("v1@sha256:a", "")), "can be in any of 2 sources"),
        (A, (HELM,), "no source that can have"),
        ("5f2a", (git(),), "is too short for a commit"),
        ("beef", (git(spec={"ref": {"branch": "beef"}}),), "'beef' moves"),
    ],
)
def test_what_cannot_be_waited_for(wanted: str, objects: tuple[Object, ...], text: str) -> None:
    """The name of a branch, and a version without a source that it is of, are errors."""
    if wanted == "1.4.0":
        objects = (HELM, chart("db", "charts", "HelmRepository", spec={"chart": "db"}))
    with pytest.raises(ArgumentError, match=text):
        names(*objects, wanted=Revision.parse(wanted))


NEVER = [
    # What was asked for, the ref of the source, and why it never gets that.
    (f"main@sha1:{A}", {"branch": "main"}, ""),
    (f"main@sha1:{A}", {"branch": "release"}, "it follows branch release, not main"),
    (f"release@sha1:{A}", {"name": "refs/heads/main"},
     "it follows name refs/heads/main, not release"),
    (f"main@sha1:{A}", {"name": "refs/heads/main"}, ""),
    ("v1.4.0", {"name": "refs/heads/main"}, "it follows name refs/heads/main, and not tags"),
    ("v1.4.0", {"name": "refs/tags/v1.3.0"}, "it follows name refs/tags/v1.3.0"),
    ("v1.4.0", {"name": "refs/tags/v1.4.0"}, ""),
    (A, {"name": "refs/pull/7/head"}, ""),
    (A, {"branch": "release"}, ""),
    (A, {"commit": A}, ""),
    (A[:9], {"commit": A, "branch": "main"}, ""),
    (A, {"commit": "c" * 40}, f"it is pinned to commit {'c' * 40}"),
    ("v1.4.0", {"tag": "v1.4.0"}, ""),
    ("1.4.0", {"tag": "v1.4.0"}, ""),
    ("v1.4.0", {"tag": "v1.3.0"}, "it follows tag v1.3.0"),
    ("v1.4.0", {"semver": ">=1.0.0"}, ""),
    ("v1.4.0", {"branch": "main"}, "it follows branch main, and not tags"),
    ("stable", {"branch": "main"}, "it follows branch main, and not tags"),
    ("2024", {"tag": "2024"}, ""),
    ("v1.4.0", {}, "it follows branch master, and not tags"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "ref", "why"), NEVER)
def test_never(wanted: str, ref: Object, why: str) -> None:
    """A source that follows something else never gets it, as long as it does."""
    source = judged(flux("GitRepository", "fleet", spec={"url": "https://x.example/y", "ref": ref}))
    assert never(source, Revision.parse(wanted)) == why

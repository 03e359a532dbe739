"""A list: sorted, filtered, and the notes on it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from fluxstatus.cluster.list_reader import Saved
from fluxstatus.commands.get.flux_objects import FluxObjects
from fluxstatus.commands.get.words import requested
from fluxstatus.commands.listing import Listing
from fluxstatus.model.errors import ArgumentError, NotFoundError, UnreadError
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.findings import Exit
from fluxstatus.model.kinds import KINDS
from fluxstatus.report import Format
from fluxstatus.report.look import Look
from tests.builders import FORBIDDEN, evidence, flux, kustomization, minutes, source

OLD = kustomization("team-b/old", "git", age=minutes(90), applied="main@sha1:old")
NEW = kustomization("team-a/new", "git", age=minutes(3))
STOPPED = kustomization("team-a/stopped", "git", spec={"suspend": True}, labels={"app": "web"})
OBJECTS = (OLD, NEW, STOPPED, source("team-b/git"), source("team-a/git"))


def names(
    words: str, *, filters: Sequence[str] = (), order: str = "", **narrowed: Any
) -> list[str]:
    """Return the names in the list of *words*."""
    listing = Listing(
        FluxObjects(requested(words.split()), filters), Format.TABLE, Look(), headers=False,
        order=order,
    )  # fmt: skip
    text = "".join(listing.pieces(Saved(evidence(*OBJECTS), **narrowed)))
    return [line.split()[1] for line in text.splitlines()]


def test_the_order_is_that_of_an_api_server() -> None:
    """Without --sort-by a list is sorted by namespace and name."""
    assert names("ks") == ["new", "stopped", "old"]


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ("name", ["new", "old", "stopped"]),
        ("since", ["old", "new", "stopped"]),  # the longest first; unknown last
        (".metadata.name", ["new", "old", "stopped"]),
        ("{.metadata.namespace}", ["new", "stopped", "old"]),
        (".spec.suspend", ["stopped", "new", "old"]),
    ],
)
def test_sorting(order: str, wanted: list[str]) -> None:
    """A list is sorted by a column or a path; objects without a value come last."""
    assert names("ks", order=order) == wanted


@pytest.mark.parametrize(
    ("order", "expected"),
    [("nam", "did you mean name?"), ("x", "must start with a dot"), (".a[", "path")],
)
def test_an_invalid_order(order: str, expected: str) -> None:
    """A word that is neither a column nor a path is refused."""
    with pytest.raises(ArgumentError, match=expected.replace("?", r"\?")):
        names("ks", order=order)


def test_filters_and_places_narrow() -> None:
    """Objects must match all filters; namespaces and labels select as in kubectl."""
    assert names("ks", filters=["suspended"]) == ["stopped"]
    assert names("ks", filters=["stale"]) == ["old"]
    assert names("ks", filters=["stale", "suspended"]) == []
    assert names("ks", namespaces=["team-b"]) == ["old"]
    assert names("ks", selector="app in (web)") == ["stopped"]
    assert names("ks new old") == ["new", "old"]
    assert names("ks,gitrepo", namespaces=["team-b"]) == [
        "gitrepository/git",
        "kustomization/old",
    ] or (names("ks,gitrepo", namespaces=["team-b"]) == ["kustomization/old", "gitrepository/git"])


def listed(words: str, **more: Any) -> tuple[Listing, list[str], Saved]:
    """Return a printed list, its notes, and the cluster."""
    listing = Listing(FluxObjects(requested(words.split()), ()), Format.TABLE, Look())
    saved = Saved(evidence(NEW, **more))
    list(listing.pieces(saved))
    return listing, list(listing.notes(saved)), saved


def test_missing_objects_are_reported() -> None:
    """An empty list, an unknown name and an unserved kind have different messages."""
    listing, remarks, saved = listed("hr")
    assert (remarks, listing.exit_code(saved)) == (["no HelmRelease was found"], Exit.HEALTHY)
    listing, remarks, saved = listed("ks nww")
    assert remarks == []
    with pytest.raises(NotFoundError, match="'nww' was found; did you mean new"):
        listing.exit_code(saved)
    served = {KINDS["Kustomization"].resource: "v1"}
    listing, remarks, saved = listed("ks,hr", served=served)
    hidden = "not served by this API server: helmreleases.helm.toolkit.fluxcd.io"
    assert [one for one in remarks if one.startswith(hidden)]
    assert listing.exit_code(saved) is Exit.HEALTHY
    listing, _, saved = listed("hr", served=served)
    assert listing.exit_code(saved) is Exit.NO_VERDICT


@pytest.mark.parametrize(
    ("words", "filters", "note"),
    [
        ("ks", ["not_ready"], "0 of 1 Kustomization is not ready"),
        ("ks,hr", ["stale", "suspended"], "0 of 1 object is stale and suspended"),
        ("ks,hr,gitrepo", ["suspended"], "0 of 1 object is suspended"),
        ("hr,gitrepo", ["not_ready"], "no HelmRelease or GitRepository was found"),
        ("all", ["not_ready"], "0 of 1 object is not ready"),
    ],
)
def test_nothing_to_show_is_said(words: str, filters: Sequence[str], note: str) -> None:
    """Of how many objects none passes the filter; that a kind is not served does not hide it."""
    served = {kind.resource: "v1" for kind in KINDS.values() if "image" not in kind.resource}
    listing = Listing(FluxObjects(requested(words.split()), filters), Format.TABLE, Look())
    saved = Saved(evidence(NEW, served=served))
    assert list(listing.pieces(saved)) in ([], [""])
    assert list(listing.notes(saved)) == [note]


def test_kinds_that_hardly_anybody_installs_are_not_missed() -> None:
    """That a kind is not served is noted if it was requested, not if all kinds were."""
    served = {kind.resource: "v1" for kind in KINDS.values() if "image" not in kind.resource}
    for words, count in (("all", 0), ("ks,imgrepo", 1), ("imgrepo", 1)):
        _, remarks, _ = listed(words, served=served)
        assert sum("not served" in remark for remark in remarks) == count, words


def test_unread_objects_are_reported() -> None:
    """An unread kind is noted with the missing permission, and the exit code is 3."""
    listing, remarks, saved = listed("ks,hr", unread={KINDS["HelmRelease"].resource: FORBIDDEN})
    message = "not allowed to list it (missing permission: list things.example.com)"
    assert remarks == [f"Error: helmreleases.helm.toolkit.fluxcd.io: {message}"]
    assert listing.exit_code(saved) is Exit.NO_VERDICT


def test_a_user_without_rights_gets_one_sentence() -> None:
    """What is said of each kind is said once, with all their names."""
    refused = {
        kind.resource: Unread(
            Why.FORBIDDEN,
            f'user "alice" is not allowed to list {kind.resource}',
            f"list {kind.resource}",
        )
        for kind in KINDS.values()
    }
    listing, [remark], saved = listed("all", unread=refused)
    names = ", ".join(kind.resource for kind in KINDS.values() if kind.reconciled)
    assert remark == (
        f'Error: {names}: user "alice" is not allowed to list them (missing permission: list them)'
    )
    assert listing.exit_code(saved) is Exit.NO_VERDICT
    name = KINDS["HelmRelease"].resource
    assert listed("ks,hr", unread={name: refused[name]})[1] == [
        f"Error: {name}: {refused[name].full_text}"
    ]


def test_a_source_that_is_not_read_is_no_gap() -> None:
    """Without the sources, a note explains the empty WANTED, and --stale has exit code 3."""
    unread = {KINDS["GitRepository"].resource: FORBIDDEN}
    listing, remarks, saved = listed("ks", unread=unread)
    assert "objects that depend on them are shown without WANTED" in " ".join(remarks)
    assert listing.exit_code(saved) is Exit.HEALTHY
    stale = Listing(FluxObjects(requested(["ks"]), ["stale"]), Format.TABLE, Look())
    list(stale.pieces(saved))
    assert stale.exit_code(saved) is Exit.NO_VERDICT


def test_watching_prints_changes() -> None:
    """The second read has only new and changed lines; an age is not a change."""
    listing = Listing(FluxObjects(requested(["ks"]), ()), Format.TABLE, Look())
    assert listing.changes(Saved(evidence(OLD, NEW))).count("\n") == 3
    assert listing.changes(Saved(evidence(OLD, NEW))) == ""
    failing = kustomization("team-a/new", "git", {"Ready": "False BuildFailed: no"})
    changed = listing.changes(Saved(evidence(OLD, failing, flux("Kustomization", "third"))))
    assert [line.split()[1] for line in changed.splitlines()] == ["third", "new"]


def test_documents_are_sorted_and_narrowed_too() -> None:
    """-o json has the same objects in the same order."""
    listing = Listing(
        FluxObjects(requested(["ks"]), ()), Format.JSON, Look(), order=".metadata.name"
    )
    saved = Saved(evidence(*OBJECTS))
    items = json.loads("".join(listing.pieces(saved)))["items"]
    assert [item["metadata"]["name"] for item in items] == ["new", "old", "stopped"]
    assert "only the fields that the check reads" in " ".join(listing.notes(saved))


def test_what_was_not_reached() -> None:
    """A snapshot of an unreachable cluster has no objects to list."""
    unread = Unread(Why.UNREACHABLE, "no connection")
    with pytest.raises(UnreadError, match="no connection"):
        Saved(evidence(unreachable=unread))

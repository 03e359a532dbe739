"""What clusters share, which versions they have, and what is different in one of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from fluxstatus.commands.fleet.jobs import Source
from fluxstatus.commands.fleet.joining import differences_in, shared_in, spread_in
from fluxstatus.commands.fleet.members import Member, merged, worst_first
from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.findings import Finding, Level, Report
from fluxstatus.model.ref import Ref
from tests.builders import NOW, stamp

PASS = Finding("cluster", "ok", Level.PASS, "reachable")


def member(name: str, *findings: Finding, flux: str = "v2.9.5", kubernetes: str = "v1.37.2",
           **more: object) -> Member:  # fmt: skip
    """Return a cluster with *findings*."""
    report = Report(Target(kubernetes=kubernetes), flux, "", NOW, Cost(), (), (PASS, *findings))
    return Member(name, report=report)._replace(**more)  # type: ignore[arg-type]


def fault(code: str, summary: str, name: str = "git", level: Level = Level.FAIL) -> Finding:
    """Return a fault of a GitRepository."""
    ref = Ref("source.toolkit.fluxcd.io/v1", "GitRepository", "apps", name)
    return Finding("sources", code, level, f"{ref}: {summary}", ref)


SAME = [
    (fault("build-failed", "kustomize cannot"), fault("build-failed", "kustomize cannot")),
    (fault("secret-missing", "Secret apps/x is missing", "a"),
     fault("secret-missing", "Secret apps/x is missing", "b")),
    (fault("chart-version-missing", "chart podinfo has no version 7", "a"),
     fault("chart-version-missing", "chart podinfo has no version 7", "b")),
    (fault("host-not-found", "git.acme.internal does not resolve", "a"),
     fault("host-refuses", "git.acme.internal refuses connections", "b")),
]  # fmt: skip
OTHERS = [
    (fault("build-failed", "kustomize cannot build", "a"),
     fault("build-failed", "kustomize cannot build", "b")),
    (fault("secret-missing", "Secret apps/x is missing"),
     fault("secret-missing", "Secret apps/y is missing")),
    (fault("host-not-found", "git.acme.internal does not resolve"),
     fault("host-not-found", "git.other.internal does not resolve")),
    (fault("build-failed", "kustomize cannot build"), fault("stuck", "kustomize cannot build")),
]  # fmt: skip


@pytest.mark.parametrize("pair", SAME)
def test_one_fault_in_two_clusters_is_shared(pair: tuple[Finding, Finding]) -> None:
    """The same fault of an object, Secret, chart or host is one, with both clusters."""
    (one,) = shared_in([member("a", pair[0]), member("b", pair[1])])
    assert one.clusters == ["a", "b"]


@pytest.mark.parametrize("pair", OTHERS)
def test_two_faults_are_not_shared(pair: tuple[Finding, Finding]) -> None:
    """Another object, another Secret, host or code is another fault."""
    assert shared_in([member("a", pair[0]), member("b", pair[1])]) == []


def test_a_fault_twice_in_one_cluster_is_not_shared() -> None:
    """It takes two clusters."""
    pair = SAME[1]
    assert shared_in([member("a", *pair), member("b")]) == []


def test_what_does_not_count_is_not_shared() -> None:
    """The faults of a snapshot that is too old are those of then."""
    old = member("a", SAME[0][0], problem="too old")
    assert shared_in([old, member("b", SAME[0][1])]) == []


def test_objects_of_all_clusters_count() -> None:
    """The object itself and what it blocks, in each cluster."""
    blocked = tuple(Ref("", "Kustomization", "apps", f"k{n}") for n in range(3))
    found = replace(SAME[0][0], blocks=blocked)
    (one,) = shared_in([member("a", found), member("b", found)])
    assert one.objects == 8


def notes(*members: Member) -> dict[tuple[str, str], str]:
    """Return the notes of versions by part and version."""
    return {(one.part, one.version): one.note for one in spread_in(members)}


def test_versions_are_counted_with_what_is_out_of_support() -> None:
    """Flux maintains three minor versions (W flux/releases); 2.10 is the newest known one."""
    found = notes(
        member("a", flux="v2.10.0"), member("b", flux="v2.8.8"), member("c", flux="v2.7.5"),
        member("d", flux="v2.11.0"), member("e", flux=""), member("f", problem="lost"),
    )  # fmt: skip
    flux = {version: note for (part, version), note in found.items() if part == "Flux"}
    assert list(flux) == ["v2.11.0", "v2.10.0", "v2.8.8", "v2.7.5"]
    assert flux == {"v2.11.0": "", "v2.10.0": "", "v2.8.8": "", "v2.7.5": "out of support"}


def test_kubernetes_may_be_too_old() -> None:
    """For the Flux that runs there, or for the newest one: F release notes, Kubernetes floor."""
    found = notes(
        member("a", kubernetes="v1.32.1", flux="v2.9.5"),
        member("b", kubernetes="v1.34.1", flux="v2.9.5"),
        member("c", kubernetes="v1.36.1", flux="v2.9.5"),
    )
    assert {version: note for (part, version), note in found.items() if part == "Kubernetes"} == {
        "v1.32.1": "too old for Flux 2.9",
        "v1.34.1": "too old for Flux 2.10",
        "v1.36.1": "",
    }


def with_sources(name: str, *sources: Source) -> Member:
    """Return a healthy cluster with these objects."""
    return member(name, sources=sources)


def git(revision: str, age: float, *, url: str = "https://x main", **more: object) -> Source:
    """Return a GitRepository that has a *revision* for *age* minutes."""
    stored = stamp(timedelta(minutes=age))
    known = Source("GitRepository", "apps", "git", False, url, revision, stored, 60.0)
    return known._replace(**more)  # type: ignore[arg-type]


OLD, NEW = "main@sha1:aaaaaaaaaaaa", "main@sha1:bbbbbbbbbbbb"


def behind(*sources: Source) -> list[str]:
    """Return the clusters c0, c1, … that are behind."""
    members = [with_sources(f"c{n}", one) for n, one in enumerate(sources)]
    return [one.cluster for one in differences_in(members) if one.what == "behind"]


def test_one_that_is_behind_all_others() -> None:
    """It has an older revision than all others, which have had theirs for long enough."""
    assert behind(git(OLD, 600), git(NEW, 100), git(NEW, 90)) == ["c0"]


@pytest.mark.parametrize(
    "sources",
    [
        [git(OLD, 600), git(NEW, 5), git(NEW, 4)],  # it has not come yet
        [git(NEW, 50), git(OLD, 600), git(OLD, 600)],  # it is ahead
        [git(OLD, 600), git(NEW, 100)],  # which of two is the odd one?
        [git(OLD, 600), git(NEW, 100), git("main@sha1:cc", 100)],  # no agreement
        [git(OLD, 600, url="https://y main"), git(NEW, 100), git(NEW, 90)],  # another source
        [git(OLD, 600), git(NEW, 100), git(NEW, 90), git(OLD, 600)],  # two of them
        [git(OLD, 600, suspended=True), git(NEW, 100), git(NEW, 90)],  # that is said elsewhere
        [git(OLD, 600, interval=7200.0), git(NEW, 100), git(NEW, 90)],  # it looks every two hours
        [git(OLD, 600, stored=""), git(NEW, 100), git(NEW, 90)],  # nobody knows since when
    ],
)
def test_not_behind(sources: Sequence[Source]) -> None:
    """Nothing is called behind without proof."""
    assert behind(*sources) == []


def test_suspended_in_one_only() -> None:
    """Not if no other has the object, nor if others have it suspended, too."""
    on = Source("Kustomization", "apps", "web")
    off = on._replace(suspended=True)
    alone = on._replace(name="alone", suspended=True)
    (one,) = differences_in([with_sources("a", off, alone), with_sources("b", on)])
    assert (one.cluster, one.object, one.others) == ("a", ("Kustomization", "apps", "web"), ("b",))
    assert differences_in([with_sources(n, off) for n in "ab"] + [with_sources("c", on)]) == []


def test_what_is_not_known_is_not_compared() -> None:
    """A report without its objects, or a cluster that does not count, proves nothing."""
    on = Source("Kustomization", "apps", "web")
    off = with_sources("a", on._replace(suspended=True))
    assert differences_in([off, member("b")]) == []
    assert differences_in([off, with_sources("b", on)._replace(problem="too old")]) == []


def test_the_worst_known_verdict_of_one_cluster_counts() -> None:
    """A clone from a backup has the uid of the other: its failure must not be hidden."""
    good, bad, dark = (member("a", uid="x"), member("b", SAME[0][0], uid="x"),
                       Member("c", problem="refused", uid="x"))  # fmt: skip
    (one,) = merged([good, dark, bad])
    assert (one.name, one.verdict, one.also) == ("b", "fail", ("a", "c"))
    (one,) = merged([dark, good])
    assert (one.name, one.verdict) == ("a", "pass")


def test_two_uids_are_two_clusters_whatever_the_address() -> None:
    """One address may lead to different clusters by proxies; without a uid, addresses tell."""
    server = ("https://10.0.0.1",)
    two = [member("a", uid="x", server=server), member("b", uid="y", server=server)]
    assert len(merged(two)) == 2
    assert len(merged([one._replace(uid="") for one in two])) == 1
    assert len(merged([one._replace(uid="", server=()) for one in two])) == 2


def test_the_worst_comes_first() -> None:
    """By verdict, then by what is blocked, then by name."""
    blocking = replace(SAME[0][0], blocks=(Ref("", "Kustomization", "apps", "k"),))
    waiting = Finding("reconcilers", "reconciling", Level.WAIT, "new")
    warned = fault("suspended", "x", level=Level.WARN)
    members = [
        member("pass"), member("warn", warned), member("wait", waiting),
        Member("lost", problem="x"),
        member("b-fail", SAME[0][0]), member("a-fail", SAME[0][0]), member("most", blocking),
    ]  # fmt: skip
    assert [one.name for one in worst_first(members)] == [
        "most", "a-fail", "b-fail", "lost", "wait", "warn", "pass",
    ]  # fmt: skip

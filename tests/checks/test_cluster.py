"""Step 1: the cluster answers, and Flux runs on its Kubernetes."""

from dataclasses import replace

import pytest

from fluxstatus.model.evidence import Evidence, Target, Unread, Why
from fluxstatus.model.findings import Exit, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import RESOURCES
from tests.builders import HEALTHY as FLUX
from tests.builders import NOW, bad, evidence, flux_of, found, judge, only, without

HEALTHY = evidence(*FLUX)


def on(version: str, known: Evidence = HEALTHY) -> Evidence:
    """Return *known* as it were on this version of Kubernetes."""
    return replace(known, target=known.target._replace(kubernetes=version))


def test_a_reachable_cluster_passes() -> None:
    """A reachable cluster is reported with the user and the kinds it serves."""
    result = found("cluster", HEALTHY)
    assert [f.level for f in result] == [Level.PASS]
    assert (
        result[0].title == "reachable as alice, 19 Flux kinds served, 5 Flux controllers expected"
    )


@pytest.mark.parametrize(
    ("user", "flags", "asker"),
    [
        ("alice", ("--as=bob", "--as-group=dev"), "bob (impersonated by alice)"),
        ("", ("--as=bob",), "bob"),
        ("alice", ("--as-group=dev",), "alice"),
    ],
)
def test_who_is_impersonated_is_who_asks(user: str, flags: tuple[str, ...], asker: str) -> None:
    """What may be read is what the impersonated user may: the sentence names that one."""
    target = HEALTHY.target._replace(user=user, flags=flags)
    [result] = found("cluster", replace(HEALTHY, target=target))
    assert result.title.startswith(f"reachable as {asker}, ")


def test_a_cluster_without_flux_is_reachable() -> None:
    """A cluster that serves no kind of Flux is reachable all the same."""
    result = found("cluster", evidence(served={}))
    assert "no Flux kinds served" in only(result, "ok").title


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("v1.27.9", Level.WARN),
        ("v1.27.16-eks-a5565ad", Level.WARN),
        ("v1.28.0", Level.WARN),  # below what Flux 2.9 supports
        ("v1.32.4+k3s1", Level.WARN),
        ("v1.33.0", None),
        ("v1.37.2", None),
        ("v2.0.0", None),
        ("v0.0.0-master+$Format:%H$", Level.SKIP),  # built without a version
        ("", Level.SKIP),
        ("garbage", Level.SKIP),
    ],
)
def test_the_version_is_judged(version: str, level: Level | None) -> None:
    """An old version is a warning, as nothing may have failed because of it."""
    result = [f.level for f in found("cluster", on(version)) if f.code.startswith("kubernetes-")]
    assert result == ([level] if level else [])


@pytest.mark.parametrize(
    ("flux", "kubernetes", "words"),
    [
        ("v2.9.5", "v1.33.0", ""),
        ("v2.10.0", "v1.35.2", ""),
        ("v2.10.0", "v1.34.9", "older than 1.35, the oldest that Flux v2.10.0 supports"),
        ("v2.10.0", "v1.30.0", "older than 1.35, the oldest that Flux v2.10.0 supports"),
        ("v2.11.3", "v1.35.0", ""),
        ("v2.11.3", "v1.30.0", "older than 1.35, the oldest that Flux 2.10, the newest that"),
        ("v3.0.0", "v1.30.0", "older than 1.35, the oldest that Flux 2.10, the newest that"),
        ("v2.5.1", "v1.28.0", ""),  # before the table: nothing is known
    ],
)
def test_each_flux_has_its_floor(flux: str, kubernetes: str, words: str) -> None:
    """Each minor version of Flux has an oldest Kubernetes, a newer one that of the newest known."""
    result = bad(found("cluster", on(kubernetes, evidence(*flux_of(flux)))))
    assert [words in f.title for f in result] == ([True] if words else [])


@pytest.mark.parametrize(
    ("flux", "told"), [("v2.10.9", False), ("v2.11.0", True), ("v3.0.0-rc.1", True), ("", False)]
)
def test_a_flux_that_is_newer_than_the_plugin_is_told(flux: str, told: bool) -> None:
    """A Flux of an unknown minor version is a note without a level, on any Kubernetes."""
    for kubernetes in ("v1.37.2", ""):
        result = found("cluster", on(kubernetes, evidence(*flux_of(flux))))
        notes = [f for f in result if f.code == "flux-newer-than-plugin"]
        assert [f.level for f in notes] == ([Level.SKIP] if told else [])
        assert all(f"Flux {flux} is newer" in f.title and "2.10" in f.title for f in notes)


def test_an_unknown_flux_sets_no_higher_floor() -> None:
    """Where no Flux is found only our own floor counts."""
    assert bad(found("cluster", on("v1.28.0", evidence()))) == []


@pytest.mark.parametrize("why", [w for w in Why if w is not Why.ABSENT])
def test_each_way_to_be_unreachable_has_its_own_code(why: Why) -> None:
    """A cluster that could not be asked is one fail with its sentence, its fix and exit code 3."""
    unread = Unread(
        why, "the token is rejected", hints=(Hint("log in", (Command(("kubectl", "auth")),)),)
    )
    report = judge(Evidence(taken_at=NOW, target=Target("prod"), unreachable=unread))
    (finding,) = report.findings
    assert (finding.level, finding.code) == (Level.FAIL, f"cluster-{why}")
    assert (finding.title, finding.hints[0].text) == ("the token is rejected", "log in")
    assert report.exit_code() is Exit.NO_VERDICT


def test_an_unreachable_cluster_gets_a_hint_in_any_case() -> None:
    """An Unread without a hint of its own still leads to a next step."""
    known = Evidence(taken_at=NOW, unreachable=Unread(Why.TIMEOUT, "no answer in 30 s"))
    assert "--timeout" in found("cluster", known)[0].hints[0].text


def test_a_forbidden_discovery_is_unknown() -> None:
    """If discovery is forbidden, the served kinds are unknown, with the reason."""
    unread = Unread(Why.FORBIDDEN, "you may not GET /apis", "get /apis")
    hidden = evidence(unread=dict.fromkeys(RESOURCES, unread))
    result = only(found("cluster", replace(hidden, served=None)), "forbidden")
    assert result.level is Level.UNKNOWN
    assert "you may not GET /apis" in result.title


def test_an_empty_discovery_is_unknown() -> None:
    """If discovery was not read, the cluster is not reported as reachable."""
    assert only(found("cluster", Evidence(taken_at=NOW)), "garbled").level is Level.UNKNOWN


@pytest.mark.parametrize(
    ("skew", "words"),
    [(75.0, "75 s ahead of"), (-90.4, "90 s behind"), (60.0, ""), (0.0, ""), (None, "")],
)
def test_clock_skew_is_reported(skew: float | None, words: str) -> None:
    """A clock skew of more than a minute is a warning that names the clock that is ahead."""
    result = bad(found("cluster", replace(HEALTHY, clock_skew=skew)))
    assert [f.code for f in result] == (["clock-skew"] if words else [])
    assert all(words in f.title for f in result)


def test_the_version_of_flux_is_found_without_its_report() -> None:
    """The Flux version can also come from the applied revision or the Deployments' labels."""
    no_report = without(FLUX, "FluxReport/flux")
    no_instance = without(no_report, "FluxInstance/flux")
    for objects in (no_report, no_instance):
        result = found("cluster", on("v1.30.0", evidence(*objects)))
        assert "Flux v2.9.5" in only(result, "kubernetes-too-old").title

"""A source that was not checked: others with the same URL and ref have a newer revision."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.checks.run import Choice
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from tests.builders import (
    HEALTHY,
    NOT_THERE,
    RECONCILING,
    alter,
    bad,
    event,
    evidence,
    flux,
    found,
    judge,
    kustomization,
    lease,
    minutes,
    pod_of,
    report,
    running_since,
    stamp,
)

HOUR = timedelta(hours=1)
URL = "https://git.example.com/monorepo.git"
OLD, NEW = "main@sha1:0ld0ld0ld0ld0ld0ld", "main@sha1:new0new0new0new0"
FLUX = running_since(HEALTHY, 30 * 24 * HOUR)
AWAKE = event("Kustomization apps/x", "Odd", "something happened", ago=HOUR)
"""An event in the time in which the source was due."""


def git(
    name: str, revision: str, stored: timedelta, kind: str = "GitRepository", **more: Any
) -> Object:
    """Return a source of the branch main, due every 10m, that *stored* its artifact then."""
    spec = {"url": URL, "ref": {"branch": "main"}, "interval": "10m"} | more.pop("spec", {})
    conditions = more.pop("conditions", {"Ready": f"True Succeeded: stored {revision}"})
    artifact = {"revision": revision, "lastUpdateTime": stamp(stored)}
    status = {"artifact": artifact} | more.pop("status", {})
    more = {"age": stored, **more}
    return flux(kind, name, conditions, spec=spec, status=status, **more)


def findings(*objects: Object) -> list[Finding]:
    """Return the faults of the sources in a cluster that was awake."""
    return bad(found("sources", evidence(*FLUX, AWAKE, *objects)))


def behind(*objects: Object) -> list[str]:
    """Return the names of the sources that are told to be behind."""
    reported = [one for one in findings(*objects) if one.code == "source-behind"]
    return [ref.name for one in reported for ref in one.objects]


def twins(stored: timedelta = 2 * HOUR, revision: str = NEW, **more: Any) -> tuple[Object, Object]:
    """Return two sources that have *stored* the newer revision then."""
    return git("twin", revision, stored, **more), git("more/twin", revision, stored, **more)


TWINS = twins()


def test_a_source_that_was_not_checked_is_named_with_the_newer_revision() -> None:
    """A warning has both revisions and since when the other source has its own."""
    objects = git("web", OLD, 5 * HOUR), *TWINS
    (finding,) = findings(*objects)
    assert (finding.code, finding.level) == ("source-behind", Level.WARN)
    assert finding.title == (
        "GitRepository apps/web: has main@sha1:0ld0ld0, but GitRepository apps/twin and 1 other "
        "with the same URL and ref have main@sha1:new0new"
    )
    assert "fetched this revision at least 2h ago" in finding.why
    assert "an interval of 10m" in finding.why
    assert "deployment/source-controller" in str(finding.hints)
    titles = [one.title for one in found("sources", evidence(*FLUX, AWAKE, *objects))]
    assert "3 of 4 healthy" in titles


@pytest.mark.parametrize(
    ("ago", "told"), [(minutes(43), False), (minutes(44) + timedelta(seconds=1), True)]
)
def test_it_must_have_been_due_several_times(ago: timedelta, *, told: bool) -> None:
    """Three times its interval and timeout, and once those of the other one: 3 * 11m + 11m."""
    event_between = event("Kustomization apps/x", "Odd", "something happened", ago=ago / 2)
    assert bool(behind(git("web", OLD, 5 * HOUR), *twins(ago), event_between)) is told


def test_a_long_interval_is_patient() -> None:
    """A source that is due once a day is not late after two hours."""
    assert behind(git("web", OLD, 50 * HOUR, spec={"interval": "24h"}), *TWINS) == []


SAME: dict[str, Object] = {
    "a Secret": {"secretRef": {"name": "other"}},
    "what is ignored": {"ignore": "/*"},
    "a verification": {"verify": {"mode": "HEAD", "secretRef": {"name": "keys"}}},
}


@pytest.mark.parametrize("spec", SAME.values(), ids=SAME)
def test_what_does_not_decide_the_revision_may_differ(spec: Object) -> None:
    """Whoever asks, the branch of a repository is at one commit."""
    assert behind(git("web", OLD, 5 * HOUR, spec=spec), *TWINS) == ["web"]


ANOTHER: dict[str, Object] = {
    "URL": {"url": "https://git.example.com/other.git"},
    "branch": {"ref": {"branch": "next"}},
    "tag": {"ref": {"branch": "main", "tag": "v1"}},
    "proxy": {"proxySecretRef": {"name": "mirror"}},
}


@pytest.mark.parametrize("spec", ANOTHER.values(), ids=ANOTHER)
def test_what_decides_the_revision_must_be_the_same(spec: Object) -> None:
    """Another repository, branch or proxy may have another revision."""
    assert behind(git("web", OLD, 5 * HOUR, spec=spec), *TWINS) == []


WEB = git("web", OLD, 5 * HOUR)
NO_CLAIM: dict[str, tuple[Object, ...]] = {
    "the same revision": (git("web", NEW, 5 * HOUR), *TWINS),
    "suspended": (git("web", OLD, 5 * HOUR, spec={"suspend": True}), *TWINS),
    "the others are suspended": (WEB, *twins(spec={"suspend": True})),
    "failing": (git("web", OLD, 5 * HOUR, conditions=NOT_THERE), *TWINS),
    "the others fail": (WEB, *twins(conditions=NOT_THERE)),
    "under way": (git("web", OLD, 5 * HOUR, conditions=RECONCILING, age=minutes(1)), *TWINS),
    "Ready since": (git("web", OLD, 5 * HOUR, age=HOUR), *TWINS),
    "a request was handled since": (
        git("web", OLD, 5 * HOUR, status={"lastHandledReconcileAt": stamp(HOUR)}), *TWINS),
    "stored since": (git("web", OLD, HOUR), *TWINS),
    "no time": (git("web", OLD, 5 * HOUR, status={"artifact": {"revision": OLD}}), *TWINS),
    "another kind": (git("web", OLD, 5 * HOUR, kind="OCIRepository"), *TWINS),
    "one has the newer one, and one the older": (WEB, TWINS[0]),
    "as many have the newer one": (WEB, git("api", OLD, 5 * HOUR), *TWINS),
    "tags of a range, of which some may be filtered out": (
        git("web", OLD, 5 * HOUR, kind="OCIRepository", spec={"ref": {"semver": "1.x"}}),
        *twins(kind="OCIRepository", spec={"ref": {"semver": "1.x"}})),
}  # fmt: skip


@pytest.mark.parametrize("objects", NO_CLAIM.values(), ids=NO_CLAIM)
def test_nothing_is_claimed_of_what_is_not_certain(objects: tuple[Object, ...]) -> None:
    """It has a fault of its own, was checked since, or the ref may have been moved back."""
    assert behind(*objects) == []


def test_artifacts_of_a_registry_are_compared_by_tag() -> None:
    """An OCIRepository of the same tag has the digest that the tag had."""
    tag = {"url": "oci://registry.example.com/app", "ref": {"tag": "latest"}}
    web = git("web", "latest@sha256:1", 5 * HOUR, kind="OCIRepository", spec=tag)
    assert behind(web, *twins(2 * HOUR, "latest@sha256:2", kind="OCIRepository", spec=tag)) == [
        "web"
    ]


def test_those_of_one_revision_are_one_finding() -> None:
    """Twenty sources of one repository that a shard has left alone are told once."""
    many = [git(f"web-{n}", OLD, 5 * HOUR) for n in range(20)]
    older = git("oldest", "main@sha1:first", 9 * HOUR)
    others = [git(f"other-{n}", NEW, 2 * HOUR) for n in range(22)]
    several, one = sorted(findings(*many, older, *others), key=lambda f: -len(f.objects))
    assert several.title.startswith("GitRepository apps/web-0 and 19 more sources: have main@sha1:")
    assert len(several.objects) == 20
    assert [ref.name for ref in one.objects] == ["oldest"]


def test_a_controller_that_has_just_started_is_given_its_time() -> None:
    """What was due before a start is due again from then."""
    started = running_since(FLUX, minutes(20), "source-controller")
    assert bad(found("sources", evidence(*started, AWAKE, WEB, *TWINS))) == []


def test_nothing_is_claimed_of_a_time_in_which_nothing_happened() -> None:
    """The cluster may have been asleep from the moment when the other one was checked."""
    assert bad(found("sources", evidence(*FLUX, WEB, *TWINS))) == []


def test_a_source_without_a_controller_is_told_too() -> None:
    """A shard whose controller is gone leaves its sources as they are, and these stay Ready."""
    selecting = {"spec.template.spec.containers.0.args": ["--watch-label-selector=!sharding.x/key"]}
    others = alter(FLUX, "Deployment/source-controller", selecting)
    web = git("web", OLD, 5 * HOUR, labels={"sharding.x/key": "shard-9"})
    (finding,) = bad(found("sources", evidence(*others, AWAKE, web, *TWINS)))
    assert finding.code == "source-behind"
    assert any("no controller in the cluster watches" in hint.text for hint in finding.hints)


def test_a_controller_that_is_down_explains_it() -> None:
    """The cause is the controller then, and its sources are no findings of their own."""
    down = alter(FLUX, "Deployment/source-controller", {"status.readyReplicas": 0})
    reported = report(*down, AWAKE, WEB, *TWINS)
    assert "source-behind" not in [one.code for one in reported.findings]


def test_a_cluster_that_comes_back_from_a_sleep_is_given_its_time() -> None:
    """Of a night in which nothing happened, nothing shows that a source was left alone."""
    old = alter(FLUX, "Kustomization/flux-system", {
        "status.history": [{"lastReconciled": stamp(9 * HOUR)}],
        "status.conditions.0.lastTransitionTime": stamp(9 * HOUR)})  # fmt: skip
    old = alter(old, "FluxInstance/flux", {
        "status.history": [{"lastReconciled": stamp(9 * HOUR)}],
        "status.conditions.0.lastTransitionTime": stamp(9 * HOUR)})  # fmt: skip
    alive = [lease(pod_of(HEALTHY, name)) for name in ("kustomize-controller", "flux-operator")]
    reported = report(*old, *alive, git("web", OLD, 20 * HOUR), *twins(9 * HOUR))
    codes = [one.code for one in reported.findings]
    assert "all-overdue" in codes
    assert "source-behind" not in codes


@pytest.mark.parametrize(("namespace", "told"), [("apps", True), ("else", False)])
def test_a_team_is_told_of_its_own(namespace: str, *, told: bool) -> None:
    """With -n it is reported for the namespace of the source."""
    others = [git(f"platform/{name}", NEW, 2 * HOUR) for name in ("twin", "other")]
    more = kustomization("else/web", "platform/twin")
    known = evidence(*FLUX, AWAKE, WEB, *others, more)
    reported = judge(known, Choice(namespaces=(namespace,)))
    assert [one.code for one in reported.findings].count("source-behind") == told

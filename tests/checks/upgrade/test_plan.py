"""The plan as a whole: its target, its outcome, its notes and its steps."""

import json

import pytest

from fluxstatus.checks.upgrade.notes import reach_of
from fluxstatus.checks.upgrade.plan import CODES, Plan, plan_of
from fluxstatus.knowledge.flux_minors import FLUX_MINORS, NEWEST, Minor
from fluxstatus.knowledge.kubernetes_removals import KUBERNETES_NEWEST
from fluxstatus.model.evidence import CRDS, Evidence, Target, Unread, Why
from fluxstatus.model.findings import Exit, Level
from fluxstatus.state.state import State
from tests.builders import (
    FORBIDDEN,
    NOW,
    alter,
    definitions,
    evidence,
    flux,
    kustomization,
    source,
    without,
)
from tests.checks.upgrade.planning import codes, places, plan, system

UNKNOWN: Minor = (2, NEWEST[1] + 1)


@pytest.mark.parametrize(
    ("version", "target"), [("v2.6.4", (2, 7)), ("v2.8.8", (2, 9)), ("v2.5.0", (2, 6))]
)
def test_the_next_version_is_the_default(version: str, target: Minor) -> None:
    """Without a target, the plan is for the next minor version that is known."""
    assert plan(flux=version).target == target


def test_nothing_is_newer() -> None:
    """For the newest known version there is nothing to plan, and that is said."""
    found = plan(flux=f"v2.{NEWEST[1]}.0")
    assert found.target is None
    assert found.exit_code is Exit.HEALTHY
    assert "newest version that this plugin supports" in codes(found)["upgrade-nothing"].title
    assert not found.steps


def test_the_target_is_reached() -> None:
    """A cluster that has the target has nothing to plan."""
    found = plan(flux="v2.9.5", to=(2, 9))
    assert found.exit_code is Exit.HEALTHY
    assert "upgrade-nothing" in codes(found)


def test_an_unknown_target() -> None:
    """A version that is not known yet is said to be unknown, and what is known is still checked."""
    found = plan(kubernetes="v1.34.0", to=UNKNOWN)
    assert "upgrade-target-unknown" in codes(found)
    assert "upgrade-kubernetes" in codes(found)
    alone = plan(installed=without(
        system("v2.9.5"), "Deployment/flux-operator", "FluxInstance/flux"), to=UNKNOWN)  # fmt: skip
    assert alone.exit_code is Exit.NO_VERDICT


def test_an_unknown_flux() -> None:
    """Without the version of Flux there is no plan."""
    found = plan(installed=[])
    assert found.exit_code is Exit.NO_VERDICT
    assert "Flux is not installed" in codes(found)["upgrade-from-unknown"].title


def test_a_clear_way() -> None:
    """With nothing in the way, the outcome is clear and the exit code 0."""
    found = plan(source("a"), kustomization("k", "a"))
    assert found.outcome == "clear"
    assert not found.part("blockers")
    assert not found.part("unread")


@pytest.mark.parametrize(
    "query",
    ["deployments.apps/controllers", "deployments.apps/operator", CRDS,
     "kustomizations.kustomize.toolkit.fluxcd.io", "fluxinstances.fluxcd.controlplane.io",
     "alerts.notification.toolkit.fluxcd.io"],
)  # fmt: skip
def test_what_was_not_read_may_hide_a_blocker(query: str) -> None:
    """Whatever a plan needs and could not read leaves it without a verdict."""
    found = plan(unread={query: FORBIDDEN})
    assert found.exit_code is Exit.NO_VERDICT
    assert any(query.partition("/")[0] in one.title for one in found.part("unread"))


def test_a_crd_that_is_not_there() -> None:
    """A kind that is served has a CRD: if it was not found, its stored versions are not known."""
    found = plan_of(State(evidence(*system("v2.8.8"), *definitions()[1:], advice=True)))
    assert found.exit_code is Exit.HEALTHY  # the first one is of the operator
    found = plan_of(State(evidence(*system("v2.8.8"), *definitions()[:-1], advice=True)))
    assert found.exit_code is Exit.NO_VERDICT
    [one] = found.part("unread")
    assert one.title.startswith("providers.notification.toolkit.fluxcd.io: a CRD")


def test_a_report_is_not_needed() -> None:
    """A FluxReport only has the version, which the controllers have, too."""
    found = plan(unread={"fluxreports.fluxcd.controlplane.io": FORBIDDEN})
    assert found.exit_code is Exit.HEALTHY


def test_a_snapshot_without_crds() -> None:
    """A snapshot that lacks the CRDs has no verdict, and the hint saves them."""
    target = Target("prod", kubernetes="v1.35.2", saved=("--from", "now.json"))
    found = plan(advice=False, target=target)
    assert found.exit_code is Exit.NO_VERDICT
    [one] = found.part("unread")
    [command] = one.hints[0].commands
    assert command.argv[2:] == ("--save", "now.json.gz", "--advice", "--context", "prod")


def test_kubernetes_without_a_version() -> None:
    """Without the version of Kubernetes nobody knows whether it is too old."""
    assert plan(kubernetes="").exit_code is Exit.NO_VERDICT


def test_an_unreachable_cluster() -> None:
    """An unreachable cluster has one finding, and no verdict."""
    reason = Unread(Why.UNREACHABLE, "connection refused")
    found = plan_of(State(Evidence(NOW, Target("prod"), unreachable=reason)))
    assert found.exit_code is Exit.NO_VERDICT
    assert any("connection refused" in one.title for one in found.findings)


@pytest.mark.parametrize(
    ("version", "reach"),
    [
        ("2.9.5", "exact"), ("v2.9.5", "exact"), ("=2.9.5", "exact"),
        ("2.9.x", "minor"), ("2.9", "minor"), ("~2.9.1", "minor"), ("2.9.*", "minor"),
        ("2.x", "every"), ("2", "every"), ("*", "every"), ("^2.9.0", "every"), (">=2.8.0", "every"),
        (">=2.8.0 <2.10.0", None), ("2.8.x || 2.9.x", None), ("", None),
    ],
)  # fmt: skip
def test_version_ranges(version: str, reach: str | None) -> None:
    """A version range follows nothing, a minor version or all; others are not guessed."""
    assert reach_of(version) == reach


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2.8.8", "no upgrades and no patches"),
        ("2.8.x", "patches, but no upgrade"),
        ("2.x", "automatically once it includes 2.9"),
        (">=2.8.0 <2.11.0", "check whether that includes 2.9"),
        ("2.9.x", ""),
    ],
)
def test_what_the_operator_does_by_itself(version: str, words: str) -> None:
    """The note tells whether the FluxInstance goes to the target by itself."""
    found = plan(installed=system("v2.8.8", spec__distribution__version=version))
    titles = [one.title for one in found.findings if one.code == "upgrade-version-range"]
    assert [words in title for title in titles] == ([True] if words else [])


@pytest.mark.parametrize("migrates", [True, False])
def test_who_migrates(migrates: bool) -> None:
    """The plan has a step for what the operator does not do."""
    found = plan(installed=system("v2.8.8", spec__migrateResources=migrates))
    note = codes(found)["upgrade-migration"].title
    assert ("so run `flux migrate`" in note) is not migrates
    after = [step.text for step in found.steps if "migrate the stored objects to" in step.text]
    assert bool(after) is not migrates


@pytest.mark.parametrize(("version", "noted"), [("v2.6.4", True), ("v2.8.8", False)])
def test_the_end_of_support(version: str, noted: bool) -> None:
    """A Flux that is no longer supported is noted, with the range that is."""
    found = plan(flux=version)
    titles = [one.title for one in found.findings if one.code == "upgrade-support"]
    assert bool(titles) is noted
    if noted:
        assert f"2.8 to {NEWEST[0]}.{NEWEST[1]} are supported" in titles[0]


def test_versions_that_the_target_deprecates() -> None:
    """Alerts in v1beta3 are to be changed after the upgrade to 2.10, not to 2.9."""
    alert = flux("Alert", "a", {})
    assert "upgrade-deprecated-versions" in codes(plan(alert, flux="v2.9.5"))
    assert "upgrade-deprecated-versions" not in codes(plan(alert, flux="v2.8.8"))


def _lines(found: Plan) -> list[str]:
    return [" ".join(command.argv) for step in found.steps for command in step.commands]


def test_the_order_of_the_steps() -> None:
    """Save, Git, stored objects, the operator, the version, and then what to look at."""
    found = plan()
    lines = _lines(found)
    expected = [
        *("--save before", "--version=2.8 --dry-run", "flux --context prod migrate"),
        *("helm --kube-context prod upgrade flux-operator", "patch fluxinstances"),
        *("--wait 10m", "--save after", "compare before", "--version=2.9 --dry-run"),
    ]
    positions = [next(n for n, line in enumerate(lines) if words in line) for words in expected]
    assert positions == sorted(positions)
    patch = next(c for s in found.steps for c in s.commands if "patch" in c.argv)
    assert json.loads(patch.argv[-1]) == {"spec": {"distribution": {"version": "2.9.x"}}}
    changing = {" ".join(c.argv): c.changes for s in found.steps for c in s.commands}
    reading = [line for line, changes in changing.items() if not changes]
    assert all("--dry-run" in one or "--wait" in one or "compare" in one for one in reading)


def test_what_git_owns_is_changed_there() -> None:
    """A FluxInstance and an operator that a Kustomization applies are not patched by hand."""
    labels = {
        "kustomize.toolkit.fluxcd.io/name": "flux",
        "kustomize.toolkit.fluxcd.io/namespace": "x",
    }
    owned = alter(system("v2.8.8"), "FluxInstance/flux", {"metadata.labels": labels})
    found = plan(installed=alter(owned, "Deployment/flux-operator", {
        "metadata.labels": labels | {"app.kubernetes.io/name": "flux-operator"}}))  # fmt: skip
    lines = _lines(found)
    assert not [line for line in lines if "patch" in line or "helm" in line]
    assert sum("Kustomization x/flux" in step.text for step in found.steps) == 2


def applied(*entries: tuple[str, str], kind: str = "Kustomization") -> object:
    """Return an object with these ids and versions in its inventory."""
    one = flux(kind, "k", spec={"sourceRef": {"kind": "GitRepository", "name": "a"}})
    one["status"]["inventory"] = {"entries": [{"id": id_, "v": v} for id_, v in entries]}
    return one


FLOW = ("_limits_flowcontrol.apiserver.k8s.io_FlowSchema", "v1beta3")
DRA = ("apps_gpu_resource.k8s.io_ResourceClaim", "v1beta1")


@pytest.mark.parametrize(
    ("entries", "kubernetes", "reported"),
    [
        ([FLOW], "v1.31.2", True),
        ([FLOW], "v1.30.2", False),
        ([DRA], "v1.37.2", True),
        ([DRA], "v1.36.2", False),
        ([("apps_gpu_resource.k8s.io_ResourceClaim", "v1")], "v1.37.2", False),
        ([("apps_x_example.com_ResourceClaim", "v1beta1")], "v1.37.2", False),
    ],
)
def test_what_the_next_kubernetes_removes(
    entries: list[tuple[str, str]], kubernetes: str, reported: bool
) -> None:
    """What an inventory has in a version that the next Kubernetes removes is named."""
    found = codes(plan(applied(*entries), source("a"), kubernetes=kubernetes))  # type: ignore[arg-type]
    assert ("kubernetes-api-removed" in found) is reported
    if reported:
        group, version = entries[0][0].split("_")[2], entries[0][1]
        [place] = places(found["kubernetes-api-removed"])
        kind = entries[0][0].rpartition("_")[2]
        assert place.startswith(f"Kustomization apps/k: {kind} as {group}/{version} (")
        assert found["kubernetes-api-removed"].level is Level.WARN


def test_what_is_applied_elsewhere() -> None:
    """What a Kustomization applies to another cluster is not a matter of this Kubernetes."""
    remote = applied(DRA)
    remote["spec"]["kubeConfig"] = {"secretRef": {"name": "spoke"}}  # type: ignore[index]
    found = codes(plan(remote, source("a"), kubernetes="v1.37.2"))  # type: ignore[arg-type]
    assert "kubernetes-api-removed" not in found


def test_a_kubernetes_that_is_not_known() -> None:
    """Of a Kubernetes after the table nothing is claimed."""
    beyond = f"v{KUBERNETES_NEWEST[0]}.{KUBERNETES_NEWEST[1]}.0"
    titles = [one.title for one in plan(kubernetes=beyond).part("kubernetes")]
    assert any("are unknown" in title for title in titles)
    known = [one.title for one in plan(kubernetes="v1.35.0").part("kubernetes")]
    assert not any("are unknown" in title for title in known)


def test_the_flux_for_the_next_kubernetes() -> None:
    """If the target is not tested with the next Kubernetes, the note names the Flux that is."""
    titles = [one.title for one in plan(kubernetes="v1.36.0").part("kubernetes")]
    assert "Flux 2.9 is not tested with Kubernetes 1.37; Flux 2.10 is" in titles


def test_every_finding_has_an_id_of_its_own() -> None:
    """No two findings of a plan have the same id."""
    beyond = f"v{KUBERNETES_NEWEST[0]}.{KUBERNETES_NEWEST[1]}.0"
    found = plan(flux("Alert", "a", {}), flux="v2.5.0", to=(2, 7), kubernetes=beyond,
                 unread={"deployments.apps/operator": FORBIDDEN})  # fmt: skip
    ids = [finding.id for finding in found.findings]
    assert [one.code for one in found.findings].count("upgrade-support") == 2
    assert [one.code for one in found.findings].count("kubernetes-next") == 2
    assert len(set(ids)) == len(ids)


def test_the_codes_are_declared() -> None:
    """Every code has its meaning, and none is declared twice."""
    assert len({*CODES}) == len(CODES)
    assert all(code.meaning.endswith(".") for code in CODES)


def test_every_minor_names_its_sources() -> None:
    """Each minor version has the page of its release and the Kubernetes that it is tested with."""
    for facts in FLUX_MINORS.values():
        oldest, newest = facts.tested
        assert facts.announcement.startswith("https://")
        assert facts.kubernetes <= oldest <= newest

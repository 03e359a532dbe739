"""The causes in a broken cluster, and the objects that each of them affects."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.causes.missing import Suggestions
from fluxstatus.causes.trace import Cause, Causes
from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import State
from tests.builders import (
    BUILD_FAILED,
    FETCHED,
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    NOW,
    RECONCILING,
    alter,
    analysis,
    crashing,
    event,
    evidence,
    flux,
    kustomization,
    minutes,
    pod,
    reference,
    source,
    stamp,
    waiting_for,
    without,
)

RETRYING = RECONCILING | {"Reconciling": "True ProgressingWithRetry: Building manifests"}


WRITTEN = {
    "manager": "kubectl",
    "time": stamp(timedelta(hours=2)),
    "fieldsV1": {"f:spec": {"x": 1}},
}
LEFT_ALONE: dict[str, Any] = {
    "generation": 2, "age": timedelta(hours=3), "managedFields": [WRITTEN],
}  # fmt: skip


def causes(*objects: Object, **more: Any) -> Causes:
    """Return the causes in a cluster with a healthy Flux and *objects*."""
    return analysis(*HEALTHY, *objects, **more).causes


def blocks_of(found: Causes) -> dict[str, set[str]]:
    """Return the name of the object of each cause, and the names of the objects that it affects."""
    return {name(cause.ref): {name(ref) for ref in cause.blocks} for cause in found.all}


def name(ref: Ref) -> str:
    """Return the name of *ref*, with its namespace unless that is apps."""
    return ref.name if ref.namespace == "apps" else f"{ref.namespace}/{ref.name}"


def only_cause(found: Causes) -> Cause:
    """Return the only cause."""
    assert len(found.all) == 1, blocks_of(found)
    return found.all[0]


def test_a_healthy_cluster_has_no_cause() -> None:
    """In a healthy cluster there is no cause and nothing is in progress."""
    found = causes(source("git"), kustomization("web", "git"))
    assert (found.all, found.in_progress, found.stale_causes) == ([], set(), {})


def test_one_broken_source_is_one_cause() -> None:
    """Forty dependents of a broken source are one cause that blocks forty."""
    broken = flux("GitRepository", "git", NOT_THERE)
    many = [kustomization(f"app-{n}", "git", NO_ARTIFACT) for n in range(40)]
    cause = only_cause(causes(broken, *many))
    assert cause.ref.name == "git"
    assert len(cause.waiting) == 40


def test_a_chain_is_followed_to_its_end() -> None:
    """A source blocks a Kustomization, its dependents, and their dependents."""
    chain = [
        flux("GitRepository", "git", NOT_THERE),
        kustomization("infra", "git", NO_ARTIFACT),
        kustomization("apps", "git", waiting_for("infra"), after=["infra"]),
        kustomization("tests", "git", waiting_for("apps"), after=["apps"]),
    ]
    assert blocks_of(causes(*chain)) == {"git": {"infra", "apps", "tests"}}


def test_a_chain_starts_where_the_fault_is() -> None:
    """With a healthy source the first Kustomization that fails is the cause."""
    chain = [
        source("git"),
        kustomization("infra", "git", BUILD_FAILED),
        kustomization("apps", "git", waiting_for("infra"), after=["infra"]),
    ]
    assert blocks_of(causes(*chain)) == {"infra": {"apps"}}


def test_a_dependency_in_another_namespace_is_followed() -> None:
    """References carry their own namespace."""
    chain = [
        flux("GitRepository", "shared/git", NOT_THERE),
        kustomization("shared/infra", "git", NO_ARTIFACT),
        kustomization("web", "shared/git", waiting_for("infra", "shared"), after=["shared/infra"]),
    ]
    assert blocks_of(causes(*chain)) == {"shared/git": {"shared/infra", "web"}}


def test_two_causes_of_one_object_are_both_named() -> None:
    """An object that waits for two failing objects is blocked by both."""
    objects = [
        source("git"),
        kustomization("crds", "git", BUILD_FAILED),
        kustomization("secrets", "git", BUILD_FAILED),
        kustomization("web", "git", waiting_for("crds"), after=["crds", "secrets"]),
    ]
    assert blocks_of(causes(*objects)) == {"crds": {"web"}, "secrets": {"web"}}


def test_a_fault_of_its_own_is_not_blamed_on_others() -> None:
    """An object with a fault of its own is a cause although a dependency fails as well."""
    objects = [
        source("git"),
        kustomization("infra", "git", BUILD_FAILED),
        kustomization("web", "git", BUILD_FAILED, after=["infra"]),
    ]
    assert blocks_of(causes(*objects)) == {"infra": set(), "web": set()}


def test_a_dependency_cycle_is_one_cause() -> None:
    """Flux does not detect cycles: one member is the cause, and the finding has the whole cycle."""
    objects = [
        source("git"),
        kustomization("a", "git", waiting_for("b"), after=["b"]),
        kustomization("b", "git", waiting_for("c"), after=["c"]),
        kustomization("c", "git", waiting_for("a"), after=["a"]),
        kustomization("d", "git", waiting_for("a"), after=["a"]),
    ]
    cause = only_cause(causes(*objects))
    assert (cause.ref.name, cause.fault.diagnosis.code) == ("a", "dependency-cycle")
    assert "apps/a → Kustomization apps/b → Kustomization apps/c" in cause.fault.diagnosis.why
    assert {ref.name for ref in cause.waiting} == {"b", "c", "d"}


def test_an_object_that_waits_for_itself_is_a_cycle() -> None:
    """The smallest cycle is one object."""
    alone = kustomization("a", "git", waiting_for("a"), after=["a"])
    cause = only_cause(causes(source("git"), alone))
    assert cause.fault.diagnosis.code == "dependency-cycle"


@pytest.mark.parametrize(
    ("wanted", "suggestion"),
    [
        ("gti", "did you mean GitRepository apps/git?"),
        ("shared", "did you mean GitRepository platform/shared?"),
        ("charts", "but HelmRepository apps/charts does"),
        ("other", ""),
    ],
)
def test_a_missing_target_is_named_with_what_may_be_meant(wanted: str, suggestion: str) -> None:
    """A reference to a missing object is the cause, and a similar object is suggested."""
    message = {"Ready": f'False ArtifactFailed: GitRepository "{wanted}" not found'}
    objects = [
        source("git"),
        source("platform/shared"),
        flux("HelmRepository", "charts", FETCHED),
        kustomization("ops/base", "platform/shared"),
        kustomization("web", wanted, message),
        kustomization("next", "git", waiting_for("web"), after=["web"]),
    ]
    cause = only_cause(causes(*objects))
    assert (cause.ref.name, cause.fault.diagnosis.code) == ("web", "target-missing")
    expected = f"GitRepository apps/{wanted} does not exist"
    assert cause.fault.diagnosis.why.startswith(f"{expected} ({suggestion})" if suggestion else (
        f"{expected}; "))  # fmt: skip
    assert {ref.name for ref in cause.waiting} == {"next"}


@pytest.mark.parametrize(
    ("wanted", "others", "suggestion"),
    [
        ("app", [source("team-2/app")], ""),
        ("app", [source("team-2/app"), kustomization("team-2/app", "app")], ""),
        ("app", [source("team-2/app"), source("team-3/app")], ""),
        ("app", [source("flux-system/app")], " (did you mean GitRepository flux-system/app?)"),
        ("app", [source("team-2/app"), kustomization("ops/x", "team-2/app")],
         " (did you mean GitRepository team-2/app?)"),
        ("team-22/app", [source("team-2/app")], " (did you mean GitRepository team-2/app?)"),
        ("nowhere/app", [source("team-1/app")], " (did you mean GitRepository team-1/app?)"),
        ("nowhere/app", [source("team-2/app")], " (did you mean GitRepository team-2/app?)"),
        ("nowhere/app", [source("team-2/app"), source("team-3/app")], ""),
    ],
)  # fmt: skip
def test_another_tenants_object_is_not_suggested(
    wanted: str, others: list[Object], suggestion: str
) -> None:
    """Without a namespace in the reference, only an object that is shared is suggested."""
    message = {"Ready": 'False ArtifactFailed: GitRepository "app" not found'}
    found = only_cause(causes(kustomization("team-1/web", wanted, message), *others))
    key = wanted if "/" in wanted else f"team-1/{wanted}"
    said = f"GitRepository {key} does not exist{suggestion}; "
    assert found.fault.diagnosis.why.startswith(said)


def test_nothing_in_another_namespace_is_suggested_where_references_to_it_are_denied() -> None:
    """A FluxInstance with spec.cluster.multitenant denies references to other namespaces."""
    message = {"Ready": 'False ArtifactFailed: GitRepository "app" not found'}
    objects = [kustomization("team-1/web", "team-22/app", message), source("team-2/app")]
    locked = alter(HEALTHY, "FluxInstance/flux", {"spec.cluster.multitenant": True})
    (found,) = analysis(*locked, *objects).causes.all
    assert found.fault.diagnosis.why.startswith("GitRepository team-22/app does not exist; ")


def test_a_provider_in_another_namespace_is_not_suggested() -> None:
    """An Alert can only refer to a Provider in its own namespace."""
    spec = {"providerRef": {"name": "slack"}}
    state = State(evidence(flux("Alert", "web", spec=spec), flux("Provider", "flux-system/slack")))
    target = ("Provider", "apps", "slack")
    assert Suggestions(state).suggest(target, ("Alert", "apps", "web")) == ""


def test_an_object_is_not_suggested_for_itself() -> None:
    """A release with a missing dependency does not get itself as a suggestion."""
    spec = {"dependsOn": [{"name": "webb"}]}
    missing = {"Ready": "False DependencyNotReady: unable to get 'apps/webb' dependency: not found"}
    found = only_cause(causes(flux("HelmRelease", "web", missing, spec=spec)))
    assert found.fault.diagnosis.why.startswith("HelmRelease apps/webb does not exist; ")


def test_something_missing_that_many_refer_to_is_one_cause() -> None:
    """Forty references to a missing source are one cause."""
    many = [kustomization(f"app-{n}", "gone", NO_ARTIFACT) for n in range(40)]
    waits = kustomization("next", "git", waiting_for("app-1"), after=["app-1"])
    cause = only_cause(causes(source("git"), *many, waits))
    assert cause.ref == ("", "GitRepository", "apps", "gone")
    assert cause.fault.diagnosis.why == "does not exist; 40 objects refer to it"
    assert len(cause.waiting) == 41


def test_what_could_not_be_read_is_not_called_missing() -> None:
    """If sources may not be listed, no source is missing."""
    unread = {"gitrepositories.source.toolkit.fluxcd.io": FORBIDDEN}
    found = only_cause(causes(kustomization("web", "git", NO_ARTIFACT), unread=unread))
    assert found.fault.diagnosis.code != "target-missing"


def test_a_kind_of_another_group_is_not_called_missing() -> None:
    """A Crossplane Provider that a ResourceSet depends on is not a Provider of Flux."""
    depends = {"apiVersion": "pkg.crossplane.io/v1", "kind": "Provider", "name": "aws"}
    broken = flux("ResourceSet", "infra", BUILD_FAILED, spec={"dependsOn": [depends]})
    assert only_cause(causes(broken)).fault.diagnosis.code == "resourceset-build-failed"


def test_a_workload_that_shares_a_kinds_name_is_not_called_missing() -> None:
    """A health check that waits for a Bucket of another group does not miss a Bucket of Flux."""
    waits = {"Ready": "False HealthCheckFailed: timeout waiting for: [Bucket/logs status: "
                      "'InProgress']"}  # fmt: skip
    found = only_cause(causes(source("git"), kustomization("web", "git", waits)))
    assert found.fault.diagnosis.code == "health-check-failed"


def test_a_suspended_object_that_blocks_is_the_cause() -> None:
    """A suspended object that was never ready blocks its dependents."""
    objects = [
        source("git"),
        kustomization("infra", "git", {}, spec={"suspend": True}),
        kustomization("web", "git", waiting_for("infra"), after=["infra"]),
    ]
    cause = only_cause(causes(*objects))
    assert cause.fault.diagnosis.code == "suspended"
    assert [ref.name for ref in cause.waiting] == ["web"]


def test_a_suspended_source_leaves_its_consumers_stale() -> None:
    """Consumers of a suspended source are stale, not waiting."""
    paused = source("git", spec={"suspend": True})
    cause = only_cause(causes(paused, kustomization("web", "git")))
    assert ([ref.name for ref in cause.stale], cause.waiting) == (["web"], [])


def test_stale_consumers_are_in_the_blocks_of_a_failing_source() -> None:
    """A consumer that stays Ready with an old artifact is listed at its failing source."""
    broken = source("git", NOT_THERE)
    cause = only_cause(causes(broken, kustomization("web", "git")))
    assert [ref.name for ref in cause.stale] == ["web"]


def test_staleness_goes_through_a_chart() -> None:
    """With a failing HelmRepository its charts and their releases are stale."""
    objects = [
        flux("HelmRepository", "charts", {"Ready": "False Failed: 404 Not Found"}),
        chart_of("web", {"Ready": "True ChartPullSucceeded: pulled"}),
        release("web"),
    ]
    assert blocks_of(causes(*objects)) == {"charts": {"apps-web", "web"}}


def test_staleness_goes_through_a_generator() -> None:
    """With a failing source its generator, the artifact and its consumer are stale."""
    of_external = {"sourceRef": reference("ExternalArtifact", "made")}
    objects = [
        source("git", NOT_THERE),
        flux("ArtifactGenerator", "gen", spec={"sources": [reference("GitRepository", "git")]}),
        flux("ExternalArtifact", "made", spec={"sourceRef": reference("ArtifactGenerator", "gen")}),
        flux("Kustomization", "web", spec=of_external),
    ]
    assert blocks_of(causes(*objects)) == {"git": {"gen", "made", "web"}}


def test_a_set_on_old_inputs_is_stale() -> None:
    """A ResourceSet that is Ready with old inputs is listed at the failing provider."""
    inputs = [{"kind": "ResourceSetInputProvider", "name": "prs"}]
    objects = [
        flux("ResourceSetInputProvider", "prs", {"Ready": "False ReconciliationFailed: 401"}),
        flux("ResourceSet", "previews", spec={"inputsFrom": inputs}),
    ]
    assert blocks_of(causes(*objects)) == {"prs": {"previews"}}


CHART = {"chart": {"spec": {"chart": "web", "sourceRef": reference("HelmRepository", "charts")}}}


def release(own: str, conditions: dict[str, str] | None = None, **more: Any) -> Object:
    """Return a HelmRelease with a chart template."""
    return flux("HelmRelease", own, conditions, spec=CHART,
                status={"helmChart": f"apps/apps-{own}"}, **more)  # fmt: skip


def chart_of(own: str, conditions: dict[str, str]) -> Object:
    """Return the HelmChart that helm-controller creates for a release."""
    labels = {"helm.toolkit.fluxcd.io/name": own, "helm.toolkit.fluxcd.io/namespace": "apps"}
    spec = {"sourceRef": reference("HelmRepository", "charts")}
    return flux("HelmChart", f"apps-{own}", conditions, labels=labels, spec=spec)


NO_VERSION = "no 'web' chart with version matching '9.x' found"


def test_a_chart_is_folded_into_its_release() -> None:
    """The fault of a HelmChart is reported at the HelmRelease, where it can be fixed."""
    objects = [
        flux("HelmRepository", "charts", FETCHED),
        chart_of("web", {"Ready": f"False InvalidChartReference: {NO_VERSION}"}),
        release("web", {"Ready": f"False SourceNotReady: HelmChart 'apps/apps-web' is not ready: "
                                 f"{NO_VERSION}"}),
    ]  # fmt: skip
    cause = only_cause(causes(*objects))
    assert (cause.ref.kind, cause.fault.diagnosis.code) == ("HelmRelease", "chart-version-missing")
    assert [ref.kind for ref in cause.blocks] == ["HelmChart"]


def test_a_chart_that_cannot_be_read_is_told_by_its_release() -> None:
    """The release repeats the chart's message, which is enough when charts may not be listed."""
    said = f"False SourceNotReady: HelmChart 'apps/apps-web' is not ready: {NO_VERSION}"
    unread = {"helmcharts.source.toolkit.fluxcd.io": FORBIDDEN}
    cause = only_cause(causes(release("web", {"Ready": said}), unread=unread))
    assert cause.fault.diagnosis.code == "chart-version-missing"


def test_a_failed_install_is_not_told_of_a_release_without_its_chart() -> None:
    """The failure of an earlier attempt does not count once the chart is gone."""
    objects = [
        flux("HelmRepository", "charts", {"Ready": "False Failed: 404 Not Found"}),
        release("web", {"Ready": "False SourceNotReady: HelmChart 'apps/apps-web' is not ready",
                        "Released": "False InstallFailed: it did not start"}),
        chart_of("web", {"Ready": "False NoSourceArtifact: no artifact available"}),
    ]  # fmt: skip
    assert blocks_of(causes(*objects)) == {"charts": {"apps-web", "web"}}


def test_values_that_are_missing_now_outweigh_an_old_failure() -> None:
    """A ValuesError is reported, not the upgrade that failed before it."""
    said = {"Ready": "False ValuesError: could not resolve Secret chart values reference 'apps/x' "
                     "with key 'values.yaml': not found",
            "Released": "False UpgradeFailed: timeout"}  # fmt: skip
    cause = only_cause(causes(release("web", said)))
    assert cause.fault.diagnosis.code == "values-missing"


@pytest.mark.parametrize("conditions", [NO_ARTIFACT, RECONCILING, {}], ids=["waits", "runs", "new"])
def test_a_young_object_that_finds_its_way_is_no_news(conditions: dict[str, str]) -> None:
    """In its first minutes an object may wait, be in progress or have no status yet."""
    young: dict[str, Any] = {"born": minutes(1), "age": minutes(0.5)}
    found = causes(
        source("git", RECONCILING, **young), kustomization("web", "git", conditions, **young)
    )
    assert found.all == []
    assert ("Kustomization", "apps", "web") in found.in_progress


def test_a_young_object_with_a_passing_fault_is_no_news() -> None:
    """A timeout of a one-minute-old object is not a fault yet."""
    slow = {"Ready": "False GitOperationFailed: Get https://git.example.com: i/o timeout"}
    young = flux("GitRepository", "git", slow, born=minutes(1))
    old = flux("GitRepository", "git", slow)
    assert (blocks_of(causes(young)), blocks_of(causes(old))) == ({}, {"git": set()})


def test_a_young_object_with_a_lasting_fault_is_told() -> None:
    """A Secret that is missing does not come by waiting, however young the object is."""
    wrong = {"Ready": 'False AuthenticationFailed: failed to get secret: secrets "x" not found'}
    assert blocks_of(causes(flux("GitRepository", "git", wrong, born=minutes(1)))) == {"git": set()}


def test_a_dependency_that_has_just_become_ready_is_no_news() -> None:
    """A dependent looks again every half minute; until then it still says that it waits."""
    objects = [
        source("git"),
        kustomization("infra", "git", age=minutes(0.5)),
        kustomization("web", "git", waiting_for("infra"), after=["infra"]),
    ]
    found = causes(*objects)
    assert found.all == []
    assert ("Kustomization", "apps", "web") in found.in_progress


def test_a_dependency_that_is_ready_for_long_is_not_waited_for() -> None:
    """What still waits for something that has been well for long is told, and for what."""
    objects = [
        source("git"),
        kustomization("infra", "git", age=minutes(30)),
        kustomization("web", "git", waiting_for("infra"), after=["infra"]),
    ]
    cause = only_cause(causes(*objects))
    assert (cause.ref.name, cause.fault.diagnosis.code) == ("web", "waits")
    assert "Kustomization apps/infra" in cause.fault.diagnosis.why


def test_what_waits_for_something_on_its_way_is_on_its_way() -> None:
    """A dependent of an object that reconciles has no fault yet."""
    objects = [
        source("git"),
        kustomization("infra", "git", RECONCILING, age=minutes(1)),
        kustomization("web", "git", waiting_for("infra"), after=["infra"]),
    ]
    found = causes(*objects)
    assert found.all == []
    assert len(found.in_progress) == 2


def test_a_retry_takes_its_text_from_the_event() -> None:
    """While the next attempt runs Ready says nothing; the Warning event still does."""
    objects = [
        source("git"),
        kustomization("web", "git", RETRYING, age=minutes(1)),
        event("Kustomization apps/web", "BuildFailed", "kustomization path not found: stat /x"),
    ]
    cause = only_cause(causes(*objects))
    assert (cause.fault.diagnosis.code, cause.fault.reason) == ("path-missing", "BuildFailed")


def test_a_retry_takes_its_text_from_the_release() -> None:
    """While the next attempt runs the Released condition of a release still tells."""
    failed = {"Released": "False UpgradeFailed: cannot patch: field is immutable"}
    cause = only_cause(causes(release("web", RECONCILING | failed, age=minutes(1))))
    assert cause.fault.diagnosis.code == "immutable-field"


def test_a_retry_without_any_text_is_told_as_such() -> None:
    """When the event has expired, that the last attempt failed is all there is to say."""
    cause = only_cause(causes(source("git"), kustomization("web", "git", RETRYING, age=minutes(1))))
    assert cause.fault.diagnosis.code == "attempt-failed"


def test_a_rolled_back_release_tells_what_failed() -> None:
    """After a rollback Ready says that it succeeded; the fault is that of the upgrade."""
    conditions = {
        "Ready": "False RollbackSucceeded: Helm rollback succeeded",
        "Stalled": "True RetriesExceeded: Failed to upgrade after 1 attempt(s)",
        "Released": "False UpgradeFailed: Helm upgrade failed: timeout waiting for: "
        "[Deployment/apps/web status: 'InProgress']",
    }
    cause = only_cause(causes(release("web", conditions)))
    assert cause.fault.diagnosis.code == "upgrade-rolled-back"
    assert "Deployment apps/web" in cause.fault.diagnosis.why
    assert cause.fault.message.startswith("Helm upgrade failed")


def test_a_parent_waits_for_a_child_that_fails() -> None:
    """A Kustomization whose health check names a failing HelmRelease is dragged down by it."""
    said = "timeout waiting for: [HelmRelease/apps/db status: 'InProgress']"
    objects = [
        source("git"),
        release("db", {"Ready": "False InstallFailed: no"}),
        kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {said}"}),
    ]
    assert blocks_of(causes(*objects)) == {"db": {"web"}}


def test_what_a_remote_cluster_waits_for_is_not_looked_for_here() -> None:
    """A health check in another cluster does not drag in an object of this one's name."""
    said = "timeout waiting for: [HelmRelease/apps/db status: 'InProgress']"
    remote = kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {said}"},
                           spec={"kubeConfig": {"secretRef": {"name": "remote"}}})  # fmt: skip
    objects = [source("git"), release("db", {"Ready": "False InstallFailed: no"}), remote]
    assert blocks_of(causes(*objects)) == {"db": set(), "web": set()}


def test_a_dead_controller_is_the_cause_of_what_it_leaves() -> None:
    """With kustomize-controller down its objects are blocked, waiting or stale."""
    down = alter(HEALTHY, "Deployment/kustomize-controller", {"status.readyReplicas": 0})
    objects = [
        *down,
        source("git"),
        kustomization("new", "git", {}),
        kustomization("hung", "git", RECONCILING, age=timedelta(hours=2)),
        kustomization("old", "git"),
        kustomization("wrong", "git", BUILD_FAILED),
    ]
    found = analysis(*objects).causes
    controller = next(c for c in found.all if c.ref.kind == "Deployment")
    assert {ref.name for ref in controller.waiting} == {"new", "hung"}
    assert {"old", "flux-system"} <= {ref.name for ref in controller.stale}
    assert {c.ref.name for c in found.all} == {"kustomize-controller", "wrong"}


def test_a_missing_controller_is_the_cause_of_what_it_leaves() -> None:
    """A controller that the FluxInstance asks for and that is gone is a cause."""
    gone = without(HEALTHY, "Deployment/helm-controller")
    cause = only_cause(analysis(*gone, release("web")).causes)
    assert (cause.fault.diagnosis.code, cause.ref.name) == ("controller-missing", "helm-controller")
    assert [ref.name for ref in cause.stale] == ["web"]


def test_a_dead_source_controller_cuts_off_what_takes_artifacts() -> None:
    """Without source-controller nothing new is fetched, so every consumer is stale."""
    down = alter(HEALTHY, "Deployment/source-controller", {"spec.replicas": 0})
    tags = flux("ImageRepository", "tags", FETCHED)
    policy = flux("ImagePolicy", "policy", spec={"imageRepositoryRef": {"name": "tags"}})
    found = analysis(*down, source("git"), kustomization("web", "git"), tags, policy).causes
    cause = next(c for c in found.all if c.ref.name == "source-controller")
    assert {"git", "web"} <= {ref.name for ref in cause.stale}
    assert "policy" not in {ref.name for ref in cause.stale}


def test_a_shard_without_controller_is_named() -> None:
    """An object whose label gives it to a shard that nobody runs is a cause of its own."""
    lost = kustomization("web", "git", {}, labels={"sharding.fluxcd.io/key": "shard9"})
    cause = only_cause(causes(source("git"), lost))
    assert cause.fault.diagnosis.code == "shard-without-controller"
    assert "shard9" in cause.fault.diagnosis.why


def test_an_artifact_of_somebody_else_needs_no_source_watcher() -> None:
    """An ExternalArtifact that another controller makes does not call for source-watcher."""
    instance = next(one for one in HEALTHY if one["kind"] == "FluxInstance")
    spec = instance["spec"]["components"]
    objects = alter(HEALTHY, "FluxInstance/flux",
                    {"spec.components": [c for c in spec if c != "source-watcher"]})  # fmt: skip
    objects = without(objects, "Deployment/source-watcher")
    found = analysis(*objects, flux("ExternalArtifact", "theirs", FETCHED)).causes
    assert blocks_of(found) == {}


def test_nothing_is_missing_before_the_first_installation() -> None:
    """An instance that was never installed is the cause, not the controllers that it lacks."""
    new = without(HEALTHY, *(f"Deployment/{n}-controller" for n in (
        "source", "kustomize", "helm", "notification")), "Deployment/source-watcher",
        "GitRepository/flux-system", "Kustomization/flux-system")  # fmt: skip
    wrong = "build failed: no match found for semver: 3.x"
    instance = {
        "status": {},
        "status.conditions": flux("FluxInstance", "flux", {
            "Stalled": f"True BuildFailed: {wrong}", "Ready": f"False BuildFailed: {wrong}",
        })["status"]["conditions"],
    }  # fmt: skip
    cause = only_cause(analysis(*alter(new, "FluxInstance/flux", instance)).causes)
    assert (cause.ref.kind, cause.fault.diagnosis.code) == (
        "FluxInstance", "distribution-version-missing")  # fmt: skip
    assert len(cause.blocks) == 5


def test_a_first_installation_that_runs_is_no_fault() -> None:
    """While the operator installs Flux, that controllers are not there yet is no news."""
    bare = without(HEALTHY, *(f"Deployment/{n}-controller" for n in (
        "source", "kustomize", "helm", "notification")), "Deployment/source-watcher",
        "GitRepository/flux-system", "Kustomization/flux-system")  # fmt: skip
    fresh = {
        "metadata.creationTimestamp": stamp(minutes(1)),
        "status": {},
        "status.conditions": flux("FluxInstance", "flux", RECONCILING, age=minutes(1))["status"][
            "conditions"
        ],
    }
    found = analysis(*alter(bare, "FluxInstance/flux", fresh)).causes
    assert blocks_of(found) == {}
    assert ("FluxInstance", "flux-system", "flux") in found.in_progress


def test_what_is_left_of_an_earlier_installation_waits_for_the_new_one() -> None:
    """Objects from before, whose controllers are yet to be installed, wait for the instance."""
    names = [f"Deployment/{n}-controller" for n in ("source", "kustomize", "helm", "notification")]
    failing = {"Ready": "False ReconciliationFailed: timeout waiting for: "
                        "[GitRepository/flux-system/flux-system status: 'InProgress']"}  # fmt: skip
    conditions = flux("FluxInstance", "flux", failing)["status"]["conditions"]
    objects = alter(without(HEALTHY, *names, "Deployment/source-watcher"), "FluxInstance/flux", {
        "status": {"conditions": conditions}})  # fmt: skip
    objects = alter(objects, "GitRepository/flux-system", {"status": {}})
    cause = only_cause(analysis(*objects).causes)
    assert cause.ref.kind == "FluxInstance"
    assert "dependency-cycle" not in cause.fault.diagnosis.code


def test_an_instance_waits_for_its_sync_source() -> None:
    """A broken root source is the cause; the FluxInstance that checks it only waits."""
    waits = "timeout waiting for: [GitRepository/flux-system/flux-system status: 'InProgress']"
    failing = flux("FluxInstance", "flux", {"Ready": f"False ReconciliationFailed: {waits}"})
    objects = alter(HEALTHY, "FluxInstance/flux",
                    {"status.conditions": failing["status"]["conditions"]})  # fmt: skip
    broken = flux("GitRepository", "x", NOT_THERE)["status"]["conditions"]
    objects = alter(objects, "GitRepository/flux-system", {"status.conditions": broken})
    cause = only_cause(analysis(*objects).causes)
    assert cause.ref.kind == "GitRepository"
    assert {ref.kind for ref in cause.blocks} == {"FluxInstance", "Kustomization"}


def test_a_controller_that_looks_at_nothing_is_the_cause() -> None:
    """Several objects that a ready controller leaves alone are one cause: it hangs."""
    objects = [
        source("git", age=timedelta(hours=5)),
        kustomization("a", "git", **LEFT_ALONE),
        kustomization("b", "git", **LEFT_ALONE),
        kustomization("c", "git", waiting_for("a"), after=["a"], age=timedelta(hours=3)),
    ]
    old = alter(HEALTHY, "Kustomization/flux-system", {
        "status.conditions.0.lastTransitionTime": stamp(timedelta(hours=4))})  # fmt: skip
    cause = only_cause(analysis(*old, *objects).causes)
    assert (cause.ref.name, cause.fault.diagnosis.code) == (
        "kustomize-controller", "controller-hangs")  # fmt: skip
    assert {ref.name for ref in cause.waiting} == {"a", "b", "c"}


def test_a_busy_controller_is_not_said_to_hang() -> None:
    """Two objects left alone are told each when the controller has worked on others since."""
    objects = [
        source("git"),
        kustomization("a", "git", **LEFT_ALONE),
        kustomization("b", "git", **LEFT_ALONE),
        kustomization("c", "git", age=minutes(1)),
    ]
    assert blocks_of(causes(*objects)) == {"a": set(), "b": set()}


def test_what_waits_for_one_stuck_object_is_not_left_alone() -> None:
    """Dependents of a stuck object wait for it, so the controller is not unresponsive."""
    old = alter(HEALTHY, "Kustomization/flux-system", {
        "status.conditions.0.lastTransitionTime": stamp(timedelta(hours=4))})  # fmt: skip
    objects = [
        source("git"),
        kustomization("a", "git", RECONCILING, age=timedelta(hours=3)),
        kustomization("b", "git", waiting_for("a"), after=["a"], age=timedelta(hours=3)),
        kustomization("c", "git", waiting_for("a"), after=["a"], age=timedelta(hours=3)),
    ]
    assert blocks_of(analysis(*old, *objects).causes) == {"a": {"b", "c"}}


def test_images_of_one_registry_are_one_cause() -> None:
    """If no controller's image can be pulled, the registry in the FluxInstance is the cause."""
    pull = [{"name": "manager", "image": "x/y:v1", "state": {"waiting": {
        "reason": "ImagePullBackOff"}}}]  # fmt: skip
    objects = HEALTHY
    for one in ("source-controller", "helm-controller"):
        objects = alter(objects, f"Deployment/{one}", {"status.readyReplicas": 0})
        objects = alter(objects, f"Pod/{one}",
                        {"status.phase": "Pending", "status.containerStatuses": pull})  # fmt: skip
    cause = only_cause(analysis(*objects).causes)
    assert (cause.ref.kind, cause.fault.diagnosis.code) == ("FluxInstance", "instance-images")
    assert {"source-controller", "helm-controller"} <= {ref.name for ref in cause.blocks}


def test_a_deleted_object_is_given_a_moment() -> None:
    """A deletion of a minute ago is in progress; one of an hour ago is stuck."""
    gone = kustomization("web", "git", deletionTimestamp=stamp(minutes(1)))
    stuck = kustomization("web", "git", deletionTimestamp=stamp(minutes(60)))
    assert blocks_of(causes(source("git"), gone)) == {}
    cause = only_cause(causes(source("git"), stuck))
    assert (cause.fault.diagnosis.code, cause.since) == ("terminating", NOW - minutes(60))


def test_a_canceled_health_check_is_given_a_moment() -> None:
    """A health check that a newer attempt has canceled is not a fault while that attempt starts."""
    canceled = {"Ready": "False HealthCheckCanceled: New reconciliation triggered by X/apps/y"}
    now = kustomization("now", "git", canceled, age=minutes(1))
    old = kustomization("old", "git", canceled, age=minutes(20))
    assert blocks_of(causes(source("git"), now, old)) == {"old": set()}


def test_a_crashing_pod_is_the_reason_of_a_dead_controller() -> None:
    """The pod of a controller tells why it is unavailable."""
    objects = alter(HEALTHY, "Deployment/kustomize-controller", {"status.readyReplicas": 0})
    dead = pod("flux-system/kustomize-controller-x-y", crashing("OOMKilled", 137))
    objects = alter(objects, "Pod/kustomize-controller", {"status": dead["status"]})
    cause = only_cause(analysis(*objects).causes)
    assert cause.fault.diagnosis.code == "controller-out-of-memory"
    assert "exit code 137" in cause.fault.diagnosis.why


def test_without_controllers_to_see_nothing_is_said_to_be_missing() -> None:
    """If Deployments may not be listed, no controller is at fault."""
    unread = dict.fromkeys(
        ("deployments.apps/controllers", "deployments.apps/operator"), Unread(Why.FORBIDDEN, "no")
    )
    assert blocks_of(causes(source("git"), kustomization("web", "git"), unread=unread)) == {}

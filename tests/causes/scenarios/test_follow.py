"""Scenarios: what objects wait for."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import (
    BUILD_FAILED,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    RECONCILING,
    flux,
    kind_and_name,
    kustomization,
    minutes,
    reference,
    source,
    waiting_for,
)
from tests.causes.scenarios.reports import (
    GENERATOR,
    LONG,
    NOT_MADE,
    generated,
    images,
    only,
    problem,
)


def test_an_artifact_that_was_never_made_is_the_fault_of_its_generator() -> None:
    """The consumer of a missing ExternalArtifact waits for its generator."""
    failed = {"Ready": "False BuildFailed: failed to build artifact made: no such file"}
    only(*HEALTHY, source("git"), *generated(failed), of="ArtifactGenerator/gen",
         blocks="Kustomization/web")  # fmt: skip
    off = {"source.extensions.fluxcd.io/reconcile": "disabled"}
    found = only(*HEALTHY, source("git"), *generated(annotations=off), of="ArtifactGenerator/gen",
                 blocks="Kustomization/web")  # fmt: skip
    assert "its dependents stay blocked" in found.why


def test_an_artifact_for_another_namespace_is_the_fault_of_its_generator() -> None:
    """From Flux 2.10 on, a generator may create artifacts in other namespaces than its own."""
    failed = {"Ready": "False BuildFailed: copy failed"}
    spec = GENERATOR | {"artifacts": [{"name": "made", "namespace": "team-a"}]}
    generator = flux("ArtifactGenerator", "gen", failed, spec=spec)
    consumer = {"sourceRef": reference("ExternalArtifact", "made")}
    web = flux("Kustomization", "team-a/web", NOT_MADE, spec=consumer)
    only(*HEALTHY, source("git"), generator, web, of="ArtifactGenerator/gen",
         blocks="Kustomization/web")  # fmt: skip


def test_a_broken_source_is_the_cause_through_a_generator() -> None:
    """Source, generator, artifact and consumer are one chain."""
    nothing = {"Ready": "False SourceFetchFailed: get sources failed: source git has no artifact"}
    only(*HEALTHY, flux("GitRepository", "git", NOT_THERE), *generated(nothing),
         of="GitRepository/git", blocks="ArtifactGenerator/gen Kustomization/web")  # fmt: skip


AUTOMATION = {"sourceRef": reference("GitRepository", "git")}


def test_a_policy_waits_for_its_repository() -> None:
    """A registry that rejects the scan is the cause; the policy is attributed to it."""
    denied = {"Ready": "False ReadOperationFailed: scan failed: GET https://r.example.com/v2/a: "
                       "UNAUTHORIZED: authentication required"}  # fmt: skip
    waits = {"Ready": "False DependencyNotReady: referenced ImageRepository has not been scanned"}
    policy = flux("ImagePolicy", "policy", waits, spec={"imageRepositoryRef": {"name": "tags"}})
    only(*images(flux("ImageRepository", "tags", denied), policy), of="ImageRepository/tags",
         blocks="ImagePolicy/policy")  # fmt: skip


def test_an_automation_fails_with_its_repository() -> None:
    """It uses the Secret of its GitRepository, so with a wrong Secret both fail for one cause."""
    denied = {"Ready": "False GitOperationFailed: failed to checkout source: unable to clone: "
                       "authentication required"}  # fmt: skip
    automation = flux("ImageUpdateAutomation", "bot", denied, spec=AUTOMATION)
    rejected = {"Ready": "False GitOperationFailed: unable to clone: authentication required"}
    only(*images(source("git", rejected), automation), of="GitRepository/git",
         blocks="ImageUpdateAutomation/bot")  # fmt: skip
    found = problem(*images(source("git"), automation))
    assert [kind_and_name(f.object) for f in found if f.object] == ["ImageUpdateAutomation/bot"]


KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1"


@pytest.mark.parametrize(
    ("kind", "depends", "message", "code", "word"),
    [
        ("Kustomization", {"readyExpr": "dep.spec.path == 'x'"},
         "dependency 'apps/infra' is not ready according to readyExpr eval",
         "dependency-expression", "dep.spec.path == 'x'"),
        ("ResourceSet", {"readyExpr": "status.x == 1", "ready": True, "kind": "Kustomization",
                         "apiVersion": KUSTOMIZE, "namespace": "apps"},
         f"dependency {KUSTOMIZE}/Kustomization/apps/infra not ready: expression 'status.x == 1'",
         "dependency-expression", "status.x == 1"),
        ("ResourceSet", {"ready": True, "kind": "Deployment", "apiVersion": "apps/v1",
                         "namespace": "apps"},
         "dependency apps/v1/Deployment/apps/infra not ready: status InProgress",
         "dependency-unready", "Deployment infra"),
        ("Kustomization", {}, "dependency 'apps/infra' is not ready", "waits", "apps/infra"),
    ],
)  # fmt: skip
def test_a_dependency_that_is_ready_and_not_enough_is_reported(
    kind: str, depends: dict[str, Any], message: str, code: str, word: str
) -> None:
    """A ready dependency that does not satisfy the readyExpr is reported with the expression."""
    spec = {"dependsOn": [{"name": "infra", **depends}]}
    waits = flux(kind, "web", {"Ready": f"False DependencyNotReady: {message}"}, spec=spec)
    infra = kustomization("infra", "git", age=timedelta(hours=1))
    found = only(*HEALTHY, source("git"), infra, waits, of=f"{kind}/web", blocks="")
    assert found.code == code
    assert word in found.why


def test_a_dependency_that_only_has_to_exist_is_not_to_blame() -> None:
    """A ResourceSet with ready: true for one dependency does not wait for the health of another."""
    of_ks = {"kind": "Kustomization", "apiVersion": KUSTOMIZE, "namespace": "apps"}
    spec = {"dependsOn": [of_ks | {"name": "there"}, of_ks | {"name": "ready", "ready": True}]}
    message = f"dependency {KUSTOMIZE}/Kustomization/apps/ready not ready: status InProgress"
    objects = [
        source("git"),
        kustomization("there", "git", BUILD_FAILED),
        kustomization("ready", "git", BUILD_FAILED),
        flux("ResourceSet", "set", {"Ready": f"False DependencyNotReady: {message}"}, spec=spec),
    ]
    found = {f.object.name: f.blocks for f in problem(*HEALTHY, *objects) if f.object}
    assert (len(found["there"]), len(found["ready"])) == (0, 1)


def test_inputs_by_a_selector_are_followed() -> None:
    """A provider that a ResourceSet selects by labels is an input like one that it names."""
    chosen = {"inputsFrom": [{"selector": {"matchLabels": {"team": "a"}}}]}
    failing = {"Ready": "False ReconciliationFailed: failed to call provider: 401 Bad credentials"}
    only(
        *HEALTHY,
        flux("ResourceSetInputProvider", "prs", failing, labels={"team": "a"}),
        flux("ResourceSetInputProvider", "tags", labels={"team": "b"}),
        flux("ResourceSet", "set", spec=chosen),
        flux("ResourceSet", "other", spec={"inputsFrom": [{"name": "tags"}]}),
        of="ResourceSetInputProvider/prs",
        blocks="ResourceSet/set",
    )


def test_a_set_waits_for_the_inputs_that_it_selects() -> None:
    """A ResourceSet that retries without any message waits for a provider that fails."""
    chosen = {"inputsFrom": [{"selector": {"matchLabels": {"team": "a"}}}]}
    failing = {"Ready": "False ReconciliationFailed: failed to call provider: 401 Bad credentials"}
    only(
        *HEALTHY,
        flux("ResourceSetInputProvider", "prs", failing, labels={"team": "a"}),
        flux("ResourceSet", "set", RECONCILING, spec=chosen, age=minutes(1),
             status={"history": [{"lastReconciledStatus": "ReconciliationFailed"}]}),
        of="ResourceSetInputProvider/prs",
        blocks="ResourceSet/set",
    )  # fmt: skip


def test_a_parent_that_checks_a_child_that_depends_on_it_is_a_cycle() -> None:
    """A cycle may have a health check and several kinds."""
    waits = "timeout waiting for: [ResourceSet/apps/set status: 'InProgress']"
    message = f"dependency {KUSTOMIZE}/Kustomization/apps/root not ready: status InProgress"
    depends = {"kind": "Kustomization", "apiVersion": KUSTOMIZE, "namespace": "apps",
               "name": "root", "ready": True}  # fmt: skip
    objects = [
        source("git"),
        kustomization("root", "git", {"Ready": f"False HealthCheckFailed: {waits}"}),
        flux("ResourceSet", "set", {"Ready": f"False DependencyNotReady: {message}"},
             spec={"dependsOn": [depends]}),
    ]  # fmt: skip
    found = only(*HEALTHY, *objects, of="Kustomization/root", blocks="ResourceSet/set")
    assert found.code == "dependency-cycle"
    assert "apps/root → ResourceSet apps/set → Kustomization apps/root" in found.why


def test_what_depends_on_itself_is_reported() -> None:
    """The smallest cycle has one member."""
    found = only(*HEALTHY, source("git"), kustomization("a", "git", waiting_for("a"), after=["a"]),
                 of="Kustomization/a", blocks="")  # fmt: skip
    assert "form a cycle: Kustomization apps/a depends on itself" in found.why


def test_two_causes_are_reported_at_each_other() -> None:
    """Fixing one of two causes is not enough for an object that waits for both."""
    objects = [
        source("git"),
        kustomization("crds", "git", BUILD_FAILED),
        kustomization("infra", "git", {"Ready": "False PruneFailed: x delete failed"}),
        kustomization("web", "git", waiting_for("crds"), after=["crds", "infra"]),
    ]
    found = {f.object.name: f.why for f in problem(*HEALTHY, *objects) if f.object}
    assert "Kustomization apps/web is also waiting for Kustomization apps/infra" in found["crds"]
    assert "Kustomization apps/web is also waiting for Kustomization apps/crds" in found["infra"]


def test_a_workload_and_a_release_that_fail_one_check_are_two_causes() -> None:
    """A health check that names a Deployment and a HelmRelease waits for both."""
    both = ("False HealthCheckFailed: timeout waiting for: [Deployment/apps/web status: "
            "'InProgress', HelmRelease/apps/db status: 'InProgress']")  # fmt: skip
    objects = [
        source("git"),
        flux("HelmRelease", "db", {"Ready": "False InstallFailed: boom"}),
        kustomization("apps", "git", {"Ready": both}),
    ]
    found = {f.object.name: f for f in problem(*HEALTHY, *objects) if f.object}
    assert set(found) == {"db", "apps"}
    assert [ref.name for ref in found["db"].blocks] == ["apps"]
    assert "apps/apps is also waiting for HelmRelease apps/db" in found["apps"].why


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("dependency 'apps/base' is not ready", []),
        ("failed to evaluate the CEL expression 'dep.status.nope': no such key: nope",
         ["cel-invalid"]),
    ],
)  # fmt: skip
def test_who_was_just_answered_names_what_it_waits_for(message: str, expected: list[str]) -> None:
    """A new revision changes the time of Ready, which does not explain another message."""
    fresh: dict[str, Any] = {"age": minutes(0.5)}
    waits = kustomization("web", "git", {"Ready": f"False DependencyNotReady: {message}"},
                          after=["base"], **LONG)  # fmt: skip
    found = problem(*HEALTHY, source("git", **fresh), kustomization("base", "git", **fresh), waits)
    assert [f.code for f in found] == expected


@pytest.mark.parametrize(("of_db", "expected"), [(0.5, []), (50, ["health-check-failed"])])
def test_a_new_commit_answers_no_health_check(of_db: float, expected: list[str]) -> None:
    """A check that fails for 45 minutes is reported, unless what it names became ready just now."""
    waits = "timeout waiting for: [HelmRelease/apps/db status: 'InProgress']"
    objects = [
        source("git", age=minutes(0.5)),
        flux("HelmRelease", "db", age=minutes(of_db)),
        kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {waits}"},
                      age=minutes(45)),
    ]  # fmt: skip
    assert [f.code for f in problem(*HEALTHY, *objects)] == expected


def test_a_new_commit_answers_who_waits_for_the_source() -> None:
    """What waited for the artifact has a moment to notice that there is one."""
    waits = kustomization("web", "git", NO_ARTIFACT, age=minutes(45))
    assert problem(*HEALTHY, source("git", age=minutes(0.5)), waits) == []
    assert problem(*HEALTHY, source("git", age=minutes(9)), waits) != []

"""The controllers that are found and expected, and the objects that each watches."""

from typing import Any

import pytest

from fluxstatus.model.kinds import KINDS
from fluxstatus.state.deployments import (
    components,
    expected,
    image_version,
    managed_by,
    operators,
    selects,
)
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    SERVED,
    alter,
    crashing,
    evidence,
    flux,
    judged,
    kustomization,
    state,
    without,
)

SHARD = "sharding.fluxcd.io/key"


@pytest.mark.parametrize(
    ("selector", "labels", "selected"),
    [
        ("app=web", {"app": "web"}, True),
        ("app=web", {"app": "db"}, False),
        ("app=web", {}, False),
        ("app==web", {"app": "web"}, True),
        ("app!=web", {"app": "db"}, True),
        ("app!=web", {}, True),
        ("app!=web", {"app": "web"}, False),
        ("app", {"app": "web"}, True),
        ("app", {}, False),
        (f"!{SHARD}", {}, True),
        (f"!{SHARD}", {SHARD: "shard1"}, False),
        (f"{SHARD} in (shard1, shard2)", {SHARD: "shard2"}, True),
        (f"{SHARD} in (shard1, shard2)", {SHARD: "shard3"}, False),
        (f"{SHARD} in (shard1)", {SHARD: ""}, False),
        (f"{SHARD} in (shard1)", {}, False),
        (f"{SHARD} notin (shard1)", {SHARD: "shard1"}, False),
        (f"{SHARD} notin (shard1)", {SHARD: ""}, True),
        (f"{SHARD} notin (shard1)", {}, True),
        ("app=web,tier!=old", {"app": "web", "tier": "new"}, True),
        ("app=web,tier!=old", {"app": "web", "tier": "old"}, False),
        (f"app=web, !{SHARD}", {"app": "web"}, True),
        ("", {}, True),
        ("((", {"a": "b"}, True),
    ],
)
def test_a_selector_selects_as_kubectl_does(
    selector: str, labels: dict[str, object], selected: bool
) -> None:
    """A label selector works as for kubectl -l; one that cannot be parsed selects everything."""
    assert selects(selector, labels) is selected


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("ghcr.io/fluxcd/source-controller:v1.9.4", "v1.9.4"),
        ("ghcr.io/fluxcd/source-controller:v1.9.4@sha256:abc", "v1.9.4"),
        ("ghcr.io/fluxcd/source-controller@sha256:abc", ""),
        ("localhost:5000/source-controller", ""),
        ("localhost:5000/source-controller:v1", "v1"),
        ("source-controller", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_version_is_the_tag_of_the_image(image: object, version: str) -> None:
    """A tag is a version; a digest or the port of a registry is not."""
    assert image_version(image) == version


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (["source-controller", "helm-controller"], ("source-controller", "helm-controller")),
        (None, ("source-controller", "kustomize-controller", "helm-controller",
                "notification-controller")),
        ([], ("source-controller", "kustomize-controller", "helm-controller",
              "notification-controller")),
        ([5, None], ("source-controller", "kustomize-controller", "helm-controller",
                     "notification-controller")),
    ],
)  # fmt: skip
def test_the_instance_lists_the_expected_controllers(asked: Any, names: tuple[str, ...]) -> None:
    """The components of the FluxInstance are expected, or the four defaults."""
    instance = judged(flux("FluxInstance", "flux", spec={"components": asked}))
    assert expected(evidence(), instance, []) == names


@pytest.mark.parametrize(
    ("kinds", "names"),
    [
        (["GitRepository", "ExternalArtifact"], ("source-controller",)),
        (["Kustomization", "HelmRelease"], ("kustomize-controller", "helm-controller")),
        (["ImagePolicy"], ("image-reflector-controller",)),
        (["ImageUpdateAutomation"], ("image-automation-controller",)),
        (["ArtifactGenerator"], ("source-watcher",)),
        (["FluxInstance", "ResourceSet"], ()),
        ([], ()),
    ],
)
def test_without_an_instance_the_served_kinds_decide(
    kinds: list[str], names: tuple[str, ...]
) -> None:
    """Each served kind needs the controller that reconciles it."""
    served = {KINDS[kind].resource: "v1" for kind in kinds}
    assert expected(evidence(served=served), None, []) == names


def test_unknown_kinds_expect_nothing() -> None:
    """If discovery failed, or no Flux kind is served, no controller is expected."""
    assert expected(evidence(served={"widgets.example.com": "v1"}), None, []) == ()


def test_a_component_is_read_whole() -> None:
    """A Deployment has its component, its version and its readiness."""
    found = {c.ref.name: c for c in components(evidence(*HEALTHY))}
    helm = found["helm-controller"]
    assert (helm.name, helm.version, helm.ready, helm.wanted) == ("helm-controller", "v1.6.4", 1, 1)
    assert (helm.problem, helm.unavailable, len(helm.pods.known)) == (None, False, 1)


def test_a_shard_is_its_component() -> None:
    """The Deployment of a shard has the name of its component."""
    objects = alter(HEALTHY, "Deployment/helm-controller", {
        "metadata.name": "helm-controller-shard1"})  # fmt: skip
    assert "helm-controller" in {c.name for c in components(evidence(*objects))}


def test_more_ready_pods_than_wanted_are_not_counted() -> None:
    """During a rollout more pods may be ready than wanted; the excess does not count."""
    objects = alter(HEALTHY, "Deployment/helm-controller", {"status.readyReplicas": 3})
    assert {c.ready for c in components(evidence(*objects))} == {1}


def test_a_deployment_without_pods_has_its_reason() -> None:
    """Without pods the condition of the Deployment is the problem."""
    broken = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
              "message": 'pods "x" is forbidden: exceeded quota'}  # fmt: skip
    objects = [one for one in HEALTHY if one["kind"] != "Pod"]
    objects = alter(objects, "Deployment/helm-controller", {
        "status.readyReplicas": 0, "status.conditions": [broken]})  # fmt: skip
    helm = next(c for c in components(evidence(*objects)) if c.name == "helm-controller")
    assert helm.problem is not None
    assert "exceeded quota" in helm.problem.text


def test_the_operator_is_not_a_controller() -> None:
    """The operator is found by its label and is not a controller."""
    known = evidence(*HEALTHY)
    assert [c.name for c in operators(known)] == ["flux-operator"]
    assert "flux-operator" not in {c.name for c in components(known)}


@pytest.mark.parametrize(
    ("args", "namespace", "watched"),
    [
        ([], "apps", True),
        (["--watch-all-namespaces=true"], "apps", True),
        (["--watch-all-namespaces=false"], "apps", False),
        (["--watch-all-namespaces=false"], "flux-system", True),
        ([f"--watch-label-selector=!{SHARD}"], "apps", True),
        ([f"--watch-label-selector={SHARD}=shard1"], "apps", False),
    ],
)
def test_arguments_limit_what_is_reconciled(args: list[str], namespace: str, watched: bool) -> None:
    """A controller watches the objects that its --watch-… arguments select."""
    objects = alter(HEALTHY, "Deployment/kustomize-controller", {
        "spec.template.spec.containers.0.args": args})  # fmt: skip
    found = {c.name: c for c in components(evidence(*objects))}
    one = judged(kustomization(f"{namespace}/web", "git"))
    assert found["kustomize-controller"].watches(one) is watched


def test_the_operator_takes_only_an_instance_in_its_namespace() -> None:
    """A FluxInstance in another namespace has no controller."""
    (operator,) = operators(evidence(*HEALTHY))
    assert operator.watches(judged(flux("FluxInstance", "flux-system/flux")))
    assert not operator.watches(judged(flux("FluxInstance", "apps/flux")))
    assert operator.watches(judged(flux("ResourceSet", "apps/set")))


def test_labels_show_what_installed_flux() -> None:
    """The labels of the Deployments show what installed Flux; without labels it is unknown."""
    assert managed_by(components(evidence(*HEALTHY))) == "the Flux Operator"
    assert managed_by([]) == ""


def test_the_instance_in_the_operators_namespace_counts() -> None:
    """Of several FluxInstances the one in the operator's namespace counts."""
    both = [flux("FluxInstance", "apps/flux"), *HEALTHY]
    counted = state(*both).instance
    assert counted is not None
    assert counted.ref.namespace == "flux-system"
    elsewhere = state(*without(HEALTHY, "FluxInstance/flux"), flux("FluxInstance", "apps/flux"))
    assert elsewhere.instance is None
    assert state(flux("FluxInstance", "apps/flux"), served=SERVED).instance is not None


def test_unknown_controllers_are_not_expected() -> None:
    """If the FluxInstance could not be read, or for a Helm chart, no controller is expected."""
    hidden = evidence(*HEALTHY, unread={"fluxinstances.fluxcd.controlplane.io": FORBIDDEN})
    assert expected(hidden, None, components(hidden)) == ()
    objects = HEALTHY
    for one in HEALTHY:
        if one["kind"] == "Deployment" and one["metadata"]["name"] != "flux-operator":
            objects = alter(objects, f"Deployment/{one['metadata']['name']}", {
                "metadata.labels": {"app.kubernetes.io/part-of": "flux",
                                    "app.kubernetes.io/managed-by": "Helm"}})  # fmt: skip
    chart = evidence(*objects)
    assert expected(chart, None, components(chart)) == ()


@pytest.mark.parametrize("restarts", [(2, 9), (9, 2)])
def test_the_pod_that_restarted_most_is_the_problem(restarts: tuple[int, int]) -> None:
    """Of several pods with a problem, the one with most restarts counts."""
    objects = alter(HEALTHY, "Deployment/helm-controller", {"status.readyReplicas": 0})
    (one,) = [o for o in HEALTHY if o["kind"] == "Pod" and "helm" in o["metadata"]["name"]]
    names = ("helm-controller-1-a", "helm-controller-1-b")
    pods = [one | {"metadata": one["metadata"] | {"name": name},
                   "status": {"phase": "Running", "containerStatuses": [crashing(restarts=count)]}}
            for name, count in zip(names, restarts, strict=True)]  # fmt: skip
    found = components(evidence(*[o for o in objects if o is not one], *pods))
    helm = next(component for component in found if component.name == "helm-controller")
    assert helm.problem is not None
    assert helm.problem.restarts == 9

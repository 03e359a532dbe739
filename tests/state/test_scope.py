"""Which namespaces an object applies into, other than its own."""

import pytest

from fluxstatus.cluster.pruning import prune
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.scope import applies_into
from tests.builders import flux

WEB = "team_web_apps_Deployment"
ELSEWHERE = "other_web_apps_Deployment"
NAMESPACE = "_team__Namespace"
REMOTE = {"secretRef": {"name": "edge"}}


def into(kind: str, *ids: str, **spec: object) -> set[str]:
    """Return those of "team" and "second" that an object in flux-system applies into."""
    entries = [{"id": one, "v": "v1"} for one in ids]
    inventory = {"inventory": {"entries": entries}} if ids else {}
    one = flux(kind, "flux-system/app", spec=dict(spec), status=dict(inventory))
    return set(applies_into(prune(KINDS[kind].resource, one), {"team", "second"}))


@pytest.mark.parametrize("kind", ["Kustomization", "HelmRelease", "ResourceSet"])
def test_what_is_in_its_inventory(kind: str) -> None:
    """A HelmRelease has an inventory from Flux 2.8 on."""
    assert into(kind, WEB, ELSEWHERE) == {"team"}
    assert into(kind, WEB, "second_db_apps_StatefulSet") == {"team", "second"}
    assert into(kind, ELSEWHERE) == set()
    assert into(kind) == set()


@pytest.mark.parametrize("kind", ["Kustomization", "HelmRelease"])
def test_its_target_namespace(kind: str) -> None:
    """It says where all goes before anything was applied, and whatever that is."""
    assert into(kind, targetNamespace="team") == {"team"}
    assert into(kind, "other_a_rbac.authorization.k8s.io_Role", targetNamespace="team") == {"team"}
    assert into(kind, targetNamespace="other") == set()


def test_another_cluster_has_other_namespaces() -> None:
    """A namespace of the same name in a remote cluster is not the one that was asked about."""
    assert into("Kustomization", WEB, targetNamespace="team", kubeConfig=REMOTE) == set()


SET_UP = [
    "team_default__ServiceAccount",
    "team_default_rbac.authorization.k8s.io_Role",
    "team_default_rbac.authorization.k8s.io_RoleBinding",
    "team_default_networking.k8s.io_NetworkPolicy",
    "team_default__ResourceQuota",
    "team_default__LimitRange",
    "team_git_source.toolkit.fluxcd.io_GitRepository",
    "team_apps_kustomize.toolkit.fluxcd.io_Kustomization",
    "team_slack_notification.toolkit.fluxcd.io_Provider",
]
CONTENT = [
    WEB,
    "team_settings__ConfigMap",
    "team_web_helm.toolkit.fluxcd.io_HelmRelease",
    "team_web_fluxcd.controlplane.io_ResourceSet",
    "team_web_serving.knative.dev_Service",
]


@pytest.mark.parametrize("id_", [NAMESPACE, *SET_UP])
def test_what_sets_up_the_namespaces_of_all_teams_is_no_teams(id_: str) -> None:
    """The root Kustomization has something in each namespace; what one team breaks is its own."""
    assert into("Kustomization", NAMESPACE, id_, "_other__Namespace", "other_a__ConfigMap") == set()


@pytest.mark.parametrize("id_", CONTENT)
def test_what_deploys_into_several_namespaces_is_of_each(id_: str) -> None:
    """A HelmRelease is what is deployed; a Kustomization only says where that is."""
    assert into("Kustomization", NAMESPACE, *SET_UP, id_, ELSEWHERE) == {"team"}


@pytest.mark.parametrize("id_", SET_UP)
def test_what_applies_into_no_other_namespace_is_the_teams(id_: str) -> None:
    """Then nobody else's change can break it; the Namespace itself is in no namespace."""
    assert into("Kustomization", NAMESPACE, id_) == {"team"}
    assert into("Kustomization", NAMESPACE) == set()


@pytest.mark.parametrize("inventory", [None, {}, {"entries": [{"id": "team"}, None]}])
def test_a_malformed_inventory_applies_nothing(inventory: object) -> None:
    """Whatever the status holds, nothing is made of it."""
    one = flux("Kustomization", "flux-system/app", status={"inventory": inventory})
    pruned = prune(KINDS["Kustomization"].resource, one)
    assert applies_into(pruned, {"team"}) == set()

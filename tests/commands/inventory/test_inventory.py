"""`inventory`: what an owner made, whether it exists, and what was left behind."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from fluxstatus.cli import run
from fluxstatus.model.evidence import Object
from tests.fakes.scripted import RESOURCES, Api, as_usual, changed, forbidden, in_turn
from tests.kubernetes.flux_objects import git_repository, helm_release, kustomization
from tests.kubernetes.objects import make, stamp
from tests.terminal import Terminal

NOW = datetime.now(UTC)  # the program looks at the clock
WELL, BROKEN, WRONG, UNKNOWN = 0, 1, 2, 3
KS, HR = RESOURCES["Kustomization"], RESOURCES["HelmRelease"]
CONFIG_MAPS = RESOURCES["ConfigMap"].path
IN_ORDER = ["apps_web_apps_Deployment", "apps_settings__ConfigMap", "_apps__Namespace"]
Run: TypeAlias = Callable[..., tuple[object, str, str]]
"""Runs `inventory` and returns its exit code, standard output and standard error."""
Show: TypeAlias = Callable[..., dict[str, Any]]
"""Runs `inventory` and returns its JSON, with the exit code and standard error."""


def labels(name: str, kind: str = "kustomize.toolkit.fluxcd.io") -> dict[str, str]:
    """Return the labels of what the Flux object apps/*name* applied."""
    return {f"{kind}/name": name, f"{kind}/namespace": "apps"}


def made(api_version: str, kind: str, name: str, owner: str = "app", **metadata: object) -> Object:
    """Return an object that the Kustomization apps/*owner* applied."""
    one = make(api_version, kind, name, NOW, namespace="apps", labels=labels(owner))
    one["metadata"] |= metadata
    return one


def owner(name: str, *ids: str) -> Object:
    """Return a Kustomization that has applied *ids*."""
    source = git_repository("apps", "git", NOW, url="https://git.example.com/app.git")
    return kustomization("apps", name, NOW, source=source, path="./", inventory=ids)


def release(*ids: str) -> Object:
    """Return the HelmRelease apps/web, which has applied *ids*."""
    found = helm_release("apps", "web", NOW, repository="charts")
    found["status"]["inventory"] = {"entries": [{"id": one, "v": "v1"} for one in ids]}
    return found


@pytest.fixture(autouse=True)
def _objects(api: Api) -> None:
    api.put(
        made("apps/v1", "Deployment", "web"),
        made("v1", "ConfigMap", "settings"),
        make("v1", "Namespace", "apps", NOW),
    )


@pytest.fixture(name="raw")
def _raw(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    def raw(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["flux-status", "inventory", *words])
        with pytest.raises(SystemExit) as end:
            run()
        return end.value.code, *capsys.readouterr()

    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield raw


@pytest.fixture(name="show")
def _show(raw: Run) -> Show:
    def show(*words: str) -> dict[str, Any]:
        code, out, err = raw(*words, "-o", "json")
        return {**json.loads(out), "code": code, "err": err}

    return show


def statuses(found: dict[str, Any]) -> dict[str, str]:
    """Return the status of each object that was *found*, by kind and name."""
    return {f"{one['kind']}/{one['name']}": one["status"] for one in found["objects"]}


def messages(found: dict[str, Any]) -> dict[str, str]:
    """Return the message about each object that was *found*, by its name."""
    return {one["name"]: one["message"] for one in found["objects"]}


def test_all_that_it_made_exists(api: Api, show: Show) -> None:
    """Each object of the inventory exists; only metadata is requested, one list for each kind."""
    api.put(owner("app", *IN_ORDER))
    found = show("ks/app")
    assert statuses(found) == {
        "Deployment/web": "exists", "ConfigMap/settings": "exists", "Namespace/apps": "exists",
    }  # fmt: skip
    assert found["code"] == WELL
    assert found["err"] == "3 objects of 1 owner: 3 exist\n"
    lists = [one for one in api.requests if one.path.startswith(("/api/v1/", "/apis/apps/"))]
    assert len(lists) == 3
    assert all("as=PartialObjectMetadataList" in one.accept for one in lists)


def test_what_was_deleted_is_gone(api: Api, show: Show) -> None:
    """An object that is not in the list of its kind is gone: exit code 1."""
    api.put(owner("app", *IN_ORDER, "apps_lost__ConfigMap", "other_settings__ConfigMap"))
    found = show("ks/app")
    gone = {(one["namespace"], one["name"]) for one in found["objects"] if one["status"] == "gone"}
    assert gone == {("apps", "lost"), ("other", "settings")}
    assert found["summary"]["gone"] == 2
    assert messages(found)["lost"] == "the next reconciliation restores it"
    assert found["code"] == BROKEN


def _suspended(item: Object) -> None:
    item["spec"]["suspend"] = True


def _with_drift_detection(item: Object) -> None:
    item["spec"]["driftDetection"] = {"mode": "enabled"}


@pytest.mark.parametrize(
    ("one", "change", "message"),
    [
        (owner("web", "a_x__ConfigMap"), None, "the next reconciliation restores it"),
        (owner("web", "a_x__ConfigMap"), _suspended,
         "not restored while the Kustomization is suspended"),
        (release("a_x__ConfigMap"), None, "only an upgrade or drift detection restores it"),
        (release("a_x__ConfigMap"), _with_drift_detection, "drift detection restores it"),
    ],
)  # fmt: skip
def test_what_restores_it_is_said(
    api: Api, show: Show, one: Object, change: Callable[[Object], None] | None, message: str
) -> None:
    """It depends on the kind of its owner, on drift detection and on suspension."""
    one = json.loads(json.dumps(one))
    if change:
        change(one)
    api.put(one)
    assert messages(show(f"{one['kind'].lower()}/web")) == {"x": message}


@pytest.mark.parametrize(
    ("kind", "says"),
    [("ResourceSet", "frozen by its annotation fluxcd.controlplane.io/reconcile: disabled"),
     ("Kustomization", "")],
)  # fmt: skip
def test_an_object_that_is_frozen_is_told(api: Api, show: Show, kind: str, says: str) -> None:
    """A ResourceSet applies no changes to an object with the annotation; others ignore it."""
    one, annotations = owner("app", *IN_ORDER), {"fluxcd.controlplane.io/reconcile": "Disabled"}
    if kind == "ResourceSet":
        one |= {"apiVersion": "fluxcd.controlplane.io/v1", "kind": kind, "spec": {}}
    api.put(one, made("apps/v1", "Deployment", "web", annotations=annotations))
    found = show(f"{kind.lower()}/app")
    assert statuses(found)["Deployment/web"] == "exists"
    assert messages(found)["web"].startswith(says)
    assert bool(messages(found)["web"]) is bool(says)
    assert messages(found)["settings"] == ""
    assert found["code"] == WELL


def test_a_kind_that_is_no_longer_served_is_gone(api: Api, show: Show) -> None:
    """With a CRD, its objects are deleted."""
    api.put(owner("app", *IN_ORDER, "apps_db_acid.example.com_Postgres"))
    found = show("ks/app")
    assert statuses(found)["Postgres/db"] == "gone"
    assert messages(found)["db"] == "the API server does not serve Postgres"
    assert found["code"] == BROKEN


def test_an_unavailable_api_is_unknown(api: Api, show: Show) -> None:
    """If discovery of a group fails, it is unknown whether its kinds are served."""
    api.aggregated = False
    api.put(owner("app", "apps_web_apps_Deployment"))
    api["/apis/apps/v1"] = forbidden
    found = show("ks/app")
    assert statuses(found) == {"Deployment/web": "unknown"}
    assert found["code"] == UNKNOWN


def test_a_kind_that_cannot_be_listed_is_not_checked(api: Api, show: Show) -> None:
    """Some kinds, such as reviews, are only created."""
    api.aggregated = False
    one = {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["create"]}
    api["/apis/apps/v1"] = changed({"resources": [one]})
    api.put(owner("app", "apps_web_apps_Deployment"))
    found = show("ks/app")
    assert messages(found) == {"web": "deployments.apps cannot be listed"}
    assert found["code"] == WELL


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("apps_db__Secret", "Secrets are never read"),
        ("_nowhere__ConfigMap", "its namespace is not in the inventory"),
        (
            "apps_web_extensions_Ingress",
            "objects of the API group extensions moved to other groups",
        ),
    ],
)
def test_what_is_not_checked_is_never_gone(api: Api, show: Show, id_: str, message: str) -> None:
    """A Secret is not requested, and a kind in another group may still exist: exit code 0."""
    api.put(owner("app", *IN_ORDER, id_))
    found = show("ks/app")
    assert messages(found)[id_.split("_")[1]] == message
    assert found["summary"]["not-checked"] == 1
    assert found["code"] == WELL


def test_namespaces_that_an_inventory_lacks_or_adds(api: Api, show: Show) -> None:
    """A cluster-wide object has none; that of another object may be any, so it is not checked."""
    space = make("v1", "Namespace", "team", NOW, labels=labels("app"))
    api.put(owner("app", "apps_team__Namespace", "_settings__ConfigMap"), space)
    found = show("ks/app")
    assert statuses(found) == {"Namespace/team": "exists", "ConfigMap/settings": "not-checked"}


def test_other_clusters_are_not_checked(api: Api, show: Show) -> None:
    """What a Kustomization with a kubeConfig applies is elsewhere."""
    remote = owner("app", *IN_ORDER, "apps_lost__ConfigMap")
    remote["spec"]["kubeConfig"] = {"secretRef": {"name": "spoke"}}
    api.put(remote, made("v1", "ConfigMap", "of-another-cluster"))
    api["*/configmaps"] = forbidden
    found = show("ks/app")
    assert {*statuses(found).values()} == {"not-checked"}
    assert {*messages(found).values()} == {"it is in another cluster"}
    assert found["code"] == WELL


def test_a_release_without_inventory_is_not_checked(api: Api, show: Show) -> None:
    """Before Flux 2.8 there is none: neither is anything gone, nor left behind."""
    one = release()
    del one["status"]["inventory"]
    kind = "helm.toolkit.fluxcd.io"
    there = make("v1", "ConfigMap", "chart", NOW, namespace="apps", labels=labels("web", kind))
    api.put(one, there, owner("app", *IN_ORDER))
    for words in (("hr/web",), ()):
        found = show(*words)
        assert not found["objects"]
        assert found["code"] == WELL
        assert (
            "HelmRelease apps/web has no inventory, so its objects were not checked" in found["err"]
        )


def test_crds_of_a_release_are_not_checked(api: Api, show: Show) -> None:
    """helm-controller lists those in the crds folder of a chart even if it does not apply them."""
    api.put(release("_x.example.com_apiextensions.k8s.io_CustomResourceDefinition"))
    api["*/customresourcedefinitions"] = forbidden
    found = show("hr/web")
    assert {*statuses(found).values()} == {"not-checked"}


def test_external_artifacts_of_a_generator(api: Api, show: Show) -> None:
    """An ArtifactGenerator names its ExternalArtifacts in a form of its own."""
    one = make("source.extensions.fluxcd.io/v1beta1", "ArtifactGenerator", "mono", NOW,
               namespace="apps", spec={}, status={})  # fmt: skip
    one["status"]["inventory"] = [
        {"namespace": "apps", "name": name, "digest": "x"} for name in ("one", "two")
    ]
    api.put(
        one, make("source.toolkit.fluxcd.io/v1", "ExternalArtifact", "one", NOW, namespace="apps")
    )
    assert statuses(show("ag/mono")) == {
        "ExternalArtifact/one": "exists", "ExternalArtifact/two": "gone",
    }  # fmt: skip


def test_a_forbidden_kind_is_unknown(api: Api, show: Show) -> None:
    """The missing permission is named, and the exit code is 3; other kinds are compared."""
    api.put(owner("app", *IN_ORDER))
    api["*/configmaps"] = forbidden
    found = show("ks/app")
    assert statuses(found)["ConfigMap/settings"] == "unknown"
    assert statuses(found)["Deployment/web"] == "exists"
    assert "missing permission: list configmaps" in messages(found)["settings"]
    assert "missing permission: list configmaps" in found["err"]
    assert found["code"] == UNKNOWN


def test_gone_comes_before_unknown(api: Api, show: Show) -> None:
    """If something is gone, the exit code is 1, whatever else is unknown."""
    api.put(owner("app", "apps_lost_apps_Deployment", "apps_settings__ConfigMap"))
    api["*/configmaps"] = forbidden
    assert show("ks/app")["code"] == BROKEN


def test_a_namespace_that_may_be_read_alone(api: Api, show: Show) -> None:
    """With -n, that namespace is read; elsewhere something may be left behind."""
    api.put(owner("app", *IN_ORDER[:2], "apps_lost__ConfigMap", "other_x__ConfigMap"))
    api[CONFIG_MAPS] = forbidden
    found = show("ks/app", "-n", "apps")
    assert statuses(found) == {
        "Deployment/web": "exists", "ConfigMap/settings": "exists",
        "ConfigMap/lost": "gone", "ConfigMap/x": "unknown",
    }  # fmt: skip


def test_cluster_wide_kinds_are_not_read_by_namespace(api: Api, show: Show) -> None:
    """A forbidden list of Namespaces is not tried again inside a namespace."""
    api.put(owner("app", *IN_ORDER))
    api["/api/v1/namespaces"] = forbidden
    found = show("ks/app", "-n", "apps")
    assert statuses(found)["Namespace/apps"] == "unknown"
    assert not api.asked("*/apps/namespaces")
    assert found["code"] == UNKNOWN


def test_left_behind(api: Api, show: Show) -> None:
    """What has the labels of its owner and is in no inventory, also of kinds that others made."""
    api.put(
        owner("app", "apps_web_apps_Deployment"),
        owner("other", "apps_settings__ConfigMap", "apps_shared__ConfigMap"),
        made("v1", "ConfigMap", "old"),
        made("v1", "ConfigMap", "shared"),
        made("v1", "ConfigMap", "of-other", owner="other"),
        made("apps/v1", "Deployment", "old-web"),
    )
    found = show("ks/app")
    assert statuses(found) == {
        "Deployment/web": "exists",
        "ConfigMap/old": "left-behind",
        "Deployment/old-web": "left-behind",
    }
    assert found["code"] == WELL
    selector = "labelSelector=kustomize.toolkit.fluxcd.io/name=app,"
    assert selector in "".join(api.asked(CONFIG_MAPS))
    assert "labelSelector" not in "".join(api.asked(RESOURCES["Deployment"].path))


def test_kinds_of_owners_elsewhere_are_searched(api: Api, show: Show) -> None:
    """With -n, what its owners left behind may be of a kind that only others list."""
    other = owner("other", "team_settings__ConfigMap")
    other["metadata"]["namespace"] = "team"
    api.put(owner("app", "apps_web_apps_Deployment"), other, made("v1", "ConfigMap", "old"))
    found = show("-n", "apps", "--only", "left-behind")
    assert statuses(found) == {"ConfigMap/settings": "left-behind", "ConfigMap/old": "left-behind"}


def _no_pruning(item: Object) -> None:
    item["spec"]["prune"] = False


@pytest.mark.parametrize(
    ("change", "metadata", "message"),
    [
        (None, {}, "it has the labels of the Kustomization, but is in no inventory"),
        (_no_pruning, {}, "the Kustomization has spec.prune: false"),
        (None, {"annotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"}},
         "it has the annotation kustomize.toolkit.fluxcd.io/prune: disabled"),
        (None, {"annotations": {"helm.sh/resource-policy": "keep"}},
         "it has the annotation helm.sh/resource-policy"),
        (None, {"deletionTimestamp": stamp(NOW - timedelta(days=7))}, "being deleted since 7d"),
    ],
)  # fmt: skip
def test_why_it_was_left_behind(
    api: Api,
    show: Show,
    change: Callable[[Object], None] | None,
    metadata: Object,
    message: str,
) -> None:
    """The setting that kept it is named, if there is one."""
    one = owner("app", *IN_ORDER)
    if change:
        change(one)
    api.put(one, made("v1", "ConfigMap", "old", **metadata))
    found = show("ks/app", "--only", "left-behind")
    assert statuses(found) == {"ConfigMap/old": "left-behind"}
    assert messages(found)["old"].startswith(message)


def test_a_failed_prune_leaves_it_behind(api: Api, show: Show) -> None:
    """kustomize-controller keeps in its inventory what it failed to delete, and names it."""
    one = owner("app", *IN_ORDER)
    text = "delete failed, errors: ConfigMap/apps/settings delete failed: configmaps is forbidden;"
    for condition in one["status"]["conditions"]:
        if condition["type"] == "Ready":
            condition |= {"status": "False", "reason": "PruneFailed", "message": text}
    api.put(one)
    found = show("ks/app")
    assert statuses(found)["ConfigMap/settings"] == "left-behind"
    assert statuses(found)["Deployment/web"] == "exists"
    assert messages(found)["settings"] == "the Kustomization cannot delete it"
    assert found["code"] == WELL


def test_noise_is_left_out(api: Api, show: Show) -> None:
    """What controllers and hooks create with copied labels is not what Flux left behind."""
    controller = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
    api.put(
        owner("app", *IN_ORDER, "apps_once__Pod"),
        made("v1", "Pod", "once"),
        made("v1", "Pod", "web-0"),
        made("v1", "ConfigMap", "of-a-controller", ownerReferences=[controller]),
        made("v1", "ConfigMap", "hook", annotations={"helm.sh/hook": "pre-install"}),
        make("v1", "ConfigMap", "nobodys", NOW, namespace="apps"),
    )
    found = show("ks/app")
    assert statuses(found) == {
        "Deployment/web": "exists", "ConfigMap/settings": "exists", "Namespace/apps": "exists",
        "Pod/once": "exists",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["HelmChart", "OCIRepository"])
def test_the_source_of_a_chart_is_not_left_behind(api: Api, show: Show, kind: str) -> None:
    """helm-controller creates it with the labels of the HelmRelease, and it is in no inventory."""
    group = "source.toolkit.fluxcd.io"
    listed = f"apps_other_{group}_{kind}"
    known = labels("web", "helm.toolkit.fluxcd.io")
    api.put(release("apps_settings__ConfigMap"), owner("app", listed))
    api.put(*(make(f"{group}/v1", kind, name, NOW, namespace="apps", labels=known)
              for name in ("apps-web", "other", "in-the-chart")))  # fmt: skip
    for words in (("hr/web",), ()):
        names = {one["name"] for one in show(*words)["objects"]}
        assert "apps-web" not in names
        assert ("in-the-chart" in names) is (kind == "OCIRepository")


def test_an_owner_that_is_not_ready_may_have_applied_more(api: Api, show: Show) -> None:
    """A failed attempt may apply objects before it writes the inventory."""
    one = owner("app", *IN_ORDER)
    for condition in one["status"]["conditions"]:
        condition["status"] = "False"
    api.put(one, made("v1", "ConfigMap", "new"))
    found = show("ks/app")
    assert statuses(found)["ConfigMap/new"] == "unknown"
    assert found["code"] == UNKNOWN


def test_unread_inventories_may_list_it(api: Api, show: Show) -> None:
    """Nothing is left behind for certain if a kind of owner could not be read."""
    api.put(owner("app", *IN_ORDER), made("v1", "ConfigMap", "old"))
    api[HR.path] = forbidden
    found = show("ks/app")
    assert statuses(found)["ConfigMap/old"] == "unknown"
    assert f"missing permission: list {HR.name}" in found["err"]
    assert found["code"] == UNKNOWN


def test_changes_during_the_run_are_no_findings(api: Api, show: Show) -> None:
    """What was pruned or applied while the lists were read is neither gone nor left behind."""
    before = owner("app", *IN_ORDER, "apps_pruned__ConfigMap", "apps_lost__ConfigMap")
    after = owner("app", *IN_ORDER, "apps_new__ConfigMap", "apps_lost__ConfigMap",
                  "apps_web__Service")  # fmt: skip
    api.put(before, made("v1", "ConfigMap", "new"))

    def change(request: Any) -> None:
        api.change(lambda one: after if one["kind"] == "Kustomization" else one)
        as_usual(request)

    api[KS.path] = in_turn(as_usual, change)
    found = show("ks/app", "--only", "gone", "--only", "left-behind")
    assert statuses(found) == {"ConfigMap/lost": "gone"}


def test_all_owners(api: Api, raw: Run) -> None:
    """Without a name, only what is not in order is shown, with its owner; the rest is counted."""
    api.put(
        owner("app", *IN_ORDER, "apps_db__Secret"),
        owner("other", "apps_lost__ConfigMap"),
        made("v1", "ConfigMap", "old", owner="other"),
    )
    code, out, err = raw("-A")
    assert [line.split()[:5] for line in out.splitlines()] == [
        ["NAMESPACE", "KIND", "NAME", "STATUS", "OWNER"],
        ["apps", "ConfigMap", "lost", "gone", "Kustomization/apps/other"],
        ["apps", "ConfigMap", "old", "left-behind", "Kustomization/apps/other"],
    ]
    assert err == (
        "6 objects of 2 owners: 3 exist, 1 is gone, 1 is left behind, 1 was not checked\n"
    )
    assert code == BROKEN
    assert len(api.asked(CONFIG_MAPS)) == 1
    absent = "0 objects of 0 owners in namespace 'elsewhere', which does not exist\n"
    assert raw("-n", "elsewhere") == (WELL, "", absent)


def test_formats(api: Api, raw: Run) -> None:
    """Names as kubectl prints them, YAML with the values of the JSON, and the group with wide."""
    api.put(owner("app", *IN_ORDER))
    assert raw("ks/app", "-o", "name")[1] == (
        "deployment.apps/web\nconfigmap/settings\nnamespace/apps\n"
    )
    assert "- group: apps\n  kind: Deployment\n" in raw("ks/app", "-o", "yaml")[1]
    heads = raw("ks/app", "-o", "wide")[1].splitlines()[0].split()
    assert heads == ["NAMESPACE", "KIND", "GROUP", "NAME", "STATUS", "OWNER", "MESSAGE"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("gitrepo/git",), "GitRepository has no inventory; only Kustomization, HelmRelease"),
        (("ks/nope",), "no Kustomization 'nope' found"),
        (("app",), "'app' is not in the form KIND/NAME"),
    ],
)
def test_wrong_names(raw: Run, words: tuple[str, ...], text: str) -> None:
    """A kind without an inventory, and a name that does not exist, are usage errors."""
    code, _, err = raw(*words)
    assert code == WRONG
    assert text in err


def test_progress_on_a_terminal(api: Api) -> None:
    """A terminal shows each answer in a line that is erased before the table."""
    api.put(owner("app", *IN_ORDER))
    argv = (sys.executable, "-m", "fluxstatus", "inventory", "ks/app", "--color=never")
    with Terminal(argv) as terminal:
        assert terminal.end() == WELL
    progress, _, table = terminal.text.rpartition("\x1b[K")
    assert "metadata/configmaps: 1 object" in progress
    assert table.startswith("NAMESPACE")

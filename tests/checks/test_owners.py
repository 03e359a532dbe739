"""Step 8, objects that several Flux objects apply: two owners overwrite and delete each other's."""

from typing import Any

import pytest

from fluxstatus.checks.run import Choice
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command
from tests.builders import (
    BUILD_FAILED,
    FORBIDDEN,
    HEALTHY,
    RECONCILING,
    alter,
    event,
    evidence,
    flux,
    found,
    judge,
    kustomization,
    minutes,
    only,
    source,
    stamp,
)

PROD, WEB = "_prod__Namespace", "prod_web_apps_Deployment"
GIT = source("git")
NEW = {"revision": "main@sha1:new", "lastUpdateTime": stamp(minutes(1))}
DELETED = {"deletionTimestamp": stamp(minutes(5)), "finalizers": ["finalizers.fluxcd.io"]}
KSTATUS = {"Ready": "False HealthCheckFailed: timeout waiting for: [Deployment/prod/web]"}


def applying(one: Object, *ids: str) -> Object:
    """Return *one* with these ids in its inventory."""
    one["status"]["inventory"] = {"entries": [{"id": each, "v": "v1"} for each in ids]}
    return one


def ks(name: str, *ids: str, **more: Any) -> Object:
    """Return a Kustomization that applies the objects with these ids, with prune: true."""
    spec = {"prune": True, **more.pop("spec", {})}
    conditions = more.pop("conditions", None)
    return applying(kustomization(name, "apps/git", conditions, spec=spec, **more), *ids)


def other(kind: str, name: str, *ids: str, **more: Any) -> Object:
    """Return an object of *kind* that applies the objects with these ids."""
    return applying(flux(kind, name, **more), *ids)


def findings(*objects: Object, **more: Any) -> list[Finding]:
    """Return the findings about two owners in a healthy cluster with *objects*."""
    known = evidence(*HEALTHY, GIT, *objects, **more)
    return [one for one in found("drift", known) if one.code == "two-owners"]


def finding(*objects: Object) -> Finding:
    """Return the only finding about two owners."""
    return only(findings(*objects), "two-owners")


def commands(one: Finding) -> list[Command]:
    """Return the commands of the hints of a finding."""
    return [command for hint in one.hints for command in hint.commands]


def test_two_owners_are_named_with_what_they_apply() -> None:
    """A warning names both, the object that costs most, and what happens when one drops it."""
    one = finding(ks("a", WEB, PROD), ks("infra/b", WEB, PROD))
    assert one.level is Level.WARN
    assert one.title == (
        "Namespace prod and 1 more object: applied by both Kustomization apps/a and "
        "Kustomization infra/b"
    )
    assert (
        "is deleted if that owner applied it last (unless pruning is disabled on the object)"
        in one.why
    )
    assert "although the other still includes it" in one.why
    assert "deleting a Namespace deletes everything in it" in one.why
    assert "kustomize.toolkit.fluxcd.io/prune: disabled" in one.hints[0].text
    assert [v for _, v in one.evidence] == ["Namespace prod", "Deployment prod/web"]
    (labels,) = commands(one)
    assert labels.argv == ("kubectl", "get", "namespace/prod", "--show-labels")


def test_known_labels_are_evidence() -> None:
    """Of a Flux object it is known who applied it last, and so who may delete it."""
    labels = {f"kustomize.toolkit.fluxcd.io/{key}": value
              for key, value in {"name": "b", "namespace": "apps"}.items()}  # fmt: skip
    child = "apps_web_kustomize.toolkit.fluxcd.io_Kustomization"
    one = finding(ks("a", child), ks("b", child), kustomization("web", "git", labels=labels))
    assert one.evidence == (
        ("applied by several", "Kustomization apps/web"),
        ("labels of Kustomization apps/web", "applied by Kustomization apps/b"),
    )


def test_each_pair_is_one_finding() -> None:
    """What the same two apply is told once, what others apply on its own."""
    ids = [f"prod_web-{number}__ConfigMap" for number in range(30)]
    two = findings(ks("a", *ids, WEB), ks("b", *ids), ks("c", WEB))
    assert [one.title.partition(":")[0] for one in two] == [
        "ConfigMap prod/web-0 and 29 more objects", "Deployment prod/web"]  # fmt: skip
    assert len(two[0].evidence) == 20


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ([ks("a", WEB), ks("b", WEB, spec={"prune": False})],
         "Kustomization apps/b deletes nothing (spec.prune is false)"),
        ([ks("a", WEB), ks("b", WEB, spec={"prune": False})],
         "an object that Kustomization apps/a no longer includes is deleted if"),
        ([ks(name, WEB, spec={"prune": False}) for name in ("a", "b")],
         "nothing will be deleted later, because spec.prune is false in all of them"),
        ([other("HelmRelease", "x", WEB), other("HelmRelease", "y", WEB)],
         "is deleted (unless the object has helm.sh/resource-policy: keep), although"),
        ([ks("a", WEB), other("HelmRelease", "x", WEB)], "may be deleted, although"),
        ([ks("a", WEB), other("ResourceSet", "x", WEB)], "may be deleted, although"),
        ([other("ResourceSet", "x", WEB), other("ResourceSet", "y", WEB)],
         "is deleted if that owner applied it last"),
        ([ks(name, WEB) for name in "abc"], "although others still include it"),
        ([ks("a", WEB), *(ks(name, WEB, spec={"prune": False}) for name in "bc")],
         "Kustomization apps/b and Kustomization apps/c delete nothing (spec.prune is false)"),
        ([*(ks(name, WEB) for name in "ab"), ks("c", WEB, spec={"prune": False})],
         "an object that one of them no longer includes is deleted if"),
    ],
)  # fmt: skip
def test_what_is_deleted_depends_on_the_owners(objects: list[Object], words: str) -> None:
    """By label, always, or never: as the controllers do it."""
    assert words in finding(*objects).why


def test_what_nobody_deletes_needs_no_annotation() -> None:
    """With prune: false everywhere, the advice is only to let one of them apply it."""
    one = finding(*(ks(name, WEB, spec={"prune": False}) for name in ("a", "b")))
    last = "the object's labels show which one applied it last"
    assert one.hints[0].text == f"make sure that only one of them applies each object; {last}"


@pytest.mark.parametrize(
    ("outer", "inner", "words"),
    [
        ("./clusters/prod", "clusters/prod/apps/", "(./clusters/prod), which includes all its"),
        (
            "",
            "./apps",
            "(./), which includes all its subdirectories unless it has a kustomization.yaml",
        ),
        ("./apps", "apps", "both apply ./apps of GitRepository apps/git"),
        ("./apps", "./apps-2", ""),
        ("./a/b", "./b", ""),
    ],
)
def test_overlapping_paths_explain_it(outer: str, inner: str, words: str) -> None:
    """A path inside another one of the same source is the usual reason; a similar name is none."""
    why = finding(ks("a", WEB, spec={"path": outer}), ks("b", WEB, spec={"path": inner})).why
    assert words in why
    assert ("path" in why or "both apply" in why) is bool(words)


def test_paths_that_overlap_are_no_fault() -> None:
    """The inventories tell whether the folders hold the same objects."""
    assert findings(ks("a", WEB, spec={"path": "./"}), ks("b", PROD, spec={"path": "./b"})) == []


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([ks("a", WEB), ks("b", PROD)], id="different objects"),
        pytest.param([ks("a", WEB), ks("b", WEB, spec={"suspend": True})], id="suspended"),
        pytest.param([ks("a", WEB), ks("b", WEB, applied="main@sha1:old")], id="was moved"),
        pytest.param([ks("a", WEB), ks("b", WEB, generation=2)], id="its spec was changed"),
        pytest.param([ks("a", WEB), ks("b", WEB, conditions=BUILD_FAILED)], id="old inventory"),
        pytest.param(
            [ks("a", WEB), ks("b", WEB, spec={"suspend": True}, **DELETED)],
            id="suspended and deleted, to hand its objects over",
        ),
        pytest.param(
            [ks("a", WEB), ks("b", WEB, spec={"prune": False}, **DELETED)], id="deleted, no prune"
        ),
        pytest.param(
            [ks("a", WEB), ks("b", WEB, spec={"deletionPolicy": "Orphan"}, **DELETED)],
            id="deleted, its objects stay",
        ),
        pytest.param([ks("b", WEB, **DELETED), ks("c", WEB, **DELETED)], id="both are deleted"),
        pytest.param(
            [ks("b", WEB, **DELETED), ks("c", WEB, conditions=KSTATUS, **DELETED)],
            id="both are deleted, one of them unhealthy",
        ),
        pytest.param([ks("a", WEB), ks("b", WEB, applied="")], id="it has applied nothing"),
        pytest.param(
            [ks("a", WEB), ks("b", WEB, conditions=KSTATUS)], id="it is unhealthy since long ago"
        ),
        pytest.param(
            [ks("a", WEB), ks("b", WEB, spec={"kubeConfig": {"secretRef": {"name": "edge"}}})],
            id="another cluster",
        ),
        pytest.param(
            [ks("a", "apps_tenants_fluxcd.controlplane.io_ResourceSet"),
             other("ResourceSet", "tenants", "apps_web_helm.toolkit.fluxcd.io_HelmRelease"),
             other("HelmRelease", "web", WEB)],
            id="each applies the next",
        ),
    ],
)  # fmt: skip
def test_what_has_one_owner_is_well(objects: list[Object]) -> None:
    """No finding if only one of them applies the object now."""
    assert findings(*objects) == []


def test_a_new_revision_is_waited_for() -> None:
    """While the new revision of their source is not applied, an object may have been moved."""
    git = alter([GIT], "GitRepository/git", {"status.artifact": NEW})
    known = evidence(*HEALTHY, *git, ks("a", WEB, applied="main@sha1:new"), ks("b", WEB))
    assert [one for one in found("drift", known) if one.code == "two-owners"] == []


@pytest.mark.parametrize("conditions", [RECONCILING, KSTATUS])
def test_an_attempt_that_has_applied_counts(conditions: dict[str, str]) -> None:
    """An owner that is reconciling again, or whose objects are unhealthy, applies them, too."""
    busy = ks("b", WEB, conditions=conditions, age=minutes(1))
    busy["status"]["lastAttemptedRevision"] = "main@sha1:abc"
    assert finding(ks("a", WEB), busy).level is Level.WARN


@pytest.mark.parametrize(
    "annotation",
    [
        {"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"},
        {"kustomize.toolkit.fluxcd.io/ssa": "Ignore"},
        {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"},
    ],
)
def test_an_object_that_is_left_alone_is_nobodys(annotation: dict[str, str]) -> None:
    """What is only created once, or ignored, is not overwritten, where that is known."""
    shared = "apps_git_source.toolkit.fluxcd.io_GitRepository"
    owners = (ks("a", shared), ks("b", shared))
    assert finding(*owners).title.startswith("GitRepository apps/git: applied by both")
    known = evidence(*HEALTHY, source("git", annotations=annotation), *owners)
    assert [one for one in found("drift", known) if one.code == "two-owners"] == []


@pytest.mark.parametrize(
    ("owner", "why", "suspends"),
    [
        (ks("a", PROD, **DELETED), "every object that it was the last to apply", "suspend"),
        (ks("a", PROD, spec={"prune": False, "deletionPolicy": "Delete"}, **DELETED),
         "every object that it was the last to apply", "suspend"),
        (other("HelmRelease", "a", PROD, **DELETED), "all objects of the release", "suspend"),
        (other("ResourceSet", "a", PROD, **DELETED), "the last to apply",
         "fluxcd.controlplane.io/reconcile=disabled"),
    ],
)  # fmt: skip
def test_an_owner_that_is_being_deleted_fails(owner: Object, why: str, suspends: str) -> None:
    """It takes with it what the other one applies; suspending it saves the objects."""
    one = finding(owner, ks("b", PROD))
    assert one.level is Level.FAIL
    assert one.title == (
        f"{owner['kind']} apps/a is being deleted and may delete Namespace prod, "
        "which Kustomization apps/b still applies"
    )
    assert why in one.why
    assert "deleting a Namespace deletes everything in it" in one.why
    (suspend,) = commands(one)
    assert suspend.changes
    assert suspends in " ".join(suspend.argv)


def changed(owner: str, what: str, count: int = 1, **more: Any) -> Object:
    """Return the event of *owner* that it has changed an object."""
    message = f"ConfigMap/prod/own created\n{what} configured\nService/prod/web unchanged"
    return event(owner, "Progressing", message, count=count, type_="Normal", **more)


A, B = "Kustomization apps/a", "Kustomization apps/b"


def test_two_that_overwrite_each_other_fail() -> None:
    """If the events of both say again and again that they changed it, it flips."""
    events = (changed(A, "Deployment/prod/web", 3), changed(B, "Deployment/prod/web", 2))
    one = finding(ks("a", WEB, PROD), ks("b", WEB, PROD), *events)
    assert one.level is Level.FAIL
    assert one.title == (
        "Deployment prod/web and 1 more object: Kustomization apps/a and Kustomization apps/b "
        "overwrite each other"
    )
    assert ("changes of Deployment prod/web in the last hour", f"{A}: 3") in one.evidence


def test_a_release_with_drift_detection_fights_too() -> None:
    """helm-controller reports what it corrected in the same words."""
    corrected = "Cluster state of release prod/web.v1 has been corrected:"
    text = f"{corrected}\nDeployment/prod/web configured"
    drift = event("HelmRelease apps/x", "DriftCorrected", text, count=4, type_="Normal")
    events = (drift, changed(A, "Deployment/prod/web", 4))
    assert finding(ks("a", WEB), other("HelmRelease", "x", WEB), *events).level is Level.FAIL


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([changed(A, "Deployment/prod/web", 9)], id="only one of them"),
        pytest.param(
            [changed(A, "Deployment/prod/web"), changed(B, "Deployment/prod/web")], id="one commit"
        ),
        pytest.param([changed(A, "Deployment/prod/web-2", 9), changed(B, "Deployment/x/web", 9)],
                     id="other objects"),
        pytest.param([changed(one, "Deployment/prod/web", 9, ago=minutes(90)) for one in (A, B)],
                     id="long ago"),
    ],
)  # fmt: skip
def test_a_change_is_no_fight(events: list[Object]) -> None:
    """A commit changes an object once for each owner: that alone stays a warning."""
    assert finding(ks("a", WEB), ks("b", WEB), *events).level is Level.WARN


def test_unread_events_leave_a_warning() -> None:
    """Whether they fight is not known then; that they both apply it is."""
    (one,) = findings(ks("a", WEB), ks("b", WEB), unread={"events/changes": FORBIDDEN})
    assert one.level is Level.WARN


def test_a_remote_object_has_no_command_for_this_cluster() -> None:
    """It would look for the object in the wrong cluster."""
    remote = {"kubeConfig": {"secretRef": {"name": "edge"}}}
    one = finding(ks("a", WEB, spec=remote), ks("b", WEB, spec=remote))
    assert one.title.startswith("Deployment prod/web in a remote cluster: applied by both")
    assert commands(one) == []


def test_an_object_here_says_nothing_about_a_remote_one() -> None:
    """The labels and annotations of a namesake in this cluster are those of another object."""
    remote = {"kubeConfig": {"secretRef": {"name": "edge"}}}
    child = "apps_git_source.toolkit.fluxcd.io_GitRepository"
    annotations = {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
    labels = {"kustomize.toolkit.fluxcd.io/name": "a"}
    here = source("git", annotations=annotations, labels=labels)
    owners = [ks(name, child, spec=remote) for name in "ab"]
    one = only(found("drift", evidence(*HEALTHY, here, *owners)), "two-owners")
    assert one.evidence == (("applied by several", "GitRepository apps/git"),)


@pytest.mark.parametrize(("namespace", "told"), [("apps", True), ("infra", True), ("else", False)])
def test_each_team_is_told(namespace: str, *, told: bool) -> None:
    """With -n it is reported for the namespace of either owner, and for no other one."""
    known = evidence(*HEALTHY, GIT, ks("a", WEB), ks("infra/b", WEB))
    reported = judge(known, Choice(namespaces=(namespace,)))
    assert [one.code for one in reported.findings].count("two-owners") == told


def test_the_finding_is_about_all_owners() -> None:
    """The JSON has all of them, so that each of them can be explained."""
    one = finding(ks("a", WEB), ks("infra/b", WEB), other("HelmRelease", "c", WEB))
    assert [str(ref) for ref in one.objects] == [
        "HelmRelease apps/c", "Kustomization apps/a", "Kustomization infra/b"]  # fmt: skip

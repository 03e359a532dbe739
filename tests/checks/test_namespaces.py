"""-n: the report is about a team, wherever its Flux objects are."""

from collections.abc import Iterable, Mapping

import pytest

from fluxstatus.checks import namespaces
from fluxstatus.checks.run import Choice
from fluxstatus.model.evidence import Evidence, Incomplete, Object, Unread, Why
from fluxstatus.model.findings import Exit, Finding, Level, Report, Verdict
from fluxstatus.model.kinds import KINDS
from fluxstatus.report import as_json, as_text
from fluxstatus.report.look import Look
from fluxstatus.state.scope import INTO_OTHERS
from tests.builders import (
    BUILD_FAILED,
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    SERVED,
    alter,
    evidence,
    flux,
    judge,
    kustomization,
    minutes,
    only,
    source,
    stamp,
    without,
)

GIT = source("flux-system/git")
WEB = "team_web_apps_Deployment"
SHARED = [
    flux("GitRepository", "shared/git", NOT_THERE),
    kustomization("team-a/web", "shared/git", NO_ARTIFACT),
    kustomization("team-b/web", "shared/git", NO_ARTIFACT),
    kustomization("team-b/db", "flux-system/flux-system", {"Ready": "False BuildFailed: bad"}),
]


def of(*names: str, known: Evidence | None = None, objects: Iterable[Object] = ()) -> Report:
    """Return the report about the namespaces *names* of a healthy Flux with *objects*."""
    return judge(known or evidence(*HEALTHY, *objects), Choice(namespaces=names))


def fails(found: Report) -> list[str]:
    """Return the objects of the fails in *found*, in their order."""
    return [f"{f.object}" for f in found.findings if f.level is Level.FAIL]


def central(name: str, *ids: str, conditions: Mapping[str, str] | None = None, **spec: object) -> (
    Object
):  # fmt: skip
    """Return a Kustomization in flux-system with these ids in its inventory."""
    one = kustomization(f"flux-system/{name}", "flux-system/git", conditions, spec=dict(spec))
    one["status"]["inventory"] = {"entries": [{"id": each, "v": "v1"} for each in ids]}
    return one


def titles(found: Report, *steps: str) -> list[str]:
    """Return the titles of the findings of *steps*."""
    return [f.title for f in found.findings if f.step in steps]


# What is in the namespace


def test_a_namespace_narrows_the_report() -> None:
    """-n reports only findings of that namespace and the causes elsewhere that block it."""
    assert fails(of("team-a", objects=SHARED)) == ["GitRepository shared/git"]


def test_a_namespace_narrows_what_is_counted() -> None:
    """Nothing is called healthy, or counted, of what was not asked about."""
    other = [kustomization("team-b/x", "shared/git"), kustomization("team-c/y", "shared/git")]
    result = titles(of("team-b", objects=[*SHARED[:1], *other]), "sources", "reconcilers", "drift")
    assert 'there are no sources in namespace "team-b"' in result
    assert not [title for title in result if "team-c" in title or "flux-system" in title]


def test_a_cause_elsewhere_that_blocks_nothing_here_is_left_out() -> None:
    """Findings neither in the namespace nor blocking it are left out."""
    own = [source("team-c/git"), kustomization("team-c/web", "team-c/git")]
    found = of("team-c", objects=[*SHARED, *own])
    assert fails(found) == []
    assert found.exit_code() is Exit.HEALTHY


def test_what_is_blocked_here_comes_first() -> None:
    """Of a shared cause, the report shows first what it blocks here; all is still there."""
    one = only(of("team-b", objects=SHARED).findings, "git-repository-missing")
    assert [ref.namespace for ref in one.blocks] == ["team-b", "team-a"]


def test_what_blocks_most_here_comes_first() -> None:
    """What a cause blocks elsewhere does not count."""
    objects = [
        *(flux("GitRepository", f"shared/{name}", NOT_THERE) for name in "ab"),
        *(kustomization(f"elsewhere/{n}", "shared/a", NO_ARTIFACT) for n in range(5)),
        kustomization("team/one", "shared/a", NO_ARTIFACT),
        *(kustomization(f"team/b-{n}", "shared/b", NO_ARTIFACT) for n in range(2)),
    ]
    assert fails(of("team", objects=objects)) == [
        "GitRepository shared/b", "GitRepository shared/a"]  # fmt: skip


# What applies into the namespace


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (central("apps", WEB, conditions=BUILD_FAILED), "Kustomization flux-system/apps"),
        (
            central("apps", conditions=BUILD_FAILED, targetNamespace="team"),
            "Kustomization flux-system/apps",
        ),
        (
            flux("HelmRelease", "flux-system/web", {"Ready": "False InstallFailed: timed out"},
                 spec={"targetNamespace": "team"}),
            "HelmRelease flux-system/web",
        ),
        (
            flux("HelmRelease", "flux-system/web", {"Ready": "False UpgradeFailed: timed out"},
                 status={"inventory": {"entries": [{"id": WEB}]}}),
            "HelmRelease flux-system/web",
        ),
        (
            flux("ResourceSet", "flux-system/web", {"Ready": "False BuildFailed: bad"},
                 status={"inventory": {"entries": [{"id": WEB}]}}),
            "ResourceSet flux-system/web",
        ),
    ],
    ids=["inventory", "target", "release", "release with inventory", "ResourceSet"],
)  # fmt: skip
def test_what_applies_into_it_is_judged(one: Object, name: str) -> None:
    """A team whose Flux objects are all in flux-system gets its failures, and no other team."""
    found = of("team", objects=[GIT, one])
    assert fails(found) == [name]
    assert found.exit_code() is Exit.UNHEALTHY
    assert [str(ref) for ref in found.scope.applying] == [name]
    other = of("other", objects=[GIT, one, kustomization("other/x", "flux-system/git")])
    assert fails(other) == []
    assert other.exit_code() is Exit.HEALTHY


def test_what_applies_into_it_is_counted() -> None:
    """It passes only on what was seen: the objects elsewhere are in the numbers."""
    found = of(
        "team", objects=[GIT, central("apps", WEB), kustomization("team/x", "flux-system/git")]
    )
    assert any("2 of 2" in title for title in titles(found, "reconcilers"))
    assert found.verdict is Verdict.PASS
    assert found.scope.namespaces == ("team",)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status.conditions.0.status": "Unknown", "status.conditions.0.reason": "Progressing",
          "status.conditions.0.lastTransitionTime": stamp(minutes(1))}, "reconciling"),
        ({"spec.suspend": True}, "suspended"),
    ],
)  # fmt: skip
def test_whatever_it_does_is_told(changes: dict[str, object], code: str) -> None:
    """In progress and suspended are told as for an object in the namespace."""
    [one] = alter([central("apps", WEB)], "Kustomization/apps", changes)
    assert code in {f.code for f in of("team", objects=[GIT, one]).findings}
    assert code not in {f.code for f in of("other", objects=[GIT, one]).findings}


def test_its_source_is_a_cause_elsewhere() -> None:
    """A source in flux-system is told because it blocks an object that applies into the team."""
    broken = flux("GitRepository", "flux-system/git", NOT_THERE)
    unused = flux("GitRepository", "flux-system/unused", NOT_THERE)
    blocked = central("apps", WEB, conditions=NO_ARTIFACT)
    assert fails(of("team", objects=[broken, unused, blocked])) == ["GitRepository flux-system/git"]


def test_the_root_of_all_teams_is_no_teams() -> None:
    """It sets up all namespaces; a team whose own objects are healthy does not fail with it."""
    ids = [f"{ns}_apps_kustomize.toolkit.fluxcd.io_Kustomization" for ns in ("team", "other")]
    root = central("root", "_team__Namespace", *ids, conditions=BUILD_FAILED)
    found = of("team", objects=[GIT, root, kustomization("team/apps", "flux-system/git")])
    assert fails(found) == []
    assert found.verdict is Verdict.PASS
    release = "team_web_helm.toolkit.fluxcd.io_HelmRelease"  # no new version of it arrives
    root = central("root", *ids, release, conditions=BUILD_FAILED)
    assert fails(of("team", objects=[GIT, root])) == ["Kustomization flux-system/root"]


# Nothing to judge


def test_a_namespace_without_flux_has_no_verdict() -> None:
    """A mistyped -n is no pass: exit code 3, with the namespace that was probably meant."""
    found = of("taem-a", objects=SHARED)
    told = only(found.findings, "namespace-empty")
    assert (told.level, told.step) == (Level.UNKNOWN, "reconcilers")
    assert 'namespace "taem-a" (did you mean "team-a"?)' in told.title
    assert found.verdict is Verdict.UNKNOWN
    assert found.exit_code() is Exit.NO_VERDICT


def test_one_of_several_namespaces_is_enough() -> None:
    """Nothing was judged of one of them, so there is no verdict; a failure in another counts."""
    healthy = kustomization("team/apps", "flux-system/flux-system")
    assert of("team", "nope", objects=[healthy]).exit_code() is Exit.NO_VERDICT
    assert of("team-a", "nope", objects=SHARED).exit_code() is Exit.UNHEALTHY


def test_what_applies_into_it_is_enough_to_judge() -> None:
    """A namespace without any Flux object is no mistake if one elsewhere applies into it."""
    objects = [GIT, central("apps", WEB)]
    assert of("team", objects=objects).exit_code() is Exit.HEALTHY
    told = only(of("taem", objects=objects).findings, "namespace-empty")
    assert '(did you mean "team"?)' in told.title


def test_a_namespace_that_could_not_be_read_is_not_called_empty() -> None:
    """A namespace is not reported as empty if one kind could not be listed."""
    unread = {"buckets.source.toolkit.fluxcd.io": FORBIDDEN}
    found = of("nope", known=evidence(*HEALTHY, unread=unread))
    assert "namespace-empty" not in {f.code for f in found.findings}
    assert found.exit_code() is Exit.NO_VERDICT
    found = of("flux-system", known=evidence(*without(HEALTHY, "FluxInstance/flux")))
    assert "namespace-empty" not in {f.code for f in found.findings}


# Problems of Flux itself


def down(*controllers: str, objects: Iterable[Object] = ()) -> list[Object]:
    """Return a Flux with *objects* of which *controllers* do not run."""
    system = list(HEALTHY)
    for one in controllers:
        system = alter(system, f"Deployment/{one}", {"status.readyReplicas": 0})
    return [*system, *objects]


RELEASE = flux("HelmRelease", "team/web")
ALERT = flux("Alert", "team/ops", spec={"providerRef": {"name": "slack"}})


@pytest.mark.parametrize(
    ("controller", "own", "concerns"),
    [
        ("helm-controller", RELEASE, True),
        ("helm-controller", kustomization("team/x", "flux-system/git"), False),
        ("kustomize-controller", kustomization("team/x", "flux-system/git"), True),
        ("source-controller", kustomization("team/x", "flux-system/git"), True),
        ("kustomize-controller", RELEASE, False),
        ("notification-controller", ALERT, True),
        ("notification-controller", RELEASE, False),
        ("flux-operator", flux("ResourceSet", "team/x"), True),
        ("flux-operator", RELEASE, False),
    ],
)
def test_a_controller_concerns_those_whose_objects_it_reconciles(
    controller: str, own: Object, *, concerns: bool
) -> None:
    """A failure of Flux that affects nothing of the team is a note, not the team's failure."""
    found = of("team", known=evidence(*down(controller, objects=[GIT, own])))
    name = f"Deployment flux-system/{controller}"
    assert (name in fails(found)) is concerns
    notes = [f for f in found.findings if f.code == "elsewhere"]
    assert len(notes) == (not concerns)
    for note in notes:
        assert note.level is Level.SKIP
        assert f'{name} not shown: it affects nothing in namespace "team"' in note.title


def test_a_controller_concerns_what_applies_into_the_namespace() -> None:
    """What it reconciles for the team may be in flux-system."""
    objects = down("kustomize-controller", objects=[GIT, central("a", WEB)])
    found = of("team", known=evidence(*objects))
    assert fails(found) == ["Deployment flux-system/kustomize-controller"]


def test_warnings_about_flux_are_left_out() -> None:
    """Another version of a controller is no warning of the team; its own suspended object is."""
    image = "ghcr.io/fluxcd/helm-controller:v0.0.1"
    changes = {"spec.template.spec.containers.0.image": image}
    images = alter(HEALTHY, "Deployment/helm-controller", changes)
    own = kustomization("team/x", "flux-system/git", spec={"suspend": True})
    found = of("team", known=evidence(*images, GIT, own))
    assert {f.code for f in found.findings if f.level is Level.WARN} == {"suspended"}
    assert only(found.findings, "elsewhere").step == "instance"
    whole = judge(evidence(*images, GIT, own))
    assert "image-differs" in {f.code for f in whole.findings if f.level is Level.WARN}


def test_in_the_namespace_of_flux_it_is_all_reported() -> None:
    """There, Flux is what is in the namespace."""
    found = of("flux-system", known=evidence(*down("helm-controller")))
    assert fails(found) == ["Deployment flux-system/helm-controller"]


def test_an_installation_that_failed_concerns_all() -> None:
    """If the FluxInstance is why the controllers are missing, it is the cause for the team."""
    failed = alter(without(HEALTHY, "Deployment/kustomize-controller"), "FluxInstance/flux", {
        "status.lastAppliedRevision": None,
        "status.conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed",
                               "message": "invalid version", "observedGeneration": 1,
                               "lastTransitionTime": stamp(minutes(30))}]})  # fmt: skip
    own = kustomization("team/x", "flux-system/git")
    assert "FluxInstance flux-system/flux" in fails(of("team", known=evidence(*failed, GIT, own)))


def test_a_missing_crd_concerns_all() -> None:
    """With a CRD all objects of its kind are gone, so nothing shows that the team had any."""
    served = {name: version for name, version in SERVED.items() if "fluxinstances" not in name}
    objects = [*without(HEALTHY, "FluxInstance/flux"), GIT, kustomization("team/x", "other/git")]
    found = of("team", known=evidence(*objects, served=served))
    assert fails(found) == ["CustomResourceDefinition fluxinstances.fluxcd.controlplane.io"]


def test_what_is_not_all_known_may_be_affected() -> None:
    """If it is not known what applies into the namespace, a failure of Flux stays one."""
    unread = {KINDS["HelmRelease"].resource: FORBIDDEN}
    own = kustomization("team/x", "flux-system/git")
    found = of("team", known=evidence(*down("helm-controller", objects=[GIT, own]), unread=unread))
    assert fails(found) == ["Deployment flux-system/helm-controller"]


def test_a_crash_of_the_selection_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug there leaves all findings, and is unknown."""

    def crash(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(namespaces, "_is_covered", crash)
    found = of("team", objects=SHARED)
    assert "GitRepository shared/git" in fails(found)
    assert "check-crashed" in {f.code for f in found.findings}


# Who may read only the namespace


def only_in(namespace: str, *objects: Object, but: str = "") -> Evidence:
    """Return what somebody reads who may list only *namespace*, and *but* nowhere."""
    known = evidence(*HEALTHY, *objects)
    answers = {}
    for name, answer in known.answers.items():
        items = tuple(o for o in answer.known if o["metadata"].get("namespace") == namespace)
        unread = Unread(Why.FORBIDDEN, f"you may not list {name}", f"list {name}")
        kept = () if name == but else (namespace,)
        answers[name] = Incomplete(unread, items if kept else (), kept)
    return evidence(answers=answers)


def unknown(found: Report) -> list[Finding]:
    """Return what is unknown in the step about reconciliation."""
    return [f for f in found.findings if f.level is Level.UNKNOWN and f.step == "reconcilers"]


def test_what_applies_from_elsewhere_is_one_unknown() -> None:
    """Who may read only the namespace gets its verdicts, and one sentence on all the rest."""
    own = [source("team/git"), kustomization("team/x", "team/git", BUILD_FAILED)]
    found = of("team", known=only_in("team", *own, GIT, central("apps", WEB)))
    assert fails(found) == ["Kustomization team/x"]
    assert found.exit_code() is Exit.UNHEALTHY
    assert [f for f in found.findings if f.level is Level.UNKNOWN and f.step == "sources"] == []
    [one] = unknown(found)
    assert one.code == "forbidden"
    assert 'which objects in other namespaces deploy to namespace "team"' in one.title
    permissions = [value for _, value in one.evidence]
    assert {f"list {KINDS[kind].resource}" for kind in INTO_OTHERS} < {*permissions}
    assert "list events" in permissions
    assert f"{permissions[0]}, {permissions[1]}" in one.hints[0].text
    assert [f.step for f in found.findings if f.level is Level.UNKNOWN].count("drift") == 0


@pytest.mark.parametrize("query", [KINDS["GitRepository"].resource, "events"])
def test_what_blocks_from_elsewhere_is_unknown_as_well(query: str) -> None:
    """A source elsewhere may have failed while what it feeds still looks Ready."""
    known = evidence(*HEALTHY, kustomization("team/x", "flux-system/flux-system"))
    unread = Incomplete(FORBIDDEN._replace(permission=f"list {query}"), (), ("team",))
    found = of("team", known=evidence(answers={**known.answers, query: unread}))
    [one] = unknown(found)
    assert f"ask for permission to list {query} in all namespaces" in one.hints[0].text
    assert found.exit_code() is Exit.NO_VERDICT


def test_what_is_healthy_here_is_not_all() -> None:
    """All that is here is counted, but something elsewhere may fail: no verdict, as before."""
    own = [source("team/git"), kustomization("team/x", "team/git")]
    found = of("team", known=only_in("team", *own))
    assert any("1 of 1" in title for title in titles(found, "sources"))
    assert any("1 of 1" in title for title in titles(found, "reconcilers"))
    assert any(
        title.startswith("among the objects that could be read") for title in titles(found, "drift")
    )
    assert found.exit_code() is Exit.NO_VERDICT


def test_a_kind_that_is_unread_here_as_well_is_named_alone() -> None:
    """Then it is that kind that is unknown, with its own permission."""
    releases = KINDS["HelmRelease"].resource
    found = of("team", known=only_in("team", source("team/git"), but=releases))
    kind, rest = sorted(unknown(found), key=lambda f: len(f.evidence))
    assert kind.title == f"HelmRelease: you may not list {releases}"
    assert releases not in str(rest.evidence)


@pytest.mark.parametrize("names", [(), ("team",), ("team", "web")])
def test_who_may_read_nothing_is_shown_the_permissions_there(names: tuple[str, ...]) -> None:
    """The advice to choose namespaces is only for those who have not."""
    unread = Unread(Why.FORBIDDEN, "you may not list it", "list it")
    known = evidence(answers=dict.fromkeys(evidence(*HEALTHY).answers, Incomplete(unread)))
    (one,) = [f for f in of(*names, known=known).findings if f.step == "cluster"]
    assert "cannot read any Flux objects" in one.title
    (step,) = one.hints
    assert ("select them with -n" in step.text) is not bool(names)
    listed = ["kubectl", "--context", "prod", "auth", "can-i", "--list"]
    expected = [[*listed, "-n", name] for name in names] or [listed]
    assert [[*shown.argv] for shown in step.commands] == expected


def test_an_empty_namespace_is_not_called_empty() -> None:
    """Something elsewhere may apply into it; and not everything was refused."""
    found = of("team", known=only_in("team"))
    assert "namespace-empty" not in {f.code for f in found.findings}
    assert len(unknown(found)) == 1
    assert "cannot read any" not in str(titles(found, "cluster"))
    assert "nothing-runs" not in {f.code for f in found.findings}


def test_all_namespaces_are_as_before() -> None:
    """Without -n each kind that could not be read is unknown."""
    found = judge(only_in("team", source("team/git")))
    assert len([f for f in found.findings if f.level is Level.UNKNOWN and f.step == "sources"]) > 5


# Output


def test_text_and_json_say_what_was_judged() -> None:
    """The header of the text, and a key of the JSON, which is empty without -n."""
    objects = [GIT, central("apps", WEB)]
    found = of("team", objects=objects)
    assert 'namespace "team", and objects that deploy to it: 1 Kustomization: flux-system/apps' in (
        as_text.render(found, Look(width=100)))  # fmt: skip
    document = as_json.document(found, everything=False)
    assert document["scope"] == {
        "namespaces": ["team"],
        "applying": [
            {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
             "namespace": "flux-system", "name": "apps"}],
        "skipped": [],
    }  # fmt: skip
    whole = judge(evidence(*HEALTHY, *objects))
    scope: Object = {"namespaces": [], "applying": [], "skipped": []}
    assert as_json.document(whole, everything=False)["scope"] == scope
    assert "namespace" not in as_text.render(whole, Look(width=100)).splitlines()[1]

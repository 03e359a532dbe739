"""Step 8: what runs is what the source has, and what went wrong shows."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.kinds import KINDS
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NOT_THERE,
    NOW,
    alter,
    bad,
    event,
    evidence,
    flux,
    found,
    kustomization,
    minutes,
    only,
    outcomes,
    reference,
    source,
    stamp,
)

OLD = "main@sha1:0000000000000000000000000000000000000000"
REQUESTED = "reconcile.fluxcd.io/requestedAt"


def new_since(ago: timedelta) -> Object:
    """Return a GitRepository that has had its revision for this long."""
    made = source("git")
    made["status"]["artifact"]["lastUpdateTime"] = stamp(ago)
    return made


def drift(*objects: Object, **more: Any) -> list[Finding]:
    """Return the problems that the step reports for a healthy Flux with *objects*."""
    return bad(found("drift", evidence(*HEALTHY, *objects, **more)))


def test_what_runs_its_sources_revision_passes() -> None:
    """Objects on the revision of their source pass with their number."""
    (finding,) = found("drift", evidence(*HEALTHY, source("git"), kustomization("web", "git")))
    assert (finding.level, finding.title) == (
        Level.PASS, "2 of 2 objects have applied the latest revision of their source")  # fmt: skip


@pytest.mark.parametrize("kind", ["GitRepository", "HelmRelease", "HelmChart"])
def test_what_was_not_compared_does_not_pass(kind: str) -> None:
    """If an object or the source of one could not be read, that is not claimed of all."""
    chart = {"sourceRef": reference("HelmRepository", "charts")}
    release = flux("HelmRelease", "web", spec={"chart": {"spec": chart}})
    oci = flux("OCIRepository", "oci", status=source("git")["status"])
    own = kustomization("own", "", spec={"sourceRef": reference("OCIRepository", "oci")})
    known = (*HEALTHY, source("git"), kustomization("web", "git"), oci, own, release)
    left = [one for one in known if one["kind"] != kind]
    unread = {KINDS[kind].resource: FORBIDDEN}
    (*_, finding) = found("drift", evidence(*left, unread=unread))
    assert finding.level is Level.PASS
    assert finding.title.startswith("among the objects that could be read, ")


def test_an_old_revision_warns() -> None:
    """A Kustomization that is Ready on an older revision warns with both and since when."""
    finding = only(drift(new_since(minutes(30)), kustomization("web", "git", applied=OLD)),
                   "revision-behind")  # fmt: skip
    assert (finding.level, finding.since) == (Level.WARN, NOW - minutes(30))
    assert finding.evidence == (
        ("source artifact revision", "main@sha1:abc"),
        ("applied revision", OLD),
    )


def test_a_new_revision_has_time_to_arrive() -> None:
    """Within the timeout of the Kustomization a newer revision is no news."""
    assert drift(new_since(minutes(4)), kustomization("web", "git", applied=OLD)) == []
    assert drift(new_since(minutes(6)), kustomization("web", "git", applied=OLD)) != []


def test_a_revision_behind_a_broken_source_is_reported_at_the_source() -> None:
    """A consumer of a failing source is in that cause's blocks, not behind on its own."""
    assert drift(source("git", NOT_THERE), kustomization("web", "git", applied=OLD)) == []


def made_by_a_set(kind: str, value: str = "disabled", **more: Any) -> Object:
    """Return an object of *kind* with the labels of a ResourceSet, annotated with *value*."""
    labels = {
        "resourceset.fluxcd.controlplane.io/name": "tenants",
        "resourceset.fluxcd.controlplane.io/namespace": "flux-system",
    }
    off = {"fluxcd.controlplane.io/reconcile": value}
    return flux(kind, "x", **{"labels": labels, "annotations": off} | more)


@pytest.mark.parametrize("value", ["disabled", "Disabled"])
def test_an_object_that_its_resource_set_skips_is_frozen(value: str) -> None:
    """The operator applies no changes to an object with the annotation, which still runs."""
    (finding,) = drift(made_by_a_set("OCIRepository", value))
    assert (finding.code, finding.level) == ("frozen", Level.WARN)
    assert finding.title == (
        "OCIRepository apps/x: ResourceSet flux-system/tenants no longer applies changes to it"
    )
    command = next(c for h in finding.hints for c in h.commands if c.changes)
    assert command.argv[-1] == "fluxcd.controlplane.io/reconcile-"
    assert "annotate" in command.argv


@pytest.mark.parametrize(
    "one",
    [
        made_by_a_set("OCIRepository", "enabled"),
        made_by_a_set("OCIRepository", labels={}),  # in no ResourceSet the annotation says nothing
        made_by_a_set("ResourceSetInputProvider"),  # suspended, which is told as such
    ],
)
def test_what_is_not_skipped_is_not_frozen(one: Object) -> None:
    """Only the annotation freezes, and only what a ResourceSet applies."""
    assert [f.code for f in drift(one)] == []


def test_an_older_operator_freezes_nothing() -> None:
    """Before 0.59, the operator applies changes in spite of the annotation."""
    labels = {"app.kubernetes.io/version": "v0.58.0"}
    older = alter(HEALTHY, "Deployment/flux-operator", {"metadata.labels": labels})
    result = found("drift", evidence(*older, made_by_a_set("OCIRepository")))
    assert "frozen" not in {finding.code for finding in result}


def of_oci(applied: str, revision: str = "6.6.1@sha256:aaaa") -> list[Object]:
    """Return an OCIRepository with this *revision*, and a release that has *applied* a digest."""
    artifact = {"revision": revision, "lastUpdateTime": stamp(timedelta(hours=1))}
    return [
        flux("OCIRepository", "chart", status={"artifact": artifact}),
        flux("HelmRelease", "web", spec={"chartRef": reference("OCIRepository", "chart")},
             status={"lastAttemptedRevision": "6.6.1+aaaa",
                     "lastAttemptedRevisionDigest": applied}),
    ]  # fmt: skip


def test_a_chart_from_a_registry_is_compared_by_digest() -> None:
    """The release adds a suffix to an OCI chart's version, so the digest is compared."""
    assert drift(*of_oci("sha256:aaaa")) == []
    assert [f.code for f in drift(*of_oci("sha256:bbbb"))] == ["revision-behind"]


@pytest.mark.parametrize("status", [{}, {"helmChart": "OCIRepository/apps/apps-web"}])
def test_a_chart_of_an_oci_template_is_compared_by_digest(status: Object) -> None:
    """The source of a release may be an OCIRepository that helm-controller made (Flux 2.10)."""
    chart = {"kind": "OCIRepository", "spec": {"url": "oci://ghcr.io/acme/web"}}
    for applied, codes in (("sha256:aaaa", []), ("sha256:bbbb", ["revision-behind"])):
        source_of_it, release = of_oci(applied)
        source_of_it["metadata"]["name"] = "apps-web"
        release["spec"] = {"chart": chart}
        release["status"] |= status
        assert [f.code for f in drift(source_of_it, release)] == codes


def of_chart(*history: Object, revision: str = "2.0.0") -> list[Object]:
    """Return a HelmChart of this *revision*, and a release with this *history*."""
    artifact = {"revision": revision, "lastUpdateTime": stamp(timedelta(hours=1))}
    spec = {"chart": {"spec": {"sourceRef": reference("HelmRepository", "charts")}}}
    return [
        flux("HelmChart", "apps-web", status={"artifact": artifact}),
        flux("HelmRelease", "web", spec=spec,
             status={"helmChart": "apps/apps-web", "history": list(history)}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("history", "codes"),
    [
        ([{"chartVersion": "2.0.0", "status": "deployed"}], []),
        ([{"chartVersion": "1.0.0", "status": "deployed"}], ["revision-behind"]),
        ([{"chartVersion": "2.0.0", "status": "superseded"},
          {"chartVersion": "1.0.0", "status": "deployed"}], ["revision-behind"]),
        ([{"chartVersion": "2.0.0+3f4c5d6e7f80", "status": "deployed"}], []),
        ([], []),
    ],
)  # fmt: skip
def test_a_chart_is_compared_by_the_version_that_is_deployed(
    history: list[Object], codes: list[str]
) -> None:
    """Only the newest deployed release is compared; without one there is no finding."""
    assert [f.code for f in drift(*of_chart(*history))] == codes


def test_a_drifted_release_warns() -> None:
    """A release that is Ready though somebody changed what it made warns with what changed."""
    said_so = "True DriftDetected: Deployment/apps/web changed (0 additions, 1 changes)"
    release = flux("HelmRelease", "web", {"Ready": "True X: x", "Drifted": said_so})
    finding = only(drift(release), "drift-detected")
    assert (finding.level, "Deployment/apps/web" in finding.message) == (Level.WARN, True)
    assert finding.since == NOW - minutes(10)


def test_drift_of_an_older_flux_is_read_from_its_event() -> None:
    """Before Flux 2.9, drift is reported only by a Warning event."""
    release = flux("HelmRelease", "web", {"Ready": "True X: x"})
    warned = event("HelmRelease apps/web", "DriftDetected", "Deployment/apps/web changed")
    assert only(drift(release, warned), "drift-detected").message == "Deployment/apps/web changed"


def test_drift_that_was_corrected_is_no_news() -> None:
    """A release whose Drifted condition is False has not drifted, whatever older events report."""
    release = flux("HelmRelease", "web", {"Ready": "True X: x", "Drifted": "False X: x"})
    warned = event("HelmRelease apps/web", "DriftDetected", "Deployment/apps/web changed")
    assert drift(release, warned) == []


@pytest.mark.parametrize(
    ("asked", "handled", "codes"),
    [
        (stamp(minutes(20)), "", ["request-unhandled"]),
        (stamp(minutes(20)), stamp(minutes(20)), []),
        (stamp(minutes(1)), "", []),
        (str(int((NOW - minutes(20)).timestamp())), "", ["request-unhandled"]),
        ("soon", "", []),
    ],
)
def test_an_unhandled_request_warns(asked: str, handled: str, codes: list[str]) -> None:
    """A reconcile request older than five minutes that was not handled warns."""
    object_ = kustomization("web", "git", annotations={REQUESTED: asked})
    object_["status"]["lastHandledReconcileAt"] = handled
    assert [f.code for f in drift(source("git"), object_)] == codes


def test_a_request_of_a_suspended_object_is_no_news() -> None:
    """Unhandled requests of a suspended object are not reported besides the suspension."""
    paused = kustomization("web", "git", annotations={REQUESTED: stamp(minutes(20))},
                           spec={"suspend": True})  # fmt: skip
    assert drift(source("git"), paused) == []


def test_events_of_what_is_well_now_are_one_line() -> None:
    """Warning events of objects that have recovered are summed up in a pass."""
    objects = [
        source("git"),
        kustomization("web", "git"),
        event("Kustomization apps/web", "BuildFailed", "no", count=3),
        event("Kustomization apps/web", "HealthCheckFailed", "no", count=1),
    ]
    findings = found("drift", evidence(*HEALTHY, *objects))
    assert bad(findings) == []
    assert "4 Warning events in the last hour for 1 object that is ready now" in [
        f.title for f in findings
    ]


def test_events_of_last_night_are_not_counted() -> None:
    """An event older than an hour is not looked at."""
    old = event("Kustomization apps/web", "BuildFailed", "no", ago=timedelta(hours=9))
    findings = found("drift", evidence(*HEALTHY, source("git"), kustomization("web", "git"), old))
    assert not any("Warning event" in f.title for f in findings)


def test_events_that_may_not_be_read_are_unknown() -> None:
    """If events cannot be listed, the missing permission is reported."""
    finding = only(drift(unread={"events": FORBIDDEN}), "forbidden")
    assert (finding.level, finding.title.startswith("Warning events: ")) == (Level.UNKNOWN, True)


def test_a_cluster_without_deployed_objects_is_skipped() -> None:
    """The step is skipped if Flux deploys no objects."""
    assert outcomes("drift") == {("skip", "nothing-runs")}


def test_a_resource_set_deploys_something() -> None:
    """A ResourceSet has no revision to compare, but it is not nothing; neither if it is unread."""
    assert outcomes("drift", flux("ResourceSet", "web")) == {("skip", "nothing-compared")}
    unread = {"resourcesets.fluxcd.controlplane.io": FORBIDDEN}
    assert ("skip", "nothing-runs") not in outcomes("drift", unread=unread)


def test_unread_objects_are_not_reported_as_absent() -> None:
    """If nothing can be read, the step does not report that nothing is deployed."""
    broken = [source("git", NOT_THERE), kustomization("web", "git")]
    (finding,) = found("drift", evidence(*broken))
    assert (finding.level, "deploys nothing" in finding.title) == (Level.SKIP, False)
    unread = {"kustomizations.kustomize.toolkit.fluxcd.io": FORBIDDEN}
    (finding,) = found("drift", evidence(unread=unread))
    assert (finding.level, "deploys nothing" in finding.title) == (Level.SKIP, False)

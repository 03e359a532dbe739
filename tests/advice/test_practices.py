"""The best practices of Flux's official audit: each with an object that has it and one without."""

import re
import runpy
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from fluxstatus.advice import (
    ADVICE,
    automation,
    instance,
    ordering,
    releases,
    sources,
    tenancy,
)
from fluxstatus.advice.advice import Advice
from fluxstatus.checks import STEPS
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from tests.advice.looking import advice, habits, seen
from tests.builders import (
    HEALTHY,
    alter,
    evidence,
    flux,
    judge,
    kustomization,
    reference,
    source,
    without,
)
from tests.conftest import ROOT
from tests.knowledge import test_crd_fields as fields

NEW = [
    one
    for module in (sources, releases, ordering, tenancy, instance, automation)
    for one in module.ADVICE
]
OF_OPERATOR = {"fluxcd.controlplane.io/name": "flux",
               "fluxcd.controlplane.io/namespace": "flux-system"}  # fmt: skip


def controller(name: str, *args: str) -> Object:
    """Return the Deployment of another controller, which is available."""
    [one] = alter(
        [o for o in HEALTHY if o["metadata"]["name"] == "notification-controller"
         and o["kind"] == "Deployment"],
        "Deployment/notification-controller",
        {"metadata.name": name, "spec.template.spec.containers.0.args": list(args)},
    )  # fmt: skip
    return one


IMAGES = [controller("image-reflector-controller"), controller("image-automation-controller")]


def found(code: str, *objects: Object, **more: Any) -> Finding | None:
    """Return the advice *code* on a healthy Flux with *objects*, None without it."""
    return habits(*objects, **more).get(code)


def places(code: str, *objects: Object, **more: Any) -> list[str]:
    """Return what the advice *code* lists, as "what: value"."""
    finding = found(code, *objects, **more)
    return seen(finding) if finding else []


@pytest.mark.parametrize("one", NEW, ids=lambda one: one.code)
def test_each_has_a_link_and_an_area(one: Advice) -> None:
    """Each practice has an area, and a link to the documentation of Flux."""
    assert one.area
    assert one.docs.startswith(("https://fluxcd.io/flux/", "https://fluxoperator.dev/docs/"))


def test_the_page_is_current() -> None:
    """docs/practices.md is what docs/practices.py makes, with all advice."""
    page = runpy.run_path(str(ROOT / "docs" / "practices.py"))["page"]()
    assert (ROOT / "docs" / "practices.md").read_text(encoding="utf-8") == page
    codes = {code for step in STEPS for code in step.advice_codes} - {"advice-unread"}
    assert {code for code in codes if f"| `{code}` |" in page} == codes


# Sources.


@pytest.mark.parametrize(
    ("kind", "spec", "place"),
    [
        (
            "OCIRepository",
            {"url": "oci://r.example.com/a", "insecure": True},
            "spec.insecure: true",
        ),
        ("ImageRepository", {"image": "r.example.com/a", "insecure": True}, "spec.insecure: true"),
        ("Bucket", {"endpoint": "s3.example.com", "insecure": True}, "spec.insecure: true"),
        (
            "GitRepository",
            {"url": "http://git.example.com/a"},
            "spec.url: http://git.example.com/a",
        ),
        ("OCIRepository", {"url": "oci://r.example.com/a"}, ""),
        ("OCIRepository", {"url": "oci://r.example.com/a", "insecure": False}, ""),
        # what was replaced would be refused
        (
            "OCIRepository",
            {"url": "oci://r.example.com/a", "insecure": True, "verify": {"provider": "cosign"}},
            "",
        ),
        (
            "OCIRepository",
            {"url": "oci://r.example.com/a", "insecure": True, "ref": {"digest": "sha256:0"}},
            "",
        ),
        # a HelmRepository has the field only with the type oci (source-controller docs)
        ("HelmRepository", {"url": "https://r.example.com", "insecure": True}, ""),
        (
            "HelmRepository",
            {"url": "oci://r.example.com", "insecure": True, "type": "oci"},
            "spec.insecure: true",
        ),
        ("OCIRepository", {"url": "oci://zot.zot.svc:5000/a", "insecure": True}, ""),
        ("OCIRepository", {"url": "oci://registry:5000/a", "insecure": True}, ""),
        ("Bucket", {"endpoint": "minio.minio.svc:9000", "insecure": True}, ""),
        ("GitRepository", {"url": "http://git.apps.svc.k8s.example.com/a"}, ""),
        # NAME.NAMESPACE, if there is such a namespace
        ("GitRepository", {"url": "http://git.apps:3000/a"}, ""),
        ("GitRepository", {"url": "http://git.io:3000/a"}, "spec.url: http://git.io:3000/a"),
        # the machine of a cluster for development
        ("OCIRepository", {"url": "oci://host.docker.internal:5000/a", "insecure": True}, ""),
        ("GitRepository", {"url": "http://git.internal/a"}, "spec.url: http://git.internal/a"),
        (
            "GitRepository",
            {"url": "http://svc.example.com/a"},
            "spec.url: http://svc.example.com/a",
        ),
        # its credentials are the worse problem, and reported
        ("GitRepository", {"url": "http://git.example.com/a", "secretRef": {"name": "a"}}, ""),
    ],
)
def test_sources_over_plain_http(kind: str, spec: Object, place: str) -> None:
    """A source that is fetched unencrypted from outside the cluster is reported."""
    expected = [f"{kind} apps/a {place}"] if place else []
    assert places("source-insecure", flux(kind, "a", spec=spec), *IMAGES) == expected


def test_plain_http_is_reported_once() -> None:
    """An object is in one of the two lists about plain HTTP, the one about its credentials."""
    spec = {"url": "oci://r.example.com/a", "insecure": True, "secretRef": {"name": "a"}}
    codes = habits(flux("OCIRepository", "a", spec=spec)).keys()
    assert {"credentials-in-clear", "source-insecure"} & codes == {"credentials-in-clear"}


@pytest.mark.parametrize(("spec", "reported"), [({"type": "oci"}, True), ({}, False),
                                                ({"type": "default"}, False)])  # fmt: skip
def test_legacy_helm_repositories(spec: Object, reported: bool) -> None:
    """A HelmRepository of type oci is reported, one with an index is not."""
    url = "oci://r.example.com/charts" if spec.get("type") == "oci" else "https://r.example.com"
    one = flux("HelmRepository", "a", spec={"url": url, **spec})
    assert bool(places("oci-helm-repository", one)) is reported


@pytest.mark.parametrize(
    ("spec", "reported"),
    [
        ({}, True),
        ({"ref": {"tag": "1.0.0"}}, True),
        ({"verify": {"provider": "cosign"}}, False),
        ({"verify": {"provider": "notation", "secretRef": {"name": "a"}}}, False),
        ({"ref": {"tag": "1.0.0", "digest": "sha256:0"}}, False),
        ({"url": "oci://zot.zot.svc.cluster.local/a"}, False),
    ],
)
def test_oci_without_a_signature(spec: Object, reported: bool) -> None:
    """An OCIRepository that verifies nothing is reported, unless a digest pins it."""
    one = flux("OCIRepository", "a", spec={"url": "oci://r.example.com/a", **spec})
    assert bool(places("oci-not-verified", one)) is reported


def test_the_source_of_the_operator_is_not_reported() -> None:
    """A FluxInstance has no field for signatures, and its documentation uses the tag latest."""
    spec = {"url": "oci://r.example.com/fleet", "ref": {"tag": "latest"}}
    own = flux("OCIRepository", "flux-system/flux-system", spec=spec, labels=OF_OPERATOR)
    codes = habits(own, system=without(HEALTHY, "GitRepository/flux-system")).keys()
    assert not {"oci-not-verified", "version-unbounded"} & codes


ECR = "oci://1.dkr.ecr.eu-west-1.amazonaws.com/a"


@pytest.mark.parametrize(
    ("kind", "spec", "cloud"),
    [
        ("OCIRepository", {"url": ECR}, "aws"),
        ("OCIRepository", {"url": ECR, "provider": "generic", "secretRef": {"name": "a"}}, "aws"),
        ("OCIRepository", {"url": "oci://x.azurecr.io/a", "secretRef": {"name": "a"}}, "azure"),
        ("HelmRepository", {"url": "oci://eu-docker.pkg.dev/p/a", "type": "oci",
                            "secretRef": {"name": "a"}}, "gcp"),
        ("ImageRepository", {"image": "gcr.io/p/a", "secretRef": {"name": "a"}}, "gcp"),
        # a HelmRepository with an index has no provider
        ("HelmRepository", {"url": "https://x.azurecr.io/helm/v1/repo",
                            "secretRef": {"name": "a"}}, ""),
        ("OCIRepository", {"url": ECR, "provider": "aws"}, ""),
        ("OCIRepository", {"url": "oci://x.azurecr.io/a", "provider": "azure"}, ""),
        # public
        ("OCIRepository", {"url": "oci://us-docker.pkg.dev/p/a"}, ""),
        ("OCIRepository", {"url": "oci://public.ecr.aws/a", "secretRef": {"name": "a"}}, ""),
        ("OCIRepository", {"url": "oci://ghcr.io/a", "secretRef": {"name": "a"}}, ""),
        ("OCIRepository", {"url": "oci://azurecr.io.x.org/a", "secretRef": {"name": "a"}}, ""),
    ],
)  # fmt: skip
def test_clouds_without_workload_identity(kind: str, spec: Object, cloud: str) -> None:
    """A source with static credentials for the registry of a cloud is reported."""
    listed = places("no-cloud-provider", flux(kind, "a", spec=spec), *IMAGES)
    assert [f"spec.provider: is not {cloud}, for " in one for one in listed] == [True] * bool(cloud)


def test_a_flag_for_the_login_to_a_cloud() -> None:
    """image-reflector-controller before Flux 2.7 may log in by a flag instead of the provider."""
    image = flux("ImageRepository", "a", spec={"image": ECR.removeprefix("oci://")})
    flag = controller("image-reflector-controller", "--aws-autologin-for-ecr")
    assert places("no-cloud-provider", image, *IMAGES)
    assert not places("no-cloud-provider", image, flag)


def release(name: str = "web", **spec: Any) -> Object:
    """Return a HelmRelease with nothing to advise, changed by *spec*."""
    strategy = {"strategy": {"name": "RetryOnFailure"}}
    chart = {"spec": {"chart": "web", "version": "6.x",
                      "sourceRef": reference("HelmRepository", "charts")}}  # fmt: skip
    usual = {"install": strategy, "upgrade": strategy, "chart": chart}
    return flux("HelmRelease", name, spec={**usual, **spec})


def chart(version: str | None, kind: str = "HelmRepository") -> Object:
    """Return a chart template."""
    given = {} if version is None else {"version": version}
    return {"spec": {"chart": "web", "sourceRef": reference(kind, "charts"), **given}}


def oci(**ref: str) -> Object:
    """Return an OCIRepository with this spec.ref."""
    return flux("OCIRepository", "a", spec={"url": "oci://r.example.com/a", "ref": ref})


UNSET = "not set, so it is any version"


@pytest.mark.parametrize(
    ("one", "place"),
    [
        (release(chart=chart("*")), "HelmRelease apps/web spec.chart.spec.version: *"),
        (release(chart=chart(None)), "HelmRelease apps/web spec.chart.spec.version: " + UNSET),
        (release(chart=chart("x")), "HelmRelease apps/web spec.chart.spec.version: x"),
        (release(chart=chart("6.*")), ""),
        (release(chart=chart(">=1.0.0")), ""),
        (release(chart=chart("6.5.4")), ""),
        # a chart in Git has the version of its revision (source-controller docs)
        (release(chart=chart("*", "GitRepository")), ""),
        (release(chart={}), ""),
        (oci(semver="*"), "OCIRepository apps/a spec.ref.semver: *"),
        (oci(semver="*-0"), "OCIRepository apps/a spec.ref.semver: *-0"),
        (oci(tag="latest"), "OCIRepository apps/a spec.ref.tag: latest"),
        (oci(), "OCIRepository apps/a spec.ref.tag: not set, so it is latest"),
        # the name goes before the range (source-controller api/v1)
        (flux("GitRepository", "a", spec={
            "url": "https://g.example.com/a", "ref": {"semver": "*", "name": "refs/heads/main"}}),
         ""),
        (flux("GitRepository", "a", spec={
            "url": "https://g.example.com/a", "ref": {"semver": "*"}}),
         "GitRepository apps/a spec.ref.semver: *"),
        # what is garbled is not unset
        (flux("OCIRepository", "a", spec={"url": "oci://r.example.com/a", "ref": ["1.x"]}), ""),
        (release(chart={"spec": {"version": ["1.x"],
                                 "sourceRef": reference("HelmRepository", "charts")}}), ""),
        (oci(semver="1.x"), ""),
        (oci(semver="*", semverFilter="^1[.]2[.]"), ""),
        (oci(tag="latest-stable"), ""),
        (oci(tag="latest", digest="sha256:0"), ""),
        (oci(semver="*", digest="sha256:0"), ""),
        (flux("ImagePolicy", "a", spec={"policy": {"semver": {"range": "*"}}}),
         "ImagePolicy apps/a spec.policy.semver.range: *"),
        (flux("ImagePolicy", "a", spec={"policy": {"semver": {"range": "1.x"}}}), ""),
        (flux("ImagePolicy", "a", spec={"policy": {"semver": {"range": "*"}},
                                        "filterTags": {"pattern": "^v1[.]"}}), ""),
        (flux("ImagePolicy", "a", spec={"policy": {"alphabetical": {"order": "asc"}}}), ""),
        (flux("OCIRepository", "a", spec={
            "url": "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator",
            "ref": {"semver": "*"}}), ""),
    ],
)  # fmt: skip
def test_versions_without_a_bound(one: Object, place: str) -> None:
    """Any version and the tag latest are reported; ranges, exact versions and digests are not."""
    assert places("version-unbounded", one, *IMAGES) == ([place] if place else [])


def test_a_chart_of_a_release_is_reported_with_the_release() -> None:
    """What helm-controller makes from a template is not reported a second time."""
    labels = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "apps"}
    spec = {"version": "*", "chart": "web", "sourceRef": reference("HelmRepository", "charts")}
    made = flux("HelmChart", "apps-web", spec=spec, labels=labels)
    assert len(places("version-unbounded", release(chart=chart("*")), made)) == 1
    assert places("version-unbounded", flux("HelmChart", "own", spec=spec)) == [
        "HelmChart apps/own spec.version: *"
    ]


def test_a_template_of_2_10_is_named_where_it_is_written() -> None:
    """An OCIRepository made from a chart template is reported with the field of the HelmRelease."""
    labels = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "apps"}
    spec = {"url": "oci://r.example.com/web", "ref": {"semver": "*"}}
    made = flux("OCIRepository", "apps-web", spec=spec, labels=labels)
    written = release(chart={"kind": "OCIRepository", "spec": spec})
    assert places("version-unbounded", written, made) == [
        "HelmRelease apps/web spec.chart.spec.ref.semver: *"
    ]
    made = alter([made], "OCIRepository/apps-web", {
        "spec.url": ECR, "spec.insecure": True, "spec.secretRef": {"name": "a"}})[0]  # fmt: skip
    fields = {"version-unbounded": "ref.semver", "no-cloud-provider": "provider",
              "credentials-in-clear": "insecure", "oci-not-verified": ""}  # fmt: skip
    for code, field in fields.items():
        finding = found(code, written, made)
        assert finding is not None
        assert [ref.kind for ref in finding.objects] == ["HelmRelease"]
        place = " ".join(
            filter(None, ("HelmRelease apps/web", field and f"spec.chart.spec.{field}"))
        )
        assert finding.evidence[0][0] == place


def test_the_provider_of_a_sync_is_set_in_the_instance() -> None:
    """Of the source of a FluxInstance, the object and the field are those of the FluxInstance."""
    spec = {"url": ECR, "ref": {"tag": "latest"}, "secretRef": {"name": "a"}}
    own = flux("OCIRepository", "flux-system/flux-system", spec=spec, labels=OF_OPERATOR)
    finding = found("no-cloud-provider", own, system=without(HEALTHY, "GitRepository/flux-system"))
    assert finding is not None
    assert finding.title.startswith(
        "spec.sync.provider of FluxInstance flux-system/flux is not aws"
    )
    assert [ref.kind for ref in finding.objects] == ["FluxInstance"]


# HelmReleases.

RETRY: Object = {"strategy": {"name": "RetryOnFailure"}}
REMEDIATE: Object = {"remediation": {"retries": 3}}


@pytest.mark.parametrize(
    ("spec", "without_retries"),
    [
        ({"install": None, "upgrade": None}, "install and upgrade"),
        ({"install": {"crds": "Create"}, "upgrade": {"crds": "Create"}}, "install and upgrade"),
        ({"install": RETRY, "upgrade": {"timeout": "5m"}}, "upgrade"),
        ({"install": {"remediation": {"retries": 0}}, "upgrade": REMEDIATE}, "install"),
        ({"install": {"strategy": {"name": "RemediateOnFailure"}}}, "install"),
        ({"install": RETRY, "upgrade": RETRY}, ""),
        ({"install": REMEDIATE, "upgrade": {"remediation": {"retries": -1}}}, ""),
        ({"install": RETRY, "upgrade": REMEDIATE}, ""),
    ],
)
def test_releases_without_retries(spec: Object, without_retries: str) -> None:
    """A HelmRelease that gives up after one failure is reported, with what is not retried."""
    one = release(**spec)
    one["spec"] = {key: value for key, value in one["spec"].items() if value is not None}
    expected = [f"HelmRelease apps/web: no retries of {without_retries}"]
    assert places("no-retries", one) == (expected if without_retries else [])


def test_retries_by_default() -> None:
    """With the feature gate, helm-controller retries every release."""
    gate = {"spec.template.spec.containers.0.args":
            ["--feature-gates=DefaultToRetryOnFailure=true"]}  # fmt: skip
    system = alter(HEALTHY, "Deployment/helm-controller", gate)
    assert places("no-retries", release(install={}))
    assert not places("no-retries", release(install={}), system=system)


def test_a_snapshot_of_before_does_not_say_how_releases_are_retried() -> None:
    """Older releases dropped the strategy: its absence from their snapshots says nothing."""
    document = snapshot.dumps(evidence(*HEALTHY, release(install={}, upgrade={})))
    assert "no-retries" in advice(snapshot.loads(document))
    dropped = document.replace(b'"strategy":{}', b"")
    assert dropped != document
    assert "no-retries" not in advice(snapshot.loads(dropped))
    nothing = evidence(*HEALTHY, flux("HelmRelease", "web", spec={}))
    assert "no-retries" in advice(nothing)


@pytest.mark.parametrize(
    ("spec", "reported"),
    [
        ({"targetNamespace": "web"}, True),
        ({"targetNamespace": "web", "storageNamespace": "web"}, False),
        ({"targetNamespace": "web", "storageNamespace": "flux-system"}, False),
        ({"targetNamespace": "apps"}, False),
        ({}, False),
    ],
)
def test_releases_stored_elsewhere(spec: Object, reported: bool) -> None:
    """A targetNamespace other than the release's own without a storageNamespace is reported."""
    finding = found("storage-elsewhere", release(**spec))
    assert bool(finding) is reported
    if finding:
        assert "uninstalls" in f"{finding.hints}"


# Order.


def applying(name: str, *ids: str, path: str = "./a", **spec: Any) -> Object:
    """Return a Kustomization with these ids in its inventory."""
    one = kustomization(name, "repo", spec={"path": path, **spec})
    entries = [{"id": one, "v": "v1"} for one in ids]
    one["status"]["inventory"] = {"entries": entries}
    return one


DEPLOYMENT, CONFIG = "web_web_apps_Deployment", "web_web__ConfigMap"


@pytest.mark.parametrize(
    ("ids", "spec", "reported"),
    [
        ([DEPLOYMENT], {}, True),
        ([CONFIG, "web_web_helm.toolkit.fluxcd.io_HelmRelease"], {"wait": False}, True),
        ([DEPLOYMENT], {"wait": True}, False),
        ([DEPLOYMENT], {"healthChecks": [{"kind": "Deployment", "name": "web"}]}, False),
        # nothing there takes time
        ([CONFIG, "_x_apiextensions.k8s.io_CustomResourceDefinition"], {}, False),
        ([], {}, False),
    ],
)
def test_dependencies_that_do_not_wait(ids: Sequence[str], spec: Object, reported: bool) -> None:
    """A dependency with workloads that it does not wait for is reported with what depends on it."""
    others = [applying("infra", *ids, **spec), applying("web", dependsOn=[{"name": "infra"}])]
    expected = ["Kustomization apps/infra: Kustomization apps/web depends on it"]
    assert places("dependency-not-awaited", *others) == (expected if reported else [])
    assert not places("dependency-not-awaited", others[0])


def test_an_expression_replaces_the_wait() -> None:
    """A dependent with a readyExpr waits for what it says."""
    depends = [{"name": "infra", "readyExpr": "true"}]
    assert not places("dependency-not-awaited", applying("infra", DEPLOYMENT),
                      applying("web", dependsOn=depends))  # fmt: skip


def test_what_applies_its_dependents_cannot_wait() -> None:
    """The root of a repository must not wait for an object that waits for the root."""
    others = [kustomization("web", "repo", spec={"dependsOn": [{"name": "root"}]}),
              kustomization("api", "repo", spec={"dependsOn": [{"name": "root"}]})]  # fmt: skip
    web, api = (f"apps_{name}_kustomize.toolkit.fluxcd.io_Kustomization" for name in ("web", "api"))
    other = "other_web_kustomize.toolkit.fluxcd.io_Kustomization"
    assert places("dependency-not-awaited", applying("root", DEPLOYMENT, other), *others)
    for applied in ([web, api], [api]):
        assert not places("dependency-not-awaited", applying("root", DEPLOYMENT, *applied), *others)


def test_no_advice_about_a_suspended_dependency() -> None:
    """What is suspended gets no advice, also if a healthy object depends on it."""
    infra, web = applying("infra", DEPLOYMENT), applying("web", dependsOn=[{"name": "infra"}])
    assert places("dependency-not-awaited", infra, web)
    infra["spec"]["suspend"] = True
    assert not places("dependency-not-awaited", infra, web)


def test_no_advice_about_a_dependency_in_another_namespace() -> None:
    """With -n, there is no advice about an object that was not chosen."""
    infra = applying("infra/infra", DEPLOYMENT)
    web = applying("web", dependsOn=[{"name": "infra", "namespace": "infra"}])
    for chosen, expected in ((("apps",), False), (("infra", "apps"), True), ((), True)):
        codes = advice(evidence(*HEALTHY, infra, web), namespaces=chosen)
        assert ("dependency-not-awaited" in codes) is expected


def test_releases_and_resource_sets_that_do_not_wait() -> None:
    """A HelmRelease waits unless it is told not to; a ResourceSet waits only if it is told to."""
    inventory = {"inventory": {"entries": [{"id": DEPLOYMENT, "v": "v1"}]}}
    db = release("db", install={**RETRY, "disableWait": True})
    db["status"] |= inventory
    web = release("web", dependsOn=[{"name": "db"}])
    assert places("dependency-not-awaited", db, web) == [
        "HelmRelease apps/db: HelmRelease apps/web depends on it"
    ]
    db["spec"]["install"] = RETRY
    assert not places("dependency-not-awaited", db, web)
    policies = flux("ResourceSet", "policies", status=inventory)
    needs = {"apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet", "name": "policies"}
    for ready in (True, False):
        apps = flux("ResourceSet", "apps", spec={"dependsOn": [{**needs, "ready": ready}]})
        assert bool(places("dependency-not-awaited", policies, apps)) is ready


def at(name: str, path: str, **spec: Any) -> Object:
    """Return a Kustomization with a path, of which it is not known what it applies."""
    return kustomization(name, "repo", spec={"path": path, **spec})


@pytest.mark.parametrize(
    ("outer", "inner", "reported"),
    [
        ("./apps", "./apps/web", True),
        ("./", "apps/web", True),
        ("", "./apps", True),
        ("apps/", "./apps/web/prod/", True),
        ("./apps", "./apps-web", False),
        ("./apps", "./apps", False),
        ("./apps", "./infra", False),
        ("../apps", "../apps/web", False),
    ],
)
def test_paths_in_paths(outer: str, inner: str, reported: bool) -> None:
    """A path in another one of the same source is reported with both objects."""
    finding = found("paths-overlap", source("repo"), at("all", outer), at("web", inner))
    assert bool(finding) is reported
    if finding:
        assert f" contains {inner} of Kustomization apps/web" in finding.title
        assert [ref.name for ref in finding.objects] == ["all", "web"]


@pytest.mark.parametrize("shared", [True, False])
def test_known_inventories_say_more_than_paths(shared: bool) -> None:
    """What both apply is a warning; if that is nothing, a kustomization.yaml is there."""
    both = [applying("all", DEPLOYMENT, path="./apps"),
            applying("web", DEPLOYMENT if shared else CONFIG, path="./apps/web")]  # fmt: skip
    report = judge(evidence(*HEALTHY, source("repo"), *both))
    assert "paths-overlap" not in {one.code for one in report.advice}
    warnings = [one for one in report.faults if one.code == "two-owners"]
    assert [("./apps/web" in one.why) for one in warnings] == [True] * shared


def test_paths_of_other_sources_and_clusters_do_not_overlap() -> None:
    """Only paths of one source, applied to one cluster, can overlap."""
    one = at("all", "./apps")
    for changes in ({"sourceRef": reference("GitRepository", "other")},
                    {"kubeConfig": {"secretRef": {"name": "edge"}}}):  # fmt: skip
        other = at("web", "./apps/web", **changes)
        assert not places("paths-overlap", source("repo"), source("other"), one, other)


# Tenancy.

LOCKED = ("--no-cross-namespace-refs=true", "--default-service-account=default")


def system(*flags: str) -> list[Object]:
    """Return a healthy Flux whose controllers have these flags."""
    found = HEALTHY
    for name in ("kustomize-controller", "helm-controller"):
        args = {"spec.template.spec.containers.0.args": list(flags)}
        found = alter(found, f"Deployment/{name}", args)
    return found


def tenant(name: str, **spec: Any) -> Object:
    """Return a Kustomization of the tenant red."""
    return kustomization(f"red/{name}", "red/repo", spec=spec)


ACCOUNT = {"serviceAccountName": "red"}
REPO = source("red/repo")


@pytest.mark.parametrize(
    ("objects", "flags", "reported"),
    [
        ([tenant("a"), tenant("b", **ACCOUNT)], (), ["Kustomization red/a"]),
        ([tenant("a"), release("red/web", **ACCOUNT)], (), ["Kustomization red/a"]),
        ([tenant("a")], LOCKED[:1], ["Kustomization red/a"]),
        # the ServiceAccount is one of another cluster
        ([tenant("a"), tenant("b", **ACCOUNT, kubeConfig={"secretRef": {"name": "k"}})], (), []),
        # one tenant, with its objects in order
        ([tenant("b", **ACCOUNT)], (), []),
        # no tenants at all
        ([tenant("a"), release("red/web")], (), []),
        # the objects of the platform team
        ([tenant("b", **ACCOUNT), kustomization("flux-system/x", "flux-system/flux-system")], (),
         []),
        ([tenant("b", **ACCOUNT), kustomization("blue/x", "red/repo")], (), []),
        # the lockdown
        ([tenant("a"), tenant("b", **ACCOUNT)], LOCKED, []),
        ([tenant("a"), tenant("b", **ACCOUNT)], LOCKED[1:], []),
        ([tenant("a"), tenant("b", **ACCOUNT)], ("--default-service-account=",),
         ["Kustomization red/a"]),
        # with the permissions of the kubeconfig
        ([tenant("a", kubeConfig={"secretRef": {"name": "x"}}), tenant("b", **ACCOUNT)], (), []),
    ],
)  # fmt: skip
def test_tenants_without_a_service_account(
    objects: Iterable[Object], flags: Sequence[str], reported: Sequence[str]
) -> None:
    """An object of a tenant without a ServiceAccount is reported, if nothing sets a default."""
    listed = places("no-service-account", REPO, *objects, system=system(*flags))
    assert listed == [f"{one} spec.serviceAccountName: is not set" for one in reported]


def test_a_label_makes_a_tenant() -> None:
    """`flux create tenant` sets a label, which may be on Flux objects, too."""
    labels = {"toolkit.fluxcd.io/tenant": "red"}
    one = kustomization("red/a", "red/repo", labels=labels)
    assert places("no-service-account", REPO, one)


@pytest.mark.parametrize(
    ("one", "flags", "used"),
    [
        (kustomization("red/a", "flux-system/flux-system", spec=ACCOUNT), (),
         "GitRepository flux-system/flux-system"),
        (kustomization("red/a", "red/repo", spec=ACCOUNT), (), ""),
        # in a cluster without tenants, it is a usual way to share a source
        (kustomization("red/a", "flux-system/flux-system"), (), ""),
        # it would fail, which is reported as a fault
        (kustomization("red/a", "flux-system/flux-system", spec=ACCOUNT), LOCKED, ""),
        (release("red/web", **ACCOUNT, chart={"spec": {
            "chart": "web", "version": "1.x",
            "sourceRef": reference("HelmRepository", "flux-system/charts")}}), (),
         "HelmRepository flux-system/charts"),
    ],
)  # fmt: skip
def test_sources_of_others(one: Object, flags: Sequence[str], used: str) -> None:
    """A tenant's object with a source in another namespace is reported, if it is allowed."""
    listed = places("cross-namespace-source", REPO, one, system=system(*flags))
    expected = f"{one['kind']} red/{one['metadata']['name']}: {used}"
    assert listed == ([expected] if used else [])


def test_images_of_others() -> None:
    """An ImagePolicy needs spec.accessFrom of an ImageRepository elsewhere: its owner allows it."""
    reference_to = {"name": "a", "namespace": "flux-system"}
    policy = flux("ImagePolicy", "red/a", spec={"imageRepositoryRef": reference_to})
    objects = [tenant("b", **ACCOUNT), policy, *IMAGES]
    assert not places("cross-namespace-source", REPO, *objects, system=system())


def test_unknown_controllers_say_nothing_about_tenants() -> None:
    """If the flags of the controllers are unknown, there is no advice on tenants."""
    objects = [tenant("a"), tenant("b", **ACCOUNT)]
    names = ("Deployment/kustomize-controller", "Deployment/helm-controller")
    assert not places("no-service-account", REPO, *objects, system=without(HEALTHY, *names))


# The FluxInstance.


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"spec.cluster.size": None}, True),
        ({"spec.cluster": None}, True),
        ({"spec.cluster.size": "small"}, False),
        (
            {"spec.cluster.size": None, "spec.kustomize": {"patches": [{"patch": "- op: add"}]}},
            False,
        ),
    ],
)
def test_an_instance_without_a_size(changes: Object, reported: bool) -> None:
    """A FluxInstance without a size is reported, unless patches may set the resources."""
    altered = alter(HEALTHY, "FluxInstance/flux", changes)
    assert bool(places("no-cluster-size", system=altered)) is reported


@pytest.mark.parametrize(
    ("version", "codes"),
    [
        ("v0.15.0", set()),
        ("v0.16.0", {"sync-with-token"}),
        ("v0.26.9", {"sync-with-token"}),
        ("v0.27.0", {"sync-with-token", "no-cluster-size"}),
        ("latest", {"sync-with-token", "no-cluster-size"}),
    ],
)
def test_an_operator_that_has_no_such_field(version: str, codes: set[str]) -> None:
    """A field is advised only if the operator is not known to be older than the field.

    Upstream: spec.cluster.size came with flux-operator v0.27.0, spec.sync.provider with v0.16.0.
    """
    image = f"ghcr.io/controlplaneio-fluxcd/flux-operator:{version}"
    old = alter(HEALTHY, "Deployment/flux-operator",
                {"spec.template.spec.containers.0.image": image})  # fmt: skip
    url = "https://github.com/o/r"
    changes = {"spec.cluster.size": None, "spec.sync.url": url, "spec.sync.pullSecret": "git"}
    listed = habits(system=alter(old, "FluxInstance/flux", changes)).keys()
    assert {"sync-with-token", "no-cluster-size"} & listed == codes


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"spec.sync.url": "https://github.com/o/r"}, True),
        ({"spec.sync.url": "https://o.ghe.com/o/r", "spec.sync.provider": "generic"}, True),
        ({"spec.sync.url": "https://github.com/o/r", "spec.sync.provider": "github"}, False),
        ({"spec.sync.url": "https://github.com/o/r", "spec.sync.pullSecret": None}, False),
        ({"spec.sync.url": "ssh://git@github.com/o/r"}, False),
        ({"spec.sync.url": "https://gitlab.com/o/r"}, False),
        ({"spec.sync.url": "https://github.com.example.com/o/r"}, False),
        ({"spec.sync.url": "oci://ghcr.io/o/r", "spec.sync.kind": "OCIRepository"}, False),
    ],
)
def test_a_sync_with_a_token(changes: Object, reported: bool) -> None:
    """A sync from GitHub over HTTPS with a Secret is reported, unless it is that of an app."""
    altered = alter(HEALTHY, "FluxInstance/flux", {"spec.sync.pullSecret": "git", **changes})
    assert bool(places("sync-with-token", system=altered)) is reported


def test_an_instance_without_a_network_policy() -> None:
    """networkPolicy: false is reported, the default is not."""
    closed = alter(HEALTHY, "FluxInstance/flux", {"spec.cluster.networkPolicy": False})
    assert places("no-network-policy", system=closed)
    assert not places("no-network-policy")


# Image automation.


def updating(branch: str | None = "main", **git: Any) -> list[Object]:
    """Return an ImageUpdateAutomation with this spec.git, and its source with this branch."""
    repo = source("repo", spec={"ref": {"branch": branch} if branch else {"name": "refs/heads/x"}})
    spec = {"sourceRef": reference("GitRepository", "repo"), "git": {"commit": {}, **git}}
    return [repo, flux("ImageUpdateAutomation", "a", spec=spec)]


CHECKOUT: Object = {"ref": {"branch": "release"}}


@pytest.mark.parametrize(
    ("objects", "branch"),
    [
        (updating(), "main"),
        (updating(push={"branch": "main"}), "main"),
        (updating(checkout=CHECKOUT), "release"),
        (updating(checkout=CHECKOUT, push={"branch": "release"}), "release"),
        (updating(push={"branch": "updates"}), ""),
        (updating(checkout=CHECKOUT, push={"branch": "main"}), ""),
        (updating(push={"refspec": "refs/heads/main:refs/heads/updates"}), ""),
        (updating(branch=None, push={"branch": "updates"}), ""),
    ],
)
def test_automation_that_pushes_back(objects: Iterable[Object], branch: str) -> None:
    """An automation that pushes to the branch that it checks out is reported."""
    expected = [f'ImageUpdateAutomation apps/a: "{branch}"'] if branch else []
    assert places("push-to-source-branch", *objects, *IMAGES) == expected


def test_a_snapshot_of_before_does_not_say_where_automation_pushes() -> None:
    """Older releases dropped spec.git.push: its absence from their snapshots says nothing."""
    document = snapshot.dumps(evidence(*HEALTHY, *IMAGES, *updating()))
    assert "push-to-source-branch" in advice(snapshot.loads(document))
    dropped = document.replace(b',"push":{}', b"")
    assert dropped != document
    assert "push-to-source-branch" not in advice(snapshot.loads(dropped))


# All of them.


def test_one_finding_for_many_objects() -> None:
    """A practice is one finding, whose objects are objects."""
    many = [flux("HelmRepository", f"r{i:02}", spec={"url": "oci://r.example.com", "type": "oci"})
            for i in range(12)]  # fmt: skip
    finding = found("oci-helm-repository", *many)
    assert finding
    assert (finding.level, finding.category, finding.count) == (Level.WARN, "habit", 12)
    assert [ref.name for ref in finding.objects] == [f"r{i:02}" for i in range(12)]
    assert {ref.kind for ref in finding.objects} == {"HelmRepository"}


@pytest.mark.cluster
@pytest.mark.parametrize("minor", fields.MINORS)
def test_advice_names_fields_that_exist(minor: str) -> None:
    """Each field that advice names is one of a kind of Flux, in every supported version."""
    known = fields.schemas(minor)
    since = {"spec.install.strategy.name": (2, 7), "spec.upgrade.strategy.name": (2, 7)}
    texts = {(one.code, text) for one in ADVICE for text in (one.why, *(s.text for s in one.steps))}
    missing = [
        (code, field)
        for code, text in sorted(texts)
        for field in re.findall(r"\bspec\.[a-z]\w*(?:\.[a-z]\w*)*", text)
        if since.get(field, (0, 0)) <= tuple(map(int, minor.split(".")))
        and not any(
            fields.has(schema, field.split(".")) for schemas in known.values() for schema in schemas
        )
    ]
    assert missing == []


# What a change costs.


@pytest.mark.parametrize(
    ("code", "cost"),
    [
        # flux-operator internal/builder/profiles.go; the controllers have 1Gi by default
        ("no-cluster-size", "lowers the memory limit of kustomize-controller and helm-controller"),
        # helm-controller mutateChartWithSourceRevision
        ("oci-helm-repository", "upgrades the release once"),
        ("oci-not-verified", "each new version then needs a new digest"),
        ("no-retries", "uninstalls before each retry"),
        ("no-service-account", "fail without a RoleBinding"),
        ("cross-namespace-source", "references to other namespaces fail"),
        ("storage-elsewhere", "Flux uninstalls the release"),
        ("dependency-not-awaited", "holds up everything that depends on it"),
    ],
)
def test_a_fix_says_what_it_costs(code: str, cost: str) -> None:
    """A step that can restart, remove or block something says so."""
    [one] = [one for one in ADVICE if one.code == code]
    assert cost in " ".join(step.text for step in one.steps)

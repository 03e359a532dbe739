"""The versions, their comparison, and the reasons for unknown versions."""

import json
import re
from typing import Any

import pytest

from fluxstatus.cluster.local_tools import Program
from fluxstatus.commands.versions.inventory import Part, Role, parts_of
from fluxstatus.commands.versions.skew import CODES, compare, skews_of
from fluxstatus.commands.versions.text import as_json, as_text, noted
from fluxstatus.model.evidence import Evidence, Object, Target, Unread, Why
from fluxstatus.report.look import Look
from fluxstatus.state.state import State
from tests.builders import FORBIDDEN, HEALTHY, NOW, VERSION, alter, evidence, state, without

CLIENTS = {
    "kubectl": Program("kubectl", "/bin/kubectl", VERSION),
    "flux-operator": Program("flux-operator", "/bin/flux-operator", "0.59.0"),
    "flux-operator-mcp": Program("flux-operator-mcp", unread=Unread(Why.NO_PROGRAM, "missing")),
    "flux": Program("flux", "/bin/flux", "2.9.5"),
}
FLUX = ("FluxReport/flux", "FluxInstance/flux")
UNREACHABLE = Evidence(NOW, Target("prod"), unreachable=Unread(Why.UNREACHABLE, "refused"))


def part(name: str, role: Role, known: State) -> Part:
    """Return the part called *name*."""
    return next(p for p in parts_of(known, CLIENTS) if (p.name, p.role) == (name, role))


def codes(known: State, **clients: str) -> set[tuple[str, str]]:
    """Return the levels and codes of the findings with these versions of the CLIs."""
    changed = {name.replace("_", "-"): version for name, version in clients.items()}
    there = CLIENTS | {name: Program(name, name, version) for name, version in changed.items()}
    return {(f.level.value, f.code) for f in skews_of(known, parts_of(known, there))}


def test_all_is_there() -> None:
    """A healthy Flux has a version for everything, and no findings."""
    known = state(*HEALTHY)
    found = {(p.name, p.role.value): p.version for p in parts_of(known, CLIENTS)}
    assert found["Kubernetes", "server"] == VERSION
    assert found["flux-operator", "operator"] == "v0.59.0"
    assert found["Flux", "distribution"] == "v2.9.5"
    assert found["helm-controller", "controller"] == "v1.6.4"
    assert found["flux-operator", "client"] == "0.59.0"
    assert codes(known) == set()


@pytest.mark.parametrize("gone", [(FLUX[0],), FLUX])
def test_without_a_report(gone: tuple[str, ...]) -> None:
    """The version of Flux is known without a FluxReport or a FluxInstance."""
    assert part("Flux", Role.DISTRIBUTION, state(*without(HEALTHY, *gone))).version == "v2.9.5"


def test_nothing_installed_is_none_not_unknown() -> None:
    """A part that does not exist is reported as absent."""
    known = state()
    for name, role in (("Flux", Role.DISTRIBUTION), ("flux-operator", Role.OPERATOR)):
        assert not part(name, role, known).unknown
        assert part(name, role, known).unread


def test_forbidden_is_unknown() -> None:
    """A part that may not be read is unknown, with the reason, never absent."""
    hidden = dict.fromkeys(
        ("deployments.apps/controllers", "deployments.apps/operator",
         "fluxreports.fluxcd.controlplane.io", "fluxinstances.fluxcd.controlplane.io"), FORBIDDEN
    )  # fmt: skip
    known = state(unread=hidden)
    for name, role in (
        ("Flux", Role.DISTRIBUTION),
        ("flux-operator", Role.OPERATOR),
        ("controllers", Role.CONTROLLER),
    ):
        assert part(name, role, known).unknown
        assert part(name, role, known).unread == FORBIDDEN


def test_a_missing_controller_is_reported() -> None:
    """A missing controller that was expected is listed."""
    known = state(*without(HEALTHY, "Deployment/helm-controller"))
    assert (
        "expected, but not found"
        in (part("helm-controller", Role.CONTROLLER, known).unread or FORBIDDEN).text
    )


def test_image_by_digest() -> None:
    """An image without a tag has the version from the FluxInstance, else none."""
    path = "spec.template.spec.containers.0.image"
    digest = next(c["digest"] for o in HEALTHY if o["kind"] == "FluxInstance"
                  for c in o["status"]["components"] if c["name"] == "helm-controller")  # fmt: skip
    for image, version in ((f"r/helm-controller@{digest}", "v1.6.4"), ("r/x@sha256:00", "")):
        known = state(*alter(HEALTHY, "Deployment/helm-controller", {path: image}))
        found = part("helm-controller", Role.CONTROLLER, known)
        assert (found.version, found.unknown) == (version, not version)


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ("0.59.0", "v0.59.0", "the same as"),
        ("0.60.0", "v0.59.9", "newer than"),
        ("v1.9.0", "v1.10.0", "older than"),
        ("v2.0.0-rc.1", "v2.0.0", "older than"),
        ("v1.31.4-eks-1", "", ""),
        ("dev", "v1.0.0", ""),
    ],
)
def test_newer(one: str, other: str, word: str) -> None:
    """Versions are compared by their numbers, and a candidate comes before its release."""
    result = compare(Part("x", Role.CLIENT, one), Part("Kubernetes", Role.SERVER, other))
    assert result == (f"{word} the API server" if word else "")


@pytest.mark.parametrize(
    ("clients", "code"),
    [
        ({"flux_operator": "0.58.1"}, "cli-version-skew"),
        ({"flux_operator_mcp": "0.60.0"}, "mcp-version-skew"),
        ({"flux": "2.8.0"}, "flux-version-skew"),
        ({"kubectl": "v1.35.0"}, "kubectl-skew"),
        ({"kubectl": "v1.36.0"}, ""),
        ({"kubectl": "v1.38.9"}, ""),
        ({"flux": "2.9.0", "flux_operator": "0.59.7"}, ""),
    ],
)
def test_skew(clients: dict[str, str], code: str) -> None:
    """Only skew that matters is a warning; kubectl may be one minor version apart."""
    assert codes(state(*HEALTHY), **clients) == ({("warn", code)} if code else set())


@pytest.mark.parametrize(
    ("target", "path", "value", "code"),
    [
        ("FluxReport/flux", "spec.operator.version", "v0.58.0", "report-differs"),
        ("FluxReport/flux", "spec.distribution.version", "v2.8.0", "report-differs"),
        ("Deployment/helm-controller", "metadata.labels", {
            "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.8.0",
        }, "mixed-versions"),
    ],
)  # fmt: skip
def test_the_clusters_own_differences(target: str, path: str, value: Any, code: str) -> None:
    """An outdated report and controllers of several versions are warnings."""
    assert codes(state(*alter(HEALTHY, target, {path: value}))) == {("warn", code)}


@pytest.mark.parametrize(("version", "level"), [("v1.27.4", "warn"), ("v1.29.0", "warn")])
def test_old_kubernetes(version: str, level: str) -> None:
    """A Kubernetes that is too old has the level of the check."""
    target = Target("prod", kubernetes=version)
    known = State(evidence(*HEALTHY, target=target))
    assert (level, "kubernetes-too-old") in codes(known)


def test_unreachable() -> None:
    """Without a cluster the CLIs are listed, and the rest is unknown with the reason."""
    known = State(UNREACHABLE)
    parts = parts_of(known, CLIENTS)
    assert {p.version for p in parts if p.role is Role.CLIENT} > {"0.59.0"}
    assert all(p.unread and p.unread.text == "refused" for p in parts if p.role is not Role.CLIENT)
    assert [f.code for f in skews_of(known, parts)] == ["cluster-unreachable"]


def _shown(*objects: Object) -> tuple[str, dict[str, Any]]:
    known = state(*objects)
    found = parts_of(known, CLIENTS | {"flux": Program("flux", "flux", "2.8.0")})
    skews, parts = skews_of(known, found), noted(found)
    return as_text(known, parts, skews, Look()), json.loads(as_json(known, parts, skews))


def test_text_and_json_agree() -> None:
    """The text has every part and every finding of the document."""
    text, document = _shown(*HEALTHY)
    for one in document["parts"]:
        assert one["name"] in text
        assert one["version"] in text
    assert "older than Flux in the cluster, v2.9.5" in document["findings"][0]["title"]
    assert " advice " in text
    assert {f["code"] for f in document["findings"]} <= set(CODES)


def test_what_is_as_expected_shares_a_line() -> None:
    """The cluster comes first; what is of another release than the rest has its own line."""
    text, _ = _shown(*HEALTHY)
    lines = text.partition("\n advice ")[0].splitlines()
    names = [line.partition("  ")[0] for line in lines if not line.startswith((" ", "context"))]
    assert names == ["", "Kubernetes", "flux-operator", "Flux", "controllers", "", "local CLIs",
                     "flux-operator-mcp", "flux"]  # fmt: skip
    assert "source-controller v1.9.5" in " ".join(text.split())
    other = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.8.0"}
    text, _ = _shown(*alter(HEALTHY, "Deployment/helm-controller", {"metadata.labels": other}))
    assert re.search(r"^helm-controller +v1\.6\.4 +of Flux v2\.8\.0$", text, re.MULTILINE)


def test_names_from_the_cluster_are_harmless() -> None:
    """A version with an escape sequence in it is shown, not obeyed."""
    image = "ghcr.io/fluxcd/x:v1\x1b[2J"
    path = "spec.template.spec.containers.0.image"
    text, _ = _shown(*alter(HEALTHY, "Deployment/helm-controller", {path: image}))
    assert "\x1b" not in text

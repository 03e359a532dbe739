"""The preflight's findings about a cluster, this machine, and existing installations."""

import json
from typing import Any

import jsonschema
import pytest

from fluxstatus.cluster.local_tools import Program
from fluxstatus.commands.explain.codes import codes
from fluxstatus.commands.preflight.manifest import steps, sync_of
from fluxstatus.commands.preflight.permissions import NEEDED, Permissions
from fluxstatus.commands.preflight.report import report_of
from fluxstatus.commands.preflight.tools import NAMES
from fluxstatus.model.evidence import Answer, Evidence, Object, Read, Target, Unread, Why
from fluxstatus.model.findings import Exit, Finding, Level, Report
from fluxstatus.report import as_json, as_text
from fluxstatus.report.look import Look
from fluxstatus.state.state import State
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NOW,
    alter,
    evidence,
    flux,
    minutes,
    stamp,
    without,
)
from tests.commands.codes import OF_COMMANDS
from tests.conftest import ROOT

ALL_HERE = {name: Program(name, f"/bin/{name}", "1.2.3") for name in NAMES}
ALL = Permissions()
URL = "https://git.example.com/a/b"
GONE = Unread(Why.NO_PROGRAM, "is not installed")
OPERATOR = "Deployment/flux-operator"


def report(*objects: Object, rights: Permissions = ALL, gone: tuple[str, ...] = (), url: str = "",
           namespaces: Answer | None = None, **more: Any) -> Report:  # fmt: skip
    """Return the report on a cluster with *objects*, and without the programs *gone*.

    Whatever code it has is one that `explain CODE` knows.
    """
    known = evidence(*objects, **more)
    answers = {**known.answers, "namespaces": namespaces or Read()}
    clients = ALL_HERE | {name: Program(name, unread=GONE) for name in gone}
    result = report_of(State(evidence(*objects, **more, answers=answers)), rights, clients, url)
    assert {finding.code for finding in result.findings} <= {"ok", *codes(OF_COMMANDS)}
    return result


def findings_of(result: Report, step: str) -> list[Finding]:
    """Return the findings of *step*."""
    return [finding for finding in result.findings if finding.step == step]


def only(result: Report, step: str) -> Finding:
    """Return the only finding of *step*."""
    (finding,) = findings_of(result, step)
    return finding


def test_an_empty_cluster_is_fit() -> None:
    """If nothing prevents an installation, every step passes, and the code is 0."""
    result = report(served={})
    assert {f.level for f in result.findings} == {Level.PASS, Level.SKIP}
    assert result.exit_code() is Exit.HEALTHY


def test_every_program_of_the_advice_is_looked_for() -> None:
    """What preflight tells to run on this machine is among the programs that it looks for."""
    sync = sync_of("git@git.example.com:org/fleet.git", "", "", private=True)
    advised = [*steps(None), *steps(sync)]
    gone = tuple(name for name in NAMES if name != "brew")
    for known in (report(served={}), report(*HEALTHY), report(served={}, gone=gone, url=URL)):
        advised += [hint for finding in known.findings for hint in finding.hints]
    programs = {command.argv[0] for hint in advised for command in hint.commands} - {"sh"}
    assert {"helm", "brew", "ssh-keygen"} <= programs <= set(NAMES)
    for by_ssh in (True, False):
        url = sync.url if by_ssh else URL
        titles = " ".join(f.title for f in findings_of(report(served={}, url=url), "tools"))
        assert ("ssh-keygen" in titles) is by_ssh


def test_a_clean_result_ends_with_what_installs() -> None:
    """The last lines install; there are none if something prevents it or Flux is there."""
    clean = report(served={}, target=Target("prod", kubernetes="v1.36.0"), url=URL)
    assert clean.next
    lines = [" ".join(command.argv) for command in clean.next.commands]
    assert lines[0].startswith("helm --kube-context prod install flux-operator oci://")
    assert lines[1] == f"kubectl flux-status preflight --manifest --git {URL} --context prod"
    assert as_text.render(clean, Look(width=200)).splitlines()[-1].endswith(lines[1])
    for other in (report(*HEALTHY), report(served={}, rights=Permissions(missing=NEEDED))):
        assert other.next is None


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("v1.27.9", Level.FAIL),
        ("v1.30.0", Level.WARN),
        ("v1.34.9", Level.WARN),
        ("v1.35.2", Level.PASS),
        ("", Level.SKIP),
    ],
)
def test_kubernetes(version: str, level: Level) -> None:
    """The floor fails, what the newest Flux does not support warns, no version is no verdict."""
    result = report(served={}, target=Target("prod", kubernetes=version))
    (finding,) = [f for f in findings_of(result, "cluster") if "reachable" not in f.title]
    assert finding.level is level


@pytest.mark.parametrize(
    ("rights", "level", "code"),
    [
        (Permissions(), Level.PASS, Exit.HEALTHY),
        (Permissions(missing=NEEDED[:2]), Level.FAIL, Exit.UNHEALTHY),
        (Permissions(unknown=NEEDED[:2]), Level.UNKNOWN, Exit.NO_VERDICT),
        (Permissions(unread=Unread(Why.FAILED, "no")), Level.UNKNOWN, Exit.NO_VERDICT),
    ],
)
def test_rights(rights: Permissions, level: Level, code: Exit) -> None:
    """Missing permissions fail; unknown ones are no verdict."""
    result = report(served={}, rights=rights)
    assert only(result, "rights").level is level
    assert result.exit_code() is code


def test_missing_rights_are_named() -> None:
    """Each missing permission is listed as an RBAC rule."""
    result = only(report(served={}, rights=Permissions(missing=NEEDED)), "rights")
    assert [value.partition(" (")[0] for _, value in result.evidence] == [f"{r}" for r in NEEDED]


@pytest.mark.parametrize(
    ("name", "level"),
    [("flux-operator", Level.WARN), ("flux-operator-mcp", Level.SKIP), ("helm", Level.WARN),
     ("flux", Level.SKIP), ("kubectl", Level.FAIL)],
)  # fmt: skip
def test_a_tool_that_is_missing(name: str, level: Level) -> None:
    """A missing program has a hint to install it; advice does not change the code."""
    result = report(served={}, gone=(name,))
    (finding,) = [f for f in findings_of(result, "tools") if f.level is not Level.PASS]
    assert finding.level is level
    assert finding.hints
    assert (result.exit_code() is Exit.HEALTHY) is (level is not Level.FAIL)


def test_homebrew_is_advised_only_to_install_another_program() -> None:
    """If everything else is installed, it is of no use."""
    for gone, advised in ((("brew",), False), (("brew", "helm"), True)):
        findings = findings_of(report(served={}, gone=gone), "tools")
        assert any(finding.title.startswith("brew is not") for finding in findings) is advised


def test_the_way_to_get_it_is_one_that_is_here() -> None:
    """Without Homebrew the hint names the archive for this machine."""
    with_brew, without_brew = (
        next(
            f
            for f in findings_of(report(served={}, gone=gone), "tools")
            if "operator is" in f.title
        )
        for gone in (("flux-operator",), ("flux-operator", "brew", "flux"))
    )
    assert with_brew.hints[0].commands[0].argv[:2] == ("brew", "install")
    assert not any(hint.commands for hint in without_brew.hints)
    assert "flux-operator_VERSION_" in without_brew.hints[0].text


def _by(labels: Object) -> list[Object]:
    names = {"app.kubernetes.io/name": "flux-operator"}
    return alter(HEALTHY, OPERATOR, {"metadata.labels": names | labels})


@pytest.mark.parametrize(
    ("objects", "code", "words"),
    [
        (HEALTHY, "installed-already", "by Helm"),
        (_by({"olm.owner": "x"}), "installed-already", "by OLM"),
        (_by({"kustomize.toolkit.fluxcd.io/name": "x"}), "installed-already", "by a Kustomization"),
        (_by({}), "installed-already", "from plain manifests"),
        (
            without(HEALTHY, "FluxInstance/flux"),
            "operator-without-instance",
            "without a FluxInstance",
        ),
        (
            without(HEALTHY, OPERATOR, "FluxInstance/flux"),
            "flux-by-others",
            "is installed by",
        ),
    ],
)
def test_what_is_here(objects: list[Object], code: str, words: str) -> None:
    """An existing installation is a warning that names the tool that installed it."""
    finding = only(report(*objects), "existing")
    assert (finding.level, finding.code) == (Level.WARN, code)
    assert words in finding.title
    assert finding.hints


@pytest.mark.parametrize("name", ["deployments.apps/controllers", "deployments.apps/operator"])
def test_forbidden_is_not_nothing(name: str) -> None:
    """Without permission to list Deployments, none is reported as absent."""
    finding = only(report(served={}, unread={name: FORBIDDEN}), "existing")
    assert finding.level is Level.UNKNOWN


def test_an_instance_that_may_not_be_read() -> None:
    """Without permission to read the FluxInstance, it is not reported as absent."""
    kind = "fluxinstances.fluxcd.controlplane.io"
    result = report(*without(HEALTHY, "FluxInstance/flux"), unread={kind: FORBIDDEN})
    installed, instance = findings_of(result, "existing")
    assert (installed.level, instance.level) == (Level.PASS, Level.UNKNOWN)
    assert "without a FluxInstance" not in installed.title
    assert kind in instance.title


def test_leftovers() -> None:
    """CRDs without a controller are reported with their objects, terminating ones by name."""
    objects = [flux("Kustomization", "apps/old"),
               flux("HelmRelease", "apps/hung", deletionTimestamp=stamp(minutes(60)))]  # fmt: skip
    codes = {f.code: f for f in findings_of(report(*objects), "leftovers")}
    assert set(codes) == {"crds-left", "terminating-without-controller"}
    assert "2 objects" in codes["crds-left"].title
    assert "HelmRelease apps/hung" in codes["terminating-without-controller"].title
    assert only(report(served={}), "leftovers").level is Level.PASS
    assert only(report(*HEALTHY), "leftovers").level is Level.SKIP


def test_a_namespace_that_goes() -> None:
    """A terminating namespace prevents an installation."""
    item = {"kind": "Namespace", "metadata": {"name": "flux-system",
                                               "deletionTimestamp": stamp(minutes(5))}}  # fmt: skip
    result = report(served={}, namespaces=Read((item,)))
    assert ("fail", "namespace-terminating") in {(f.level.value, f.code) for f in result.findings}


@pytest.mark.parametrize(
    ("url", "place"),
    [("https://git.example.com/a/b", "git.example.com:443"),
     ("ssh://git@git.example.com/a/b", "git.example.com:22"),
     ("ssh://git@git.example.com:2222/a/b", "git.example.com:2222")],
)  # fmt: skip
def test_what_must_be_reached(url: str, place: str) -> None:
    """The host and port of the Git server are reported as not checked."""
    found = findings_of(report(served={}, url=url), "network")
    assert place in found[-1].title
    assert all(f.level is Level.SKIP and "cannot be checked" in f.title for f in found)
    assert all(command.changes for f in found for hint in f.hints for command in hint.commands)


def test_unreachable() -> None:
    """Without a cluster only this machine is checked, and the code is 3."""
    seen = Evidence(NOW, unreachable=Unread(Why.UNREACHABLE, "refused"))
    result = report_of(State(seen), Permissions(unread=GONE), ALL_HERE, "")
    assert result.exit_code() is Exit.NO_VERDICT
    assert {f.step for f in result.findings} == {"cluster", "tools", "network"}


def test_the_document_is_that_of_the_check() -> None:
    """The JSON is valid against the schema of the check."""
    result = report(*HEALTHY, rights=Permissions(missing=NEEDED), gone=("flux-operator",), url=URL)
    document = json.loads(as_json.render(result, Look(everything=True)))
    schema = json.loads((ROOT / "fluxstatus" / "report" / "schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)


def test_text_fits() -> None:
    """The text fits 80 columns, except for commands."""
    result = report(*HEALTHY, rights=Permissions(missing=NEEDED), gone=("flux-operator",), url=URL)
    lines = as_text.render(result, Look(everything=True)).splitlines()
    copied = ("kubectl ", "brew ", "flux ", "https://")
    assert not [line for line in lines if len(line) > 80 and not any(c in line for c in copied)]

"""Every recorded message of real controllers has a meaning."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.knowledge import diagnose
from fluxstatus.knowledge.unknown import UNKNOWN_FAULT
from fluxstatus.model import snapshot
from fluxstatus.model.findings import Finding, Level
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State
from tests.builders import judge
from tests.knowledge.examples import AROUND, Example
from tests.recorded.score import HERE, truths

SNAPSHOTS = sorted(HERE.glob("*.json.gz"))
GOOD = {"Ready", "Reconciling", "ArtifactInStorage", "Healthy", "Released", "TestSuccess",
        "Remediated", "SourceVerified"}  # fmt: skip
"""Conditions that report no fault when they are True."""

OTHERS = {"DependencyNotReady", "SourceNotReady", "NoSourceArtifact", "SourceUnavailable",
          "ArtifactFailed"}  # fmt: skip
"""Reasons of objects that wait: the fault belongs to the object that they wait for."""

QUIET = {"ReconciliationDisabled", "Progressing"}
"""Reasons of Warning events that report no fault."""


class Reported(NamedTuple):
    """A row of conditions.tsv."""

    subject: str
    conditions: tuple[str, ...]
    reason: str
    code: str
    message: str

    def diagnosed(self) -> str:
        """Return the code of its diagnosis."""
        message = self.message.replace("\\n", "\n")
        return Example(self.subject, self.reason, message, "", ()).diagnosis().code


@cache
def rows() -> tuple[Reported, ...]:
    """Return the rows of conditions.tsv."""
    lines = Path(__file__).with_name("conditions.tsv").read_text().splitlines()
    cells = (line.split("\t") for line in lines if line[0] != "#")
    return tuple(Reported(s, tuple(c.split(",")), r, code, m) for s, c, r, code, m in cells)


@pytest.mark.parametrize(
    "row", [r for r in rows() if r.code[0] != "("], ids=lambda r: r.message[:60]
)
def test_a_recorded_message_has_a_code(row: Reported) -> None:
    """Each fault that a real controller reported has its code."""
    assert row.diagnosed() == row.code


@pytest.mark.parametrize(
    "row", [r for r in rows() if r.code[0] == "("], ids=lambda r: r.message[:60]
)
def test_a_message_without_a_rule_is_not_a_fault(row: Reported) -> None:
    """A message without a rule reports no fault, or one that is reported elsewhere."""
    if row.code == "(nothing)":
        good = {f"{name}=True" for name in GOOD} | {"Ready=Unknown"}
        assert set(row.conditions) <= good or row.reason in QUIET
    elif row.code == "(others)":
        assert row.reason in OTHERS
    else:
        assert row.code in {"(workload)", "(drift)"}
        assert "Warning" in row.conditions


class Word(NamedTuple):
    """A message about a recorded object, from a condition ("Type=Status") or a "Warning" event."""

    resource: Resource
    condition: str
    reason: str
    message: str


def words(file: Path) -> Iterator[Word]:
    """Yield all conditions and Warning events of the objects of Flux in the snapshot *file*."""
    state = State(snapshot.load(file))
    for resource in state.resources.values():
        for name, condition in resource.conditions.items():
            status, reason = condition.get("status"), text_of(condition.get("reason"))
            yield Word(resource, f"{name}={status}", reason, text_of(condition.get("message")))
    for item in state.evidence.answer("events").known:
        about = map_of(item.get("involvedObject"))
        kind, namespace, name = (text_of(about.get(f)) for f in ("kind", "namespace", "name"))
        if of_event := state.resources.get((kind, namespace, name)):
            reason, message = text_of(item.get("reason")), text_of(item.get("message"))
            yield Word(of_event, "Warning", reason, message)


@pytest.mark.parametrize("file", SNAPSHOTS, ids=lambda file: file.name)
def test_every_recorded_word_is_known(file: Path) -> None:
    """Every condition and event of a recorded cluster is in conditions.tsv and has a rule."""
    known = {(r.subject.partition("+")[0], c, r.reason) for r in rows() for c in r.conditions}
    unlisted, riddles = set(), set()
    for result in words(file):
        kind = result.resource.kind.name
        entry = "Provider" if kind == "Alert" else kind
        if (entry, result.condition, result.reason) not in known:
            unlisted.add((kind, result.condition, result.reason, result.message[:80]))
        name, _, status = result.condition.partition("=")
        quiet = (name in GOOD and status == "True") or status == "Unknown" or result.reason in QUIET
        elsewhere = kind == "Alert" or result.reason in OTHERS or name == "Drifted"
        if quiet or elsewhere or result.reason == "DriftDetected":
            continue
        diagnosis = diagnose(result.resource, result.reason, result.message, AROUND)
        if diagnosis.code == UNKNOWN_FAULT.code:
            riddles.add((kind, result.reason, result.message[:80]))
    assert unlisted == set()
    assert riddles == set()


CODES = {
    "alert-suspended": "suspended",
    "bucket-denied": "bucket-denied",
    "bucket-secret-missing": "secret-missing",
    "chain-cross-kind": "git-auth-rejected",
    "git-commit-missing": "git-ref-missing",
    "git-fanout-30": "host-refuses",
    "git-gpg-verify-fail": "signature-missing",
    "git-missing-secret": "secret-missing",
    "git-proxy-secret-missing": "proxy-secret-missing",
    "git-repo-404": "git-repository-missing",
    "git-secret-missing-keys": "git-auth-rejected",
    "git-semver-missing": "git-ref-missing",
    "git-server-500": "host-broken",
    "git-ssh-bad-private-key": "ssh-key-invalid",
    "git-ssh-healthy": "",
    "git-ssh-key-not-authorized": "ssh-key-rejected",
    "git-suspended-stale": "suspended",
    "git-two-roots": "git-ref-missing secret-missing yaml-invalid",
    "git-x509-unknown-ca": "tls-unknown-authority",
    "healthy-chain": "",
    "healthy-fanout": "",
    "healthy-helm": "",
    "healthy-recovered": "",
    "helmrepo-404": "helm-index-missing",
    "helmrepo-not-index": "helm-index-invalid",
    "helmrepo-unauthorized": "helm-index-auth",
    "hr-chart-tgz-404": "chart-archive-missing",
    "hr-crd-missing": "crd-missing",
    "hr-dep-chain": "chart-version-missing",
    "hr-dep-missing": "target-missing",
    "hr-drift-warn": "drift-detected",
    "hr-hook-failed": "hook-failed",
    "hr-install-failed-noremed": "release-unhealthy",
    "hr-oci-chart-label": "label-invalid",
    "hr-oci-tag-missing": "registry-tag-missing",
    "hr-ownership-conflict": "helm-ownership",
    "hr-rolled-back": "upgrade-rolled-back",
    "hr-sa-forbidden": "rbac-forbidden",
    "hr-schema-invalid": "values-invalid",
    "hr-source-missing": "target-missing",
    "hr-suspended": "suspended",
    "hr-takes-ownership": "",
    "hr-targetns-missing": "namespace-missing",
    "hr-template-error": "template-error",
    "hr-test-failed": "helm-test-failed",
    "hr-values-key-missing": "values-missing",
    "hr-values-secret-missing": "values-missing",
    "ks-bad-yaml": "yaml-invalid",
    "ks-dep-chain": "yaml-invalid",
    "ks-health-deadline": "health-check-failed",
    "ks-health-imagepull": "health-check-failed",
    "ks-health-job-failed": "health-check-failed",
    "ks-health-podsecurity": "health-check-failed",
    "ks-health-unschedulable": "health-check-failed",
    "ks-healthcheck-missing-object": "health-check-failed",
    "ks-immutable-field": "immutable-field",
    "ks-invalid-manifest": "manifest-invalid",
    "ks-missing-resource-file": "resource-file-missing",
    "ks-namespace-missing": "namespace-missing",
    "ks-nested-hr": "chart-version-missing",
    "ks-no-crd": "crd-missing",
    "ks-patch-no-match": "patch-without-target",
    "ks-path-missing": "path-missing",
    "ks-sa-missing": "rbac-forbidden",
    "ks-sops-not-configured": "sops-not-configured",
    "ks-sops-wrong-key": "sops-key-wrong",
    "ks-source-wrong-kind": "target-missing",
    "ks-source-wrong-namespace": "target-missing",
    "ks-subst-strict-missing-var": "variable-missing",
    "ks-suspended": "suspended",
    "ks-suspended-blocking": "suspended",
    "ks-terminating-forbidden": "terminating",
    "ks-terminating-no-controller": "terminating-without-controller",
    "ks-unknown-field": "",
    "oci-repo-missing": "registry-repository-missing",
    "oci-secret-wrong-type": "registry-auth-rejected",
    "oci-tag-missing": "registry-tag-missing",
    "oci-unreachable": "host-refuses",
    "oci-wrong-creds": "registry-auth-rejected",
    "progressing-normal": "",
    "provider-endpoint-404": "notification-failed",
    "provider-secret-missing": "notification-failed",
    "receiver-healthy": "",
    "receiver-token-nokey": "receiver-token-missing",
    "rset-child-failing": "yaml-invalid",
    "rset-dep-missing": "dependency-missing",
    "rset-healthy": "",
    "rset-inputprovider-missing": "target-missing",
    "rset-sa-forbidden": "rbac-forbidden",
    "rsip-dns-failure": "host-not-found",
    "rsip-secret-missing": "provider-secret-missing",
    "rsip-unauthorized-oci": "provider-auth-rejected",
    "shard-no-controller": "shard-without-controller",
    "shard-stale-generation": "shard-without-controller",
    "xns-dep": "yaml-invalid",
    "xns-source": "host-refuses",
    "xns-tenant-a": "host-refuses",
    "xns-tenant-b": "host-refuses",
    "cluster-classic-bootstrap": "git-ref-missing",
    "cluster-empty-no-flux": "not-installed",
    "cluster-fluxinstance-bad-version": "distribution-version-missing",
    "cluster-healthy": "",
    "cluster-helm-controller-missing": "controller-missing",
    "cluster-kustomize-controller-crashloop": "controller-out-of-memory",
    "cluster-operator-no-instance": "instance-missing",
    "cluster-sync-auth-failing": "git-auth-missing",
}
"""The codes of each recorded fault in the report; empty for healthy scenarios."""


def of_truth(truth: dict[str, Any], findings: tuple[Finding, ...]) -> str:
    """Return the codes of the findings about the roots of *truth*."""
    names = {(r["kind"], r.get("namespace") or "", r["name"]) for r in truth["root_causes"]}
    about = [
        f.code
        for f in findings
        if f.level in (Level.FAIL, Level.WARN)
        and (
            (f.object and (f.object.kind, f.object.namespace, f.object.name) in names)
            or (not f.object and ("Cluster", "", "flux") in names)
        )
    ]
    return " ".join(sorted(set(about)))


def recorded() -> Iterator[tuple[str, str]]:
    """Yield every recorded fault with its codes in the report."""
    zoo = judge(snapshot.load(HERE / "zoo.json.gz")).findings
    for truth in truths("namespace"):
        yield truth["scenario"], of_truth(truth, zoo)
    for truth in truths("cluster"):
        name = truth["scenario"]
        yield name, of_truth(truth, judge(snapshot.load(HERE / f"{name}.json.gz")).findings)


RECORDED = dict(recorded())


@pytest.mark.parametrize("scenario", sorted({*CODES, *RECORDED}))
def test_a_recorded_fault_has_its_name(scenario: str) -> None:
    """Each recorded fault has its code, and healthy objects have none."""
    assert RECORDED.get(scenario) == CODES.get(scenario)

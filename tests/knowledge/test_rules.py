"""The rules: what a controller's words mean, and the commands that come with it."""

import re
import shlex
import string
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fluxstatus import snapshot
from fluxstatus.findings import Command, Finding, Level
from fluxstatus.judge import judge
from fluxstatus.knowledge import RULES, UNKNOWN_FAULT, Diagnosis, diagnose
from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.subject import fields_of, workload_fields
from tests.making import flux, flux_system, judged, state
from tests.recorded.score import HERE, truths

ALL = (*RULES, *STATES.values())
AROUND = {"now": "2026-11-23T12:00:00Z", "flux_namespace": "flux-system"}
HEALTH = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
FIELDS = {
    *fields_of(judged(flux("Kustomization", "x"))), *workload_fields(HEALTH), *AROUND, "reason",
    "controller", "shard", "switch", "generation", "observed", "finalizers",
}  # fmt: skip
STATE_FIELDS = {
    "missing_target", "referrers", "target_resource", "target", "cycle", "trouble", "kinds",
    "instance",
    "instance_resource", "names", "registry", "count", "target_name", "target_ns", "expression",
    "expected", "target_cluster_resource", "waiting",
}  # fmt: skip
READS = {"get", "describe", "logs", "explain", "auth", "api-resources"}
CHANGES = {"annotate", "patch", "create", "scale", "rollout", "apply", "delete", "install"}


def templates(rule: Rule) -> Iterator[str]:
    """Give every template of *rule*."""
    yield rule.why
    for step in rule.steps:
        yield from (step.text, *step.read, *step.change)


def names_in(template: str) -> set[str]:
    """Give the fields that *template* names."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_rule_names_only_fields_there_are(rule: Rule) -> None:
    """Every field in a template is one of the object, of its state or of the rule's pattern."""
    known = FIELDS | set(rule.pattern.groupindex)
    known |= STATE_FIELDS if rule.code in STATES else set()
    assert {name for t in templates(rule) for name in names_in(t)} <= known


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_rule_helps(rule: Rule) -> None:
    """Every rule has a code, says why, has a next step and tells where it comes from."""
    assert re.fullmatch(r"[a-z][a-z-]+[a-z]", rule.code)
    assert rule.why
    assert rule.steps
    assert all(step.text for step in rule.steps)
    assert rule.upstream or rule is UNKNOWN_FAULT


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_rules_commands_are_commands(rule: Rule) -> None:
    """Every command parses, starts with a known program, and is marked if it changes anything."""
    for step in rule.steps:
        for commands, verbs in ((step.read, READS), (step.change, CHANGES)):
            for command in commands:
                program, verb, *words = shlex.split(command)
                assert program in {"kubectl", "flux-operator", "helm"}
                assert verb in verbs, command
                assert words


SECRETS = {
    "basic-auth": {"--username", "--password-stdin"},
    "registry": {"--server", "--username", "--password-stdin"},
    "ssh": {"--private-key-file", "--knownhosts-file"},
    "tls": {"--ca-crt-file"},
    "proxy": {"--address"},
    "sops": {"--age-key-file"},
}
"""The flags that `flux-operator create secret` has (FO cmd/cli/create_secret_*.go)."""


def test_secrets_are_made_with_flags_there_are() -> None:
    """Each command that makes a Secret uses flags of flux-operator, all that it needs."""
    lines = {line for rule in ALL for step in rule.steps for line in step.change}
    made = [line.split()[3:] for line in lines if line.startswith("flux-operator create secret")]
    assert {kind for kind, *_ in made} == set(SECRETS)
    for kind, _, *words in made:
        assert {w.partition("=")[0] for w in words if w.startswith("--")} == SECRETS[kind]


def diagnosis(kind: str, reason: str, message: str, spec: dict[str, Any]) -> Diagnosis:
    """Say what *reason* and *message* mean for an object of *kind*."""
    resource = judged(flux(kind, "x", {"Ready": f"False {reason}: {message}"}, spec=spec))
    return diagnose(resource, reason, message, AROUND)


AUTH = {"url": "https://git.example.com/a.git", "secretRef": {"name": "auth"}}
SPECS: dict[str, dict[str, Any]] = {
    "": {"url": "https://git.example.com/a.git", "bucketName": "b", "path": "./x"},
    "secret": AUTH,
    "proxy": {"proxySecretRef": {"name": "p"}},
    "kubeConfig": {"kubeConfig": {"secretRef": {"name": "remote"}}},
}
GIT, OCI, HELM, BUCKET = "GitRepository", "OCIRepository", "HelmRepository", "Bucket"
KS, HR, RSET = "Kustomization", "HelmRelease", "ResourceSet"


NOT_SET = 'envsubst error: variable substitution failed: variable not set (strict mode): "DOMAIN"'
INCLUDE = 'executing "a.yaml" at <include "web.x" .>: no template "web.x"'
NO_CRD = "dependency apiextensions.k8s.io/v1/CustomResourceDefinition/x.io not found"


def messages() -> Iterator[tuple[str, str, str]]:
    """Give what messages.txt holds: who says it and why, the message, and its code."""
    lines = Path(__file__).with_name("messages.txt").read_text().splitlines()
    told = [line for line in lines if line and not line.startswith("#")]
    for who, message in batched(told):
        subject, _, code = who.partition(" -> ")
        yield subject, message.strip().replace("\\n", "\n"), code


def batched(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Give *lines* two by two."""
    return zip(lines[::2], lines[1::2], strict=True)


@pytest.mark.parametrize(("subject", "message", "code"), list(messages()))
def test_a_message_has_a_meaning(subject: str, message: str, code: str) -> None:
    """The most special rule that fits upstream's words is taken."""
    who, _, reason = subject.partition(" ")
    kind, _, what = who.partition("+")
    assert diagnosis(kind, reason, message, SPECS[what]).code == code


@pytest.mark.parametrize(
    ("kind", "reason", "message", "words"),
    [
        (KS, "BuildFailed", NOT_SET, ["DOMAIN"]),
        (KS, "BuildFailed", 'secrets "sops-age" not found', ["sops-age"]),
        (HR, "InstallFailed", 'template: no template "web.x" associated with "gotpl"', ["web.x"]),
        (HR, "InstallFailed", INCLUDE, ['no template "web.x"']),
        (RSET, "DependencyNotReady", NO_CRD, ["CustomResourceDefinition", "x.io"]),
        (GIT, "X", 'Get "https://***@git.example.com:8443/x": i/o timeout', ["example.com:8443"]),
        (GIT, "X", "clone 'ssh://***@git.example.com/x': connection refused", ["git.example.com"]),
    ],
)
def test_a_diagnosis_names_what_the_message_names(
    kind: str, reason: str, message: str, words: list[str]
) -> None:
    """The variable, Secret, template or host in a message stands in the diagnosis."""
    said = diagnosis(kind, reason, message, {})
    assert all(word in said.why for word in words), said.why


def commands(said: Diagnosis) -> list[Command]:
    """Give the commands of all the hints of *said*."""
    return [command for hint in said.hints for command in hint.commands]


@pytest.mark.parametrize(
    ("kind", "verb"),
    [(GIT, "basic-auth"), (OCI, "registry"), (HELM, "basic-auth"), (BUCKET, "generic")],
)
def test_a_missing_secret_is_made_as_its_kind_needs_it(kind: str, verb: str) -> None:
    """The command that makes a missing Secret makes one that this kind of source can use."""
    said = diagnosis(kind, "AuthenticationFailed", 'secrets "auth" not found', AUTH)
    made = [command.argv for command in commands(said) if command.changes]
    assert [argv for argv in made if verb in argv and "auth" in argv]


def test_a_receiver_is_not_offered_an_ssh_key() -> None:
    """What a Receiver lacks is a token."""
    said = diagnosis("Receiver", "TokenNotFound", "required fields 'token'", AUTH)
    assert [c.argv for c in commands(said) if "ssh" in c.argv] == []


def test_a_dependency_of_any_kind_is_looked_up_by_its_kind() -> None:
    """The command for a missing dependency names the kind, not the version."""
    missing = "dependency apiextensions.k8s.io/v1/CustomResourceDefinition/x.io not found"
    said = diagnosis(RSET, "DependencyNotReady", missing, {})
    assert ("kubectl", "get", "CustomResourceDefinition") in [c.argv[:3] for c in commands(said)]


def test_a_corrupt_artifact_is_fetched_again() -> None:
    """The source that a Kustomization takes its artifact from is asked to fetch again."""
    spec = {"sourceRef": {"kind": GIT, "name": "git", "namespace": "src"}}
    said = diagnosis(KS, "ArtifactFailed", "computed digest doesn't match", spec)
    argv = commands(said)[0].argv
    assert argv[:5] == ("kubectl", "annotate", "--overwrite",
                        "gitrepositories.source.toolkit.fluxcd.io", "git")  # fmt: skip
    assert argv[5:7] == ("-n", "src")


def test_what_fails_after_a_rollback_says_that_the_old_version_runs() -> None:
    """Also a rule that knows the error tells that the release was rolled back."""
    conditions = {"Ready": "False RollbackSucceeded: rolled back",
                  "Released": "False UpgradeFailed: field is immutable"}  # fmt: skip
    (cause,) = state(*flux_system(), flux(HR, "x", conditions)).causes.all
    assert cause.fault.diagnosis.code == "immutable-field"
    assert "the previous version runs" in cause.fault.diagnosis.why


def test_an_endless_message_is_read_quickly() -> None:
    """A message of 32 KiB that nearly fits many patterns takes no noticeable time."""
    text = ("https://a.example " * 2000)[: 32 * 1024]
    began = time.perf_counter()
    diagnosis(GIT, "GitOperationFailed", text, {})
    diagnosis(KS, "BuildFailed", ("sops secret 'a' " * 3000)[: 32 * 1024], {})
    assert time.perf_counter() - began < 0.5


# What the report calls each recorded fault; nothing for the healthy ones.
CODES = {
    "alert-suspended": "suspended",
    "bucket-denied": "bucket-denied",
    "bucket-secret-missing": "secret-missing",
    "chain-cross-kind": "git-auth-rejected",
    "git-commit-missing": "git-ref-missing",
    "git-fanout-30": "host-refuses",
    "git-gpg-verify-fail": "signature-invalid",
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


def of_truth(truth: dict[str, Any], findings: tuple[Finding, ...]) -> str:
    """Give the codes of the findings about the roots of *truth*."""
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
    """Give every recorded fault with the codes that the report has for it."""
    zoo = judge(snapshot.load(HERE / "zoo.json.gz")).findings
    for truth in truths("namespace"):
        yield truth["scenario"], of_truth(truth, zoo)
    for truth in truths("cluster"):
        name = truth["scenario"]
        yield name, of_truth(truth, judge(snapshot.load(HERE / f"{name}.json.gz")).findings)


RECORDED = dict(recorded())


@pytest.mark.parametrize("scenario", sorted({*CODES, *RECORDED}))
def test_a_recorded_fault_has_its_name(scenario: str) -> None:
    """Each recorded fault is called what it is, and nothing is said of the healthy."""
    assert RECORDED.get(scenario) == CODES.get(scenario)

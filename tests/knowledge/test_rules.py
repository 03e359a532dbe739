"""The rules: the diagnosis of each message, and its commands."""

import ast
import io
import re
import shlex
import string
import time
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from fluxstatus.commands.explain.codes import codes
from fluxstatus.knowledge import custom_objects, diagnose, meanings
from fluxstatus.knowledge.diagnosis import Diagnosis
from fluxstatus.knowledge.fields import fields_of, missing_fields, workload_fields
from fluxstatus.knowledge.objects import object_in
from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.tables import RULES
from fluxstatus.knowledge.topics import table
from fluxstatus.knowledge.unknown import UNKNOWN_FAULT
from fluxstatus.knowledge.upgrade_changes import CHANGES as UPGRADE_CHANGES
from fluxstatus.model.hints import Command
from tests.builders import HEALTHY, analysis, flux, judged
from tests.commands.codes import OF_COMMANDS
from tests.conftest import ROOT
from tests.knowledge.examples import AROUND, GIT_URL, Example, examples, sentences

ALL = (*RULES, *STATES.values())
EXAMPLES = list(examples())
HEALTH = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
FIELDS = {
    *fields_of(judged(flux("Kustomization", "x"))), *workload_fields(HEALTH), *AROUND, "reason",
    *object_in("Deployment/apps/web dry-run failed"), *missing_fields({}, ""), "host_said",
    "redirects", "innermost", "operator_version",
    *(f"missing_{role}" for role in ("verify", "certificate", "kubeconfig")),
    "shard", "switch", "generation", "observed", "finalizers",
}  # fmt: skip
STATE_FIELDS = {
    "missing_target", "wrong_target", "other_kind", "referrers", "target_resource", "target",
    "cycle", "trouble", "kinds",
    "reference", "names", "registry", "count", "target_name", "target_ns", "expression",
    "expected", "target_cluster_resource", "waiting", "suspended_by", "failures", "and_objects",
    "pods_ns", "target_generation", "target_observed", "objects", "components", "deletion",
    "component_names", "until", "by_hand", "pending", "cluster_type", "age", "overdue", "example",
    "every", "lease", "unrenewed",
}  # fmt: skip
READS = {"get", "describe", "logs", "explain", "auth", "api-resources", "version"}
CHANGES = {
    "annotate",
    "patch",
    "create",
    "scale",
    "rollout",
    "apply",
    "delete",
    "install",
    "upgrade",
    "uninstall",
}


SOURCES = [f.read_text(encoding="utf-8") for f in (ROOT / "fluxstatus/knowledge").rglob("*.py")]
LITERALS = {
    ast.literal_eval(token.string)
    for source in SOURCES
    for token in tokenize.generate_tokens(io.StringIO(source).readline)
    if token.type == tokenize.STRING and token.start[0] == token.end[0]
    if not token.string.startswith(("f", "rf"))
}
"""All single-line literals in the tables."""


def templates(rule: Rule) -> Iterator[str]:
    """Yield every template of *rule*."""
    yield rule.why
    for step in rule.steps:
        yield from (step.text, *step.read, *step.change)


def names_in(template: str) -> set[str]:
    """Return the fields that *template* names."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_rule_uses_known_fields(rule: Rule) -> None:
    """Every field in a template is one of the object, of its state or of the rule's pattern."""
    known = FIELDS | set(rule.pattern.compiled.groupindex)
    known |= STATE_FIELDS if rule.code in STATES else set()
    assert {name for t in templates(rule) for name in names_in(t)} | set(rule.needs) <= known


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_rule_is_complete(rule: Rule) -> None:
    """Every rule has a code, a cause, a next step and its origin in the code of Flux."""
    assert re.fullmatch(r"[a-z][a-z-]+[a-z]", rule.code)
    assert rule.why
    assert rule.why[-1] != "."
    assert rule.steps
    assert all(step.text and step.text[-1] != "." for step in rule.steps)
    assert rule.upstream or rule is UNKNOWN_FAULT
    assert re.fullmatch(r"(?:>=2\.\d.*)?", rule.versions)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_rules_commands_are_commands(rule: Rule) -> None:
    """Every command parses, starts with a known program, and is marked if it changes anything."""
    for step in rule.steps:
        for commands, verbs in ((step.read, READS), (step.change, CHANGES)):
            for command in commands:
                program, verb, *words = shlex.split(command)
                assert program in {"kubectl", "flux-operator", "helm"}
                assert verb in verbs, command
                assert words or verb in {"api-resources", "version"}


@pytest.mark.parametrize(
    "rule", [*ALL, *table("pods"), *custom_objects.RULES], ids=lambda rule: rule.code
)
def test_a_sentence_is_found_with_grep(rule: Rule) -> None:
    """Each sentence of a rule is one literal on one line."""
    assert {rule.why, *(step.text for step in rule.steps)} <= LITERALS


def calls_of(name: str, source: str) -> Iterator[ast.Call]:
    """Yield the calls of *name* in *source*."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield node


def test_rules_are_written_alike() -> None:
    """A rule has its code first, then keywords in the order of the fields."""
    calls = [call for source in SOURCES for call in calls_of("Rule", source)]
    assert len(calls) > len(ALL) / 2
    for call in calls:
        keywords = [keyword.arg for keyword in call.keywords]
        assert len(call.args) == 1
        assert keywords == [field for field in Rule._fields if field in keywords]


@pytest.mark.parametrize("rule", [r for r in RULES if not r.pattern.pattern], ids=lambda r: r.code)
def test_a_rule_without_a_text_has_a_reason(rule: Rule) -> None:
    """Only the last rule matches every message."""
    assert rule.reasons or rule is UNKNOWN_FAULT


def test_every_rule_has_an_example() -> None:
    """Each rule is the diagnosis of at least one example."""
    reached = {id(example.rule()) for example in EXAMPLES}
    missed = [(r.code, r.pattern.pattern) for r in RULES if id(r) not in reached]
    assert not missed


def test_rules_differ() -> None:
    """No two rules have the same kinds, reasons, patterns, facts and required fields."""
    chosen_by = Counter(
        (r.kinds, r.reasons, r.pattern.pattern, r.context.pattern, r.needs, r.when, r.unless)
        for r in RULES
    )
    assert [key for key, times in chosen_by.items() if times > 1] == []


def test_a_code_is_declared_once() -> None:
    """Rules that share a code share its declaration, so a code has one meaning."""
    declared = defaultdict(set)
    codes = [
        *(rule.code for rule in (*ALL, *table("pods"))),
        *(one.code for one in UPGRADE_CHANGES),
    ]
    for code in codes:
        declared[code].add(id(code))
    assert [code for code, ids in declared.items() if len(ids) > 1] == []
    calls = [node for source in SOURCES for node in calls_of("Code", source)]
    names = Counter(ast.unparse(call.args[0]) for call in calls)
    assert names == Counter(repr(str(code)) for code in declared)


@pytest.mark.parametrize(("code", "meaning"), meanings().items())
def test_a_meaning_is_a_sentence(code: str, meaning: str) -> None:
    """A meaning is one sentence without gaps, fields or references to an object."""
    assert re.fullmatch(r"[A-Z][^{}…;\n]+[^.]\.", meaning), code
    assert not re.search(r"see the message|\b(?:its?|this|these) (?:object|message)\b", meaning)
    assert len(meaning) <= 100


def test_a_code_belongs_to_messages_or_to_a_state() -> None:
    """A code belongs to messages or to a state, not both, and `explain` knows each."""
    of_texts = {rule.code for rule in RULES}
    assert of_texts.isdisjoint(STATES)
    assert of_texts | set(STATES) <= set(codes(OF_COMMANDS))


SECRETS = {
    "basic-auth": {"--username", "--password-stdin"},
    "registry": {"--server", "--username", "--password-stdin"},
    "ssh": {"--private-key-file", "--knownhosts-file"},
    "tls": {"--ca-crt-file", "--tls-crt-file", "--tls-key-file"},
    "proxy": {"--address"},
    "sops": {"--age-key-file", "--gpg-key-file"},
    "githubapp": {"--app-id", "--app-installation-owner", "--app-private-key-file"},
}
"""The flags that `flux-operator create secret` has (FO cmd/cli/create_secret_*.go)."""


def test_secrets_are_created_with_existing_flags() -> None:
    """Each command that creates a Secret uses flags of flux-operator."""
    lines = {line for rule in ALL for step in rule.steps for line in step.change}
    made = [line.split()[3:] for line in lines if line.startswith("flux-operator create secret")]
    assert {kind for kind, *_ in made} == set(SECRETS)
    for kind, _, *words in made:
        flags = {w.partition("=")[0] for w in words if w.startswith("--")}
        assert flags
        assert flags <= SECRETS[kind]


def name_of(example: Example) -> str:
    """Return a short name for *example*."""
    return f"{example.code} {example.subject} {example.message[:40]!r}"


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_a_message_has_a_meaning(example: Example) -> None:
    """Each message has the expected code, and the diagnosis has the expected words."""
    diagnosis = example.diagnosis()
    if example.code.startswith("!"):
        assert diagnosis.code != example.code[1:]
    else:
        assert diagnosis.code == example.code
    assert [word for word in example.words if word not in sentences(diagnosis)] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_a_diagnosis_has_no_gaps(example: Example) -> None:
    """No sentence has a gap, and each hint has a sentence."""
    diagnosis = example.diagnosis()
    text = sentences(diagnosis)
    for value in diagnosis.fields().values():
        if "…" in value:  # a quotation that is cut is no gap
            text = text.replace(value, "")
    assert "…" not in text
    assert diagnosis.hints
    assert all(hint.text for hint in diagnosis.hints)


@pytest.mark.parametrize("kind", ["GitRepository", "Kustomization", "HelmRelease", "FluxInstance"])
@pytest.mark.parametrize("message", ["", "an unknown message", "%s {x} {{y}} \\"])
def test_an_unknown_message_has_next_steps(kind: str, message: str) -> None:
    """An unknown message yields commands for the object and its events."""
    resource = judged(flux(kind, "x", {"Ready": f"False NeverHeard: {message}"}))
    diagnosis = diagnose(resource, "NeverHeard", message, AROUND)
    assert diagnosis.code == UNKNOWN_FAULT.code
    argvs = [command.argv for command in commands(diagnosis)]
    assert ("kubectl", "describe") in [argv[:2] for argv in argvs]
    assert any("events" in argv for argv in argvs)


def commands(diagnosis: Diagnosis) -> list[Command]:
    """Return the commands of all the hints of *diagnosis*."""
    return [command for hint in diagnosis.hints for command in hint.commands]


def of(subject: str, reason: str, message: str) -> Diagnosis:
    """Return the diagnosis of *message*."""
    return Example(subject, reason, message, "", ()).diagnosis()


def test_a_receiver_is_not_offered_an_ssh_key() -> None:
    """A Receiver without a token gets no SSH command."""
    diagnosis = of("Receiver+secret", "TokenNotFound", "required fields 'token'")
    assert [c.argv for c in commands(diagnosis) if "ssh" in c.argv] == []


def test_a_dependency_of_any_kind_is_looked_up_by_its_kind() -> None:
    """The command for a missing dependency names the kind, not the version."""
    missing = "dependency apiextensions.k8s.io/v1/CustomResourceDefinition/x.io not found"
    argvs = [c.argv[:3] for c in commands(of("ResourceSet", "DependencyNotReady", missing))]
    assert ("kubectl", "get", "CustomResourceDefinition") in argvs


def test_a_corrupt_artifact_is_fetched_again() -> None:
    """The command reconciles the source of the Kustomization."""
    diagnosis = of("Kustomization+source", "ArtifactFailed", "computed digest doesn't match 'x'")
    argv = commands(diagnosis)[0].argv
    assert argv[:5] == ("kubectl", "annotate", "--overwrite",
                        "gitrepositories.source.toolkit.fluxcd.io", "git")  # fmt: skip
    assert argv[5:7] == ("-n", "src")


def test_the_host_that_failed_is_named() -> None:
    """Of several URLs in a message, the last is the one that could not be reached."""
    moved = f"clone '{GIT_URL}': Get \"https://***@cdn.example.com:8443/x\": i/o timeout"
    assert "cdn.example.com:8443" in of("GitRepository", "GitOperationFailed", moved).why


@pytest.mark.parametrize(
    "message",
    ['namespaces "prod" not found', "exceeded quota: q, requested: pods=1", "odd", HEALTH,
     "another operation (install/upgrade/rollback) is in progress"],
)  # fmt: skip
def test_a_failed_release_can_be_retried(message: str) -> None:
    """A failed release gets one command that resets its retries or forces it."""
    argvs = [
        " ".join(command.argv) for command in commands(of("HelmRelease", "InstallFailed", message))
    ]
    again = [argv for argv in argvs if "resetAt" in argv or "forceAt" in argv]
    assert len(again) == 1
    assert "requestedAt" in again[0]


def test_helms_log_is_not_the_error() -> None:
    """The log that Helm appends is not part of the error."""
    logged = f'{HEALTH}\n\nLast Helm logs:\n\n2026-11-23: conflict with "kubectl"'
    assert of("HelmRelease", "InstallFailed", logged).code == "release-unhealthy"


def test_a_cause_after_a_rollback_mentions_the_rollback() -> None:
    """The cause mentions that the release was rolled back."""
    conditions = {"Ready": "False RollbackSucceeded: rolled back",
                  "Released": "False UpgradeFailed: field is immutable"}  # fmt: skip
    (cause,) = analysis(*HEALTHY, flux("HelmRelease", "x", conditions)).causes.all
    assert cause.fault.diagnosis.code == "immutable-field"
    assert "the previous version is running" in cause.fault.diagnosis.why


@pytest.mark.parametrize(
    "part",
    ["https://a.example ", "sops secret 'a' ", "x", "x: ", "Deployment/a/b ", "a/b/c.d-e_f:",
     'failed calling webhook "a": ', 'User "system:serviceaccount:a:b" cannot '],
)  # fmt: skip
def test_a_long_message_is_diagnosed_quickly(part: str) -> None:
    """A message of 32 KiB that nearly matches many patterns takes at most a second of CPU time."""
    text = (part * 32 * 1024)[: 32 * 1024]
    began = time.process_time()
    for kind in ("GitRepository", "Kustomization", "HelmRelease"):
        of(kind, "BuildFailed", text)
    assert time.process_time() - began < 1


REASONS = {
    "GitRepository": "AuthenticationFailed InvalidProviderConfiguration GitOperationFailed "
    "EmptyGitRepository NotFound NoArtifact VerificationError InvalidTagSignature "
    "InvalidCommitSignature InvalidGitObject InvalidVerificationMode URLInvalid "
    "FeatureGateDisabled DirectoryCreationFailed StatOperationFailed ArchiveOperationFailed "
    "AcquireLockFailed InvalidPath SourceIgnoreError IllegalPath CopyFailure PatchOperationFailed",
    "OCIRepository": "AuthenticationFailed OCIArtifactPullFailed ReadOperationFailed "
    "OCIArtifactLayerOperationFailed VerificationError URLInvalid FeatureGateDisabled",
    "HelmRepository": "AuthenticationFailed Failed IndexationFailed URLInvalid",
    "HelmChart": "SourceUnavailable UnsupportedSourceKind InvalidChartReference ChartPullError "
    "DependencyBuildError ChartPackageError ValuesFilesError MetadataPatchError "
    "ChartVerificationError AuthenticationFailed",
    "Bucket": "BucketOperationFailed AuthenticationFailed InvalidSTSConfiguration",
    "Kustomization": "AccessDenied BuildFailed ReconciliationFailed PruneFailed HealthCheckFailed "
    "HealthCheckCanceled InvalidCELExpression FeatureGateDisabled",
    "HelmRelease": "AccessDenied ValuesError ChartMutateError RESTClientError ResourceManagerError "
    "FactoryError ConfigFactoryErr StateError ReconcileError InstallFailed UpgradeFailed "
    "TestFailed RollbackSucceeded RollbackFailed UninstallSucceeded UninstallFailed PendingRelease "
    "RetriesExceeded MissingRollbackTarget RetryAfterInterval",
    "Receiver": "TokenNotFound ValidationFailed InvalidCELExpression",
    "ImageRepository": "AuthenticationFailed ReadOperationFailed ImageURLInvalid "
    "FeatureGateDisabled Failure",
    "ImagePolicy": "InvalidPolicy IntervalNotConfigured AccessDenied Failure",
    "ImageUpdateAutomation": "GitOperationFailed UpdateFailed SourceManagerFailed "
    "InvalidPolicySelector InvalidUpdateStrategy InvalidSourceConfiguration RemovedTemplateField "
    "AccessDenied",
    "ArtifactGenerator": "SourceFetchFailed BuildFailed ReconciliationFailed ValidationFailed "
    "AccessDenied",
    "FluxInstance": "ArtifactFailed BuildFailed ReconciliationFailed HealthCheckCanceled",
    "ResourceSet": "BuildFailed ReconciliationFailed InvalidSpec",
    "ResourceSetInputProvider": "ReconciliationFailed InvalidSpec InvalidDefaultValues "
    "InvalidSchedule InvalidExportedInputs",
}
"""Every reason of Ready=False by kind, except those about other objects."""


@pytest.mark.parametrize(
    ("kind", "reason"), [(kind, one) for kind in REASONS for one in REASONS[kind].split()]
)
def test_every_reason_is_known(kind: str, reason: str) -> None:
    """Each reason of a controller has a rule, even with an unknown message."""
    diagnosis = of(kind, reason, "odd")
    assert diagnosis.code != UNKNOWN_FAULT.code
    assert diagnosis.hints


DENIED = "authentication required: Unauthorized"


@pytest.mark.parametrize("before", [0, 2900, 32 * 1024 - len(DENIED)])
@pytest.mark.parametrize("after", [0, 2900])
def test_an_error_in_a_long_message_is_found(before: int, after: int) -> None:
    """An error counts wherever it is in a long message, and at both ends of a very long one."""
    text = "x " * (before // 2) + f": {DENIED}" + ("\n" + "y " * (after // 2)) * bool(after)
    assert of("GitRepository", "GitOperationFailed", text).code == "git-auth-missing"
    ends = f"unable to clone: {DENIED}\n" + "y " * 16_000
    assert of("GitRepository", "GitOperationFailed", ends).code == "git-auth-missing"

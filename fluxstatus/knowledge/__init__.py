"""What is known of Flux's messages: reasons and texts to cause and fix, as data.

To add a fault is to add a `Rule` to the table of its kind; the first rule that fits is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fluxstatus.findings import Hint
from fluxstatus.knowledge import (
    admission,
    api_server,
    applying,
    building,
    charts,
    cloud,
    decryption,
    git,
    git_login,
    health,
    images,
    instances,
    manifests,
    notifications,
    outcomes,
    pods,
    registry,
    releases,
    resource_sets,
    secret_refs,
    signatures,
    storage,
    substitution,
    tenancy,
    transport,
    values,
)
from fluxstatus.knowledge.rule import Rule, Step, fill, hints
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.steps import FORCE, RESET, RETRY
from fluxstatus.knowledge.subject import (
    fields_of,
    host_in,
    missing_fields,
    object_in,
    workload_fields,
)
from fluxstatus.resources import Resource, Verdict

UNKNOWN_FAULT = Rule(
    "not-ready",
    "it fails with the reason {reason}: the controller's message says more",
    (
        Step(
            "read what the controller says of it, and its events",
            read=(
                "kubectl describe {resource} {name} -n {ns}",
                "kubectl get events -n {ns} --field-selector=involvedObject.name={name}",
            ),
        ),
    ),
)


TABLES = (
    # what an applier builds, then what the API server says to it
    values, releases, outcomes, health, decryption, substitution, building, instances,
    resource_sets, tenancy, admission, applying, api_server, manifests,
    # what else a controller needs, and then the host that it is for
    images, notifications, secret_refs, signatures, storage, cloud, transport, git_login, git,
    charts, registry,
)  # fmt: skip
"""The tables of rules, in the order in which they are tried: the special before the general."""


def _by_reason_only(rule: Rule) -> bool:
    """Sort key: a text says more than a reason."""
    return not rule.pattern.pattern


RULES: tuple[Rule, ...] = (
    *sorted((rule for table in TABLES for rule in table.RULES), key=_by_reason_only),
    UNKNOWN_FAULT,
)
"""Every rule that a message selects, as diagnose() tries them: texts before mere reasons."""


_OF_PODS = (*pods.RULES, *admission.RULES, *cloud.RULES)
"""What can be said of a workload's pods and events; an admission plugin refuses pods too."""

_END = 3000  # characters


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a fault means: its code, the cause in plain words, and the next steps."""

    code: str
    why: str
    hints: tuple[Hint, ...]
    transient: bool
    trivial: bool


def diagnose(resource: Resource, reason: str, message: str, around: Mapping[str, str]) -> Diagnosis:
    """Say what *reason* and *message* mean for *resource*; never without a next step.

    *around* are fields that the object itself does not know: now, flux_namespace.
    """
    rule, fields = rule_for(resource, reason, message, around)
    diagnosis = _fill(rule, fields)
    tried_again = reason in outcomes.REASONS and resource.verdict is not Verdict.TERMINATING
    if resource.kind.name == "HelmRelease" and tried_again and not _retried(rule):
        return replace(diagnosis, hints=(*diagnosis.hints, *hints((RETRY,), fields)))
    return diagnosis


def _retried(rule: Rule) -> bool:
    """Whether *rule* itself says how to have a failed release tried again."""
    return any(change in (RESET, FORCE) for step in rule.steps for change in step.change)


def rule_for(
    resource: Resource, reason: str, message: str, around: Mapping[str, str]
) -> tuple[Rule, dict[str, str]]:
    """Give the first rule that fits what is said of *resource*, and the fields that it may name.

    The parameters are those of diagnose().
    """
    message = _ends_of(_error_of(message))
    fields = {
        **fields_of(resource),
        **around,
        **workload_fields(message),
        **object_in(message),
        **host_in(message),
        "reason": reason,
    }
    for rule in RULES:
        found = rule.match(resource.kind.name, reason, message)
        if found is None:
            continue
        named = {name: _one_line(text) for name, text in found.groupdict().items() if text}
        known = {**fields, **named}
        if "missing" in named:
            known |= missing_fields(fields, named["missing"])
        if all(known.get(name) for name in rule.needs):
            return rule, known
    raise AssertionError("the last rule fits everything")


def _error_of(message: str) -> str:
    """Give *message* without the log that Helm appends, which names much that is no fault."""
    return message.partition("Last Helm logs:")[0]


def _one_line(text: str) -> str:
    """Give what a pattern found in a message as a part of a sentence."""
    return " ".join(text.split()).rstrip(" .,;:")


def _ends_of(message: str) -> str:
    """Give the part of a *message* that is read: some are 32 KiB of a chart's output."""
    if len(message) <= 2 * _END:
        return message
    return f"{message[:_END]}\n{message[-_END:]}"


def workload_hints(told: str, fields: Mapping[str, str]) -> tuple[Hint, ...]:
    """Give the next steps for a workload of which *told* says what its pods or events tell.

    *fields* are name and ns of the workload, pod and container where they are known. None when
    nothing more is known of it.
    """
    known = {
        "pod": "",
        "container": "",
        **fields,
        "object": f"the pods of {fields['name']}",
        "object_ns": fields["ns"],
        "object_resource": "",
        "object_name": "",
    }
    for rule in _OF_PODS:
        if found := rule.match("", "", told):
            named = {name: _one_line(text) for name, text in found.groupdict().items() if text}
            return hints(rule.steps, {**known, **named})
    return ()


def diagnose_state(code: str, resource: Resource | None, around: Mapping[str, str]) -> Diagnosis:
    """Say what a state that has no message means: *code* is one of STATES."""
    fields = {**fields_of(resource), **around} if resource else dict(around)
    return _fill(STATES[code], fields)


def _fill(rule: Rule, fields: Mapping[str, str]) -> Diagnosis:
    return Diagnosis(
        rule.code,
        fill(rule.why, fields),
        hints(rule.steps, fields),
        rule.transient,
        rule.trivial,
    )

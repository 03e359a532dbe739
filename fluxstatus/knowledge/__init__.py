"""The causes and fixes for the reasons and messages of Flux, as tables of rules.

To add a fault, add a `Rule` to the table of its kind. The first rule that matches is used.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property, partial

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
from fluxstatus.knowledge.commands import FORCE, RESET, RETRY
from fluxstatus.knowledge.fields import (
    fields_of,
    host_in,
    missing_fields,
    object_in,
    workload_fields,
)
from fluxstatus.knowledge.index import Index
from fluxstatus.knowledge.rule import Rule, Step, fill, hints
from fluxstatus.knowledge.states import STATES
from fluxstatus.model.codes import Code
from fluxstatus.model.hints import Hint
from fluxstatus.state.resource import Resource, Verdict

UNKNOWN_FAULT = Rule(
    Code("not-ready", "The object is not ready for a reason that the check does not recognize."),
    why="it is not ready (reason {reason}); see the controller's message",
    steps=(
        Step(
            "check its conditions and events",
            read=(
                "kubectl describe {resource} {name} -n {ns}",
                "kubectl get events -n {ns} --field-selector=involvedObject.name={name}",
            ),
        ),
    ),
)


TABLES = (
    # what an applier builds, then how the API server responds
    values, releases, outcomes, health, decryption, substitution, building, instances,
    resource_sets, tenancy, admission, applying, api_server, manifests,
    # what else a controller needs, then the host that it connects to
    images, notifications, secret_refs, signatures, storage, cloud, transport, git_login, git,
    charts, registry,
)  # fmt: skip
"""The tables of rules in the order in which they are tried: specific before general."""


def _by_reason_only(rule: Rule) -> bool:
    """Return the sort key of *rule*: rules with a pattern come first, as they are more specific."""
    return not rule.pattern.pattern


RULES: tuple[Rule, ...] = (
    *sorted((rule for table in TABLES for rule in table.RULES), key=_by_reason_only),
    UNKNOWN_FAULT,
)
"""All rules for messages, in the order in which diagnose() tries them."""


@cache
def _about(kind: str) -> Index:
    """Return the rules for objects of *kind*."""
    return Index(rule for rule in RULES if not rule.kinds or kind in rule.kinds)


@cache
def _about_pods() -> Index:
    """Return the rules for messages of pods and events, including those about admission."""
    return Index((*pods.RULES, *admission.RULES, *cloud.RULES))


_END = 3000  # characters


class Diagnosis:
    """The meaning of a fault: its rule, and the fields for the templates of the rule.

    Templates are filled in on first access, because most of thousands of faults are merged into
    others.
    """

    def __init__(self, rule: Rule, fields: Callable[[], Mapping[str, str]]) -> None:
        """Store the *rule* and a function that returns the *fields*."""
        self.rule, self.fields = rule, fields

    @property
    def code(self) -> str:
        """The code of the fault."""
        return self.rule.code

    @property
    def why(self) -> str:
        """The cause in one sentence."""
        return self._filled_in[0]

    @property
    def hints(self) -> tuple[Hint, ...]:
        """The next steps."""
        return self._filled_in[1]

    def adding(self, more: str = "", first: tuple[Hint, ...] = ()) -> "Diagnosis":
        """Return a copy with *more* added to the cause, and the steps *first* before its own."""
        added = Diagnosis(self.rule, self.fields)
        added._filled_in = "; ".join(filter(None, (self.why, more))), (*first, *self.hints)
        return added

    @cached_property
    def _filled_in(self) -> tuple[str, tuple[Hint, ...]]:
        fields = self.fields()
        return fill(self.rule.why, fields), hints(self.rule.steps, fields)


def diagnose(
    resource: Resource, reason: str, message: str, template_fields: Mapping[str, str]
) -> Diagnosis:
    """Return the diagnosis for *reason* and *message* of *resource*, with at least one next step.

    *template_fields* are fields that do not come from the object: now, flux_namespace.
    """
    found = rule_for(resource, reason, message, template_fields)
    rule = found.rule
    retryable = reason in outcomes.REASONS and resource.verdict is not Verdict.TERMINATING
    if resource.kind.name == "HelmRelease" and retryable and not _resets_retries(rule):
        return Diagnosis(rule._replace(steps=(*rule.steps, RETRY)), found.fields)
    return found


def _resets_retries(rule: Rule) -> bool:
    """Return whether *rule* has a command that makes a failed release retry."""
    return any(change in (RESET, FORCE) for step in rule.steps for change in step.change)


def rule_for(
    resource: Resource, reason: str, message: str, template_fields: Mapping[str, str]
) -> Diagnosis:
    """Return the diagnosis of the first rule that matches, without the step that resets retries.

    The parameters are those of diagnose().
    """
    return next(fitting(resource, reason, message, template_fields))


def fitting(
    resource: Resource, reason: str, message: str, template_fields: Mapping[str, str]
) -> Iterator[Diagnosis]:
    """Yield a diagnosis for each rule that matches, the best first and UNKNOWN_FAULT last.

    The parameters are those of diagnose().
    """
    message = _ends_of(_error_of(message))
    kind = resource.kind.name
    for rule in _about(kind).candidates(message):
        found = rule.match(kind, reason, message)
        if found is None:
            continue
        diagnosis = Diagnosis(
            rule, partial(_fields, resource, {**template_fields, "reason": reason}, found)
        )
        if all(diagnosis.fields().get(name) for name in rule.needs):
            yield diagnosis


def _fields(
    resource: Resource, template_fields: Mapping[str, str], found: re.Match[str]
) -> dict[str, str]:
    """Return the fields of *resource*, its message and the match *found* in the message."""
    message = found.string
    fields = {
        **fields_of(resource),
        **template_fields,
        **workload_fields(message),
        **object_in(message),
        **host_in(message),
    }
    named = _named(found)
    if "missing" in named:
        named |= missing_fields(fields, named["missing"])
    return fields | named


def _named(found: re.Match[str]) -> dict[str, str]:
    """Return the non-empty groups of *found*, trimmed so that they fit into a sentence."""
    return {
        name: " ".join(text.split()).rstrip(" .,;:")
        for name, text in found.groupdict().items()
        if text
    }


def _error_of(message: str) -> str:
    """Return *message* without the log that Helm appends, which contains unrelated texts."""
    return message.partition("Last Helm logs:")[0]


def _ends_of(message: str) -> str:
    """Return the start and end of a long *message*: some are 32 KiB of a chart's output."""
    if len(message) <= 2 * _END:
        return message
    return f"{message[:_END]}\n{message[-_END:]}"


def workload_hints(text: str, fields: Mapping[str, str]) -> tuple[Hint, ...]:
    """Return the next steps for a workload whose pods or events report *text*.

    *fields* are name and ns of the workload, and pod and container if they are known. The result
    is empty if no rule matches.
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
    for rule, found in fitting_workload(text):
        return hints(rule.steps, {**known, **_named(found)})
    return ()


def fitting_workload(text: str) -> Iterator[tuple[Rule, re.Match[str]]]:
    """Yield each rule that matches the *text* of a pod or event, with its match."""
    for rule in _about_pods().candidates(text):
        if found := rule.match("", "", text):
            yield rule, found


def diagnose_state(
    code: str, resource: Resource | None, template_fields: Mapping[str, str]
) -> Diagnosis:
    """Return the diagnosis for a state without a message; *code* is a key of STATES."""
    return Diagnosis(
        STATES[code],
        lambda: {**fields_of(resource), **template_fields} if resource else template_fields,
    )


def meanings() -> Mapping[str, str]:
    """Return the meaning of each code of a message or a state."""
    rules = (*RULES, *pods.RULES, *STATES.values())
    return {rule.code: rule.code.meaning for rule in rules}

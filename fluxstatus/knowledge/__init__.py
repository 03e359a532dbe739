"""What is known of Flux's messages: reasons and texts to cause and fix, as data.

To add a fault is to add a `Rule` to the table of its kind; the first rule that fits is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fluxstatus.findings import Hint
from fluxstatus.knowledge import appliers, common, others, sources, transport
from fluxstatus.knowledge.rule import Rule, Step, fill, hints
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.subject import fields_of, host_in, workload_fields
from fluxstatus.resources import Resource

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


def _specific_first(rule: Rule) -> tuple[bool, int]:
    """Sort key: a text says more than a reason, a rule for one kind more than one for all."""
    return not rule.pattern.pattern, -(bool(rule.kinds) + bool(rule.reasons))


RULES: tuple[Rule, ...] = (
    *sorted(
        (*transport.RULES, *sources.RULES, *appliers.RULES, *others.RULES, *common.RULES),
        key=_specific_first,
    ),
    UNKNOWN_FAULT,
)
"""Every rule that a message selects, the special before the general, as diagnose() tries them."""


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
    message = _ends_of(message)
    fields = {
        **fields_of(resource),
        **around,
        **workload_fields(message),
        **host_in(message),
        "reason": reason,
    }
    for rule in RULES:
        found = rule.match(resource.kind.name, reason, message)
        if found and all(fields.get(name) for name in rule.needs):
            named = {name: value for name, value in found.groupdict().items() if value}
            return _fill(rule, {**fields, **named})
    raise AssertionError("the last rule fits everything")


def _ends_of(message: str) -> str:
    """Give the part of a *message* that is read: some are 32 KiB of a chart's output."""
    if len(message) <= 2 * _END:
        return message
    return f"{message[:_END]}\n{message[-_END:]}"


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

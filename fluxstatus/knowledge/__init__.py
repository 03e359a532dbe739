"""What is known of Flux's messages: reasons and texts to cause and fix, as data.

To add a fault is to add a `Rule` to the table of its kind; the first rule that fits is taken.
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
    why="it fails with the reason {reason}: see the controller's message",
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


@cache
def _about(kind: str) -> Index:
    """Return the rules for objects of *kind*."""
    return Index(rule for rule in RULES if not rule.kinds or kind in rule.kinds)


@cache
def _about_pods() -> Index:
    """Return the rules for what a workload's pods and events tell; admission refuses pods, too."""
    return Index((*pods.RULES, *admission.RULES, *cloud.RULES))


_END = 3000  # characters


class Diagnosis:
    """What a fault means: the rule that says so, and the fields that its templates may name.

    They are filled in when they are read: of thousands of faults most are folded into others.
    """

    def __init__(self, rule: Rule, fields: Callable[[], Mapping[str, str]]) -> None:
        """Take the *rule*, and how to get the *fields*."""
        self.rule, self.fields = rule, fields

    @property
    def code(self) -> str:
        """The code of the fault."""
        return self.rule.code

    @property
    def why(self) -> str:
        """The cause in plain words."""
        return self._filled_in[0]

    @property
    def hints(self) -> tuple[Hint, ...]:
        """The next steps."""
        return self._filled_in[1]

    def adding(self, more: str = "", first: tuple[Hint, ...] = ()) -> "Diagnosis":
        """Return it with *more* added to the cause, and the steps *first* before its own."""
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
    """Return what *reason* and *message* mean for *resource*; never without a next step.

    *template_fields* are fields that the object itself does not know: now, flux_namespace.
    """
    found = rule_for(resource, reason, message, template_fields)
    rule = found.rule
    tried_again = reason in outcomes.REASONS and resource.verdict is not Verdict.TERMINATING
    if resource.kind.name == "HelmRelease" and tried_again and not _retried(rule):
        return Diagnosis(rule._replace(steps=(*rule.steps, RETRY)), found.fields)
    return found


def _retried(rule: Rule) -> bool:
    """Whether *rule* itself says how to have a failed release tried again."""
    return any(change in (RESET, FORCE) for step in rule.steps for change in step.change)


def rule_for(
    resource: Resource, reason: str, message: str, template_fields: Mapping[str, str]
) -> Diagnosis:
    """Return the first rule that fits what is said of *resource*, as it stands in its table.

    The parameters are those of diagnose().
    """
    return next(fitting(resource, reason, message, template_fields))


def fitting(
    resource: Resource, reason: str, message: str, template_fields: Mapping[str, str]
) -> Iterator[Diagnosis]:
    """Yield every rule that fits, the one that is taken first; UNKNOWN_FAULT fits last of all.

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
    """Return the fields of *resource*, with what a rule *found* in a message about it."""
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
    """Return what the groups of a pattern *found*, each as a part of a sentence."""
    return {
        name: " ".join(text.split()).rstrip(" .,;:")
        for name, text in found.groupdict().items()
        if text
    }


def _error_of(message: str) -> str:
    """Return *message* without the log that Helm appends, which names much that is no fault."""
    return message.partition("Last Helm logs:")[0]


def _ends_of(message: str) -> str:
    """Return the part of a *message* that is read: some are 32 KiB of a chart's output."""
    if len(message) <= 2 * _END:
        return message
    return f"{message[:_END]}\n{message[-_END:]}"


def workload_hints(told: str, fields: Mapping[str, str]) -> tuple[Hint, ...]:
    """Return the next steps for a workload of which *told* says what its pods or events tell.

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
    for rule, found in fitting_workload(told):
        return hints(rule.steps, {**known, **_named(found)})
    return ()


def fitting_workload(told: str) -> Iterator[tuple[Rule, re.Match[str]]]:
    """Yield every rule that fits what pods or events have *told*, with its match."""
    for rule in _about_pods().candidates(told):
        if found := rule.match("", "", told):
            yield rule, found


def diagnose_state(
    code: str, resource: Resource | None, template_fields: Mapping[str, str]
) -> Diagnosis:
    """Return what a state that has no message means: *code* is one of STATES."""
    return Diagnosis(
        STATES[code],
        lambda: {**fields_of(resource), **template_fields} if resource else template_fields,
    )


def meanings() -> Mapping[str, str]:
    """Return every code that a message or a state can have, with what it means."""
    rules = (*RULES, *pods.RULES, *STATES.values())
    return {rule.code: rule.code.meaning for rule in rules}

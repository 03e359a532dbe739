"""The causes and fixes for the reasons and messages of Flux, as tables of rules.

To add a fault, add a `Rule` to the table of its topic. Of the rules that match, the one that
reaches the deepest clause of the message is used.

Modules of rules are imported by the functions that need them: a healthy cluster needs none.
"""

# ruff: noqa: PLC0415 - see above

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache, partial
from itertools import groupby
from operator import itemgetter

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.knowledge.commands import FORCE, RESET, RETRY, SUSPEND_AND_RESUME
from fluxstatus.knowledge.diagnosis import Diagnosis
from fluxstatus.knowledge.facts import is_remote, operator_version
from fluxstatus.knowledge.fields import (
    fields_of,
    host_in,
    missing_fields,
    workload_fields,
)
from fluxstatus.knowledge.index import Index, Listed
from fluxstatus.knowledge.message import Message
from fluxstatus.knowledge.objects import object_in
from fluxstatus.knowledge.rule import Match, Reach, Rule, Step
from fluxstatus.knowledge.served_kinds import wanted_kind, writer_fields
from fluxstatus.knowledge.subject import Subject
from fluxstatus.knowledge.topics import TOPICS, table
from fluxstatus.knowledge.unknown import UNKNOWN_FAULT
from fluxstatus.knowledge.workload_words import PROGRAMS, WorkloadWords
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State


@cache
def _about_flux(*, quoted: bool) -> Index:
    """Return the rules for Flux objects: those that also read names and quotations, or the others."""
    return Index(TOPICS, quoted=quoted)


@cache
def _about_pods() -> Index:
    """Return the rules for messages of pods and events, including those about admission."""
    return Index(("pods", "admission", "cloud"))


@cache
def _about_custom_objects() -> Index:
    """Return the rules for what is reported about objects without pods."""
    return Index(("custom_objects",))


def diagnose(
    resource: Resource,
    reason: str,
    message: str,
    template_fields: Mapping[str, str],
    state: State | None = None,
) -> Diagnosis:
    """Return the diagnosis for *reason* and *message* of *resource*, with at least one next step.

    *template_fields* are fields that do not come from the object: now, flux_namespace. *state* is
    what else is known about the cluster; without it, no rule is confirmed or refuted.
    """
    subject = Subject(resource, reason, message, template_fields, state)
    found = rule_for(subject)
    rule = found.rule
    if resource.kind.name == "HelmRelease" and resource.verdict is not Verdict.TERMINATING:
        from fluxstatus.knowledge.releases.shared import REASONS

        steps = _with_retry(rule.steps, resource, is_needed=reason in REASONS)
        found = Diagnosis(rule._replace(steps=steps), found.fields)
    return _of_remote_cluster(found) if is_remote(subject) else found


def _of_remote_cluster(found: Diagnosis) -> Diagnosis:
    """Return *found*, which may be about an object in a remote cluster."""
    rule = found.rule
    if rule.code in _codes_in(*_APPLIED, "health", "releases", "api_server"):
        from fluxstatus.knowledge.remote_commands import for_remote_cluster

        found = Diagnosis(rule._replace(steps=for_remote_cluster(rule.steps)), found.fields)
    if rule.code in _codes_in(*_APPLIED) and "spec.kubeConfig" not in rule.why:
        return found.adding("the object is in the remote cluster that spec.kubeConfig refers to")
    return found


_APPLIED = ("admission", "applying", "manifests")
"""The topics of messages about an applied object, which may be in another cluster."""


@cache
def _codes_in(*topics: str) -> frozenset[str]:
    return frozenset(rule.code for rules in map(table, topics) for rule in rules)


_BY_FLUX = late_pattern(r" \(flux reconcile --\w+\)")
"""The mention of a flux command in a step, removed for versions that do not support its flag."""


def _with_retry(
    steps: tuple[Step, ...], resource: Resource, *, is_needed: bool
) -> tuple[Step, ...]:
    """Return *steps* with one that makes a failed release retry, if it *is_needed*.

    A HelmRelease in v2beta1 supports no request to reset its retries or to force an attempt.
    """
    has_one = any(change in (RESET, FORCE) for step in steps for change in step.change)
    if not resource.ref.api_version.endswith("/v2beta1"):
        return steps if has_one or not is_needed else (*steps, RETRY)
    kept = tuple(
        step._replace(text=_BY_FLUX.sub("", step.text), change=())
        if RESET in step.change or FORCE in step.change
        else step
        for step in steps
    )
    return (*kept, SUSPEND_AND_RESUME) if has_one or is_needed else kept


def rule_for(subject: Subject) -> Diagnosis:
    """Return the diagnosis of the best rule for *subject*, without the step that resets retries."""
    return next(fitting(subject))


def fitting(subject: Subject) -> Iterator[Diagnosis]:
    """Yield a diagnosis for each rule that applies to *subject*, the best first.

    The last one is UNKNOWN_FAULT, which always applies.
    """
    known = cache(partial(_fields_of, subject))  # all of its rules have these
    for rule, match in _best_first(subject):
        if not rule.holds(subject):
            continue
        diagnosis = Diagnosis(rule, partial(_with_named, known, match))
        if all(diagnosis.fields().get(name) for name in rule.needs):
            yield diagnosis
    if unknown := UNKNOWN_FAULT.match_text(subject.message):
        yield Diagnosis(UNKNOWN_FAULT, partial(_with_named, known, unknown))


def _best_first(subject: Subject) -> Iterator[tuple[Rule, Match]]:
    """Yield the rules that match, each with its match: the deepest clause is the error itself.

    If several rules match equally deep, the first table wins: specific rules come before general
    ones. Compiling a pattern takes long, so that of a rule is only tried if it may be the next.
    """
    message, about = subject.message, (subject.kind, subject.reason)
    quoted = _about_flux(quoted=True).candidates(message.text, *about)
    listed = sorted((*_unquoted(*about, message.own), *quoted), key=_reach_and_place)
    deepest = message.depth(len(message.own))
    for _, alike in groupby(listed, key=_reach):
        others: list[tuple[int, int, Rule, Match]] = []
        for one in alike:
            match = _match(one, message)
            if match and match.depth == deepest:
                yield one.rule, match
            elif match:
                others.append((-match.depth, one.place, one.rule, match))
        yield from ((rule, match) for _, _, rule, match in sorted(others, key=itemgetter(0, 1)))


def _reach(listed: Listed) -> Reach:
    rule = listed.rule
    return rule.reach if rule.pattern.pattern else Reach.STAGE


def _reach_and_place(listed: Listed) -> tuple[int, int]:
    return -_reach(listed), listed.place


@lru_cache(maxsize=512)
def _unquoted(kind: str, reason: str, own: str) -> tuple[Listed, ...]:
    """Return the rules that may match the controller's *own* words.

    Messages about many objects often differ only in names, which are not among these words.
    """
    return tuple(_about_flux(quoted=False).candidates(own, kind, reason))


def _match(listed: Listed, message: Message) -> Match | None:
    if listed.rule.quoted:
        return listed.rule.match_text(message)
    found = _match_own(listed, message.own)
    return found.of(message) if found else None


@lru_cache(maxsize=4096)
def _match_own(listed: Listed, own: str) -> Match | None:
    return listed.rule.match_text(_message_of(own))


@lru_cache(maxsize=512)
def _message_of(own: str) -> Message:
    return Message.of_own(own)


def _fields_of(subject: Subject) -> Mapping[str, str]:
    """Return the fields of *subject* that do not depend on a rule."""
    message = subject.message.text
    own = fields_of(subject.resource, subject.endpoint)
    namespace = own["target_ns"] if subject.kind == "HelmRelease" else ""
    about = object_in(message, namespace, subject.resource.object)
    return {
        **own,
        **subject.template_fields,
        "reason": subject.reason,
        "innermost": subject.message.innermost,
        "operator_version": operator_version(subject),
        **workload_fields(message, subject.resource.object),
        **about,
        **writer_fields(subject, about),
        **wanted_kind(subject),
        **host_in(message),
    }


def _with_named(known: Callable[[], Mapping[str, str]], match: Match) -> Mapping[str, str]:
    """Return the fields that are *known*, and those of the *match* in the message."""
    fields, named = known(), match.groups()
    if "missing" in named:
        named |= missing_fields(fields, named["missing"])
    return {**fields, **named}


def workload_diagnosis(text: str, fields: Mapping[str, str]) -> Diagnosis | None:
    """Return the diagnosis of a workload whose pods or events report *text*.

    *fields* are name and ns of the workload, and pod and container if they are known. The result
    is None if no rule matches.
    """
    known = {
        "pod": "",
        "container": "",
        **fields,
        "object": f"a pod of {fields['name']}",
        "object_ns": fields["ns"],
        "object_kind": "workload",
        "object_resource": "",
        "object_name": "",
        "cluster_object": "",
    }
    for rule, found in fitting_workload(text):
        return Diagnosis(rule, partial(_with_groups, known, found))
    return None


def object_diagnosis(kind: str, text: str, fields: Mapping[str, str]) -> Diagnosis | None:
    """Return the diagnosis of an object of *kind*, without pods, whose events report *text*.

    *fields* are its name, ns and resource. The result is None if no rule matches.
    """
    from fluxstatus.knowledge.custom_objects import rules_of

    message = Message(text)
    for listed in _about_custom_objects().candidates(message.text):
        if listed.rule in rules_of(kind) and (found := listed.rule.match_text(message)):
            return Diagnosis(listed.rule, partial(_with_groups, fields, found))
    return None


def _with_groups(fields: Mapping[str, str], found: Match) -> Mapping[str, str]:
    return {**fields, **found.groups()}


def fitting_workload(text: str) -> Iterator[tuple[Rule, Match]]:
    """Yield each rule that matches the *text* of a pod or event, with its match.

    They are in the order of the tables, but a program reports the error that made it exit last.
    """
    words = WorkloadWords(text)
    candidates = _about_pods().candidates(text)
    for of_programs, some in groupby(candidates, lambda listed: listed.table in PROGRAMS):
        found = (
            (listed.rule, match)
            for listed in some
            if (match := listed.rule.match_text(words.for_rules_of(listed.table)))
        )
        yield from sorted(found, key=lambda one: -one[1].depth) if of_programs else found


def diagnose_state(
    code: str, resource: Resource | None, template_fields: Mapping[str, str]
) -> Diagnosis:
    """Return the diagnosis for a state without a message; *code* is a key of STATES."""
    from fluxstatus.knowledge.states import STATES

    return Diagnosis(
        STATES[code],
        lambda: {**fields_of(resource), **template_fields} if resource else template_fields,
    )


def meanings() -> Mapping[str, str]:
    """Return the meaning of each code of a message or a state."""
    from fluxstatus.knowledge import custom_objects
    from fluxstatus.knowledge.states import STATES
    from fluxstatus.knowledge.tables import RULES

    rules = (*RULES, *table("pods"), *custom_objects.RULES, *STATES.values())
    return {rule.code: rule.code.meaning for rule in rules}

"""A rule: the cause and the next steps for a controller's reason and message."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from fluxstatus.base.excerpts import excerpt
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.knowledge.message import Message
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Certainty
from fluxstatus.model.hints import Command, Hint, command
from fluxstatus.model.kinds import KindNames

Fact = Callable[[Subject], bool]
"""A fact about an object, or about one that its message names (see facts.py, message_facts.py)."""


class Step(NamedTuple):
    """A next step, as a template: a sentence and command lines.

    The commands in `read` change nothing, those in `change` do. `{name}` is replaced with a field
    of the object or a named group of the pattern. A command is omitted if one of its fields is
    empty for the object. A step that is `if_unexplained` is left out if other evidence, such as a
    pod, shows the cause. As in a rule, each fact in `when` must be true, and none in `unless`,
    so that the sentence need not say "if". Each field in `needs` must have a value, and none in
    `lacks`: a state, such as that of a controller, has only fields.
    """

    text: str
    read: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    if_unexplained: bool = False
    when: tuple[Fact, ...] = ()
    unless: tuple[Fact, ...] = ()
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def fits(self, fields: Mapping[str, str]) -> bool:
        """Return whether *fields* have a value for all of `needs` and for none of `lacks`."""
        return all(map(fields.get, self.needs)) and not any(map(fields.get, self.lacks))

    def holds(self, subject: Subject) -> bool:
        """Return whether what is known of *subject* confirms this step, and does not refute it."""
        return _confirmed(self.when, self.unless, subject)


class Text:
    """A regular expression for messages. It ignores case, and `.` also matches a newline.

    It is compiled on first use: a check of a healthy cluster compiles none.
    """

    def __init__(self, pattern: str = "") -> None:
        """Store the *pattern*; the empty pattern matches every message."""
        self.pattern = pattern

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in *text*, or in its lower case: only the offsets are valid."""
        if text.isascii():  # then no letter becomes two
            return self._in_lower_case.search(text.lower())
        return self.compiled.search(text)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self.pattern, re.IGNORECASE | re.DOTALL)

    @cached_property
    def _in_lower_case(self) -> re.Pattern[str]:
        """The pattern for texts in lower case: it is compiled in two thirds of the time."""
        return re.compile(_NO_LETTER_OR_UPPER.sub(_lower, self.pattern), re.DOTALL)


_NO_LETTER_OR_UPPER = late_pattern(r"\\.|\(\?P[<=]\w+|[A-Z]")
"""The parts of a pattern that keep their case, and the letters that are replaced."""


def _lower(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) > 1 else found[0].lower()


class Match:
    """Where a rule matches a message."""

    def __init__(self, message: Message, found: re.Match[str], depth: int) -> None:
        """Store the *message*, the place *found* in it and the *depth* of its clause."""
        self.message, self.depth = message, depth
        self._found = found

    def of(self, message: Message) -> "Match":
        """Return this match for *message*, whose own words are the same."""
        return Match(message, self._found, self.depth)

    def groups(self) -> dict[str, str]:
        """Return the non-empty groups by name, trimmed so that they fit into a sentence."""
        text = self.message.text
        spans = {name: self._found.span(name) for name in self._found.re.groupindex}
        return {
            name: excerpt(text, start, end).rstrip(" .,;:")
            for name, (start, end) in spans.items()
            if end > start >= 0
        }


class Reach(IntEnum):
    """How much of an error a rule explains; among the rules that match, the highest is used.

    A rule for a STAGE knows where it failed, but not why. Most rules explain a CLAUSE of the
    message: the deepest clause is the error itself. A rule for the WHOLE explains an outer clause
    that decides the cause, whatever the clauses inside it say.
    """

    STAGE = 0
    CLAUSE = 1
    WHOLE = 2


class Rule(NamedTuple):
    """A code with its cause and next steps, and the messages and objects that it applies to.

    It applies to objects of `kinds` (empty: all kinds) with one of `reasons` (empty: any reason)
    and a message that matches `pattern` and, anywhere in it, `context`, in the controller's own
    words; a `quoted` rule also reads names and the words of others (see message.py). Each field in
    `needs` must have a value, each fact in `when` must be true, and none in `unless`: they refute
    the rule.

    `why` is the cause in one sentence, and `certainty` is how sure it is: certain (the innermost
    error says it, and no evidence speaks against it), likely (the text matches, but what would
    confirm it was not read; the sentence says "probably"), one-of (the text has several causes:
    the sentence states the symptom and the steps name the causes, the likeliest first) or unknown
    (only the stage is known). A transient fault may disappear in an object's first minutes; a
    trivial one needs no further investigation. A title has what `why` states before its first colon
    or semicolon and what it quotes (see headline.py); `in_full` if that alone is only a symptom: then
    it also has what follows the colon; `symptom` if the cause of the workload, where it is known,
    replaces the quotation. `upstream` is the place in Flux's code that the message comes from, and
    `versions` the versions of Flux that write it ("" means all supported
    ones).

    Keywords are in the order of the fields, and each sentence is one literal on one line, so that
    grep finds a sentence that a user pastes.
    """

    code: Code
    why: str
    steps: tuple[Step, ...]
    pattern: Text = Text()
    context: Text = Text()
    reasons: tuple[str, ...] = ()
    kinds: KindNames = frozenset()
    needs: tuple[str, ...] = ()
    when: tuple[Fact, ...] = ()
    unless: tuple[Fact, ...] = ()
    reach: Reach = Reach.CLAUSE
    certainty: Certainty = "certain"
    transient: bool = False
    trivial: bool = False
    quoted: bool = False
    in_full: bool = False
    symptom: bool = False
    upstream: str = ""
    versions: str = ""

    def holds(self, subject: Subject) -> bool:
        """Return whether what is known of *subject* confirms this rule, and does not refute it."""
        return _confirmed(self.when, self.unless, subject)

    def match_text(self, message: Message) -> Match | None:
        """Return the match of this rule with *message*, whatever it is about, or None."""
        text = message.text if self.quoted else message.own
        found = self.pattern.search(text)
        around = found and self.context.search(text)
        if not found or not around:
            return None
        if self.quoted and self.pattern.pattern and message.is_quoted(found.start()):
            return None
        return Match(message, found, message.depth(max(_own_end(found), around.end())))


def _confirmed(when: Iterable[Fact], unless: Iterable[Fact], subject: Subject) -> bool:
    return not any(fact(subject) for fact in unless) and all(fact(subject) for fact in when)


def _own_end(found: re.Match[str]) -> int:
    """Return where the rule's own words end: a group at the end only repeats the message."""
    captured = (found.span(name) for name in found.re.groupindex)
    return min((start for start, end in captured if end == found.end()), default=found.end())


_NAMED = "named in the spec"
FALLBACKS = {
    **dict.fromkeys(
        ("secret", "holder", "cert_secret", "proxy_secret", "verify_secret", "decryption_secret",
         "kubeconfig_secret", "image_repository", "source_name", "bucket", "cloud"), _NAMED,
    ),
    "of_endpoint": "",
    "sa": "of the controller",
    "image": "in the spec",
    "host": "the host",
    "url": "the URL",
    "index_url": "the URL of its index.yaml",
    "address": "the address in the spec",
    "artifact": "the configured address",
    "endpoint": "the endpoint",
    "registry": "the registry",
    "cloud_registry": "the cloud of the registry",
    "distribution": "the version",
    "wanted_path": "a file",
    "detail": "see the message",
    "innermost": "see the message",
    "status": "see the message",
    "quantity": "see the message",
    "chart_value": "the reported value",
    "converted_api": "see the message",
    "workload": "an object",
    "workload_state": "see the message",
    "controller": "the controller",
    "dns": "of the controller",
    "field": "the field",
    "wanted": "another type",
    "resource_short": "capacity",
    "operator_version": "of an unknown version",
    "failures": "the last attempt failed",
    "target_generation": "unknown",
    "target_observed": "unknown",
    "objects": "Flux objects are not reconciled",
    "other_kind": "different kind",
    "components": "because their controllers are",
    "component_names": "the controllers",
    "in_git": "in Git (for a HelmRelease, in spec.values or the chart)",
    # the optional parts of a sentence
    **dict.fromkeys(
        ("suspended_by", "and_objects", "deletion", "until", "by_hand", "pending", "cluster_type",
         "expected", "of_endpoint", "stale_writers", "unset_default", "quoted_variable", "looping",
         "unquoted_variable"), "",
    ),
}  # fmt: skip
"""The phrases that stand for empty fields; all other empty fields become "…"."""

NAMES = frozenset({
    # of objects
    "ns", "missing", "secret", "holder", "cert_secret", "proxy_secret", "verify_secret",
    "decryption_secret", "kubeconfig_secret", "image_repository", "source_name", "sync_instance",
    "sa", "sa_name", "sa_ns", "missing_sa", "in_ns", "kubeconfig_map", "missing_class", "missing_role", "terminating", "quota", "webhook", "policy",
    "binding", "values_name", "referred",
    # of what objects contain or refer to
    "key", "present", "values_key", "variable", "missing_input", "missing_ref", "chart",
    "dependency", "tag_name", "wanted_chart", "bucket", "manager", "shard",
})  # fmt: skip
"""The fields whose values are names that users chose. Sentences put these names in quotes."""

ARGUMENTS = frozenset({"name", "ns", "release_name", "storage_ns", "path"})
"""The fields that sentences use in a command (`helm rollback {release_name}`).

A value that begins with "-" would be an option there, so the sentence leaves it out.
"""

_KIND_AND_NAME = late_pattern(r"\b(\w+) {(\w+)}")


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Return a sentence with *fields* filled in; an empty field becomes a phrase or "…".

    Names are quoted, phrases are not: `Secret {secret}` becomes `Secret "app"` or, without a
    value, `the Secret named in the spec`.
    """

    def with_article(found: re.Match[str]) -> str:
        name = found[2]
        is_phrase = name in NAMES and name in FALLBACKS and not fields.get(name)
        return f"the {found[0]}" if is_phrase else found[0]

    return _KIND_AND_NAME.sub(with_article, template).format_map(_Known(fields))


def _quoted(value: str) -> str:
    """Return *value* in double quotes if it is a single word without quotes."""
    return value if re.search(r"[\s\"']", value) else f'"{value}"'


def hints(steps: Sequence[Step], fields: Mapping[str, str]) -> tuple[Hint, ...]:
    """Return *steps* as hints with *fields* filled in."""
    return tuple(
        Hint(
            fill(step.text, fields),
            tuple(_commands(step, fields)),
            if_unexplained=step.if_unexplained,
        )
        for step in steps
        if step.fits(fields)
    )


def _commands(step: Step, fields: Mapping[str, str]) -> Iterable[Command]:
    for templates, changes in ((step.read, False), (step.change, True)):
        for template in templates:
            filled = command(template, fields, changes=changes)
            if filled:
                yield filled


class _Known(dict[str, str]):
    """Fields as sentences show them: names in quotes, and a phrase for each empty field."""

    def __missing__(self, key: str) -> str:
        return FALLBACKS.get(key, "…")

    def __getitem__(self, key: str) -> str:
        value = super().get(key)
        if not value or (key in ARGUMENTS and value.startswith("-")):
            return FALLBACKS.get(key, "…")
        return _quoted(value) if key in NAMES else value

"""The headline of a cause: the part of its sentence that a title has.

The sentence of a rule is a template: a statement and, after the first semicolon or colon, an
explanation. The headline is the statement, followed by the evidence that the sentence quotes, such
as the innermost error. It is made from the template, not from the filled sentence, because a value
may contain any punctuation.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from fluxstatus.base.excerpts import ended
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.knowledge.rule import Rule, fill

_END = late_pattern(r"; |: (?!(?:true|false|Never|ImplementationSpecific)\b)")
"""The end of a statement. A colon between a field and its value does not end one."""

_FIELDS = late_pattern(r"{\w+}(?:: {\w+})*(?=; |$)")
"""The beginning of an explanation that consists only of values."""

_QUOTES = late_pattern(r"{(?:detail|innermost|workload_state)}")
"""The fields that quote the evidence, anywhere in an explanation."""

_PLAIN = late_pattern(
    r"(?:the chart was applied, but )?{workload} did not (?:become healthy|complete)"
)
"""Statements that only say that a workload is not healthy."""

_NAME = late_pattern(r"{(\w+)}")
_LONGEST = 120  # characters of a value in a headline; the sentence has all of it
WORKLOAD_STATE = "{workload_state}"


class Parts(NamedTuple):
    """The parts of a sentence, as templates: what it states, quotes and explains."""

    statement: str
    quote: str
    explanation: str


def parts_of(rule: Rule) -> Parts:
    """Return the parts of the sentence of *rule*; the quote is a part of the explanation.

    If a title is to have the sentence in full, the quote is the first clause of the explanation.
    """
    return _parts(rule.why, in_full=rule.in_full)


@lru_cache(maxsize=2048)
def _parts(template: str, *, in_full: bool) -> Parts:
    statement, rest = _split(template)
    if in_full:
        return Parts(statement, _split(rest, only=";")[0], rest)
    found = _FIELDS.match(rest) or _QUOTES.search(rest)
    return Parts(statement, found[0] if found else "", rest)


def _split(template: str, only: str = "") -> tuple[str, str]:
    """Return *template* before and after its first mark, which is not in parentheses."""
    for end in _END.finditer(template):
        before = template[: end.start()]
        if before.count("(") == before.count(")") and end[0].startswith(only):
            return before, template[end.end() :]
    return template, ""


def short(value: str) -> str:
    """Return *value*, words of the evidence, as one line, with a mark if it is shortened."""
    line = " ".join(value.split())
    if len(line) <= _LONGEST:
        return line
    return ended(line[:_LONGEST])


def headline(rule: Rule, fields: Mapping[str, str], quote: str = "") -> str:
    """Return the headline of the sentence of *rule*, filled with *fields*.

    *quote* replaces the evidence that the sentence quotes.
    """
    parts = parts_of(rule)
    named = {name for part in (parts.statement, parts.quote) for name in _NAME.findall(part)}
    values = ((name, fields[name]) for name in named if name in fields)
    # A value may be an optional phrase with its blank, such as " of HelmRepository charts".
    brief = {name: " " * value.startswith(" ") + short(value) for name, value in values}
    statement = fill(parts.statement, brief)
    known = rule.in_full or all(fields.get(name) for name in _NAME.findall(parts.quote))
    quote = quote or (fill(parts.quote, brief) if known else "")
    return f"{statement}: {quote}" if quote and quote not in statement else statement


def headline_for(
    rule: Rule, fields: Mapping[str, str], workload: str, name: str, cause: str
) -> str:
    """Return the headline of *rule*, a symptom of *workload*, which has a *cause*.

    *name* is the workload's name in the headline, if the sentence does not have one.
    """
    statement = parts_of(rule).statement
    if _PLAIN.fullmatch(statement):
        return f"{name}: {cause}"
    named = "{workload}" in statement and fields.get("workload") == workload
    named = named or f"{name} " in fill(statement, fields)
    return headline(rule, fields, cause if named else f"{name}: {cause}")


def explanation(rule: Rule, fields: Mapping[str, str], quote: str = "") -> str:
    """Return the part of the sentence of *rule* that its headline with *quote* leaves out."""
    parts, title = parts_of(rule), headline(rule, fields, quote)
    if not title.startswith(fill(parts.statement, fields)):
        return fill(rule.why, fields)  # the headline has a long value only in part
    rest, whole = parts.explanation, fill(parts.quote, fields)
    if parts.quote and rest.startswith(parts.quote) and title.endswith(f": {whole}"):
        rest = rest.removeprefix(parts.quote).removeprefix("; ")
    return fill(rest, fields)

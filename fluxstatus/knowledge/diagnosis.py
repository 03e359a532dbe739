"""The meaning of a fault: its cause, in full and as a headline, and the next steps."""

from collections.abc import Callable, Mapping
from functools import cached_property

from fluxstatus.knowledge.headline import (
    WORKLOAD_STATE,
    explanation,
    headline,
    headline_for,
    parts_of,
)
from fluxstatus.knowledge.rule import Rule, fill, hints
from fluxstatus.model.findings import Certainty
from fluxstatus.model.hints import Hint


class Diagnosis:
    """The meaning of a fault: its rule, and the fields for the templates of the rule.

    Templates are filled in on first access, because most of thousands of faults are merged into
    others.
    """

    def __init__(
        self,
        rule: Rule,
        fields: Callable[[], Mapping[str, str]],
        more: tuple[str, ...] = (),
        quote: str = "",
        also: str = "",
    ) -> None:
        """Store the *rule*, a function that returns the *fields*, and what `adding` has added."""
        self.rule, self.fields = rule, fields
        self._more, self._quote, self._also = more, quote, also

    @property
    def code(self) -> str:
        """The code of the fault."""
        return self.rule.code

    @property
    def certainty(self) -> Certainty:
        """How sure the cause is."""
        return self.rule.certainty

    @property
    def why(self) -> str:
        """The cause in one sentence."""
        return "; ".join((self._filled_in[0], *self._more))

    @cached_property
    def headline(self) -> str:
        """The cause in few words, for a title."""
        also = f" ({self._also})" if self._also else ""
        return headline(self.rule, self._known, self._quote) + also

    @property
    def explanation(self) -> str:
        """What `why` says beyond the headline; may be empty."""
        first = explanation(self.rule, self._known, self._quote)
        return "; ".join(filter(None, (first, *self._more)))

    @property
    def is_symptom(self) -> bool:
        """Whether only a symptom is known: the state of a workload, or that it was not ready in time."""
        parts = parts_of(self.rule)
        late = self.certainty == "one-of" and not parts.explanation
        return late or self.rule.symptom or WORKLOAD_STATE in parts.quote

    def headline_for(self, workload: str, name: str, cause: str) -> str:
        """Return the headline of this symptom of *workload*, which has a *cause*.

        *name* is the workload's name in the headline, if the sentence does not have one.
        """
        return headline_for(self.rule, self._known, workload, name, cause)

    @property
    def hints(self) -> tuple[Hint, ...]:
        """The next steps."""
        return self._filled_in[1]

    def adding(
        self,
        more: str = "",
        first: tuple[Hint, ...] = (),
        last: tuple[Hint, ...] = (),
        quote: str = "",
        also: str = "",
    ) -> "Diagnosis":
        """Return a copy with *more* added to the cause, and steps before and after its own.

        In the headline, *quote* replaces the words from the evidence, and *also* follows in
        parentheses.
        """
        clauses = (*self._more, more) if more else self._more
        added = Diagnosis(self.rule, self.fields, clauses, quote or self._quote, also or self._also)
        added._filled_in = self._filled_in[0], (*first, *self.hints, *last)
        return added

    def explained(self) -> "Diagnosis":
        """Return a copy without the steps that are only for a cause that nothing else shows."""
        known = Diagnosis(self.rule, self.fields, self._more, self._quote, self._also)
        known._filled_in = (
            self._filled_in[0],
            tuple(h for h in self.hints if not h.if_unexplained),
        )
        return known

    @cached_property
    def _known(self) -> Mapping[str, str]:
        return self.fields()

    @cached_property
    def _filled_in(self) -> tuple[str, tuple[Hint, ...]]:
        return fill(self.rule.why, self._known), hints(self.rule.steps, self._known)

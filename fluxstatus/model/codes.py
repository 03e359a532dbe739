"""The code of a finding: what other programs know a fault by, and what it means."""

from typing import Self


class Code(str):
    """The name of a code, and one sentence on what it means.

    It is a text, so JSON, comparisons, dict keys and options take a code as they take its name;
    the sentence goes with it, so a code is declared once, beside what gives it. The sentence is
    about no object in particular, and has no fields: one code may belong to several rules.
    """

    __slots__ = ("meaning",)

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Self:
        """Return the code *name*, which means *meaning*."""
        code = super().__new__(cls, name)
        code.meaning = meaning
        return code

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """Return how to make it again, so that a copy has the meaning, too."""
        return type(self), (str(self), self.meaning)

"""Codes of findings, with their meanings."""

from typing import Self


class Code(str):
    """A name that other programs rely on, and one sentence on what it means.

    A code is a str, so JSON, comparisons, dict keys and options work with it as with its name.
    It carries its meaning, so it is declared once, beside the rule or check that reports it. The
    meaning has no fields and mentions no object, because several rules may share a code.
    """

    __slots__ = ("meaning",)

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Self:
        """Return the code *name*, which means *meaning*."""
        code = super().__new__(cls, name)
        code.meaning = meaning
        return code

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """Support copy and pickle, which would drop the meaning."""
        return type(self), (str(self), self.meaning)

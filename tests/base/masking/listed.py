"""The lines of masking/words.tsv; `python -m tests.base.masking.listed` writes the file."""

from collections.abc import Iterator

from fluxstatus.base.masking import WORDS
from fluxstatus.base.masking.forms import FORMS
from tests.pattern_words import words_of


def lines() -> Iterator[str]:
    """Yield the line for each form: the words of which its pattern requires one."""
    return ("\t".join(sorted(words_of(form.pattern))) for form in FORMS)


if __name__ == "__main__":
    WORDS.write_text("".join(f"{line}\n" for line in lines()), encoding="utf-8")

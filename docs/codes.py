#!/usr/bin/env python3
"""Write docs/codes.md, the page of every code, from what the check itself knows.

    python docs/codes.py > docs/codes.md

The same knowledge gives the same page.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fluxstatus.commands.explain.codes import Case, Code, codes
from fluxstatus.model.hints import Hint
from fluxstatus.report.terminal import command_line

HEAD = """\
# Codes

Every finding has a code. `kubectl flux-status explain CODE` says the same as this page, and
`kubectl flux-status explain KIND/NAME` what is behind a finding about an object. Words in capitals
stand for what a finding fills in.

This page is made by `docs/codes.py` from the knowledge that the check goes by.
"""


def page() -> str:
    """Return the page."""
    return "\n".join([HEAD, *("\n".join(_code(code)) for code in codes().values())])


def _code(code: Code) -> Iterator[str]:
    yield f"## {code.code}\n"
    yield f"{_sentence(code.meaning)} Given by {', '.join(f'`{step}`' for step in code.steps)}.\n"
    for case in code.cases:
        yield from _case(case, alone=case.why == code.meaning)


def _case(case: Case, *, alone: bool) -> Iterator[str]:
    if not alone:
        yield f"{_sentence(case.why)}\n"
    for hint in case.hints:
        yield from _hint(hint)
    about = (
        ("Kinds", ", ".join(case.kinds)),
        ("Reasons", ", ".join(f"`{reason}`" for reason in case.reasons)),
        ("Message", f"`` {case.says} ``" if case.says else ""),
        ("Upstream", case.upstream),
    )
    yield "".join(f"- {name}: {text}\n" for name, text in about if text)


def _hint(hint: Hint) -> Iterator[str]:
    yield f"Fix: {hint.text}.\n"
    lines = [
        command_line(command.argv) + ("   # changes the cluster" if command.changes else "")
        for command in hint.commands
    ]
    if lines:
        yield "\n".join(["```sh", *lines, "```\n"])


def _sentence(text: str) -> str:
    text = text.replace("<", "&lt;")
    return f"{text[:1].upper()}{text[1:]}."


if __name__ == "__main__":
    sys.stdout.write(page())

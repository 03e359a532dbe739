"""This program as a program to start: with the same Python and the same packages."""

import sys

_PATH = "import sys; sys.path[:] = {path!r}; sys.argv[0] = {name!r}; {code}"
_MAIN = "from fluxstatus.__main__ import main; main()"


def ourselves(*words: str, code: str = _MAIN) -> list[str]:
    """Return the arguments that run this program with *words*, or other *code* in its place.

    All that is imported is in `sys.path`, so Python needs neither the environment nor its site.
    """
    flags = "-ISB" if sys.dont_write_bytecode else "-IS"
    line = _PATH.format(path=sys.path, name=sys.argv[0], code=code)
    return [sys.executable, flags, "-c", line, *words]

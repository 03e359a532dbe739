"""kubectl, started before the command line is understood: that takes as long as it needs to start.

What is started is a guess, from the words alone. No cluster is asked before its door is opened;
if that is with other flags, or not at all, the guess has cost a little, and is ended unused.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fluxstatus.cluster.processes import ProgramError
from fluxstatus.commands.completion.argv import parse, passed_on, read_table

_NO_CLUSTER = frozenset({"--demo", "--from", "--help", "-h", "--version"})
_CLIENTS = "mcp"  # these commands are about files of other programs; some ask a cluster later


@contextmanager
def started(words: Sequence[str]) -> Iterator[None]:
    """Have a `kubectl proxy` ready within the block if *words*, a command line, will need one."""
    flags = flags_for(words)
    if flags is None:
        yield
        return
    from fluxstatus.cluster import proxy  # noqa: PLC0415 - who asks no cluster need not wait for it

    try:
        early = proxy.Proxy(flags)
    except ProgramError:  # who needs it will meet, and tell, the same
        yield
        return
    with early, proxy.offered(early):
        yield


def flags_for(words: Sequence[str]) -> tuple[str, ...] | None:
    """Return the flags for kubectl if *words* look as if a cluster would be asked, else None."""
    table = read_table()
    line = parse(words, table)
    asks = any(row.passed_on for row in table if row.place == line.command)
    named = {word.partition("=")[0] for word in words}
    if not asks or line.command.startswith(_CLIENTS) or not named.isdisjoint(_NO_CLUSTER):
        return None
    if line.command == "explain" and "/" not in "/".join(line.arguments):
        return None  # not KIND/NAME or KIND NAME: a code
    return tuple(passed_on(words, table))

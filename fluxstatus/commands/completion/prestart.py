"""Start `kubectl proxy` before the command line is parsed: parsing takes as long as its start.

Whether a proxy is needed is guessed from the words alone. It contacts no cluster before the API
client uses it. If the client needs other flags, or no proxy, this one is stopped unused.
"""

# ruff: noqa: PLC0415 - only commands that read a cluster wait for what starts programs

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from fluxstatus.commands.completion.argv import parse, passed_on, read_table

_NO_CLUSTER = frozenset({"--contexts", "--demo", "--from", "--help", "-h", "--version"})
_NOT_NOW = ("mcp", "fleet")
"""Commands whose proxy is started later, if at all: the subcommands of mcp may change files of
other programs first, and fleet reads many clusters."""


@contextmanager
def started(words: Sequence[str]) -> Iterator[None]:
    """Run a `kubectl proxy` within the block if *words*, a command line, will probably need one."""
    flags = flags_for(words)
    if flags is None:
        yield
        return
    from fluxstatus.cluster import proxy, signals
    from fluxstatus.cluster.processes import ProgramError

    with ExitStack() as stack:
        # A signal must not come when the proxy is there and not yet in the stack. The API client
        # will meet and report the same error.
        with suppress(ProgramError), signals.deferred():
            early = stack.enter_context(proxy.Proxy(flags))
            stack.enter_context(proxy.offered(early))
        yield


def flags_for(words: Sequence[str]) -> tuple[str, ...] | None:
    """Return the flags for kubectl if *words* will probably read a cluster, else None."""
    named = {word.partition("=")[0] for word in words}
    if not named.isdisjoint(_NO_CLUSTER):  # asked first: reading the table takes time
        return None
    table = read_table()
    line = parse(words, table)
    reads = any(row.passed_on for row in table if row.place == line.command)
    if not reads or line.command.startswith(_NOT_NOW):
        return None
    if line.command == "explain" and "/" not in "/".join(line.arguments):
        return None  # not KIND/NAME or KIND NAME: a code
    return tuple(passed_on(words, table))

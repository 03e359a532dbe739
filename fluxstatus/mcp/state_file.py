"""The local state: clients that are set up, declined contexts, recent failures and questions.

It is kept in one small file in the XDG state folder. Only `mcp decline` and `mcp accept` report
errors with that file: a check ignores them.
"""

import fcntl
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.base.fields import map_of
from fluxstatus.base.files import read_file, replace_file
from fluxstatus.mcp.entry import Entry
from fluxstatus.model.evidence import Target
from fluxstatus.model.ref import Ref

_RECENT = timedelta(hours=1)
_ONE_LOOK = timedelta(minutes=1)
_LIMIT = 20  # times that are kept of one key, and keys
_MOST = 1 << 20  # bytes of the state
_MOST_OF_CLIENT = 4 << 20  # bytes of a client's file that a check reads
_PATIENCE = 5.0  # seconds to wait for another process that changes the state
_INTERVAL = 0.01  # seconds between two attempts


class Configured(NamedTuple):
    """An entry for the MCP server in a client: its name, context, and whether it is read-only.

    `is_own` is whether it is in a file of the user, which setup can change.
    """

    client: str
    title: str
    entry: str
    context: str
    read_only: bool
    is_own: bool = True


class LocalState(NamedTuple):
    """The local state that concerns one cluster.

    `configured` are the entries whose kubeconfig and context lead to it, or without a context:
    these use the current one.
    `declined` is whether the user declined the MCP server for it. `failures` is the number of
    failed checks of its namespaces in the last hour, without this one. `questions` is how often
    commands were about one object in that hour, by the object. `has_client` is whether an MCP
    client is on this machine.
    """

    configured: tuple[Configured, ...] = ()
    declined: bool = False
    failures: int = 0
    questions: Mapping[str, int] = {}
    has_client: bool = True


EMPTY = LocalState()
"""The state for a saved cluster: the same on every machine."""


def local_state(target: Target, now: datetime, namespaces: Iterable[str] = ()) -> LocalState:
    """Return the local state for *namespaces* (all if empty) of the cluster *target* at *now*."""
    state = _load()
    return LocalState(
        tuple(_configured(target)),
        declined=_is_declined(state, target.context),
        failures=len(_recent(state["failures"].get(_key(target, namespaces)), now)),
        questions=_questions(state, target, now),
        has_client=_has_client(),
    )


def record_failure(target: Target, now: datetime, namespaces: Iterable[str] = ()) -> None:
    """Record that the check of *namespaces* (all if empty) of *target* failed at *now*.

    Several looks within a minute count once.
    """
    _record("failures", [_key(target, namespaces)], now)


def record_questions(kubeconfig: str, context: str, refs: Iterable[Ref], now: datetime) -> None:
    """Record that a command was about the objects *refs* at *now*.

    *kubeconfig* and *context* are the user's flags, empty without them: what they lead to is not
    read for this. Several looks within a minute count once.
    """
    _record("questions", [_question(kubeconfig, context, f"{ref}") for ref in refs], now)


def _record(kind: str, keys: Iterable[str], now: datetime) -> None:
    """Add *now* to the times of *keys*, and forget all that is older than an hour."""
    with suppress(OSError, RuntimeError), _changed() as state:
        recent = {one: _recent(times, now) for one, times in state[kind].items()}
        for key in keys:
            times = recent.pop(key, [])
            is_new = not times or now - datetime.fromisoformat(times[-1]) >= _ONE_LOOK
            recent[key] = [*times, now.isoformat()][-_LIMIT:] if is_new else times
        state[kind] = dict([pair for pair in recent.items() if pair[1]][-_LIMIT:])


def _question(kubeconfig: str, context: str, ref: str) -> str:
    return "\t".join((kubeconfig or os.environ.get("KUBECONFIG", ""), context, ref))


def _questions(state: dict[str, Any], target: Target, now: datetime) -> Mapping[str, int]:
    """Return how often objects of *target* were asked about in the last hour.

    A question without a context was about the current one.
    """
    flag = "--kubeconfig="
    file = next((one.removeprefix(flag) for one in target.flags if one.startswith(flag)), "")
    starts = tuple(_question(file, context, "") for context in {"", target.context})
    found: Counter[str] = Counter()
    for key, times in state["questions"].items():
        if key.startswith(starts):
            found[key.rpartition("\t")[2]] += len(_recent(times, now))
    return found


def is_declined(context: str) -> bool:
    """Return whether the user declined the MCP server for *context*."""
    return _is_declined(_load(), context)


def _is_declined(state: dict[str, Any], context: str) -> bool:
    return "" in state["declined"] or context in state["declined"]


def decline(context: str) -> None:
    """Record that *context*, or every context if it is empty, is declined. Raises OSError."""
    with _changed() as state:
        state["declined"] = sorted({*state["declined"], context})


def accept(context: str) -> None:
    """Undo `decline` for *context*, or for all if it is empty. Raises OSError."""
    with _changed() as state:
        state["declined"] = [one for one in state["declined"] if context and one != context]


def _configured(target: Target) -> Iterator[Configured]:
    """Yield the entries for *target* that clients start: neither disabled nor replaced ones."""
    from fluxstatus.mcp.clients import CLIENTS  # noqa: PLC0415 - a saved cluster needs none
    from fluxstatus.mcp.host import Host  # noqa: PLC0415 - as above
    from fluxstatus.mcp.scan import scan  # noqa: PLC0415 - as above

    # Not the files of a folder: whoever made it would decide how long a check takes.
    clients = {name: client for name, client in CLIENTS.items() if not client.local}
    with suppress(Exception):  # the check ignores errors in these files
        host = Host(environ=dict(os.environ), folder=Path.cwd())
        for found in scan(host, clients, _MOST_OF_CLIENT, folder=False):
            for one in found.started:
                client, entry = found.client, one.entry
                if not entry.url and _leads_to(entry, target):
                    yield Configured(
                        client.name, client.title, entry.name, entry.context, entry.read_only,
                        one.at.place.is_the_users,
                    )  # fmt: skip


def _leads_to(entry: Entry, target: Target) -> bool:
    from fluxstatus.mcp.kubeconfig import leads_to  # noqa: PLC0415 - most machines have no entry

    return leads_to(entry, target)


def _has_client() -> bool:
    from fluxstatus.mcp.clients import CLIENTS  # noqa: PLC0415 - as above
    from fluxstatus.mcp.host import Host  # noqa: PLC0415 - as above

    host = Host(environ=dict(os.environ))
    return any(client.installed(host) for client in CLIENTS.values())


def _key(target: Target, namespaces: Iterable[str]) -> str:
    names = ",".join(sorted(namespaces))  # many clusters are called kubernetes
    return f"{target.context} {target.server}" + (f" -n {names}" if names else "")


def _recent(times: Any, now: datetime) -> list[str]:
    """Return those of *times* that are in the last hour, in order."""
    found = []
    for one in times if isinstance(times, list) else ():
        with suppress(ValueError, TypeError):
            if timedelta() <= now - datetime.fromisoformat(one) < _RECENT:
                found.append(one)
    return found


def _file() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "kubectl-flux-status" / "state.json"


def _load() -> dict[str, Any]:
    """Return the content of the file, empty if it is missing or malformed."""
    state: Any = None
    with suppress(OSError, ValueError, RuntimeError):
        data = read_file(_file(), _MOST)
        state = json.loads(data.decode()) if len(data) <= _MOST else None
    known = state if isinstance(state, dict) else {}
    declined = known.get("declined")
    return {
        "version": 1,
        "declined": [one for one in declined if isinstance(one, str)]
        if isinstance(declined, list)
        else [],
        "failures": map_of(known.get("failures")),
        "questions": map_of(known.get("questions")),
    }


@contextmanager
def _changed() -> Iterator[dict[str, Any]]:
    """Yield the state, and save it after the block; no other process changes it meanwhile.

    Raises OSError.
    """
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(file.with_suffix(".lock")):
        state = _load()
        yield state
        replace_file(file, json.dumps(state, indent=2).encode(), sync=False)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the lock *file*. Raises OSError, also if another process holds it for long."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY, 0o600)
    until = time.monotonic() + _PATIENCE
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise
            time.sleep(_INTERVAL)
        yield
    finally:
        os.close(descriptor)  # this ends the lock

"""What this machine knows beside the cluster: who is set up, who declined, what failed lately.

It is kept in one small file in the XDG state folder. Trouble with that is nobody's business but
of `mcp decline` and `mcp accept`: a check neither fails nor says anything because of it.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.base.files import replace_file
from fluxstatus.model.evidence import Target

_LATELY = timedelta(hours=1)
_MOST = 20  # failures and contexts to remember


class Configured(NamedTuple):
    """An entry for the MCP server in a client: what it is called, its context, what it may do."""

    client: str
    title: str
    entry: str
    context: str
    read_only: bool


class Memory(NamedTuple):
    """What is known of the assistant's way to one cluster.

    `configured` are the entries for its context, or for whatever context is the current one.
    `failures` is how many checks of this cluster failed in the hour before this one.
    """

    configured: tuple[Configured, ...] = ()
    declined: bool = False
    failures: int = 0


NOTHING = Memory()
"""What a saved cluster is judged with: the same everywhere and always."""


def recall(target: Target, now: datetime) -> Memory:
    """Return what is known for the cluster *target* at the moment *now*."""
    state = _load()
    return Memory(
        tuple(one for one in _configured() if one.context in ("", target.context)),
        declined=is_declined(target.context),
        failures=len(_recent(state, _key(target), now)),
    )


def remember_failure(target: Target, now: datetime) -> None:
    """Remember that the check of *target* failed at *now*."""
    state = _load()
    failures = state["failures"]
    recent = {key: _recent(state, key, now) for key in failures}
    recent[_key(target)] = [*recent.get(_key(target), []), now.isoformat()][-_MOST:]
    state["failures"] = dict([pair for pair in recent.items() if pair[1]][-_MOST:])
    with suppress(OSError, RuntimeError):
        _save(state)


def is_declined(context: str) -> bool:
    """Return whether nothing about MCP is to be suggested for *context*."""
    declined = _load()["declined"]
    return "" in declined or context in declined


def decline(context: str) -> None:
    """Suggest nothing for *context*, or for any when it is empty. Raises OSError."""
    state = _load()
    state["declined"] = sorted({*state["declined"], context})
    _save(state)


def accept(context: str) -> None:
    """Take back what was declined for *context*; empty takes back all. Raises OSError."""
    state = _load()
    state["declined"] = [one for one in state["declined"] if context and one != context]
    _save(state)


def _configured() -> Iterator[Configured]:
    from fluxstatus.mcp.clients import Host  # noqa: PLC0415 - a saved cluster needs none
    from fluxstatus.mcp.scan import look  # noqa: PLC0415 - as above

    with suppress(Exception):  # whatever these files hold, the check goes on
        for found in look(Host(environ=os.environ, folder=Path.cwd())):
            for entry, _ in found.entries:
                if not entry.url:
                    client = found.client
                    yield Configured(
                        client.name, client.title, entry.name, entry.context, entry.read_only
                    )


def _key(target: Target) -> str:
    return f"{target.context} {target.server}"  # many clusters are called kubernetes


def _recent(state: dict[str, Any], key: str, now: datetime) -> list[str]:
    """Return the failures of the last hour, in their order."""
    found = []
    times = state["failures"].get(key)
    for one in times if isinstance(times, list) else ():
        with suppress(ValueError, TypeError):
            if timedelta() <= now - datetime.fromisoformat(one) < _LATELY:
                found.append(one)
    return found


def _file() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "kubectl-flux-status" / "state.json"


def _load() -> dict[str, Any]:
    """Return what is remembered; what is no such file, or makes no sense, is nothing."""
    state: Any = None
    with suppress(OSError, ValueError, RuntimeError):
        state = json.loads(_file().read_text(encoding="utf-8"))
    known = state if isinstance(state, dict) else {}
    declined, failures = known.get("declined"), known.get("failures")
    return {
        "version": 1,
        "declined": [one for one in declined if isinstance(one, str)]
        if isinstance(declined, list)
        else [],
        "failures": failures if isinstance(failures, dict) else {},
    }


def _save(state: dict[str, Any]) -> None:
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(file, json.dumps(state, indent=2).encode(), sync=False)

"""What the Git checkout in the current directory proves about commits; nothing in it is changed.

Git asks for nothing, fetches nothing and runs nothing here. A commit that the checkout does not
have, or does not know the way to, proves nothing: a shallow one ends somewhere.
"""

import os
import re
from datetime import UTC, datetime
from typing import NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import Process, ProgramError

_SECONDS = 5.0  # for one question
_HASH = re.compile(r"[0-9a-f]{4,64}")  # git takes no fewer digits, and only of one commit
_SETTINGS = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
_MOST = 2**33  # seconds since 1970: a later time is not that of a commit


class Commit(NamedTuple):
    """A commit that the checkout has, and when it was committed, None if that is unknown."""

    hash: str
    at: datetime | None


def is_ancestor(older: str, newer: str) -> bool:
    """Return whether the commit *newer* contains the commit *older*, both given by their hashes."""
    known = _HASH.fullmatch(older) and _HASH.fullmatch(newer)
    return bool(known) and _ask("merge-base", "--is-ancestor", older, newer) is not None


def commit(digits: str) -> Commit | None:
    """Return the commit whose hash begins with *digits*, None if the checkout has none."""
    if not _HASH.fullmatch(digits):
        return None
    said = (_ask("rev-list", "--no-walk", "--timestamp", digits) or "").split()
    seconds, found = (*said[:2], "", "")[:2]
    if not found.startswith(digits):
        return None
    at = int(seconds) if seconds.isdecimal() else _MOST
    return Commit(found, datetime.fromtimestamp(at, UTC) if at < _MOST else None)


def is_whole() -> bool:
    """Return whether the checkout has all that its commits contain, so that it is not shallow."""
    return (_ask("rev-parse", "--is-shallow-repository") or "").strip() == "false"


def remotes() -> list[str]:
    """Return the addresses of the remotes of the checkout."""
    said = _ask("config", "--get-regexp", r"^remote\..*\.url$") or ""
    return [line.partition(" ")[2].strip() for line in said.splitlines()]


def _ask(*words: str) -> str | None:
    """Return what git prints, None if it fails, as it does outside of a checkout."""
    argv = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", *words)
    try:
        environ = {**os.environ, **_SETTINGS}
        with Process([processes.find("git"), *argv], environ=environ) as process:
            code = process.wait(Deadline(_SECONDS))
            return None if code else process.output().stdout.decode(errors="replace")
    except ProgramError:
        return None

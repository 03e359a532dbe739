"""What the controller of an object logged about it: errors first, the same only once."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.cluster import processes
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component

_BOUNDS = ("--since=1h", "--tail=20000", "--limit-bytes=16777216")
_PODS = 3  # of one controller: the others only wait for the lead
_LINES = 50  # kept
_LONG = 2000  # characters of a message
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Line:
    """Something a controller logged about an object: how often, and when last."""

    level: str
    text: str
    times: int
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Log:
    """The lines about an object in the log of the last hour, or why there are none."""

    controller: Ref | None = None
    lines: tuple[Line, ...] = ()
    unread: Unread | None = None


def read(component: Component, ref: Ref, flags: tuple[str, ...], timeout: float) -> Log:
    """Return what *component* logged about *ref* in the last hour; *flags* choose the cluster."""
    names = [text_of(map_of(pod.get("metadata")).get("name")) for pod in component.pods]
    if not names:
        return Log(component.ref, unread=Unread(Why.ABSENT, f"{component.ref} has no pod"))
    entries: list[dict[str, Any]] = []
    unread: Unread | None = None
    for name in names[:_PODS]:
        try:
            entries += _entries(_logs(component.ref.namespace, name, flags, timeout))
        except processes.ProgramError as error:
            unread = explain(error.unread)
    return Log(component.ref, tuple(about(ref, entries)), unread)


def about(ref: Ref, entries: Iterable[dict[str, Any]]) -> list[Line]:
    """Fold the *entries* about *ref*: errors first, and among them the newest."""
    folded: dict[tuple[str, str], Line] = {}
    for entry in entries:
        if is_about(ref, entry):
            level, text, at = text_of(entry.get("level")), _text(entry), when(entry.get("ts"))
            known = folded.get((level, text))
            times = known.times if known else 0
            last = max(filter(None, (at, known.last if known else None)), default=None)
            folded[level, text] = Line(level, text, times + 1, last)
    newest = sorted(folded.values(), key=lambda line: str(line.last), reverse=True)
    return sorted(newest, key=lambda line: line.level != "error")[:_LINES]


def _logs(namespace: str, pod: str, flags: tuple[str, ...], timeout: float) -> str:
    argv = [processes.kubectl(), *flags, "logs", f"--namespace={namespace}", *_BOUNDS, f"pod/{pod}"]
    return processes.run(argv, timeout=min(timeout, _SECONDS)).stdout.decode(errors="replace")


def _entries(text: str) -> Iterator[dict[str, Any]]:
    """Return the lines of a controller's *text* that are JSON objects, as all of Flux's are."""
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict):
                yield entry


def kind_in(entry: dict[str, Any]) -> str:
    """Return the kind that *entry* is about, as controller-runtime or Flux's loggers name it."""
    return text_of(entry.get("controllerKind") or entry.get("reconciler kind"))


def is_about(ref: Ref, entry: dict[str, Any]) -> bool:
    """Whether *entry* is about *ref*."""
    kind = kind_in(entry)
    named = map_of(entry.get(ref.kind)) or entry
    place = named.get("name"), named.get("namespace")
    return (named is not entry or kind == ref.kind) and place == (ref.name, ref.namespace)


def _text(entry: dict[str, Any]) -> str:
    parts = (text_of(entry.get("msg")), text_of(entry.get("error")))
    return mask(": ".join(part for part in parts if part))[:_LONG]


def explain(unread: Unread) -> Unread:
    """Say why a log could not be read, without what kubectl quotes of it."""
    if "forbidden" in unread.text.lower():
        text = "this user is not allowed to read the log of the controller"
        return Unread(Why.FORBIDDEN, text, rule="get pods/log")
    return Unread(unread.why, mask(unread.text))

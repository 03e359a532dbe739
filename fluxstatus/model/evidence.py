"""What the cluster told us, and what it did not.

Everything that judges works from an `Evidence` and nothing else: no clock, no network, no
program. A snapshot file is an Evidence, saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

Object: TypeAlias = dict[str, Any]
"""A Kubernetes object as JSON, pruned (see prune.py), its apiVersion and kind filled in."""


class Why(StrEnum):
    """Why something could not be read. The order of the members is that of the run."""

    NO_PROGRAM = "no-program"  # kubectl (or another program) is missing or too old
    NO_CONFIG = "no-config"  # no kubeconfig, or no such context, cluster or user in it
    LOGIN = "login"  # the credential is missing, expired or rejected (401)
    UNREACHABLE = "unreachable"  # refused, no such host, TLS, proxy
    TIMEOUT = "timeout"
    FORBIDDEN = "forbidden"  # 403: the RBAC rule is missing
    ABSENT = "absent"  # the API server does not serve this resource
    FAILED = "failed"  # the API server answered with an error
    GARBLED = "garbled"  # the answer is not what the API defines
    NOT_ASKED = "not-asked"  # left out on purpose; the text says why


class Unread(NamedTuple):
    """Something that could not be read: never the same as something that is not there.

    `text` is one sentence for the reader; `rule` the RBAC permission that is missing, as
    "list helmreleases.helm.toolkit.fluxcd.io", when that is the reason; `hints` are next steps
    as (sentence, commands) with each command an argument vector that changes nothing.
    """

    why: Why
    text: str
    rule: str = ""
    hints: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()

    @property
    def full_text(self) -> str:
        """The text, and the missing permission if there is one."""
        return f"{self.text} (missing permission: {self.rule})" if self.rule else self.text


class Answer(NamedTuple):
    """The answer to one question: the objects, and what of them is missing, if anything is.

    `items` empty with `unread` None means: asked, and there is none. Both set means that a part
    was read (a namespace of several, the first pages); `namespaces` tells of which namespaces
    when it is not all of them.
    """

    items: tuple[Object, ...] = ()
    unread: Unread | None = None
    namespaces: tuple[str, ...] = ()


class Target(NamedTuple):
    """The cluster that was asked, by the names the kubeconfig has for it."""

    context: str = ""
    cluster: str = ""
    server: str = ""
    user: str = ""
    kubernetes: str = ""  # the server's gitVersion; empty when unknown
    flags: tuple[str, ...] = ()  # the caller's kubectl flags that a pasted command must repeat

    @property
    def asker(self) -> str:
        """Who asks, as a sentence says it: the user, or whom the user impersonates, if known."""
        flag = next((flag for flag in reversed(self.flags) if flag.startswith("--as=")), "")
        impersonated = flag.partition("=")[2]
        if impersonated and self.user:
            return f"{impersonated} (impersonated by {self.user})"
        return impersonated or self.user


class Cost(NamedTuple):
    """What the asking took: requests to the API server, bytes received, seconds."""

    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a run knows.

    `answers` by resource as "plural.group" ("pods" for the core group), and by the names of
    the other questions of collect.py. `served` tells the version the API server prefers for
    each Flux resource it serves; None when discovery failed. `unreachable` is set when nothing
    could be asked at all. `clock_skew` is seconds that this machine is ahead of the server.
    """

    taken_at: datetime
    target: Target = field(default_factory=Target)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    served: Mapping[str, str] | None = None
    programs: Mapping[str, str | Unread] = field(default_factory=dict)
    clock_skew: float | None = None
    unreachable: Unread | None = None
    cost: Cost = field(default_factory=Cost)

    def answer(self, query: str) -> Answer:
        """Return the answer to *query*; a question never asked is an Unread, not an empty one."""
        known = self.answers.get(query)
        if known is not None:
            return known
        if self.unreachable is not None:
            return Answer(unread=self.unreachable)
        return Answer(unread=Unread(Why.NOT_ASKED, f"{query} was not asked for"))

    @property
    def refused(self) -> bool:
        """Whether the way is open, and every question that was put was forbidden."""
        put = [
            answer
            for name, answer in self.answers.items()
            if name != "workload-pods"  # a second look, which is only asked for after a first
            and not (answer.unread and answer.unread.why is Why.ABSENT)
        ]
        return bool(put) and all(
            answer.unread is not None and answer.unread.why is Why.FORBIDDEN and not answer.items
            for answer in put
        )

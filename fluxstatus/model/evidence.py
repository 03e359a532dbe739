"""What was read from a cluster, and what could not be read.

An `Evidence` is the only input of all checks: they use no clock, no network and no program. A
snapshot file is a saved Evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from fluxstatus.model.hints import Hint

CONTROLLERS = "deployments.apps/controllers"
OPERATORS = "deployments.apps/operator"
WORKLOAD_PODS = "workload-pods"
"""The names of answers that are parts of a list; other lists have the name of their resource."""

Object: TypeAlias = dict[str, Any]
"""A Kubernetes object as JSON: pruned (see pruning.py), with its apiVersion and kind."""


class Why(StrEnum):
    """Why something could not be read, in the order of the steps of a run."""

    NO_PROGRAM = "no-program"  # kubectl (or another program) is missing or too old
    NO_CONFIG = "no-config"  # no kubeconfig, or no such context, cluster or user in it
    LOGIN = "login"  # the credentials are missing, expired or rejected (401)
    UNREACHABLE = "unreachable"  # refused, no such host, TLS, proxy
    TIMEOUT = "timeout"
    FORBIDDEN = "forbidden"  # 403: the RBAC rule is missing
    ABSENT = "absent"  # the API server does not serve this resource
    FAILED = "failed"  # the API server returned an error
    GARBLED = "garbled"  # the response does not match the API
    NOT_REQUESTED = "not-asked"  # not requested on purpose; the text says why


class Unread(NamedTuple):
    """Something that could not be read, which is never the same as something that does not exist.

    `text` is one sentence for the reader; `permission` the missing RBAC permission, as
    "list helmreleases.helm.toolkit.fluxcd.io", when that is the reason. `hints` are next steps
    with the label "fix" and commands that change nothing: a snapshot stores neither property.
    """

    why: Why
    text: str
    permission: str = ""
    hints: tuple[Hint, ...] = ()

    @property
    def full_text(self) -> str:
        """The text, and the missing permission if there is one."""
        return (
            f"{self.text} (missing permission: {self.permission})" if self.permission else self.text
        )


class Answer(NamedTuple):
    """The result of one query: its objects, and the reason if any could not be read.

    Without `items` and without `unread`, no such object exists. With both, a part was read: some
    namespaces or the first pages. `namespaces` are those that were read, empty for all.
    """

    items: tuple[Object, ...] = ()
    unread: Unread | None = None
    namespaces: tuple[str, ...] = ()


class Target(NamedTuple):
    """The cluster, by its names in the kubeconfig."""

    context: str = ""
    cluster: str = ""
    server: str = ""
    user: str = ""
    kubernetes: str = ""  # the server's gitVersion; empty when unknown
    flags: tuple[str, ...] = ()  # the caller's kubectl flags that a pasted command must repeat

    @property
    def effective_user(self) -> str:
        """The user as named in a sentence, or the impersonated user; empty when unknown."""
        flag = next((flag for flag in reversed(self.flags) if flag.startswith("--as=")), "")
        impersonated = flag.partition("=")[2]
        if impersonated and self.user:
            return f"{impersonated} (impersonated by {self.user})"
        return impersonated or self.user


class Cost(NamedTuple):
    """The cost of reading a cluster: requests to the API server, bytes received, seconds."""

    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was read in a run.

    `answers` has the results by resource as "plural.group" ("pods" for the core group), and by
    the names of the other queries (see queries.py). `served` has the preferred version of each
    Flux resource that the API server serves, None when discovery failed; `also_served` has the
    other versions of those that have some, None when they are unknown. `unreachable` is set when
    the cluster could not be queried at all. `clock_skew` is how many seconds the clock of this
    machine is ahead of the server's.
    """

    taken_at: datetime
    target: Target = field(default_factory=Target)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    served: Mapping[str, str] | None = None
    also_served: Mapping[str, tuple[str, ...]] | None = None
    programs: Mapping[str, str | Unread] = field(default_factory=dict)
    clock_skew: float | None = None
    unreachable: Unread | None = None
    cost: Cost = field(default_factory=Cost)

    def answer(self, query: str) -> Answer:
        """Return the result of *query*; that of a query that was not sent is Unread, not empty."""
        known = self.answers.get(query)
        if known is not None:
            return known
        if self.unreachable is not None:
            return Answer(unread=self.unreachable)
        return Answer(unread=Unread(Why.NOT_REQUESTED, f"{query} was not requested"))

    @property
    def refused(self) -> bool:
        """Whether the API server was reached and refused every query."""
        sent = [
            answer
            for name, answer in self.answers.items()
            if name != WORKLOAD_PODS  # only sent after the result of another query
            and not (answer.unread and answer.unread.why is Why.ABSENT)
        ]
        return bool(sent) and all(
            answer.unread is not None and answer.unread.why is Why.FORBIDDEN and not answer.items
            for answer in sent
        )

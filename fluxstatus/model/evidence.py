"""What was read from a cluster, and what could not be read.

An `Evidence` is the only input of all checks: they use no clock, no network and no program. A
snapshot file is a saved Evidence.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

from fluxstatus.model.hints import Hint
from fluxstatus.model.kinds import RESOURCES
from fluxstatus.model.ref import Key, Ref

CONTROLLERS = "deployments.apps/controllers"
OPERATORS = "deployments.apps/operator"
WORKLOAD_PODS = "workload-pods"
CHANGES = "events/changes"
"""The names of answers that are parts of a list; other lists have the name of their resource."""

LEASES = "leases.coordination.k8s.io"
"""The name of the answer with the Leases of controllers, which are an optional sign of life."""

NAMESPACES = "chosen-namespaces"
"""The name of the answer with the chosen namespaces that exist.

Only those in which nothing was found are requested.
"""

CRDS = "customresourcedefinitions.apiextensions.k8s.io"
LABELLED = f"{CRDS}/of-flux"
"""The name of the answer with the reason why the CRDs with the label of Flux were not read."""

_FOLLOWING = (WORKLOAD_PODS, CHANGES, NAMESPACES)
"""Queries that depend on the results of other queries."""

_UNMISSED = (LEASES, NAMESPACES, LABELLED)
"""Optional answers: nothing in the report is incomplete without them."""

AWAITED = "awaited"
"""The prefix of answers with objects that reconciliations wait for; a slash and the kind follow.

Of an object that does not exist, there is an empty answer of its own (see `awaited_object`).
"""

RELATED = "related"
"""The name of the answers with objects of projects around Flux: plural.group follows a slash."""

VERSION = "version"
"""The name of the answer that says why the API server's version was not read."""

Object: TypeAlias = dict[str, Any]
"""A Kubernetes object as JSON: pruned (see pruning.py), with its apiVersion and kind."""


class Why(StrEnum):
    """Why data could not be read, in the order of the steps of a run."""

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


@dataclass(frozen=True, slots=True)
class Read:
    """A list that was read: an object that is not in `items` does not exist.

    `namespaces` are those that the list is about, empty for all.
    """

    items: tuple[Object, ...] = ()
    namespaces: tuple[str, ...] = ()

    unread: ClassVar[None] = None
    hidden: ClassVar[None] = None
    objects: ClassVar[tuple[()]] = ()

    @property
    def known(self) -> tuple[Object, ...]:
        """All objects."""
        return self.items

    def unread_in(self, namespace: str, _: str = "") -> Unread | None:
        """Return why objects in *namespace* may exist that are not known, None if none can."""
        if not self.namespaces or namespace in self.namespaces:
            return None
        return Unread(Why.NOT_REQUESTED, f'namespace "{namespace}" was not read')


class UnreadObject(NamedTuple):
    """An object that exists and could not be read; `why` is the end of a sentence on it."""

    kind: str
    namespace: str
    name: str
    why: str

    def __str__(self) -> str:
        """Return the sentence."""
        return f"{Ref('', *self[:3])} could not be read: it {self.why}"


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A list of which a part, or everything, is unread for the reason `unread`.

    It has no `items`: nothing follows from an object that is not `known`. Of `namespaces`, all
    objects are known. If there are `objects`, they are all that is unread, and `namespaces` are
    as those of a Read.
    """

    unread: Unread
    known: tuple[Object, ...] = ()
    namespaces: tuple[str, ...] = ()
    objects: tuple[UnreadObject, ...] = ()

    @classmethod
    def without(
        cls,
        objects: Iterable[UnreadObject],
        known: Iterable[Object] = (),
        namespaces: Iterable[str] = (),
    ) -> Self:
        """Return the list of which only *objects*, at least one, are unread."""
        unread = tuple(sorted(set(objects)))
        first, *others = unread
        more = f"; {len(others)} more could not be read either" if others else ""
        reason = Unread(Why.GARBLED, f"{first}{more}")
        return cls(reason, tuple(known), tuple(namespaces), unread)

    @property
    def hidden(self) -> Unread | None:
        """Why there may be other objects than the known ones; None if it is not served."""
        return None if self.unread.why is Why.ABSENT else self.unread

    def unread_in(self, namespace: str, name: str = "") -> Unread | None:
        """Return why objects in *namespace* may exist that are not known, None if none can.

        It is about objects with a *name* only, if there is one, and about all namespaces if
        *namespace* is empty.
        """
        if not self.objects:
            return None if namespace in self.namespaces else self.hidden
        for one in self.objects:
            if namespace in ("", one.namespace) and name in ("", one.name):
                return Unread(self.unread.why, f"{one}")
        return Read((), self.namespaces).unread_in(namespace)


def is_awaited(query: str) -> bool:
    """Return whether the answer to *query* has objects that reconciliations wait for."""
    return query.startswith(f"{AWAITED}/")


def awaited_object(key: Key) -> str:
    """Return the name of the answer about *key* alone, which a reconciliation waits for."""
    return "/".join((AWAITED, *key))


Answer: TypeAlias = Read | Incomplete
"""The result of one query. Its `items` can only be used where `unread` is None."""


def absent_in(namespaces: Answer) -> list[str]:
    """Return the namespaces that do not exist, by the answer about Namespaces."""
    existing = {Ref.of(item).name for item in namespaces.known}
    return [name for name in namespaces.namespaces if name not in existing]


_NAME = "\0"  # the place of a name in a sentence


def by_reason(unread: Mapping[str, Unread]) -> list[tuple[str, Unread]]:
    """Return each reason in *unread* once, with the names that have it, separated by commas."""
    names: dict[Unread, list[str]] = defaultdict(list)
    for name, reason in unread.items():
        names[reason].append(name)
    return [(", ".join(found), reason) for reason, found in names.items()]


def alike(unread: Mapping[str, Unread]) -> list[tuple[list[str], str]]:
    """Return the sentences in *unread*, each once, with the names of the lists that have it.

    A refusal names its list. What is said of each of several lists is said of them all.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for name, one in unread.items():
        names[one.full_text.replace(name, _NAME)].append(name)
    return [
        (found, text.replace(_NAME, found[0] if len(found) == 1 else "them"))
        for text, found in names.items()
    ]


class Target(NamedTuple):
    """The cluster, by its names in the kubeconfig."""

    context: str = ""
    cluster: str = ""
    server: str = ""
    user: str = ""
    kubernetes: str = ""  # the server's gitVersion; empty when unknown
    flags: tuple[str, ...] = ()  # the caller's kubectl flags that a pasted command must repeat
    saved: tuple[str, ...] = ()  # the caller's options to read it from a file, in place of those

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
    other versions of those that have some, None when they are unknown. `uid` tells the cluster from
    all others, empty when unknown: only `fleet` and snapshots need it. `unreachable` is set when
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
    uid: str = ""

    def answer(self, query: str) -> Answer:
        """Return the result of *query*; that of a query that was not sent is Unread, not empty."""
        known = self.answers.get(query)
        if known is not None:
            return known
        if self.unreachable is not None:
            return Incomplete(self.unreachable)
        return Incomplete(Unread(Why.NOT_REQUESTED, f"{query} was not requested"))

    @property
    def absent_namespaces(self) -> list[str]:
        """The chosen namespaces that do not exist, as far as that was asked for."""
        return absent_in(self.answer(NAMESPACES))

    @property
    def unread(self) -> dict[str, Unread]:
        """Why more objects may exist than the known ones, by resource, for all that was sent."""
        found: dict[str, Unread] = {}
        for name, answer in self.answers.items():
            if name in _UNMISSED or is_awaited(name):
                continue
            if answer.hidden and answer.hidden.why is not Why.NOT_REQUESTED:
                first, _, rest = name.partition("/")
                resource = "pods" if name == WORKLOAD_PODS else rest if first == RELATED else first
                found.setdefault(resource, answer.hidden)
        return found

    @property
    def refused(self) -> bool:
        """Whether the API server was reached and refused every query, also for objects of Flux."""
        sent = {
            name: answer
            for name, answer in self.answers.items()
            if name not in _FOLLOWING
            and not is_awaited(name)
            and not (answer.unread and answer.unread.why is Why.ABSENT)
        }
        return any(name in RESOURCES for name in sent) and all(
            answer.unread is not None and answer.unread.why is Why.FORBIDDEN and not answer.known
            for answer in sent.values()
        )

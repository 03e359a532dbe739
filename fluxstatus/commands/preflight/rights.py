"""May this user install the Flux Operator? Asked by `kubectl auth can-i`, which stores nothing.

One call lists all rights. They are asked for in a namespace that nobody has: there only what
holds in the whole cluster holds, and a role in one namespace is not taken for more than it is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.model.evidence import Unread, Why

_NOWHERE = "flux-status-asks-for-the-whole-cluster"
_ROW = re.compile(r"(?P<what>\S*)\s+\[[^\]]*\]\s+\[(?P<names>[^\]]*)\]\s+\[(?P<verbs>[^\]]*)\]")
_INCOMPLETE = "the list may be incomplete"
_UNKNOWN_KIND = "doesn't have a resource type"
_RBAC = "rbac.authorization.k8s.io"
_SECONDS = 20.0


class Right(NamedTuple):
    """A permission, and what it is for."""

    verb: str
    resource: str  # plural.group
    why: str
    name: str = ""

    def __str__(self) -> str:
        """Return it as RBAC rules are told."""
        return f"{self.verb} {self.resource}{f' {self.name}' if self.name else ''}"


NEEDED = (
    Right("create", "namespaces", "the namespace flux-system"),
    Right("create", "customresourcedefinitions.apiextensions.k8s.io", "the kinds of Flux"),
    Right("create", "serviceaccounts", "what the operator runs as"),
    Right("create", f"clusterroles.{_RBAC}", "the roles of the operator"),
    Right("create", f"clusterrolebindings.{_RBAC}", "to give the operator its role"),
    Right("bind", f"clusterroles.{_RBAC}", "the operator is cluster-admin", "cluster-admin"),
    Right("create", "deployments.apps", "the operator itself"),
    Right("create", "services", "the way to its web UI and metrics"),
    Right("create", "secrets", "Helm's own records, and the credential of the Git source"),
    Right("create", "fluxinstances.fluxcd.controlplane.io", "the FluxInstance"),
)
"""What an installation makes (FO config/default, and its Helm chart)."""


class Rights(NamedTuple):
    """What of NEEDED the user has not; `unsure` are those that could not be found out."""

    missing: tuple[Right, ...] = ()
    unsure: tuple[Right, ...] = ()
    unread: Unread | None = None


class Rule(NamedTuple):
    """A line of `kubectl auth can-i --list`."""

    resource: str
    group: str
    names: frozenset[str]
    verbs: frozenset[str]

    def allows(self, right: Right) -> bool:
        """Whether this rule alone gives *right*."""
        resource, _, group = right.resource.partition(".")
        return (
            bool(self.verbs & {"*", right.verb})
            and self.resource in ("*", resource)
            and self.group in ("*", group)
            and (not self.names or right.name in self.names)
        )


def find_out(flags: Sequence[str], timeout: float) -> Rights:
    """Ask kubectl what the user of *flags* may do; each call takes *timeout* seconds at most."""
    seconds = min(timeout, _SECONDS)
    try:
        kubectl = processes.kubectl()
        argv = [kubectl, *flags, "auth", "can-i", "--list", f"--namespace={_NOWHERE}"]
        output = processes.run([*argv, "--no-headers"], timeout=seconds)
    except ProgramError as error:
        return Rights(unread=error.unread)
    rules = list(rules_in(output.stdout.decode(errors="replace")))
    if not rules:
        return Rights(unread=Unread(Why.GARBLED, "kubectl lists no right at all"))
    lacking = [right for right in NEEDED if not any(rule.allows(right) for rule in rules)]
    if _INCOMPLETE not in output.stderr:
        return Rights(missing=tuple(lacking))
    return _per_namespace([kubectl, *flags, "auth", "can-i"], lacking, seconds)


def rules_in(table: str) -> Iterator[Rule]:
    """Read the rules about resources in what `kubectl auth can-i --list` prints."""
    for line in table.splitlines():
        row = _ROW.fullmatch(line.strip())
        if row and row["what"] and not row["what"].startswith("["):
            resource, _, group = row["what"].partition(".")
            yield Rule(
                resource, group, frozenset(row["names"].split()), frozenset(row["verbs"].split())
            )


def _per_namespace(can_i: Sequence[str], rights: Iterable[Right], seconds: float) -> Rights:
    """Ask for each of *rights*: a webhook, as clouds have one, lists none of its own."""
    missing, unsure = [], []
    with ExitStack() as stack:
        asked = [(right, stack.enter_context(Process(_question(can_i, right)))) for right in rights]
        for right, process in asked:
            answer = _answer(process, seconds)
            if answer is None:
                unsure.append(right)
            elif not answer:
                missing.append(right)
    return Rights(tuple(missing), tuple(unsure))


def _question(can_i: Sequence[str], right: Right) -> list[str]:
    what = f"{right.resource}/{right.name}" if right.name else right.resource
    return [*can_i, right.verb, what, "--all-namespaces"]


def _answer(process: Process, seconds: float) -> bool | None:
    try:
        process.wait(seconds)
    except ProgramError:
        return None
    output = process.output()
    word = output.stdout.split()[:1]
    if _UNKNOWN_KIND in output.stderr or word not in ([b"yes"], [b"no"]):
        return None
    return word == [b"yes"]

"""The permissions that are required to install Flux, checked with `kubectl auth can-i`.

It stores nothing in the cluster. One call lists all permissions, in a namespace that does not
exist: only cluster-wide permissions apply there, so a role in one namespace does not count.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.model.evidence import Unread, Why

_NOWHERE = "flux-status-asks-for-the-whole-cluster"
_ROW = re.compile(r"(?P<what>\S*)\s+\[[^\]]*\]\s+\[(?P<names>[^\]]*)\]\s+\[(?P<verbs>[^\]]*)\]")
_INCOMPLETE = "the list may be incomplete"
_UNKNOWN_KIND = "doesn't have a resource type"
_RBAC = "rbac.authorization.k8s.io"


class Permission(NamedTuple):
    """A permission, and what it is needed for."""

    verb: str
    resource: str  # plural.group
    why: str
    name: str = ""

    def __str__(self) -> str:
        """Format it like an RBAC rule: "create deployments.apps"."""
        return f"{self.verb} {self.resource}{f' {self.name}' if self.name else ''}"


NEEDED = (
    Permission("create", "namespaces", 'namespace "flux-system"'),
    Permission("create", "customresourcedefinitions.apiextensions.k8s.io", "the Flux CRDs"),
    Permission("create", "serviceaccounts", "the operator's ServiceAccount"),
    Permission("create", f"clusterroles.{_RBAC}", "the operator's ClusterRoles"),
    Permission("create", f"clusterrolebindings.{_RBAC}", "the operator's ClusterRoleBindings"),
    Permission(
        "bind", f"clusterroles.{_RBAC}", "the operator runs as cluster-admin", "cluster-admin"
    ),
    Permission("create", "deployments.apps", "the operator's Deployment"),
    Permission("create", "services", "the operator's web UI and metrics"),
    Permission("create", "secrets", "Helm release records and the Git credentials"),
    Permission("create", "fluxinstances.fluxcd.controlplane.io", "the FluxInstance"),
)
"""The permissions for everything that an installation creates (flux-operator config/default and the
Helm chart)."""


class Permissions(NamedTuple):
    """The permissions of NEEDED that are missing, and those that could not be checked."""

    missing: tuple[Permission, ...] = ()
    unknown: tuple[Permission, ...] = ()
    unread: Unread | None = None


class ResourceRule(NamedTuple):
    """A line of `kubectl auth can-i --list`."""

    resource: str
    group: str
    names: frozenset[str]
    verbs: frozenset[str]

    def allows(self, permission: Permission) -> bool:
        """Return whether this rule alone grants *permission*."""
        resource, _, group = permission.resource.partition(".")
        return (
            bool(self.verbs & {"*", permission.verb})
            and self.resource in ("*", resource)
            and self.group in ("*", group)
            and (not self.names or permission.name in self.names)
        )


def check_permissions(flags: Sequence[str], deadline: Deadline) -> Permissions:
    """Return what the user of *flags* may do."""
    try:
        kubectl = processes.kubectl()
        argv = [kubectl, *flags, "auth", "can-i", "--list", f"--namespace={_NOWHERE}"]
        output = processes.run([*argv, "--no-headers"], deadline)
    except ProgramError as error:
        return Permissions(unread=error.unread)
    rules = list(rules_in(output.stdout.decode(errors="replace")))
    if not rules:
        return Permissions(unread=Unread(Why.GARBLED, "kubectl lists no permissions"))
    missing = [one for one in NEEDED if not any(rule.allows(one) for rule in rules)]
    if _INCOMPLETE not in output.stderr:
        return Permissions(missing=tuple(missing))
    return _check_each([kubectl, *flags, "auth", "can-i"], missing, deadline)


def rules_in(table: str) -> Iterator[ResourceRule]:
    """Parse the rules about resources in the output of `kubectl auth can-i --list`."""
    for line in table.splitlines():
        row = _ROW.fullmatch(line.strip())
        if row and row["what"] and not row["what"].startswith("["):
            resource, _, group = row["what"].partition(".")
            yield ResourceRule(
                resource, group, frozenset(row["names"].split()), frozenset(row["verbs"].split())
            )


def _check_each(
    can_i: Sequence[str], permissions: Iterable[Permission], deadline: Deadline
) -> Permissions:
    """Check each of *permissions* on its own: an authorization webhook does not list its rules."""
    missing, unknown = [], []
    with ExitStack() as stack:
        started = [(one, stack.enter_context(Process(_command(can_i, one)))) for one in permissions]
        for permission, process in started:
            answer = _answer(process, deadline)
            if answer is None:
                unknown.append(permission)
            elif not answer:
                missing.append(permission)
    return Permissions(tuple(missing), tuple(unknown))


def _command(can_i: Sequence[str], one: Permission) -> list[str]:
    what = f"{one.resource}/{one.name}" if one.name else one.resource
    return [*can_i, one.verb, what, "--all-namespaces"]


def _answer(process: Process, deadline: Deadline) -> bool | None:
    try:
        process.wait(deadline)
    except ProgramError:
        return None
    output = process.output()
    word = output.stdout.split()[:1]
    if _UNKNOWN_KIND in output.stderr or word not in ([b"yes"], [b"no"]):
        return None
    return word == [b"yes"]

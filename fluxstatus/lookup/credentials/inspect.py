"""The Secrets that objects of Flux name: which keys they have and what these look like.

kubectl reads them; no value of one ever comes here (questions.py tells how).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fluxstatus.base.masking import mask
from fluxstatus.cluster import processes
from fluxstatus.lookup.credentials.advice import advice_on, is_unused
from fluxstatus.lookup.credentials.needs import notes, problems
from fluxstatus.lookup.credentials.queries import Key, read, template
from fluxstatus.lookup.credentials.references import Named, named_by
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.findings import Finding
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

__all__ = ["Credential", "Key", "credentials_of"]

_SECONDS = 20.0
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Credential:
    """A Secret that an object of Flux names, as far as one may know it.

    `problems` are what is wrong with it; `notes` what cannot be told, or soon will be wrong;
    `habits` are advice, and nothing is wrong with them.
    """

    name: str
    namespace: str
    user: Ref
    path: str
    type: str = ""
    keys: tuple[Key, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    habits: tuple[Finding, ...] = ()
    unread: Unread | None = None


def credentials_of(
    state: State, resource: Resource, flags: tuple[str, ...], timeout: float
) -> Iterator[Credential]:
    """Return the Secrets that *resource* and what it feeds on name.

    *flags* tell kubectl the cluster; it gets *timeout* seconds for each.
    """
    for named in named_by(state, resource):
        yield _look(state, named, flags, timeout)


def _look(state: State, named: Named, flags: tuple[str, ...], timeout: float) -> Credential:
    """Ask kubectl about the Secret that *named* names."""
    bare = Credential(named.name, named.user.namespace, named.user, named.path)
    if not _NAME.fullmatch(named.name):
        return replace(bare, problems=("this is no name that a Secret can have",))
    try:
        argv = (
            processes.kubectl(), *flags, "get", "secret", f"--namespace={named.user.namespace}",
            f"--output=go-template={template(named.host, state.now)}", "--", named.name,
        )  # fmt: skip
        said = processes.run(argv, timeout=min(timeout, _SECONDS)).stdout.decode(errors="replace")
        answer = read(said)
    except processes.ProgramError as error:
        return _refused(bare, named, error.unread)
    return replace(
        bare,
        type=answer.type,
        keys=tuple(answer.keys.values()),
        problems=() if is_unused(state, named, answer) else tuple(problems(named, answer)),
        notes=tuple(notes(named, answer)),
        habits=tuple(advice_on(state, named, answer)),
    )


def _refused(bare: Credential, named: Named, unread: Unread) -> Credential:
    if "(NotFound)" in unread.text:
        if named.optional:
            return replace(bare, notes=("it does not exist, which its reference allows",))
        return replace(bare, problems=("it does not exist",))
    if "(Forbidden)" in unread.text:
        text = "this user is not allowed to look at it"
        return replace(bare, unread=Unread(Why.FORBIDDEN, text, rule="get secrets"))
    return replace(bare, unread=Unread(unread.why, mask(unread.text)))

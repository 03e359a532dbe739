"""The Secrets that Flux objects refer to: their keys and the forms of the values.

kubectl reads the Secrets; no value reaches this program (see queries.py).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import processes, refusals
from fluxstatus.cluster.processes import Output, ProgramError
from fluxstatus.lookup.credentials.advice import advice_on, is_unused
from fluxstatus.lookup.credentials.needs import notes, problems
from fluxstatus.lookup.credentials.queries import SecretKey, read, template
from fluxstatus.lookup.credentials.references import SecretReference, named_by
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.findings import Finding
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

__all__ = ["Credential", "SecretKey", "credentials_of"]

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Credential:
    """A Secret that a Flux object refers to at `path`, without its values.

    `problems` are its faults; `notes` are what could not be checked or will soon be a problem;
    `advice` are findings about its use. `unread` is the reason why it could not be read, None if it
    could.
    """

    name: str
    namespace: str
    user: Ref
    path: str
    type: str = ""
    keys: tuple[SecretKey, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    advice: tuple[Finding, ...] = ()
    unread: Unread | None = None


def credentials_of(
    state: State, resource: Resource, flags: tuple[str, ...], deadline: Deadline
) -> Iterator[Credential]:
    """Yield the Secrets that *resource* and its sources refer to.

    *flags* are the kubectl flags for the cluster.
    """
    with inspecting(state, resource, flags, deadline) as found:
        yield from found()


@contextmanager
def inspecting(
    state: State, resource: Resource, flags: tuple[str, ...], deadline: Deadline
) -> Iterator[Callable[[], Iterator[Credential]]]:
    """Read, while the block does something else, what `credentials_of` yields.

    The block gets what waits for it. kubectl reads several Secrets at the same time.
    """
    references = list(named_by(state, resource))
    commands = (_command(state, named, flags) for named in references if _is_valid(named))
    with processes.running(commands, deadline) as outputs:

        def found() -> Iterator[Credential]:
            known = outputs()
            for named in references:
                yield _inspect(state, named, next(known) if _is_valid(named) else None)

        yield found


def _is_valid(named: SecretReference) -> bool:
    return _NAME.fullmatch(named.name) is not None


def _command(state: State, named: SecretReference, flags: tuple[str, ...]) -> tuple[str, ...]:
    return (
        *flags, "get", "secret", f"--namespace={named.user.namespace}",
        f"--output=go-template={template(named.host, state.now)}", "--", named.name,
    )  # fmt: skip


def _inspect(
    state: State, named: SecretReference, output: Output | ProgramError | None
) -> Credential:
    """Return what kubectl reports about the Secret of *named*; it was not asked without a name."""
    bare = Credential(named.name, named.user.namespace, named.user, named.path)
    if output is None:
        return replace(bare, problems=("this is not a valid Secret name",))
    try:
        if isinstance(output, ProgramError):
            raise output
        answer = read(output.stdout.decode(errors="replace"))
    except ProgramError as error:
        unread = refusals.of_kubectl(error.unread, "get secrets", "read it")
        if unread.why is not Why.ABSENT:
            return replace(bare, unread=unread)
        if named.optional:
            return replace(bare, notes=("it does not exist; the reference is optional",))
        return replace(bare, problems=("it does not exist",))
    return replace(
        bare,
        type=answer.type,
        keys=tuple(answer.keys.values()),
        problems=() if is_unused(state, named, answer) else tuple(problems(named, answer)),
        notes=tuple(notes(named, answer)),
        advice=tuple(advice_on(state, named, answer)),
    )

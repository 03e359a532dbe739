"""`credentials`: the Secrets that an object refers to: keys and forms, never values."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

from typing import TYPE_CHECKING

import typer

from fluxstatus.commands import console
from fluxstatus.commands.asked import remember
from fluxstatus.commands.one_object import Words, find_one, from_cluster
from fluxstatus.commands.options import TIMEOUT, BasicDisplay, Connection, ObjectNamespace, Timeout
from fluxstatus.commands.progress import reading
from fluxstatus.model.evidence import by_reason
from fluxstatus.model.findings import Exit
from fluxstatus.report import Format

if TYPE_CHECKING:
    from fluxstatus.lookup.credentials.inspect import Credential
    from fluxstatus.state.resource import Resource
    from fluxstatus.state.state import State

EPILOG = """
\b
Examples:
  kubectl flux-status credentials gitrepo/podinfo -n apps  check a source
  kubectl flux-status credentials ks/podinfo -o json       print JSON

\b
Exit codes:
  0  all Secrets are valid
  1  a Secret or a required key is missing, or a value is malformed
  3  a Secret could not be read
"""


def show(
    *,
    words: Words,
    place: ObjectNamespace,
    display: BasicDisplay,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Show the keys of an object's Secrets, never their values.

    Inspects the Secrets that the object and its sources refer to. kubectl evaluates a template that
    prints only the names of keys and the form of each value ("a public key"), never a value.
    Requires permission to get secrets.
    """
    from fluxstatus.lookup.credentials import inspect
    from fluxstatus.lookup.credentials.references import fed_by
    from fluxstatus.report.credentials import as_json, as_text

    with reading(
        connection, timeout, _preload, namespaces=place.namespaces, verbose=display.verbose
    ) as ours:
        ours.discover()
        read = from_cluster(ours, place, display, fed_by)
        state, resource = find_one("credentials", words, read, connection, place=place)
    remember(connection, resource.ref)

    flags = connection.flags()
    found = tuple(inspect.credentials_of(state, resource, flags, timeout))
    if display.output is Format.JSON:
        console.put(as_json(resource, state, found))
    else:
        look = console.look(display.color, everything=True)
        console.put_report(as_text(resource, state, found, look))
    for names, why in by_reason(state.evidence.unread):
        console.error(f"{names}: {why.full_text}")
    code = _exit_code(found, is_complete=not state.evidence.unread)
    if code is Exit.HEALTHY and found:
        _note_other_faults(state, resource)
    raise typer.Exit(code)


def _note_other_faults(state: "State", resource: "Resource") -> None:
    """Note that the form of the Secrets is not why *resource* fails, and what to read instead."""
    from fluxstatus.checks.wording import explained
    from fluxstatus.model.kubectl_flags import for_target
    from fluxstatus.report.terminal import command_line
    from fluxstatus.state.resource import BROKEN

    if resource.verdict in BROKEN:
        flags = for_target(state.evidence.target)
        [more] = [flags.command(one) for hint in explained(resource.ref) for one in hint.commands]
        console.note(
            f"the Secrets have the expected keys and formats, but {resource.ref} is not ready; to "
            f"find the cause, run: {command_line(more.argv)}"
        )


def _preload() -> None:
    """Import what `show` needs, while kubectl starts."""
    import fluxstatus.lookup.credentials.inspect
    import fluxstatus.lookup.related
    import fluxstatus.report.credentials  # noqa: F401


def _exit_code(found: "tuple[Credential, ...]", *, is_complete: bool) -> Exit:
    if any(one.problems for one in found):
        return Exit.UNHEALTHY
    is_complete = is_complete and not any(one.unread for one in found)
    return Exit.HEALTHY if is_complete else Exit.NO_VERDICT

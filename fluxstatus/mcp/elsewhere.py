"""What a client starts besides, or instead of, the user's entries. Pure."""

from collections.abc import Iterator

from fluxstatus.base.masking import mask
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.scan import ClientEntries, Listed


def warnings_of(found: ClientEntries) -> Iterator[str]:
    """Yield a sentence on each entry that replaces one of the user, or that writes.

    They are those of the folder, of an administrator and of plugins. Also on an entry that the
    client lists twice.
    """
    own = {one.entry.name: one for one in reversed(found.entries)}
    for one in (*found.managed, *found.of_folder, *found.of_plugins):
        if warning := _warning(found, one, own.get(one.entry.name)):
            yield warning
    for name in own:
        files = [str(other.at.path) for other in found.entries if other.entry.name == name]
        if len(files) > 1:
            yield f"{found.client.title} lists {name} twice: it is in {' and in '.join(files)}"


def may_write(found: ClientEntries) -> bool:
    """Return whether the client starts an entry, not of the user, that is not read-only."""
    others = (*found.managed, *found.of_folder, *found.of_plugins)
    return any(not one.off and not _only_reads(one) for one in others)


def _warning(found: ClientEntries, one: Listed, mine: Listed | None) -> str:
    """Return a sentence on *one*, which is not the user's as *mine* is; empty without a reason."""
    title, name, where = found.client.title, one.entry.name, whose(one)
    here = f"in this folder, {title}" if one.at.place.is_for_folder else title
    if one.off:
        is_loss = mine is not None and not mine.off
        return f"{here} does not start {name}: {where} turns it off" if is_loss else ""
    if mine is None:
        does = "" if _only_reads(one) else _does(one)
        return f"{here} also starts {name} of {where}, {does}" if does else ""
    if _is_same(one.entry, mine.entry):
        return ""
    instead = "as well" if found.client.twice else "instead"
    return f"{here} starts {name} of {where} {instead}, {_does(one, mine)}"


def whose(one: Listed) -> str:
    """Return the file of *one*, and whose it is if not the user's or the folder's."""
    place = one.at.place
    owner = "managed by an administrator" if place.is_of_administrator else ""
    owner = f"plugin {place.plugin}" if place.plugin else owner
    return f"{one.at.path} ({owner})" if owner else f"{one.at.path}"


def _is_same(one: Entry, other: Entry) -> bool:
    mine, theirs = ((e.argv, dict(e.env), e.url, e.env_file) for e in (one, other))
    return mine == theirs


def _only_reads(one: Listed) -> bool:
    entry = one.entry
    flags = entry.read_only and entry.masks
    return flags and one.is_direct and not entry.url and not entry.filled_in


def _does(one: Listed, instead: Listed | None = None) -> str:
    entry, doubt = one.entry, "it is unknown whether that can write"
    program = mask(entry.command) or "nothing"
    is_elsewhere = instead is not None and entry.context != instead.entry.context
    reasons = (
        (entry.url, f"which calls a remote server; {doubt}"),
        (not one.is_server, f"which starts {program}"),
        (not (entry.names_the_server or one.is_direct), f"which starts {program}; {doubt}"),
        (not entry.read_only, "which CAN CHANGE the cluster"),
        (entry.filled_in, f"which depends on {entry.filled_in}; {doubt}"),
        (not entry.masks, "which shows the data of Secrets"),
        (is_elsewhere, f"which uses {_context(entry)}"),
        (not one.is_direct, f"which starts {program}; {doubt}"),
    )
    return next((text for holds, text in reasons if holds), "with another command")


def _context(entry: Entry) -> str:
    return f"context {entry.context}" if entry.context else "the current context"

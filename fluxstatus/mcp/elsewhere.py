"""What a client starts in the current folder besides, or instead of, the user's entries. Pure."""

from collections.abc import Iterator

from fluxstatus.base.masking import mask
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.scan import ClientEntries, Listed


def warnings_of(found: ClientEntries) -> Iterator[str]:
    """Yield a sentence on each entry of the folder that replaces one of the user, or that writes.

    Also on an entry that the client lists twice.
    """
    title = found.client.title
    own = {one.entry.name: one for one in reversed(found.entries)}
    for one in found.of_folder:
        name = one.entry.name
        where = f"{name} of {one.at.path}"
        mine = own.get(name)
        if one.off and mine and not mine.off:
            yield f"in this folder, {title} does not start {name}: {one.at.path} turns it off"
        elif not one.off and mine and not _is_same(one.entry, mine.entry):
            instead = "as well" if found.client.twice else "instead"
            yield f"in this folder, {title} starts {where} {instead}, {_does(one.entry, mine)}"
        elif not one.off and not mine and not _only_reads(one.entry):
            yield f"in this folder, {title} also starts {where}, {_does(one.entry)}"
    for name in own:
        files = [str(other.at.path) for other in found.entries if other.entry.name == name]
        if len(files) > 1:
            yield f"{title} lists {name} twice: it is in {' and in '.join(files)}"


def _is_same(one: Entry, other: Entry) -> bool:
    return (one.argv, dict(one.env), one.url) == (other.argv, dict(other.env), other.url)


def _only_reads(entry: Entry) -> bool:
    return entry.read_only and entry.masks and not entry.url


def _does(entry: Entry, instead: Listed | None = None) -> str:
    if entry.url:
        return "which calls a remote server; it is unknown whether that can write"
    if not entry.names_the_server:
        return f"which starts {mask(entry.command) or 'nothing'}"
    if not entry.read_only:
        return "which CAN CHANGE the cluster"
    if not entry.masks:
        return "which shows the data of Secrets"
    if instead and entry.context != instead.entry.context:
        return f"which uses {_context(entry)}"
    return "with another command"


def _context(entry: Entry) -> str:
    return f"context {entry.context}" if entry.context else "the current context"

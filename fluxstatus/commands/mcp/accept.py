"""`mcp accept`: undo `mcp decline`."""

from fluxstatus.commands.mcp.decline import Everywhere, change
from fluxstatus.commands.options import Connection


def show(*, everywhere: Everywhere = False, connection: Connection) -> None:
    """Undo `mcp decline` for this context, or for all contexts."""
    change(connection, everywhere=everywhere, declined=False)

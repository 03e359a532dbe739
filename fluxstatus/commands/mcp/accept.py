"""`mcp accept`: take back `mcp decline`."""

from fluxstatus.commands.mcp.decline import Everywhere, change
from fluxstatus.commands.options import Connection


def show(*, everywhere: Everywhere = False, connection: Connection) -> None:
    """Take back `mcp decline`, for this context or for all."""
    change(connection, everywhere=everywhere, declined=False)

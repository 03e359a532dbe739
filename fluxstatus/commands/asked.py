"""What a command was about: several questions about one object are a sign that help is needed."""

# ruff: noqa: PLC0415 - only for an object in a live cluster

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fluxstatus.commands.options import Connection
    from fluxstatus.model.ref import Ref


def remember(connection: "Connection", *refs: "Ref") -> None:
    """Record that a command was about *refs*, objects of a live cluster."""
    from datetime import UTC, datetime

    from fluxstatus.mcp.state_file import record_questions

    if refs:
        record_questions(connection.kubeconfig, connection.context, refs, datetime.now(UTC))

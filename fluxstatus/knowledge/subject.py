"""The subject of a rule: an object, its controller's report, and what else is known about it."""

from collections.abc import Mapping
from functools import cached_property

from fluxstatus.knowledge.message import Message
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

_END = 3000  # characters

_THROUGH_SOURCE = frozenset({"HelmChart", "ImagePolicy", "ImageUpdateAutomation"})
"""Kinds whose URL, Secrets, certificates, proxy and provider are those of their source."""


class Subject:
    """An object with the reason and message of a failed condition or event.

    `state` is None if only the message is known; then nothing is known about other objects.
    `template_fields` are fields that do not come from the object: now, flux_namespace.
    """

    def __init__(
        self,
        resource: Resource,
        reason: str,
        message: str,
        template_fields: Mapping[str, str],
        state: State | None = None,
    ) -> None:
        """Store the parts."""
        self.resource, self.reason, self.state = resource, reason, state
        self.template_fields = template_fields
        self.message = Message(_ends_of(message))

    @property
    def kind(self) -> str:
        """The kind of the object."""
        return self.resource.kind.name

    @cached_property
    def endpoint(self) -> Resource:
        """The object whose spec has the address and the credentials: its source or itself."""
        key = source_of(self.resource) if self.kind in _THROUGH_SOURCE else None
        found = self.state.resources.get(key) if self.state and key else None
        return found or self.resource


def _ends_of(message: str) -> str:
    """Return the start and end of a long *message*: some contain 32 KiB of a chart's output."""
    if len(message) <= 2 * _END:
        return message
    return f"{message[:_END]}\n{message[-_END:]}"

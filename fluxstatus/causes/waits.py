"""The unhealthy objects that an object waits for."""

import re
from collections.abc import Collection, Iterable
from functools import cached_property

from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.causes.missing import missing_target
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.last_attempt import reason_and_message_of
from fluxstatus.state.references import (
    health_checked,
    must_only_exist,
    needs_of,
    selected_inputs,
    source_of,
)
from fluxstatus.state.resource import HEALTHY, IN_PROGRESS, Resource, Verdict, is_recent
from fluxstatus.state.state import State

_WAITS = frozenset(
    {"DependencyNotReady", "SourceNotReady", "NoSourceArtifact", "SourceUnavailable",
     "SourceFetchFailed", "NoArtifact", "NotFound"}
)  # fmt: skip
"""Reasons that are about another object (fluxcd/pkg apis/meta, source-controller api/v1)."""

_WAITS_FOR_ARTIFACT = ("artifact not found", "no artifact available", "source not ready")
_DOWNLOADS = late_pattern(
    r"failed to download archive|source-(?:controller|watcher)\.[\w-]+\.svc|giving up after \d+ "
    r"attempt",
    re.IGNORECASE,
)
"""Messages about a failed download of a stored artifact (fluxcd/pkg http/fetch)."""

_FETCHING = "Fetching manifests"  # KC internal/controller: Reconciling during the download
_CHECKS_WHAT_IT_APPLIED = frozenset({"FluxInstance", "ResourceSet"})
"""Kinds that wait for all applied objects, and whose message is reset while they wait."""

_USES_ITS_SOURCE = frozenset({"ImageUpdateAutomation"})
"""Kinds that use the URL and the Secret of their source, so they fail with the same error."""


class Waits:
    """The objects that other objects of a State wait for."""

    def __init__(self, state: State, controllers: Collection[Key]) -> None:
        """Read *state*; *controllers* are the controllers and CRDs that are unavailable."""
        self._state = state
        self._controllers = controllers
        self._messages: dict[Key, tuple[str, str]] = {}

    def is_about_others(self, resource: Resource) -> bool:
        """Whether the message of *resource* is about other Flux objects, which have the fault."""
        reason, message = self.reason_and_message(resource)
        if is_wait(reason, message) or self._generator_of_missing(resource):
            return True
        if reason == "ArtifactFailed":
            return False
        if resource.ref.kind in _USES_ITS_SOURCE and reason == "GitOperationFailed":
            return bool(self._unhealthy([source_of(resource)]))
        if self._repeats_its_source(resource, message):
            return True
        checked = health_checked(resource, message)
        if checked:
            return all(one.kind in KINDS or one[:3] in self._controllers for one in checked)
        return resource.verdict in IN_PROGRESS and resource.ref.kind in _CHECKS_WHAT_IT_APPLIED

    def _repeats_its_source(self, resource: Resource, message: str) -> bool:
        """Whether the source has the same *message*, for example about an invalid image name."""
        key = source_of(resource)
        source = self._state.resources.get(key) if key and self._unhealthy([key]) else None
        return source is not None and bool(message) and message == source.message

    def cannot_download(self, resource: Resource) -> bool:
        """Whether *resource* reports that it cannot download a stored artifact."""
        _, message = self.reason_and_message(resource)
        return resource.reason == "ArtifactFailed" and bool(_DOWNLOADS.search(message))

    def unhealthy(self, resource: Resource) -> set[Key]:
        """Return the unhealthy objects and controllers that *resource* waits for."""
        _, message = self.reason_and_message(resource)
        targets = [*self._targets(resource, message), self._generator_of_missing(resource)]
        found = self._unhealthy(targets)
        certain = {key for key in found if self._blocks(key, message)}
        return certain or found

    def unhealthy_in_health_check(self, resource: Resource) -> set[Key]:
        """Return the unhealthy Flux objects that a failed health check of *resource* names."""
        _, message = self.reason_and_message(resource)
        own = resource.ref.namespace
        checked = health_checked(resource, message)
        return self._unhealthy((one.kind, one.namespace or own, one.name) for one in checked)

    def just_became_healthy(self, resource: Resource) -> bool:
        """Whether an object that *resource* waits for became healthy moments ago.

        Then the controller of *resource* may not have noticed yet. Only objects that the message is
        about count: each commit also changes the time of the source, but does not explain a failed
        health check.
        """
        found = [self._state.resources.get(target) for target in self._told(resource)]
        return any(one is not None and is_recent(one.since, self._state.now) for one in found)

    def _told(self, resource: Resource) -> Collection[Key]:
        """Return the objects that the message of *resource* is about.

        A message about a dependency contains its name; if that dependency has been healthy for a
        long time, the reference to it is wrong.
        """
        reason, message = self.reason_and_message(resource)
        if reason == "DependencyNotReady":
            targets = set(self._targets(resource, message))
            return {target for target in targets if f"{target[1]}/{target[2]}" in message}
        own = resource.ref.namespace
        if checked := health_checked(resource, message):
            return [(one.kind, one.namespace or own, one.name) for one in checked]
        source = source_of(resource)
        return [source] if source else list(self._targets(resource, message))

    def reason_and_message(self, resource: Resource) -> tuple[str, str]:
        """Return the reason and message of the last failure, searched for only once per object."""
        found = self._messages.get(resource.key)
        if found is None:
            found = self._messages[resource.key] = reason_and_message_of(self._state, resource)
        return found

    def _targets(self, resource: Resource, message: str) -> Iterable[Key]:
        needs, inputs = needs_of(resource, message), selected_inputs(self._state, resource)
        optional = must_only_exist(resource)
        required = (key for key in needs if key not in optional) if optional else needs
        return (*required, *inputs)

    def _unhealthy(self, targets: Iterable[Key | None]) -> set[Key]:
        resources = self._state.resources
        return {
            target
            for target in targets
            if target is not None
            and (
                target in self._controllers
                or (target in resources and resources[target].verdict not in HEALTHY)
            )
        }

    def _blocks(self, key: Key, message: str) -> bool:
        """Whether the object *key* blocks others.

        A suspended object that was ready does not, unless *message* contains its name: then others
        wait for a new state, such as a newer revision.
        """
        resource = self._state.resources.get(key)
        paused = resource is not None and resource.verdict is Verdict.SUSPENDED and resource.ready
        return not paused or f"{key[1]}/{key[2]}'" in message

    def _generator_of_missing(self, resource: Resource) -> Key | None:
        """Return the unhealthy ArtifactGenerator of the missing source of *resource*, or None."""
        reason, message = self.reason_and_message(resource)
        source = source_of(resource)
        if source is None or source[0] != "ExternalArtifact" or source in self._state.resources:
            return None
        missing = missing_target(self._state, resource, reason, message)
        generator = self._generators.get(source) if missing == source else None
        return generator if generator and self._unhealthy([generator]) else None

    @cached_property
    def _generators(self) -> dict[Key, Key]:
        """The ArtifactGenerator that creates each ExternalArtifact (source-watcher api/v1beta1)."""
        return {
            (
                "ExternalArtifact",
                text_of(artifact.get("namespace")) or one.ref.namespace,
                text_of(artifact.get("name")),
            ): one.ref.key
            for one in self._state.of_kind("ArtifactGenerator")
            for artifact in maps_of(one.spec.get("artifacts"))
        }


def is_wait(reason: str, message: str) -> bool:
    """Return whether *reason* and *message* only say that an object waits for another object."""
    if reason == "ArtifactFailed":
        lower = message.lower()
        return any(text in lower for text in _WAITS_FOR_ARTIFACT)
    return reason in _WAITS


def is_stuck_downloading(resource: Resource) -> bool:
    """Return whether *resource* has been downloading its artifact for too long."""
    progress = text_of(resource.condition("Reconciling").get("message"))
    return resource.verdict is Verdict.STUCK and progress.startswith(_FETCHING)

"""What an object waits for that is not well."""

import re
from collections.abc import Collection, Iterator
from functools import cached_property

from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.causes.missing import missing_target
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.last_attempt import words_of
from fluxstatus.state.references import (
    dependencies_of,
    health_checked,
    must_only_exist,
    selected_inputs,
    source_of,
)
from fluxstatus.state.resource import MOVING, WELL, YOUNG, Resource, Verdict
from fluxstatus.state.state import State

_WAITS = frozenset(
    {"DependencyNotReady", "SourceNotReady", "NoSourceArtifact", "SourceUnavailable",
     "SourceFetchFailed", "NoArtifact", "NotFound"}
)  # fmt: skip
"""Reasons that speak of another object (PKG apis/meta/conditions.go, SC api/v1)."""

_WAITS_FOR_ARTIFACT = ("artifact not found", "no artifact available", "source not ready")
_DOWNLOADS = re.compile(
    r"failed to download archive|source-(?:controller|watcher)\.[\w-]+\.svc|giving up after \d+ "
    r"attempt",
    re.IGNORECASE,
)
"""How it is said that an artifact cannot be had from the controller that stores it (PKG http)."""

_FETCHING = "Fetching manifests"  # KC internal/controller: Reconciling while it downloads
_CHECKS_WHAT_IT_MADE = frozenset({"FluxInstance", "ResourceSet"})
"""Kinds that are only ready when what they made is; while they wait, the text is wiped."""

_USES_ITS_SOURCE = frozenset({"ImageUpdateAutomation"})
"""Kinds that go to the place of their source themselves, with its Secret, and fail as it does."""


class Upstream:
    """What the objects of a State wait for."""

    def __init__(self, state: State, blamed: Collection[Key]) -> None:
        """Look at *state*; of what is in *blamed* it is known already that it is not well."""
        self._state = state
        self._blamed = blamed
        self._words: dict[Key, tuple[str, str]] = {}

    def speaks_of_others(self, resource: Resource) -> bool:
        """Whether what *resource* says is about other objects of Flux: the fault is not its own."""
        reason, message = self.words(resource)
        if reason in _WAITS or self._maker_of_missing(resource):
            return True
        if reason == "ArtifactFailed":
            return any(text in message.lower() for text in _WAITS_FOR_ARTIFACT)
        if resource.ref.kind in _USES_ITS_SOURCE and reason == "GitOperationFailed":
            return bool(self._not_well([source_of(resource)]))
        waited = health_checked(resource, message)
        if waited:
            return all(w.kind in KINDS or w[:3] in self._blamed for w in waited)
        return resource.verdict in MOVING and resource.ref.kind in _CHECKS_WHAT_IT_MADE

    def cannot_download(self, resource: Resource) -> bool:
        """Whether *resource* says that it cannot get an artifact from where these are stored."""
        _, message = self.words(resource)
        return resource.reason == "ArtifactFailed" and bool(_DOWNLOADS.search(message))

    def hangs_fetching(self, resource: Resource) -> bool:
        """Whether *resource* has been waiting for the download of its artifact for too long."""
        at_work = text_of(resource.condition("Reconciling").get("message"))
        return resource.verdict is Verdict.STUCK and at_work.startswith(_FETCHING)

    def not_well(self, resource: Resource) -> set[Key]:
        """Return what *resource* waits for that is not well, stopped controllers among it."""
        _, message = self.words(resource)
        targets = [*self._targets(resource, message), self._maker_of_missing(resource)]
        found = self._not_well(targets)
        certain = {key for key in found if self._holds_up(key, message)}
        return certain or found

    def checked_and_not_well(self, resource: Resource) -> set[Key]:
        """Return the Flux objects that a failed health check of *resource* names beside others."""
        _, message = self.words(resource)
        home = resource.ref.namespace
        named = health_checked(resource, message)
        return self._not_well((w.kind, w.namespace or home, w.name) for w in named)

    def was_just_answered(self, resource: Resource) -> bool:
        """Whether what *resource* waits for became well so lately that it may not know yet.

        Who waits for a dependency names it; else something is wrong with how it is asked for.
        """
        reason, message = self.words(resource)
        targets = set(self._targets(resource, message))
        if reason == "DependencyNotReady":
            targets = {target for target in targets if f"{target[1]}/{target[2]}" in message}
        found = [self._state.resources[t] for t in targets if t in self._state.resources]
        return any(r.since is not None and self._state.now - r.since < YOUNG for r in found)

    def words(self, resource: Resource) -> tuple[str, str]:
        """Return the reason and message that tell what failed; each is looked for once."""
        key = resource.ref.key
        if key not in self._words:
            self._words[key] = words_of(self._state, resource)
        return self._words[key]

    def _targets(self, resource: Resource, message: str) -> Iterator[Key]:
        source = source_of(resource)
        if source:
            yield source
        optional = must_only_exist(resource)
        yield from (key for key in dependencies_of(resource, message) if key not in optional)
        if resource.ref.kind == "ResourceSet":
            yield from selected_inputs(self._state, resource)

    def _not_well(self, targets: "Iterator[Key] | list[Key | None]") -> set[Key]:
        resources = self._state.resources
        return {
            target
            for target in targets
            if target is not None
            and (
                target in self._blamed
                or (target in resources and resources[target].verdict not in WELL)
            )
        }

    def _holds_up(self, key: Key, message: str) -> bool:
        """Whether *key* keeps others waiting: what is suspended is as good as it was last.

        Unless *message* names it: then it is not what is asked for, its revision for one.
        """
        resource = self._state.resources.get(key)
        paused = resource is not None and resource.verdict is Verdict.SUSPENDED and resource.ready
        return not paused or f"{key[1]}/{key[2]}'" in message

    def _maker_of_missing(self, resource: Resource) -> Key | None:
        """Return the ArtifactGenerator that is to make what *resource* misses, and is not well."""
        reason, message = self.words(resource)
        source = source_of(resource)
        if source is None or source[0] != "ExternalArtifact" or source in self._state.resources:
            return None
        missing = missing_target(self._state, resource, reason, message)
        maker = self._makers.get(source) if missing == source else None
        return maker if maker and self._not_well([maker]) else None

    @cached_property
    def _makers(self) -> dict[Key, Key]:
        """The ArtifactGenerator of each ExternalArtifact that one is to make (SW api)."""
        return {
            ("ExternalArtifact", one.ref.namespace, text_of(artifact.get("name"))): (
                "ArtifactGenerator", one.ref.namespace, one.ref.name,
            )
            for one in self._state.of_kind("ArtifactGenerator")
            for artifact in maps_of(one.spec.get("artifacts"))
        }  # fmt: skip

"""The name of an object, with its API version or as a reference has it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self, TypeAlias

from fluxstatus.base.fields import map_of, text_of

Key: TypeAlias = tuple[str, str, str]
"""Kind, namespace and name, as in a reference of a spec, which has no version."""


class Ref(NamedTuple):
    """The name of a Kubernetes object; `namespace` is empty for a cluster-wide object."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Return the reference to *item*, an object as JSON."""
        metadata = map_of(item.get("metadata"))
        return cls(
            text_of(item.get("apiVersion")),
            text_of(item.get("kind")),
            text_of(metadata.get("namespace")),
            text_of(metadata.get("name")),
        )

    @property
    def key(self) -> Key:
        """The kind, namespace and name, without the API version."""
        return self.kind, self.namespace, self.name

    def __str__(self) -> str:
        """Return "Kind namespace/name", as a sentence names an object."""
        return (
            f"{self.kind} {self.namespace}/{self.name}"
            if self.namespace
            else (f"{self.kind} {self.name}")
        )

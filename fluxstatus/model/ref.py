"""How an object is named: with its API version, or only as a reference names it."""

from typing import NamedTuple, TypeAlias

Key: TypeAlias = tuple[str, str, str]
"""Kind, namespace, name: what a reference in a spec names; it has no version."""


class Ref(NamedTuple):
    """The name of a Kubernetes object; `namespace` is empty for what is cluster-wide."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def key(self) -> Key:
        """The object as a reference names it, without its API version."""
        return self.kind, self.namespace, self.name

    def __str__(self) -> str:
        """Return "Kind namespace/name", as a sentence names an object."""
        return (
            f"{self.kind} {self.namespace}/{self.name}"
            if self.namespace
            else (f"{self.kind} {self.name}")
        )

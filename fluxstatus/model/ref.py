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

    def __str__(self) -> str:
        """Give "Kind namespace/name", as a sentence names an object."""
        return (
            f"{self.kind} {self.namespace}/{self.name}"
            if self.namespace
            else (f"{self.kind} {self.name}")
        )


def key_of(ref: Ref) -> Key:
    """Give the key of *ref*."""
    return ref.kind, ref.namespace, ref.name

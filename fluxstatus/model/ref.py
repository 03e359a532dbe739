"""The name of an object, with its API version or as a reference has it."""

from typing import NamedTuple, TypeAlias

Key: TypeAlias = tuple[str, str, str]
"""Kind, namespace and name, as in a reference of a spec, which has no version."""


class Ref(NamedTuple):
    """The name of a Kubernetes object; `namespace` is empty for a cluster-wide object."""

    api_version: str
    kind: str
    namespace: str
    name: str

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

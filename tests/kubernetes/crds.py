"""The CRDs of Flux and of flux-operator, out of flux-operator's Go module."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import yaml

from . import build

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

DOMAINS = (".fluxcd.io", ".controlplane.io")  # what the groups of all of them end in

Definition = dict[str, Any]


def flux_versions() -> list[str]:
    """Return the versions of Flux whose CRDs there are, the newest last."""
    return sorted((folder.name for folder in _folder().iterdir()), key=_numbers)


@functools.cache
def definitions(flux: str | None = None) -> tuple[Definition, ...]:
    """Return the CRDs of the version *flux* (without it: the newest) and of flux-operator.

    Raises KeyError for a version whose CRDs there are not.
    """
    flux = flux or flux_versions()[-1]
    if flux not in flux_versions():
        raise KeyError(flux)
    operator = build.sources("flux-operator") / "config" / "crd" / "bases"
    files = [*sorted((_folder() / flux).glob("*.yaml")), *sorted(operator.glob("*.yaml"))]
    return tuple(definition for file in files for definition in _in(file))


def kind(definition: Definition) -> str:
    """Return the kind that *definition* defines."""
    name: str = definition["spec"]["names"]["kind"]
    return name


def paths(definition: Definition) -> list[str]:
    """Return the paths under which the API server will list the objects of *definition*."""
    spec = definition["spec"]
    plural = spec["names"]["plural"]
    return [
        f"/apis/{spec['group']}/{version['name']}/{plural}"
        for version in spec["versions"]
        if version["served"]
    ]


def _folder() -> Path:
    return build.sources("flux-operator") / "config" / "data" / "flux"


def _in(file: Path) -> list[Definition]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # with libyaml: ten times faster
    documents = yaml.load_all(file.read_text(), loader)
    return [one for one in documents if one and one["kind"] == "CustomResourceDefinition"]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.removeprefix("v").split(".")))

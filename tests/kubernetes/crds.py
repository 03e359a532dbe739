"""The CRDs of Flux and of flux-operator, out of flux-operator's Go module; newer ones generated."""

from __future__ import annotations

import contextlib
import functools
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from . import build

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

DOMAINS = (".fluxcd.io", ".controlplane.io")  # what the groups of all of them end in

NEWER = "2.10"
"""The minor version of Flux that ``newer_definitions`` are of; flux-operator has none of it yet."""

_APIS = (
    *("source-controller/api", "kustomize-controller/api", "helm-controller/api"),
    *("notification-controller/api", "image-reflector-controller/api"),
    *("image-automation-controller/api", "source-watcher/api/v2"),
)
"""The Go modules, under github.com/fluxcd, of the kinds of Flux; tools/crds pins their versions."""

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
    return tuple(_in_all([*_files(_folder() / flux), *_files(_of_operator())]))


@functools.cache
def newer_definitions() -> tuple[Definition, ...]:
    """Return the CRDs of Flux ``NEWER`` and of flux-operator.

    They are made from the controllers' API modules as upstream makes its own: the Go proxy serves
    the modules with the finished CRDs of two controllers only.
    """
    folder = build.folder("crds") / "bases"
    if not folder.exists():
        _generate(folder)
    return tuple(_in_all([*_files(folder), *_files(_of_operator())]))


def _generate(target: Path) -> None:
    paths = [f"paths={build.FLUXCD}/{api}/..." for api in _APIS]
    program = build.programs("controller-gen")["controller-gen"]
    with tempfile.TemporaryDirectory(dir=build.cache()) as unfinished:
        bases = Path(unfinished, "bases")
        subprocess.run(
            [program, "crd:crdVersions=v1", *paths, f"output:crd:dir={bases}"],
            cwd=build.MODULES / "crds",
            env=build.go_environment(),
            check=True,
        )
        # Where two runs make them at once the second finds them there.
        with contextlib.suppress(OSError):
            bases.replace(target)


def kind(definition: Definition) -> str:
    """Return the kind that *definition* defines."""
    name: str = definition["spec"]["names"]["kind"]
    return name


def served(definition: Definition) -> list[str]:
    """Return the versions of *definition* that the API server will serve."""
    return [version["name"] for version in definition["spec"]["versions"] if version["served"]]


def paths(definition: Definition) -> list[str]:
    """Return the paths under which the API server will list the objects of *definition*."""
    spec = definition["spec"]
    plural = spec["names"]["plural"]
    return [f"/apis/{spec['group']}/{version}/{plural}" for version in served(definition)]


def _folder() -> Path:
    return build.sources("flux-operator") / "config" / "data" / "flux"


def _of_operator() -> Path:
    return build.sources("flux-operator") / "config" / "crd" / "bases"


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def _in_all(files: Iterable[Path]) -> list[Definition]:
    return [definition for file in files for definition in _in(file)]


def _in(file: Path) -> list[Definition]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # with libyaml: ten times faster
    documents = yaml.load_all(file.read_text(), loader)
    return [one for one in documents if one and one["kind"] == "CustomResourceDefinition"]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.removeprefix("v").split(".")))

"""The bill of materials (SBOM) of the archive, as CycloneDX 1.6 in JSON."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

OURS = "kubectl-flux-status"


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package: its metadata, and the names of the packages it requires."""

    name: str
    version: str
    license: str
    needs: tuple[str, ...]

    @property
    def purl(self) -> str:
        """The package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def package(wheel: str, contents: Mapping[str, bytes]) -> Package:
    """Parse the metadata in the *contents* of a *wheel*."""
    stem = "-".join(wheel.split("-")[:2])
    metadata = message_from_bytes(contents[f"{stem}.dist-info/METADATA"])
    required = metadata.get_all("Requires-Dist") or []
    needs = tuple(_name(one) for one in required if "extra ==" not in one)
    license_ = metadata["License-Expression"] or metadata["License"] or ""
    return Package(metadata["Name"], metadata["Version"], license_.strip(), needs)


def _name(requirement: str) -> str:
    end = next((at for at, char in enumerate(requirement) if char in " ;<>=!~(["), None)
    return requirement[:end]


def bill(packages: Iterable[Package], sha256: str) -> str:
    """Return the bill of an archive with *packages*, whose SHA-256 is *sha256*."""
    by_name = {one.name: one for one in packages}
    ours = by_name[OURS]
    others = [one for one in by_name.values() if one is not ours]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{_uuid(sha256)}",
        "version": 1,
        "metadata": {
            "component": {
                **_component(ours, "application"),
                "hashes": [{"alg": "SHA-256", "content": sha256}],
            }
        },
        "components": [_component(one, "library") for one in others],
        "dependencies": [
            {
                "ref": one.purl,
                "dependsOn": sorted(by_name[name].purl for name in one.needs if name in by_name),
            }
            for one in by_name.values()
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _component(one: Package, kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "licenses": [_license(one.license)],
        "purl": one.purl,
    }


_SPDX = {
    "Apache-2.0": "Apache-2.0",
    "ISC License": "ISC",
    "MIT": "MIT",
}
"""The SPDX identifiers of the licenses in the packages' metadata; add new ones here."""


def _license(text: str) -> dict[str, Any]:
    return {"license": {"id": _SPDX[text]}}


def _uuid(sha256: str) -> str:
    """Return a UUID derived from the hash of the archive (version 8 of RFC 9562)."""
    digits = hashlib.sha256(sha256.encode()).hexdigest()[:32]
    digits = f"{digits[:12]}8{digits[13:16]}8{digits[17:]}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

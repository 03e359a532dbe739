"""What `flux plugin install` needs: the archives, their hashes, the manifest and the catalog.

The names and formats are those of Flux's catalog (github.com/fluxcd/plugins: AGENTS.md, schemas/).
The files of a release are a catalog of their own, too:

    FLUXCD_PLUGIN_CATALOG=https://…/releases/latest/download/ flux plugin install status
"""

import hashlib

from shipping.packing import pack, sums
from shipping.version import ROOT, TAG, homepage

NAME = "flux-status"
VERSION = TAG.removeprefix("v")
_DATE = 946_684_800  # the year 2000
_PLATFORMS = [(system, arch) for system in ("darwin", "linux") for arch in ("amd64", "arm64")]

_ABOUT = f"""\
name: status
description: Check Flux health and find root causes
homepage: {homepage()}
source: {homepage()}
"""

_CATALOG = """\
apiVersion: cli.fluxcd.io/v1beta1
kind: PluginCatalog
plugins:
"""

_MANIFEST = f"""\
apiVersion: cli.fluxcd.io/v1beta1
kind: Plugin
{_ABOUT}bin: {NAME}
versions:
  - version: {VERSION}
    platforms:
"""

_PLATFORM = """\
      - os: {system}
        arch: {arch}
        url: {url}
        checksum: sha256:{sha256}
"""


def files(program: bytes) -> dict[str, bytes]:
    """Return the files by their names; each archive has the one-file *program*."""
    inside = {NAME: program, "LICENSE": (ROOT / "LICENSE").read_bytes()}
    packed = pack(inside, {NAME}, _DATE)
    names = {platform: f"{NAME}_{VERSION}_{'_'.join(platform)}.tar.gz" for platform in _PLATFORMS}
    archives = dict.fromkeys(names.values(), packed)
    platforms = (
        _PLATFORM.format(
            system=system,
            arch=arch,
            url=f"{homepage()}/releases/download/{TAG}/{name}",
            sha256=hashlib.sha256(packed).hexdigest(),
        )
        for (system, arch), name in names.items()
    )
    return {
        **archives,
        f"{NAME}_{VERSION}_checksums.txt": sums(archives.items()).encode(),
        "status.yaml": (_MANIFEST + "".join(platforms)).encode(),
        "catalog.yaml": (_CATALOG + catalog_entry()).encode(),
    }


def catalog_entry() -> str:
    """Return the entry in Flux's catalog."""
    lines = (_ABOUT + "license: Apache-2.0\n").splitlines()
    return "".join(f"{'  - ' if n == 0 else '    '}{line}\n" for n, line in enumerate(lines))

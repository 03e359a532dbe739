"""Archives that are the same byte for byte, and their hashes."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Container, Iterable, Mapping

BUILD = "build==1.6.1"
"""What builds the packages for pip."""


def pack(files: Mapping[str, bytes], programs: Container[str], date: int) -> bytes:
    """Return a .tar.gz of *files*, of which *programs* can be run; *date* is in seconds of Unix."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size = len(files[path])
            entry.mtime = date
            entry.mode = 0o755 if path in programs else 0o644
            archive.addfile(entry, io.BytesIO(files[path]))
    packed = io.BytesIO()
    # Not gzip.compress: its header differs between Python versions.
    with gzip.GzipFile("", "wb", compresslevel=9, fileobj=packed, mtime=0) as file:
        file.write(tar.getvalue())
    return packed.getvalue()


def sums(files: Iterable[tuple[str, bytes]]) -> str:
    """Return the hashes of *files*, in the form of sha256sum."""
    return "".join(f"{hashlib.sha256(text).hexdigest()}  {path}\n" for path, text in files)

"""Reading the files of this package, which may be in a zip file."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing takes longer than reading the table of completions
if TYPE_CHECKING:
    from typing import Any


def read(path: object) -> bytes:
    """Return the content of the file at *path*, which starts with a module's `__file__`.

    Raises OSError.
    """
    content: bytes = _loader().get_data(str(path))
    return content


def zip_file() -> str:
    """Return the path of the zip file that this package runs from, empty if it is in a folder."""
    return getattr(_loader(), "archive", "")


def _loader() -> Any:
    """Return what imported this module: it reads files, too (PEP 302)."""
    return __spec__.loader

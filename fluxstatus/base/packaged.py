"""Reading the files of this package, which may be in a zip file."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing takes longer than reading the table of completions
if TYPE_CHECKING:
    from importlib.abc import ResourceLoader
    from typing import cast


def read(path: object) -> bytes:
    """Return the content of the file at *path*, which starts with a module's `__file__`.

    Raises OSError.
    """
    loader = __loader__
    if TYPE_CHECKING:
        loader = cast("ResourceLoader", loader)
    return loader.get_data(str(path))


def zip_file() -> str:
    """Return the path of the zip file that this package runs from, empty if it is in a folder."""
    return getattr(__loader__, "archive", "")

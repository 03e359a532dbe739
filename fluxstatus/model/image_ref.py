"""A reference to an image in the status of the image controllers (IRC and IAC api/v1 ImageRef)."""

from collections.abc import Mapping
from typing import Any

from fluxstatus.base.fields import text_of


def image_of(ref: Mapping[str, Any]) -> str:
    """Return *ref* as name:tag, with a digest if it has one; empty if it names no tag."""
    name, tag, digest = (text_of(ref.get(field)) for field in ("name", "tag", "digest"))
    return f"{name}:{tag}{f'@{digest}' if digest else ''}" if name and tag else ""

"""Programs that stand in for kubectl and its log-in programs."""

from pathlib import Path


def program(path: Path, script: str) -> Path:
    """Write a shell *script* to *path*, to be run, and give that path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path

"""Printing a manifest for a pipe, and the steps to apply it for a person."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fluxstatus.commands import console
from fluxstatus.model.hints import Hint
from fluxstatus.report.terminal import marked
from fluxstatus.report.yaml import yaml_of


def put_manifest(manifest: Mapping[str, Any], *, as_json: bool) -> None:
    """Print *manifest*, an object, to standard output, as YAML or JSON."""
    console.put(
        json.dumps(manifest, indent=2) + "\n" if as_json else yaml_of(manifest, is_sorted=False)
    )


def put_steps(hints: Iterable[Hint]) -> None:
    """Print *hints* to standard error, as comments with commands to paste."""
    for hint in hints:
        console.note(f"# {hint.text}")
        for command in hint.commands:
            console.note(f"  {marked(command)}")

"""The words that completion offers after a command, without reading a cluster."""

from collections.abc import Mapping

from fluxstatus.model.kinds import KINDS, OPERATOR

_LISTED = {
    "all": "all Flux objects",
    "sources": "GitRepositories, OCIRepositories and other sources",
    "components": "the pods of Flux",
    "instance": "the FluxInstance",
}
_KINDS = {
    name: kind.name
    for kind in KINDS.values()
    for name in (kind.plural, *(short for short in kind.short if short not in _LISTED))
}
_CONTROLLERS = {
    name: f"the log of {name}"
    for name in dict.fromkeys((*(kind.controller for kind in KINDS.values()), OPERATOR))
}

OFFERED: Mapping[str, Mapping[str, str]] = {"get": _LISTED | _KINDS, "logs": _CONTROLLERS}
"""Words by command, each with its description."""

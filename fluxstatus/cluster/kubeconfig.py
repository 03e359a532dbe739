"""The kubeconfig, as kubectl prints it: which cluster it leads to, as which user."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from fluxstatus.model.evidence import Target

_OWN_CREDENTIAL = ("token", "client-certificate")
"""Flags whose credential replaces that of the kubeconfig's user."""


class Kubeconfig(NamedTuple):
    """The names in a kubeconfig, never a credential."""

    target: Target = Target()
    namespace: str = ""
    contexts: tuple[str, ...] = ()


def read(document: Any, flags: Sequence[str]) -> Kubeconfig:
    """Read the output of `kubectl config view -o json`; the user's kubectl *flags* override it."""
    config = document if isinstance(document, dict) else {}
    name = _flag(flags, "context") or str(config.get("current-context") or "")
    context = _named(config, "context", name)
    cluster = _flag(flags, "cluster") or str(context.get("cluster", ""))
    server = _flag(flags, "server") or str(_named(config, "cluster", cluster).get("server", ""))
    user = _flag(flags, "user") or str(context.get("user", ""))
    if any(_flag(flags, name) for name in _OWN_CREDENTIAL):
        user = ""  # the owner of the credential is unknown
    return Kubeconfig(
        Target(
            context=name,
            cluster=cluster,
            server=re.sub(r"(?<=//)[^/]*@", "", server),
            user=user,
        ),
        namespace=str(context.get("namespace", "")),
        contexts=tuple(str(each.get("name", "")) for each in config.get("contexts") or ()),
    )


def _flag(flags: Sequence[str], name: str) -> str:
    """Return the value of a kubectl flag, --flag=value or --flag value; the last one counts."""
    value = ""
    for word, after in pairwise([*flags, ""]):
        if word == f"--{name}":
            value = after
        elif word.startswith(f"--{name}="):
            value = word.partition("=")[2]
    return value


def _named(config: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
    for each in config.get(f"{kind}s") or ():
        if each.get("name") == name:
            return each.get(kind) or {}
    return {}

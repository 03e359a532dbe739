"""The kubeconfig, as kubectl prints it: which cluster it leads to, as which user."""

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.base.urls import without_login
from fluxstatus.model.evidence import Target

_OWN_CREDENTIAL = ("token", "client-certificate")
"""Flags whose credential replaces that of the kubeconfig's user."""


class Kubeconfig(NamedTuple):
    """The names in a kubeconfig, never a credential.

    `files` are where kubectl looks for it, `exists` is whether one of them is there. `in_pod` is
    whether kubectl looks for the ServiceAccount of the pod that it runs in, since none is there.
    """

    target: Target = Target()
    namespace: str = ""
    contexts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    exists: bool = True
    in_pod: bool = False


def unread(flags: Sequence[str]) -> Kubeconfig:
    """Return what is known before the kubeconfig is read: where kubectl with *flags* looks for it.

    Upstream: k8s.io/client-go tools/clientcmd/loader.go.
    """
    named = _flag(flags, "kubeconfig")
    listed = [named] if named else os.environ.get("KUBECONFIG", "").split(os.pathsep)
    files = tuple(filter(None, listed)) or ("~/.kube/config",)
    exists = any(map(_is_file, files))
    in_pod = not exists and "KUBERNETES_SERVICE_HOST" in os.environ
    return Kubeconfig(files=files, exists=exists, in_pod=in_pod)


def _is_file(name: str) -> bool:
    try:
        return Path(name).expanduser().exists()
    except (OSError, RuntimeError):  # a folder that may not be looked into; no home
        return True


def read(document: Any, flags: Sequence[str], known: Kubeconfig | None = None) -> Kubeconfig:
    """Read the output of `kubectl config view -o json`; the user's kubectl *flags* override it.

    The result has what is *known* as well.
    """
    known = known or Kubeconfig()
    config = map_of(document)
    name = _flag(flags, "context") or text_of(config.get("current-context"))
    context = _named(config, "context", name)
    cluster = _flag(flags, "cluster") or text_of(context.get("cluster"))
    server = _flag(flags, "server") or text_of(_named(config, "cluster", cluster).get("server"))
    user = _flag(flags, "user") or text_of(context.get("user"))
    if any(_flag(flags, name) for name in _OWN_CREDENTIAL):
        user = ""  # the owner of the credential is unknown
    return known._replace(
        target=Target(
            context=name,
            cluster=cluster,
            server=mask(without_login(server)),
            user=user,
        ),
        namespace=text_of(context.get("namespace")),
        contexts=tuple(text_of(each.get("name")) for each in maps_of(config.get("contexts"))),
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
    for each in maps_of(config.get(f"{kind}s")):
        if each.get("name") == name:
            return map_of(each.get(kind))
    return {}

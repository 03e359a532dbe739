"""The kubeconfig for an entry: the one file that has all of a context."""

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.fields import map_of, maps_of
from fluxstatus.base.masking import mask
from fluxstatus.base.urls import without_login
from fluxstatus.cluster import processes
from fluxstatus.mcp.entry import PROGRAM, Entry
from fluxstatus.model.evidence import Target
from fluxstatus.model.kubectl_flags import TargetFlags

_NOT_FOR_A_FILE = (
    "--token", "--client-certificate", "--client-key", "--certificate-authority", "--cluster",
    "--user",
)  # fmt: skip
_NOT_OF_THE_SERVER = frozenset({"--context", "--kubeconfig", "--request-timeout", "--cache-dir"})
"""Flags that are handled elsewhere or do not concern the server."""

_OF_THE_CLUSTER = frozenset({"--cluster", "--server"})
"""Flags that make a context refer to another cluster than in its kubeconfig."""

_LOOK = 2.0  # seconds for kubectl to show a kubeconfig that a check did not read
SECONDS = 10.0
"""The time limit of kubectl for a command that has no --timeout."""


class UnfitError(Exception):
    """The options cannot be written to a client's file; the text has a remedy."""


class KubeContext(NamedTuple):
    """A context that is complete in one file.

    `server` and `cluster` serve for comparison, `helper` is the login program (exec), if any.
    """

    context: str
    file: str
    server: str = ""
    cluster: str = ""
    helper: str = ""
    others: int = 0  # number of other files in $KUBECONFIG


def pin(context: str, kubeconfig: str, deadline: Deadline) -> KubeContext:
    """Return the file that has all of *context*; empty arguments mean kubectl's defaults.

    Raises UnfitError, ProgramError.
    """
    context = context or current(kubeconfig, deadline)
    if not context:
        raise UnfitError("no current context is set; select one with --context")
    files = list(_files(kubeconfig))
    reasons = []
    for file in files:
        try:
            found = view(file, context, deadline)
        except processes.ProgramError as error:
            reasons.append(f"{error}")
            continue
        if found.server:
            return found._replace(others=len(files) - 1)
    raise UnfitError(_nowhere(context, files, reasons))


def view(file: str, context: str, deadline: Deadline) -> KubeContext:
    """Return *context* ("" for the current one) as it is in *file*. Raises ProgramError."""
    argv = [processes.kubectl(), "config", "view", "--minify", "--output=json"]
    argv += [f"--kubeconfig={file}"] if file else []
    argv += [f"--context={context}"] if context else []
    document = processes.run(argv, deadline).json()
    named = _first(document, "contexts")
    cluster = _first(document, "clusters")
    helper = map_of(map_of(_first(document, "users").get("user")).get("exec")).get("command")
    return KubeContext(
        context or str(named.get("name", "")),
        file,
        mask(without_login(str(map_of(cluster.get("cluster")).get("server") or ""))),
        str(cluster.get("name", "")),
        str(helper or ""),
    )


def context_of(entry: Entry, deadline: Deadline) -> KubeContext:
    """Return the context of *entry*, with the server that the entry calls. Raises ProgramError."""
    found = view(entry.kubeconfig, entry.context, deadline)
    return found._replace(server=mask(without_login(entry.server))) if entry.server else found


def is_the_callers(file: str, kubeconfig: str = "") -> bool:
    """Return whether *file* is the caller's only kubeconfig, given by a flag or by default."""
    return list(_files(kubeconfig)) == [os.path.abspath(file)]  # noqa: PTH100 - as below


def leads_to(entry: Entry, target: Target) -> bool:
    """Return whether *entry* is for the cluster *target*.

    Many clusters are called kubernetes, so the name of a context is not enough. kubectl is asked
    for the address, unless the entry has the kubeconfig that *target* was read from.
    """
    if entry.context not in ("", target.context) or entry.is_from_a_folder:
        return False
    flags = dict(flag.partition("=")[::2] for flag in target.flags)
    same = entry.context and is_the_callers(entry.kubeconfig, flags.get("--kubeconfig", ""))
    is_moved = entry.server or not _OF_THE_CLUSTER.isdisjoint(flags)
    if not entry.kubeconfig or (same and not is_moved):
        return True
    try:
        return context_of(entry, Deadline(_LOOK)).server == target.server != ""
    except processes.ProgramError:
        return False


def entry_for(
    flags: Sequence[str], pinned: KubeContext, binary: str, name: str, *, read_only: bool
) -> Entry:
    """Return the entry that starts *binary* for *pinned* with kubectl's *flags*.

    Raises UnfitError.
    """
    given = {flag: flag.partition("=")[0] for flag in flags}
    with_credential = (name for flag, name in given.items() if mask(flag) != flag)
    refused = dict.fromkeys(
        (*(one for one in _NOT_FOR_A_FILE if one in given.values()), *with_credential)
    )
    if refused:
        named = ", ".join(refused)
        raise UnfitError(
            f"{named} must not be stored in the MCP client's file, where backups and screen "
            "sharing can expose it: add it to your kubeconfig (kubectl config set-credentials, "
            "kubectl config set-context) and select that context with --context"
        )
    kept = tuple(flag for flag, name in given.items() if name not in _NOT_OF_THE_SERVER)
    mode = f"--read-only={'true' if read_only else 'false'}"
    args = ("serve", mode, *TargetFlags(pinned.context, kept).words(PROGRAM))
    return Entry(name, binary, args, {"KUBECONFIG": pinned.file, **_path(pinned.helper)})


def _path(helper: str) -> dict[str, str]:
    """Return the PATH for a login program: the PATH of a client may be minimal."""
    if not helper or os.path.isabs(helper):  # noqa: PTH117 - it is a word
        return {}
    folders = os.environ.get("PATH", "").split(os.pathsep)
    return {"PATH": os.pathsep.join(dict.fromkeys(f for f in folders if Path(f).is_absolute()))}


def current(kubeconfig: str, deadline: Deadline) -> str:
    """Return the current context, empty without one. Raises ProgramError."""
    argv = [processes.kubectl(), "config", "current-context"]
    argv += [f"--kubeconfig={kubeconfig}"] if kubeconfig else []
    try:
        output = processes.run(argv, deadline)
    except processes.ProgramError as error:
        if "current-context is not set" in f"{error}":
            return ""
        raise
    return output.stdout.decode(errors="replace").strip()


def _files(kubeconfig: str) -> Iterator[str]:
    listed = kubeconfig or os.environ.get("KUBECONFIG", "")
    names = [kubeconfig] if kubeconfig else listed.split(os.pathsep)
    names = [name for name in names if name] or [str(Path.home() / ".kube" / "config")]
    for name in dict.fromkeys(names):
        yield os.path.abspath(name)  # noqa: PTH100 - keeps links: tools that renew the file may swap them


def _nowhere(context: str, files: list[str], reasons: list[str]) -> str:
    if len(files) == 1:
        reason = reasons[0] if reasons else f'it has no cluster for context "{context}"'
        return f"the MCP server cannot use {files[0]}: {reason}"
    return (
        f"none of the {len(files)} files in $KUBECONFIG contains everything that context "
        f'"{context}" needs, '
        "and the server reads only one file; create a file that contains all of it, and pass it "
        "with --kubeconfig:\n"
        f"  kubectl config view --raw --minify --flatten --context={shlex.quote(context)} > FILE; "
        "chmod 600 FILE"
    )


def _first(document: Any, key: str) -> dict[str, Any]:
    return next(iter(maps_of(map_of(document).get(key))), {})

"""The contexts of kubeconfigs, as kubectl prints them: what each leads to, never a credential."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import Output, ProgramError
from fluxstatus.model.evidence import Unread, Why

_VIEW = ("config", "view", "--output=json")
_AUTHORITIES = (
    *("config", "view", "--raw"),  # without --raw kubectl leaves them out
    '--output=jsonpath={range .clusters[*]}{.cluster.certificate-authority-data}{"\\n"}{end}',
)
"""A template that prints only the certificate authority of each cluster, one per line."""

_OF_THE_SERVER = ("server", "proxy-url", "tls-server-name", "certificate-authority")
_PROMPTING = frozenset({
    "kubectl-oidc_login", "kubectl-oidc-login", "kubelogin", "kubectl-pinniped", "pinniped",
    "saml2aws", "tsh",
})  # fmt: skip
"""Login programs that may open a browser or ask a question, such as `kubectl oidc-login`."""


class Context(NamedTuple):
    """A context of a kubeconfig.

    `server` is what tells its API server from others: addresses and the certificate authority; it
    is empty without an address. `user` is the name in the file. `asks` is whether its login program
    may need somebody to answer.
    """

    name: str
    server: tuple[str, ...] = ()
    user: str = ""
    asks: bool = False


class Listed(NamedTuple):
    """The contexts of a kubeconfig and the current one, or why they could not be read."""

    contexts: tuple[Context, ...] = ()
    current: str = ""
    unread: Unread | None = None


def contexts_of(kubeconfigs: Sequence[str], deadline: Deadline) -> Iterator[Listed]:
    """Yield the contexts of each of *kubeconfigs*, files; an empty name is kubectl's default.

    Raises ProgramError if kubectl cannot be started.
    """
    processes.kubectl()
    flags = [[f"--kubeconfig={file}"] if file else [] for file in kubeconfigs]
    commands = chain.from_iterable(([*_VIEW, *own], [*_AUTHORITIES, *own]) for own in flags)
    with processes.running(commands, deadline) as results:
        answers = results()
        for file, view in zip(kubeconfigs, answers, strict=False):
            yield _listed(file, view, next(answers))


def _listed(file: str, view: Output | ProgramError, raw: Output | ProgramError) -> Listed:
    """Return what *view* lists; *raw* has the authorities, without which addresses must do."""
    if file and not Path(file).is_file():  # for which kubectl prints an empty kubeconfig
        return Listed(unread=Unread(Why.NO_CONFIG, f"{file} is not a file"))
    try:
        config = map_of(view.json()) if isinstance(view, Output) else {}
    except ProgramError as error:
        return Listed(unread=error.unread)
    if isinstance(view, ProgramError):
        return Listed(unread=view.unread)
    lines = raw.stdout.decode(errors="replace").splitlines() if isinstance(raw, Output) else []
    contexts = map(_context(config, lines), maps_of(config.get("contexts")))
    return Listed(tuple(contexts), text_of(config.get("current-context")))


def _context(config: Mapping[str, Any], authorities: Sequence[str]) -> Any:
    """Return the function that reads a context of *config*."""
    found = maps_of(config.get("clusters"))
    known = authorities if len(authorities) == len(found) else [""] * len(found)
    clusters = {
        text_of(one.get("name")): _server(map_of(one.get("cluster")), authority)
        for one, authority in zip(found, known, strict=True)
    }
    users = {
        text_of(one.get("name")): map_of(map_of(one.get("user")).get("exec"))
        for one in maps_of(config.get("users"))
    }

    def read(named: Mapping[str, Any]) -> Context:
        context = map_of(named.get("context"))
        user = text_of(context.get("user"))
        server = clusters.get(text_of(context.get("cluster")), ())
        return Context(text_of(named.get("name")), server, user, _asks(users.get(user, {})))

    return read


def _server(cluster: Mapping[str, Any], authority: str) -> tuple[str, ...]:
    texts = (*(text_of(cluster.get(name)) for name in _OF_THE_SERVER), authority)
    return texts if texts[0] else ()


def _asks(login: Mapping[str, Any]) -> bool:
    """Return whether the program *login* may ask. See client-go's exec plugins, interactiveMode."""
    mode = login.get("interactiveMode")
    if mode == "Always" or not login:
        return bool(login)
    program = Path(text_of(login.get("command"))).name
    arguments = login.get("args")
    first = next(iter(arguments), "") if isinstance(arguments, list) else ""
    named = f"{program}-{first}" if program == "kubectl" else program
    return mode != "Never" and named in _PROMPTING

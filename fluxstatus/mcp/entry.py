"""An entry for the MCP server: the command that a client starts, and what its flags mean."""

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.masking import mask
from fluxstatus.model.hints import Command, kubectl

PROGRAM = "flux-operator-mcp"
NAME = PROGRAM
"""The default name of an entry."""

SETUP = kubectl("flux-status", "mcp", "setup", changes=True)
"""Sets up the server in the clients on this machine, which changes their files."""

_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_URL_KEYS = {"url", "httpUrl", "serverUrl", "uri"}
_FILLED_IN = late_pattern(r"\$\{[\w.:]*|\$[A-Za-z_]\w*|\{(?:env|file):[^}:]*")
"""What clients replace in an entry: a variable of their environment, an input, a file."""

_USED = ("KUBECONFIG", "PATH")  # variables that decide what is started, and where it leads
_FALSE = {"0", "f", "F", "false", "FALSE", "False"}


class Entry(NamedTuple):
    """A command that a client starts, with variables that it sets, or the `url` that it calls.

    `env_file` is a file with more variables, whose path may depend on the client.
    """

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    url: str = ""
    env_file: str = ""

    @property
    def argv(self) -> tuple[str, ...]:
        """The command with its arguments."""
        return (self.command, *self.args)

    @property
    def is_the_server(self) -> bool:
        """Whether it starts the Flux Operator's MCP server, or calls it, under any name."""
        return NAME in self.name or self.names_the_server or PROGRAM in self.url

    @property
    def names_the_server(self) -> bool:
        """Whether a word of its command is the server: a program, or an image of it."""
        return any(map(_is_named_so, self._words()))

    @property
    def programs(self) -> tuple[str, ...]:
        """The words of its command line that name the program."""
        return tuple(word for word in self._words() if PurePath(word).name == PROGRAM)

    @property
    def has_own_cluster(self) -> bool:
        """Whether its flags select a kubeconfig or an API server, whatever $KUBECONFIG is."""
        return bool(self._value("kubeconfig") or self.server)

    @property
    def filled_in(self) -> str:
        """What the client replaces before it starts the command, without a default; else empty.

        What comes of it is unknown here: the client may have another environment.
        """
        words = (*self.argv, *(self.env.get(name, "") for name in _USED))
        found = (_FILLED_IN.search(word) for word in words)
        name = next((match[0].rstrip(":") for match in found if match), self.env_file)
        return f"{name}}}" if "{" in name and "}" not in name else name

    @property
    def read_only(self) -> bool:
        """Whether it has --read-only; by default the server can write."""
        return self._flag("read-only", default=False)

    @property
    def masks(self) -> bool:
        """Whether it masks the data of Secrets, which is the default."""
        return self._flag("mask-secrets", default=True)

    @property
    def context(self) -> str:
        """The kubeconfig context that it is pinned to, empty if it is not."""
        return self._value("kube-context")

    @property
    def kubeconfig(self) -> str:
        """The kubeconfig that it names, empty without one."""
        return self._value("kubeconfig") or self.env.get("KUBECONFIG", "")

    @property
    def is_from_a_folder(self) -> bool:
        """Whether its kubeconfig depends on the folder in which the client starts it."""
        file = self.kubeconfig
        return bool(file) and not os.path.isabs(file)  # noqa: PTH117 - a word

    @property
    def server(self) -> str:
        """The API server that it names instead of that of its context, empty without one."""
        return self._value("kube-server")

    @property
    def transport(self) -> str:
        """The transport, empty for the default, standard input and output."""
        found = self._value("transport")
        return "" if found == "stdio" else found

    @property
    def misuse(self) -> str:
        """The problem with another transport, as the end of a sentence."""
        how = f"--transport={mask(self.transport)}"
        return f"listens on a port ({how}), which a client that starts it cannot use"

    @property
    def impersonates(self) -> tuple[str, ...]:
        """Its impersonation, as kubectl's flags."""
        names = {"kube-as": "as", "kube-as-group": "as-group", "kube-as-uid": "as-uid"}
        return tuple(f"--{names[n]}={v}" for n, v in self._flags() if n in names)

    @property
    def has_token(self) -> bool:
        """Whether its arguments contain a token."""
        return bool(self._value("kube-token"))

    def _flag(self, name: str, *, default: bool) -> bool:
        value = default
        for found, word in self._flags(switches=(name,)):
            if found == name:
                value = word not in _FALSE if default else word in _TRUE
        return value

    def _value(self, name: str) -> str:
        return ([word for found, word in self._flags() if found == name] or [""])[-1]

    def _flags(self, switches: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        """Yield each flag with its value, as the server parses them."""
        known = {"read-only", "mask-secrets", "kube-insecure-skip-tls-verify", *switches}
        words = iter(self._words())
        for word in words:
            if word == "--":
                return
            if word == "-n":  # the only short flag with a value, which may look like another flag
                next(words, "")
            elif word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                yield name, value if equals else "true" if name in known else next(words, "")

    def _words(self) -> Iterator[str]:
        """Yield the words of the command, also those of a shell command line that starts it.

        Any other word with blanks, such as the name of a context, is one word.
        """
        for word in self.argv:
            line = _line(word)
            yield from line if any(map(_is_named_so, line)) else (word,)


def _is_named_so(word: str) -> bool:
    """Return whether *word* is the program, also on Windows, or an image of it."""
    return re.split(r"[:@.]", re.split(r"[/\\]", word)[-1])[0] == PROGRAM


def _line(word: str) -> list[str]:
    """Return the words of a shell command line, none if *word* is not one.

    A path may have blanks, but a program with its arguments may be in one word, too.
    """
    if not any(c.isspace() for c in word):
        return []
    try:
        line = shlex.split(word)
    except ValueError:
        return []
    is_path = os.path.isabs(word) and not _is_named_so(line[0])  # noqa: PTH117 - a word
    return [] if is_path else line


def setup_command(name: str, clients: Iterable[str], context: str = "") -> Command:
    """Return the command that sets up the entry *name* of *clients*, again and read-only."""
    chosen = (f"--client={client}" for client in clients)
    bound = context.startswith("-")  # else it would look like an option itself
    where = (f"--context={context}",) if bound else ("--context", context) if context else ()
    words = (*SETUP.argv[1:], f"--name={name}", *chosen, *where)
    return kubectl(*words, changes=True)


STDIO: Mapping[str, Any] = {"type": "stdio"}
"""The key of an entry by which many clients tell a program from a remote server."""

DISABLED = ("disabled", True)
ENABLED = ("enabled", False)
"""The keys by which clients do not start an entry, with their values; see EntrySchema.off."""


class EntrySchema(NamedTuple):
    """The keys of an entry in a client's file; without `args` they follow in the command's list.

    `off` is the key, with its value, by which the client does not start an entry.
    """

    command: str = "command"
    args: str = "args"
    env: str = "env"
    extra: Mapping[str, Any] = {}
    named: bool = False
    off: tuple[str, bool] = ("", False)

    def write(self, entry: Entry, known: Any = None) -> dict[str, Any]:
        """Return the value for *entry*, merged into the *known* value: other keys are kept."""
        old = self._flat(known)
        env = old.get(self.env)
        env = env if isinstance(env, dict) else {}
        split = {self.command: entry.command, self.args: list(entry.args)}
        what = split if self.args else {self.command: list(entry.argv)}
        if not self.args:
            old.pop("args", None)  # the client would append them
        name = {"name": entry.name} if self.named else {}
        if _URL_KEYS.intersection(old):  # it was a remote server
            old = {
                key: one for key, one in old.items() if key not in (*_URL_KEYS, "headers", "type")
            }
        extra = {key: value for key, value in self.extra.items() if key not in old or key == "type"}
        return {**name, **old, **extra, **what, self.env: {**env, **entry.env}}

    def read(self, name: str, value: Any) -> Entry:
        """Parse *value*, of any type, as an entry called *name*."""
        value = self._flat(value)
        command, args = value.get(self.command), _list(value.get(self.args or "args"))
        words = [*command, *args] if isinstance(command, list) else [command, *args]
        words = [str(word) for word in words if word is not None] or [""]
        env = value.get(self.env)
        env = {str(k): str(v) for k, v in env.items()} if isinstance(env, dict) else {}
        # With both, it depends on the client: Gemini and Antigravity take the URL.
        url = next((str(one) for key, one in value.items() if key in _URL_KEYS and one), "")
        file = str(value.get("envFile") or "")
        return Entry(name, words[0], tuple(words[1:]), env, url, file)

    def _flat(self, value: Any) -> dict[str, Any]:
        """Return *value* with the keys that it has in an object of its own.

        Cline writes them into "transport", and Zed did into "command" until 2025.
        """
        found = dict(value) if isinstance(value, dict) else {}
        for key in ("transport", self.command):
            if isinstance(inner := found.get(key), dict):
                del found[key]
                found |= {self.command if k == "path" else k: one for k, one in inner.items()}
        return found

    def off_by(self, value: Any) -> str:
        """Return which key of *value* keeps the client from starting it, empty if none does."""
        key, off = self.off
        is_off = isinstance(value, dict) and value.get(key, not off) is off
        return f"{key} is {str(off).lower()}" if key and is_off else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

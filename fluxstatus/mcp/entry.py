"""An entry for the MCP server: what a client starts, and whether that only reads."""

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

PROGRAM = "flux-operator-mcp"
NAME = PROGRAM
"""What an entry is called unless somebody says otherwise."""

_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_FAR = {"url", "httpUrl", "serverUrl"}
_FALSE = {"0", "f", "F", "false", "FALSE", "False"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that a client starts and what it adds to the environment, or the `url` it calls."""

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    url: str = ""

    @property
    def argv(self) -> tuple[str, ...]:
        """The command with its arguments."""
        return (self.command, *self.args)

    @property
    def is_the_server(self) -> bool:
        """Whether it is about the Flux Operator's MCP server, whatever its name."""
        return self.name == NAME or any(PurePath(word).name == PROGRAM for word in self._words())

    @property
    def read_only(self) -> bool:
        """Whether its flags say that it only reads; without a word it writes, too."""
        return self._flag("read-only", default=False)

    @property
    def masks(self) -> bool:
        """Whether it masks the data of Secrets, as it does unless told otherwise."""
        return self._flag("mask-secrets", default=True)

    @property
    def context(self) -> str:
        """The kubeconfig context that it is pinned to; empty when it is not."""
        return self._value("kube-context")

    @property
    def kubeconfig(self) -> str:
        """The kubeconfig that it uses; empty when it says nothing."""
        return self._value("kubeconfig") or self.env.get("KUBECONFIG", "")

    @property
    def impersonates(self) -> tuple[str, ...]:
        """Kubectl's flags for whom it impersonates."""
        names = {"kube-as": "as", "kube-as-group": "as-group", "kube-as-uid": "as-uid"}
        return tuple(f"--{names[n]}={v}" for n, v in self._flags() if n in names)

    @property
    def has_token(self) -> bool:
        """Whether a credential stands among its arguments."""
        return bool(self._value("kube-token"))

    def elsewhere(self, *args: str) -> "Entry":
        """Return the same command with *args* at its end: the last one of a flag holds."""
        return Entry(self.name, self.command, (*self.args, *args), self.env)

    def _flag(self, name: str, *, default: bool) -> bool:
        value = default
        for found, said in self._flags(switches=(name,)):
            if found == name:
                value = said not in _FALSE if default else said in _TRUE
        return value

    def _value(self, name: str) -> str:
        return ([said for found, said in self._flags() if found == name] or [""])[-1]

    def _flags(self, switches: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        """Return each flag with its value, as the server's own parser takes them."""
        known = {"read-only", "mask-secrets", "kube-insecure-skip-tls-verify", *switches}
        words = iter(self._words())
        for word in words:
            if word == "--":
                return
            if word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                yield name, value if equals else "true" if name in known else next(words, "")

    def _words(self) -> Iterator[str]:
        """Return the words of the command, those of a shell's command line among them."""
        for word in self.argv:
            if any(c.isspace() for c in word) and not os.path.isabs(word):  # noqa: PTH117 - a word
                try:
                    yield from shlex.split(word)
                except ValueError:
                    yield word
            else:
                yield word


@dataclass(frozen=True, slots=True)
class EntrySchema:
    """How a client writes an entry down; without a key for `args` they stand behind the command."""

    command: str = "command"
    args: str = "args"
    env: str = "env"
    extra: Mapping[str, Any] = field(default_factory=dict)
    named: bool = False

    def write(self, entry: Entry, known: Any = None) -> dict[str, Any]:
        """Return *entry* in this form, over what the client has *known* of it: the rest is kept."""
        old = dict(known) if isinstance(known, dict) else {}
        env = old.get(self.env)
        env = env if isinstance(env, dict) else {}
        split = {self.command: entry.command, self.args: list(entry.args)}
        what = split if self.args else {self.command: list(entry.argv)}
        name = {"name": entry.name} if self.named else {}
        if _FAR.intersection(old):  # it was a server far away
            old = {key: one for key, one in old.items() if key not in (*_FAR, "headers", "type")}
        extra = {key: value for key, value in self.extra.items() if key not in old or key == "type"}
        return {**name, **old, **extra, **what, self.env: {**env, **entry.env}}

    def read(self, name: str, value: Any) -> Entry:
        """Return the entry that *value*, of whatever form, is."""
        value = value if isinstance(value, dict) else {}
        command = value.get(self.command)
        words = command if isinstance(command, list) else [command, *_list(value.get(self.args))]
        words = [str(word) for word in words if word is not None] or [""]
        env = value.get(self.env)
        env = {str(k): str(v) for k, v in env.items()} if isinstance(env, dict) else {}
        url = next((str(one) for key, one in value.items() if key in _FAR and one), "")
        return Entry(name, words[0], tuple(words[1:]), env, "" if words[0] else url)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

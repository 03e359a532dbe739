"""A program that talks to MCP servers: its files, and its own commands."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.mcp.entry import Entry, EntrySchema
from fluxstatus.mcp.host import ADMIN_BASES, FOLDER_BASES, Host

PLUGIN_BASE = "plugin"
"""The base of files of a plugin, which have no place of their own."""


class Place(NamedTuple):
    """A file in which a client looks for servers, see `Host.paths`.

    `container` are the keys that lead to the servers, and `schema` the keys of an entry, if they
    differ from those of the client's other files. "{root}" in `container` is the root of the
    repository: what is there is the user's, for that folder, and setup does not change it.
    """

    file: str
    container: tuple[str, ...] = ()
    schema: EntrySchema | None = None

    @property
    def is_of_folder(self) -> bool:
        """Whether the file belongs to a folder, not to the user: anyone may have written it."""
        return self.file.partition("/")[0] in FOLDER_BASES

    @property
    def is_of_administrator(self) -> bool:
        """Whether an administrator places the file, for all users of the machine."""
        return self.file.partition("/")[0] in ADMIN_BASES

    @property
    def plugin(self) -> str:
        """The name of the plugin that has the file, empty without one."""
        base, _, name = self.file.partition("/")
        return name if base == PLUGIN_BASE else ""

    @property
    def is_variable(self) -> bool:
        """Whether it is no file: a variable of the environment has the content."""
        return self.file.startswith("=")

    @property
    def is_the_users(self) -> bool:
        """Whether it is a file that the user, or setup, may change."""
        return not (self.is_of_administrator or self.is_variable or self.plugin)

    @property
    def is_for_folder(self) -> bool:
        """Whether its entries count only in a folder."""
        return self.is_of_folder or "{root}" in self.container


def places(*files: str) -> tuple[Place, ...]:
    """Return a place for each of *files*."""
    return tuple(map(Place, files))


class Location(NamedTuple):
    """A place on a machine: its path, with its keys filled in."""

    place: Place
    path: Path
    container: tuple[str, ...]
    schema: EntrySchema


class Client(NamedTuple):
    """A program that talks to MCP servers.

    `file` is its configuration, `container` the keys that lead to the servers, `syntax` the module
    of formats/ that edits the file. `places` are all files that it reads, the one that wins first;
    without them it is `file` alone. With `merges` it merges the entries of one name key by key,
    with `twice` it lists a server once for each file that has it.

    `add` and `remove` are its own commands, with placeholders: `{env}` and `{argv}` become several
    words. `sign` is what exists where it is installed, without it the folder of `file`. Without a
    file, users paste the entry at the place that `paste` names. A new file begins with `head`. A
    `local` client belongs to a folder, not to the user. `then` is how it is told to start the
    server.
    """

    name: str
    title: str
    file: str = ""
    container: tuple[str, ...] = ("mcpServers",)
    schema: EntrySchema = EntrySchema()
    syntax: str = "jsonc"
    program: str = ""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    local: bool = False
    paste: str = ""
    places: tuple[Place, ...] = ()
    merges: bool = False
    twice: bool = False
    sign: str = ""
    then: str = ""
    head: str = ""

    def locations(self, host: Host, *, folder: bool = True) -> Iterator[Location]:
        """Yield where it looks for servers on *host*, the place that wins first.

        Without *folder*, the files that belong to a folder are left out.
        """
        for place in self.places or ((Place(self.file),) if self.file else ()):
            if place.is_of_folder and not folder:
                continue
            keys = place.container or self.container
            container = tuple(str(host.root) if key == "{root}" else key for key in keys)
            for path in host.paths(place.file):
                yield Location(place, path, container, place.schema or self.schema)

    def own(self, host: Host) -> list[Location]:
        """Return the locations that setup and remove may change, the one that wins first."""
        return self.own_of(self.locations(host, folder=self.local))

    def own_of(self, locations: Iterable[Location]) -> list[Location]:
        """Return those of *locations* that setup and remove may change, in the same order."""
        mine = (one for one in locations if one.place.is_the_users)
        return [one for one in mine if self.local or not one.place.is_for_folder]

    def target(self, host: Host) -> Location:
        """Return where a new entry goes: the file that wins, or the one that is to be made."""
        return self.target_of(self.own(host))

    def target_of(self, own: Sequence[Location]) -> Location:
        """Return which of *own*, see `own`, gets a new entry."""
        made = next(one for one in own if one.place.file == self.file)
        return next((one for one in own if one.path.exists()), made)

    def path(self, host: Host) -> Path | None:
        """Return the path of its file on *host*, whether it exists or not; None without one."""
        return self.target(host).path if self.file else None

    def installed(self, host: Host) -> bool:
        """Return whether *host* has its program on PATH, one of its files, or a sign of it."""
        if self.local or not self.file:
            return False
        base = self.file.partition("/")[0]
        kin = [one.path for one in self.own(host) if one.place.file.startswith((base, "$"))]
        [sign] = host.paths(self.sign or self.file)
        sign = sign if self.sign else sign.parent
        is_there = sign.exists() and sign != Path(host.home)
        return is_there or any(path.exists() for path in kin) or bool(self.program_path(host))

    def program_path(self, host: Host) -> str | None:
        """Return the path of its command, None without one."""
        if not self.program:
            return None
        return shutil.which(self.program, path=host.environ.get("PATH"))

    def command(self, words: Sequence[str], entry: Entry) -> tuple[str, ...]:
        """Return the command line *words*, `add` or `remove`, filled in for *entry*."""
        return self.program, *(filled for word in words for filled in self._fill(word, entry))

    def _fill(self, word: str, entry: Entry) -> Iterator[str]:
        if word == "{argv}":
            yield from entry.argv
        elif word == "{args}":
            yield from (f"--arg={one}" for one in entry.args)
        elif word.endswith("{env}"):
            for key, value in entry.env.items():
                yield from (word.removesuffix("{env}"), f"{key}={value}")
        elif word == "{json}":
            yield json.dumps(self.schema.write(entry))
        elif word == "{named-json}":
            yield json.dumps({"name": entry.name, **self.schema.write(entry)})
        else:
            yield word.format(name=entry.name, command=entry.command)

    def servers(self, text: str, container: Sequence[str] = ()) -> Mapping[str, Any]:
        """Return all servers in *text* by their names. Raises MalformedError."""
        if not text.strip():
            return {}
        found: Mapping[str, Any] = self._syntax.entries(text, container or self.container)
        return found

    def put(self, text: str, entry: Entry, known: Any = None, at: Location | None = None) -> str:
        """Return *text*, the content of the file *at*, with *entry*. Raises MalformedError."""
        value = (at.schema if at else self.schema).write(entry, known)
        return text if value == known else self.set(text, entry.name, value, at)

    def set(self, text: str, name: str, value: dict[str, Any], at: Location | None = None) -> str:
        """Return *text* with *value* as the entry *name*. Raises MalformedError."""
        container = at.container if at else self.container
        text = text if text.strip() else self.head
        if text.strip() or self.syntax != "jsonc":
            changed: str = self._syntax.put(text, container, name, value)
            return changed
        return self._file(name, value, container)

    def drop(self, text: str, name: str, at: Location | None = None, *, prune: bool = False) -> str:
        """Return *text* without the entry *name*. Raises MalformedError.

        With *prune*, a container that is then empty is dropped, too.
        """
        if not text.strip():
            return text
        container = at.container if at else self.container
        changed: str = self._syntax.drop(text, container, name, prune=prune)
        return changed

    def has_container(self, text: str, at: Location) -> bool:
        """Return whether *text* has a place for servers, maybe empty. Raises MalformedError."""
        return bool(text.strip()) and bool(self._syntax.has(text, at.container))

    def alone(self, entry: Entry) -> str:
        """Return *entry* as a complete file."""
        return self._file(entry.name, self.schema.write(entry), self.container)

    def _file(self, name: str, value: dict[str, Any], container: Sequence[str]) -> str:
        if self.syntax != "jsonc":
            return str(self._syntax.put("", container, name, value))
        document = {name: value}
        for key in reversed(container):
            document = {key: document}
        return str(self._syntax.dump(document))

    @property
    def _syntax(self) -> Any:
        return import_module(f"fluxstatus.mcp.formats.{self.syntax}")

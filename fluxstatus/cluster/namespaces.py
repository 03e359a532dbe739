"""Whether the namespaces exist that were chosen: asked only where nothing was found in them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from fluxstatus.base.fields import map_of
from fluxstatus.base.urls import encoded
from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.queries import ACCEPT_METADATA
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.evidence import (
    NAMESPACES,
    Answer,
    Incomplete,
    Object,
    Read,
    Unread,
    Why,
    absent_in,
)
from fluxstatus.model.kinds import KINDS, RESOURCES
from fluxstatus.model.ref import Ref


def read(api: ApiClient, names: Iterable[str]) -> Answer:
    """Return those of the Namespaces *names* that exist, with one request for each."""
    unread: Unread | None = None
    asked, existing = [], []
    for name in names:
        try:
            found = _one(api, name)
        except ProgramError as error:
            unread = unread or error.unread
        else:
            asked.append(name)
            existing += found
    if unread:
        return Incomplete(unread, tuple(existing), tuple(asked))
    return Read(tuple(existing), tuple(asked))


def absent(api: ApiClient, names: Iterable[str]) -> list[str]:
    """Return those of the namespaces *names* that do not exist; an unread one may exist."""
    return absent_in(read(api, names))


def without_objects(answers: Mapping[str, Answer], chosen: Collection[str]) -> list[str]:
    """Return those of the namespaces *chosen* that Flux certainly has nothing in."""
    if not chosen:
        return []
    from fluxstatus.state.scope import (  # noqa: PLC0415 - only the check with -n needs it
        INTO_OTHERS,
        applies_into,
    )

    lists = {name: answers[name] for name in RESOURCES if name in answers}
    empty = {name for name in chosen if not any(one.unread_in(name) for one in lists.values())}
    for answer in lists.values():
        if empty:
            empty.difference_update(Ref.of(item).namespace for item in answer.known)
    for name in (KINDS[kind].resource for kind in INTO_OTHERS):
        for item in lists[name].known if empty and name in lists else ():
            empty -= applies_into(item, empty)
    return sorted(empty)


@contextmanager
def noting_absent(api: ApiClient, namespaces: Iterable[str]) -> Iterator[None]:
    """Have a NotFoundError say which of *namespaces*, where nothing was found, do not exist."""
    try:
        yield
    except NotFoundError as error:
        if error.namespaces:
            error.absent = absent(api, namespaces)
        raise


def _one(api: ApiClient, name: str) -> list[Object]:
    """Return the Namespace *name*, or nothing if there is none. Raises ProgramError."""
    reply = api.get(f"/api/v1/namespaces/{encoded(name)}", ACCEPT_METADATA, NAMESPACES)
    if reply.is_missing:
        return []
    if reply.status != HTTPStatus.OK:
        raise ProgramError(reply.refusal("get namespaces"))
    if map_of(reply.json().get("metadata")).get("name") != name:
        raise ProgramError.of(Why.GARBLED, "the response is not the requested object")
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}]

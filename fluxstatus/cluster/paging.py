"""Reading a list: page by page and, if only that is allowed, namespace by namespace."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.cluster.client import ApiClient, Reply, unchanged
from fluxstatus.cluster.json_stream import Unreadable
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.pruning import prune
from fluxstatus.cluster.queries import ListQuery
from fluxstatus.model.evidence import Answer, Incomplete, Object, Read, Unread, UnreadObject, Why

Items: TypeAlias = tuple[list[Object], list[UnreadObject], Unread | None]
"""The objects on a page, those that could not be read, and why the names of others are unknown."""


class Page(NamedTuple):
    """A page of a list, or why the rest of it is `unread`; `namespace` is empty for all.

    `objects` are those on the page that could not be read.
    """

    namespace: str
    items: Sequence[Object] = ()
    unread: Unread | None = None
    objects: Sequence[UnreadObject] = ()


def read(
    api: ApiClient, name: str, query: ListQuery, per_namespace: Callable[[], tuple[str, ...]]
) -> Answer:
    """Return a list, each object pruned; it is read as `walk` does."""
    parts = list(walk(api, name, query, per_namespace, partial(prune, name)))
    items = tuple(item for part in parts for item in part.items)
    objects = [one for part in parts for one in part.objects]
    missing = {part.namespace: part.unread for part in parts if part.unread}
    read = dict.fromkeys(part.namespace for part in parts if part.namespace not in missing)
    namespaces = tuple(filter(None, read))
    for unread in missing.values():
        complete = set(namespaces) - {one.namespace for one in objects}
        return Incomplete(unread, items, tuple(n for n in namespaces if n in complete))
    return Incomplete.without(objects, items, namespaces) if objects else Read(items, namespaces)


def walk(
    api: ApiClient,
    name: str,
    query: ListQuery,
    per_namespace: Callable[[], tuple[str, ...]],
    keep: Callable[[Object], Object] = unchanged,
) -> Iterator[Page]:
    """Yield a list part by part, each item replaced by what *keep* returns for it.

    If listing all namespaces is forbidden, those that *per_namespace* returns are read.
    """
    namespaces = query.namespaces
    if not namespaces:
        first = True
        for part in _walk_one(api, name, query, "", keep):
            if first and part.unread and part.unread.why is Why.FORBIDDEN:
                namespaces = per_namespace() if query.namespaced else ()
            first = False
            yield part
    if query.beyond:
        yield Page("", unread=query.beyond)
    for namespace in namespaces:
        yield from _walk_one(api, name, query, namespace, keep)


def _walk_one(
    api: ApiClient, name: str, query: ListQuery, namespace: str, keep: Callable[[Object], Object]
) -> Iterator[Page]:
    known = 0
    try:
        for number, page in enumerate(pages(api, name, query, namespace, keep), start=1):
            items, objects, nameless = items_of(page)
            known += len(items)
            yield Page(namespace, items, objects=objects)
            if nameless:
                yield Page(namespace, unread=nameless)
            if number == query.pages and _next(page):
                text = f"only the first {known} were read"
                yield Page(namespace, unread=Unread(Why.NOT_REQUESTED, text))
    except ProgramError as error:
        yield Page(namespace, unread=error.unread)


def pages(
    api: ApiClient,
    name: str,
    query: ListQuery,
    namespace: str,
    keep: Callable[[Object], Object] = unchanged,
) -> Iterator[Object]:
    """Yield the pages of a list one by one, each item replaced by what *keep* returns for it.

    The next page is requested while the caller works on one. Raises ProgramError.
    """

    def kept(item: Any) -> Any:
        if isinstance(item, dict):  # the items of a list have no apiVersion of their own
            item["apiVersion"] = query.api_version
        return keep(item)

    get = partial(
        _page, partial(api.get, accept=query.accept, query=name, keep=kept), query, namespace
    )
    with ThreadPoolExecutor(1) as ahead:
        page, number = get(""), 1
        while (token := _next(page)) and number != query.pages:
            following = ahead.submit(get, token)
            yield page
            page, number = following.result(), number + 1
        yield page


def items_of(page: Object) -> Items:
    """Return the items of *page*, each with its kind, which the items of a list do not have."""
    kind, items, objects = page["kind"].removesuffix("List"), [], []
    nameless: Unread | None = None
    for item in page["items"]:
        if isinstance(_name(item), str):
            item["kind"] = kind
            items.append(item)
        elif isinstance(item, Unreadable) and (name := text_of(_name(item.known))):
            namespace = text_of(item.known["metadata"].get("namespace"))
            objects.append(UnreadObject(kind, namespace, name, item.why))
        else:
            why = item.why if isinstance(item, Unreadable) else "is not an object with a name"
            nameless = Unread(Why.GARBLED, f"an item of the list could not be read: it {why}")
    return items, objects, nameless


def _name(item: Any) -> Any:
    return map_of(map_of(item).get("metadata")).get("name")


def _page(get: Callable[[str], Reply], query: ListQuery, namespace: str, token: str) -> Object:
    """Return one page of a list. Raises ProgramError."""
    for _ in range(2):
        reply = get(query.path(namespace, token))
        if reply.status != HTTPStatus.GONE or not _next(reply.json()):
            break
        # The token has expired; the API server offers one to continue with the current list.
        token = _next(reply.json())
    if reply.status != HTTPStatus.OK:
        everywhere = " in all namespaces" if query.namespaced else ""
        where = f' in namespace "{namespace}"' if namespace else everywhere
        raise ProgramError(reply.refusal(query.permission, where))
    page = reply.json()
    if not _is_list(page, query):
        raise ProgramError.of(Why.GARBLED, "the response is not the requested list")
    return page


def _next(page: Object) -> str:
    """Return the token for the page after *page*, empty after the last one."""
    metadata = page.get("metadata")
    token = metadata.get("continue") if isinstance(metadata, dict) else None
    return token if isinstance(token, str) else ""


def _is_list(page: Object, query: ListQuery) -> bool:
    return (
        str(page.get("kind")).endswith("List")
        and page.get("apiVersion") in query.answered_as
        and isinstance(page.get("metadata"), dict)
        and _has_an_end(page["metadata"])
        and isinstance(page.get("items"), list)
    )


def _has_an_end(metadata: Object) -> bool:
    """Return whether the *metadata* of a page has the token for the next one, or it is the last."""
    token, left = metadata.get("continue"), metadata.get("remainingItemCount")
    return isinstance(token, str | None) and bool(token or not left)

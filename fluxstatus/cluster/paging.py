"""Reading a list: page by page and, where only that is allowed, namespace by namespace."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from fluxstatus.cluster.client import ApiClient, Reply, whole
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import Answer, Object, Unread, Why

_PAGE = 500  # objects, as kubectl has it
AT_ONCE = 10_000
"""Objects of Flux on a page: these are small.

What follows a first page the API server reads from etcd, three times as slow as from its cache,
before Kubernetes 1.34 always, and since then where nothing has changed for some minutes.
"""


class ListQuery(NamedTuple):
    """A list to ask for: everywhere, or in some `namespaces`; at most so many `pages`, 0: all.

    A `page` has so many objects.
    """

    base: str
    plural: str
    selector: str = ""
    namespaces: tuple[str, ...] = ()
    pages: int = 0
    page: int = _PAGE

    @property
    def api_version(self) -> str:
        """The group and version of what it asks for."""
        return self.base.removeprefix("/apis/").removeprefix("/api/")

    @property
    def rule(self) -> str:
        """The RBAC permission that it takes."""
        group, slash, _ = self.api_version.partition("/")
        return f"list {self.plural}.{group}" if slash else f"list {self.plural}"

    def path(self, namespace: str, token: str) -> str:
        """Return the path of a page in one namespace, or everywhere if that is empty."""
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        following = token and f"continue={quote(token, safe='')}"
        wanted = filter(None, (f"limit={self.page}", self.selector, following))
        return f"{self.base}{inside}/{self.plural}?{'&'.join(wanted)}"


def read(
    api: ApiClient, name: str, query: ListQuery, per_namespace: Callable[[], tuple[str, ...]]
) -> Answer:
    """Ask everywhere or, where that is forbidden, in the namespaces that *per_namespace* gives."""
    if query.namespaces:
        return _read_in(api, name, query, query.namespaces, None)
    items, unread = _list(api, name, query, "")
    if unread is not None and unread.why is Why.FORBIDDEN and (chosen := per_namespace()):
        return _read_in(api, name, query, chosen, unread)
    return Answer(tuple(items), unread)


def _read_in(
    api: ApiClient, name: str, query: ListQuery, namespaces: tuple[str, ...], unread: Unread | None
) -> Answer:
    found: list[Object] = []
    read = []
    for namespace in namespaces:
        items, problem = _list(api, name, query, namespace)
        found += items
        unread = unread or problem
        if problem is None:
            read.append(namespace)
    return Answer(tuple(found), unread, tuple(read))


def _list(
    api: ApiClient, name: str, query: ListQuery, namespace: str
) -> tuple[list[Object], Unread | None]:
    """Read a list page by page; give what was read, and why that is not all if it is not."""
    items: list[Object] = []
    try:
        keep = partial(prune, name)
        for number, page in enumerate(pages(api, name, query, namespace, keep), start=1):
            items += items_of(page)
            if number == query.pages and _next(page):
                text = f"only the first {len(items)} were asked for"
                return items, Unread(Why.NOT_ASKED, text)
    except ProgramError as error:
        return items, error.unread
    return items, None


def pages(
    api: ApiClient,
    name: str,
    query: ListQuery,
    namespace: str,
    keep: Callable[[Object], Object] = whole,
) -> Iterator[Object]:
    """Return page by page, of each item what *keep* gives for it.

    The next page is on its way while one is looked at. Raises ProgramError.
    """

    def kept(item: Any) -> Any:
        if isinstance(item, dict):  # the server does not tell an item of a list its version
            item["apiVersion"] = query.api_version
        return keep(item)

    ask = partial(_page, partial(api.get, query=name, keep=kept), query, namespace)
    with ThreadPoolExecutor(1) as ahead:
        page, number = ask(""), 1
        while (token := _next(page)) and number != query.pages:
            following = ahead.submit(ask, token)
            yield page
            page, number = following.result(), number + 1
        yield page


def items_of(page: Object) -> Iterator[Object]:
    """Return what is on *page*; an item of a list is not told its kind by the server."""
    for item in page["items"]:
        item["kind"] = page["kind"].removesuffix("List")
        yield item


def _page(get: Callable[[str], Reply], query: ListQuery, namespace: str, token: str) -> Object:
    """Return one page of a list. Raises ProgramError."""
    for _ in range(2):
        reply = get(query.path(namespace, token))
        if reply.status != HTTPStatus.GONE or not _next(reply.json()):
            break
        # The list is older than the server keeps; it offers to go on with the present one.
        token = _next(reply.json())
    if reply.status != HTTPStatus.OK:
        where = f" in namespace {namespace}" if namespace else " in all namespaces"
        raise ProgramError(reply.refusal(query.rule, where))
    page = reply.json()
    if not _is_list(page, query):
        raise ProgramError(Unread(Why.GARBLED, "the answer is not the list that was asked for"))
    return page


def _next(page: Object) -> str:
    """Return the token for the page after *page*, empty when there is none."""
    metadata = page.get("metadata")
    token = metadata.get("continue") if isinstance(metadata, dict) else None
    return token if isinstance(token, str) else ""


def _is_list(page: Object, query: ListQuery) -> bool:
    items = page.get("items")
    return (
        str(page.get("kind")).endswith("List")
        and page.get("apiVersion") == query.api_version
        and isinstance(page.get("metadata"), dict)
        and isinstance(items, list)
        and all(isinstance(i, dict) and isinstance(i.get("metadata"), dict) for i in items)
    )

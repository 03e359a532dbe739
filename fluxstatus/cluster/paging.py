"""Reading a list: page by page and, if only that is allowed, namespace by namespace."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from fluxstatus.cluster.client import ApiClient, Reply, whole
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.pruning import prune
from fluxstatus.cluster.queries import ListQuery
from fluxstatus.model.evidence import Answer, Object, Unread, Why


def read(
    api: ApiClient, name: str, query: ListQuery, per_namespace: Callable[[], tuple[str, ...]]
) -> Answer:
    """Read a list, each object pruned.

    If listing all namespaces is forbidden, read those that *per_namespace* returns.
    """
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
    """Read a list page by page; return its objects, and why there are more if there are."""
    items: list[Object] = []
    try:
        keep = partial(prune, name)
        for number, page in enumerate(pages(api, name, query, namespace, keep), start=1):
            items += items_of(page)
            if number == query.pages and _next(page):
                return items, Unread(Why.NOT_ASKED, f"only the first {len(items)} were read")
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
    """Return the pages of a list one by one, each item replaced by what *keep* returns for it.

    The next page is requested while the caller works on one. Raises ProgramError.
    """

    def kept(item: Any) -> Any:
        if isinstance(item, dict):  # the items of a list have no apiVersion of their own
            item["apiVersion"] = query.api_version
        return keep(item)

    get = partial(_page, partial(api.get, query=name, keep=kept), query, namespace)
    with ThreadPoolExecutor(1) as ahead:
        page, number = get(""), 1
        while (token := _next(page)) and number != query.pages:
            following = ahead.submit(get, token)
            yield page
            page, number = following.result(), number + 1
        yield page


def items_of(page: Object) -> Iterator[Object]:
    """Return the items of *page*, each with its kind, which the items of a list do not have."""
    for item in page["items"]:
        item["kind"] = page["kind"].removesuffix("List")
        yield item


def _page(get: Callable[[str], Reply], query: ListQuery, namespace: str, token: str) -> Object:
    """Return one page of a list. Raises ProgramError."""
    for _ in range(2):
        reply = get(query.path(namespace, token))
        if reply.status != HTTPStatus.GONE or not _next(reply.json()):
            break
        # The token has expired; the API server offers one to continue with the current list.
        token = _next(reply.json())
    if reply.status != HTTPStatus.OK:
        where = f' in namespace "{namespace}"' if namespace else " in all namespaces"
        raise ProgramError(reply.refusal(query.rule, where))
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
    items = page.get("items")
    return (
        str(page.get("kind")).endswith("List")
        and page.get("apiVersion") == query.api_version
        and isinstance(page.get("metadata"), dict)
        and isinstance(items, list)
        and all(isinstance(i, dict) and isinstance(i.get("metadata"), dict) for i in items)
    )

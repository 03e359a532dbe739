"""Reading a text in a ConfigMap that the user has named."""

from collections.abc import Iterable
from http import HTTPStatus

from fluxstatus.base.fields import map_of
from fluxstatus.base.urls import encoded
from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.model.evidence import Why


def text_in(api: ApiClient, namespace: str, name: str, keys: Iterable[str]) -> str:
    """Return the text with the first of *keys* that the ConfigMap has. Raises ProgramError."""
    reply = api.get(f"/api/v1/namespaces/{encoded(namespace)}/configmaps/{encoded(name)}")
    if reply.is_missing:
        raise ProgramError.of(Why.ABSENT, "404: there is no such ConfigMap")
    if reply.status != HTTPStatus.OK:
        raise ProgramError(reply.refusal("get configmaps", f' in namespace "{namespace}"'))
    found = reply.json()
    if found.get("kind") != "ConfigMap" or map_of(found.get("metadata")).get("name") != name:
        raise ProgramError.of(Why.GARBLED, "the response is not the requested object")
    data, wanted = map_of(found.get("data")), tuple(keys)
    text = next((data[key] for key in wanted if isinstance(data.get(key), str)), None)
    if text is None:
        raise ProgramError.of(Why.GARBLED, f"it has no key {' or '.join(wanted)}")
    return str(text)

"""The Secrets that an object and its sources refer to, as text or as JSON."""

from typing import TYPE_CHECKING

from fluxstatus.base.plurals import counted
from fluxstatus.report.as_json import object_json, time_json, versioned
from fluxstatus.report.layout import Page, put_title
from fluxstatus.report.secrets import json_of, put_secret, words_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fluxstatus.lookup.credentials.inspect import Credential
    from fluxstatus.report.look import Look
    from fluxstatus.state.resource import Resource
    from fluxstatus.state.state import State


def as_text(
    resource: "Resource", state: "State", found: "Sequence[Credential]", look: "Look"
) -> str:
    """Return the Secrets as lines, one paragraph for each."""
    words = dict(words_in(found))
    page = Page(look, words, words.values())
    none = "neither the object nor its sources refer to a Secret"
    if state.evidence.unread:
        none = "no Secret was found, but not all sources of the object could be read"
    count = counted(len(found), "Secret") if found else none
    put_title(page, f"{resource.ref}", count, context=state.evidence.target.context)
    for one in found:
        put_secret(page, one, state.now)
    return "\n".join(page.lines) + "\n"


def as_json(resource: "Resource", state: "State", found: "Sequence[Credential]") -> str:
    """Return the Secrets as a JSON document; every key is always there."""
    document = {
        "takenAt": time_json(state.now),
        "context": state.evidence.target.context,
        "object": object_json(resource.ref),
        "credentials": [json_of(one) for one in found],
    }
    return versioned(document)

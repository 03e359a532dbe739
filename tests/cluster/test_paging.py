"""The items of a page: each with its kind, and what is said of those that could not be read."""

from fluxstatus.cluster.json_stream import Unreadable
from fluxstatus.cluster.paging import items_of
from fluxstatus.model.evidence import UnreadObject, Why

_DEEP = "is nested too deeply"


def test_an_item_that_could_not_be_read_costs_itself() -> None:
    """The others have their kind; of one without a name it is said why it was not read."""
    good = {"metadata": {"name": "a", "namespace": "apps"}}
    named = Unreadable({"metadata": {"name": "b", "namespace": "apps"}}, _DEEP)
    for odd, why in (
        (Unreadable({}, _DEEP), _DEEP),
        (Unreadable({"metadata": {"name": 1}}, _DEEP), _DEEP),
        (None, "is not an object with a name"),
        ({"metadata": {"name": None}}, "is not an object with a name"),
    ):
        page = {"kind": "KustomizationList", "items": [good, named, odd]}
        items, objects, nameless = items_of(page)
        assert items == [{**good, "kind": "Kustomization"}]
        assert objects == [UnreadObject("Kustomization", "apps", "b", _DEEP)]
        assert nameless
        assert (nameless.why, nameless.text) == (
            Why.GARBLED, f"an item of the list could not be read: it {why}",
        )  # fmt: skip
    assert items_of({"kind": "KustomizationList", "items": [good]})[1:] == ([], None)

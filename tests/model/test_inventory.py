"""Inventories: ids as one text, and the objects that they name."""

import binascii
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.model.inventory import Entry, entry_of, id_of, ids_in, pack, unpack, unpacked

DEPLOYMENT = "apps_web_apps_Deployment"
ROLE = "_system__reader_rbac.authorization.k8s.io_ClusterRole"
_IDS = st.builds("_".join, st.lists(st.text("ab.-é", max_size=9), min_size=4, max_size=6))


@pytest.mark.parametrize(
    ("id_", "entry"),
    [
        (DEPLOYMENT, Entry("apps", "Deployment", "apps", "web")),
        ("_prod__Namespace", Entry("", "Namespace", "", "prod")),
        (ROLE, Entry("rbac.authorization.k8s.io", "ClusterRole", "", "system:reader")),
    ],
)
def test_an_id_names_an_object(id_: str, entry: Entry) -> None:
    """Namespace, name, group and kind; a colon in a name is two underscores."""
    assert entry_of(id_) == entry
    assert id_of(entry) == id_


@pytest.mark.parametrize("text", ["", "web", "a_b", "___", "apps__apps_", "_web__"])
def test_what_names_nothing_is_no_object(text: str) -> None:
    """An id without a name or a kind is left out."""
    assert entry_of(text) is None


@given(st.lists(_IDS, max_size=60))
def test_ids_are_kept(ids: list[str]) -> None:
    """All ids come back in their order, also from JSON, however many there are."""
    assert unpack(json.loads(json.dumps(pack(ids)))) == ids


def test_many_ids_take_little_room() -> None:
    """A long inventory is compressed."""
    ids = [f"monitoring_dashboard-{number}__ConfigMap" for number in range(200)]
    assert len(pack(ids)) < len("\n".join(ids)) / 4


def test_what_is_no_id_is_not_kept() -> None:
    """Any other text may be anything, such as a credential."""
    odd = ["hunter2", 7, None, {"id": 1}, {"id": "hunter2"}, {"id": DEPLOYMENT, "v": "v1"}]
    assert ids_in({"entries": odd}) == [DEPLOYMENT]


def test_that_of_a_generator_lists_its_artifacts() -> None:
    """An ArtifactGenerator has a list of names, from Flux 2.10 on with kinds; it is printed so."""
    team = {"kind": "Namespace", "name": "team"}
    entries = [{"namespace": "apps", "name": "one", "digest": "x"}, team, {"name": "odd"}, 7]
    ids = ids_in(entries)
    assert ids == ["apps_one_source.toolkit.fluxcd.io_ExternalArtifact", "_team__Namespace"]
    item = {"kind": "ArtifactGenerator", "status": {"inventory": pack(ids)}}
    assert unpacked(item)["status"]["inventory"] == [
        {"kind": "ExternalArtifact", "namespace": "apps", "name": "one"},
        {"kind": "Namespace", "namespace": "", "name": "team"},
    ]


@pytest.mark.parametrize("inventory", [None, {}, {"entries": None}, [], [{"id": DEPLOYMENT}], 7])
def test_no_inventory_is_not_an_empty_one(inventory: object) -> None:
    """A HelmRelease has none before Flux 2.8; an ArtifactGenerator has another one."""
    assert ids_in(inventory) is None
    assert ids_in({"entries": []}) == []


def test_an_inventory_is_read_packed_or_not() -> None:
    """A snapshot has it packed; one that was written from a thread as the controller had it."""
    assert ids_in(pack([DEPLOYMENT])) == [DEPLOYMENT]
    assert ids_in({"entries": [{"id": DEPLOYMENT}]}) == [DEPLOYMENT]


@pytest.mark.parametrize(
    "text", ["", "=", "QUJD", "x" * 999, "\udcff", pack([DEPLOYMENT] * 99)[:-9]]
)
def test_a_damaged_text_has_no_ids(text: str) -> None:
    """A snapshot may come from anyone."""
    assert unpack(text) == []


def test_a_text_that_would_fill_the_memory_has_no_ids() -> None:
    """A short text does not unpack to a huge one, and what repeats that much is not packed."""
    bomb = binascii.b2a_base64(zlib.compress(b"\n" * (1 << 24), 9)).decode()
    assert len(bomb) < 30_000
    assert unpack(bomb) == []
    same = [DEPLOYMENT] * 10_000
    assert unpack(pack(same)) == same


def test_a_damaged_id_is_kept_as_text() -> None:
    """A lone surrogate, which JSON may have, is no reason to fail."""
    assert len(unpack(pack([f"apps_\udcff{number}_apps_Pod" for number in range(99)]))) == 99


def test_an_inventory_is_printed_as_the_api_has_it() -> None:
    """A list of a snapshot has its entries; an object without an inventory stays as it is."""
    kept = {"status": {"inventory": pack([DEPLOYMENT]), "conditions": []}}
    assert unpacked(kept)["status"] == {
        "inventory": {"entries": [{"id": DEPLOYMENT}]},
        "conditions": [],
    }
    others: list[dict[str, Any]] = [{"status": {"conditions": []}}, {"metadata": {}}]
    for other in others:
        assert unpacked(other) is other

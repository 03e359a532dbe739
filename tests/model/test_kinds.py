"""The kinds of Flux and their names."""

from fluxstatus.model.kinds import ALL_KINDS, KINDS


def test_every_kind_is_named() -> None:
    """The type of names has exactly the names of the kinds."""
    assert set(KINDS) == ALL_KINDS

"""The kinds of Flux and their names."""

from fluxstatus.model.kinds import ALL_KINDS, KINDS


def test_every_kind_is_named() -> None:
    """The names that the type checker knows are those of the kinds."""
    assert set(KINDS) == ALL_KINDS

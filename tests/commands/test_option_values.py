"""The values of options."""

import pytest
from typer import BadParameter

from fluxstatus.commands.option_values import age, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90.0), ("1.5", 1.5), ("30s", 30.0), ("1m30s", 90.0), ("2h", 7200.0), (600.0, 600.0)],
)
def test_a_duration_is_that_of_go_or_a_number(text: str | float, expected: float) -> None:
    """A number without a unit is seconds, and so is a default."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0", "0s", "-5s", "5 s", "s", "1d", "87601h", "9" * 30])
def test_what_is_no_duration(text: str) -> None:
    """A duration is above 0, and at most ten years."""
    with pytest.raises(BadParameter):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "hours"), [("90m", 1.5), ("5d", 120), ("1d12h", 36), ("4d21h30m", 117.5), ("0d2h", 2)]
)
def test_an_age_is_understood_as_it_is_printed(text: str, hours: float) -> None:
    """Days are counted as well, which a duration of Go does not have."""
    assert age(text) == hours * 3600


@pytest.mark.parametrize("text", ["", "d", "30", "0d", "5d3", "d5", "1.5d", "-1d", "5D", "99999d"])
def test_what_is_no_age(text: str) -> None:
    """A number needs a unit, and nothing is not an age."""
    with pytest.raises(BadParameter, match="above 0"):
        age(text)

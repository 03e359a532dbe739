"""Durations and ages are read and formatted as Flux and kubectl do."""

from datetime import UTC, datetime, timedelta

import pytest

from fluxstatus.base.durations import age, ago, duration, listed_age, parse_duration, seconds

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", 30), ("1m30s", 90), ("1.5h", 5400), ("250ms", 0.25), ("1h0m0s", 3600), ("0s", 0),
        ("", None), ("30", None), ("1d", None), ("5 m", None), ("10m later", None), ("-5m", None),
    ],
)  # fmt: skip
def test_a_go_duration_is_parsed_whole_or_not_at_all(text: str, expected: float | None) -> None:
    """A text that is only partly a duration is not one."""
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1m", 60.0), ("", 7.0), (None, 7.0), (90, 7.0), ("soon", 7.0), ("87600000h", 315360000.0)],
)
def test_a_field_without_a_duration_has_the_default(value: object, expected: float) -> None:
    """A field may hold anything; a duration of more than ten years is cut to ten years."""
    assert seconds(value, 7.0) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [(0.5, "0.5s"), (45, "45s"), (60, "1m"), (90, "90s"), (600, "10m"), (3600, "1h"),
     (5400, "90m"), (86400, "24h")],
)  # fmt: skip
def test_an_interval_is_formatted_in_its_largest_whole_unit(length: float, expected: str) -> None:
    """The duration of a spec is exact, so it has no remainder."""
    assert duration(length) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(seconds=-5), "0s"), (timedelta(seconds=119), "119s"),
        (timedelta(minutes=2), "2m"), (timedelta(minutes=119), "119m"), (timedelta(hours=2), "2h"),
        (timedelta(hours=47), "47h"), (timedelta(minutes=7015), "4d"),
    ],
)  # fmt: skip
def test_an_age_has_one_unit(length: timedelta, expected: str) -> None:
    """An age is rounded down to a unit of which there are at least two."""
    assert age(length) == expected
    assert ago(NOW - length, NOW) == expected


def test_an_unknown_age() -> None:
    """A time that is missing has an age that is not a number."""
    assert ago(None, NOW) == "some time"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(0.5, "30m"), (47, "47h"), (48, "2d"), (49, "2d1h"), (117, "4d21h"), (191, "7d23h"),
     (193, "8d"), (1000, "41d")],
)  # fmt: skip
def test_a_column_has_the_hours_of_a_few_days(hours: float, expected: str) -> None:
    """As kubectl prints ages: rows of the same day keep an order."""
    assert listed_age(NOW - timedelta(hours=hours), NOW) == expected


def test_an_unknown_time_has_no_age_in_a_column() -> None:
    """A cell without a time is empty."""
    assert listed_age(None, NOW) == ""

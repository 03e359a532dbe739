"""The conditions of an object as rows."""

import pytest

from fluxstatus.commands.conditions.rows import COLUMNS, WIDE, conditions_of, rows
from tests.builders import NO_ARTIFACT, NOW, Conditions, flux, kustomization, waiting_for

BROKEN = flux("Kustomization", "one", {"Reconciling": "True ProgressingWithRetry: retrying",
                                       "Ready": "False BuildFailed: no"}, generation=3)  # fmt: skip


def test_each_condition_is_a_row() -> None:
    """Each row has type, status, age, reason and message, in the order of the object."""
    assert rows(BROKEN, COLUMNS, NOW) == [
        ["Reconciling", "True", "10m", "ProgressingWithRetry", "retrying"],
        ["Ready", "False", "10m", "BuildFailed", "no"],
    ]


def test_wide_has_the_meaning_of_a_condition() -> None:
    """-o wide adds the observed and the current generation, and the meaning."""
    [_, ready] = (dict(zip(WIDE, row, strict=True)) for row in rows(BROKEN, WIDE, NOW))
    assert ready["OBSERVED"] == "1/3"
    assert ready["MEANING"] == "the last reconciliation failed"
    foreign = BROKEN | {"apiVersion": "apps/v1"}
    assert dict(zip(WIDE, rows(foreign, WIDE, NOW)[1], strict=True))["MEANING"] == ""


@pytest.mark.parametrize("conditions", [NO_ARTIFACT, waiting_for("db")])
def test_the_meaning_of_waiting_is_not_a_failure(conditions: Conditions) -> None:
    """An object that waits for its source or a dependency has not failed by itself."""
    [row] = rows(kustomization("web", "git", conditions), WIDE, NOW)
    meaning = dict(zip(WIDE, row, strict=True))["MEANING"]
    assert meaning == "the object is waiting for another Flux object"


def test_what_has_none_has_no_row() -> None:
    """An object without status, or with another form of it, has no conditions."""
    for status in ({}, {"conditions": None}, {"conditions": "x"}, {"conditions": ["x"]}):
        assert conditions_of({"status": status}) == []
    assert conditions_of({}) == []

"""Label selectors."""

from typing import Any

import pytest

from fluxstatus.base.labels import matches

LABELS = {"team": "a", "env": "prod"}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({}, True),
        (None, True),
        ({"matchLabels": {"team": "a"}}, True),
        ({"matchLabels": {"team": "a", "env": "dev"}}, False),
        ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "b"]}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["b"]}]}, False),
        ({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["b"]}]}, True),
        ({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["b"]}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "zone", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "team", "operator": "Odd"}]}, True),
        ({"matchLabels": "x", "matchExpressions": {"a": 1}}, True),
    ],
)
def test_a_selector_selects(selector: Any, selected: bool) -> None:
    """Every term has to match, as in Kubernetes; an unknown operator matches everything."""
    assert matches(selector, LABELS) is selected

"""The labels of an object, and label selectors in the spec of another (metav1.LabelSelector)."""

from collections.abc import Mapping
from typing import Any

from fluxstatus.base.fields import map_of, maps_of, text_of


def labels_in(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels of *item*, an object as JSON."""
    return map_of(map_of(item.get("metadata")).get("labels"))


def matches(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Return whether *selector* (matchLabels, matchExpressions) selects an object with *labels*.

    An empty selector selects everything, as in Kubernetes. So does an unknown operator, because
    an object must not be left out on a guess.
    """
    wanted = map_of(map_of(selector).get("matchLabels"))
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_fits(term, labels) for term in maps_of(map_of(selector).get("matchExpressions")))


def _fits(term: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, listed = text_of(term.get("key")), term.get("values")
    values = listed if isinstance(listed, list) else []
    operator = term.get("operator")
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    return operator != "DoesNotExist" or key not in labels

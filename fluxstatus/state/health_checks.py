"""The objects that a failed health check waited for, as its message names them."""

import re
from typing import NamedTuple

_BRACKETS = r"(?:timeout waiting for|stalled resources): \[([^\[\]]*)\]"
_IN_BRACKET = (
    r"\b(?P<kind>\w+)/(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.-]+) status: '(?P<status>\w*)'"
)


class HealthCheckTarget(NamedTuple):
    """An object that a failed health check waited for, and its kstatus."""

    kind: str
    namespace: str
    name: str
    status: str


def health_check_targets(message: str) -> list[HealthCheckTarget]:
    """Read the objects out of a health check's *message* (PKG ssa/manager_wait.go)."""
    return [
        HealthCheckTarget(m["kind"], m["namespace"] or "", m["name"], m["status"])
        for bracket in re.findall(_BRACKETS, message)
        for m in re.finditer(_IN_BRACKET, bracket)
    ]

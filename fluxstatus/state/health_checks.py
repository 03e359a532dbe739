"""The objects in the message of a failed health check."""

import re
from typing import NamedTuple

_BRACKETS = r"(?:timeout waiting for|stalled resources): \[([^\[\]]*)\]"
_IN_BRACKET = (
    r"\b(?P<kind>\w+)/(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.-]+) status: '(?P<status>\w*)'"
)


class HealthCheckTarget(NamedTuple):
    """An object that a failed health check waited for, with its kstatus."""

    kind: str
    namespace: str
    name: str
    status: str


def health_check_targets(message: str) -> list[HealthCheckTarget]:
    """Return the objects in the *message* of a health check (PKG ssa/manager_wait.go)."""
    return [
        HealthCheckTarget(m["kind"], m["namespace"] or "", m["name"], m["status"])
        for bracket in re.findall(_BRACKETS, message)
        for m in re.finditer(_IN_BRACKET, bracket)
    ]

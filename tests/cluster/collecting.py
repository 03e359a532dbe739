"""How the tests of the check read a cluster."""

from pathlib import Path

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.client import Access
from fluxstatus.model.evidence import Evidence, Why
from tests.fakes.api_server import (
    Illness,
)

PAGE = 500  # of what may be large


CONTROLLERS = "deployments.apps/controllers"


OPERATOR = "deployments.apps/operator"


def to(file: Path, *namespaces: str) -> Access:
    """Return the access to the cluster of a kubeconfig."""
    return Access((f"--kubeconfig={file}",), namespaces, deadline=Deadline(20))


def why(evidence: Evidence, query: str) -> Why | None:
    """Return why the answer to a query is incomplete, None if it is complete."""
    unread = evidence.answer(query).unread
    return unread.why if unread else None


def refuse(status: int) -> Illness:
    """Refuse."""
    return lambda request: request.refuse(status, "no")

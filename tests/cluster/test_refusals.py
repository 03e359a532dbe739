"""Refused requests, by the message of kubectl."""

import pytest

from fluxstatus.cluster.refusals import of_kubectl
from fluxstatus.model.evidence import Unread, Why

_NO = "Error from server (Forbidden): "
_VIEWER = 'User "viewer" cannot'


@pytest.mark.parametrize(
    ("message", "text", "permission"),
    [
        (f"{_NO}pods is forbidden", "this user is not allowed to read it", "get secrets"),
        (
            f'{_NO}pods "x" is forbidden: {_VIEWER} get resource "pods/log" in API group ""',
            'user "viewer" is not allowed to read it',
            "get pods/log",
        ),
        (
            f'error: {_VIEWER} list resource "buckets" in API group "source.toolkit.fluxcd.io" at',
            'user "viewer" is not allowed to read it',
            "list buckets.source.toolkit.fluxcd.io",
        ),
        (
            f'{_NO}users "x" is forbidden: {_VIEWER} impersonate resource "users" in API group ""',
            'user "viewer" is not allowed to impersonate users',
            "impersonate users",
        ),
    ],
)
def test_a_forbidden_request(message: str, text: str, permission: str) -> None:
    """The user and the permission are those of the message, if it names them."""
    unread = of_kubectl(Unread(Why.FAILED, message), "get secrets", "read it")
    assert unread == Unread(Why.FORBIDDEN, text, permission=permission)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ('Error from server (NotFound): secrets "x" not found', Why.ABSENT),
        (
            'Error from server (NotFound): gitrepositories.source.toolkit.fluxcd.io "x" not found',
            Why.ABSENT,
        ),
        ("kubectl did not finish within 1 s", Why.TIMEOUT),
        # The kubelet refuses the API server, not the user.
        ("Error from server: Forbidden (user=apiserver, verb=get, resource=nodes)", Why.TIMEOUT),
        # Admission refuses what RBAC allows.
        ('error: pods "x" is forbidden: no tunnel to production', Why.TIMEOUT),
    ],
)
def test_other_failures_are_no_missing_permission(message: str, why: Why) -> None:
    """Every other message is quoted, and the reason stays."""
    unread = of_kubectl(Unread(Why.TIMEOUT, message), "get secrets", "read it")
    assert unread == Unread(why, message)


@pytest.mark.parametrize("why", [Why.FAILED, Why.ABSENT])
def test_what_kubectl_says_has_no_credentials(why: Why) -> None:
    """A message is masked, whatever the reason is."""
    missing = ' (NotFound): pods "x" not found' if why is Why.ABSENT else ""
    said = Unread(Why.FAILED, f"https://me:hunter2-c0rrect@10.0.0.1 failed{missing}")
    assert of_kubectl(said, "get pods", "read it") == Unread(
        why, f"https://***@10.0.0.1 failed{missing}"
    )

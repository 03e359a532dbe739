"""The Lease that a controller holds, and whether it is still renewed."""

from datetime import timedelta

import pytest

from fluxstatus.model.evidence import LEASES, Object, Unread, Why
from fluxstatus.state.leases import Lease, holder_of, is_without_leases, lease_of, leases_of
from tests.builders import FORBIDDEN, HEALTHY, NOW, lease, minutes, pod_of, state

POD = pod_of(HEALTHY, "source-controller")


def held(*leases: Object) -> Lease | None:
    """Return the Lease of source-controller in a cluster with these *leases*."""
    one = state(*HEALTHY, *leases)
    component = next(c for c in one.components if c.name == "source-controller")
    return lease_of(component, leases_of(one), NOW)


@pytest.mark.parametrize(
    ("renewed", "length", "is_stale"),
    [
        (timedelta(seconds=3), 35, False),
        (timedelta(seconds=69), 35, False),  # twice the duration
        (timedelta(seconds=75), 35, True),
        (timedelta(seconds=75), 60, False),  # a longer duration gives more time
        (timedelta(seconds=75), 10, True),
        (minutes(9), 10**9, True),  # no duration of this length is believed
    ],
)
def test_a_lease_is_stale_if_it_is_not_renewed(
    renewed: timedelta, length: int, *, is_stale: bool
) -> None:
    """A Lease is stale after twice its duration, but not before 70 seconds."""
    found = held(lease(POD, renewed, length=length))
    assert found is not None
    assert found.is_stale(NOW) is is_stale


@pytest.mark.parametrize("leases", [(), (lease(""),), (lease("another-controller-5d4f-x"),)])
def test_a_controller_without_a_lease(leases: tuple[Object, ...]) -> None:
    """Neither a Lease without a holder nor that of another pod is the controller's."""
    assert held(*leases) is None


@pytest.mark.parametrize(
    ("identity", "host"),
    [("node-1_0b7c6f9e", "node-1"), ("a_b_0b7c6f9e", "a_b"), ("bare", "bare"), ("", ""), (7, "")],
)
def test_the_holder_is_a_host(identity: object, host: str) -> None:
    """The identity of a holder is its host name and a random id."""
    assert holder_of({"spec": {"holderIdentity": identity}}) == host


def test_pods_on_one_node_hold_the_same_leases() -> None:
    """Of several Leases with one holder all must be renewed; when it was acquired is unknown."""
    new, old = lease(POD, name="a"), lease(POD, minutes(5), name="b")
    found = held(new, lease(POD, timedelta(seconds=9), name="b"))
    assert found is not None
    assert (found.name, found.acquired) == ("b", None)
    assert held(new, old) is None


def test_only_an_old_snapshot_is_without_leases() -> None:
    """Leases that may not be read are not the same as Leases that were never requested."""
    not_requested = Unread(Why.NOT_REQUESTED, "not in this snapshot")
    assert is_without_leases(state(*HEALTHY, unread={LEASES: not_requested}))
    assert not is_without_leases(state(*HEALTHY, unread={LEASES: FORBIDDEN}))
    assert not is_without_leases(state(*HEALTHY))

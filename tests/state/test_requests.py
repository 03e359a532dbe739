"""Reconcile requests: which are pending, and which kinds record that they were handled."""

from typing import Any

import pytest

from fluxstatus.model.kinds import KINDS
from fluxstatus.state.requests import REQUESTED_AT, pending_request, request_command
from fluxstatus.state.resource import Resource
from tests.builders import NOW, flux
from tests.kubernetes import crds

ASKED = {REQUESTED_AT: "2026-01-01 00:00:00 +0000 UTC m=+0.1"}  # as a Receiver writes it


def _resource(kind: str, version: str = "", **more: Any) -> Resource:
    item = flux(kind, "one", annotations=ASKED, **more)
    item["apiVersion"] = version or item["apiVersion"]
    return Resource(KINDS[kind], item, NOW)


def test_a_request_is_pending_until_it_is_handled() -> None:
    """Any value counts, not only a time, and it is handled when the status has it."""
    assert pending_request(_resource("GitRepository")) == ASKED[REQUESTED_AT]
    handled = {"lastHandledReconcileAt": ASKED[REQUESTED_AT]}
    assert pending_request(_resource("GitRepository", status=handled)) == ""


@pytest.mark.parametrize("kind", ["ExternalArtifact", "Alert", "Provider"])
def test_kinds_that_record_no_request(kind: str) -> None:
    """Nothing is known about a request to a kind that does not record it."""
    assert pending_request(_resource(kind)) == ""


@pytest.mark.cluster
def test_the_crds_show_which_kinds_record_requests() -> None:
    """A request is pending just in the versions whose status has lastHandledReconcileAt."""
    for release in ("v2.6.4", crds.flux_versions()[-1]):
        for definition in crds.definitions(release):
            kind = crds.kind(definition)
            group = definition["spec"]["group"]
            for version in definition["spec"]["versions"] if kind in KINDS else ():
                schema = version["schema"]["openAPIV3Schema"]["properties"]
                records = "lastHandledReconcileAt" in schema.get("status", {}).get("properties", {})
                known = _resource(kind, f"{group}/{version['name']}")
                if version["storage"] and not KINDS[kind].static:
                    assert bool(pending_request(known)) is records, (release, kind, version["name"])


def test_the_command_of_a_request() -> None:
    """The command sets all annotations to the same time, and is marked as one that changes."""
    command = request_command(_resource("HelmRelease"), NOW, "reconcile.fluxcd.io/forceAt")
    assert command
    assert command.changes
    *_, first, second = command.argv
    assert first.partition("=")[2] == second.partition("=")[2]

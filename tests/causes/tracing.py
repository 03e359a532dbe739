"""The causes in a cluster, for the tests of each stage of tracing."""

from typing import Any

from fluxstatus.causes.trace import Cause, Causes
from fluxstatus.model.evidence import Object
from fluxstatus.model.ref import Ref
from tests.builders import (
    HEALTHY,
    analysis,
    flux,
    reference,
)


def causes(*objects: Object, **more: Any) -> Causes:
    """Return the causes in a cluster with a healthy Flux and *objects*."""
    return analysis(*HEALTHY, *objects, **more).causes


def blocks_of(found: Causes) -> dict[str, set[str]]:
    """Return the name of the object of each cause, and the names of the objects that it affects."""
    return {name(cause.ref): {name(ref) for ref in cause.blocks} for cause in found.all}


def name(ref: Ref) -> str:
    """Return the name of *ref*, with its namespace unless that is apps."""
    return ref.name if ref.namespace == "apps" else f"{ref.namespace}/{ref.name}"


def only_cause(found: Causes) -> Cause:
    """Return the only cause."""
    assert len(found.all) == 1, blocks_of(found)
    return found.all[0]


CHART = {"chart": {"spec": {"chart": "web", "sourceRef": reference("HelmRepository", "charts")}}}


def release(own: str, conditions: dict[str, str] | None = None, **more: Any) -> Object:
    """Return a HelmRelease with a chart template."""
    return flux("HelmRelease", own, conditions, spec=CHART,
                status={"helmChart": f"apps/apps-{own}"}, **more)  # fmt: skip


def chart_of(own: str, conditions: dict[str, str]) -> Object:
    """Return the HelmChart that helm-controller creates for a release."""
    labels = {"helm.toolkit.fluxcd.io/name": own, "helm.toolkit.fluxcd.io/namespace": "apps"}
    spec = {"sourceRef": reference("HelmRepository", "charts")}
    return flux("HelmChart", f"apps-{own}", conditions, labels=labels, spec=spec)

"""Helpers to test plans for upgrades."""

from typing import Any

from fluxstatus.checks.upgrade.plan import Plan, plan_of
from fluxstatus.knowledge.flux_minors import Minor
from fluxstatus.model.evidence import Object, Target
from fluxstatus.model.findings import Finding
from fluxstatus.state.state import State
from tests.builders import alter, definitions, evidence, flux_of

KUBERNETES = "v1.35.2"
"""A Kubernetes that Flux 2.8 to 2.10 support."""


def system(version: str, operator: str = "v0.59.0", **instance: Any) -> list[Object]:
    """Return a healthy Flux of *version*, its *operator*, and changes of the FluxInstance."""
    found = flux_of(version)
    image = f"ghcr.io/controlplaneio-fluxcd/flux-operator:{operator}"
    found = alter(
        found, "Deployment/flux-operator", {"spec.template.spec.containers.0.image": image}
    )
    minor = ".".join(version.removeprefix("v").split(".")[:2])
    wanted = {"spec.distribution.version": f"{minor}.x"}
    changes = {name.replace("__", "."): value for name, value in instance.items()}
    return alter(found, "FluxInstance/flux", wanted | changes)


def plan(
    *objects: Object,
    flux: str = "v2.8.8",
    to: Minor | None = None,
    kubernetes: str = KUBERNETES,
    installed: list[Object] | None = None,
    **more: Any,
) -> Plan:
    """Return the plan for a cluster with *objects*; *installed* is all of Flux itself."""
    base = system(flux) if installed is None else installed
    given = {
        one["metadata"]["name"] for one in objects if one["kind"] == "CustomResourceDefinition"
    }
    base = [*base, *(one for one in definitions() if one["metadata"]["name"] not in given)]
    target = Target("prod", "prod", "https://10.0.0.1:6443", "alice", kubernetes)
    all_of_it: dict[str, Any] = {"advice": True, "target": target, **more}
    return plan_of(State(evidence(*base, *objects, **all_of_it)), to)


def codes(found: Plan) -> dict[str, Finding]:
    """Return the findings of a plan by their codes; of several with one code, the last."""
    return {finding.code: finding for finding in found.findings}


def places(finding: Finding) -> list[str]:
    """Return what a finding lists, as "what: value"."""
    return [f"{path}: {value}" if value else path for path, value in finding.evidence]

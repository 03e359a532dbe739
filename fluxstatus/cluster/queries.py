"""What is asked for advice only, beyond what the check asks."""

from collections.abc import Mapping
from typing import NamedTuple


class Further(NamedTuple):
    """A list: a selector, whether it is only asked where Flux is, at most so many pages."""

    selector: str = ""
    in_flux_namespaces: bool = False
    pages: int = 4


FURTHER: Mapping[str, Further] = {
    "networkpolicies.networking.k8s.io": Further(in_flux_namespaces=True),
    "ingresses.networking.k8s.io": Further(
        in_flux_namespaces=True
    ),  # one leads to its own namespace only
    "httproutes.gateway.networking.k8s.io": Further(),
    # Without their schemas they would be smaller, but that leaves out the stored versions, too.
    "customresourcedefinitions.apiextensions.k8s.io": Further(
        "labelSelector=app.kubernetes.io/part-of=flux"
    ),
    "podmonitors.monitoring.coreos.com": Further(),
    "servicemonitors.monitoring.coreos.com": Further(),
    "prometheusrules.monitoring.coreos.com": Further(),
}
"""By plural.group, which is the name of the answer, too; what is not served is not asked for."""

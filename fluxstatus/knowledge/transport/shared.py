"""The code, kinds and step that several modules about connections use."""

from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import ALL_KINDS, KindNames

HOST_REDIRECTS = Code(
    "host-redirects",
    "The host redirects the request, and the redirect fails or Flux does not follow it.",
)

FETCHES: KindNames = ALL_KINDS - {"Kustomization", "HelmRelease", "ResourceSet", "Alert"}
"""Kinds whose messages are about external hosts, not about the API server and webhooks."""

POLICIES = "kubectl get networkpolicies -n {flux_namespace}"
FROM_THE_POD = Step(
    "check outbound connections from the cluster (DNS, NetworkPolicies, firewalls and proxies); Flux recovers automatically once {host} responds",
    read=(POLICIES,),
)

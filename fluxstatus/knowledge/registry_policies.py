"""OCI registries that reject a pull with valid credentials: policies, network rules, shutdowns.

Upstream: the responses of Harbor, Artifactory, Nexus and the registries of clouds.
"""

from fluxstatus.knowledge.commands import ENDPOINT, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_PULLS: KindNames = frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"})

RULES = (
    Rule(
        Code(
            "registry-policy-blocks",
            "A policy of the registry blocks the pull of the artifact.",
        ),
        why="a policy of the registry {host} blocks the pull: {detail}",
        steps=(
            Step(
                "comply with the policy (fix the vulnerabilities, sign the artifact, or add an exception such as an entry in the CVE allowlist), or use another version; the credentials are not the cause",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>PROJECTPOLICYVIOLATION[^\n]{0,200}|download blocking policy[^\n]{0,120}|"
            r"cannot be pulled due to configured policy[^\n]{0,120}|"
            r"image is not signed (?:in|by) [^\n]{1,40}|"
            r"quarantined[^\n]{0,80}(?:Firewall|policy)[^\n]{0,60})"
        ),
        kinds=_PULLS,
        reach=Reach.WHOLE,
        upstream="Harbor, Artifactory, Nexus: responses of the registries",
    ),
    Rule(
        Code(
            "registry-address-blocked",
            "The registry's firewall does not allow the cluster's IP address.",
        ),
        why="the network rules of the registry {host} do not allow the cluster's IP address: {detail}",
        steps=(
            Step(
                "allow the cluster's egress IP address in the registry's firewall, or use a private endpoint; the credentials are not the cause",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>client with IP '[^']*' is not allowed access|"
            r"prohibited by organization's policy[^\n]{0,120}|"
            r"IP (?:address )?\S+ is not (?:allowed|authorized)[^\n]{0,60})"
        ),
        kinds=_PULLS,
        reach=Reach.WHOLE,
        upstream="Azure Container Registry, Artifact Registry: responses of the registries",
    ),
    Rule(
        Code("registry-shut-down", "The registry was shut down by its provider."),
        why="Google has shut down Container Registry (gcr.io) and serves its images only from Artifact Registry",
        steps=(
            Step(
                "move the images to Artifact Registry (gcloud artifacts docker upgrade migrate). Then keep the gcr.io address, or use REGION-docker.pkg.dev in {address_field}",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"Container Registry is deprecated and shutting down"),
        kinds=_PULLS,
        reach=Reach.WHOLE,
        upstream="Google Container Registry: responses of the registry",
    ),
)

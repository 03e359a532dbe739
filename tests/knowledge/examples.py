r"""The written examples of messages of controllers, in the files of messages/.

An example is two lines: `KIND[+what its spec names] REASON -> CODE: word, word`, and the message
(`\n` is a newline). Each word must be in the diagnosis, not only in the message. A negative example
has `!CODE` in place of the code: the diagnosis of this message is another one.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.knowledge import diagnose, rule_for
from fluxstatus.knowledge.diagnosis import Diagnosis
from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.evidence import Evidence, Read
from fluxstatus.model.kinds import KINDS, RESOURCES
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State
from tests.builders import NOW, evidence, flux, flux_of, judged, stamp

AROUND = {
    "now": "2026-11-23T12:00:00Z",
    "flux_namespace": "flux-system",
    "controller": "kustomize-controller",
    "instance": "flux",
    "instance_resource": "fluxinstances.fluxcd.controlplane.io",
}
GIT_URL = "https://git.example.com/a.git"
SPECS: dict[str, dict[str, Any]] = {
    "backslash": {"path": "clusters\\staging"},
    "secret": {"secretRef": {"name": "auth"}},
    "passes": {"passCredentials": True},
    "ssh": {"url": "ssh://git@git.example.com/a.git", "secretRef": {"name": "auth"}},
    "verify": {"verify": {"secretRef": {"name": "keys"}}},
    "cert": {"certSecretRef": {"name": "ca"}},
    "sshAlone": {"url": "ssh://git@git.example.com/a.git"},
    "submodules": {"recurseSubmodules": True},
    "proxy": {"proxySecretRef": {"name": "p"}},
    "kubeConfig": {"kubeConfig": {"secretRef": {"name": "remote"}}},
    "kubeMap": {"kubeConfig": {"configMapRef": {"name": "remote-map"}}},
    "storage": {"storageNamespace": "helm-storage"},
    "target": {"targetNamespace": "elsewhere"},
    "createsNamespace": {"install": {"createNamespace": True}},
    "longName": {},
    "decryption": {"decryption": {"provider": "sops", "secretRef": {"name": "sops-age"}}},
    "kms": {"decryption": {"provider": "sops"}},
    "postRenderers": {"postRenderers": [{"kustomize": {"patches": []}}]},
    "github": {"provider": "github"},
    "aws": {"provider": "aws"},
    "azure": {"provider": "azure"},
    "gcp": {"provider": "gcp"},
    "oci": {"url": "oci://r.example.com/acme/app", "ref": {"tag": "6.1.9"}},
    "ecr": {"url": "oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/a"},
    "image": {"image": "ghcr.io/acme/app"},
    "policy": {"imageRepositoryRef": {"name": "web"}},
    "patches": {"kustomize": {"patches": [{"patch": "[]", "target": {"kind": "Deployment"}}]}},
    "checks": {"healthChecks": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "apii"}]},
    "readyExpr": {"dependsOn": [{"name": "dep", "readyExpr": "dep.status.nope == self.x"}]},
    "chartOnGitHub": {"url": "https://github.com/acme/charts"},
    "artifact": {"distribution": {"artifact": "oci://r.example.com/manifests:latest"}},
    "source": {"sourceRef": {"kind": "GitRepository", "name": "git", "namespace": "src"}},
    "revisions": {"chart": {"spec": {"chart": "web", "reconcileStrategy": "Revision"}}},
    "commit": {"ref": {"commit": "6ca1f0"}},
    "digested": {"ref": {"tag": "6.1.9@sha256:6ca1"}},
    "chart": {"chartRef": {"kind": "OCIRepository", "name": "chart"}},
    "sync": {},
    "azureDevOps": {"url": "https://dev.azure.com/acme/platform/_git/fleet"},
    "azureSsh": {"url": "ssh://git@ssh.dev.azure.com/acme/platform/fleet"},
    "github.com": {"url": "https://github.com/acme/fleet"},
    "codecommitSsh": {"url": "ssh://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet"},
    "ghcr": {"url": "oci://ghcr.io/acme/app"},
    "repeatsChart": {"url": "oci://r.example.com/acme/webb"},
    "gar": {"url": "oci://europe-docker.pkg.dev/p/charts"},
    "acr": {"url": "oci://acme.azurecr.io/charts"},
    "publicEcr": {"url": "oci://public.ecr.aws/acme/app"},
    "postBuild": {"postBuild": {"substitute": {"region": "eu"}}},
    "tiny": {"interval": "10ms"},
    "layer": {"layerSelector": {"operation": "copy"}},
    "account": {"serviceAccountName": "puller"},
    "namesDefault": {"serviceAccountName": "default"},
    "keyless": {"verify": {"provider": "cosign"}},
}
"""The fields of the spec for each word after the kind of an example."""

_SERVED = {
    resource: "v2" if kind.name == "HelmRelease" else "v1"
    for resource, kind in RESOURCES.items()
    if "image" not in kind.group
}
_READY = {"Ready": "True ReconciliationSucceeded: ok"}
STATES: dict[str, State] = {
    "sharedRelease": State(evidence(flux("HelmRelease", "apps/y", spec={"releaseName": "x"}))),
    "publicGit": State(evidence(flux("GitRepository", "src/git", _READY, spec={"url": GIT_URL}))),
    "flux210": State(evidence(*flux_of("v2.10.1"))),
    "flux29": State(evidence(*flux_of("v2.9.5"))),
    "readyNow": State(evidence(flux("HelmRelease", "apps/ready", _READY))),
    "ownedByOther": State(evidence(flux("HelmRelease", "apps/other-app", _READY))),
    "sameNameElsewhere": State(
        evidence(flux("HelmRelease", "other/x", _READY, spec={"releaseName": "x"}))
    ),
    "sparse": State(
        evidence(flux("GitRepository", "src/git", _READY, spec={"sparseCheckout": ["deploy"]}))
    ),
    "scanned": State(
        evidence(
            flux(
                "ImageRepository",
                "apps/web",
                _READY,
                status={"lastScanResult": {"scanTime": stamp(timedelta(minutes=1)), "tagCount": 3}},
            )
        )
    ),
    "noImages": State(Evidence(NOW, served=_SERVED)),
    "olderToo": State(
        Evidence(
            NOW,
            served=_SERVED,
            also_served={KINDS["HelmRelease"].resource: ("v2beta2",)},
        )
    ),
    "oldWriter": State(
        evidence(
            flux(
                "HelmRelease",
                "apps/old",
                _READY,
                managedFields=[
                    {
                        "manager": "flux-client-side-apply",
                        "apiVersion": "helm.toolkit.fluxcd.io/v2beta1",
                        "operation": "Apply",
                        "time": "2023-05-01T08:00:00Z",
                        "fieldsV1": {"f:spec": {"f:interval": {}}},
                    }
                ],
            )
        )
    ),
    "instanceNoImages": State(
        Evidence(
            NOW,
            answers={KINDS["FluxInstance"].resource: Read((flux("FluxInstance", "flux"),))},
            served=_SERVED,
        )
    ),
}
"""What else is known, for each word after the kind of an example; otherwise, nothing is."""

_HISTORY = {"history": [{"name": "x", "version": 5, "status": "deployed"}]}
STATUSES: dict[str, dict[str, Any]] = {
    "held": {"artifact": {"revision": "main@sha1:abc"}},
    "deployed": _HISTORY,
    "failedFirst": {"history": [{"name": "x", "version": 1, "status": "failed"}]},
}
"""The status for each word after the kind of an example."""

_SYNC = {"fluxcd.controlplane.io/name": "flux"}
_BASE: dict[str, dict[str, Any]] = {
    "GitRepository": {"url": GIT_URL},
    "ResourceSetInputProvider": {"url": GIT_URL},
    "HelmRepository": {"url": "https://charts.example.com/stable"},
    "Bucket": {"bucketName": "b", "endpoint": "minio.example.com"},
    "Kustomization": {"path": "./x"},
    "HelmChart": {"chart": "webb", "version": "1.x"},
    "FluxInstance": {"distribution": {"version": "3.x", "registry": "ghcr.io/fluxcd"}},
}


class Example(NamedTuple):
    """A message about an object, and the expected diagnosis."""

    subject: str
    reason: str
    message: str
    code: str
    words: tuple[str, ...]

    def resource(self) -> Resource:
        """Return the object that the message is about."""
        kind, *names = self.subject.split("+")
        spec = dict(_BASE.get(kind, {}))
        for name in names:
            spec |= SPECS.get(name, {})
        labels = _SYNC if "sync" in names else {}
        ready = {"Ready": f"False {self.reason}: {self.message}"}
        status = next((STATUSES[name] for name in names if name in STATUSES), {})
        called = "a" * 68 if "longName" in names else "x"
        item = flux(kind, f"apps/{called}", ready, spec=spec, status=status, labels=labels)
        if "v2beta1" in names:
            item["apiVersion"] = "helm.toolkit.fluxcd.io/v2beta1"
        return judged(item)

    def state(self) -> State | None:
        """Return what else is known, or None."""
        return next((STATES[name] for name in self.subject.split("+")[1:] if name in STATES), None)

    def diagnosis(self) -> Diagnosis:
        """Return the diagnosis of the message."""
        return diagnose(self.resource(), self.reason, self.message, AROUND, self.state())

    def rule(self) -> Rule:
        """Return the rule that matches the message."""
        subject = Subject(self.resource(), self.reason, self.message, AROUND, self.state())
        return rule_for(subject).rule


def examples() -> Iterator[Example]:
    """Yield all written examples."""
    for file in sorted((Path(__file__).parent / "messages").glob("*.txt")):
        lines = [line for line in file.read_text().splitlines() if line and line[0] != "#"]
        for who, message in zip(lines[::2], lines[1::2], strict=True):
            said_by, _, wanted = who.partition(" -> ")
            subject, _, reason = said_by.partition(" ")
            code, _, words = wanted.partition(": ")
            result = message.strip().replace("\\n", "\n").replace("\\t", "\t")
            yield Example(subject, reason, result, code, tuple(words.split(", ")) if words else ())


def sentences(diagnosis: Diagnosis) -> str:
    """Return the cause, hints and commands of *diagnosis* as one text."""
    lines = [diagnosis.why]
    for hint in diagnosis.hints:
        lines += [hint.text, *(" ".join(command.argv) for command in hint.commands)]
    return "\n".join(lines)

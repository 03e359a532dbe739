"""Runs the commands that the program prints, as a user would paste them, without changes."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kubernetes import build
from tests.live.program import environment

_PLACE = {"-n", "--namespace", "--context", "--kube-context"}
CHART = "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator"
_BREW = re.compile(
    r"brew (?:install|upgrade) "
    r"(?:kubectl|helm|openssh|(?:fluxcd/tap/)?flux|(?:controlplaneio-fluxcd/tap/)?flux-operator(?:-mcp)?)"
)
"""Homebrew is not built for the tests, for it would fetch from elsewhere: the words that it takes.

Upstream: controlplaneio-fluxcd/flux-operator, fluxcd/website and helm/helm-www, installation.
"""

_GROUP = "Available Commands:"
"""Text in the help of a command group, printed also for an unknown subcommand."""


_NO_NODE = re.compile(
    r"does not have a host assigned|\(NotFound\): pods \"worker-\d\" not found|timed out waiting"
)
"""What kubectl prints once it found the pod: no node runs here, so no pod has a log."""


_NOTHING = r"(?:secret|target|dependency|namespace|provider|operator|instance|controller)-missing$"
"""The codes of faults that are that an object does not exist."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A command as it was printed: its words, whether it changes anything, and by what."""

    argv: tuple[str, ...]
    changes: bool
    by: str

    @property
    def shape(self) -> tuple[str, ...]:
        """The command without the names in it: of those that only differ so one is enough."""
        words, after = [], ""
        for word in self.argv:
            if word.startswith("-"):
                words.append(word.partition("=")[0])
            elif after not in _PLACE and len(words) < 5:
                words.append(re.sub(r"\d+|/.*", "", word))
            after = word
        return (*words, str(self.changes))


def printed_in(document: Mapping[str, Any], by: str) -> Iterator[Printed]:
    """Yield the commands in a JSON *document* of the program, wherever they stand."""
    if "argv" in document:
        yield Printed(tuple(document["argv"]), document["changes"], by)
    for value in document.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from printed_in(one, str(document.get("code") or by))


def of_each_shape(commands: Iterable[Printed], each: int = 2) -> list[Printed]:
    """Return *each* of every shape in *commands*; of our own, that take longest, one."""
    found: dict[tuple[str, ...], dict[tuple[str, ...], Printed]] = {}
    for command in commands:
        found.setdefault(command.shape, {}).setdefault(command.argv, command)
    some = (list(same.values()) for same in found.values())
    return [one for same in some for one in same[: 1 if "flux-status" in same[0].argv else each]]


_PODS: dict[str, Any] = {
    "metadata": {"labels": {"app": "x"}},
    "spec": {"containers": [{"name": "x", "image": "x"}]},
}
_SELECTS = {"selector": {"matchLabels": {"app": "x"}}}
_SELECTING = {**_SELECTS, "template": _PODS}
_JOB = {"template": {**_PODS, "spec": {**_PODS["spec"], "restartPolicy": "Never"}}}
_PGP = "".join(f"-----{at} PGP PRIVATE KEY BLOCK-----\n" for at in ("BEGIN", "END"))
_ANY = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nodes"]}
_RBAC, _ADMISSION = "rbac.authorization.k8s.io/v1", "admissionregistration.k8s.io/v1"
_CRD = {"spec": {
    "group": "example.com", "scope": "Namespaced", "names": {"plural": "x", "kind": "X"},
    "versions": [{"name": "v1", "served": True, "storage": True, "schema": {
        "openAPIV3Schema": {"type": "object"}}}]}}  # fmt: skip
"""The content of the CRD x.example.com."""
_SPECS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "secret": ("v1", "Secret", {}),
    "configmap": ("v1", "ConfigMap", {}),
    "pod": ("v1", "Pod", {"spec": _PODS["spec"]}),
    "service": ("v1", "Service", {"spec": {"ports": [{"port": 80}]}}),
    "poddisruptionbudget": ("policy/v1", "PodDisruptionBudget", {"spec": {
        "minAvailable": 1, **_SELECTS}}),
    "serviceaccount": ("v1", "ServiceAccount", {}),
    "deployment": ("apps/v1", "Deployment", {"spec": _SELECTING}),
    "statefulset": ("apps/v1", "StatefulSet", {"spec": {**_SELECTING, "serviceName": "x"}}),
    "daemonset": ("apps/v1", "DaemonSet", {"spec": _SELECTING}),
    "job": ("batch/v1", "Job", {"spec": _JOB}),
    "lease": ("coordination.k8s.io/v1", "Lease", {"spec": {}}),
    "persistentvolumeclaim": ("v1", "PersistentVolumeClaim", {"spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
    "role": (_RBAC, "Role", {}),
    "ingress": ("networking.k8s.io/v1", "Ingress", {"spec": {
        "defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}}}),
    "rolebinding": (_RBAC, "RoleBinding", {"roleRef": {
        "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}}),
    "namespace": ("v1", "Namespace", {}),
    "validatingadmissionpolicy": (_ADMISSION, "ValidatingAdmissionPolicy", {"spec": {
        "matchConstraints": {"resourceRules": [_ANY]}, "validations": [{"expression": "true"}]}}),
    "validatingadmissionpolicybinding": (_ADMISSION, "ValidatingAdmissionPolicyBinding", {
        "spec": {"policyName": "x", "validationActions": ["Deny"]}}),
    "persistentvolume": ("v1", "PersistentVolume", {"spec": {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": "/data"}}}),
    "node": ("v1", "Node", {}),
    "storageclass": ("storage.k8s.io/v1", "StorageClass", {"provisioner": "example.com/x"}),
    "clusterrole": (_RBAC, "ClusterRole", {"rules": []}),
    "customresourcedefinition": ("apiextensions.k8s.io/v1", "CustomResourceDefinition", _CRD),
    "helmrelease": ("helm.toolkit.fluxcd.io/v2", "HelmRelease", {"spec": {
        "interval": "1h", "chartRef": {"kind": "OCIRepository", "name": "x"}}}),
}  # fmt: skip
_ON_THEIR_OWN = (
    "Namespace", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    "PersistentVolume", "Node", "StorageClass", "ClusterRole", "CustomResourceDefinition",
)  # fmt: skip


_ABOUT_ONE = (["get"], ["describe"], ["logs"], ["delete"])


def is_about_nothing(command: Printed) -> bool:
    """Whether the fault is that something does not exist; a key is missing in what does."""
    return re.search(_NOTHING, command.by) is not None


def spoken_of(commands: Iterable[Printed]) -> list[dict[str, Any]]:
    """Return what *commands* get or describe by name, and a recording does not have.

    A command about what is missing gets nothing: it must not name it.
    """
    made = {}
    for command in commands:
        words = _positional(command.argv)
        names_one = words[1:2] in _ABOUT_ONE and len(words) > 2  # logs -l names none
        if is_about_nothing(command) or not names_one:
            continue
        kind, slash, name = words[2].rpartition("/")
        if not slash:
            kind, name = ("pod", words[2]) if words[1] == "logs" else (words[2], words[-1])
        version, called, content = _SPECS.get(_singular(kind.lower()), ("", "", {}))
        if called == "CustomResourceDefinition" and name != "x.example.com":
            continue
        if called and (slash or len(words) == 4 or words[1] == "logs"):
            place = command.argv[command.argv.index("-n") + 1] if "-n" in command.argv else ""
            metadata = {"name": name} | ({} if called in _ON_THEIR_OWN else {"namespace": place})
            made[called, place, name] = {
                "apiVersion": version, "kind": called, "metadata": metadata, **content,
            }  # fmt: skip
    return list(made.values())


def _singular(kind: str) -> str:
    plain = kind.partition(".")[0]
    if plain.endswith("ss"):
        return plain
    return f"{plain[:-3]}y" if plain.endswith("ies") else plain.removesuffix("s")


def _positional(argv: tuple[str, ...]) -> list[str]:
    after = ("", *argv)
    return [
        word for word, before in zip(argv, after, strict=False)
        if not word.startswith("-") and before not in {*_PLACE, "-o", "-p", "-l"}
    ]  # fmt: skip


_CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "of-a-chart"}}


def files(folder: Path) -> Path:
    """Write the files that printed commands name to *folder*."""
    from tests.lookup.credentials.test_certificates import P256, RSA, certificate, pem  # noqa: PLC0415

    instance = {
        "apiVersion": "fluxcd.controlplane.io/v1",
        "kind": "FluxInstance",
        "metadata": {"name": "flux", "namespace": "flux-system"},
        "spec": {"distribution": {"version": "2.x", "registry": "ghcr.io/fluxcd"}},
    }
    for name, text in {
        "identity": pem(P256),
        "known_hosts": "git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJzPDkzEyM8=\n",
        "ca.crt": certificate(P256),
        "tls.crt": certificate(P256),
        "tls.key": pem(P256),
        "private-key.pem": pem(RSA),
        "private.asc": _PGP,
        "age.agekey": "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQS3ZZZZ\n",
        "accesskey": "a", "secretkey": "b", "kubeconfig": "{}", "token": "t",
        "flux-instance.yaml": json.dumps(instance),
    }.items():  # fmt: skip
        (folder / name).write_text(text)
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: flux-operator\nversion: 0.1.0\n")
    (chart / "templates" / "x.yaml").write_text(json.dumps(_CONFIG))
    return folder


def run(command: Printed, folder: Path) -> str:
    """Run *command* in *folder*; give what is wrong with it, nothing if it works."""
    if command.argv[0] == "brew":
        return "" if _BREW.fullmatch(" ".join(command.argv)) else f"unknown: {command.argv}"
    argv = _harmless(command)
    for name in re.findall(r"(?:^|[= ])\./([\w.-]+)", " ".join(argv)):
        if not (folder / name).is_dir():
            (folder / name).touch()  # else it is one of files()
    env = environment()
    env |= {"PATH": f"{folder}{os.pathsep}{env['PATH']}", "HOME": str(folder)}
    if argv[0] in _NOT_ON_PATH:
        argv[0] = f"{build.programs(argv[0])[argv[0]]}"
    done = subprocess.run(
        argv, capture_output=True, text=True, env=env, cwd=folder, input="secret",
        check=False,
    )  # fmt: skip
    known = "--help" not in argv or _GROUP not in done.stdout
    if done.returncode in _well(command.argv, done) and known:
        return ""
    if _IMPOSSIBLE_HERE.search(done.stderr):
        return ""
    return f"{' '.join(argv)} [{command.by}]: {done.returncode} {done.stderr or done.stdout}"


_IMPOSSIBLE_HERE = re.compile(
    # a placeholder that no CRD can be named; the server understood the command
    r"^Error from server \(NotFound\): customresourcedefinitions[\w.]* \"x\" not found\s*$"
    # the operator is not a release of Helm in this cluster, and the chart is one of ours
    r"|UPGRADE FAILED: \"flux-operator\" has no deployed releases\s*$"
    # only a Deployment that is paused can be resumed
    r"|^error: deployments\.apps \"[\w-]+\" is not paused\s*$"
)
"""Errors about what cannot be had here; the command itself is right."""

_NOT_ON_PATH = ("flux", "helm")
"""Programs that only these tests have: what is on PATH the product would find, too."""


def _harmless(command: Printed) -> list[str]:
    """Return *command* as one that changes nothing and only checks whether it could run.

    A program without a dry run gets --help appended, which still rejects unknown flags.
    """
    argv, program = list(command.argv), command.argv[0]
    if command.argv[1:4] == ("flux-status", "mcp", "setup"):
        return [*argv, "--print", "--client=cursor"]  # needs a client, which users have
    if "logs" in argv and program == "kubectl":
        return [*argv, "--pod-running-timeout=1s"]  # no pod runs here, and it waits for one
    if not command.changes or "rollout" in argv:
        return argv
    if program == "helm":  # a chart of ours stands for the one in the registry
        return [*("./chart" if word == CHART else word for word in argv), "--dry-run=server"]
    if program == "flux-operator" and "create" in argv:
        return [*argv, "--export"]
    takes_dry_run = program == "kubectl" and "-i" not in argv  # who attaches cannot pretend to
    end = argv.index("--") if "--" in argv else len(argv)
    return [*argv[:end], "--dry-run=server" if takes_dry_run else "--help", *argv[end:]]


def _well(argv: tuple[str, ...], done: subprocess.CompletedProcess[str]) -> set[int]:
    """Return the exit codes that mean the command ran, whatever its result."""
    if "flux-status" in argv:
        return {0, 1, 3}
    if "can-i" in argv and done.stdout.strip() == "no":
        return {0, 1}
    if "logs" in argv and _NO_NODE.search(done.stderr):
        return {0, 1}
    return {0}

"""Every command that the program prints works when pasted, and changes nothing here."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.advice import ADVICE
from fluxstatus.advice.advice import Advice
from fluxstatus.commands.preflight import manifest
from fluxstatus.commands.preflight.tools import NAMES
from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.tables import RULES
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Target
from fluxstatus.model.hints import Command, command
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.kubectl_flags import REMOTE, TargetFlags
from tests.builders import SERVED, without
from tests.commands.preflight.test_report import OPERATOR
from tests.commands.preflight.test_report import report as preflight
from tests.fakes.programs import program
from tests.knowledge.examples import examples
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import condition, make
from tests.live.commands import (
    CHART,
    Printed,
    files,
    is_about_nothing,
    of_each_shape,
    printed_in,
    run,
    spoken_of,
)
from tests.live.program import flux_status
from tests.live.replay import objects
from tests.live.test_check import HEALTHY, WHOLE, ZOO, put

pytestmark = pytest.mark.cluster


@pytest.fixture(name="pasting")
def _pasting(tmp_path: Path) -> Path:
    """Return a folder with the files that commands name, and a PATH on which kubectl finds us."""
    import sys  # noqa: PLC0415

    program(tmp_path / "kubectl-flux_status", f'exec {sys.executable} -m fluxstatus "$@"')
    return files(tmp_path)


def printed(cluster: Cluster) -> list[Printed]:
    """Return every command of the check on *cluster*, and of the explanation of what it names.

    The word for the context of a remote cluster is left out, so that *cluster* stands for that.
    """
    kubeconfig = cluster.kubeconfig("admin")
    result = flux_status(kubeconfig, "--all", "-o", "json")
    return [
        replace(one, argv=tuple(word for word in one.argv if word != REMOTE))
        for one in printed_in(result.report, "next")
    ]


_AT_ONCE = 6
_MADE_UP = {
    "widget", "database", "certificate", "server", "sealedsecret", "targetgroupbinding",
    "clusterpolicies.kyverno.io", "clusterpolicies.kyverno.io,policies.kyverno.io", "constraints",
    "--resource=certificates.cert-manager.io", "--resource=pods.x", "v1beta1.metrics.k8s.io",
    "certificaterequests,orders.acme.cert-manager.io,challenges.acme.cert-manager.io",
    "cephblockpool", "cluster", "clusterissuer", "clusterpolicy", "constrainttemplate",
    "constrainttemplates",
    "externalsecret", "garagebucket", "gateway", "gatewayclasses", "ipaddresspool",
    "postgrescluster", "prometheusrule", "route", "scaledobject",
    "secretstores,clustersecretstores", "setting", "vaultstaticsecret", "virtualservice",
}  # fmt: skip
"""Kinds that only an example has, and no cluster serves."""


def wrong(cluster: Cluster, commands: list[Printed], folder: Path) -> str:
    """Run one or two of each shape of *commands*; give what went wrong.

    Those about what is missing go first: then it is made, with all else that is spoken of.
    """
    some = [
        one for one in of_each_shape(commands) if not _MADE_UP & {word.lower() for word in one.argv}
    ]
    missing = [one for one in some if is_about_nothing(one)]
    make_up(cluster, places_of(some))
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # most of the time they wait for the API server
        failed = [*pool.map(run, missing, repeat(folder))]
        make_up(cluster, spoken_of(some))
        failed += pool.map(run, (one for one in some if one not in missing), repeat(folder))
    return "\n".join(filter(None, failed))


def places_of(commands: list[Printed]) -> list[dict[str, Any]]:
    """Return the namespaces that *commands* name."""
    argvs = [one.argv for one in commands if "-n" in one.argv]
    return [_namespace(name) for name in {argv[argv.index("-n") + 1] for argv in argvs}]


def make_up(cluster: Cluster, objects: list[dict[str, Any]]) -> None:
    """Put those of *objects* into *cluster* that are not there; Pods could not be admitted here."""
    kinds = ",".join({one["kind"].lower() for one in objects} | {"pod"})
    there = json.loads(cluster.kubectl("get", kinds, "--all-namespaces", "--output=json"))
    known = set(map(_key, there["items"]))
    missing = [one for one in objects if _key(one) not in known]
    cluster.put(one for one in missing if one["kind"] == "Pod")
    if others := [one for one in missing if one["kind"] != "Pod"]:
        cluster.apply(others)


def _key(thing: dict[str, Any]) -> tuple[str, str, str]:
    return thing["kind"], thing["metadata"].get("namespace", ""), thing["metadata"]["name"]


RECORDED = [file for file in (*WHOLE, ZOO) if "empty" not in file.name]


@pytest.mark.long
@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.name)
def test_what_a_recorded_cluster_prints(cluster: Cluster, pasting: Path, file: Path) -> None:
    """All that is printed about a recorded cluster runs on it."""
    put(cluster, file)
    commands = printed(cluster)
    assert commands or file == HEALTHY
    failed = wrong(cluster, commands, pasting)
    assert not failed, failed


def test_what_an_empty_cluster_prints(bare_cluster: Cluster, pasting: Path) -> None:
    """So does what is printed where Flux is not installed."""
    commands = printed(bare_cluster)
    assert [one for one in commands if one.argv[0] == "helm"]
    failed = wrong(bare_cluster, commands, pasting)
    assert not failed, failed


def saying() -> Iterator[dict[str, Any]]:
    """Yield an object for each of the messages that the knowledge is tested with."""
    for number, example in enumerate(examples()):
        one = example.resource().object
        ready = [
            condition("Ready", each["status"], each["reason"], each["message"], datetime.now(UTC),
                      age=timedelta(minutes=10))
            for each in one["status"]["conditions"]
        ]  # fmt: skip
        kind = KINDS[one["kind"]]
        version = f"{kind.group}/{SERVED[kind.resource]}"  # an example may have an older one
        metadata = {**one["metadata"], "name": f"m{number}", "uid": f"m{number}"}
        if one["kind"] == "FluxInstance":
            metadata["namespace"] = "flux-system"
        status = {**one["status"], "conditions": ready}
        yield {**one, "apiVersion": version, "metadata": metadata, "status": status}


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


NAMESPACE = _namespace("apps")


@pytest.mark.long
def test_what_examples_print(cluster: Cluster, pasting: Path) -> None:
    """There is an object here for each message of the rules' examples."""
    cluster.put([*flux_system(datetime.now(UTC)), NAMESPACE, *saying()])
    failed = wrong(cluster, printed(cluster), pasting)
    assert not failed, failed


class Fields(dict[str, str]):
    """What a template may name: of things that are there, or are made up as soon as spoken of."""

    def __missing__(self, name: str) -> str:
        if name.endswith("ns"):
            return "apps"
        return "configmap" if re.search("kind|resource", name) else "x"


def filled(rule: Rule | Advice) -> Iterator[Printed]:
    """Yield every command of *rule*, about an object of a kind that it is for."""
    kind = min(rule.kinds if isinstance(rule, Rule) else (), default="GitRepository")
    fields = {
        "ns": "apps", "name": "x", "kind": kind, "resource": KINDS[kind].resource,
        "flux_namespace": "flux-system", "controller": "source-controller", "now": "1",
        "source_resource": KINDS["GitRepository"].resource, "source_ns": "apps",
        "source_name": "x", "target_resource": KINDS["GitRepository"].resource,
        "instance_resource": KINDS["FluxInstance"].resource, "instance": "flux",
        "workload_resource": "deployment", "workload_ns": "apps", "missing": "none-yet",
        "missing_kind": "Secret", "missing_ns": "apps", "owned_kind": "ConfigMap",
        "switch": "source.extensions.fluxcd.io/reconcile", "verb": "get", "what": "pods",
        "host": "git.example.com", "target_ns": "apps", "user": "somebody", "moves": "[]",
        "receiver_type": "github",
    }  # fmt: skip
    for step in rule.steps:
        for template in (*step.read, *step.change):
            own = {}
            if re.search(r"deployments? \{name\}|deployment/\{name\}", template):
                own = {"ns": "flux-system", "name": "source-controller"}
            if "{instance}" in template or "deployment/flux-operator" in template:
                own = {"ns": "flux-system"}
            changes = template in step.change
            made = command(template, Fields({**fields, **own}), changes=changes)
            assert made
            yield Printed(made.argv, changes, rule.code)


def called_x(item: dict[str, Any]) -> dict[str, Any]:
    """Return *item* as if it were x in the namespace apps."""
    return {**item, "metadata": {**item["metadata"], "name": "x", "namespace": "apps"}}


@pytest.mark.parametrize(
    "line",
    [
        "helm install flux-operator oci://ghcr.io/elsewhere/flux-operator --namespace flux-system",
        f"helm install flux-operator {CHART} --namespace flux-system --create-namespaces",
        f"helm instal flux-operator {CHART}",
        f"helm install flux-operator {CHART} --kube-context nowhere",
        "flux migrate --everything",
        "flux migrat",
        "flux reconcile sauce git x",
        "flux-operator create secret sshh x -n apps",
        "flux-operator reconcile resourze x",
        "kubectl delete secret none-yet -n apps",
        "brew install kubctl",
    ],
)
def test_what_would_not_work_is_noticed(cluster: Cluster, pasting: Path, line: str) -> None:
    """What is tried here is refused where a flag, a command or an address is not right."""
    cluster.put([NAMESPACE, _namespace("flux-system")])
    target_flags = TargetFlags("kfs-admin", (f"--kubeconfig={cluster.kubeconfig('admin')}",))
    argv = tuple(line.split())
    aimed = argv if "--kube-context" in argv else target_flags.command(Command(argv)).argv
    assert run(Printed(aimed, changes=True, by="a test"), pasting)


_OF_SSH = ("ssh-keygen", "sh")
"""What preflight has for making a key and asking a Git server for its own, which none is here."""


def test_what_preflight_prints(cluster: Cluster, pasting: Path) -> None:
    """Commands printed before an installation run, whatever is missing, and with the manifest."""
    cluster.put([NAMESPACE, _namespace("flux-system")])
    flags = (f"--kubeconfig={cluster.kubeconfig('admin')}",)
    target = Target("kfs-admin", kubernetes="v1.35.0", flags=flags)
    bare = without(flux_system(datetime.now(UTC)), "FluxInstance/flux")
    result = [
        *(preflight(served={}, gone=(name,), target=target) for name in NAMES),
        *(preflight(*found, target=target) for found in (bare, without(bare, OPERATOR))),
    ]
    hints = [hint for report in result for finding in report.findings for hint in finding.hints]
    target_flags = TargetFlags(target.context, flags)
    for url, private in (("ssh://git@git.example.com/a", False), ("https://x.example/a", True)):
        sync = manifest.sync_of(url, "", "", private=private)
        hints += [hint._replace(commands=tuple(map(target_flags.command, hint.commands)))
                  for hint in manifest.steps(sync)]  # fmt: skip
    commands = [Printed(command.argv, command.changes, "preflight")
                for hint in hints for command in hint.commands
                if command.argv[0] not in _OF_SSH]  # fmt: skip
    assert {one.argv[0] for one in commands} >= {"brew", "flux", "flux-operator", "helm", "kubectl"}
    failed = wrong(cluster, commands, pasting)
    assert not failed, failed


@pytest.mark.long
def test_what_every_rule_has_to_print(cluster: Cluster, pasting: Path) -> None:
    """Each command of each rule, and of advice, works, whether an example leads to it or not."""
    now = datetime.now(UTC)
    bare = [
        make(f"{kind.group}/{SERVED[kind.resource]}", kind.name, "x", now)
        for kind in KINDS.values()
    ]
    of_each_kind = {item["kind"]: item for item in (*bare, *objects(snapshot.load(ZOO)))}
    del of_each_kind["Deployment"]  # without the labels of its pods it cannot be changed
    cluster.put([*flux_system(now), NAMESPACE, *map(called_x, of_each_kind.values())])
    target_flags = TargetFlags("kfs-admin", (f"--kubeconfig={cluster.kubeconfig('admin')}",))
    known: list[Rule | Advice] = [*RULES, *STATES.values(), *ADVICE]
    commands = [
        replace(one, argv=target_flags.command(Command(one.argv)).argv)
        for rule in known
        for one in filled(rule)
    ]
    failed = wrong(cluster, commands, pasting)
    assert not failed, failed

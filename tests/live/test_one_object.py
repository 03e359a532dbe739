"""`credentials` and `reconcile` on a real API server: requests, output and commands to paste."""

import base64
import json
import os
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.causes.analysis import Analysis
from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import collect
from fluxstatus.cluster.queries import QUERIES
from fluxstatus.cluster.reader import reading
from fluxstatus.commands.options import Connection
from fluxstatus.commands.reconcile.advice import Assessment, advise
from fluxstatus.lookup.names import ObjectName
from fluxstatus.lookup.related import read_related
from fluxstatus.model.evidence import CONTROLLERS, OPERATORS
from fluxstatus.model.findings import Exit
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.references import needs_of
from fluxstatus.state.state import State
from tests.kubernetes.cluster import Cluster
from tests.live.program import environment, flux_status
from tests.live.test_check import BROKEN, ZOO, put
from tests.live.test_explain import CANARY, LOGIN, secrets

pytestmark = pytest.mark.cluster

_EVERY = 9  # objects of the recorded ones are too many to ask for each


def facts_of(advice: Assessment) -> tuple[object, ...]:
    """Return what does not depend on the moment at which it was asked."""
    return advice.ref, advice.status, advice.level, advice.reason.helps, advice.reason.text


def close_up(
    flags: Connection, kind: str, namespace: str, name: str
) -> tuple[Assessment, datetime]:
    """Return the advice on one object of which only what it needs was read, and when that was."""
    with reading(flags.access(Deadline(20))) as ours:
        assert ours.discover()
        beside = [(name, QUERIES[name]) for name in (CONTROLLERS, OPERATORS, "events")]
        beside += [ours.of_kind(KINDS["FluxInstance"])]
        state, resource = read_related(
            ours, ObjectName(KINDS[kind], name), (namespace,), needs_of,
            queries=beside, next_queries=lambda: ours.in_flux_namespaces("pods"),
        )  # fmt: skip
        return advise(Analysis(state), resource), state.now


@pytest.mark.parametrize("file", [BROKEN, ZOO], ids=lambda file: file.name)
def test_a_close_up_shows_what_the_whole_does(
    cluster: Cluster, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read alone with what it needs an object is judged as in the whole cluster, without its pods.

    `reconcile` does not read the pods of a workload: they change the words, and not the answer.
    """
    put(cluster, file)
    monkeypatch.setenv("PATH", environment()["PATH"])
    flags = Connection(kubeconfig=str(cluster.kubeconfig("admin")))
    whole = collect(Access(flags.flags()), lambda _: None)
    state = State(whole)
    analysis = Analysis(state)
    chosen = [r for r in state.resources.values() if not r.kind.static][::_EVERY]
    assert len(chosen) > 5
    differing = {}
    for resource in chosen:
        _, kind, namespace, name = resource.ref
        advice, at = close_up(flags, kind, namespace, name)
        alone, among = facts_of(advice), facts_of(advise(analysis, resource))
        if alone != among:  # on a busy machine, something may have become overdue meanwhile
            later = State(replace(whole, taken_at=at))
            among = facts_of(advise(Analysis(later), later.resources[resource.ref.key]))
        if alone != among:
            differing[resource.ref] = alone, among
    assert not differing


def test_few_requests(cluster: Cluster) -> None:
    """However many objects there are, a handful of requests is enough."""
    put(cluster, ZOO)
    cluster.forget_audit()
    result = flux_status(
        cluster.kubeconfig("admin"), "reconcile", "ks/team-03", "-n", "git-fanout-30"
    )
    assert result.code == Exit.UNHEALTHY
    assert "GitRepository git-fanout-30/monorepo" in " ".join(result.out.split())
    asked = cluster.audit("admin")
    assert len(asked) < 12
    assert {request.verb for request in asked} <= {"get", "list"}


def test_what_is_printed_works(cluster: Cluster) -> None:
    """Each command that asks for a reconciliation is taken by the real programs, as printed."""
    put(cluster, ZOO)
    kubeconfig = cluster.kubeconfig("admin")
    for words in (("ks/apps", "-n", "healthy-chain"), ("hr/web", "-n", "healthy-helm"),
                  ("instance/flux",)):  # fmt: skip
        result = flux_status(kubeconfig, "reconcile", *words, "-o", "json")
        commands = [c["argv"] for request in result.report["ways"] for c in request["commands"]]
        annotate = [argv for argv in commands if "annotate" in argv]
        assert annotate
        for argv in annotate:
            made = json.loads(_run(*argv, "--dry-run=server", "-o", "json"))
            stamp = made["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]
            assert stamp == argv[-1].partition("=")[2]
        for argv in (argv for argv in commands if argv[0] == "flux-operator"):
            _run(*argv, "--wait=false")
    found = cluster.get("/apis/fluxcd.controlplane.io/v1/namespaces/flux-system/fluxinstances/flux")
    assert found["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]


def _run(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 0, (argv, done.stderr)
    return done.stdout


def test_keys_and_never_values(cluster: Cluster) -> None:
    """The keys are those that kubectl gets, and no value is anywhere."""
    put(cluster, BROKEN)
    cluster.put(secrets(BROKEN))
    kubeconfig = cluster.kubeconfig("admin")
    documented = json.loads(
        cluster.kubectl("get", "secret", "ssh-key", "-n", LOGIN[2], "-o", "json")
    )
    text = flux_status(kubeconfig, "credentials", *LOGIN)
    result = flux_status(kubeconfig, "credentials", *LOGIN, "-o", "json")
    (one,) = result.report["credentials"]
    assert [key["name"] for key in one["keys"]] == sorted(documented["data"])
    assert (text.code, result.code) == (Exit.UNHEALTHY, Exit.UNHEALTHY)
    assert 'key "identity" is not a private key' in " ".join(text.out.split())
    encoded = base64.b64encode(CANARY.encode()).decode()[:16]
    assert CANARY in base64.b64decode(documented["data"]["identity"]).decode()
    for printed in (text.out, text.err, result.out, result.err):
        assert CANARY not in printed
        assert encoded not in printed


def test_credentials_of_the_source(cluster: Cluster) -> None:
    """An object that names no Secret shows those of its source."""
    put(cluster, ZOO)
    words = ("hc/chain-cross-kind-db", "-n", "chain-cross-kind", "-o", "json")
    result = flux_status(cluster.kubeconfig("admin"), "credentials", *words)
    assert [one["user"]["kind"] for one in result.report["credentials"]] == ["GitRepository"]
    assert result.report["credentials"][0]["troubles"] == ["it does not exist"]
    assert result.code == Exit.UNHEALTHY


def test_without_the_right(cluster: Cluster) -> None:
    """Without permission to read Secrets, the rule is reported and the exit code is 3."""
    put(cluster, BROKEN)
    cluster.put(secrets(BROKEN))
    result = flux_status(cluster.kubeconfig("viewer"), "credentials", *LOGIN)
    assert result.code == Exit.NO_VERDICT
    assert "missing permission: get secrets" in " ".join(result.out.split())


@pytest.mark.parametrize("command", ["reconcile", "credentials"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("kustomisation/app",), "did you mean kustomization?"),
        (("ks/team-003", "-n", "git-fanout-30"), "kustomization/team-03 -n git-fanout-30"),
        (("ks/monitoring",), "choose one"),
        (("gitrepo",), "GitRepository needs a name"),
        (("ks/team-03", "-n", "nowhere"), "kustomization/team-03 -n git-fanout-30"),
    ],
)
def test_mistakes(cluster: Cluster, command: str, words: tuple[str, ...], expected: str) -> None:
    """What is unknown is suggested, and what is not clear is asked back; both are wrong usage."""
    put(cluster, ZOO)
    found = flux_status(cluster.kubeconfig("admin"), command, *words)
    assert (found.code, found.out) == (Exit.USAGE, "")
    assert expected in found.err


def test_forbidden_is_not_absent(cluster: Cluster) -> None:
    """A 403 on an object is not reported as a missing object."""
    put(cluster, BROKEN)
    for command in ("reconcile", "credentials"):
        result = flux_status(cluster.kubeconfig("nobody"), command, "ks/flux-system")
        assert (result.code, result.out) == (Exit.NO_VERDICT, "")
        assert "not allowed to list kustomizations" in result.err


def test_where_only_one_namespace_may_be_read(cluster: Cluster) -> None:
    """With -n the object is found by who may look there alone."""
    objects: list[dict[str, Any]] = [
        {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
         "metadata": {"name": "app", "namespace": "team-a", "uid": "a"},
         "spec": {"url": "https://git.example.com/x", "interval": "1m", "suspend": True}},
    ]  # fmt: skip
    cluster.put(objects)
    kubeconfig = cluster.kubeconfig("namespaced")
    result = flux_status(kubeconfig, "reconcile", "gitrepo/app", "-n", "team-a", "-o", "json")
    assert result.report["helps"] == "no"
    assert os.environ["KUBECONFIG"] not in result.out

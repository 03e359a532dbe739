"""What the check reads from a real cluster, how often, and what may be missing."""

import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.collector import collect
from fluxstatus.cluster.queries import QUERIES
from fluxstatus.model.evidence import Evidence, Why
from fluxstatus.model.kinds import KINDS, RESOURCES
from tests.cluster.collecting import CONTROLLERS, OPERATOR, to, why
from tests.fakes.api_server import (
    KUSTOMIZATIONS,
)
from tests.kubernetes import load
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.flux_system import flux_system

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


MEGABYTES = 1 << 20


def sizes(evidence: Evidence) -> dict[str, int]:
    """Return the number of objects in each answer that has any."""
    return {name: len(answer.known) for name, answer in evidence.answers.items() if answer.known}


def test_all_of_flux_is_read(cluster: Cluster) -> None:
    """Every object is read, with its kind and version and without the fields to drop."""
    objects = [*flux_system(NOW), *load.fleet(400, NOW, blocked=10)]
    cluster.put(objects)
    evidence = collect(to(cluster.kubeconfig("admin")))
    put = Counter(KINDS[one["kind"]].resource for one in objects if one["kind"] in KINDS)
    beside = {CONTROLLERS: 5, OPERATOR: 1, "pods": 6, "services": 4}
    assert sizes(evidence) == {**put, **beside}
    assert not [name for name in evidence.answers if why(evidence, name)]
    assert evidence.served is not None
    assert evidence.served.keys() == RESOURCES.keys()
    assert evidence.unreachable is None
    for name, answer in evidence.answers.items():
        kind = RESOURCES.get(name)
        for item in answer.known:
            assert item["kind"] == (kind.name if kind else item["kind"])
            assert "/v" in f"/{item['apiVersion']}"
            assert "managedFields" not in item["metadata"]
    assert evidence.target.context == "kfs-admin"
    assert evidence.target.kubernetes.startswith("v1.")
    assert evidence.clock_skew is not None
    assert abs(evidence.clock_skew) < 2


def test_the_api_server_is_asked_little_and_only_to_read(cluster: Cluster) -> None:
    """One request for each kind, at most nine others; only get and list, and never a Secret."""
    cluster.put([*flux_system(NOW), *load.fleet(600, NOW, blocked=100)])
    cluster.forget_audit()
    evidence = collect(
        to(cluster.kubeconfig("admin")), workload_namespaces=lambda _: {"team-000", "team-001"}
    )
    requests = cluster.audit("admin")
    assert evidence.served
    assert len(requests) <= len(evidence.served) + 9
    assert len(requests) == evidence.cost.requests
    assert {request.verb for request in requests} == {"get", "list"}
    assert not [request.uri for request in requests if "secret" in request.uri]
    assert {request.code for request in requests} == {200}


PEAK = """
import pathlib, re, resource

def peak():
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # on Linux getrusage also counts what the parent was before exec
        return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""


def test_ten_thousand_objects_need_little_memory(cluster: Cluster) -> None:
    """They are read in few requests, and only the fields that are used are kept."""
    cluster.put(load.fleet(10_000, NOW))
    cluster.forget_audit()
    script = PEAK + (
        "import sys\n"
        "from fluxstatus.base.deadline import Deadline\n"
        "from fluxstatus.cluster.client import Access\n"
        "from fluxstatus.cluster.collector import collect\n"
        "evidence = collect(Access(flags=(sys.argv[1],), deadline=Deadline(300)))\n"
        "answers = evidence.answers.values()\n"
        "assert not any(one.unread for one in answers), [one.unread for one in answers]\n"
        "print(sum(len(answer.known) for answer in answers))\n"
        "print(peak())\n"
    )
    flag = f"--kubeconfig={cluster.kubeconfig('admin')}"
    result = subprocess.run(
        [sys.executable, "-c", script, flag], capture_output=True, text=True, check=False
    )
    assert not result.stderr, result.stderr
    count, peak = map(int, result.stdout.split())
    assert count == 10_000
    assert peak < 250 * MEGABYTES
    assert len(cluster.audit("admin")) <= len(RESOURCES) + 9


def test_what_is_not_installed_is_absent(bare_cluster: Cluster) -> None:
    """Without any CRD of Flux this is known for certain, and there is no Deployment either."""
    evidence = collect(to(bare_cluster.kubeconfig("admin")))
    assert evidence.served == {}
    assert {why(evidence, name) for name in RESOURCES} == {Why.ABSENT}
    assert not [name for name in QUERIES if why(evidence, name) or evidence.answer(name).known]


def test_the_version_that_is_served_is_asked_for(bare_cluster: Cluster) -> None:
    """No version is hard-coded: of an older Flux, the version that it serves is read."""
    bare_cluster.install_crds("v2.7.5", kinds=["GitRepository", "ImagePolicy"])
    evidence = collect(to(bare_cluster.kubeconfig("admin")))
    assert evidence.served == {
        "gitrepositories.source.toolkit.fluxcd.io": "v1",
        "imagepolicies.image.toolkit.fluxcd.io": "v1",
    }
    assert why(evidence, "imagepolicies.image.toolkit.fluxcd.io") is None
    assert why(evidence, "buckets.source.toolkit.fluxcd.io") is Why.ABSENT


def test_what_is_forbidden_names_the_missing_rule(cluster: Cluster) -> None:
    """A user without permissions learns which one each query needs; no answer is empty."""
    cluster.put(flux_system(NOW))
    evidence = collect(to(cluster.kubeconfig("nobody")))
    assert evidence.unreachable is None
    for name in (*RESOURCES, CONTROLLERS, OPERATOR, "events", "pods", "services"):
        answer = evidence.answer(name)
        assert answer.unread
        assert answer.unread.why is Why.FORBIDDEN
        assert answer.unread.text.startswith('user "nobody" is not allowed to list ')
    missing = {evidence.answer(name).unread.permission for name in RESOURCES}  # type: ignore[union-attr]
    assert missing == {f"list {name}" for name in RESOURCES}
    assert evidence.answer("events").unread.permission == "list events"  # type: ignore[union-attr]


def test_a_part_may_be_forbidden(cluster: Cluster) -> None:
    """With the usual role "view" everything is read that this role allows."""
    cluster.put(flux_system(NOW))
    evidence = collect(to(cluster.kubeconfig("viewer")))
    assert {name for name in evidence.answers if why(evidence, name)} == {
        "fluxinstances.fluxcd.controlplane.io",
        "fluxreports.fluxcd.controlplane.io",
        "leases.coordination.k8s.io",
    }


@pytest.mark.parametrize("chosen", [("team-a", "team-b"), ()], ids=["by -n", "by the context"])
def test_where_only_a_namespace_is_allowed_that_is_read(
    cluster: Cluster, chosen: tuple[str, ...]
) -> None:
    """The namespaces of -n are read, else that of the context; the answer is marked as a part."""
    fleet = load.fleet(60, NOW)
    cluster.put([{**o, "metadata": {**o["metadata"], "namespace": "team-a"}} for o in fleet[5:]])
    file = cluster.kubeconfig("namespaced", namespace=None if chosen else "team-a")
    evidence = collect(to(file, *chosen))
    answer = evidence.answer(KINDS["Kustomization"].resource)
    assert len(answer.known) > 10
    assert answer.namespaces == ("team-a",)
    assert answer.unread
    assert answer.unread.permission == f"list {KINDS['Kustomization'].resource}"
    assert "in all namespaces" in answer.unread.text
    assert evidence.answer("events").namespaces == ("team-a",)


def test_no_namespace_is_guessed(cluster: Cluster) -> None:
    """Without a namespace in the context, flux-system and default are not guessed."""
    file = cluster.kubeconfig("namespaced")
    collect(to(file))
    assert not [request.uri for request in cluster.audit("namespaced") if request.namespace]


def test_a_server_that_freezes_ends_the_run_in_time(cluster: Cluster) -> None:
    """The evidence reports a server that accepts connections and never responds."""
    access = replace(to(cluster.kubeconfig("viewer")), deadline=Deadline(3))
    cluster.pause()
    try:
        began = time.monotonic()
        evidence = collect(access)
        took = time.monotonic() - began
    finally:
        cluster.resume()
    assert took < 5 * 3  # one time-out, not one for each question
    assert evidence.unreachable
    assert evidence.unreachable.why is Why.TIMEOUT
    assert why(evidence, KUSTOMIZATIONS) is Why.TIMEOUT
    assert evidence.target.context == "kfs-viewer"

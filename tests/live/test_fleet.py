"""`fleet` on three real API servers: one forbids, one is listed twice, one hangs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model.findings import Exit
from tests.kubernetes import access
from tests.kubernetes.cluster import Cluster
from tests.live.program import Result, flux_status
from tests.live.test_check import BROKEN, HEALTHY, put

pytestmark = [pytest.mark.cluster, pytest.mark.long]


@pytest.fixture(scope="module", name="others")
def _others() -> Iterator[tuple[Cluster, Cluster]]:
    """Yield two more clusters, with all CRDs."""
    with Cluster() as second, Cluster() as third:
        for one in (second, third):
            one.install_crds()
        yield second, third


@pytest.fixture(name="three")
def _three(
    cluster: Cluster, others: tuple[Cluster, Cluster]
) -> Iterator[tuple[Cluster, Cluster, Cluster]]:
    """Yield three clusters: two are healthy, and a source of the first fails."""
    second, third = others
    put(cluster, BROKEN)
    for one in others:
        put(one, HEALTHY)
    yield cluster, second, third
    for one in others:
        one.resume()
        one.clear()


class Contexts:
    """A kubeconfig with contexts that a test adds."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._found: dict[str, list[Any]] = {"clusters": [], "users": [], "contexts": []}

    def add(self, name: str, cluster: Cluster, user: str = "admin", *, host: str = "") -> None:
        """Add the context *name* for *user*, by another *host* name if there is one."""
        found = json.loads(cluster.kubeconfig(user).read_text())["clusters"][0]["cluster"]
        if host:  # which is not in the certificate
            found = {"server": found["server"].replace("127.0.0.1", host)}
            found["insecure-skip-tls-verify"] = True
        self._found["clusters"].append({"name": name, "cluster": found})
        self._found["users"].append({"name": name, "user": {"token": access.token(user)}})
        self._found["contexts"].append({"name": name, "context": {"cluster": name, "user": name}})

    def fleet(self, *words: str) -> Result:
        """Run `fleet` on all contexts."""
        self.file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **self._found}))
        return flux_status(self.file, "fleet", "--all-contexts", *words)


@pytest.fixture(name="contexts")
def _contexts(tmp_path: Path) -> Contexts:
    return Contexts(tmp_path / "kubeconfig")


def verdicts(result: Result) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the verdict and the other names of each cluster."""
    return {one["name"]: (one["verdict"], tuple(one["also"])) for one in result.report["clusters"]}


def test_one_forbids_one_is_listed_twice_one_hangs(
    three: tuple[Cluster, Cluster, Cluster], contexts: Contexts
) -> None:
    """The failure is found once, with both names; what was not read is unknown; exit code 1."""
    failing, refusing, hanging = three
    contexts.add("failing", failing)
    contexts.add("failing-again", failing, host="localhost")
    contexts.add("refusing", refusing, "nobody")
    contexts.add("hanging", hanging)
    hanging.pause()
    result = contexts.fleet("-o", "json", "--timeout", "10s")
    assert verdicts(result) == {
        "failing": ("fail", ("failing-again",)),
        "hanging": ("unknown", ()),
        "refusing": ("unknown", ()),
    }
    assert result.code == Exit.UNHEALTHY
    text = contexts.fleet("--timeout", "10s").out
    assert "3 clusters · 1 fail · 2 unknown" in text
    assert "did not respond" in text


def test_clusters_that_differ_in_one_thing(
    three: tuple[Cluster, Cluster, Cluster], contexts: Contexts
) -> None:
    """Whoever may read all has the same verdicts as one check after another."""
    for name, cluster in zip(("one", "two", "three"), three, strict=True):
        contexts.add(name, cluster)
    result = contexts.fleet("-o", "json")
    assert {name: verdict for name, (verdict, _) in verdicts(result).items()} == {
        "one": "fail", "two": "pass", "three": "pass",
    }  # fmt: skip
    for name, cluster in zip(("one", "two", "three"), three, strict=True):
        alone = flux_status(cluster.kubeconfig("admin"), "-o", "json").report
        (ours,) = (one["report"] for one in result.report["clusters"] if one["name"] == name)
        assert [one["id"] for one in ours["findings"]] == [one["id"] for one in alone["findings"]]
        assert ours["summary"] == alone["summary"]
        assert ours["cost"]["requests"] == alone["cost"]["requests"] + 1, "the uid"


def test_it_only_gets_and_lists(
    three: tuple[Cluster, Cluster, Cluster], contexts: Contexts
) -> None:
    """No server is asked to change anything, or for a Secret."""
    for name, cluster in zip(("one", "two", "three"), three, strict=True):
        contexts.add(name, cluster)
        cluster.forget_audit()
    contexts.fleet()
    for cluster in three:
        requests = cluster.audit("admin")
        assert requests
        assert {one.verb for one in requests} <= {"get", "list"}
        assert not [one.uri for one in requests if "secrets" in one.uri]


def test_the_plans_of_an_upgrade(
    three: tuple[Cluster, Cluster, Cluster], contexts: Contexts
) -> None:
    """The plan of each is that of the command alone; one that forbids all is unknown."""
    first, second, refusing = three
    contexts.add("one", first)
    contexts.add("two", second)
    contexts.add("refusing", refusing, "nobody")
    result = contexts.fleet("--upgrade-to", "2.10", "-o", "json")
    found = {one["name"]: one for one in result.report["clusters"]}
    assert found["refusing"]["outcome"] == "unknown"
    for name, cluster in (("one", first), ("two", second)):
        words = ("upgrade", "plan", "--to", "2.10", "-o", "json")
        alone = flux_status(cluster.kubeconfig("admin"), *words).report
        assert found[name]["outcome"] == alone["outcome"]
        for part, listed in alone["findings"].items():
            ours = found[name]["plan"]["findings"][part]
            assert [one["id"] for one in ours] == [one["id"] for one in listed]
    assert result.code == (
        Exit.UNHEALTHY if "blocked" in {one["outcome"] for one in found.values()} else 3
    )

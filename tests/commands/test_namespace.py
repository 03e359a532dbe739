"""-n as users run it: what is requested, who may read only a namespace, and waiting for it."""

import json
from collections import Counter
from datetime import UTC, datetime
from subprocess import CompletedProcess
from typing import Any

import pytest

from fluxstatus.model.kinds import KINDS
from tests.conftest import Program
from tests.fakes.scripted import RESOURCES, Api, Asking, as_usual, forbidden
from tests.kubernetes.flux_objects import git_repository, kustomization
from tests.kubernetes.flux_system import flux_system

NOW = datetime.now(UTC)  # the program looks at the clock
WELL, BROKEN, UNKNOWN = 0, 1, 3
LISTED = [one for one in RESOURCES.values() if one.namespaced and one.kind != "Secret"]
GIT = git_repository("flux-system", "git", NOW, url="https://git.example.com/app.git")


def central(**spec: Any) -> Any:
    """Return a Kustomization in flux-system."""
    one = kustomization("flux-system", "apps", datetime.now(UTC), source=GIT, path="./")
    one["spec"] |= spec
    return one


@pytest.fixture(autouse=True)
def _healthy(api: Api) -> None:
    # The program looks at the clock, and a run of all tests may take an hour.
    api.put(*flux_system(datetime.now(UTC)), GIT)


def report(done: CompletedProcess[str]) -> Any:
    """Return the JSON document that was printed."""
    return json.loads(done.stdout)


def level_of(document: Any, code: str) -> list[str]:
    """Return the levels of the findings with this *code*."""
    return [one["level"] for one in document["findings"] if one["code"] == code]


def test_it_takes_the_same_requests(api: Api, flux_status: Program) -> None:
    """What applies into a namespace is in the lists that are read anyway."""
    api.put(central(targetNamespace="team"))
    flux_status("-o", "json")
    whole = Counter(api.asked())
    done = flux_status("-n", "team", "-o", "json")
    assert Counter(api.asked()) - whole == whole
    assert whole.total() <= len(KINDS) + 9
    document = report(done)
    assert document["verdict"] == "pass", done.stdout
    assert [one["name"] for one in document["scope"]["applying"]] == ["apps"]


@pytest.mark.parametrize(("failing", "code"), [(False, UNKNOWN), (True, BROKEN)])
def test_who_may_read_only_the_namespace(
    api: Api, flux_status: Program, code: int, *, failing: bool
) -> None:
    """All that is there is judged; what applies into it from elsewhere is one unknown."""
    source = git_repository("team", "git", NOW, url="https://git.example.com/team.git")
    failure = "authentication required" if failing else None
    broken = git_repository("team", "b", NOW, url="https://git.example.com/b", failure=failure)
    api.put(central(targetNamespace="team"), source, broken)
    api.put(kustomization("team", "app", NOW, source=source, path="./"))
    for one in LISTED:
        api[one.path] = api[one.inside("*")] = forbidden
        api[one.inside("team")] = as_usual
    done = flux_status("-n", "team", "-o", "json", "--all")
    document = report(done)
    assert done.returncode == code, done.stdout
    by_step = Counter(one["step"] for one in document["findings"] if one["level"] == "unknown")
    assert by_step == dict.fromkeys(["operator", "instance", "components", "reconcilers", "ui"], 1)
    [note] = [one for one in document["findings"]
              if one["step"] == "reconcilers" and one["level"] == "unknown"]  # fmt: skip
    assert note["title"].startswith("could not determine which objects in other namespaces")
    assert [one["object"]["name"] for one in document["findings"]
            if one["level"] == "fail"] == ["b"] * failing  # fmt: skip
    passed = [one["object"]["name"] for one in document["findings"]
              if one["level"] == "pass" and one["object"]]  # fmt: skip
    assert {"git", "app"} <= set(passed)


def test_a_namespace_with_nothing_is_waited_for(api: Api, flux_status: Program) -> None:
    """Without anything to judge it is exit code 3; --wait waits until something applies into it."""
    assert flux_status("-n", "team").returncode == UNKNOWN
    lists: list[str] = []

    def in_the_second_check(request: Asking) -> None:
        lists.append(request.asked.path)
        if len(lists) == 2:
            api.put(central(targetNamespace="team"))
        as_usual(request)

    api[RESOURCES["Kustomization"].path] = in_the_second_check
    done = flux_status("-n", "team", "--wait", "60s", "-o", "json")
    assert done.returncode == WELL, done.stdout
    assert "unknown reconcilers: nothing to check" in done.stderr
    assert level_of(report(done), "namespace-empty") == []

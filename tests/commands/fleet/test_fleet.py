"""`fleet` on the command line: several scripted API servers, and files."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import psutil
import pytest
from jsonschema import Draft202012Validator

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Exit
from tests.builders import HEALTHY, NOT_THERE, evidence, flux, kustomization, source
from tests.conftest import Program
from tests.fakes.scripted import Asking, as_usual, forbidden, stalled, status
from tests.fakes.servers import Servers, kube_system, serving
from tests.kubernetes.flux_objects import git_repository
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import make
from tests.terminal import Terminal

SCHEMA = json.loads(
    resources.files("fluxstatus.commands.fleet").joinpath("schema.json").read_text()
)
DOWN = "dial tcp: lookup git.acme.internal on 10.96.0.10:53: no such host"
FAILING = {"Ready": f"False GitOperationFailed: unable to list remote for 'x': {DOWN}"}


def healthy(uid: str, *more: Object) -> list[Object]:
    """Return the objects of a healthy cluster."""
    now = datetime.now(UTC)  # the program looks at the clock
    spaces = (make("v1", "Namespace", one, now) for one in ("apps", "flux-system"))
    return [*flux_system(now), *spaces, kube_system(uid), *more]


def failing(namespace: str = "apps") -> Object:
    """Return a GitRepository whose host does not resolve."""
    one = git_repository(
        namespace, "git", datetime.now(UTC), url="https://git.acme.internal/app.git"
    )
    condition = {
        "type": "Ready", "status": "False", "reason": "GitOperationFailed", "message":
        f"failed to checkout and determine revision: unable to list remote for "
        f"'https://git.acme.internal/app.git': Get \"https://git.acme.internal/app.git\": {DOWN}",
        "observedGeneration": one["metadata"].get("generation", 1),
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    one["status"] |= {"conditions": [condition]}
    return one


@pytest.fixture(name="three")
def _three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """Run three healthy clusters."""
    with serving(tmp_path, monkeypatch, "eu", "us", "ap") as servers:
        for name, api in servers.apis.items():
            api.put(*healthy(f"uid-{name}"))
        yield servers


def by_name(text: str) -> dict[str, Any]:
    """Return the clusters of a JSON document by name."""
    document = json.loads(text)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    return {one["name"]: one for one in document["clusters"]}


def test_all_contexts_are_checked(three: Servers, flux_status: Program) -> None:
    """Each has a row with its versions; all pass, and so does the fleet."""
    done = flux_status("fleet", "--all-contexts")
    assert (done.returncode, done.stderr) == (Exit.HEALTHY, "")
    rows = [line.split() for line in done.stdout.splitlines()[1:4]]
    assert [row[:3] for row in rows] == [["pass", one, "v1.37.2"] for one in ("ap", "eu", "us")]
    assert "3 clusters · 3 pass" in done.stdout
    assert all(len(api.asked("*/kube-system")) == 1 for api in three.apis.values())


def test_a_failure_comes_first_and_is_shared(three: Servers, flux_status: Program) -> None:
    """The same host fails in two clusters: one shared fault, with both names; exit code 1."""
    three["us"].put(failing())
    three["ap"].put(failing("other"))
    done = flux_status("fleet", "--all-contexts", "-o", "json")
    document = json.loads(done.stdout)
    assert done.returncode == Exit.UNHEALTHY
    assert {name: one["verdict"] for name, one in by_name(done.stdout).items()} == {
        "ap": "fail", "us": "fail", "eu": "pass",
    }  # fmt: skip
    (shared,) = document["shared"]
    assert (shared["host"], sorted(shared["clusters"])) == ("git.acme.internal", ["ap", "us"])
    assert document["clusters"][-1]["name"] == "eu"
    text = flux_status("fleet", "--all-contexts").stdout
    assert "git.acme.internal" in text.partition("Shared")[2]


def test_a_refused_cluster_is_unknown(three: Servers, flux_status: Program) -> None:
    """One that forbids everything, and one that has no login: never a pass, exit code 3."""
    for path in ("/apis/*", "/api/v1/*"):
        three["eu"][path] = forbidden
    three["us"]["*"] = status(401, "Unauthorized")
    done = flux_status("fleet", "--all-contexts", "-o", "json")
    found = by_name(done.stdout)
    assert done.returncode == Exit.NO_VERDICT
    assert {name: one["verdict"] for name, one in found.items()} == {
        "eu": "unknown", "us": "unknown", "ap": "pass",
    }  # fmt: skip


def test_one_that_hangs_costs_only_itself(three: Servers, flux_status: Program) -> None:
    """It is unknown after its own time limit, and named with the reason; the others pass."""
    three["eu"]["*"] = stalled
    done = flux_status("fleet", "--all-contexts", "--timeout", "3s")
    assert done.returncode == Exit.NO_VERDICT
    first, *others = done.stdout.splitlines()[1:4]
    assert first.split()[:2] == ["unknown", "eu"]
    assert "did not respond" in first
    assert [one.split()[0] for one in others] == ["pass", "pass"]


def test_a_table_takes_the_time_of_the_slowest(three: Servers, flux_status: Program) -> None:
    """All clusters are read side by side: here, each answers only once all have been asked."""
    meeting = threading.Barrier(len(three.apis))

    def answer_together(request: Asking) -> None:
        meeting.wait(60)
        as_usual(request)

    for api in three.apis.values():
        api["/apis"] = answer_together
    done = flux_status("fleet", "--all-contexts")
    assert (done.returncode, meeting.broken) == (Exit.HEALTHY, False)


def test_a_failure_counts_more_than_what_is_unknown(three: Servers, flux_status: Program) -> None:
    """Exit code 1 if one fails, although another one cannot be read."""
    three["eu"]["*"] = status(401, "Unauthorized")
    three["us"].put(failing())
    done = flux_status("fleet", "--all-contexts")
    assert done.returncode == Exit.UNHEALTHY
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:4]] == [
        ["fail", "us"], ["unknown", "eu"], ["pass", "ap"],
    ]  # fmt: skip


def test_two_contexts_of_a_server_are_one_cluster(three: Servers, flux_status: Program) -> None:
    """The server is asked once; the other name is shown, and counts for nothing."""
    three.also("eu-admin", "eu")
    done = flux_status("fleet", "--all-contexts", "-o", "json")
    found = by_name(done.stdout)
    assert sorted(found) == ["ap", "eu", "us"]
    assert found["eu"]["also"] == ["eu-admin"]
    assert not any("--context=eu-admin" in call for call in three.asked())


def test_another_context_is_tried_where_one_is_refused(
    three: Servers, flux_status: Program
) -> None:
    """The cluster counts by what the context sees that may read it."""
    three["us"]["*"] = status(401, "Unauthorized")
    (three.folder / "ports" / "admin").write_text(f"{three['eu'].port}")
    three.also("us-admin", "us")
    (three.folder / "ports" / "us-admin").write_text(f"{three['eu'].port}")
    found = by_name(flux_status("fleet", "--contexts", "us*", "-o", "json").stdout)
    assert [(name, one["verdict"], one["also"]) for name, one in found.items()] == [
        ("us-admin", "pass", ["us"])
    ]


def test_the_same_uid_is_the_same_cluster(three: Servers, flux_status: Program) -> None:
    """Two addresses of one cluster: the uid of kube-system tells, and the worst verdict counts."""
    three.also("eu-vpn", "eu", server="vpn")
    found = by_name(flux_status("fleet", "--all-contexts", "-o", "json").stdout)
    assert sorted(found) == ["ap", "eu", "us"]
    assert found["eu"]["also"] == ["eu-vpn"]


def test_without_the_uid_addresses_tell(three: Servers, flux_status: Program) -> None:
    """Where kube-system may not be read, nothing else changes."""
    for api in three.apis.values():
        api["/api/v1/namespaces/kube-system"] = forbidden
    done = flux_status("fleet", "--all-contexts", "-o", "json")
    assert done.returncode == Exit.HEALTHY
    assert {one["uid"] for one in by_name(done.stdout).values()} == {""}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--contexts", "e*"], ["eu"]),
        (["--contexts", "e*", "--contexts", "us"], ["eu", "us"]),
        (["--contexts", "!e*"], ["ap", "us"]),
        (["--all-contexts", "--contexts", "!us"], ["ap", "eu"]),
        (["--all-contexts", "--shard", "1/3"], ["eu"]),
    ],
)
def test_contexts_are_chosen(
    three: Servers, flux_status: Program, words: list[str], names: list[str]
) -> None:
    """By patterns, of which some leave out; a shard is a part of them."""
    assert three.apis
    done = flux_status("fleet", *words, "-o", "json")
    assert sorted(by_name(done.stdout)) == names


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "the contexts are eu, us and ap"),
        (["--contexts", "prod-*"], "no context matches 'prod-*'; the contexts are eu, us, ap"),
        (["--contexts", "!prod-*"], "no context matches 'prod-*'"),
        (["--contexts", "!*"], "no contexts to check"),
        (["--from", "none-*"], "no file matches --from 'none-*'"),
        (["--from", "x" * 300], f"--from '{'x' * 300}': File name too long"),
        (["--from", "ports"], "it is a directory: use 'ports/*'"),
        (["--kubeconfigs", "none-*"], "no file matches --kubeconfigs 'none-*'"),
        (["--all-contexts", "--contexts", "eu"], "mutually exclusive"),
        (["--all-contexts", "--from", "x"], "--from cannot be used with contexts"),
        (["--from", "x", "--save", "y"], "--save cannot be used with --from"),
        (["--all-contexts", "--save", "x.json"], "--save needs {context}"),
        (["--contexts", "eu", "--save", "-"], "--save needs {context}"),
        (["--all-contexts", "--save", "none/{context}.json"], "directory none does not exist"),
        (["--all-contexts", "--shard", "4/3"], "'4/3' is not a shard"),
        (["--all-contexts", "--fail-on", "new"], "'new' requires --since-snapshot"),
        (["--all-contexts", "--expect", "none.txt"], "none.txt could not be read"),
        (["--all-contexts", "--skip", "no-such-code"], "'no-such-code' is unknown"),
        (["--all-contexts", "--accept", "none.toml"], "none.toml: No such file"),
        (["eu"], "select files with --from or --kubeconfigs"),
    ],
)
def test_wrong_usage(three: Servers, flux_status: Program, words: list[str], text: str) -> None:
    """It is said before any cluster is read, with what there is; the exit code is 2."""
    done = flux_status("fleet", *words, cwd=three.folder)
    said = " ".join(done.stderr.split())
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert text.replace("eu, us and ap", "eu, us, ap") in said
    assert not any(api.requests for api in three.apis.values())


def test_a_file_for_each_cluster(three: Servers, flux_status: Program, tmp_path: Path) -> None:
    """Kubeconfigs with the same context name: the files' names tell them apart."""
    folder = tmp_path / "clusters"
    folder.mkdir()
    (three.folder / "ports" / "default").write_text(f"{three['eu'].port}")
    document = json.dumps(three.document()).replace('"eu"', '"default"')
    for name in ("one.yaml", "two.yaml"):
        (folder / name).write_text(document.replace("default.example", f"{name}.example"))
        text = document.replace("https://eu.", f"https://{name}.")
        (folder / name).write_text(text)
    (folder / "broken.yaml").write_text("{")
    done = flux_status("fleet", "--kubeconfigs", folder / "*", "-o", "json")
    found = by_name(done.stdout)
    assert done.returncode == Exit.NO_VERDICT
    assert found["broken.yaml"]["verdict"] == "unknown"
    assert len(found) == 2, "both lead to one server, by its uid"
    assert {*found["one.yaml"]["also"], "one.yaml"} == {"one.yaml", "two.yaml"}


def test_the_first_of_a_login_comes_alone(three: Servers, flux_status: Program) -> None:
    """No other cluster is read before the login that may ask is done; then all are."""
    program = {"command": "kubelogin", "args": ["get-token"], "interactiveMode": "IfAvailable"}
    three.login("us", {"exec": program})
    done = flux_status("fleet", "--all-contexts", "-o", "json")
    assert done.returncode == Exit.HEALTHY
    proxies = [call for call in three.asked() if call.startswith("proxy")]
    assert "--context=us" in proxies[0]
    assert len(proxies) == 3


def test_snapshots_are_saved_and_read(three: Servers, flux_status: Program, tmp_path: Path) -> None:
    """What --save writes is what --from reads, with the same verdicts and versions."""
    three["us"].put(failing())
    pattern = tmp_path / "{context}.json.gz"
    live = by_name(flux_status("fleet", "--all-contexts", "--save", pattern, "-o", "json").stdout)
    saved = by_name(flux_status("fleet", "--from", tmp_path / "*.gz", "-o", "json").stdout)
    assert {n: one["verdict"] for n, one in saved.items()} == {
        n: one["verdict"] for n, one in live.items()
    }
    assert saved["us"]["report"]["summary"] == live["us"]["report"]["summary"]


def test_two_snapshots_of_a_cluster_are_one(
    three: Servers, flux_status: Program, tmp_path: Path
) -> None:
    """The uid of kube-system tells, whoever saved them; without it each file is a cluster."""
    flux_status("fleet", "--contexts", "eu", "--save", tmp_path / "{context}.json.gz")
    flux_status("--context", "eu", "--save", tmp_path / "again.json.gz")
    flux_status("--context", "us", "--save", tmp_path / "us.json.gz")
    found = by_name(flux_status("fleet", "--from", tmp_path / "*.gz", "-o", "json").stdout)
    assert sorted(one["uid"] for one in found.values()) == ["uid-eu", "uid-us"]
    three["eu"]["/api/v1/namespaces/kube-system"] = forbidden
    done = flux_status("--context", "eu", "--save", tmp_path / "refused.json.gz")
    assert done.returncode == Exit.HEALTHY
    found = by_name(flux_status("fleet", "--from", tmp_path / "*.gz", "-o", "json").stdout)
    assert len(found) == 3


def test_only_what_is_saved_is_identified(three: Servers, flux_status: Program) -> None:
    """A check that saves nothing does not ask for the namespace kube-system."""
    flux_status("--context", "eu")
    assert not three["eu"].asked("*/kube-system")


_TIME = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)((?:\.\d+)?Z)"')


def save(folder: Path, name: str, *objects: Object, age: float = 60.0) -> Path:
    """Save a snapshot of *objects*, all of it as if NOW of the builders was *age* seconds ago."""
    known = evidence(*objects)
    target = known.target._replace(context=name)
    later = datetime.now(UTC) - timedelta(seconds=age) - known.taken_at

    def moved(found: re.Match[bytes]) -> bytes:
        at = datetime.fromisoformat(found[1].decode()) + later
        return b'"' + f"{at:%Y-%m-%dT%H:%M:%S}".encode() + found[2] + b'"'

    data = _TIME.sub(moved, snapshot.dumps(replace(known, target=target)))
    file = folder / f"{name}.json.gz"
    file.write_bytes(data)
    return file


OFF = kustomization("web", "git", spec={"suspend": True})
ON = kustomization("web", "git")


def test_what_is_suspended_in_one_only(tmp_path: Path, flux_status: Program) -> None:
    """It is named with the cluster; what is suspended in both is no difference."""
    both = kustomization("both", "git", spec={"suspend": True})
    save(tmp_path, "a", *HEALTHY, source("git"), OFF, both)
    save(tmp_path, "b", *HEALTHY, source("git"), ON, both)
    done = flux_status("fleet", "--from", tmp_path / "*.gz", "-o", "json")
    (one,) = json.loads(done.stdout)["differences"]
    assert (one["what"], one["cluster"], one["object"]["name"]) == ("suspended", "a", "web")
    assert one["others"] == ["b"]


def test_an_old_snapshot_is_unknown(tmp_path: Path, flux_status: Program) -> None:
    """Its age is a column, and what it said then is not what counts; --max-age decides."""
    save(tmp_path, "new", *HEALTHY)
    save(tmp_path, "old", *HEALTHY, age=7300)
    done = flux_status("fleet", "--from", tmp_path / "*.gz", env={"COLUMNS": "200"})
    head, first, *_ = done.stdout.splitlines()
    assert done.returncode == Exit.NO_VERDICT
    assert "AGE" in head
    assert first.split()[:3] == ["unknown", "old", "2h"]
    assert "older than --max-age: taken 2h ago, when the verdict was pass" in first
    done = flux_status("fleet", "--from", tmp_path / "*.gz", "--max-age", "3h")
    assert "unknown" not in done.stdout


def test_a_snapshot_from_the_future_is_unknown(tmp_path: Path, flux_status: Program) -> None:
    """One of the clocks is wrong, so its age is not known."""
    save(tmp_path, "a", *HEALTHY, age=-3600)
    done = flux_status("fleet", "--from", tmp_path / "a.json.gz")
    assert done.returncode == Exit.NO_VERDICT
    assert "in the future" in done.stdout


def test_damaged_files_are_unknown(tmp_path: Path, flux_status: Program) -> None:
    """Each is a cluster without a verdict, with the reason; the others count."""
    save(tmp_path, "good", *HEALTHY)
    (tmp_path / "bad.json.gz").write_bytes(b"\x1f\x8bno")
    (tmp_path / "empty.json.gz").write_bytes(b"")
    done = flux_status("fleet", "--from", tmp_path / "*.gz", "-o", "json")
    found = by_name(done.stdout)
    assert done.returncode == Exit.NO_VERDICT
    assert {n: one["verdict"] for n, one in found.items() if n != "good"} == {
        "bad": "unknown", "empty": "unknown",
    }  # fmt: skip
    assert found["good"]["report"]
    assert "bad.json.gz" in found["bad"]["problem"]


def test_reports_are_joined(tmp_path: Path, flux_status: Program) -> None:
    """Reports of -o json, and shards of a fleet, count like clusters; expected ones are missed."""
    for name, objects in (("a", [source("git", NOT_THERE)]), ("b", []), ("c", [])):
        save(tmp_path, name, *HEALTHY, *objects)
    report = flux_status("--from", tmp_path / "a.json.gz", "-o", "json").stdout
    (tmp_path / "a.json").write_text(report)
    files = ["--from", tmp_path / "b.json.gz", "--from", tmp_path / "c.json.gz"]
    for number in (0, 1):
        shard = flux_status("fleet", *files, "--shard", f"{number}/2", "-o", "json").stdout
        (tmp_path / f"shard-{number}.json").write_text(shard)
    (tmp_path / "names").write_text("a\nb # a comment\n\nc\nlost\n")
    words = ("fleet", "--from", tmp_path / "*.json", "--expect", tmp_path / "names", "-o", "json")
    done = flux_status(*words)
    found = by_name(done.stdout)
    assert done.returncode == Exit.UNHEALTHY
    assert {name: one["verdict"] for name, one in found.items()} == {
        "a": "fail", "b": "pass", "c": "pass", "lost": "unknown",
    }  # fmt: skip
    assert found["a"]["report"] == json.loads(report)
    (tmp_path / "a.json").unlink()
    (tmp_path / "shard-0.json").unlink()
    done = flux_status(*words)
    assert done.returncode == Exit.NO_VERDICT
    verdicts = {name: one["verdict"] for name, one in by_name(done.stdout).items()}
    assert verdicts == {"a": "unknown", "b": "unknown", "c": "pass", "lost": "unknown"}


def test_a_kubeconfig_without_a_context_costs_no_other(
    three: Servers, flux_status: Program, tmp_path: Path
) -> None:
    """It is unknown, with the reason, unless it is the only one: then that is a usage error."""
    folder = tmp_path / "clusters"
    folder.mkdir()
    known = three.document()
    (folder / "good").write_text(json.dumps(known))
    (folder / "gone").write_text(json.dumps(known | {"current-context": "gone"}))
    (folder / "none").write_text(json.dumps(known | {"contexts": []}))
    done = flux_status("fleet", "--kubeconfigs", folder / "*", "-o", "json")
    found = by_name(done.stdout)
    assert done.returncode == Exit.NO_VERDICT
    assert {name: one["verdict"] for name, one in found.items()} == {
        "eu": "pass", "gone": "unknown", "none": "unknown",
    }  # fmt: skip
    assert "has no current context; name one with --contexts: " in found["gone"]["problem"]
    assert found["none"]["problem"].endswith("/none has no context")
    for name, text in (("gone", "has no current context"), ("none", "has no context")):
        done = flux_status("fleet", "--kubeconfigs", folder / name)
        assert (done.returncode, done.stdout) == (Exit.USAGE, "")
        assert text in done.stderr


def test_a_kubeconfig_that_cannot_be_read_has_a_name(three: Servers, flux_status: Program) -> None:
    """Its row says what is wrong; so does the error where no cluster was chosen."""
    three.kubeconfig.write_text("contexts: [")
    done = flux_status("fleet", "--all-contexts", "-o", "json")
    (found,) = by_name(done.stdout).values()
    assert done.returncode == Exit.NO_VERDICT
    assert (found["name"], found["verdict"]) == ("kubeconfig", "unknown")
    done = flux_status("fleet")
    assert done.returncode == Exit.USAGE
    assert found["problem"] in done.stderr


def test_eight_shards_of_which_one_dies(tmp_path: Path, flux_status: Program) -> None:
    """The clusters of the shard that left no report are unknown by name, and never a pass."""
    names = [f"c{number:02}" for number in range(20)]
    for name in names:
        save(tmp_path, name, *HEALTHY)
    for number in range(8):
        done = flux_status(
            *("fleet", "--from", tmp_path / "*.json.gz", "--shard", f"{number}/8", "-o", "json")
        )
        assert done.returncode == Exit.HEALTHY
        (tmp_path / f"shard-{number}.json").write_text(done.stdout)
    lost = sorted(by_name((tmp_path / "shard-3.json").read_text()))
    (tmp_path / "shard-3.json").unlink()
    (tmp_path / "names").write_text("\n".join(names))
    joined = flux_status(
        *("fleet", "--from", tmp_path / "shard-*.json", "--expect", tmp_path / "names"),
        *("-o", "json"),
    )
    verdicts = {name: one["verdict"] for name, one in by_name(joined.stdout).items()}
    assert joined.returncode == Exit.NO_VERDICT
    assert sorted(verdicts) == names
    assert lost == ["c03", "c11", "c19"]
    assert [name for name, verdict in verdicts.items() if verdict == "unknown"] == lost
    assert {verdicts[name] for name in set(names) - set(lost)} == {"pass"}


def test_a_shard_may_be_empty(tmp_path: Path, flux_status: Program) -> None:
    """It has checked nothing, and costs the others nothing; alone, it is never a pass."""
    save(tmp_path, "a", *HEALTHY)
    words = ("fleet", "--from", tmp_path / "a.json.gz", "--shard")
    for number in (0, 1):
        part = flux_status(*words, f"{number}/2", "-o", "json").stdout
        (tmp_path / f"part-{number}.json").write_text(part)
    done = flux_status(*words, "1/2")
    assert (done.returncode, done.stdout) == (Exit.NO_VERDICT, "0 clusters: nothing was checked\n")
    joined = flux_status("fleet", "--from", tmp_path / "part-*.json", "-o", "json")
    found = by_name(joined.stdout)
    assert (joined.returncode, [*found]) == (Exit.HEALTHY, ["a"])
    done = flux_status("fleet", "--from", tmp_path / "part-1.json")
    assert done.returncode == Exit.NO_VERDICT


FOREIGN: dict[str, dict[str, Any]] = {
    "a fleet of another release": {"schemaVersion": 99},
    "something that is no cluster": {"clusters": [1]},
    "a report of another release": {"report": {"schemaVersion": 99}},
    "a report without findings": {"report": {"findings": None}},
    "more passes than fit into memory": {"report": {"summary": {"pass": 10**15}}},
}


@pytest.mark.parametrize("changes", FOREIGN.values(), ids=list(FOREIGN))
def test_what_another_program_wrote_is_unknown(
    tmp_path: Path, flux_status: Program, changes: dict[str, Any]
) -> None:
    """What is not known to be the output of `fleet` has no verdict."""
    save(tmp_path, "a", *HEALTHY)
    words = ("fleet", "-o", "json", "--from")
    document = json.loads(flux_status(*words, tmp_path / "a.json.gz").stdout)
    changes = dict(changes)
    document["clusters"][0]["report"] |= changes.pop("report", {})
    (tmp_path / "b.json").write_text(json.dumps(document | changes))
    done = flux_status(*words, tmp_path / "b.json")
    (found,) = by_name(done.stdout).values()
    assert (done.returncode, found["verdict"]) == (Exit.NO_VERDICT, "unknown")
    assert found["problem"].startswith(f"{tmp_path}/b.json is ")


def test_numbers_of_others_break_no_format(tmp_path: Path, flux_status: Program) -> None:
    """A number that no report has counts as missing, and the cluster has its verdict."""
    save(tmp_path, "a", *HEALTHY)
    report = json.loads(flux_status("--from", tmp_path / "a.json.gz", "-o", "json").stdout)
    report |= {"durationSeconds": 10**400, "cost": {"requests": 10**400, "bytes": -1}}
    (tmp_path / "a.json").write_text(json.dumps(report))
    for form in ("json", "metrics", "junit"):
        done = flux_status("fleet", "--from", tmp_path / "a.json", "-o", form)
        assert (done.returncode, done.stderr) == (Exit.HEALTHY, ""), form


def test_two_clusters_of_one_name_have_two_verdicts(tmp_path: Path, flux_status: Program) -> None:
    """Also those in one file, which somebody put together: each has a line of its own."""
    for name, objects in (("a", []), ("b", [source("git", NOT_THERE)])):
        save(tmp_path, name, *HEALTHY, *objects)
    words = ("fleet", "--from", tmp_path / "*.gz", "-o", "json")
    document = json.loads(flux_status(*words).stdout)
    for one in document["clusters"]:
        one["name"] = "same"
        one["report"]["target"]["context"] = "same"
    (tmp_path / "both.json").write_text(json.dumps(document))
    done = flux_status("fleet", "--from", tmp_path / "both.json", "-o", "jsonl")
    verdicts = json.loads(done.stdout.splitlines()[-1])["fleet"]["verdicts"]
    assert sorted(verdicts.values()) == ["fail", "pass"]


PARTS = {
    "only namespace apps": ["-n", "apps"],
    "only steps cluster, sources": ["--step", "cluster,sources"],
    "without suspended": ["--skip", "suspended"],
}


@pytest.mark.parametrize(("text", "words"), PARTS.items(), ids=list(PARTS))
def test_a_report_on_a_part_says_so(
    tmp_path: Path, flux_status: Program, text: str, words: list[str]
) -> None:
    """A pass of it is none of the cluster: the row says what was checked."""
    save(tmp_path, "a", *HEALTHY, source("git", namespace="apps"))
    for name, more in (("part", words), ("whole", [])):
        report = flux_status("--from", tmp_path / "a.json.gz", "-o", "json", *more).stdout
        (tmp_path / f"{name}.json").write_text(report)
    out = flux_status("fleet", "--from", tmp_path / "*.json").stdout
    part, whole = (line for line in out.splitlines() if line.startswith("pass"))
    assert f" part ({text}) " in part
    assert " whole  " in whole
    out = flux_status("fleet", "--from", tmp_path / "part.json", "-o", "markdown").stdout
    assert text in out


def test_a_report_that_was_changed_by_hand_is_unknown(tmp_path: Path, flux_status: Program) -> None:
    """A verdict that its findings do not have is no verdict."""
    save(tmp_path, "a", *HEALTHY, source("git", NOT_THERE))
    report = flux_status("--from", tmp_path / "a.json.gz", "-o", "json").stdout
    file = tmp_path / "a.json"
    file.write_text(report.replace('"verdict": "fail"', '"verdict": "pass"'))
    done = flux_status("fleet", "--from", file, "-o", "json")
    assert done.returncode == Exit.NO_VERDICT
    assert "is damaged" in by_name(done.stdout)["a"]["problem"]


def test_twenty_snapshots_take_less_than_twenty_checks(tmp_path: Path) -> None:
    """All processes together need less CPU time than a check of each, so two need half of it."""
    names = [f"c{number:02}" for number in range(20)]
    for name in names:
        save(tmp_path, name, *HEALTHY)
    check = [sys.executable, "-m", "fluxstatus"]
    alone = _cpu_of([*check, "--from", str(tmp_path / "c00.json.gz")])
    assert _cpu_of([*check, "fleet", "--from", f"{tmp_path}/*.gz"]) < len(names) * alone


def _cpu_of(argv: Sequence[str]) -> float:
    """Return the seconds of CPU time of a program that passes, and of all that it waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == Exit.HEALTHY, done.stdout
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_json_lines_come_one_by_one(three: Servers, flux_status: Program) -> None:
    """A line for each cluster, then one with the verdict of all."""
    assert three.apis
    done = flux_status("fleet", "--all-contexts", "-o", "jsonl")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(one["cluster"]["name"] for one in lines[:-1]) == ["ap", "eu", "us"]
    assert lines[-1]["fleet"]["verdict"] == "pass"
    assert lines[-1]["fleet"]["verdicts"] == dict.fromkeys(("ap", "eu", "us"), "pass")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("yaml", ["verdict: fail", "name: bad"]),
        ("junit", ['<testsuite name="bad"', "<failure", '<testsuite name="good"']),
        ("markdown", ["### Flux: fail", "| fail | bad |", "| pass | good |"]),
        ("html", ["<title>Flux: fail</title>", "<td>bad</td>", "<td>good</td>"]),
        ("metrics", ['verdict{context="bad",verdict="fail"} 1',
                     'verdict{context="good",verdict="pass"} 1']),
        ("github", ["::error title=bad%3A git-repository-missing"]),
    ],
)  # fmt: skip
def test_every_format_has_all_clusters(
    tmp_path: Path, flux_status: Program, form: str, words: list[str]
) -> None:
    """The formats of a report have the clusters as its steps, and the same exit code."""
    save(tmp_path, "bad", *HEALTHY, source("git", NOT_THERE))
    save(tmp_path, "good", *HEALTHY)
    done = flux_status("fleet", "--from", tmp_path / "*.gz", "-o", form)
    assert done.returncode == Exit.UNHEALTHY
    assert not [word for word in words if word not in done.stdout]


@pytest.mark.parametrize("form", ["junit", "markdown", "html", "github"])
def test_no_format_makes_a_pass_of_what_is_unknown(
    tmp_path: Path, flux_status: Program, form: str
) -> None:
    """A cluster that was not checked is unknown in all of them."""
    save(tmp_path, "good", *HEALTHY)
    (tmp_path / "names").write_text("good\nlost\n")
    words = ("--from", tmp_path / "*.gz", "--expect", tmp_path / "names")
    done = flux_status("fleet", *words, "-o", form)
    assert done.returncode == Exit.NO_VERDICT
    assert "cluster lost: expected, but no context" in " ".join(done.stdout.split())
    wanted = {"junit": 'errors="1"', "github": "unknown:"}.get(form, "unknown")
    assert wanted in done.stdout


def test_accepted_faults_pass(tmp_path: Path, flux_status: Program) -> None:
    """The list counts in each cluster, by its context."""
    for name in ("a", "b"):
        save(tmp_path, name, *HEALTHY, source("git", NOT_THERE))
    entry = 'code = "git-repository-missing"\nreason = "known"\nuntil = 2999-12-31\n'
    (tmp_path / "known.toml").write_text(f'[[accept]]\ncontexts = ["a"]\n{entry}')
    words = ("fleet", "--from", tmp_path / "*.gz", "-o", "json")
    done = flux_status(*words, "--accept", tmp_path / "known.toml")
    assert {name: one["verdict"] for name, one in by_name(done.stdout).items()} == {
        "a": "pass", "b": "fail",
    }  # fmt: skip


def test_warnings_fail_if_wanted(tmp_path: Path, flux_status: Program) -> None:
    """--fail-on counts for each cluster."""
    save(tmp_path, "a", *HEALTHY, source("git"), OFF)
    assert flux_status("fleet", "--from", tmp_path / "a.json.gz").returncode == Exit.HEALTHY
    done = flux_status("fleet", "--from", tmp_path / "a.json.gz", "--fail-on", "warn")
    assert done.returncode == Exit.UNHEALTHY


def test_words_of_clusters_are_harmless(tmp_path: Path, flux_status: Program) -> None:
    """Control characters in names of contexts are shown as escapes, in every format."""
    name = "a\x1b[31m<script>"
    known = evidence(*HEALTHY, flux("GitRepository", "git", NOT_THERE))
    target = known.target._replace(context=name)
    snapshot.save(tmp_path / "a.json", replace(known, target=target, taken_at=datetime.now(UTC)))
    for form in ("text", "json", "jsonl", "yaml", "junit", "markdown", "html", "metrics", "github"):
        out = flux_status("fleet", "--from", tmp_path / "a.json", "-o", form).stdout
        assert "\x1b" not in out, form
        assert form not in ("html", "junit", "markdown") or "<script>a" not in out


def started(pattern: str) -> list[psutil.Process]:
    """Return the processes with *pattern* in their command line."""
    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if pattern in " ".join(one.info["cmdline"] or ())
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all(three: Servers, number: signal.Signals) -> None:
    """No worker and no kubectl is left, and no folder of a socket."""
    for api in three.apis.values():
        api["*"] = stalled
    argv = [sys.executable, "-m", "fluxstatus", "fleet", "--all-contexts"]
    temporary = three.folder / "tmp"
    temporary.mkdir()
    env = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        until = time.monotonic() + 60
        while not all(api.requests for api in three.apis.values()):
            assert time.monotonic() < until
            time.sleep(0.05)
        run.send_signal(number)
        run.communicate(timeout=60)
    assert run.returncode == (Exit.INTERRUPTED if number == signal.SIGINT else 128 + number)
    assert not started(str(temporary))
    assert not [*temporary.iterdir()]


def test_a_worker_that_is_killed_costs_one_cluster(three: Servers) -> None:
    """Its cluster is unknown, with the reason; all others are checked."""
    three["eu"]["*"] = stalled
    argv = [sys.executable, "-m", "fluxstatus", "fleet", "--all-contexts", "-o", "json"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as run:
        until = time.monotonic() + 60
        while not three["eu"].requests:
            assert time.monotonic() < until
            time.sleep(0.05)
        proxy = next(one for one in started("--context=eu") if "proxy" in one.cmdline())
        proxy.parent().kill()  # type: ignore[union-attr]
        out, _ = run.communicate(timeout=120)
    found = by_name(out)
    assert run.returncode == Exit.NO_VERDICT
    assert "was killed by signal 9" in found["eu"]["problem"]
    assert {found["us"]["verdict"], found["ap"]["verdict"]} == {"pass"}


@pytest.mark.long
def test_fifty_small_clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are read, a few at a time, and each is judged by its own answers."""
    names = [f"c{number:02}" for number in range(50)]
    with serving(tmp_path, monkeypatch, *names) as servers:
        for name, api in servers.apis.items():
            api.put(*healthy(f"uid-{name}"))
        servers["c07"].put(failing())
        servers["c31"]["*"] = status(401, "Unauthorized")
        words = ["fleet", "--all-contexts", "--parallel", "5", "--timeout", "2m", "-o", "json"]
        argv = [sys.executable, "-m", "fluxstatus", *words]
        most, file = 0, tmp_path / "out"
        with file.open("w") as out, subprocess.Popen(argv, stdout=out) as run:
            while run.poll() is None:
                with suppress(psutil.Error):
                    most = max(most, len(psutil.Process(run.pid).children()))
                time.sleep(0.05)
    found = by_name(file.read_text())
    assert run.returncode == Exit.UNHEALTHY
    assert {name: one["verdict"] for name, one in found.items()} == {
        **dict.fromkeys(names, "pass"), "c07": "fail", "c31": "unknown",
    }  # fmt: skip
    assert 1 < most <= 5 + 2, "workers, and kubectl for the kubeconfig"


def test_rows_come_one_by_one_on_a_terminal(three: Servers) -> None:
    """Each cluster is shown when it is done, while another one hangs; the table comes last."""
    three["eu"]["*"] = stalled
    argv = [sys.executable, "-m", "fluxstatus", "fleet", "--all-contexts", "--timeout", "20s"]
    with Terminal(argv, columns=160) as terminal:
        terminal.wait_for("2 of 3 clusters done")
        assert "pass" in terminal.text
        assert "cluster · " not in terminal.text
        terminal.type("\x03")
        assert terminal.program.wait(60) == Exit.INTERRUPTED
    assert "3 clusters" not in terminal.text.rpartition("done")[2]


def test_reports_are_written_beside_the_output(tmp_path: Path, flux_status: Program) -> None:
    """Each in its format, all of one run; one that cannot be written is said before."""
    save(tmp_path, "bad", *HEALTHY, source("git", NOT_THERE))
    words = ("fleet", "--from", tmp_path / "*.gz")
    files = {form: tmp_path / f"fleet.{form}" for form in ("json", "markdown", "wide")}
    done = flux_status(*words, *(f"--report={form}={file}" for form, file in files.items()))
    assert done.stdout.startswith("VERDICT")
    assert by_name(files["json"].read_text())["bad"]["verdict"] == "fail"
    assert files["markdown"].read_text().startswith("### Flux: fail")
    assert files["wide"].read_text().split("\n")[1] == done.stdout.split("\n")[1]
    done = flux_status(*words, f"--report=json={tmp_path}")
    assert done.returncode == Exit.USAGE


def test_nothing_is_counted_where_nothing_was_read(three: Servers, flux_status: Program) -> None:
    """A cluster that refuses has dashes, not zeros."""
    for path in ("/apis/*", "/api/v1/*"):
        three["eu"][path] = forbidden
    out = flux_status("fleet", "--contexts", "eu").stdout
    assert out.splitlines()[1].split()[:8] == ["unknown", "eu", "v1.37.2", *["-"] * 5]


def test_options_before_the_name_count(tmp_path: Path, flux_status: Program) -> None:
    """As with kubectl; one that can be repeated here may be given once there."""
    file = save(tmp_path, "a", *HEALTHY)
    done = flux_status("--from", file, "-o", "json", "fleet")
    assert list(by_name(done.stdout)) == ["a"]

"""`fleet --upgrade-to`: one matrix of the plans for saved and for live clusters."""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Exit
from tests.builders import definitions, evidence, flux
from tests.checks.upgrade.planning import system
from tests.checks.upgrade.test_blockers import written
from tests.conftest import Program
from tests.fakes.scripted import forbidden
from tests.fakes.servers import Servers, kube_system, serving
from tests.planting import HOSTILE

SCHEMA = json.loads(
    resources.files("fluxstatus.commands.fleet").joinpath("upgrade.schema.json").read_text()
)
OLD = written("Kustomization", "kustomize.toolkit.fluxcd.io/v1beta2")
FORCED = flux("HelmRelease", "web", spec={"upgrade": {"force": True}})
ANY_AGE = ("--max-age", "87600h")


def matrix(text: str) -> dict[str, Any]:
    """Return the clusters of a JSON document by name."""
    document = json.loads(text)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    return {one["name"]: one for one in document["clusters"]}


def save(folder: Path, **clusters: list[Object]) -> None:
    """Save a snapshot with stored versions for each cluster."""
    for name, objects in clusters.items():
        snapshot.save(folder / f"{name}.json", evidence(*objects, *definitions(), advice=True))


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> Path:
    """Save four clusters: two are blocked, one by its operator, too; two are not."""
    save(
        tmp_path,
        eu=[*system("v2.7.5"), OLD],
        us=[*system("v2.7.5", "v0.30.0"), OLD],
        ap=[*system("v2.7.5"), FORCED],
        me=system("v2.9.5"),
    )
    return tmp_path


def test_the_matrix(saved: Path, flux_status: Program) -> None:
    """A row for each, the worst first: version, operator first or not, counts and the reason."""
    done = flux_status("fleet", "--from", saved / "*.json", "--upgrade-to", "2.9", *ANY_AGE)
    assert (done.returncode, done.stderr) == (Exit.UNHEALTHY, "")
    head, *lines = done.stdout.splitlines()
    assert head.split()[:4] == ["OUTCOME", "CONTEXT", "AGE", "FLUX"]
    rows = {
        cells[1]: [cells[0], cells[3], *cells[6:10]] for one in lines[:4] if (cells := one.split())
    }
    assert rows == {
        "us": ["blocked", "v2.7.5", "yes", "2", "0", "0"],
        "eu": ["blocked", "v2.7.5", "no", "1", "0", "0"],
        "ap": ["clear", "v2.7.5", "no", "0", "2", "0"],
        "me": ["clear", "v2.9.5", "no", "0", "0", "0"],
    }
    assert [one.split()[1] for one in lines[:2]] == ["us", "eu"]
    shared = done.stdout.partition("Shared blockers")[2].partition("Versions")[0]
    assert "v1beta2" in shared
    assert "us, eu" in shared
    assert "upgrade-operator" not in shared
    assert "v2.9.5 already has 2.9" in done.stdout
    assert "upgrade to Flux 2.9: 4 clusters · 2 blocked · 2 clear" in done.stdout
    assert f"kubectl flux-status upgrade plan --to=2.9 --from={saved / 'us.json'}" in done.stdout


def test_the_plan_of_a_cluster_is_its_own(saved: Path, flux_status: Program) -> None:
    """The document has what `upgrade plan` says of each cluster, and what blocks several once."""
    done = flux_status(
        "fleet", "--from", saved / "*.json", "--upgrade-to", "v2.9.5", *ANY_AGE, "-o", "json"
    )
    found, document = matrix(done.stdout), json.loads(done.stdout)
    assert done.returncode == Exit.UNHEALTHY
    assert (document["upgradeTo"], document["outcome"]) == ("2.9", "blocked")
    assert document["summary"] == {"clusters": 4, "blocked": 2, "unknown": 0, "clear": 2}
    for name, one in found.items():
        alone = flux_status(
            "upgrade", "plan", "--from", saved / f"{name}.json", "--to", "2.9", "-o", "json"
        )
        assert one["plan"] == json.loads(alone.stdout)
        assert one["outcome"] == one["plan"]["outcome"]
    [shared] = document["shared"]
    assert (shared["code"], sorted(shared["clusters"])) == ("upgrade-api-version", ["eu", "us"])
    for one in shared["findings"]:
        blockers = found[one["cluster"]]["plan"]["findings"]["blockers"]
        assert one["id"] in [blocker["id"] for blocker in blockers]


@pytest.mark.parametrize(
    ("clusters", "outcome", "code"),
    [
        ({"eu": "v2.8.8", "us": "v2.9.5"}, "clear", Exit.HEALTHY),
        ({"eu": "v2.8.8", "us": ""}, "unknown", Exit.NO_VERDICT),
    ],
)
def test_exit_codes(
    tmp_path: Path, flux_status: Program, clusters: dict[str, str], outcome: str, *, code: Exit
) -> None:
    """0 if nothing blocks any upgrade, and 3 if one may be blocked: its version is unknown."""
    save(tmp_path, **{name: system(flux) if flux else [] for name, flux in clusters.items()})
    words = ("--from", tmp_path / "*.json", "--upgrade-to", "2.9", *ANY_AGE)
    done = flux_status("fleet", *words, "-o", "json")
    matrix(done.stdout)
    assert (json.loads(done.stdout)["outcome"], done.returncode) == (outcome, code)
    assert flux_status("fleet", *words).returncode == code


def test_what_was_not_read_is_unknown(tmp_path: Path, flux_status: Program) -> None:
    """A snapshot without stored versions, an old one, and a report: never clear."""
    snapshot.save(tmp_path / "short.json", evidence(*system("v2.8.8")))
    report = flux_status("--from", tmp_path / "short.json", "-o", "json").stdout
    (tmp_path / "report.json").write_text(report)
    words = ("fleet", "--from", tmp_path / "*.json", "--upgrade-to", "2.9", "-o", "json")
    done = flux_status(*words, *ANY_AGE)
    found = matrix(done.stdout)
    assert done.returncode == Exit.NO_VERDICT
    assert {one["outcome"] for one in found.values()} == {"unknown"}
    assert "does not contain the objects" in found["report"]["problem"]
    assert found["report"]["plan"] is None
    save(tmp_path, short=system("v2.8.8"))
    (tmp_path / "report.json").unlink()
    [old] = matrix(flux_status(*words).stdout).values()
    assert old["outcome"] == "unknown"
    assert "older than --max-age" in old["problem"]


def test_a_matrix_is_no_report(saved: Path, flux_status: Program) -> None:
    """A clear plan does not count as a healthy cluster: `fleet` does not read it as a report."""
    words = ("fleet", "--from", saved / "me.json", "--upgrade-to", "2.9", *ANY_AGE, "-o", "json")
    (saved / "matrix.json").write_text(flux_status(*words).stdout)
    done = flux_status("fleet", "--from", saved / "matrix.json", "-o", "json")
    assert done.returncode == Exit.NO_VERDICT
    [cluster] = json.loads(done.stdout)["clusters"]
    assert "has plans for an upgrade" in cluster["problem"]


def test_an_unknown_minor(saved: Path, flux_status: Program) -> None:
    """Of a version that is newer than this plugin it says so, and no cluster is clear."""
    words = ("fleet", "--from", saved / "*.json", "--upgrade-to", "2.99", *ANY_AGE)
    done = flux_status(*words)
    assert "Flux 2.99 is newer than this plugin" in " ".join(done.stdout.split())
    outcomes = {one["outcome"] for one in matrix(flux_status(*words, "-o", "json").stdout).values()}
    assert "clear" not in outcomes


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--upgrade-to", "3.0"], "'3.0' is not a version of Flux"),
        (["--upgrade-to", "2.9", "-n", "apps"], "--namespace is for checks"),
        (["--upgrade-to", "2.9", "--skip", "suspended"], "--skip is for checks"),
        (["--upgrade-to", "2.9", "--save", "{context}.json"], "--save is for checks"),
        (["--upgrade-to", "2.9", "--fail-on", "warn"], "--fail-on is for checks"),
        (["--upgrade-to", "2.9", "-o", "junit"], "has the formats text and json, not junit"),
    ],
)
def test_wrong_usage(flux_status: Program, words: list[str], text: str) -> None:
    """What cannot be combined is said before any cluster is read; the exit code is 2."""
    done = flux_status("fleet", "--all-contexts", *words)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert text in " ".join(done.stderr.split())


@pytest.fixture(name="two")
def _two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """Run two clusters with Flux 2.8, one of which has an object in a removed version."""
    with serving(tmp_path, monkeypatch, "eu", "us") as servers:
        for name, api in servers.apis.items():
            api.put(*system("v2.8.8"), *definitions(), kube_system(f"uid-{name}"))
        servers["eu"].put(OLD)
        yield servers


def test_live_clusters(two: Servers, flux_status: Program) -> None:
    """Each is read as for its plan alone, and its uid once; the command names the context."""
    done = flux_status("fleet", "--all-contexts", "--upgrade-to", "2.9", "-o", "json")
    found = matrix(done.stdout)
    assert {name: one["outcome"] for name, one in found.items()} == {"eu": "blocked", "us": "clear"}
    assert {one["uid"] for one in found.values()} == {"uid-eu", "uid-us"}
    assert len(two["eu"].asked("*/kube-system")) == 1
    text = flux_status("fleet", "--all-contexts", "--upgrade-to", "2.9").stdout
    assert "kubectl flux-status upgrade plan --to=2.9 --context=eu" in text


def test_a_forbidden_list_is_unknown(two: Servers, flux_status: Program) -> None:
    """What may hide a blocker makes the cluster unknown, not clear."""
    two["us"]["*/customresourcedefinitions*"] = forbidden
    done = flux_status("fleet", "--contexts", "us", "--upgrade-to", "2.9", "-o", "json")
    assert matrix(done.stdout)["us"]["outcome"] == "unknown"
    assert done.returncode == Exit.NO_VERDICT


def test_words_of_a_cluster_are_visible(tmp_path: Path, flux_status: Program) -> None:
    """A hostile name is only in strings that are data, and all of the text is printable."""
    bad = written("Kustomization", "kustomize.toolkit.fluxcd.io/v1beta2")
    bad["metadata"]["name"] = HOSTILE.replace("\ud800", "")
    save(tmp_path, eu=[*system("v2.7.5"), bad])
    words = ("fleet", "--from", tmp_path / "eu.json", "--upgrade-to", "2.9", *ANY_AGE)
    matrix(flux_status(*words, "-o", "json").stdout)
    assert flux_status(*words).stdout.replace("\n", "").isprintable()

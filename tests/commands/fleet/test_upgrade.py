"""`fleet --upgrade-to`: one matrix of the plans for saved and for live clusters."""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from junitparser import JUnitXml

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


def test_reports_of_the_matrix(saved: Path, tmp_path: Path, flux_status: Program) -> None:
    """A suite, a section or a line for each cluster, with its blockers, and the files of --report.

    A blocked cluster fails; one whose behavior changes does not.
    """
    words = ("fleet", "--from", *(saved / f"{name}.json" for name in ("eu", "us", "ap", "me")))
    words = (*words, "--upgrade-to", "2.9", *ANY_AGE)
    files = [f"--report={one}={tmp_path / 'plans'}.{one}" for one in ("yaml", "junit", "markdown")]
    done = flux_status(*words, *files, "-o", "json")
    assert (done.returncode, done.stderr) == (Exit.UNHEALTHY, "")
    written = {
        one: (tmp_path / f"plans.{one}").read_text() for one in ("yaml", "junit", "markdown")
    }
    assert yaml.safe_load(written["yaml"])["clusters"] == json.loads(done.stdout)["clusters"]
    suites = {suite.name: suite for suite in JUnitXml.fromstring(written["junit"].encode())}
    failures = {name: suite.failures for name, suite in suites.items()}
    assert failures == {"us": 2, "eu": 1, "ap": 0, "me": 0, "shared": 1}
    assert written["markdown"].startswith("### Upgrade to Flux `2.9`: fail\n")
    assert written["markdown"].count("upgrade plan --to=2.9 --from=") == 3
    html = flux_status(*words, "-o", "html").stdout
    assert "<h1>Upgrade to Flux 2.9: " in html
    github = flux_status(*words, "-o", "github").stdout
    assert github.count("::error title=us%3A ") == 2
    assert "Kustomization" in github
    assert "check passed" not in html + github + "".join(written.values())


def joined(flux_status: Program, folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Join the plans in *folder* for an upgrade to 2.9; return the exit code and the document."""
    files = ("--from", folder / "part-*.json", "--upgrade-to", "2.9", *ANY_AGE)
    done = flux_status("fleet", *files, "-o", "json", *words)
    matrix(done.stdout)
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(name="parts")
def _parts(saved: Path, tmp_path: Path, flux_status: Program) -> Path:
    """Plan in two jobs, each for two of the clusters."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for number, names in enumerate((("eu", "ap"), ("us", "me"))):
        files = [saved / f"{name}.json" for name in names]
        words = ("--upgrade-to", "2.9", *ANY_AGE, "-o", "json")
        done = flux_status("fleet", "--from", *files, *words)
        (folder / f"part-{number}.json").write_text(done.stdout)
    return folder


def test_shards_are_joined(saved: Path, parts: Path, flux_status: Program) -> None:
    """Plans of several jobs are one matrix, as if one job had made them all."""
    words = ("--from", saved / "*.json", "--upgrade-to", "2.9", *ANY_AGE, "-o", "json")
    whole = json.loads(flux_status("fleet", *words).stdout)
    code, found = joined(flux_status, parts)
    assert code == Exit.UNHEALTHY
    for key in ("upgradeTo", "outcome", "summary", "shared", "versions"):
        assert found[key] == whole[key]
    plans = [[(one["name"], one["plan"]) for one in each["clusters"]] for each in (found, whole)]
    assert plans[0] == plans[1]
    expected = saved / "expected.txt"
    expected.write_text("eu\nlost\n")
    code, found = joined(flux_status, parts, "--expect", f"{expected}")
    [lost] = [one for one in found["clusters"] if one["name"] == "lost"]
    assert lost["outcome"] == "unknown"


def test_commands_of_joined_plans_are_not_printed(parts: Path, flux_status: Program) -> None:
    """A file may come from anyone: none of its commands is in a report."""
    file = parts / "part-0.json"
    file.write_text(file.read_text().replace('"argv": [', '"argv": ["sudo", "halt",'))
    for form in ("text", "markdown", "junit", "html", "github"):
        words = ("--from", file, "--upgrade-to", "2.9", *ANY_AGE, "-o", form)
        assert "halt" not in flux_status("fleet", *words).stdout


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("upgradeTo", "2.8", "has plans for the upgrade to Flux 2.8"),
        ("upgradeTo", "2.8; reboot", "something else than a version of Flux"),
        ("upgradeTo", "", "does not contain the objects"),
        ("plan", None, "the plan is missing"),
        ("outcome", "clear", "do not have the outcome"),
        ("to", "2.8", "not one for the upgrade to Flux 2.9"),
        ("findings", {}, "its findings lack blockers"),
        ("schemaVersion", 2, "not one for the upgrade"),
    ],
)
def test_plans_that_say_something_else(
    parts: Path, flux_status: Program, key: str, value: object, problem: str
) -> None:
    """A file with another version, without plans or that is damaged makes its clusters unknown."""
    (parts / "part-1.json").unlink()
    document = json.loads((parts / "part-0.json").read_text())
    [eu] = [one for one in document["clusters"] if one["name"] == "eu"]
    document["clusters"] = [eu]
    whose = {"upgradeTo": document, "plan": eu}.get(key, eu["plan"])
    whose[key] = value
    (parts / "part-0.json").write_text(json.dumps(document))
    code, found = joined(flux_status, parts)
    assert code == Exit.NO_VERDICT
    [cluster] = found["clusters"]
    assert cluster["outcome"] == "unknown"
    assert problem in cluster["problem"]


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
    assert "has plans for the upgrade to Flux 2.9: join them with" in cluster["problem"]


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
        (["--upgrade-to", "2.9", "-o", "metrics"], "html and github, not metrics"),
        (["--upgrade-to", "2.9", "-o", "jsonl"], "html and github, not jsonl"),
        (["--upgrade-to", "2.9", "--report", "metrics=flux.prom"], "github, not metrics"),
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
    for form in ("text", "yaml", "junit", "markdown", "html", "github"):
        assert flux_status(*words, "-o", form).stdout.replace("\n", "").isprintable()

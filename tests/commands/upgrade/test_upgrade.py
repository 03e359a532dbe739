"""`upgrade` on the command line: its output, its exit codes, and its schema."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fluxstatus.commands.upgrade.output import as_json, as_text
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Exit
from fluxstatus.report.look import Look
from tests.builders import definitions, evidence, flux, kustomization, source
from tests.checks.upgrade.planning import plan, system
from tests.checks.upgrade.test_blockers import crd, written
from tests.conftest import Program
from tests.planting import HOSTILE, MARK, STATES, planted, state
from tests.report.test_hostile import unmarked

PACKAGE = "fluxstatus.commands.upgrade"
SCHEMA = json.loads(resources.files(PACKAGE).joinpath("schema.json").read_text())
RELEASES = [flux("HelmRelease", f"r{n}", spec={"upgrade": {"force": True}}) for n in range(30)]
OLD = written("Kustomization", "kustomize.toolkit.fluxcd.io/v1beta2")


def document(*objects: Object, **more: Any) -> Any:
    """Return the JSON document of a plan, which the schema allows."""
    found = json.loads(as_json(plan(*objects, **more)))
    Draft202012Validator(SCHEMA).validate(found)
    return found


def test_alone_it_upgrades_nothing(flux_status: Program) -> None:
    """Without a subcommand, the help says that the command upgrades nothing."""
    done = flux_status("upgrade")
    assert done.returncode == Exit.HEALTHY
    assert "without upgrading it" in done.stdout


@pytest.mark.parametrize(
    ("installed", "old", "to", "code"),
    [
        ("v2.8.8", False, "2.9", Exit.HEALTHY),
        ("v2.7.5", True, "2.8", Exit.UNHEALTHY),
        ("v2.8.8", False, "v2.9.5", Exit.HEALTHY),
        ("v2.9.5", False, "2.99", Exit.UNHEALTHY),
        ("v2.9.5", False, "2.9", Exit.HEALTHY),
    ],
)
def test_exit_codes(
    flux_status: Program, tmp_path: Path, installed: str, old: bool, to: str, *, code: Exit
) -> None:
    """The exit code is 0 without a blocker and 1 with one, whatever the format."""
    file, objects = tmp_path / "now.json", [*definitions(), *([OLD] if old else [])]
    snapshot.save(file, evidence(*system(installed), *objects, advice=True))
    for words in ([], ["-o", "json"]):
        done = flux_status("upgrade", "plan", "--from", file, "--to", to, *words)
        assert done.returncode == code, done.stdout


@pytest.mark.parametrize("to", ["2", "2.x", "3.0", "latest", "2.9.", "-1", ""])
def test_a_version_that_is_none(flux_status: Program, to: str) -> None:
    """What is no version of Flux is a usage error, which shows one."""
    done = flux_status("upgrade", "plan", "--demo", f"--to={to}")
    assert done.returncode == Exit.USAGE
    assert "2.10" in done.stderr


def test_without_a_cluster(flux_status: Program) -> None:
    """A cluster that cannot be reached has no verdict."""
    done = flux_status("upgrade", "plan", "--timeout", "20s", "-o", "json")
    assert done.returncode == Exit.NO_VERDICT
    found = json.loads(done.stdout)
    Draft202012Validator(SCHEMA).validate(found)
    assert (found["from"], found["outcome"]) == (None, "unknown")


def test_the_document() -> None:
    """The document has the parts, the objects as objects, the sources and the steps."""
    found = document(*RELEASES, OLD, crd(["v1beta2", "v1"]), flux="v2.7.5", to=(2, 9))
    assert (found["from"], found["to"], found["outcome"]) == ("2.7", "2.9", "blocked")
    codes = {part: [one["code"] for one in listed] for part, listed in found["findings"].items()}
    assert codes["blockers"] == ["upgrade-stored-versions", "upgrade-api-version"]
    forced = next(one for one in found["findings"]["changes"] if one["code"] == "upgrade-force")
    assert len(forced["objects"]) == len(forced["evidence"]) == len(RELEASES)
    judged = found["findings"]["blockers"] + found["findings"]["changes"]
    assert all(one["docs"].startswith("https://") and one["hints"] for one in judged)
    assert found["steps"][0]["commands"][0]["argv"][:3] == ["kubectl", "flux-status", "--save"]
    assert [step["text"] for step in found["steps"]].index("resolve all blockers, the first one "
                                                           "first") == 1  # fmt: skip


def test_text_and_json_agree() -> None:
    """The text has every title and every command of the document."""
    known = plan(*RELEASES, OLD, flux="v2.7.5", to=(2, 9))
    text = " ".join(as_text(known, Look(width=10_000)).split())
    found = json.loads(as_json(known))
    for listed in found["findings"].values():
        for one in listed:
            assert one["title"] in text
    for step in found["steps"]:
        assert step["text"] in text
    assert text.endswith("the upgrade is blocked")


def test_long_lists_are_cut() -> None:
    """The text names the first objects and counts the others; --all names all."""
    known = plan(*RELEASES, flux="v2.7.5")
    short, whole = (as_text(known, Look(width=100, everything=one)) for one in (False, True))
    assert "r29" not in short
    assert "and 20 more: --all shows them" in short
    assert "r29" in whole


def test_nothing_to_upgrade() -> None:
    """If Flux has the target, the last line says that there is nothing to upgrade."""
    text = as_text(plan(source("a"), kustomization("k", "a"), flux="v2.9.5", to=(2, 9)), Look())
    assert text.rstrip().endswith("nothing to upgrade")


@pytest.mark.parametrize("turn", [0, 3, 7, 11, 16])
@pytest.mark.parametrize("name", STATES)
def test_words_of_the_cluster_are_data(
    tmp_path: Path, flux_status: Program, name: str, turn: int
) -> None:
    """A hostile text in any field is only in strings that the schema calls data, and visible."""
    file = tmp_path / "now.json"
    snapshot.save(file, planted(state(name), turn, HOSTILE.replace("\ud800", "")))
    done = flux_status("upgrade", "plan", "--from", file, "-o", "json", "--to", "2.99")
    found = json.loads(done.stdout)
    Draft202012Validator(SCHEMA).validate(found)
    assert unmarked(found, PACKAGE) == set()
    shown = flux_status("upgrade", "plan", "--from", file, "--all", "--to", "2.99").stdout
    assert shown.replace("\n", "").isprintable()


def test_words_of_the_cluster_are_shown() -> None:
    """The name of a hostile object is in the document, so the test above can fail."""
    one = flux("HelmRelease", "r", spec={"upgrade": {"force": True}})
    one["metadata"]["name"] = HOSTILE
    assert MARK in json.dumps(document(one, flux="v2.7.5"))

"""`accept`: what it prints is what `--accept` accepts."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fluxstatus.checks.run import Choice
from fluxstatus.commands.accept.entries import as_json, as_toml
from fluxstatus.model import snapshot
from fluxstatus.model.accept_list import last_day, parse
from fluxstatus.model.findings import Exit, Level, Past, Report
from fluxstatus.model.ref import Ref
from tests.base.masking.credentials import CREDENTIALS
from tests.builders import judge
from tests.conftest import RECORDED, Program
from tests.fakes.scripted import RESOURCES, Api, forbidden
from tests.kubernetes.flux_objects import git_repository
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import condition
from tests.planting import HOSTILE, STATES, state

BROKEN = RECORDED / "cluster-sync-auth-failing.json.gz"
LATER = "2999-12-31"
UNTIL = last_day(LATER)
ENTRY = ("--reason", "known", "--until", LATER)


def faults(report: Report) -> list[Past]:
    """Return the faults of *report*."""
    levels = (Level.FAIL, Level.WARN)
    return [Past.of(one) for one in report.faults if one.level in levels]


@pytest.mark.parametrize("render", [as_toml, as_json])
@pytest.mark.parametrize("name", STATES)
def test_what_is_printed_accepts_exactly_the_fault(name: str, render: object) -> None:
    """For each fault of the recorded states there are entries that accept it, and only it."""
    assert callable(render)
    known = state(name)
    plain = judge(known)
    found = faults(plain)
    assert len(found) > 40
    all_of_them = parse(render(found, "known", UNTIL, ()).encode(), "")
    assert faults(judge(known, Choice(accept=all_of_them))) == []
    for fault in found[::12]:
        one = parse(render([fault], "known", UNTIL, ()).encode(), "")
        accepted = judge(known, Choice(accept=one)).accepted
        alike = {
            each.id for each in found if (each.code, each.objects) == (fault.code, fault.objects)
        }
        assert {each.finding.id for each in accepted} == alike


@pytest.mark.parametrize("render", [as_toml, as_json])
def test_any_word_is_kept(render: object) -> None:
    """Whatever the name of an object or a reason is, the entry parses, and matches only that."""
    assert callable(render)
    words = HOSTILE.replace("/", "").replace("\ud800", "")
    odd = Ref("v1", "ClusterRole", "", f"*[a-z]?{words}")
    fault = Past("0" * 12, "sources", "x", Level.FAIL, f"title {words}", (odd,))
    (entry,) = parse(render([fault], words, UNTIL, [words]).encode(), "").entries
    assert entry.matches("x", odd)
    assert not entry.matches("x", odd._replace(name=f"b[a-z]?{words}"))
    assert entry.contexts == (words,)


def test_the_entry_as_it_is_printed(flux_status: Program) -> None:
    """A comment says what it is about; several faults have several entries."""
    ids = [one.id for one in faults(judge(snapshot.load(BROKEN)))]
    done = flux_status("accept", *ids, "--from", BROKEN, *ENTRY, "--contexts", "prod-*")
    assert done.returncode == Exit.HEALTHY
    entries = tomllib.loads(done.stdout)["accept"]
    assert len(entries) == done.stdout.count("[[accept]]\n") >= len(ids) > 0
    assert done.stdout.startswith("# ")
    assert entries[0] == {
        "object": "GitRepository/flux-system/flux-system",
        "code": entries[0]["code"],
        "contexts": ["prod-*"],
        "reason": "known",
        "until": UNTIL,
    }


def test_a_report_in_json_has_the_fault_as_well(flux_status: Program, tmp_path: Path) -> None:
    """--from reads both, from a file or a pipe."""
    fault, *_ = faults(judge(snapshot.load(BROKEN)))
    report = tmp_path / "report.json"
    report.write_text(flux_status("--from", BROKEN, "-o", "json").stdout)
    printed = flux_status("accept", fault.id, "--from", BROKEN, *ENTRY).stdout
    assert flux_status("accept", fault.id, "--from", report, *ENTRY).stdout == printed
    with report.open() as pipe:
        given = ("--from", "-", *ENTRY, "-o", "json")
        done = flux_status("accept", fault.id, *given, stdin=pipe.fileno())
    assert json.loads(done.stdout)["accept"][0]["until"] == LATER


def test_a_recommendation_is_accepted_as_a_whole(flux_status: Program, tmp_path: Path) -> None:
    """The entry has its code and no object, from a snapshot as well as from a report."""
    advice = next(one for one in judge(snapshot.load(BROKEN)).advice if one.code == "no-retries")
    report, file = tmp_path / "report.json", tmp_path / "accept.toml"
    report.write_text(flux_status("--from", BROKEN, "-o", "json").stdout)
    printed = flux_status("accept", advice.id, "--from", BROKEN, *ENTRY).stdout
    assert flux_status("accept", advice.id, "--from", report, *ENTRY).stdout == printed
    [entry] = tomllib.loads(printed)["accept"]
    assert (entry["code"], entry.get("object")) == ("no-retries", None)
    file.write_text(printed)
    done = flux_status("--from", BROKEN, "--accept", file, "-o", "json")
    document = json.loads(done.stdout)
    assert "no-retries" not in {one["code"] for one in document["findings"]}
    [accepted] = document["acceptance"]["accepted"]
    assert [ref["kind"] for ref in accepted["finding"]["objects"]] == ["HelmRelease"] * 3
    assert done.returncode == Exit.UNHEALTHY


def passed_id() -> str:
    """Return the id of a finding that is no fault."""
    report = judge(snapshot.load(BROKEN))
    return next(
        one.id for one in report.faults if one.level is Level.SKIP or one.level is Level.WAIT
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["0123456789ab", *ENTRY], "no fault or recommendation found with the id '0123456789ab'"),
        (["x", *ENTRY], "kubectl flux-status --advice --brief -o wide"),
        ([passed_id(), *ENTRY], "which is not a fault"),
        (["x", "--reason", " ", "--until", LATER], "--reason"),
        (["x", "--reason", "x", "--until", "2020-01-01"], "is in the past"),
        (["x", "--reason", "x", "--until", "tomorrow"], "is not a date"),
        (["x", "--reason", "x"], "--until"),
        (["x", "--until", LATER], "--reason"),
        ([*ENTRY], "FINDING-ID"),
    ],
)
def test_wrong_words_are_refused(flux_status: Program, words: list[str], message: str) -> None:
    """The message says which, and nothing is printed that could be appended to a file."""
    done = flux_status("accept", "--from", BROKEN, *words)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert message in done.stderr


def test_a_reason_is_masked(flux_status: Program) -> None:
    """A credential in it is not printed."""
    fault, *_ = faults(judge(snapshot.load(BROKEN)))
    credential = next(one for one in CREDENTIALS if one.text.isalnum())
    entry = ("--reason", credential.text, "--until", LATER)
    done = flux_status("accept", fault.id, "--from", BROKEN, *entry)
    assert done.returncode == Exit.HEALTHY
    assert credential.secret not in done.stdout


@pytest.fixture(name="broken")
def _broken(api: Api) -> Api:
    now = datetime.now(UTC)  # the program looks at the clock
    source = git_repository("apps", "git", now, url="https://git.example.com/app.git")
    failed = condition("Ready", "False", "GitOperationFailed", "authentication required", now)
    source["status"]["conditions"] = [failed]
    api.put(*flux_system(now), source)
    return api


def test_a_live_cluster_is_checked(broken: Api, flux_status: Program) -> None:
    """Without a file, the fault is looked up by a check, with GET only."""
    findings = json.loads(flux_status("-o", "json").stdout)["findings"]
    (name,) = (one["id"] for one in findings if one["level"] == "fail")
    broken.requests.clear()
    done = flux_status("accept", name, *ENTRY)
    assert (done.returncode, bool(broken.requests)) == (Exit.HEALTHY, True)
    assert 'object = "GitRepository/apps/git"' in done.stdout


def test_what_could_not_be_read_may_have_the_id(broken: Api, flux_status: Program) -> None:
    """So it is not said that there is no such fault."""
    broken[RESOURCES["HelmRelease"].path] = forbidden
    done = flux_status("accept", "0123456789ab", *ENTRY)
    assert (done.returncode, done.stdout) == (Exit.NO_VERDICT, "")
    assert "not everything could be read" in done.stderr


def test_an_unreachable_cluster(flux_status: Program) -> None:
    """There is no fault to accept."""
    done = flux_status("accept", "0123456789ab", *ENTRY, env={"PATH": "/nowhere"})
    assert (done.returncode, done.stdout) == (Exit.NO_VERDICT, "")
    assert "kubectl" in done.stderr

"""`--accept`, `--accept-from`, `--since-snapshot` and `--fail-on new`, on the command line."""

import gzip
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.cli import run
from fluxstatus.commands.known import Known
from fluxstatus.commands.option_values import FAIL_ON
from fluxstatus.commands.options import SnapshotInput
from fluxstatus.model.findings import Exit
from tests.base.masking.credentials import CREDENTIALS
from tests.conftest import RECORDED, Program
from tests.fakes.scripted import RESOURCES, Answer, Api, changed, cut, forbidden, not_found, status
from tests.kubernetes.flux_objects import git_repository
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import condition, make
from tests.planting import HOSTILE, MARK
from tests.report.test_hostile import unmarked

HEALTHY = RECORDED / "cluster-healthy.json.gz"
BROKEN = RECORDED / "cluster-sync-auth-failing.json.gz"
ZOO = RECORDED / "zoo.json.gz"
EVERYTHING = '[[accept]]\ncode = "*"\nreason = "all is known"\nuntil = 2999-12-31\n'
KNOWN = f"{RESOURCES['ConfigMap'].inside('apps')}/known"
HEALTHY_CODE, UNHEALTHY, USAGE = Exit.HEALTHY, Exit.UNHEALTHY, Exit.USAGE


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    file = tmp_path / "known.toml"
    file.write_text(EVERYTHING)
    return file


# --accept


def test_accepted_faults_do_not_fail(flux_status: Program, file: Path) -> None:
    """The exit code is 0, and JSON has what is accepted; -o json and text agree."""
    assert flux_status("--from", BROKEN).returncode == UNHEALTHY
    done = flux_status("--from", BROKEN, "--accept", file, "-o", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"]) == (HEALTHY_CODE, "pass")
    assert document["summary"]["accepted"] == len(document["acceptance"]["accepted"]) > 0
    assert document["summary"]["fail"] == document["summary"]["blocked"] == 0
    text = flux_status("--from", BROKEN, "--accept", file)
    assert (text.returncode, " accept " in text.stdout) == (HEALTHY_CODE, True)
    assert flux_status("--from", BROKEN, "--accept", file, "--prompt").stdout == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (EVERYTHING.replace("until = 2999-12-31\n", ""), "entry 1 (line 1): until is missing"),
        (f"{EVERYTHING}\n[[accept]\n", "line 6"),
        ("\udcff", "line 1 is not UTF-8 text"),
        (" " * (1 << 20) + "\n", "is larger than 1048576 bytes"),
    ],
)
def test_a_malformed_file_is_wrong_usage(
    flux_status: Program, file: Path, content: str, message: str
) -> None:
    """The error has the file and the line, and nothing is checked."""
    file.write_bytes(content.encode(errors="surrogateescape"))
    done = flux_status("--from", HEALTHY, "--accept", file)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert f"{file}: " in done.stderr
    assert message in done.stderr


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_wrong_usage(
    flux_status: Program, tmp_path: Path, name: str
) -> None:
    """A file that is not there is not a list without entries; nor is a folder."""
    done = flux_status("--from", HEALTHY, "--accept", tmp_path / name)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert str(tmp_path / name) in done.stderr


def test_no_file_is_picked_up_by_itself(flux_status: Program, file: Path) -> None:
    """A pull request must not accept its own failure."""
    (file.parent / "accept.toml").write_text(EVERYTHING)
    assert flux_status("--from", BROKEN, cwd=file.parent).returncode == UNHEALTHY


@pytest.mark.parametrize(
    ("known", "saved", "text"),
    [
        (Known(accept=Path("a"), accept_from="a/b"), SnapshotInput(), "mutually exclusive"),
        (Known(accept_from="a/b"), SnapshotInput(demo=True), "cannot be used with --demo"),
        (Known(), SnapshotInput(), "--fail-on new requires --since-snapshot"),
    ],
)
def test_options_that_exclude_each_other(known: Known, saved: SnapshotInput, text: str) -> None:
    """The message names the options."""
    assert text in known.conflict(saved, fail_on_new=True)


# --fail-on and --since-snapshot


@pytest.mark.parametrize("words", [["fail"], ["fail,warn"], ["warn", "--fail-on", "progressing"]])
def test_fail_on_takes_a_list(flux_status: Program, words: list[str]) -> None:
    """Separated by commas, or repeated."""
    assert flux_status("--from", HEALTHY, "--fail-on", *words).returncode == HEALTHY_CODE


@pytest.mark.parametrize("words", ["", "warn,", "all", "fail,nwe"])
def test_another_word_of_fail_on_is_wrong_usage(flux_status: Program, words: str) -> None:
    """The message has those that there are."""
    done = flux_status("--from", HEALTHY, "--fail-on", words)
    assert done.returncode == USAGE
    names = ", ".join(f"'{one}'" for one in FAIL_ON)
    assert f" is not one of {names}\n" in done.stderr


def test_since_a_snapshot_or_a_report(flux_status: Program, tmp_path: Path) -> None:
    """Both files give the same result; what is known does not fail `--fail-on new`."""
    report = tmp_path / "old.json"
    report.write_text(flux_status("--from", BROKEN, "-o", "json").stdout)
    for old in (BROKEN, report):
        since = ("--from", BROKEN, "--since-snapshot", old)
        assert flux_status(*since).returncode == UNHEALTHY
        assert flux_status(*since, "--fail-on", "new").returncode == HEALTHY_CODE
        changes = json.loads(flux_status(*since, "-o", "json").stdout)["changes"]
        assert (changes["new"], changes["gone"], len(changes["still"]) > 0) == ([], [], True)
        assert changes["source"] == str(old)


def test_what_is_new_fails(flux_status: Program) -> None:
    """Since the cluster was healthy."""
    done = flux_status("--from", BROKEN, "--since-snapshot", HEALTHY, "--fail-on", "new")
    assert done.returncode == UNHEALTHY
    assert "new: " in done.stdout


def test_a_report_with_its_keys_in_another_order(flux_status: Program, tmp_path: Path) -> None:
    """`jq -S` sorts them, so schemaVersion is among the last; a sorted snapshot stays one."""
    report, saved = tmp_path / "old.json", tmp_path / "snapshot.json"
    document = json.loads(flux_status("--from", BROKEN, "-o", "json").stdout)
    document["findings"][0]["title"] = '"format": "flux-status-snapshot"'  # words of a cluster
    report.write_text(json.dumps(document, sort_keys=True, indent=2))
    known = json.loads(gzip.decompress(BROKEN.read_bytes()))
    known["answers"]["flux"] = {"items": [], "unread": None, "namespaces": ['"schemaVersion"']}
    saved.write_text(json.dumps(known, sort_keys=True, indent=2))
    for old in (report, saved):
        since = ("--from", BROKEN, "--since-snapshot", old, "--fail-on", "new", "-o", "json")
        done = flux_status(*since)
        assert (done.returncode, done.stderr) == (HEALTHY_CODE, "")
        assert json.loads(done.stdout)["changes"]["still"]


@pytest.mark.parametrize("content", ["", "{}", "<html>", '{"schemaVersion": 3}'])
def test_a_foreign_file_is_wrong_usage(flux_status: Program, tmp_path: Path, content: str) -> None:
    """So is one that is missing."""
    old = tmp_path / "old"
    old.write_text(content)
    for file in (old, tmp_path / "missing"):
        done = flux_status("--from", HEALTHY, "--since-snapshot", file)
        assert (done.returncode, done.stdout, str(file) in done.stderr) == (USAGE, "", True)


# --accept-from


class Live:
    """The check of a scripted cluster that has a fault, run in this process."""

    def __init__(self, api: Api, capsys: pytest.CaptureFixture[str]) -> None:
        self.api, self._capsys = api, capsys

    def accept(self, text: str, key: str = "accept.toml") -> None:
        """Put *text* into the ConfigMap."""
        now = datetime.now(UTC)
        self.api.put(make("v1", "ConfigMap", "known", now, namespace="apps", data={key: text}))

    def check(self, monkeypatch: pytest.MonkeyPatch, *more: str) -> tuple[int, Any]:
        """Return the exit code and the report."""
        words = ["flux-status", "--accept-from", "apps/known", "-o", "json", *more]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as end:
            run()
        return int(end.value.code or 0), json.loads(self._capsys.readouterr().out)


@pytest.fixture(name="live")
def _live(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Live]:
    now = datetime.now(UTC)  # the program looks at the clock
    source = git_repository("apps", "git", now, url="https://git.example.com/app.git")
    failed = condition("Ready", "False", "GitOperationFailed", "authentication required", now)
    source["status"]["conditions"] = [failed]
    api.put(*flux_system(now), source)
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield Live(api, capsys)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("accept.toml", EVERYTHING),
        ("accept.json", '{"accept": [{"code": "*", "reason": "x", "until": "2999-12-31"}]}'),
    ],
)
def test_a_config_map_accepts(
    live: Live, monkeypatch: pytest.MonkeyPatch, key: str, text: str
) -> None:
    """Its key is accept.toml or accept.json; it is read once, with a GET."""
    live.accept(text, key)
    code, report = live.check(monkeypatch)
    assert (code, report["summary"]["accepted"]) == (HEALTHY_CODE, 1)
    assert report["acceptance"]["source"] == "ConfigMap apps/known"
    assert [one.path for one in live.api.requests].count(KNOWN) == 1


NOT_READ: dict[str, tuple[Answer, str]] = {
    "forbidden": (forbidden, "missing permission: get configmaps"),
    "missing": (not_found, "404: there is no such ConfigMap"),
    "an error": (status(500, "InternalError", retry_after="60"), "500"),
    "cut off": (cut, "was cut off"),
    "another object": (changed({"kind": "Pet"}), "is not the requested object"),
    "another name": (changed({"metadata": {"name": "x"}}), "is not the requested object"),
    "no data": (changed({"data": None}), "it has no key accept.toml or accept.json"),
    "no text": (changed({"data": {"accept.toml": 7}}), "it has no key accept.toml"),
    "no list": (changed({"data": {"accept.toml": "[[accept]"}}), "line 1"),
    "no reason": (changed({"data": {"accept.toml": "[[accept]]\ncode='*'"}}), "(line 1)"),
    "no Unicode": (changed({"data": {"accept.toml": "# \ud800"}}), "not UTF-8"),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_a_config_map_that_was_not_read_accepts_nothing(
    live: Live, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """That is said with the reason, and the faults count; a healthy cluster stays healthy."""
    answer, reason = NOT_READ[name]
    live.accept(EVERYTHING)
    live.api[KNOWN] = answer
    code, report = live.check(monkeypatch)
    (note,) = report["acceptance"]["notes"]
    assert (code, report["verdict"], report["acceptance"]["accepted"]) == (UNHEALTHY, "fail", [])
    assert reason in note
    assert note.startswith("ConfigMap apps/known: ")
    assert note.endswith("; no fault is accepted")


def test_only_a_failure_is_recorded(
    live: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`next` counts the failures of a live cluster; what is accepted is none."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    state = tmp_path / "kubectl-flux-status" / "state.json"
    assert live.check(monkeypatch)[0] == UNHEALTHY
    assert len(json.loads(state.read_text())["failures"]) == 1
    state.unlink()
    live.accept(EVERYTHING)
    assert live.check(monkeypatch)[0] == HEALTHY_CODE
    assert not state.exists()


def test_a_config_map_is_not_saved(
    live: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A snapshot has no content of ConfigMaps."""
    live.accept(EVERYTHING)
    file = tmp_path / "saved.json"
    assert live.check(monkeypatch, "--save", str(file))[0] == HEALTHY_CODE
    assert "all is known" not in file.read_text()


@pytest.mark.parametrize("name", ["known", "apps/", "/known", "a/b/c", ""])
def test_a_config_map_has_a_namespace(flux_status: Program, name: str) -> None:
    """Another word is a usage error, before anything is read."""
    done = flux_status(f"--accept-from={name}")
    assert done.returncode == (USAGE if name else Exit.NO_VERDICT)
    assert (f"{name!r} is not NS/CONFIGMAP" in done.stderr) is bool(name)


def test_words_of_a_config_map_are_data(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile text in it is only in strings that the schema calls data, and masked."""
    credential = next(one for one in CREDENTIALS if one.text.isalnum())
    words = json.dumps(f"{HOSTILE.replace(chr(0xD800), '')} {credential.text}")
    entry = f'{{"object": "*/*/*", "code": "*", "reason": {words}, "until": "2999-12-31"}}'
    other = f'{{"code": {words}, "reason": "x", "until": "2000-01-01"}}'
    live.accept(f'{{"accept": [{entry}, {other}]}}', "accept.json")
    code, report = live.check(monkeypatch)
    assert (code, report["summary"]["accepted"]) == (HEALTHY_CODE, 1)
    assert MARK in report["acceptance"]["accepted"][0]["reason"]
    assert MARK in report["acceptance"]["notes"][0]
    assert unmarked(report, "fluxstatus.report") == set()
    assert credential.secret not in json.dumps(report)

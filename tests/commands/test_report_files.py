"""`--report FORMAT=FILE`: the report in more formats, each in a file of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer import BadParameter

from fluxstatus.commands.options import CheckDisplay
from fluxstatus.commands.report_files import FORMATS, ReportFile, report_file, write
from fluxstatus.report import RENDER, Format, Look
from tests.conftest import RECORDED, ROOT, Program
from tests.report.reports import SAMPLE

ZOO = RECORDED / "zoo.json.gz"


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_all_formats_are_written_beside_the_report(flux_status: Program, tmp_path: Path) -> None:
    """Each file has what -o prints; standard output and the exit code stay the same."""
    plain = flux_status("--from", ZOO)
    words = [word for form in FORMATS for word in ("--report", f"{form}={tmp_path / form}")]
    done = flux_status("--from", ZOO, *words)
    assert (done.stdout, done.stderr, done.returncode) == (plain.stdout, "", 1)
    for form in FORMATS:
        printed = flux_status("--from", ZOO, "-o", form)
        assert printed.returncode == 1
        assert (tmp_path / form).read_text(encoding="utf-8") == printed.stdout, form
    assert {file.name for file in tmp_path.iterdir()} == set(FORMATS)


def test_a_json_file_is_never_brief(flux_status: Program, tmp_path: Path) -> None:
    """With --brief, a JSON file is still the whole report, whose schema programs know."""
    file = tmp_path / "report.json"
    done = flux_status("--from", ZOO, "--brief", "-o", "json", "--report", f"json={file}")
    assert "causes" in json.loads(done.stdout)
    assert file.read_text() == flux_status("--from", ZOO, "-o", "json").stdout


@pytest.mark.parametrize("form", FORMATS)
def test_a_pipe_gets_no_color(flux_status: Program, form: str) -> None:
    """No format is colored in a pipe or with NO_COLOR, and only text with --color."""
    colored = ("text", "wide")
    for env, words in (({}, ()), ({"NO_COLOR": "1"}, ()), ({}, ("--color", "always"))):
        done = flux_status("--demo", "-o", form, *words, env=env)
        assert (done.returncode, done.stderr) == (1, "")
        assert ("\x1b" in done.stdout) is (bool(words) and form in colored)


@pytest.mark.parametrize("form", FORMATS)
def test_an_ascii_terminal_gets_ascii(flux_status: Program, form: str) -> None:
    """Every format can be printed where the encoding is ASCII."""
    done = flux_status("--demo", "-o", form, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr, done.stdout.isascii()) == (1, "", True)


@pytest.mark.parametrize("name", ["cluster-healthy", "cluster-empty-no-flux", "zoo"])
def test_the_exit_code_is_that_of_the_check(flux_status: Program, name: str) -> None:
    """Every format has the exit code of the check."""
    file = RECORDED / f"{name}.json.gz"
    codes = {flux_status("--from", file, "-o", form).returncode for form in FORMATS}
    assert codes == {flux_status("--from", file).returncode}


def test_a_file_is_readable_by_others(tmp_path: Path) -> None:
    """A new file has the mode of any new file, and an old one keeps its own: others collect it."""
    new, old = tmp_path / "new.prom", tmp_path / "old.prom"
    old.write_text("old")
    old.chmod(0o640)
    files = [ReportFile(Format.METRICS, new), ReportFile(Format.METRICS, old)]
    assert list(write(files, SAMPLE, Look())) == []
    assert [file.stat().st_mode & 0o777 for file in (new, old)] == [0o644, 0o640]
    assert new.read_text() == old.read_text() == RENDER[Format.METRICS](SAMPLE, Look())


def test_a_link_is_kept(tmp_path: Path) -> None:
    """What a symbolic link leads to is replaced."""
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    link.symlink_to(target)
    assert list(write([ReportFile(Format.JSON, link)], SAMPLE, Look())) == []
    assert link.is_symlink()
    assert json.loads(target.read_text())["verdict"] == "fail"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    """One file that cannot be written leaves the others, and no draft."""
    gone = ReportFile(Format.JSON, tmp_path / "gone" / "x.json")
    there = ReportFile(Format.JSON, tmp_path / "there.json")
    [problem] = write([gone, there], SAMPLE, Look())
    assert problem == f"{gone.path} could not be written: No such file or directory"
    assert list(tmp_path.iterdir()) == [there.path]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("junit", "'junit' is not in the form FORMAT=FILE; for example: junit=report.xml"),
        ("junit=", "'junit=' is not in the form FORMAT=FILE; for example: junit=report.xml"),
        ("junitt=x", "'junitt' is not a format; did you mean 'junit'?"),
        ("tap=x", "'tap' is not a format; the formats are text, wide, json, yaml, junit"),
    ],
)
def test_an_unknown_format_is_a_mistake(text: str, reason: str) -> None:
    """What is no format gets one sentence, with what is meant."""
    with pytest.raises(BadParameter) as error:
        report_file(text)
    assert error.value.message.startswith(reason)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("/nowhere/x", "directory /nowhere does not exist"),
        ("/", "it is not a regular file"),
        ("/dev/null", "it is not a regular file"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_file_that_cannot_be_is_a_mistake(flux_status: Program, file: str, reason: str) -> None:
    """It is said before the check, with exit code 2."""
    done = flux_status("--demo", "--report", f"json={file}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"Error: {file} cannot be written: {reason}\n")


def test_no_file_is_written_twice(flux_status: Program, tmp_path: Path) -> None:
    """Neither two formats under two names, nor the file of another option, which it would erase."""
    (tmp_path / "link.xml").symlink_to(tmp_path / "x.xml")
    files = {name: tmp_path / name for name in ("x.xml", "link.xml", "accept.toml")}
    files["accept.toml"].write_text("")
    twice = ("--report", f"json={files['x.xml']}", "--report", f"junit={files['link.xml']}")
    accepted = ("--accept", files["accept.toml"], "--report", f"json={files['accept.toml']}")
    for words, reason in (
        (twice, "--report cannot write two formats to"),
        (accepted, f"{files['accept.toml']}, which is the file of --accept"),
    ):
        done = flux_status("--demo", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert reason in done.stderr
    assert files["accept.toml"].read_text() == ""
    assert not files["x.xml"].exists()


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "printed"])
def test_the_output_is_not_replaced(tmp_path: Path, name: str) -> None:
    """What is printed would be lost if its file was replaced."""
    printed = tmp_path / "printed"
    argv = [sys.executable, "-m", "fluxstatus", "--demo", "--report", f"json={name}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with printed.open("wb") as file:
        done = subprocess.run(
            argv, check=False, cwd=tmp_path, env=env, stdout=file, stderr=subprocess.PIPE
        )
    assert done.returncode == 2
    assert b"the output of this command goes there; select its format with -o" in done.stderr
    assert [*tmp_path.iterdir()] == [printed]


def test_a_link_to_nowhere_is_a_mistake(flux_status: Program, tmp_path: Path) -> None:
    """It is said before the check, as without the link."""
    (tmp_path / "link").symlink_to(tmp_path / "missing" / "x.json")
    done = flux_status("--demo", "--report", f"json={tmp_path / 'link'}")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"directory {tmp_path / 'missing'} does not exist" in done.stderr


def test_a_format_and_a_file_may_have_any_name() -> None:
    """Only the first equals sign divides them."""
    assert report_file("junit=a=b.xml") == ReportFile(Format.JUNIT, Path("a=b.xml"))


def test_what_cannot_be_combined() -> None:
    """Two formats need two files; --brief is text; a document is no stream of changes."""
    one = ReportFile(Format.JSON, Path("x"))
    twice = CheckDisplay(report=[one, one._replace(format=Format.YAML)])
    assert twice.conflict(watch=False, used={}) == "--report cannot write two formats to x"
    brief = CheckDisplay(output=Format.JUNIT, brief=True)
    assert brief.conflict(watch=False, used={}).startswith("--brief cannot be used with -o junit")
    document = CheckDisplay(output=Format.METRICS)
    assert document.conflict(watch=False, used={}) == ""
    assert "--report metrics=FILE can" in document.conflict(watch=True, used={})
    assert CheckDisplay(output=Format.JSON, report=[one]).conflict(watch=True, used={}) == ""

"""Names, files and parts of a fleet."""

from pathlib import Path

import pytest

from fluxstatus.cluster.contexts import Context
from fluxstatus.commands.contexts import SelectionError
from fluxstatus.commands.fleet.jobs import Job
from fluxstatus.commands.fleet.selection import (
    Chosen,
    Shard,
    expected_in,
    from_files,
    saving,
    shard_of,
)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.json.gz", "b.json"], ["a", "b"]),
        (["x/report.json", "y/report.json"], ["x/report.json", "y/report.json"]),
    ],
)
def test_files_have_different_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], names: list[str]
) -> None:
    """The name of the file without its format, or the path if that is not enough."""
    monkeypatch.chdir(tmp_path)
    for file in files:
        Path(file).parent.mkdir(exist_ok=True)
        Path(file).touch()
    assert [one.job.name for one in from_files(files)] == names


def test_a_file_that_is_named_twice_is_one(tmp_path: Path) -> None:
    """Patterns may overlap."""
    (tmp_path / "a.json").touch()
    (tmp_path / "folder.json").mkdir()
    found = from_files([f"{tmp_path}/*.json", f"{tmp_path}/a.json"])
    assert [one.job.name for one in found] == ["a"]


def test_a_link_is_no_other_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder may have a link to the latest snapshot, and a path may be written in two ways."""
    monkeypatch.chdir(tmp_path)
    Path("a.json").touch()
    Path("latest.json").symlink_to("a.json")
    found = from_files(["*.json", "./a.json", f"{tmp_path}/a.json"])
    assert [one.origin for one in found] == ["a.json"]


def test_a_name_with_brackets_is_a_file(tmp_path: Path) -> None:
    """A file that is there is never taken for a pattern."""
    (tmp_path / "a[1].json").touch()
    assert [one.job.name for one in from_files([f"{tmp_path}/a[1].json"])] == ["a[1]"]


@pytest.mark.parametrize("number", range(1, 8))
def test_each_cluster_is_in_one_part(number: int) -> None:
    """The parts are disjoint and complete, and differ by one at most."""
    names = {f"c{n}" for n in range(20)}
    parts = [Shard(n, number).names(names) for n in range(number)]
    assert set().union(*parts) == names
    assert sum(map(len, parts)) == len(names)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(
    "text", ["", "3/3", "4/3", "01/3", "1", "1/0", "1/2/3", "-1/2", "a/b", "1/99999"]
)
def test_what_is_no_part(text: str) -> None:
    """It is refused."""
    with pytest.raises(ValueError, match="is not a shard"):
        shard_of(text)


def test_expected_names_have_comments(tmp_path: Path) -> None:
    """One name on each line, once."""
    file = tmp_path / "names"
    file.write_text("# all\na\n\n b  # the second\na\n")
    assert expected_in(file) == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff"])
def test_a_list_without_names_is_an_error(tmp_path: Path, content: bytes) -> None:
    """Nothing expected is hardly meant."""
    (tmp_path / "names").write_bytes(content)
    with pytest.raises(SelectionError):
        expected_in(tmp_path / "names")


def chosen(*names: str) -> list[Chosen]:
    """Return contexts of these names."""
    return [Chosen(Job(name, context=name), Context(name)) for name in names]


def test_files_of_contexts_are_safe(tmp_path: Path) -> None:
    """A context cannot choose the folder, or hide its file."""
    names = ("arn:aws:eks:eu-1:12:cluster/prod", "../../x", ".hidden")
    files = [Path(one.job.save) for one in saving(chosen(*names), f"{tmp_path}/{{context}}.gz")]
    assert {file.parent for file in files} == {tmp_path}
    assert [file.name for file in files] == [
        "arn_aws_eks_eu-1_12_cluster_prod.gz", "__.._x.gz", "_hidden.gz",
    ]  # fmt: skip


def test_two_clusters_in_one_file_are_refused(tmp_path: Path) -> None:
    """Neither would be what the file says."""
    with pytest.raises(SelectionError, match="two clusters"):
        saving(chosen("a/b", "a:b"), f"{tmp_path}/{{context}}.gz")
    assert saving(chosen("a"), f"{tmp_path}/now.gz")[0].job.save == f"{tmp_path}/now.gz"

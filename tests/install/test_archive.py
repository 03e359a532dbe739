"""The archive: what is in it, that it is the same again, and that it can be verified."""

import hashlib
import json
import os
import py_compile
import re
import shutil
import sys
import tarfile
import tomllib
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fluxstatus import __version__
from fluxstatus.commands.version.integrity import MANIFEST
from shipping import archive, manifests, version
from tests.install.fixtures import NAME, NEW_PYTHON, ROOT, has_pip, pythons, run, unpack

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="session", name="members")
def _members(tarball: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(tarball) as tar:
        return tar.getmembers()


# What is in it


def test_name_and_size(tarball: Path) -> None:
    """It is named by the version, and small."""
    assert tarball.name == f"{NAME}-v{__version__}.tar.gz"
    assert tarball.stat().st_size < 2_000_000


def test_krew_can_unpack_it(members: list[tarfile.TarInfo]) -> None:
    """It has plain files only, no path leaves it, and all may read them."""
    assert all(member.isreg() for member in members)
    assert not [
        member.name for member in members if ".." in member.name or member.name.startswith("/")
    ]
    modes = {member.name: member.mode for member in members}
    programs = {name for name, mode in modes.items() if mode == 0o755}
    assert programs == {NAME, "completions/kubectl_complete-flux_status"}
    assert {mode for name, mode in modes.items() if name not in programs} == {0o644}


def test_it_has_all(members: list[tarfile.TarInfo]) -> None:
    """The packages, completions, the manual and the licences are there, and nothing native."""
    names = {member.name for member in members}
    assert {"LICENSE", "README.md", MANIFEST, "lib/fluxstatus/cli.py"} <= names
    assert "lib/fluxstatus/py.typed" not in names  # it is an application
    data = {
        "demo.json.gz",
        "base/masking/words.tsv",
        "commands/completion/words.tsv",
        "knowledge/rules.tsv",
    }
    assert {f"lib/fluxstatus/{name}" for name in data} <= names
    assert {f"completions/{file.name}" for file in (ROOT / "completions").iterdir()} <= names
    assert "docs/kubectl-flux_status.1" in names
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= names
    assert not [name for name in names if name.endswith((".so", ".pyc", ".dylib"))]
    packages = {name.split("/")[1] for name in names if ".dist-info/" in name}
    licensed = {n.split("/")[1] for n in names if re.search(r"\.dist-info/.*LICEN[CS]E", n)}
    assert packages == licensed


def test_no_link_of_the_documentation_is_dead(tarball: Path) -> None:
    """Each link and picture is in the archive, or leads to the same file in the repository."""
    with tarfile.open(tarball) as tar:
        names = set(tar.getnames())
        pages = {name: tar.extractfile(name) for name in names if name.endswith(".md")}
        texts = {name: file.read().decode() for name, file in pages.items() if file}
    links = [
        (name, link) for name, text in texts.items() if "/" not in name.removeprefix("docs/")
        for link in re.findall(r"\]\(([^)#\s]+)", text)
    ]  # fmt: skip
    assert len(links) > 50
    elsewhere = f"{version.homepage()}/blob/{version.TAG}/"
    for name, link in links:
        if link.startswith(elsewhere):
            assert (ROOT / link.removeprefix(elsewhere)).exists(), (name, link)
        elif not link.startswith("https://"):
            assert os.path.normpath(Path(name).parent / link) in names, (name, link)


def test_pip_installs_the_documentation() -> None:
    """The wheel has the README and all pages and pictures of docs/."""
    shared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    files = shared["targets"]["wheel"]["shared-data"]
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*.svg")]
    assert len(pages) > 10
    for page in pages:
        name = f"docs/{page.name}"
        assert files[name] == f"share/doc/kubectl-flux-status/{name}"
    assert "README.md" in files


def test_lock_is_of_the_project() -> None:
    """The lock has each dependency of pyproject.toml, in a version that is allowed, with hashes."""
    text = archive.LOCK.read_text()
    locked = dict(re.findall(r"^([\w.-]+)==(\S+) \\\n    --hash=sha256:", text, re.MULTILINE))
    for dependency in map(Requirement, PROJECT["dependencies"]):
        assert dependency.specifier.contains(locked[canonicalize_name(dependency.name)])
    assert len(locked) == text.count("==")


def test_rich_is_not_needed(unpacked: Path) -> None:
    """What the archive leaves out is imported nowhere: not for help, not for mistakes."""
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked.parent / 'lib')!r})\n"
        """
import fluxstatus.cli as cli
from typer.main import get_command
def walk(command, words):
    for more in ["--help"], ["--nosuch"]:
        try:
            get_command(cli.app)([*words, *more])
        except SystemExit as end:
            assert end.code in (0, 2), (words, end.code)
    for name, sub in getattr(command, "commands", {}).items():
        walk(sub, [*words, name])
walk(get_command(cli.app), [])
"""
    )
    run(sys.executable, "-I", "-S", "-c", code, env={})


# The same again


def test_same_again(tarball: Path, tmp_path: Path) -> None:
    """Another build has the same bytes: of another folder, umask, time and, if there is, Python."""
    others = (one for one, new in pythons().items() if new and one != NEW_PYTHON and has_pip(one))
    copy = tmp_path / "another place"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "dist", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    for file in copy.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    script = f'umask 077; exec "{copy}/.ci/archive" "{tmp_path}/dist"'
    run(
        "sh",
        "-c",
        script,
        env={**os.environ, "PYTHON": next(others, sys.executable), "TZ": "Asia/Tokyo"},
    )
    assert (tmp_path / "dist" / tarball.name).read_bytes() == tarball.read_bytes()


def test_other_contents_have_other_dates(members: list[tarfile.TarInfo], dist: Path) -> None:
    """All files have one date, which is another as soon as one file is.

    Else a cache of Python's from one version could be taken for that of another of the same size.
    """
    manifest = (dist / MANIFEST).read_bytes()
    date = archive.date({MANIFEST: manifest})
    assert {member.mtime for member in members} == {date}
    assert archive.date({MANIFEST: manifest + b" "}) != date


# What goes with it


def test_sums(dist: Path) -> None:
    """SHA256SUMS fits, and has every file."""
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=dist)
    listed = {line.split("  ")[1] for line in (dist / "SHA256SUMS").read_text().splitlines()}
    assert listed == {file.name for file in dist.iterdir()} - {"SHA256SUMS"}


def test_manifest(dist: Path, unpacked: Path) -> None:
    """The manifest next to the archive equals the one in it, and sha256sum can check it."""
    assert (dist / MANIFEST).read_bytes() == (unpacked.parent / MANIFEST).read_bytes()
    run("sha256sum", "--check", "--strict", MANIFEST, cwd=unpacked.parent)


def test_bill_of_materials(dist: Path, tarball: Path, members: list[tarfile.TarInfo]) -> None:
    """It is valid CycloneDX, is of this archive, and lists what is in it with known licences."""
    [file] = dist.glob("*.cdx.json")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read_text()) is None
    bill = json.loads(file.read_text())
    ours = bill["metadata"]["component"]
    assert ours["hashes"][0]["content"] == hashlib.sha256(tarball.read_bytes()).hexdigest()
    components = [ours, *bill["components"]]
    packages = {f"{one['name']}-{one['version']}".replace("-", "_") for one in components}
    folders = {m.name.split("/")[1] for m in members if ".dist-info/" in m.name}
    assert packages == {name.removesuffix(".dist-info").replace("-", "_") for name in folders}
    assert all("id" in one["licenses"][0]["license"] for one in components)


def test_krew_manifest(dist: Path, tarball: Path) -> None:
    """The manifest for krew-index has the archive's hash and our version and address."""
    plugin = yaml.safe_load((dist / "flux-status.yaml").read_text())
    spec = plugin["spec"]
    [platform] = spec["platforms"]
    assert plugin["metadata"]["name"] == "flux-status"
    assert spec["version"] == version.TAG
    assert spec["homepage"] == version.homepage()
    assert platform["sha256"] == hashlib.sha256(tarball.read_bytes()).hexdigest()
    assert platform["uri"] == f"{spec['homepage']}/releases/download/{version.TAG}/{tarball.name}"
    assert len(spec["shortDescription"]) <= 50
    assert "\n" not in spec["shortDescription"]


def test_formula(dist: Path, tarball: Path) -> None:
    """The formula has the archive's hash and address, and installs only what is in it."""
    text = (dist / "kubectl-flux-status.rb").read_text()
    assert hashlib.sha256(tarball.read_bytes()).hexdigest() in text
    assert f'url "{version.homepage()}/releases/download/{version.TAG}/{tarball.name}"' in text
    assert not re.findall(r"@[A-Z]+\d*@", text)
    with tarfile.open(tarball) as tar:
        named = re.findall(r'libexec/"([^"]+)"', text)
        assert named
        assert set(named) <= set(tar.getnames())


@pytest.mark.skipif(not shutil.which("ruby"), reason="no ruby here (Debian's package is ruby)")
def test_formula_is_ruby(dist: Path) -> None:
    """Ruby can read the formula."""
    run("ruby", "-wc", dist / "kubectl-flux-status.rb")


@pytest.mark.parametrize(
    ("number", "tag"),
    [("1.2.3", "v1.2.3"), ("0.2.0rc1", "v0.2.0-rc.1"), ("1.0.0a12", "v1.0.0-alpha.12")],
)
def test_tag(number: str, tag: str) -> None:
    """A version of Python's is a tag of Semantic Versioning's, as krew wants it."""
    code = (
        f"import sys; sys.path.append({str(ROOT / '.ci')!r}); import fluxstatus; "
        f"fluxstatus.__version__ = {number!r}; from shipping.version import TAG; print(TAG)"
    )
    assert run(sys.executable, "-c", code).stdout == f"{tag}\n"


def test_template_for_the_bot() -> None:
    """The bot's template has only placeholders that the bot knows."""
    text = manifests.KREW.read_text()
    rest = re.sub(r"{{ \.TagName }}|{{addURIAndSha .* \.TagName }}", "", text)
    assert "{{" not in rest


# Verifying


@pytest.fixture(name="launcher")
def _launcher(tarball: Path, tmp_path: Path) -> Path:
    """Return the launcher of an unpacked archive that may be damaged."""
    return unpack(tarball, tmp_path / "unpacked")


def verify(launcher: Path, code: int) -> dict[str, str]:
    """Let it verify itself, and give how each path differs."""
    done = run(launcher, "version", "--verify", "-o", "json", code=code, env=_with_python())
    verified = json.loads(done.stdout)["verified"]
    return {one["path"]: one["how"] for one in verified["differences"]}


def _with_python() -> dict[str, str]:
    return {**os.environ, "KUBECTL_FLUX_STATUS_PYTHON": NEW_PYTHON}


def test_sound(launcher: Path) -> None:
    """After unpacking all files match the release, also once Python has written caches."""
    for _ in range(2):
        text = run(launcher, "version", "--verify", env=_with_python()).stdout
        assert re.search(r"^verify +all \d+ files match the release$", text, re.MULTILINE)
        run(launcher, "--demo", code=1, env=_with_python())


def test_damaged(launcher: Path) -> None:
    """A changed, missing or added file is named, and the code is 1."""
    packages = launcher.parent / "lib"
    changed = packages / "fluxstatus" / "model" / "kinds.py"
    changed.write_text(changed.read_text() + "# changed\n")
    (packages / "jmespath" / "lexer.pyi").write_text("")
    (launcher.parent / "LICENSE").unlink()
    (packages / "more.py").write_text("")
    found = verify(launcher, code=1)
    assert found == {
        "LICENSE": "No such file or directory",
        "lib/fluxstatus/model/kinds.py": "changed",
        "lib/jmespath/lexer.pyi": "is not part of the release",
        "lib/more.py": "is not part of the release",
    }


def test_caches_are_not_compared(launcher: Path, tmp_path: Path) -> None:
    """A compiled file is not reported, not even one of another program."""
    source = launcher.parent / "lib" / "fluxstatus" / "venv.py"  # not imported here
    other = tmp_path / "other.py"
    other.write_text("an_older_version = True\n")
    py_compile.compile(str(other), cache_from_source(str(source)), doraise=True)
    assert verify(launcher, code=0) == {}


def test_checkout_cannot_be_verified() -> None:
    """With no release to compare with, a note explains it, and the exit code is 3."""
    done = run(sys.executable, "-m", "fluxstatus", "version", "--verify", code=3)
    assert "hashes are missing" in done.stdout
    document = run(sys.executable, "-m", "fluxstatus", "version", "--verify", "-o", "json", code=3)
    assert json.loads(document.stdout)["verified"] is None


def test_nothing_of_the_machine(tarball: Path, members: list[tarfile.TarInfo]) -> None:
    """Neither a time nor a user is in the archive's heads."""
    content = tarball.read_bytes()
    assert content[3:8] == bytes(5)
    assert {(m.uid, m.gid, m.uname, m.gname) for m in members} == {(0, 0, "", "")}

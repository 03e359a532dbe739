"""krew, the real one: installs the archive, upgrades it, and leaves nothing of it behind."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from shipping import manifests
from tests.install.fixtures import NAME, NEW_PYTHON, Room, run, unpack
from tests.kubernetes import build
from tests.kubernetes.cluster import Cluster

pytestmark = pytest.mark.cluster


@pytest.fixture(name="env")
def _env(clean_room: Room, tmp_path: Path, kubectl: Path) -> dict[str, str]:
    """Return the surroundings of somebody who has kubectl, krew, git and a Python."""
    krew = build.programs("kubectl-krew")["kubectl-krew"]
    git = shutil.which("git")
    assert git
    room = clean_room(
        tmp_path / "krew" / "bin", kubectl=kubectl, kubectl__krew=krew, git=git, python3=NEW_PYTHON
    )
    return {**room, "KREW_ROOT": str(tmp_path / "krew"), "KREW_NO_UPGRADE_CHECK": "1"}


def leftovers(root: Path) -> list[Path]:
    """Return what of the plugin is in krew's folders."""
    return [path for path in root.rglob("*") if "flux" in path.name and "index" not in path.parts]


def test_install_and_uninstall(
    env: dict[str, str], dist: Path, tarball: Path, cluster: Cluster
) -> None:
    """It installs in one command, runs through krew's link, verifies, and goes without a trace."""
    (Path(env["KREW_ROOT"]) / "index" / "default" / ".git").mkdir(parents=True)
    manifest = f"--manifest={dist / 'flux-status.yaml'}"
    result = run("kubectl", "krew", "install", manifest, f"--archive={tarball}", env=env)
    assert "Caveats" in result.stderr
    flux_status = ("kubectl", "flux-status")
    assert run(*flux_status, "--version", env=env).stdout.startswith("kubectl flux-status ")
    assert "fail" in run(*flux_status, "--demo", env=env, code=1).stdout
    assert "match the release" in run(*flux_status, "version", "--verify", env=env).stdout
    live = {**env, "KUBECONFIG": str(cluster.kubeconfig("admin"))}
    assert "cluster" in run(*flux_status, env=live, code=1).stdout
    assert "warning" not in run("kubectl", "plugin", "list", env=env).stderr
    run("kubectl", "krew", "uninstall", "flux-status", env=env)
    assert leftovers(Path(env["KREW_ROOT"])) == []


def test_wrong_archive(env: dict[str, str], dist: Path, tarball: Path, tmp_path: Path) -> None:
    """An archive with other bytes than were released is refused by its hash."""
    other = tmp_path / "other.tar.gz"
    other.write_bytes(tarball.read_bytes() + b"\0")
    manifest = f"--manifest={dist / 'flux-status.yaml'}"
    done = subprocess.run(
        ["kubectl", "krew", "install", manifest, f"--archive={other}"],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "checksum" in done.stderr
    assert leftovers(Path(env["KREW_ROOT"])) == []


def test_upgrade(
    env: dict[str, str], dist: Path, tarball: Path, server: str, tmp_path: Path
) -> None:
    """From an index: the older version first, then `krew upgrade` brings the one that was built."""
    index = tmp_path / "index"
    plugin = index / "plugins" / "flux-status.yaml"
    plugin.parent.mkdir(parents=True)
    env["KREW_DEFAULT_INDEX_URI"] = str(index)
    _git(index, env, "init", "--quiet")
    older = older_archive(tarball, tmp_path)
    shutil.copy(older, dist / older.name)
    try:
        uri = f"{server}/{older.name}"
        sha256 = hashlib.sha256(older.read_bytes()).hexdigest()
        _publish(index, env, manifests.krew("v0.0.1", sha256, uri))
        run("kubectl", "krew", "update", env=env)
        run("kubectl", "krew", "install", "flux-status", env=env)
    finally:
        (dist / older.name).unlink()
    assert run("kubectl", "flux-status", "--version", env=env).stdout == "an older version\n"
    sha256 = hashlib.sha256(tarball.read_bytes()).hexdigest()
    _publish(index, env, manifests.krew("v99.0.0", sha256, f"{server}/{tarball.name}"))
    run("kubectl", "krew", "upgrade", env=env)
    assert run("kubectl", "flux-status", "--version", env=env).stdout.startswith("kubectl flux-s")
    assert not [*Path(env["KREW_ROOT"]).glob("store/flux-status/v0.0.1")]


def older_archive(tarball: Path, folder: Path) -> Path:
    """Make an archive of an older version: the same, with another launcher."""
    launcher = unpack(tarball, folder / "older")
    launcher.write_text("#!/bin/sh\necho an older version\n")
    older = folder / f"{NAME}-v0.0.1.tar.gz"
    run("tar", "-czf", older, "-C", launcher.parent, ".")
    return older


def _publish(index: Path, env: dict[str, str], manifest: str) -> None:
    (index / "plugins" / "flux-status.yaml").write_text(manifest)
    _git(index, env, "add", ".")
    author = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
    _git(index, env, *author, "commit", "--quiet", "--message", "flux-status")


def _git(index: Path, env: dict[str, str], *arguments: str) -> None:
    run("git", "-C", index, *arguments, env=env)


def test_krew_index_would_take_it(
    env: dict[str, str], dist: Path, tarball: Path, server: str, tmp_path: Path
) -> None:
    """What checks pull requests to krew-index finds nothing wrong, and installs it everywhere."""
    text = (dist / "flux-status.yaml").read_text()
    uri = yaml.safe_load(text)["spec"]["platforms"][0]["uri"]
    manifest = tmp_path / "flux-status.yaml"
    manifest.write_text(text.replace(uri, f"{server}/{tarball.name}"))
    check = build.programs("validate-krew-manifest")["validate-krew-manifest"]
    done = run(check, "-manifest", manifest, env={**env, "KUBECONFIG": os.devnull})
    assert "all 1 spec.platforms installed fine" in done.stderr


@pytest.mark.parametrize(
    ("system", "code"),
    [("darwin/arm64", 0), ("darwin/amd64", 0), ("linux/arm64", 0), ("windows/amd64", 1)],
)
def test_systems(env: dict[str, str], dist: Path, tarball: Path, system: str, code: int) -> None:
    """The plugin installs on Linux and macOS with any processor; krew rejects other systems."""
    env["KREW_OS"], env["KREW_ARCH"] = system.split("/")
    manifest = f"--manifest={dist / 'flux-status.yaml'}"
    run("kubectl", "krew", "install", manifest, f"--archive={tarball}", env=env, code=code)

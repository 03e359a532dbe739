"""The skill and the marketplace, as the programs of the recipes read them: from a checkout."""

import os
import shutil
from pathlib import Path

import pytest

from tests.clients.test_real_clients import REAL, from_npm, installed
from tests.install.fixtures import ROOT, run

pytestmark = pytest.mark.clients


@pytest.fixture(name="repository")
def _repository(tmp_path: Path) -> Path:
    """Return a copy of what of the repository matters to them."""
    for name in (".claude-plugin", "skills"):
        shutil.copytree(ROOT / name, tmp_path / "repository" / name)
    return tmp_path / "repository"


def test_npx_skills(repository: Path, tmp_path: Path) -> None:
    """`npx skills add` finds the one skill, and installs it as it is."""
    skills = from_npm("skills@1.7.4", "node_modules/.bin/skills")
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "DISABLE_TELEMETRY": "1"}
    words = ("--global", "--agent", "claude-code", "--yes", "--copy")
    run(skills, "add", repository, *words, env=env, cwd=tmp_path)
    ours = (repository / "skills" / "flux-status" / "SKILL.md").read_text()
    [installed_skill] = (tmp_path / ".claude" / "skills").glob("*/SKILL.md")
    assert installed_skill.read_text() == ours


def test_claude_plugin(repository: Path, tmp_path: Path) -> None:
    """`claude plugin` finds nothing wrong with the marketplace, and installs the skill from it."""
    claude = installed(REAL["claude-code"])
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    checked = run(claude, "plugin", "validate", repository, env=env, cwd=tmp_path).stdout
    assert "Validation passed" in checked
    assert "warning" not in checked
    run(claude, "plugin", "marketplace", "add", repository, env=env, cwd=tmp_path)
    run(claude, "plugin", "install", "flux-status@kubectl-flux-status", env=env, cwd=tmp_path)
    assert "flux-status" in run(claude, "plugin", "list", env=env, cwd=tmp_path).stdout
    [skill] = (tmp_path / ".claude" / "plugins" / "cache").rglob("flux-status/SKILL.md")
    assert skill.read_text() == (ROOT / "skills" / "flux-status" / "SKILL.md").read_text()

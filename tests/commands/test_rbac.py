"""`rbac`: the ClusterRole for the check, wherever the program was installed from."""

import re
from pathlib import Path

import yaml

import fluxstatus
from fluxstatus.commands import rbac
from tests.conftest import ROOT, Program


def test_it_prints_the_role(flux_status: Program) -> None:
    """Standard output is the ClusterRole, for kubectl apply; no cluster and no kubectl needed."""
    done = flux_status("rbac", env={"PATH": "/nowhere"})
    assert (done.returncode, done.stderr) == (0, "")
    role = yaml.safe_load(done.stdout)
    assert (role["kind"], role["metadata"]["name"]) == ("ClusterRole", "flux-status")
    assert done.stdout == rbac.ROLE.read_text(encoding="utf-8")


def test_it_is_in_the_package() -> None:
    """Every package has the file, and there is no other copy of it."""
    package = Path(fluxstatus.__file__).parent
    assert rbac.ROLE.is_relative_to(package)
    others = [file for file in (ROOT / "docs").iterdir() if re.search("role|rbac", file.name)]
    assert others == []


def test_a_missing_permission_leads_to_it() -> None:
    """No text of the program names a file that only a checkout has."""
    files = [*Path(fluxstatus.__file__).parent.rglob("*.py")]
    assert len(files) > 100
    for file in files:
        assert "docs/rbac" not in file.read_text(encoding="utf-8"), file

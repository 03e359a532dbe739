"""What the documents say is so."""

import re
import runpy
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from fluxstatus.checks import STEPS
from fluxstatus.cluster.queries import FURTHER
from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit
from fluxstatus.model.kinds import FLUX_GROUPS
from tests.conftest import RECORDED, ROOT, Program
from tests.kubernetes.cluster import Cluster
from tests.live.program import flux_status as live
from tests.live.replay import namespaces, objects

README = (ROOT / "README.md").read_text(encoding="utf-8")
ROLE: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "rbac.yaml").read_text())


def test_readme_has_the_steps() -> None:
    """The README's table has the steps in their order."""
    assert re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE) == [step.id for step in STEPS]


def test_readme_has_the_exit_codes() -> None:
    """The README's table has every exit code."""
    assert re.findall(r"^\| (\d+) \|", README, re.MULTILINE) == [str(int(code)) for code in Exit]


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "docs/install.md", "docs/release.md"]
)
def test_documents_name_what_is_there(document: str) -> None:
    """Every file and folder that a document names exists."""
    text = (ROOT / document).read_text(encoding="utf-8")
    folders = "fluxstatus|tests|docs|completions|release|\\.ci"
    named = re.findall(rf"\]\(([^)#:]+)\)|`((?:{folders})/[\w./-]*)`", text)
    assert named
    for link, code in named:
        assert ((ROOT / document).parent / link if link else ROOT / code).exists()


def test_picture_is_of_the_demo(flux_status: Program) -> None:
    """The README's picture shows what the demo prints; CONTRIBUTING tells how to make it anew."""
    text = flux_status("--demo", "--color=always").stdout
    drawn = runpy.run_path(str(ROOT / "docs" / "picture.py"))["picture"](text)
    assert (ROOT / "docs" / "picture.svg").read_text(encoding="utf-8") == drawn


def test_manual_page_is_of_the_help() -> None:
    """The manual page says what --help does; CONTRIBUTING tells how to make it anew."""
    made = runpy.run_path(str(ROOT / "docs" / "man.py"))["page"]()
    assert (ROOT / "docs" / "kubectl-flux_status.1").read_text(encoding="utf-8") == made


@pytest.mark.skipif(not shutil.which("groff"), reason="no groff here")
def test_manual_page_is_well_formed() -> None:
    """Groff reads the manual page without a warning."""
    page = ROOT / "docs" / "kubectl-flux_status.1"
    done = subprocess.run(
        ["groff", "-man", "-ww", "-z", page], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_role_is_for_reading_flux() -> None:
    """The role has all groups of Flux, what advice asks for, get and list, and no Secret."""
    assert {group for rule in ROLE["rules"] for group in rule.get("apiGroups", ())} == {
        *FLUX_GROUPS,
        *(name.partition(".")[2] for name in FURTHER),
        "apps",
        "",
    }
    further = {
        f"{resource}.{group}"
        for rule in ROLE["rules"]
        for group in rule.get("apiGroups", ())
        for resource in rule["resources"]
    }
    assert set(FURTHER) <= further
    assert {verb for rule in ROLE["rules"] for verb in rule["verbs"]} == {"get", "list"}
    core = [rule["resources"] for rule in ROLE["rules"] if rule.get("apiGroups") == [""]]
    assert core == [["events", "pods", "services"]]


@pytest.mark.cluster
def test_role_is_enough(cluster: Cluster) -> None:
    """With the role alone everything can be read."""
    healthy = snapshot.load(RECORDED / "cluster-healthy.json.gz")
    cluster.put([*namespaces(healthy), *objects(healthy)])
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "nobody-may-check"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": ROLE["metadata"]["name"],
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "nobody"}],
    }
    cluster.apply([ROLE, binding])
    said = live(cluster.kubeconfig("nobody"), "-o", "json", "--advice")
    assert said.report["summary"]["unknown"] == 0
    assert "advice-unread" not in {finding["code"] for finding in said.report["findings"]}
    assert said.code == Exit.HEALTHY

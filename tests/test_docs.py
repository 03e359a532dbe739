"""The documentation matches the code."""

import json
import re
import runpy
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer._click.exceptions import ClickException
from typer.main import get_command

from fluxstatus.checks import STEPS
from fluxstatus.cli import app
from fluxstatus.cluster.queries import ADVICE_QUERIES, AWAITED_KINDS
from fluxstatus.commands import rbac
from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit
from fluxstatus.model.kinds import CANARY, FLUX_GROUPS
from tests.conftest import RECORDED, ROOT, Program
from tests.kubernetes.cluster import Cluster
from tests.live.program import flux_status as live
from tests.live.replay import namespaces, objects

PAGES = {
    str(file.relative_to(ROOT)): file.read_text(encoding="utf-8")
    for file in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
}
README = PAGES["README.md"]
PROGRAM: Any = get_command(app)
ROLE: dict[str, Any] = yaml.safe_load(rbac.ROLE.read_text())


def test_readme_is_short() -> None:
    """The README fits into 130 lines; everything else is in docs/."""
    assert len(README.splitlines()) <= 130


def test_readme_has_the_exit_codes() -> None:
    """The README's table has every exit code."""
    assert re.findall(r"^\| (\d+) \|", README, re.MULTILINE) == [str(int(code)) for code in Exit]


def test_usage_has_the_steps() -> None:
    """The table in docs/usage.md has the steps in their order."""
    section = PAGES["docs/usage.md"].partition("\n## The eight steps\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [step.id for step in STEPS]


def test_readme_installs_as_the_page_does() -> None:
    """Each command to install in the README is in docs/install.md, too."""
    section = README.partition("\n## Install\n")[2].partition("\n## ")[0]
    commands = [
        line for line in "".join(_blocks(section, "sh")).splitlines() if line and line[0] != "#"
    ]
    assert len(commands) >= 4
    assert set(commands) <= set(PAGES["docs/install.md"].splitlines())


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """What a page links to in this repository exists, with the heading that it names."""
    for target, anchor in _links(page):
        assert target.exists(), target
        if anchor:
            assert anchor in _anchors(target.read_text(encoding="utf-8")), (target, anchor)


def test_every_page_is_linked() -> None:
    """From the README a reader gets to all of docs/, but for the scripts that make some of it."""
    reached: set[str] = set()
    found = {"README.md"}
    while unread := found - reached:
        reached |= unread
        pages = unread & PAGES.keys()
        found |= {str(target.relative_to(ROOT)) for page in pages for target, _ in _links(page)}
    files = {str(file.relative_to(ROOT)) for file in (ROOT / "docs").iterdir() if file.is_file()}
    assert len(files) > 10
    assert {file for file in files if not file.endswith(".py")} <= reached


def test_documents_name_what_is_there() -> None:
    """Every file and folder of this repository that a page names in code exists."""
    folders = "fluxstatus|tests|docs|completions|release|\\.ci"
    named = {
        path for page in PAGES.values() for path in re.findall(rf"`((?:{folders})/[\w./-]*)`", page)
    }
    assert len(named) > 10
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_understood(page: str) -> None:
    """Each command of ours on a page has a subcommand, options and values that exist."""
    for words in _commands(PAGES[page]):
        try:
            _parse(words)
        except typer.Exit:  # --help
            continue
        except ClickException as error:
            pytest.fail(f"{' '.join(words)}: {error.format_message()}")


def test_commands_of_the_pages_are_found() -> None:
    """What the test above tries are the commands in blocks, in sentences, and in short."""
    block = "```sh\nx=$(kubectl flux-status -o json) | jq .\n```\n"
    assert _commands(f"{block}`kubectl\nflux-status ui`") == [["-o", "json"], ["ui"]]
    assert _commands("`mcp status`") == [["mcp", "status"]]
    assert sum(len(_commands(page)) for page in PAGES.values()) > 100


@pytest.mark.parametrize("line", ["--wiat 5m", "-o xml", "gte ks", "mcp setpu", "get ks --stael"])
def test_a_mistyped_command_is_not_understood(line: str) -> None:
    """An option, a value or a subcommand that does not exist is noticed."""
    with pytest.raises(ClickException):
        _parse(line.split())


@pytest.mark.parametrize("page", PAGES)
def test_examples_are_well_formed(page: str) -> None:
    """Each block of a page parses: shell, YAML and JSON."""
    for block in _blocks(PAGES[page], "sh"):
        subprocess.run(["sh", "-n", "-c", block], check=True)
    for block in _blocks(PAGES[page], "yaml"):
        assert yaml.safe_load(block)
    for block in _blocks(PAGES[page], "json"):
        assert json.loads(block)


def _blocks(page: str, language: str) -> list[str]:
    """Return the fenced blocks of *page* in *language*."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def _prose(page: str) -> str:
    """Return *page* without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def _links(page: str) -> list[tuple[Path, str]]:
    """Return the file and the anchor of each link of *page* into this repository."""
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(`+).*?\1", "", _prose(PAGES[page])))
    here = ROOT / page
    found = []
    for link in links:
        if "://" not in link:
            path, _, anchor = link.partition("#")
            found.append(((here.parent / path).resolve() if path else here, anchor))
    return found


def _anchors(page: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of *page*."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _commands(page: str) -> list[list[str]]:
    """Return the words after `kubectl flux-status` of each such command of *page*.

    In a sentence `mcp …` is short for one.
    """
    found: list[list[str]] = []
    for line in "".join(_blocks(page, "sh")).replace("\\\n", " ").splitlines():
        found += _commands_in(line)
    for code in re.findall(r"`([^`]+)`", _prose(page)):
        found += _commands_in(re.sub(r"^mcp\s", "kubectl flux-status mcp ", code))
    return found


def _commands_in(line: str) -> Iterator[list[str]]:
    line = re.sub(r"\s\d(?=[<>])", " ", line)  # the number of a stream is no word
    lexer = shlex.shlex(" ".join(line.split()), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer) if "flux-status" in line else []
    for start in range(len(words)):
        if words[start : start + 2] == ["kubectl", "flux-status"]:
            rest = takewhile(lambda word: not set(word) <= set("();<>|&"), words[start + 2 :])
            yield [word for word in rest if word != "…"]


def _parse(words: Sequence[str]) -> None:
    """Parse *words* as the command line does. Raises ClickException, typer.Exit for --help."""
    command = PROGRAM
    while commands := getattr(command, "commands", None):
        at = next((n for n, word in enumerate(words) if word in commands), len(words))
        context = typer.Context(command, resilient_parsing=True)
        _, unknown, _ = command.make_parser(context).parse_args(list(words[:at]))
        if unknown:
            raise ClickException(f"there is no command {unknown[0]}")
        if words[:at]:
            command.make_context("kubectl flux-status", list(words[:at]))
        if at == len(words):
            return
        command, words = commands[words[at]], words[at + 1 :]
    command.make_context("kubectl flux-status", list(words))


def test_picture_is_of_the_demo(flux_status: Program) -> None:
    """The README's picture is the output of the demo; CONTRIBUTING has the command to update it."""
    script = runpy.run_path(str(ROOT / "docs" / "picture.py"))
    text = flux_status(*script["SHOWN"], env={"COLUMNS": str(script["COLUMNS"])}).stdout
    drawn = script["picture"](text)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    assert len(lines) <= 30
    assert "more lines" not in text  # no message, and no URL in it, is cut
    assert (ROOT / "docs" / "picture.svg").read_text(encoding="utf-8") == drawn


def test_second_picture_is_of_the_zoo() -> None:
    """The picture of a list is what a terminal shows; CONTRIBUTING has the command to update it."""
    script = runpy.run_path(str(ROOT / "docs" / "picture.py"))
    text = script["on_terminal"](script["LISTED"])
    assert 10 < len(text.splitlines()) <= 30
    drawn = script["picture"](text, f"{script['COMMAND']} {script['LISTED']}")
    assert (ROOT / "docs" / "list.svg").read_text(encoding="utf-8") == drawn


def test_manual_page_is_of_the_help() -> None:
    """The manual page matches --help; CONTRIBUTING has the command to update it."""
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
        *(name.partition(".")[2] for name in ADVICE_QUERIES),
        "infra.contrib.fluxcd.io",
        CANARY.partition(".")[2],
        "apps",
        "batch",
        "coordination.k8s.io",
        "",
    }
    further = {
        f"{resource}.{group}"
        for rule in ROLE["rules"]
        for group in rule.get("apiGroups", ())
        for resource in rule["resources"]
    }
    assert {*ADVICE_QUERIES, CANARY} <= further
    assert {verb for rule in ROLE["rules"] for verb in rule["verbs"]} == {"get", "list"}
    core = [rule["resources"] for rule in ROLE["rules"] if rule.get("apiGroups") == [""]]
    assert core == [["events", "persistentvolumeclaims", "pods", "services"], ["namespaces"]]
    awaited = {one.permission.removeprefix("list ") for one in AWAITED_KINDS.values()}
    assert awaited <= {name.removesuffix(".") for name in further}


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
    result = live(cluster.kubeconfig("nobody"), "-o", "json", "--advice")
    assert result.report["summary"]["unknown"] == 0
    assert "advice-unread" not in {finding["code"] for finding in result.report["findings"]}
    assert [one for one in result.report["findings"] if one["level"] == "fail"] == []
    assert result.code == Exit.HEALTHY

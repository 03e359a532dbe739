"""`--contexts` of get, versions and wait."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fluxstatus.model.findings import Exit
from tests.conftest import Program
from tests.fakes.scripted import status
from tests.fakes.servers import Servers, kube_system, serving
from tests.kubernetes.flux_system import flux_system

ALL = ("--contexts", "*")


@pytest.fixture(name="two")
def _two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """Run two healthy clusters."""
    with serving(tmp_path, monkeypatch, "eu", "us") as servers:
        for name, api in servers.apis.items():
            now = datetime.now(UTC)  # the program looks at the clock
            api.put(*flux_system(now), kube_system(name))
        yield servers


def test_each_context_is_below_its_name(two: Servers, flux_status: Program) -> None:
    """In the order of the kubeconfig, each with what it prints alone."""
    done = flux_status("get", "ks", "-A", *ALL)
    assert (done.returncode, done.stderr) == (Exit.HEALTHY, "")
    alone = [flux_status("get", "ks", "-A", "--context", name).stdout for name in two.apis]
    assert done.stdout == f"context eu\n{alone[0]}\ncontext us\n{alone[1]}"


def test_a_line_with_the_context_is_enough(two: Servers, flux_status: Program) -> None:
    """Some commands begin with it themselves."""
    assert two.apis
    assert flux_status("versions", *ALL).stdout.count("context eu") == 1


def test_json_is_one_document(two: Servers, flux_status: Program) -> None:
    """With the document and the exit code of each context, or none after an error."""
    two["us"]["*"] = status(401, "Unauthorized")
    done = flux_status("get", "ks", "-A", "-o", "json", *ALL)
    eu, us = json.loads(done.stdout)["contexts"]
    assert done.returncode == Exit.NO_VERDICT
    assert (eu["context"], eu["exitCode"], us["exitCode"]) == ("eu", 0, 3)
    alone = flux_status("get", "ks", "-A", "-o", "json", "--context=eu")
    assert eu["output"] == json.loads(alone.stdout)
    assert us["output"] is None or us["output"] != eu["output"]
    assert "us: Error: " in done.stderr
    assert "401 Unauthorized" in us["errors"]


@pytest.mark.parametrize("form", ["yaml", "name"])
def test_other_programs_can_read_the_rest(two: Servers, flux_status: Program, form: str) -> None:
    """The names are comments."""
    assert two.apis
    out = flux_status("get", "ks", "-A", "-o", form, *ALL).stdout
    assert [line for line in out.splitlines() if "context" in line] == [
        "# context eu", "# context us",
    ]  # fmt: skip


def test_wait_in_each_context(two: Servers, flux_status: Program) -> None:
    """A revision that nobody has is not applied anywhere."""
    assert two.apis
    done = flux_status("wait", "--revision", "5f2ac1d", "--timeout", "1s", *ALL)
    one = flux_status("wait", "--revision", "5f2ac1d", "--timeout", "1s", "--context=eu")
    assert done.returncode == one.returncode != Exit.HEALTHY


def test_one_failure_counts_more_than_what_is_unknown(two: Servers, flux_status: Program) -> None:
    """As in a fleet."""
    two["eu"]["*"] = status(401, "Unauthorized")
    words = ("wait", "ks/flux-system", "-n", "flux-system", "--revision", "5f2ac1d")
    alone = [
        flux_status(*words, "--timeout", "1s", f"--context={name}").returncode for name in two.apis
    ]
    done = flux_status(*words, "--timeout", "1s", *ALL)
    assert Exit.NO_VERDICT in alone
    assert done.returncode == min(alone)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--contexts", "x*"], "no context matches 'x*'; the contexts are eu, us"),
        (["--contexts", "!*"], "there is no context left"),
        ([*ALL, "--context", "eu"], "--contexts and --context are mutually exclusive"),
        ([*ALL, "--demo"], "--contexts and --demo are mutually exclusive"),
        ([*ALL, "--from", "x"], "--contexts and --from are mutually exclusive"),
        ([*ALL, "--watch"], "--contexts and --watch are mutually exclusive"),
    ],
)
def test_wrong_usage(two: Servers, flux_status: Program, words: list[str], text: str) -> None:
    """It is said before any cluster is read."""
    done = flux_status("get", "ks", *words)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert text in " ".join(done.stderr.split())
    assert not any(api.requests for api in two.apis.values())


def test_words_after_two_dashes_are_arguments(two: Servers, flux_status: Program) -> None:
    """Each context is read, whatever comes last; none of its options becomes a name."""
    assert two.apis
    done = flux_status("get", "-A", *ALL, "--", "ks", "flux-system")
    assert (done.returncode, done.stderr) == (Exit.HEALTHY, "")
    alone = [
        flux_status("get", "-A", f"--context={name}", "--", "ks", "flux-system").stdout
        for name in two.apis
    ]
    assert done.stdout == f"context eu\n{alone[0]}\ncontext us\n{alone[1]}"


@pytest.mark.parametrize("form", ["table", "wide", "yaml", "name"])
def test_the_name_of_a_context_stays_on_its_line(
    two: Servers, flux_status: Program, form: str
) -> None:
    """It comes from a kubeconfig: it moves no cursor, and adds nothing to the output."""
    two.also("a\x1b[31m\nkind: Secret", "eu", server="other")
    out = flux_status("get", "ks", "-A", "-o", form, *ALL).stdout
    assert "\x1b" not in out
    assert not any(line.startswith("kind: Secret") for line in out.splitlines())
    assert "context a\\x1b[31m\\nkind: Secret\n" in out


def test_a_wrong_word_is_wrong_in_each(two: Servers, flux_status: Program) -> None:
    """The exit code says so."""
    assert two.apis
    assert flux_status("get", "zz", *ALL).returncode == Exit.USAGE

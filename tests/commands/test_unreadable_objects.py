"""One object that cannot be read does not hide the others, in any command."""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.commands.in_process import Done, running
from tests.fakes.scripted import Api, spoiled
from tests.kubernetes.flux_objects import git_repository, helm_release, kustomization
from tests.kubernetes.flux_system import flux_system

DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
BEYOND = {
    "100,000 deep": (DEEP, "is nested too deeply"),
    "lists": (b"[" * 100_000 + b"]" * 100_000, "is nested too deeply"),
    "infinite": (b"1e999", "has a number that is too large"),
    "digits": (b"9" * 10_000, "has a number with too many digits"),
    "NaN": (b"NaN", "has the value NaN, which is not JSON"),
}
"""Values in an object, and why it cannot be read."""

UNHEALTHY, UNKNOWN = 1, 3


Command: TypeAlias = Callable[..., Done]


@pytest.fixture(name="command")
def _command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Yield a function that runs a command line in this process, and unwraps its output."""
    with running(monkeypatch, capsys) as run:

        def command(line: str, *, code: int = UNKNOWN) -> Done:
            done = run(line).unwrapped
            assert done.code == code, done
            assert "bug" not in done.out + done.err
            return done

        yield command


@pytest.fixture(name="cluster", autouse=True)
def _cluster(api: Api) -> Api:
    """Return a healthy cluster with a HelmRelease that cannot be read, between others."""
    now = datetime.now(UTC)
    source = git_repository("apps", "git", now, url="https://git.example.com/app.git")
    app = kustomization("apps", "app", now, source=source, path="./")
    releases = [
        helm_release("apps", name, now, repository="charts") for name in ("ash", "beech", "cedar")
    ]
    releases[1]["spec"]["values"] = {"deep": "SPOILED"}
    api.put(*flux_system(now), source, app, *releases)
    api.kubectl.instead("logs", "exit 0")
    api["*"] = spoiled(DEEP)
    return api


def levels(done: Done) -> dict[str, set[str]]:
    """Return the levels of the findings, keyed by the name of their object."""
    found: dict[str, set[str]] = {}
    for finding in json.loads(done.out)["findings"]:
        ref = finding["object"] or {"kind": "", "namespace": "", "name": ""}
        name = f"{ref['kind']} {ref['namespace']}/{ref['name']}"
        found.setdefault(name, set()).add(finding["level"])
    return found


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 12), reason="its limit differs between patch releases"
)
@pytest.mark.parametrize("levels_", [900, 1500, 9000])
def test_whether_an_object_is_too_deep_does_not_matter_to_others(
    api: Api, command: Command, levels_: int
) -> None:
    """From Python 3.12 on, the decoder accepts more: then the object is judged, too."""
    api["*"] = spoiled(b'{"a":' * levels_ + b"1" + b"}" * levels_)
    unread = levels_ > 1000 and sys.version_info < (3, 12)  # its recursion limit
    found = levels(command("-o json --all", code=UNKNOWN if unread else 0))
    assert found["HelmRelease apps/beech"] == {"unknown" if unread else "pass"}
    assert found["HelmRelease apps/ash"] == found["HelmRelease apps/cedar"] == {"pass"}


@pytest.mark.parametrize(("value", "why"), BEYOND.values(), ids=BEYOND)
def test_the_check_judges_all_others(api: Api, command: Command, value: bytes, why: str) -> None:
    """The object alone is unknown, by its name, with the reason."""
    api["*"] = spoiled(value)
    done = command("-o json --all")
    found = levels(done)
    assert found["HelmRelease apps/beech"] == {"unknown"}
    assert found["HelmRelease apps/ash"] == found["HelmRelease apps/cedar"] == {"pass"}
    assert [name for name, each in found.items() if "unknown" in each] == ["HelmRelease apps/beech"]
    assert f"HelmRelease apps/beech could not be read: it {why}" in done.out


def test_commands_name_it(command: Command) -> None:
    """Lists show all others; a command about another object does not need it."""
    message = "HelmRelease apps/beech could not be read: it is nested too deeply"
    listed = command("get hr -A")
    assert message in listed.err
    assert "ash" in listed.out
    assert "cedar" in listed.out
    for line in ("get hr -o json", "get hr -o yaml", "get all -n apps -o name"):
        found = command(line)
        assert message in found.err, line
        assert "beech" not in found.out, line
        assert "cedar" in found.out, line
    for line in ("explain hr/beech", "tree hr/beech", "explain beech"):
        assert message in command(f"{line} -n apps").err, line
        assert message in command(line).err, line
    explained = command("explain hr/ash")
    assert "ready" in explained.out
    assert message in explained.out  # it may depend on what is explained
    assert "ash" in command("get hr ash").out
    assert "Ready" in command("conditions hr/ash", code=0).out


@pytest.mark.parametrize(
    "line", ["conditions hr/beech", "owner hr/beech", "conditions hr/beech -n apps"]
)
def test_a_command_about_the_object_says_why(command: Command, line: str) -> None:
    """It is neither missing nor a bug."""
    assert "is nested too deeply" in command(line).err


def test_a_snapshot_of_it_gives_the_same_answers(command: Command, tmp_path: Path) -> None:
    """The file has all other objects, and what it lacks."""
    file = tmp_path / "state.json.gz"
    live = levels(command(f"-o json --all --save {file}"))
    assert levels(command(f"-o json --all --from {file}")) == live
    assert "apps/beech could not be read" in command(f"get hr --from {file}").err
    assert "apps/beech could not be read" in command(f"explain hr/beech --from {file}").err
    assert "ready" in command(f"explain hr/ash --from {file}").out


def test_what_fails_is_a_failure(api: Api, command: Command) -> None:
    """A fault that was found counts more than what is unknown, and what it blocks is complete."""
    source = git_repository(
        "apps",
        "bad",
        datetime.now(UTC),
        url="https://x.example",
        failure="no such host",
    )
    api.put(source)
    assert levels(command("-o json", code=UNHEALTHY))["GitRepository apps/bad"] == {"fail"}


@pytest.mark.parametrize("metadata", [b'"text"', b"[]", b"null", b'{"name": 1}', DEEP], ids=len)
def test_an_object_without_a_name_hides_no_other(
    api: Api, command: Command, metadata: bytes
) -> None:
    """It may be any object, so no object is certainly missing; those that were read are judged."""
    api["*"] = lambda request: request.send(without_name(request, metadata))
    found = levels(command("-o json --all"))
    assert found["HelmRelease apps/ash"] == {"pass"}
    assert "unknown" in found[" /"]
    assert "an item of the list could not be read" in command("get hr").err


def without_name(request: Any, metadata: bytes) -> bytes:
    """Return the usual answer with *metadata* in that object."""
    document = json.loads(json.dumps(request.usual()[1]))
    for item in document.get("items", ()):
        if item.get("spec", {}).get("values") == {"deep": "SPOILED"}:
            item["metadata"] = "NAMELESS"
    return json.dumps(document).encode().replace(b'"NAMELESS"', metadata)


@pytest.mark.parametrize("levels_", [190, 300, 900])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_deep_object_that_is_read_is_printed_or_named(
    api: Api, command: Command, form: str, levels_: int
) -> None:
    """It is printed whole, or only the others are, with the reason."""
    api["*"] = spoiled(b'{"a":' * levels_ + b"1" + b"}" * levels_)
    done = command(f"get hr -o {form}", code=0 if levels_ == 190 else UNKNOWN)
    assert "cedar" in done.out
    assert ("beech" in done.out) is (levels_ == 190)
    message = "HelmRelease apps/beech is not printed: it is nested more than 200 levels deep"
    assert (message in done.err) is (levels_ != 190)
    assert command("get hr", code=0).out.count("True") == 3


def test_inputs_of_a_resource_set(api: Api, command: Command) -> None:
    """They may hold any JSON, too."""
    now = datetime.now(UTC)
    source = git_repository("apps", "git", now, url="https://git.example.com/app.git")
    sets = [kustomization("apps", name, now, source=source, path="./") for name in ("elm", "fir")]
    for one in sets:
        one |= {"apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet"}
    sets[0]["spec"] = {"inputs": [{"deep": "SPOILED"}]}
    sets[1]["spec"] = {"inputs": [{"id": "a"}]}
    api.put(*sets)
    found = levels(command("-o json --all"))
    assert found["ResourceSet apps/elm"] == {"unknown"}
    assert found["ResourceSet apps/fir"] == {"pass"}


def test_a_full_disk_keeps_the_verdict(command: Command, tmp_path: Path) -> None:
    """The snapshot is lost, which is reported; a file that cannot be one is a usage error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    file = tmp_path / "state.json"
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        done = command(f"-o json --save {file}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert f"{file} could not be written: File too large; the check continues" in done.err
    assert json.loads(done.out)["verdict"] == "unknown"
    assert not file.exists()
    command(f"--save {tmp_path}/none/state.json", code=2)


@pytest.mark.parametrize("line", ["get ks -n \udcff", "--context \udcff", "explain ks/\udcff"])
def test_an_argument_that_is_no_text_is_a_usage_error(command: Command, line: str) -> None:
    """No name in a cluster has such bytes."""
    assert command(line, code=2).err == "Error: an argument is not UTF-8 text"

"""`wait` on a cluster that changes meanwhile: when it ends, what it prints, what it requests."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fluxstatus.base.visible import visible_lines
from fluxstatus.commands.wait import reaching
from fluxstatus.model.evidence import Object
from tests.builders import flux
from tests.commands.in_process import Command, running
from tests.fakes.scripted import RESOURCES, Api, as_usual, cut, forbidden, in_turn, status
from tests.kubernetes.flux_objects import git_repository, kustomization, revision
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import digest
from tests.terminal import Terminal

URL = "https://git.example.com/app.git"
OLD = revision(URL)
NEW = f"main@sha1:{digest('new')[:40]}"
SHA = NEW.rpartition(":")[2]
GIT, KS = RESOURCES["GitRepository"], RESOURCES["Kustomization"]
SCHEMA = json.loads(resources.files("fluxstatus.commands.wait").joinpath("schema.json").read_text())
REACHED, FAILED, USAGE, UNKNOWN = 0, 1, 2, 3


@pytest.fixture(name="command")
def _command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Yield a function that runs a command line in this process."""
    monkeypatch.setattr(reaching, "PAUSE", 0.05)
    monkeypatch.setenv("COLUMNS", "200")
    with running(monkeypatch, capsys) as command:
        yield command


@pytest.fixture(autouse=True)
def _cluster(api: Api) -> None:
    now = datetime.now(UTC)  # the program looks at the clock
    source = git_repository("apps", "app", now, url=URL)
    other = git_repository("infra", "infra", now, url="https://git.example.com/infra.git")
    api.put(*flux_system(now), source, other)
    for name in ("app", "db"):
        api.put(kustomization("apps", name, now, source=source, path="./"))
    api.put(kustomization("infra", "infra", now, source=other, path="./"))


def later(api: Api, *changes: Callable[[Object], Object]) -> None:
    """Change the objects of *api* by and by, with some time to look between two changes."""

    def go() -> None:
        for number, change in enumerate(changes):
            while len(api.requests) < began + 15 * (number + 1):
                if stop.wait(0.02):
                    return
            api.change(change)

    stop, began = threading.Event(), len(api.requests)
    threading.Thread(target=go, daemon=True).start()


def fetched(one: Object) -> Object:
    """Let the GitRepository app have the new revision."""
    if one["kind"] == "GitRepository" and one["metadata"]["name"] == "app":
        artifact = one["status"]["artifact"] | {"revision": NEW}
        return one | {"status": one["status"] | {"artifact": artifact}}
    return one


def applied(*names: str) -> Callable[[Object], Object]:
    """Return what lets Kustomizations with these *names* apply the new revision."""

    def change(one: Object) -> Object:
        if one["kind"] == "Kustomization" and one["metadata"]["name"] in names:
            has = {"lastAppliedRevision": NEW, "lastAttemptedRevision": NEW}
            return one | {"status": one["status"] | has}
        return one

    return change


def suspended(name: str) -> Callable[[Object], Object]:
    """Return what suspends the objects with this *name*."""

    def change(one: Object) -> Object:
        if one["metadata"]["name"] == name and one["kind"] in ("GitRepository", "Kustomization"):
            return one | {"spec": one["spec"] | {"suspend": True}}
        return one

    return change


def broken(one: Object) -> Object:
    """Let the Kustomization app fail at the new revision."""
    if one["kind"] != "Kustomization" or one["metadata"]["name"] != "app":
        return one
    conditions = [
        dict(each, status="False", reason="BuildFailed", message="kustomize build failed: no file")
        if each["type"] == "Ready"
        else each
        for each in one["status"]["conditions"]
    ]
    has = {"conditions": conditions, "lastAttemptedRevision": NEW}
    return one | {"status": one["status"] | has}


def test_reached(api: Api, command: Command) -> None:
    """It ends when all consumers of the source have the revision, and says so."""
    later(api, fetched, applied("app"), applied("db"))
    done = command(f"wait --revision {SHA}")
    assert done.code == REACHED, done
    assert done.out.startswith(f"revision {SHA} · applied after ")
    assert f"GitRepository apps/app: fetched main@sha1:{SHA[:7]}" in done.out
    assert f"Kustomization apps/db: applied main@sha1:{SHA[:7]}, healthy" in done.out
    assert "infra" not in done.out


def test_one_line_for_each_change(api: Api, command: Command) -> None:
    """In a pipe each state of an object is one line, once."""
    later(api, fetched, applied("app"), applied("db"))
    lines = [line.partition(" ")[2] for line in command(f"wait --revision {SHA}").err.splitlines()]
    assert len(lines) == len(set(lines)), lines
    assert any(line.endswith("   (changes the cluster)") for line in lines)
    of_app = [line for line in lines if line.startswith("Kustomization apps/app: ")]
    assert of_app == [
        f"Kustomization apps/app: at main@sha1:{OLD.rpartition(':')[2][:7]}",
        f"Kustomization apps/app: applied main@sha1:{SHA[:7]}, healthy",
    ]


def test_only_what_is_waited_for_is_polled(api: Api, command: Command) -> None:
    """After the first look, single objects are requested, and no more those that are done."""
    api.change(fetched)
    api.change(applied("app"))
    later(api, as_is, applied("db"))
    assert command(f"wait --revision {SHA}").code == REACHED
    assert api.asked(KS.path) == [f"{KS.path}?limit=500"]
    of_app = [one for one in api.asked(KS.inside("apps")) if one.endswith("metadata.name=app")]
    of_db = [one for one in api.asked(KS.inside("apps")) if one.endswith("metadata.name=db")]
    assert len(of_app) == 1, "to confirm it at the end"
    assert len(of_db) > 2


def as_is(one: Object) -> Object:
    """Change nothing."""
    return one


def test_one_object(api: Api, command: Command) -> None:
    """Of a named object only its source and itself matter."""
    api.change(fetched)
    api.change(applied("app"))
    done = command(f"wait ks/app -n apps --revision {SHA}")
    assert done.code == REACHED, done
    assert "apps/db" not in done.out


@pytest.mark.parametrize("name", ["app", "db"])
def test_suspended(api: Api, command: Command, name: str) -> None:
    """A suspended source or consumer ends it at once, with the check's finding."""
    api.change(suspended(name))
    done = command(f"wait --revision {SHA} ks/{name} -n apps")
    assert done.code == FAILED, done
    assert "cannot be applied" in done.out
    assert "[suspended]" in done.out


def test_what_is_suspended_elsewhere(api: Api, command: Command) -> None:
    """While it is unknown which repository it is in, a suspension elsewhere does not end it."""
    api.change(suspended("infra"))
    waiting = command(f"wait --revision {SHA} --timeout 0.2s")
    assert waiting.code == UNKNOWN, waiting
    assert "it could be in any of 3 repositories and branches: pass a source" in waiting.out
    later(api, fetched, applied("app", "db"))
    done = command(f"wait --revision {SHA}")
    assert done.code == REACHED, done


def test_broken(api: Api, command: Command) -> None:
    """A commit that does not build fails when the time is up, and at once with --fail-fast."""
    for change in (fetched, applied("db"), broken):
        api.change(change)
    done = command(f"wait --revision {SHA} --timeout 0.3s")
    assert done.code == FAILED, done
    assert "not applied after " in done.out
    assert "Kustomization apps/app: kustomize build failed: no file" in done.out
    assert "what is blocking it, according to the check" in done.out
    fast = command(f"wait --revision {SHA} --fail-fast")
    assert fast.code == FAILED, fast
    assert "cannot be applied" in fast.out


@pytest.mark.parametrize("given", ["sha256:{}", "ghcr.io/acme/web:v2@sha256:{}"])
def test_the_digest_of_an_image(api: Api, command: Command, given: str) -> None:
    """No source has it: it is never applied, and the ImagePolicy that chose it is read once."""
    image = {"name": "ghcr.io/acme/web", "tag": "v2", "digest": f"sha256:{digest('web')}"}
    api.put(flux("ImagePolicy", "web", status={"latestRef": image}))
    done = command(f"wait --revision {given.format(digest('web'))} --timeout 300ms")
    assert done.code in (FAILED, UNKNOWN), done
    assert "ImagePolicy apps/web has chosen the image with this digest" in done.out
    before_check = [one for one in api.asked(RESOURCES["ImagePolicy"].path) if "=500" in one]
    assert len(before_check) == 1


def test_hostile_words(api: Api, command: Command) -> None:
    """What a controller says can do nothing to a terminal."""
    for change in (fetched, applied("db"), broken, hostile):
        api.change(change)
    done = command(f"wait --revision {SHA} --timeout 0.2s")
    assert done.code == FAILED, done
    assert "x1b]0;title" in done.out
    assert all(visible_lines(text) == text for text in (done.out, done.err))


def hostile(one: Object) -> Object:
    """Put control sequences into the messages of the Kustomization app."""
    text = json.dumps(one)
    return dict(json.loads(text.replace("no file", "no \\u001b]0;title\\u0007 \\u202e file")))


def test_on_a_terminal(api: Api) -> None:
    """A terminal shows in one line who is where, and at the end only the result."""
    argv = [sys.executable, "-m", "fluxstatus", "wait", "--revision", SHA, "--timeout", "120s"]
    with Terminal(argv, columns=100) as terminal:
        terminal.wait_for("s left: 0 of 7 done; GitRepository apps/app: at main@sha1:")
        for change in (fetched, applied("app", "db")):
            api.change(change)
        assert terminal.end() == REACHED
        live, result = terminal.text.rsplit("\r\x1b[K", 1)
        assert "\n" not in live
        assert result.startswith(f"revision {SHA}")


def test_ctrl_c(api: Api) -> None:
    """Ctrl-C ends it with its own exit code."""
    assert api.objects
    argv = [sys.executable, "-m", "fluxstatus", "wait", "--revision", SHA]
    with Terminal(argv) as terminal:
        terminal.wait_for("s left: ")
        terminal.type("\x03")
        assert terminal.end() == 130


def test_a_source_that_moved_on(api: Api, command: Command) -> None:
    """What the source fetched in place of the revision proves nothing, unless --or-newer."""
    asked = "1" * 40
    later(api, fetched, applied("app", "db"))
    done = command(f"wait gitrepo/app --revision {asked} --fail-fast -n apps")
    assert done.code == UNKNOWN, done
    text = f"fetched since the wait began (--or-newer accepts it); whether it contains {asked}"
    assert text in done.out


def test_or_newer(api: Api, command: Command) -> None:
    """--or-newer accepts what was fetched since the wait began, and nothing that was there."""
    asked = "1" * 40
    there = command(f"wait gitrepo/app --revision {asked} -n apps --or-newer --timeout 0.3s")
    assert there.code == UNKNOWN, there
    later(api, as_is, fetched, applied("app", "db"))
    done = command(f"wait gitrepo/app --revision {asked} -n apps --or-newer")
    assert done.code == REACHED, done
    assert "accepted because of --or-newer" in done.out


def test_a_source_that_passed_it(api: Api, command: Command) -> None:
    """The history of a Kustomization proves that the source has passed a revision."""
    api.change(fetched)
    api.change(applied("app", "db"))

    def entry(on: str, at: str) -> Object:
        return {
            "metadata": {"revision": on},
            "firstReconciled": at,
            "lastReconciled": at,
            "lastReconciledStatus": "ReconciliationSucceeded",
        }

    def with_history(one: Object) -> Object:
        if one["kind"] != "Kustomization" or one["metadata"]["name"] != "app":
            return one
        history = [entry(NEW, "2026-11-23T12:00:00Z"), entry(OLD, "2026-11-23T11:00:00Z")]
        return one | {"status": one["status"] | {"history": history}}

    api.change(with_history)
    done = command(f"wait --revision {OLD}")
    assert done.code == REACHED, done
    assert "which came after it" in done.out


def test_what_was_not_read(api: Api, command: Command) -> None:
    """A missing permission ends it at once: unknown, with the permission."""
    api[KS.path] = forbidden
    done = command(f"wait --revision {SHA}")
    assert done.code == UNKNOWN, done
    assert f"list {KS.name}" in done.out


def test_an_api_server_that_comes_back(api: Api, command: Command) -> None:
    """An error and a lost connection in between are waited for."""
    api.change(fetched)
    api.change(applied("app", "db"))
    api[GIT.path] = in_turn(status(500, retry_after="99"), cut, cut, as_usual)
    done = command(f"wait --revision {SHA} --timeout 60s")
    assert done.code == REACHED, done
    assert "500" in done.err


def test_json(api: Api, command: Command) -> None:
    """The document matches its schema, whatever the result is."""
    Draft202012Validator.check_schema(SCHEMA)
    report = json.loads(resources.files("fluxstatus.report").joinpath("schema.json").read_text())
    shared = SCHEMA["$defs"].keys() & report["$defs"].keys()
    assert shared == {"time", "level", "finding", "object", "commands", "data"}
    assert all(SCHEMA["$defs"][name] == report["$defs"][name] for name in shared)
    results: list[Any] = []
    for change in (suspended("db"), fetched, applied("app", "db")):
        document = json.loads(command(f"wait --revision {SHA} -o json --timeout 0.2s").out)
        Draft202012Validator(SCHEMA).validate(document)
        results.append((document["result"], bool(document["findings"])))
        api.change(change)
    assert results == [("unknown", False), ("unknown", True), ("failed", True)]
    [last] = [json.loads(command(f"wait --revision {SHA} -o json").out)]
    Draft202012Validator(SCHEMA).validate(last)
    assert last["result"] == "reached"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("wait --revision main", "'main' moves"),
        ("wait gitrepo/app -n apps --revision main", "'main' moves"),
        ("wait ks/app -n apps --revision main", "'main' moves"),
        ("wait --revision a:b:c", "is not a revision"),
        ("wait ks/nope --revision 1.4.0", "no Kustomization 'nope' found"),
        ("wait alert/x --revision 1.4.0", "a Alert has no revision"),
        ("wait pod/x --revision 1.4.0", "'pod' is not a Flux kind"),
        ("wait app --revision 1.4.0", "is not in the form KIND/NAME"),
        ("wait --revision 1.4.0 --timeout never", "'never' is not a duration"),
        ("--revision 1.4.0", "--revision requires --wait"),
        ("--revision=", "--revision requires --wait"),
        ("--wait 1s --revision=", "--revision is empty"),
    ],
)
def test_wrong_arguments(command: Command, line: str, said: str) -> None:
    """A wrong argument is a usage error that says what is wrong."""
    done = command(line)
    assert done.code == USAGE, done
    assert said in done.err


@pytest.mark.parametrize("line", ["wait", "wait ks/app -n apps", "wait --revision="])
def test_without_a_revision(command: Command, line: str) -> None:
    """The error says what to type; `$(git rev-parse HEAD)` is empty where it failed."""
    done = command(line)
    assert (done.code, done.out) == (USAGE, "")
    assert "--revision is missing or empty" in done.unwrapped.err
    assert '`kubectl flux-status wait --revision "$(git rev-parse HEAD)"`' in done.unwrapped.err


def test_a_version_of_several_sources(api: Api, command: Command) -> None:
    """Where a tag can be in any of several sources, each choice is a whole command."""

    def tags(one: Object) -> Object:
        if one["kind"] == "GitRepository":
            return one | {"spec": one["spec"] | {"ref": {"semver": ">=1.0.0"}}}
        return one

    api.change(tags)
    done = command("wait --revision v1.4.0")
    assert done.code == USAGE, done
    assert "  kubectl flux-status wait gitrepository/app -n apps --revision v1.4.0" in done.err


def test_the_check_waits_for_a_revision_first(api: Api, command: Command) -> None:
    """--wait with --revision prints the report at the end; what is not reached is a finding."""
    later(api, as_is, fetched, applied("app", "db"))
    done = command(f"--wait 60s --revision {SHA} -o json")
    assert done.code == REACHED, done
    assert json.loads(done.out)["verdict"] == "pass"
    assert f"revision {SHA} · applied after " in done.err
    missed = command(f"--wait 0.2s --revision {'1' * 40} -o json")
    assert missed.code == UNKNOWN, missed
    report = json.loads(missed.out)
    assert (report["verdict"], report["summary"]["unknown"]) == ("unknown", 1)
    [found] = [one for one in report["findings"] if one["level"] == "unknown"]
    assert (found["step"], found["code"]) == ("wait", "revision-not-applied")
    assert found["title"].startswith(f"revision {'1' * 40}: unknown whether it is applied after ")
    assert report["steps"][0] == {
        "id": "wait", "title": "The revision is applied", "level": "unknown"
    }  # fmt: skip


def test_a_revision_that_is_not_applied_fails_in_every_format(
    api: Api, command: Command, tmp_path: Path
) -> None:
    """All else may be well: the exit code is 1, so no file says that all passed."""
    for change in (fetched, applied("app"), suspended("db")):
        api.change(change)
    files = [f"--report {form}={tmp_path / form}" for form in ("junit", "metrics", "markdown")]
    done = command(f"--wait 60s --revision {SHA} -o github {' '.join(files)}")
    assert done.code == 1, done
    assert done.out.startswith("::error title=wait%3A revision-not-applied::revision ")
    assert (tmp_path / "markdown").read_text().startswith("### Flux: fail\n")
    assert '<testsuite name="wait" tests="1" failures="1"' in (tmp_path / "junit").read_text()
    assert 'verdict="fail"} 1\n' in (tmp_path / "metrics").read_text()

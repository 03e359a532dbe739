"""`wait`: what was pushed is applied, or it says why not, with Flux's own controllers."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from .objects import config_map, kustomization, manifest
from .pushes import FAILED, REACHED, UNKNOWN, Waiting, colored, waits

if TYPE_CHECKING:
    from pathlib import Path

    from .flux import Flux
    from .git_server import Repository
    from .objects import Object

pytestmark = pytest.mark.cluster

_PROMPT = 2.0  # seconds from the moment it is applied until that is reported
_BUSY = 4  # times as long on a busy machine


def test_push(
    flux: Flux, repository: Repository, source: Object, namespace: str, tmp_path: Path
) -> None:
    """A commit that is pushed while it waits is reported soon after it is applied."""
    pushed = colored(repository, "red")
    waiting = Waiting(flux, tmp_path, "--revision", pushed, "-n", namespace)
    waiting.has_looked()
    flux.reconcile(source)
    flux.applies(kustomization(namespace), pushed)
    applied = time.monotonic()
    done = waiting.end()
    took = time.monotonic() - applied
    assert done.code == REACHED, done
    assert f"Kustomization {namespace}/app: applied main@sha1:{pushed[:7]}" in done.out
    assert took < _BUSY * _PROMPT


def test_a_commit_that_does_not_build(
    flux: Flux, repository: Repository, source: Object, namespace: str, tmp_path: Path
) -> None:
    """It says why, as the check does, and ends with 1: at last, or at once with --fail-fast."""
    pushed = repository.commit({"app/settings.yaml": "kind: ConfigMap\n"})
    flux.reconcile(source)
    flux.fails(kustomization(namespace))
    words = ("--revision", pushed[:10], "-n", namespace)
    for more in (["--timeout", "2s"], ["--fail-fast"]):
        done = waits(flux, tmp_path, *words, *more)
        assert done.code == FAILED, done
        assert "what is blocking it, according to the check" in done.out
        assert f"Kustomization {namespace}/app" in done.out
    mended = colored(repository, "green")
    flux.reconcile(source)
    assert waits(flux, tmp_path, "--revision", mended, "-n", namespace).code == REACHED


def test_two_pushes(
    flux: Flux, repository: Repository, source: Object, namespace: str, tmp_path: Path
) -> None:
    """Whether the second contains the first is unknown, unless the local checkout has both."""
    words = "gitrepo/app", "-n", namespace, "--revision"
    first = colored(repository, "red")
    strict = Waiting(flux, tmp_path, *words, first, "--fail-fast")
    lenient = Waiting(flux, tmp_path, *words, first, "--or-newer")
    strict.has_looked()
    lenient.has_looked()
    second = colored(repository, "green")
    flux.reconcile(source)
    flux.applies(kustomization(namespace), second)
    unknown, newer = strict.end(), lenient.end()
    assert unknown.code == UNKNOWN, unknown
    assert f"whether it contains {first} is unknown" in " ".join(unknown.out.split())
    assert newer.code == REACHED, newer
    assert "accepted because of --or-newer" in " ".join(newer.out.split())
    proved = waits(flux, repository.folder, *words, f"sha1:{first[:6]}")
    assert proved.code == REACHED, proved
    assert "which contains it (local checkout)" in " ".join(proved.out.split())


def test_a_revision_that_was_applied_before(
    flux: Flux, repository: Repository, source: Object, namespace: str, tmp_path: Path
) -> None:
    """The history of the Kustomization proves that the source has passed it."""
    commits = [colored(repository, "red")]
    flux.reconcile(source)
    flux.applies(kustomization(namespace), commits[0])
    commits.append(colored(repository, "green"))
    flux.reconcile(source)
    flux.applies(kustomization(namespace), commits[1])
    done = waits(flux, tmp_path, "--revision", commits[0], "-n", namespace, "--timeout", "5s")
    assert done.code == REACHED, done
    assert "which came after it" in done.out


@pytest.mark.parametrize("spec", [{"ignore": "/docs/"}, {"sparseCheckout": ["app"]}], ids=str)
def test_a_commit_without_a_file_of_the_artifact(
    flux: Flux, repository: Repository, source: Object, tmp_path: Path, spec: Object
) -> None:
    """Files that are ignored or not checked out hold nothing back: the commit is the revision."""
    namespace = source["metadata"]["namespace"]
    flux.patch(source, **spec)
    flux.reconcile(source)
    pushed = repository.commit({"docs/readme.md": "Nothing that is applied\n"})
    flux.reconcile(source)
    done = waits(flux, tmp_path, "--revision", pushed, "-n", namespace)
    assert done.code == REACHED, done
    assert f"Kustomization {namespace}/app: applied main@sha1:{pushed[:7]}" in done.out


@pytest.mark.parametrize("kind", ["source", "consumer"])
def test_suspended(
    flux: Flux, repository: Repository, source: Object, tmp_path: Path, kind: str
) -> None:
    """What is suspended ends it at once, and the printed command resumes it."""
    namespace = source["metadata"]["namespace"]
    it = source if kind == "source" else kustomization(namespace)
    flux.patch(it, suspend=True)
    pushed = colored(repository, "red")
    words = ("--revision", pushed, "-n", namespace)
    done = waits(flux, tmp_path, *words, "-o", "json")
    assert done.code == FAILED, done
    found = json.loads(done.out)
    assert found["result"] == "failed"
    [suspended] = [one for one in found["findings"] if one["code"] == "suspended"]
    commands = [one for hint in suspended["hints"] for one in hint["commands"] if one["changes"]]
    flux.paste(commands[0]["argv"])
    flux.reconcile(source)
    assert waits(flux, tmp_path, *words).code == REACHED


def test_a_long_interval(
    flux: Flux, repository: Repository, source: Object, namespace: str, tmp_path: Path
) -> None:
    """It says until when nothing fetches the source, and its command makes it fetch."""
    pushed = colored(repository, "red")
    words = ("--revision", pushed, "-n", namespace)
    done = waits(flux, repository.folder, *words, "--timeout", "1s", "-o", "json")
    assert done.code == FAILED, done
    text = f"GitRepository {namespace}/app is not fetched until about "
    assert text in done.err
    [hint] = json.loads(done.out)["hints"]
    assert hint["text"].startswith(text)
    assert "(interval 24h)" in hint["text"]
    flux.paste(hint["commands"][0]["argv"])
    assert waits(flux, tmp_path, *words).code == REACHED
    assert flux.is_ready(source)


def test_a_child_that_the_revision_creates(
    flux: Flux, repository: Repository, source: Object, namespace: str, tmp_path: Path
) -> None:
    """A Kustomization that the commit adds must have applied it, too."""
    child = kustomization(namespace, "child", path="./child", wait=True)
    bad = manifest(config_map("no_name"))
    files = {"app/child.yaml": manifest(child), "child/map.yaml": bad}
    pushed = repository.commit(files)
    flux.reconcile(source)
    flux.fails(child)
    done = waits(flux, tmp_path, "ks/app", "-n", namespace, "--revision", pushed, "--timeout", "1s")
    assert done.code == FAILED, done
    assert f"Kustomization {namespace}/child" in done.out
    mended = repository.commit({"child/map.yaml": manifest(config_map("colors"))})
    flux.reconcile(source)
    done = waits(flux, tmp_path, "ks/app", "-n", namespace, "--revision", mended)
    assert done.code == REACHED, done
    assert f"Kustomization {namespace}/child: applied main@sha1:{mended[:7]}, healthy" in done.out

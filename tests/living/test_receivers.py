"""`wait` with Receivers: in a cluster of its own, notification-controller runs, too."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.kubernetes.cluster import Cluster
from tests.live.program import environment

from .controllers import KINDS, NAMES, NOTIFIER, NOTIFIER_KINDS
from .flux import Flux
from .objects import kustomization, of, receiver
from .pushes import FAILED, REACHED, Waiting, colored, waits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .git_server import Repository
    from .objects import Object

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", name="flux")
def _flux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flux]:
    with Cluster(controllers=True) as cluster:
        cluster.install_crds(kinds=(*KINDS, *NOTIFIER_KINDS))
        folder = tmp_path_factory.mktemp("receivers")
        with Flux(cluster, folder, (*NAMES, NOTIFIER)) as flux:
            yield flux


def test_a_push_that_a_receiver_announces(
    flux: Flux, repository: Repository, source: Object, namespace: str, tmp_path: Path
) -> None:
    """A call of its webhook brings a push to the cluster a day before the source fetches again."""
    token = of("v1", "Secret", namespace, stringData={"token": "made-up"})
    triggering = receiver(namespace)
    flux.apply(token, triggering)
    flux.becomes_ready(triggering)
    pushed = colored(repository, "red")
    words = ("--revision", pushed, "-n", namespace)
    early = waits(flux, repository.folder, *words, "--timeout", "1s", "-o", "json")
    assert early.code == FAILED, early
    [hint] = json.loads(early.out)["hints"]
    triggers = f"Receiver {namespace}/app triggers GitRepository {namespace}/app on a push"
    assert hint["text"].startswith(triggers)
    assert hint["commands"]
    waiting = Waiting(flux, tmp_path, *words)
    waiting.has_looked()
    flux.call(triggering)
    done = waiting.end()
    assert done.code == REACHED, done
    assert f"Kustomization {namespace}/app: applied main@sha1:{pushed[:7]}" in done.out
    assert flux.is_ready(source)


def test_a_receiver_that_is_not_ready(
    flux: Flux, repository: Repository, source: Object, namespace: str, tmp_path: Path
) -> None:
    """One without its token triggers nothing: that is said, and the printed command fetches."""
    lost = receiver(namespace)
    flux.apply(lost)
    flux.fails(lost)
    pushed = colored(repository, "red")
    words = ("--revision", pushed, "-n", namespace)
    done = waits(flux, repository.folder, *words, "--timeout", "1s", "-o", "json")
    assert done.code == FAILED, done
    [hint] = json.loads(done.out)["hints"]
    assert hint["text"].startswith(f"GitRepository {namespace}/app is not fetched until about ")
    assert f"and Receiver {namespace}/app, which would trigger it, is not ready" in hint["text"]
    flux.paste(hint["commands"][0]["argv"])
    assert waits(flux, tmp_path, *words).code == REACHED
    flux.apply(of("v1", "Secret", namespace, stringData={"token": "made-up"}))
    flux.heals(lost, source, kustomization(namespace))


def test_no_receiver(flux: Flux, repository: Repository, source: Object, namespace: str) -> None:
    """Where Receivers can be, it says that none triggers the source before its interval is over."""
    pushed = colored(repository, "red")
    words = ("--revision", pushed, "-n", namespace, "--timeout", "1s", "-o", "json")
    [hint] = json.loads(waits(flux, repository.folder, *words).out)["hints"]
    name = source["metadata"]["name"]
    assert hint["text"].startswith(f"GitRepository {namespace}/{name} is not fetched until about ")
    assert "(interval 24h), and no Receiver triggers it" in hint["text"]


def test_a_receiver_that_was_made_as_printed(flux: Flux, source: Object, namespace: str) -> None:
    """What `reconcile --receiver` prints, pasted line by line, makes a Receiver that works."""
    at = f"--kubeconfig={flux.cluster.kubeconfig('admin')}"
    words = ("reconcile", f"gitrepo/{source['metadata']['name']}", "-n", namespace, at)
    printed = _run(*words, "--receiver")
    (flux.folder / "receiver.yaml").write_text(printed.stdout)
    lines = [line for line in printed.stderr.splitlines() if line.startswith("  ")]
    outputs = [flux.paste(shlex.split(line.partition("   (")[0])) for line in lines]
    made = yaml.safe_load(printed.stdout)
    flux.becomes_ready(made)
    path = flux.found(made)["status"]["webhookPath"]
    assert path
    assert flux.paste(shlex.split(lines[-1])) == path
    assert len(outputs) == len(lines) >= 5
    flux.call(made)
    again = _run(*words, "--receiver")
    assert again.stdout == ""
    assert f"already has Receiver {namespace}/" in again.stderr


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    """Return what the product prints with these *words*."""
    argv = [sys.executable, "-m", "fluxstatus", *words]
    return subprocess.run(argv, env=environment(), capture_output=True, text=True, check=True)

"""No credential leaves the program: in no output of any command, and in no file.

Credentials of all forms (tests/base/masking/credentials.py) are planted in all fields of the
objects of a cluster, in the logs of its controllers and in what kubectl prints.
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.cluster.kept_fields import ANY_KIND
from fluxstatus.cluster.pruning import prune
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from tests.base.masking.credentials import CREDENTIALS, Credential
from tests.commands.cells import fill
from tests.commands.matrix import COMMANDS
from tests.conftest import RECORDED, Program
from tests.fakes.scripted import Api

_STRUCTURE = frozenset(
    ["apiVersion", "chart", "components", "controller", "controllerKind", "finalizers", "helmChart",
     "id", "key", "kind", "level", "name", "namespace", "plural", "provider", "reason",
     "releaseName", "resourceVersion", "status", "storageNamespace", "targetNamespace", "type",
     "uid", "v", "version"]
)  # fmt: skip
"""Fields that the API server or a CRD limits to names, or that decide what is read at all."""

_LABELS = frozenset({"labels", "matchLabels", "matchExpressions"})
_TIME = re.compile(r".*(?:Timestamp|Time|At|time)|(?:first|last)(?:Deployed|Reconciled)")


def planted(value: Any, texts: Iterator[str], key: str = "") -> Any:
    """Return *value* with one of *texts* behind the text of each field that may have any."""
    if isinstance(value, dict):
        return {
            name: entry if name in _LABELS else planted(entry, texts, name)
            for name, entry in value.items()
        }
    if isinstance(value, list):
        return [planted(entry, texts, key) for entry in value]
    if not isinstance(value, str) or key in _STRUCTURE or _TIME.fullmatch(key):
        return value
    return f"{value}: {next(texts)}"


def leaks(output: str, credentials: Iterable[Credential] = CREDENTIALS) -> list[str]:
    """Return the names of *credentials* of which the secret is in *output*, also if wrapped."""
    packed = "".join(output.split())
    return [
        one.name
        for one in credentials
        for text in {one.secret, json.dumps(one.secret)[1:-1]}
        if "".join(text.split()) in packed
    ]


def _objects() -> dict[str, Object]:
    """Return an object of each kind that was ever recorded, by the query that reads it."""
    found: dict[str, Object] = {}
    for file in sorted(RECORDED.glob("*.json.gz")):
        for query, answer in snapshot.load(file).answers.items():
            for item in answer.known:
                if len(json.dumps(item)) > len(json.dumps(found.get(query, ""))):
                    found[query] = item
    return found


OBJECTS = _objects()


@pytest.mark.parametrize("one", CREDENTIALS, ids=lambda one: one.name)
def test_no_field_that_is_kept_has_a_credential(one: Credential) -> None:
    """Whatever field of whatever object a credential is in, it is not kept."""
    assert leaks(json.dumps(planted(OBJECTS, cycle([one.text]))), [one])
    for query, item in OBJECTS.items():
        there = planted(item, cycle([one.text]))
        assert not leaks(json.dumps(prune(query, there)), [one])
        assert not leaks(json.dumps(prune(ANY_KIND, there)), [one])


MORE = (
    *("get all -o yaml", "get all -o json", "get all -o wide", "events -o json", "events -o yaml"),
    *("conditions ks/app -n apps -o yaml", "conditions deploy/web -n apps -o json"),
    *("conditions pod/web-0 -n apps", "owner pod/web-0 -n apps", "owner pod/web-0 -n apps -o json"),
    *("owner hr/web -n apps -o json", "tree ks/app -n apps -o json", "explain hr/web -n apps"),
    *("explain gitrepo/git -n apps --all", "--all", "-o json", "--advice -o json"),
    *("-o junit --advice", "-o markdown", "-o html --all", "-o github --advice", "-o yaml --all"),
    *("-o metrics", "versions -o json"),
    *("reconcile hr/web -n apps -o json", "logs --tail -1", "-v"),
)  # fmt: skip
"""Further commands than those of the matrix: other objects and formats."""

SAVED = ("--all", "-o json", "--prompt", "get all -o yaml", "events -o json", "get all -o wide",
         "explain hr/web -n apps -o json", "conditions ks/app -n apps -o yaml",
         "owner pod/web-0 -n apps", "tree ks/app -n apps -o json", "versions",
         "upgrade plan -o json")  # fmt: skip
"""Commands that replay the saved cluster."""

_GATHERED = """
case $command in
    logs) cat {log} ;;
    get) cat {log} >&2; exit 1 ;;
    auth) echo '*.*   []   []   [*]' ;;
esac
exit 0
"""


def _pod() -> Object:
    ended = {"reason": "Error", "exitCode": 1, "message": "the last words"}
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    of_app = {"name": "app", "ready": False, "restartCount": 9, "image": "a", "state": state}
    web = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-0", "namespace": "apps", "ownerReferences": [web],
                     "annotations": {"a": "b"}},
        "spec": {"containers": [{"name": "app", "env": [{"name": "A", "value": "b"}]}]},
        "status": {
            "phase": "Running",
            "message": "it is not well",
            "conditions": [{"type": "Ready", "status": "False", "message": "not ready"}],
            "containerStatuses": [{**of_app, "lastState": {"terminated": ended}}],
        },
    }  # fmt: skip


def _unwell(item: Object) -> Object:
    """Return *item*, of Flux, as failed, and with what only whole objects show."""
    if "fluxcd" not in item["apiVersion"]:
        return item
    item = json.loads(json.dumps(item))
    for one in item.get("status", {}).get("conditions", ()):
        one |= {"status": "False", "reason": "Failed"}
    if item["kind"] == "HelmRelease":
        item["spec"]["values"] = {"a": "b", "extraEnv": [{"name": "LEVEL", "value": "c"}]}
    return item


def _filled(api: Api, folder: Path, start: int) -> None:
    """Fill *api* with a cluster in which no text is without a credential."""
    fill(api)
    api.put(_pod())
    texts = islice(cycle(one.text for one in CREDENTIALS), start, None)
    api.change(lambda item: planted(_unwell(item), texts))
    log = folder / "log"
    ts = "2026-11-29T12:00:00Z"
    about = {"level": "error", "ts": ts, "controllerKind": "Kustomization",
             "Kustomization": {"name": "app", "namespace": "apps"}}  # fmt: skip
    lines = (json.dumps({**about, "msg": "a", "error": one.text}) for one in CREDENTIALS)
    plain = (one.text for one in CREDENTIALS if "\n" not in one.text)  # a line is read alone
    log.write_text("\n".join((*lines, *plain)) + "\n")
    api.kubectl.instead("logs|get|auth", _GATHERED.format(log=shlex.quote(str(log))))


@pytest.mark.long
@pytest.mark.parametrize("start", [0, len(CREDENTIALS) // 2])
def test_no_output_has_a_credential(
    api: Api, flux_status: Program, tmp_path: Path, start: int
) -> None:
    """Neither a command on a live cluster, nor its snapshot, nor a replay of it shows one."""
    _filled(api, tmp_path, start)
    saved = tmp_path / "saved.json"
    flux_status("--save", saved)

    def shown(line: str) -> tuple[str, str]:
        done = flux_status(*shlex.split(line), env={"COLUMNS": "500"})
        return line, done.stdout + done.stderr

    lines = [*COMMANDS, *MORE] if not start else list(MORE)
    with ThreadPoolExecutor(2) as pool:
        outputs = dict(pool.map(shown, [*lines, *(f"{one} --from {saved}" for one in SAVED)]))
    assert {line: found for line, text in outputs.items() if (found := leaks(text))} == {}
    assert leaks(saved.read_text()) == []
    masked = [line for line, text in outputs.items() if "***" in text]
    assert len(masked) > len(outputs) * 2 / 3  # most commands show texts of somebody else
    api.unknown.clear()

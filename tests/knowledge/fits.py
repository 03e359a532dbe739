r"""Which rules fit each known message: the rows of fits.tsv.

`python -m tests.knowledge.fits` regenerates the file, and before it the list of rules in
fluxstatus/knowledge/rules.tsv. The columns are

- the origin of the message: `example` (messages/*.txt) or `recorded` (a condition or a Warning
  event in a recorded state);
- the object ("Workload" for messages of pods and events) and the reason;
- all rules that fit, separated by spaces, the winner first. A rule is named by its code; `code/2`
  is the second rule of that code in table order;
- the beginning of the message.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.knowledge import fitting, fitting_workload, index
from fluxstatus.knowledge.subject import Subject
from fluxstatus.knowledge.tables import TABLES
from fluxstatus.knowledge.topics import table
from fluxstatus.knowledge.unknown import UNKNOWN_FAULT
from fluxstatus.model import snapshot
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State
from tests.conftest import RECORDED, ROOT
from tests.knowledge.examples import AROUND, examples
from tests.knowledge.listed import lines
from tests.knowledge.test_pods import PROBLEMS
from tests.knowledge.test_recorded import words

FILE = Path(__file__).with_name("fits.tsv")
STATES = (
    *sorted(RECORDED.glob("*.json.gz")),
    *sorted((ROOT / "tests" / "lab").glob("*.json.gz")),
    ROOT / "fluxstatus" / "demo.json.gz",
)
_SHOWN = 90  # characters of a message

_NAME = re.compile(
    r"(?:(?<=[/\"])|(?<![a-z0-9]')(?<='))(?!kustomi[sz]\w*-\d)"
    r"[a-z][a-z0-9-]*(?=['\" \],]|/(?!v\d)|$)"
)
"""A possible name: quoted, or a part of a path or of KIND/NAMESPACE/NAME."""

_NO_NAMES = """
accesskey accumulating address age api apis artifact aws azure clusterroles configmaps cosign couldn
customresourcedefinitions daemonsets data deployments download eof eu-west-1 events expected generic
git github head heads helm host https identity info ingress ingresses inputs jobs kind known_hosts
kubectl kustomization main manifests master namespaces nodes notation number o oci openapi ordinals
pass passphrase passwd password persistentvolumeclaims pods pull pull-secret refs remotes replicas
resource rolebindings roles scale schema secretkey secrets serviceaccounts services spec ssh
statefulsets status string tags template tmp token unknown us-east-1 username v1 v1alpha1 v1alpha2
v1beta1 v1beta2 v2 v2beta1 v2beta2 v3 value var version
"""
"""Words in the place of a name that come from a controller or a protocol, not from a user."""


class Message(NamedTuple):
    """A message about an object; `resource` is None for messages of pods and events."""

    subject: str
    resource: Resource | None
    reason: str
    text: str
    state: State | None = None

    def fits(self) -> tuple[str, ...]:
        """Return the names of the rules that match, the winner first."""
        if self.resource is None:
            rules = [rule for rule, _ in fitting_workload(self.text)]
        else:
            found = fitting(Subject(self.resource, self.reason, self.text, AROUND, self.state))
            rules = [diagnosis.rule for diagnosis in found]
        return tuple(names()[id(rule)] for rule in rules if rule.code != UNKNOWN_FAULT.code)

    def renamed(self, word: str) -> "Message":
        """Return this message with *word* as every name, except names that the spec refers to."""
        kept = {*_NO_NAMES.split(), *(_texts(self.resource.get("spec")) if self.resource else ())}
        text = _NAME.sub(lambda name: name[0] if name[0] in kept else word, self.text)
        return self._replace(text=text)


def _texts(value: object) -> Iterator[str]:
    """Yield every text in a JSON *value*."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


@cache
def names() -> dict[int, str]:
    """Return the name of each rule by its id: its code, numbered from the second rule on."""
    found: dict[int, str] = {}
    counted: Counter[str] = Counter()
    for rules in (*TABLES.values(), table("pods")):
        for rule in rules:
            counted[rule.code] += 1
            count = counted[rule.code]
            found[id(rule)] = f"{rule.code}/{count}" if count > 1 else str(rule.code)
    return found


def written() -> Iterator[Message]:
    """Yield the messages of the examples."""
    for example in examples():
        yield Message(
            example.subject, example.resource(), example.reason, example.message, example.state()
        )
    for problem in PROBLEMS:
        yield Message("Workload", None, "", problem)


def recorded(files: Iterable[Path] = STATES) -> Iterator[Message]:
    """Yield the messages in the states in *files*, of Flux objects and of workloads."""
    for file in files:
        for word in words(file):
            yield Message(word.resource.kind.name, word.resource, word.reason, word.message)
        state = State(snapshot.load(file))
        for item in state.evidence.answer("events").known:
            about = map_of(item.get("involvedObject"))
            kind, namespace, name = (text_of(about.get(f)) for f in ("kind", "namespace", "name"))
            if (kind, namespace, name) not in state.resources:
                yield Message("Workload", None, "", text_of(item.get("message")))


def rows() -> Iterator[str]:
    """Yield the rows, sorted and without duplicates."""
    found = {_row("example", message) for message in written()}
    found |= {_row("recorded", message) for message in recorded()}
    yield from ("\t".join(row) for row in sorted(found))


def _row(origin: str, message: Message) -> tuple[str, ...]:
    shown = message.text[:_SHOWN].replace("\n", "\\n").replace("\t", "\\t")
    return origin, message.subject, message.reason, " ".join(message.fits()) or "-", shown


if __name__ == "__main__":
    index.FILE.write_text("".join(f"{line}\n" for line in lines()), encoding="utf-8")
    FILE.write_text("".join(f"{row}\n" for row in rows()), encoding="utf-8")

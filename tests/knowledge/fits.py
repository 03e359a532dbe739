r"""Which rules fit each known message: the rows of fits.tsv.

`python -m tests.knowledge.fits` writes the file again. A row has

- where the message comes from: `example` (messages/*.txt), `recorded` (a condition or a Warning
  event in a recorded state), or a word of `AS_NAMES`: such a message was renamed, that is, every
  name in it that a user chose was replaced by that word;
- the object ("Workload" for what pods and events tell of one) and the reason;
- every rule that fits, separated by spaces, the one that is taken first. A rule is called by its
  code; `code/2` is the second rule of that code in the order of the tables;
- the beginning of the message, as it was before it was renamed.

A renamed message has a row only where other rules fit than fit the message itself: what a name
says is no matter, so each such row is a rule that takes a name for something else.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.knowledge import TABLES, UNKNOWN_FAULT, fitting, fitting_workload, pods
from fluxstatus.model import snapshot
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State
from tests.conftest import RECORDED, ROOT
from tests.knowledge.examples import AROUND, examples
from tests.knowledge.test_pods import TOLD
from tests.knowledge.test_recorded import words

FILE = Path(__file__).with_name("fits.tsv")
STATES = (
    *sorted(RECORDED.glob("*.json.gz")),
    *sorted((ROOT / "tests" / "lab").glob("*.json.gz")),
    ROOT / "fluxstatus" / "demo.json.gz",
)
AS_NAMES = ("vault", "sops", "kubeconfig", "submodules", "pre-install")
"""Words of the patterns that an object, a folder or a branch may be called, too."""

_SHOWN = 90  # characters of a message

_NAME = re.compile(r"(?:(?<=[/\"])|(?<![a-z]')(?<='))[a-z][a-z0-9-]*(?=['\" \],]|/(?!v\d)|$)")
"""What may be a name: in quotes, or a part of a path or of KIND/NAMESPACE/NAME."""

_NO_NAMES = """
accesskey accumulating address age api apis artifact azure clusterroles configmaps cosign couldn
customresourcedefinitions daemonsets data deployments download eof events generic git github head
heads helm host https identity info ingresses inputs jobs kind known_hosts kubectl kustomization
main manifests master namespaces nodes notation number o oci pass passphrase passwd password
persistentvolumeclaims pods pull pull-secret refs remotes replicas resource rolebindings roles scale
schema secretkey secrets serviceaccounts services ssh statefulsets status string tags template tmp
token unknown username v1 v1beta1 v1beta2 v2 v2beta1 value
"""
"""Words that stand where names do, and that a controller or a protocol chose."""


class Message(NamedTuple):
    """What was said of an object; no resource where pods or events tell it of a workload."""

    subject: str
    resource: Resource | None
    reason: str
    text: str

    def fits(self) -> tuple[str, ...]:
        """Return the names of the rules that fit, the one that is taken first."""
        if self.resource is None:
            rules = [rule for rule, _ in fitting_workload(self.text)]
        else:
            found = fitting(self.resource, self.reason, self.text, AROUND)
            rules = [diagnosis.rule for diagnosis in found]
        return tuple(names()[id(rule)] for rule in rules if rule is not UNKNOWN_FAULT)

    def renamed(self, word: str) -> "Message":
        """Return it with *word* for each name, those excepted that the spec refers to."""
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
    """Return what each rule is called, by its id: its code, and which one of that code it is."""
    found: dict[int, str] = {}
    counted: Counter[str] = Counter()
    for table in (*TABLES, pods):
        for rule in table.RULES:
            counted[rule.code] += 1
            count = counted[rule.code]
            found[id(rule)] = f"{rule.code}/{count}" if count > 1 else str(rule.code)
    return found


def written() -> Iterator[Message]:
    """Yield the messages of the examples."""
    for example in examples():
        yield Message(example.subject, example.resource(), example.reason, example.message)
    for told in TOLD:
        yield Message("Workload", None, "", told)


def recorded() -> Iterator[Message]:
    """Yield what was said in the recorded states: of objects of Flux, and of workloads."""
    for file in STATES:
        for word in words(file):
            yield Message(word.resource.kind.name, word.resource, word.reason, word.message)
        state = State(snapshot.load(file))
        for item in state.evidence.answer("events").items:
            about = map_of(item.get("involvedObject"))
            kind, namespace, name = (text_of(about.get(f)) for f in ("kind", "namespace", "name"))
            if (kind, namespace, name) not in state.resources:
                yield Message("Workload", None, "", text_of(item.get("message")))


def rows() -> Iterator[str]:
    """Yield the rows, each once, in their order."""
    found = {row for message in written() for row in _rows_of("example", message)}
    found |= {row for message in recorded() for row in _rows_of("recorded", message)}
    yield from ("\t".join(row) for row in sorted(found))


def _rows_of(origin: str, message: Message) -> Iterator[tuple[str, ...]]:
    fits = message.fits()
    yield _row(origin, message, fits)
    for word in AS_NAMES:
        of_renamed = message.renamed(word).fits()
        if of_renamed != fits:
            yield _row(word, message, of_renamed)


def _row(origin: str, message: Message, fits: Sequence[str]) -> tuple[str, ...]:
    shown = message.text[:_SHOWN].replace("\n", "\\n").replace("\t", "\\t")
    return origin, message.subject, message.reason, " ".join(fits) or "-", shown


if __name__ == "__main__":
    FILE.write_text("".join(f"{row}\n" for row in rows()), encoding="utf-8")

"""What a worker is to do, and what it answers: values that travel as lines of JSON."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Task(NamedTuple):
    """What is the same for all clusters.

    `flags` are the options of the connection without the context and the kubeconfig, `timeout` is
    in seconds, `accept` is a file, empty for none. With `upgrade_to`, a version of Flux, each
    cluster gets a plan for the upgrade to it instead of the check.
    """

    timeout: float = 30.0
    namespaces: Sequence[str] = ()
    steps: Sequence[str] = ()
    skip: Sequence[str] = ()
    advice: bool = False
    everything: bool = False
    accept: str = ""
    flags: Mapping[str, Any] = {}
    upgrade_to: str = ""


class Job(NamedTuple):
    """A cluster to check: a `context` of a `kubeconfig`, or a `file`.

    `name` is what it is called, `save` a file for the snapshot, empty for none.
    """

    name: str
    context: str = ""
    kubeconfig: str = ""
    file: str = ""
    save: str = ""


class Source(NamedTuple):
    """An object that is compared between clusters.

    `url` is where a source fetches from, with its ref, empty for other kinds; `revision` is what it
    has, `stored` since when (RFC 3339) and `interval` how often it looks, in seconds.
    """

    kind: str
    namespace: str
    name: str
    suspended: bool = False
    url: str = ""
    revision: str = ""
    stored: str = ""
    interval: float = 0.0


class Answer(NamedTuple):
    """What came of a cluster: its `document`, that of `-o json`, or the `problem` without one.

    The document is that of `upgrade plan` if the task was to plan.

    `uid` tells it from other clusters, empty if unknown. `sources` are None if they are unknown.
    `note` is what else went wrong. `also` are other names of it.
    """

    name: str
    document: Mapping[str, Any] | None = None
    problem: str = ""
    uid: str = ""
    sources: Sequence[Source] | None = None
    note: str = ""
    also: Sequence[str] = ()


def job_line(job: Job, task: Task) -> bytes:
    """Return a job as a line."""
    return json.dumps([job, task._asdict()]).encode() + b"\n"


def job_in(line: bytes) -> tuple[Job, Task]:
    """Return the job in a line."""
    job, task = json.loads(line)
    return Job(*job), Task(**task)


def answer_line(answers: Sequence[Answer]) -> bytes:
    """Return the answers to a job as a line."""
    return json.dumps(answers).encode() + b"\n"


def answers_in(line: bytes) -> list[Answer]:
    """Return the answers in a line."""
    return [_answer(*found) for found in json.loads(line)]


def _answer(*found: Any) -> Answer:
    answer = Answer(*found)
    if answer.sources is None:
        return answer
    return answer._replace(sources=[Source(*map(_once, one)) for one in answer.sources])


def _once(value: Any) -> Any:
    """Return *value*; equal texts are one: most names and revisions are in many clusters."""
    return sys.intern(value) if type(value) is str else value

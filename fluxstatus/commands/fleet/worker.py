"""A process that checks clusters, one after another: a line of JSON in, a line of JSON out.

It takes most of the time of a small check to start Python, so a worker does many. What it read of
a cluster is let go before the next one.
"""

# ruff: noqa: PLC0415 - imported where needed: `main` prepares what makes imports faster

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from fluxstatus.commands.fleet.jobs import Answer, Job, Source, Task, answer_line, job_in

if TYPE_CHECKING:
    from fluxstatus.model.evidence import Evidence
    from fluxstatus.state.state import State

_GC_THRESHOLD = 1_000_000  # as in __main__.py


def main() -> None:
    """Answer each line of standard input until its end. SIGTERM ends it, and what it started."""
    import gc

    from fluxstatus.base.late_modules import postpone

    gc.set_threshold(_GC_THRESHOLD)
    postpone()
    from fluxstatus.cluster import orphans, signals

    with signals.raised(to_the_end=True), orphans.adopted():
        serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer each line of *jobs*."""
    for line in jobs:
        job, task = job_in(line)
        answers.write(answer_line([*_answers(job, task)]))
        answers.flush()


def _answers(job: Job, task: Task) -> Iterator[Answer]:
    """Yield what came of *job*; whatever goes wrong is a problem of this cluster alone."""
    from fluxstatus.base.masking import mask
    from fluxstatus.model.errors import UnreadError
    from fluxstatus.model.snapshot import SnapshotError

    try:
        yield from _in_file(job, task) if job.file else [_live(job, task)]
    except (SnapshotError, OSError) as error:
        yield Answer(job.name, problem=mask(f"{error}"))
    except UnreadError as error:
        yield Answer(job.name, problem=error.unread.full_text)
    except Exception as error:  # noqa: BLE001 - a bug with one cluster must not hide the others
        text = mask(f"{type(error).__name__}: {error}")
        yield Answer(job.name, problem=f"{text}; this is a bug in kubectl flux-status")


def _live(job: Job, task: Task) -> Answer:
    from fluxstatus.base.deadline import Deadline
    from fluxstatus.commands.options import Connection
    from fluxstatus.commands.progress import read_evidence

    connection = Connection(**task.flags, context=job.context, kubeconfig=job.kubeconfig)
    if task.upgrade_to:
        from fluxstatus.cluster.identity import Identity
        from fluxstatus.commands.flux_upgrade import read_for_plan

        identity = Identity()
        evidence = read_for_plan(
            connection, Deadline(task.timeout), verbose=False, quiet=True, also=identity.read
        )
        return _planned(job.name, evidence, task)._replace(uid=identity.uid)
    evidence = read_evidence(
        connection,
        namespaces=tuple(task.namespaces),
        deadline=Deadline(task.timeout),
        verbose=False,
        quiet=True,
        advice=task.advice,
        identified=True,
    )
    note = _save(job.save, evidence) if job.save else ""
    return _checked(job.name, evidence, task)._replace(uid=evidence.uid, note=note)


def _save(file: str, evidence: "Evidence") -> str:
    """Save a snapshot, and return why that failed: it costs the file, not the verdict."""
    from fluxstatus.model import snapshot

    try:
        snapshot.save(file, evidence)
    except snapshot.SnapshotError as error:
        return f"{error}"
    return ""


def _in_file(job: Job, task: Task) -> Iterator[Answer]:
    """Yield what is in a file: a snapshot, which is checked, a report, or those of a fleet."""
    from fluxstatus.base.files import read_file
    from fluxstatus.model.snapshot import LIMIT, SnapshotError, loads

    try:
        data = read_file(Path(job.file), LIMIT)
    except OSError as error:
        reason = error.strerror or f"{error}"
        raise SnapshotError(f"{job.file} could not be read: {reason}") from error
    if b'"schemaVersion"' in data[:100]:
        yield from _reports(job, data, task.upgrade_to)
        return
    evidence = loads(data, job.file)
    del data
    from dataclasses import replace

    target = evidence.target._replace(saved=("--from", job.file))
    judged = _planned if task.upgrade_to else _checked
    found = judged(job.name, replace(evidence, target=target), task)
    yield found._replace(uid=evidence.uid)


def _reports(job: Job, data: bytes, upgrade_to: str) -> Iterator[Answer]:
    """Yield what is in *data*: a report, those of a fleet, or its plans for *upgrade_to*."""
    from fluxstatus.model.snapshot import SnapshotError
    from fluxstatus.report.from_json import report_in
    from fluxstatus.report.whole import members_in, report_of

    try:
        if (fleet := members_in(data, upgrade_to)) is None:
            document = report_in(data)
            report_of(document)
            yield Answer(job.name, document)
            return
        for one in fleet:
            yield Answer(one.name, one.document, one.problem, one.uid, also=one.also)
    except ValueError as error:
        raise SnapshotError(f"{job.file} {error}") from error


def _planned(name: str, evidence: "Evidence", task: Task) -> Answer:
    from fluxstatus.base.versions import minor_of
    from fluxstatus.checks.upgrade.plan import plan_of
    from fluxstatus.report.as_plan import VERSION, document
    from fluxstatus.state.state import State

    plan = plan_of(State(evidence), minor_of(task.upgrade_to))
    return Answer(name, {"schemaVersion": VERSION, **document(plan)}, sources=())


def _checked(name: str, evidence: "Evidence", task: Task) -> Answer:
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.commands.choice import choice_of
    from fluxstatus.commands.known import Accepting, Known
    from fluxstatus.commands.options import Scope
    from fluxstatus.mcp.next_step import report_with_next
    from fluxstatus.report.as_json import VERSION, document
    from fluxstatus.state.state import State

    scope = Scope(
        namespace=[*task.namespaces], step=[*task.steps], skip=[*task.skip], advice=task.advice
    )
    accepted = Accepting(Known(accept=Path(task.accept))).list if task.accept else None
    choice = choice_of(scope)._replace(accept=accepted)
    state = State(evidence, choice.namespaces)
    report = report_with_next(Analysis(state, choice.skip), choice)
    found: dict[str, Any] = document(report, everything=task.everything)
    sources = None if report.unreachable else [*_sources(state)]
    return Answer(name, {"schemaVersion": VERSION, **found}, sources=sources)


def _sources(state: "State") -> Iterator[Source]:
    from fluxstatus.base.durations import seconds, stamp
    from fluxstatus.state.revisions import artifact_of

    for one in state.resources.values():
        url = one.spec.get("url")
        known = Source(one.ref.kind, one.ref.namespace, one.ref.name, one.suspended)
        if isinstance(url, str):
            artifact = artifact_of(one)
            ref = json.dumps(one.spec.get("ref"), sort_keys=True)
            known = known._replace(
                url=f"{url} {ref}",
                revision=artifact.revision,
                stored=stamp(artifact.since) if artifact.since else "",
                interval=seconds(one.spec.get("interval"), 60.0),
            )
        yield known

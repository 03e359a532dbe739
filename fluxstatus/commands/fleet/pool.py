"""Workers: processes of this program that check clusters side by side.

A worker that hangs, crashes or is killed costs the cluster that it was checking, no other one.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from fluxstatus.base.plurals import counted
from fluxstatus.cluster.processes import Process, ProgramError, ended
from fluxstatus.commands.fleet.jobs import Answer, Job, Task, answers_in, job_line
from fluxstatus.commands.ourselves import ourselves

_CODE = "from fluxstatus.commands.fleet.worker import main; main()"
_PAUSE = 0.01  # seconds between two looks at the workers
_GRACE = 60.0  # seconds after the time limit of a cluster, which the worker keeps by itself
_FOR_A_FILE = 300.0  # seconds
_JOBS = 25  # of a worker: then a new one takes over, so that nothing can pile up


class Pool:
    """At most *size* workers for a *task*, for a `with` block that ends them and all they started.

    They are started by the thread that makes the pool.
    """

    def __init__(self, size: int, task: Task) -> None:
        self._size, self._task = size, task
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Have all workers clean up, and kill those that do not."""
        ended([one.process for one in (*self._busy, *self._idle)])

    def answers(self, jobs: Iterable[Job], at_once: int = 0) -> Iterator[tuple[Job, list[Answer]]]:
        """Yield the answers to each of *jobs*, in the order in which they come.

        At most *at_once* are under way, as many as there may be workers by default.
        """
        waiting = deque(jobs)
        most = min(at_once or self._size, self._size)
        while waiting or self._busy:
            while waiting and len(self._busy) < most:
                job = waiting.popleft()
                try:
                    self._give(job)
                except ProgramError as error:
                    yield job, [Answer(job.name, problem=error.unread.full_text)]
            asked = [(worker, worker.answers()) for worker in self._busy]
            done = [(worker, found) for worker, found in asked if found is not None]
            for worker, found in done:
                self._busy.remove(worker)
                self._keep(worker)
                yield worker.job, found
            if not done:
                time.sleep(_PAUSE)

    def _give(self, job: Job) -> None:
        """Hand *job* to a worker that is idle, or to a new one. Raises ProgramError."""
        worker = self._idle.pop() if self._idle else _Worker()
        self._busy.append(worker)
        worker.give(job, self._task)

    def _keep(self, worker: "_Worker") -> None:
        """Keep *worker* for another job, unless it has ended or done enough."""
        if worker.jobs < _JOBS and worker.process.alive():
            self._idle.append(worker)
        else:
            worker.process.__exit__()


class _Worker:
    """A process with at most one job. Raises ProgramError."""

    def __init__(self) -> None:
        self.process = Process(ourselves(code=_CODE), stdin=True, streaming=True)
        self.jobs = 0
        self.job, self._until = Job(""), 0.0
        self._received = bytearray()

    def give(self, job: Job, task: Task) -> None:
        """Have it do *job*."""
        limit = _FOR_A_FILE if job.file else task.timeout + _GRACE
        self.job, self._until = job, time.monotonic() + limit
        self._limit = limit
        self.jobs += 1
        try:
            self.process.write(job_line(job, task))
        except ProgramError:  # it has ended; `answers` finds out why
            self.jobs = _JOBS

    def answers(self) -> list[Answer] | None:
        """Return the answers to the job, None while it works on it.

        There are none if a file is the output of a shard without clusters.
        """
        is_alive = self.process.alive()  # asked first: what it wrote before its end is read
        while part := self.process.read():
            self._received += part
        if self._received.endswith(b"\n"):
            line, self._received = bytes(self._received), bytearray()
            return self._read(line)
        if not is_alive:
            return [self._without(f"the check exited without a result{self._last_words()}")]
        if time.monotonic() > self._until:
            self.process.end()
            seconds = counted(round(self._limit), "second")
            return [self._without(f"the check did not finish within {seconds}")]
        return None

    def _read(self, line: bytes) -> list[Answer]:
        try:
            found = answers_in(line)
        except (ValueError, TypeError) as error:
            self.jobs = _JOBS  # who knows what comes next
            return [self._without(f"the check printed something other than a result: {error}")]
        if not found and not self.job.file:
            return [self._without("the check printed no result")]
        return found

    def _without(self, problem: str) -> Answer:
        return Answer(self.job.name, problem=problem)

    def _last_words(self) -> str:
        output = self.process.output()
        if output.code < 0:
            return f": it was killed by signal {-output.code}"
        words = output.stderr.strip().rpartition("\n")[2]
        return f": {words}" if words else ""

"""The run of the checks of a fleet: logins one after another, the rest side by side."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from fluxstatus.commands.fleet.jobs import Answer, Task
from fluxstatus.commands.fleet.members import Member, member_of
from fluxstatus.commands.fleet.pool import Pool
from fluxstatus.commands.fleet.selection import Chosen


def checked(
    chosen: Sequence[Chosen],
    task: Task,
    parallel: int,
    seen: Callable[[Member], None],
    note: Callable[[str], None],
) -> list[Member]:
    """Return what came of each of *chosen*, in its order; *seen* is called as each is done.

    Contexts with one server are one cluster: one of them is checked, and another one only if that
    one was refused. *note* is called with what else went wrong.
    """
    found: dict[str, list[Member]] = {one.job.name: [] for one in chosen}
    for one in (one for one in chosen if one.problem):
        member = Member(one.job.name, origin=one.origin, problem=one.problem)
        found[one.job.name].append(member)
        seen(member)
    groups = _by_server([one for one in chosen if not one.problem])
    is_saved = any(one.job.file for one in chosen)
    size = min(parallel, os.cpu_count() or 1) if is_saved else parallel
    with Pool(size, task) as pool:
        while groups:
            refused = set()
            for one, answer in _answers(pool, [group[0] for group in groups]):
                if answer.note:
                    note(answer.note)
                member = _member(one, answer, groups)
                refused |= {one.job.name} if member.is_closed else set()
                found[one.job.name].append(member)
                seen(member)
            groups = [group[1:] for group in groups if group[1:] and group[0].job.name in refused]
    return [member for several in found.values() for member in several]


def clusters_in(chosen: Iterable[Chosen]) -> int:
    """Return how many clusters *chosen* are, as far as their addresses tell."""
    return len(_by_server(chosen))


def _by_server(chosen: Iterable[Chosen]) -> list[list[Chosen]]:
    """Return *chosen*, those together that lead to one server."""
    groups: dict[tuple[str, ...], list[Chosen]] = {}
    for one in chosen:
        groups.setdefault(one.context.server or ("", one.job.name), []).append(one)
    return list(groups.values())


def _answers(pool: Pool, chosen: Sequence[Chosen]) -> Iterator[tuple[Chosen, Answer]]:
    """Yield the answers: first those with a login of their own, one at a time.

    Others with the same login find it done.
    """
    logins = {one.login: one.job.name for one in reversed(chosen) if any(one.login)}
    first = [one for one in chosen if one.job.name in logins.values()]
    rest = [one for one in chosen if one not in first]
    for several, at_once in ((first, 1), (rest, 0)):
        by_job = {one.job: one for one in several}
        for job, answers in pool.answers(list(by_job), at_once):
            for answer in answers:
                yield by_job[job], answer


def _member(one: Chosen, answer: Answer, groups: Sequence[Sequence[Chosen]]) -> Member:
    """Return the cluster of *answer*, with the names of the contexts that are not checked again."""
    job = one.job
    member = member_of(answer, origin=one.origin, context=job.context, is_file=bool(job.file))
    if job.file:
        return member
    others = next(group[1:] for group in groups if group[0] is one)
    names = () if member.is_closed else tuple(other.job.name for other in others)
    return member._replace(server=one.context.server, also=names)

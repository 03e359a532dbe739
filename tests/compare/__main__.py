"""Compare what this checkout prints with what a commit printed: python -m tests.compare [BASE].

Every command that can replay a snapshot is run on every state of the project, together with what
else needs no cluster: help, mistakes, completion, codes. Exits with 1 when something differs.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.compare.cases import cases
from tests.compare.differences import as_diff, as_sentences, grouped, hunks
from tests.compare.runs import ROOT, Kept, Result, checked_out, digest, git, key, run
from tests.compare.states import states


def main() -> int:
    """Print how the two differ, and return the exit code."""
    asked = _arguments()
    begin = time.monotonic()
    base = asked.base or git("merge-base", "main", "HEAD").decode().strip()
    commit = git("rev-parse", "--verify", f"{base}^{{commit}}").decode().strip()
    with TemporaryDirectory() as folder:
        here = Path(folder).resolve()
        wanted = {
            line: its_key
            for line, its_key in _lines(asked.states, here)
            if fnmatchcase(line, asked.only)
        }
        if not wanted:
            sys.exit(f"no command line matches {asked.only}")
        before, after = _results(commit, wanted, here)
    found = [(line, hunk) for line in wanted for hunk in hunks(before[line], after[line])]
    groups = grouped(found)
    for text in as_sentences(groups) if asked.sentences else map("\n".join, map(as_diff, groups)):
        print(text)  # noqa: T201
    differ = len({line for line, _ in found})
    print(  # noqa: T201
        f"{len(wanted)} command lines, {differ} differ from {commit[:9]}, "
        f"in {len(groups)} ways; {time.monotonic() - begin:.0f} s"
    )
    return 1 if differ else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.compare", description=__doc__)
    parser.add_argument("base", nargs="?", help="a commit; by default where this branch left main")
    parser.add_argument(
        "--states", action="append", type=Path, default=[], metavar="DIR",
        help="replay what is in this folder, too: snapshots, or recordings as tests/recorded has",
    )  # fmt: skip
    parser.add_argument("--only", default="*", metavar="GLOB", help="only these command lines")
    parser.add_argument(
        "--sentences", action="store_true", help="show each change of words once, as old → new"
    )
    return parser.parse_args()


def _lines(folders: list[Path], here: Path) -> Iterator[tuple[str, str]]:
    """Yield each command line and the key of its result; the states go into *here*."""
    written: dict[str, str] = {}
    for line, state in cases(lambda lines: run({ROOT: lines}, here)[ROOT], states(folders)):
        if state is None:
            yield line, key(line, "")
            continue
        if state.name not in written:
            data = json.dumps(state.document)
            file = here / state.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(data)
            written[state.name] = digest(data)
        whole = " ".join(f"{line} --from {state.name}".split())
        yield whole, key(whole, written[state.name])


def _results(
    commit: str, wanted: dict[str, str], here: Path
) -> tuple[dict[str, Result], dict[str, Result]]:
    """Return the results of *commit*, which is asked only what it was not before, and ours."""
    kept = Kept(commit)
    unknown = [line for line, its_key in wanted.items() if its_key not in kept.results]
    if unknown:
        with checked_out(commit) as checkout:
            done = run({checkout: unknown, ROOT: [*wanted]}, here)
        kept.results |= {wanted[line]: result for line, result in done[checkout].items()}
        kept.save()
    else:
        done = run({ROOT: [*wanted]}, here)
    return {line: kept.results[its_key] for line, its_key in wanted.items()}, done[ROOT]


if __name__ == "__main__":
    sys.exit(main())

"""The entry point. Requests that need no cluster are answered before heavy imports."""

# ruff: noqa: PLC0415 - see above: TAB must not wait for imports that it does not need

import gc
import os
import sys

from fluxstatus import __version__

_GC_THRESHOLD = 1_000_000
"""New objects between two garbage collections: there is little garbage, and each run takes time."""


_NO_VERDICT = 3  # as in model/findings.py, which takes time to import


def main() -> None:
    """Run the program with the arguments it was called with, and end the process."""
    try:
        match sys.argv[1:]:
            case ["--version"]:
                _leave(0, f"kubectl flux-status {__version__}\n")
            case ["__complete", *words]:
                from fluxstatus.commands.completion.complete import complete

                _leave(0, complete(words))
            case words:
                _run(words)
    except KeyboardInterrupt:
        _leave(130)
    except SystemExit as end:
        if isinstance(end.code, int):
            _leave(end.code)
        raise
    _leave(0)


def _run(words: list[str]) -> None:
    gc.set_threshold(_GC_THRESHOLD)
    from fluxstatus.base.late_modules import postpone

    postpone()
    from fluxstatus.cluster import orphans, signals
    from fluxstatus.commands.completion import prestart

    with signals.raised(to_the_end=True), orphans.adopted(), prestart.started(words):
        from fluxstatus.cli import run

        run()


def _leave(code: int, text: str = "") -> None:
    """Write *text* to standard output, unless the caller closed it, and end the process.

    Without interpreter teardown: freeing 10,000 objects takes noticeable time. Nothing is
    left to clean up: child processes have ended, temporary folders are removed.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:
        pass  # whoever read it has enough
    except OSError as error:
        code = _NO_VERDICT
        _complain(f"Error: the result cannot be written: {error.strerror}\n")
    _complain("")
    os._exit(code)


def _complain(text: str) -> None:
    """Write *text*, and all that was written before, to standard error, if that is possible."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(text)
            sys.stderr.flush()
    except OSError:
        pass  # it was closed, or its disk is full


def complete_for_kubectl() -> None:
    """Run as kubectl_complete-flux_status, the program that kubectl runs when TAB is pressed."""
    sys.argv.insert(1, "__complete")
    main()


if __name__ == "__main__":
    main()

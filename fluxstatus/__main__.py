"""The entry point. Requests that need no cluster are answered before heavy imports."""

# ruff: noqa: PLC0415 - see above: TAB must not wait for imports that it does not need

import gc
import os
import sys

from fluxstatus import __version__

_GC_THRESHOLD = 100_000
"""New objects between two garbage collections: there is little garbage, and each run takes time."""


def main() -> None:
    """Run the program with the arguments it was called with, and end the process."""
    try:
        match sys.argv[1:]:
            case ["--version"]:
                sys.stdout.write(f"kubectl flux-status {__version__}\n")
            case ["__complete", *words]:
                from fluxstatus.commands.completion.complete import complete

                sys.stdout.write(complete(words))
            case words:
                gc.set_threshold(_GC_THRESHOLD)
                from fluxstatus.cluster import processes
                from fluxstatus.commands.completion import prestart

                with processes.signals_raise(), prestart.started(words):
                    from fluxstatus.cli import run

                    run()
    except KeyboardInterrupt:
        sys.exit(130)
    except SystemExit as end:
        _leave(end)


def _leave(end: SystemExit) -> None:
    """End the process without interpreter teardown: freeing 10,000 objects takes noticeable time.

    Nothing is left to clean up: child processes have ended, temporary folders are removed.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        raise end from None  # Python reports it
    if isinstance(end.code, int):
        os._exit(end.code)
    raise end


def complete_for_kubectl() -> None:
    """Run as kubectl_complete-flux_status, the program that kubectl runs when TAB is pressed."""
    sys.argv.insert(1, "__complete")
    main()


if __name__ == "__main__":
    main()

"""The way in. What needs no cluster is answered before anything heavy is imported."""

# ruff: noqa: PLC0415 - see above: a TAB press must not wait for what it does not need

import gc
import os
import sys

from fluxstatus import __version__

_SELDOM = 100_000
"""New objects until the collector looks for garbage: hardly anything is, and looking takes time."""


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
                gc.set_threshold(_SELDOM)
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
    """End the process at once: nobody gains by the freeing, one by one, of all that it holds.

    By now nothing of it is left elsewhere: what was started has ended, no folder is there.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        raise end from None  # Python says so in its own way
    if isinstance(end.code, int):
        os._exit(end.code)
    raise end


def complete_for_kubectl() -> None:
    """Run as kubectl_complete-flux_status, the program that kubectl asks when TAB is pressed."""
    sys.argv.insert(1, "__complete")
    main()


if __name__ == "__main__":
    main()

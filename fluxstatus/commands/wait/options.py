"""The options of `wait`."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from typer import Option

from fluxstatus.commands.option_values import seconds


@dataclass(kw_only=True, eq=False, repr=False)
class WaitTiming:
    """How long `wait` waits, and what it takes for a result."""

    panel: ClassVar = "Timing and exit code"

    timeout: Annotated[
        float,
        Option(
            metavar="DURATION",
            parser=seconds,
            help="Time limit for the wait; each request has its own [default: 10m]",
            show_default=False,
        ),
    ] = 600.0
    fail_fast: Annotated[
        bool, Option("--fail-fast", help="Stop at a failure that Flux does not retry")
    ] = False
    or_newer: Annotated[
        bool,
        Option(
            "--or-newer",
            help="Also accept a newer revision that may not contain this one",
        ),
    ] = False

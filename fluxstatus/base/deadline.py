"""The time limit of a whole command."""

import time

from fluxstatus.base.durations import duration

_MOST = 0.9  # of the time limit: a step that had so much of it had the whole, as users see it


class Deadline:
    """The moment at which a command has to be done: *seconds* after this was made.

    A command makes one, from --timeout, and passes it to all of its steps: none of them has a time
    limit of its own. `end` is on the clock of `time.monotonic`.
    """

    __slots__ = ("end", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.restart()

    def __str__(self) -> str:
        """Return the time limit as users write it: "30s"."""
        return duration(round(self.seconds, 3))

    def restart(self) -> None:
        """Begin again, for the next look of --watch."""
        self.end = time.monotonic() + self.seconds

    def remaining(self) -> float:
        """Return the seconds that are left, 0 when the time is up."""
        return max(self.end - time.monotonic(), 0.0)

    def within(self, seconds: float) -> "Deadline":
        """Return the sooner of this deadline, to a tenth of a second, and one in *seconds*."""
        left = self.remaining()
        return Deadline(min(seconds, round(left, 1) or left))

    def time_for(self, began: float) -> float:
        """Return the seconds that a step had that *began* then, for a message."""
        had = max(self.end - began, 0.0)
        return self.seconds if had >= _MOST * self.seconds else round(had, 1)

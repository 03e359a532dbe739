"""The values of options: parsers that raise BadParameter, which is a usage error."""

import re

from typer import BadParameter

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.durations import duration, parse_duration
from fluxstatus.model.findings import NEW, Verdict

FAIL_ON = (Verdict.FAIL, Verdict.WARN, Verdict.PROGRESSING, NEW)
"""The results that set exit code 1 (`--fail-on`); failures always do, unless NEW is the only
value."""

_LONGEST = 87600 * 3600.0  # seconds: ten years, which no clock or timer of the system exceeds


def seconds(text: str | float) -> float:
    """Return the seconds in a duration as Go writes it (1m30s); a plain number is seconds.

    A default, which is a number, is returned as it is. Raises BadParameter.
    """
    if isinstance(text, float):
        return text
    if re.fullmatch(r"\d+(\.\d+)?", text):
        text += "s"
    value = parse_duration(text)
    if not value:
        raise BadParameter(
            f"{text!r} is not a duration above 0; use a format such as 30s, 1m30s or 2h"
        )
    if value > _LONGEST:
        raise BadParameter(f"{text!r} is too long; the longest duration is {duration(_LONGEST)}")
    return value


def age(text: str | float) -> float:
    """Return the seconds in an age as it is printed, also in days (7d, 1d12h).

    A default, which is a number, is returned as it is. Raises BadParameter.
    """
    if isinstance(text, float):
        return text
    days, _, rest = text.rpartition("d")
    is_age = (not days or re.fullmatch(r"\d{1,4}", days)) and (days or rest)
    if not is_age or (rest and not parse_duration(rest)):
        raise BadParameter(f"{text!r} is not an age above 0; use a format such as 30m, 12h or 7d")
    return seconds(f"{int(days or 0) * 24}h{rest}")


def lines(text: str) -> int:
    """Return a number of lines, -1 for all. Raises BadParameter."""
    if not re.fullmatch(r"-1|\d{1,9}", text):
        raise BadParameter(f"{text!r} is not a number of lines; use -1 for all")
    return int(text)


def levels(text: str) -> str:
    """Return *text*, words of FAIL_ON separated by commas. Raises BadParameter."""
    for word in text.split(","):
        if word not in FAIL_ON:
            raise BadParameter(f"{word!r} is not one of {', '.join(map(repr, map(str, FAIL_ON)))}")
    return text


def deadline(text: str | Deadline) -> Deadline:
    """Return the deadline that is a duration from now. Raises BadParameter."""
    if isinstance(text, Deadline):  # the default, or that of a command before its subcommand
        text.restart()
        return text
    return Deadline(seconds(text))

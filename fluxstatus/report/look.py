"""How a report is to be shown: decided by the caller, never asked by a renderer."""

from typing import NamedTuple


class Look(NamedTuple):
    """What a renderer needs to know of where its text goes.

    `width` is in columns. `everything` shows each pass and all texts whole (`--all`), `advice`
    each habit (`--advice`). `ascii` keeps to ASCII, for a terminal or a file that is not UTF-8.
    """

    width: int = 80
    colour: bool = False
    everything: bool = False
    advice: bool = False
    ascii: bool = False

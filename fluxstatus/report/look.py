"""How a report is displayed: decided by the caller, never by a renderer."""

from typing import NamedTuple


class Look(NamedTuple):
    """The display options of a renderer.

    `width` is in columns. `everything` (`--all`) shows each pass and does not truncate texts,
    `advice` (`--advice`) shows each piece of advice. `ascii` limits the output to ASCII, for a
    terminal or a file that is not UTF-8. `brief` (`--brief`) shows only a line for each fault,
    `wide` (`-o wide`) also times to the second, evidence and ids. `fitted` fits tables to the
    width, for a terminal: elsewhere each row is one line.
    """

    width: int = 80
    color: bool = False
    everything: bool = False
    advice: bool = False
    ascii: bool = False
    brief: bool = False
    wide: bool = False
    fitted: bool = False

#!/usr/bin/env python3
"""Print the skill for assistants as it is shared, such as with `npx skills add`.

`mcp skill` prints the same with the checksum of the program on this machine.

    docs/skill.py > skills/flux-status/SKILL.md
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / ".ci")]

from fluxstatus.mcp import skill  # noqa: E402
from shipping.version import homepage  # noqa: E402

_REQUIREMENTS = f"""\
## Requirements

`kubectl flux-status --version` must work. If it does not, propose to install it, as described in
{homepage()}/blob/main/docs/install.md, and stop.
"""


def text() -> str:
    """Return the skill."""
    for_all, _, _ = skill.template().partition("## The program\n")
    return for_all + _REQUIREMENTS


if __name__ == "__main__":
    sys.stdout.write(text())

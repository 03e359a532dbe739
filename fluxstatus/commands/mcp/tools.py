"""`mcp tools`: the tools of the installed server, in both modes."""

from typing import Any

from fluxstatus.base.visible import visible
from fluxstatus.commands import console
from fluxstatus.commands.options import TIMEOUT, Output, Timeout
from fluxstatus.mcp import server
from fluxstatus.report import Format
from fluxstatus.report.as_json import versioned

_WIDTH = 100


def show(*, output: Output = Format.TEXT, timeout: Timeout = TIMEOUT) -> None:
    """Show the tools of the installed server, read-only and read-write.

    Queries the program itself, because its tool names can change in any release.
    """
    path = server.find()
    version, found = server.version(path, timeout), server.tools(path, timeout)
    if output is Format.JSON:
        console.put(versioned(_document(path, version, found)))
        return
    width = max(len(tool.name) for tool in found.all)
    reading = {tool.name for tool in found.reading}
    lines = [
        visible(f"{path} {version}"),
        "",
        f"{'TOOL':{width}}  READ-ONLY  READ-WRITE  WHAT IT DOES",
    ]
    for tool in sorted(found.all, key=lambda tool: (tool.name not in reading, tool.name)):
        mark = "yes" if tool.name in reading else "-"
        what = " ".join(tool.description.split()).partition(". ")[0][:_WIDTH]
        lines.append(f"{visible(tool.name):{width}}  {mark:9}  {'yes':10}  {visible(what)}")
    lines += ["", f"{len(reading)} with --read-only=true, {len(found.all)} without"]
    console.put("\n".join(lines) + "\n")


def _document(path: str, version: str, found: server.Tools) -> dict[str, Any]:
    return {
        "server": {"path": path, "version": version},
        "readOnly": [tool.name for tool in found.reading],
        "readWrite": [tool.name for tool in found.all],
        "writes": [tool.name for tool in found.writing],
    }

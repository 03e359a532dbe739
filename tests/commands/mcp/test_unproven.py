"""`mcp verify` of a server whose flags do not reach it: nothing is proven."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.fakes.programs import program

_SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    tools = [{{"name": name, "inputSchema": {{}}}} for name in {names}]
    text = [{{"type": "text", "text": "No Flux instance found"}}]
    answers = {{
        "initialize": {{
            "protocolVersion": "2025-06-18", "capabilities": {{"tools": {{}}}},
            "serverInfo": {{"name": "flux-operator-mcp", "version": "1"}},
        }},
        "tools/list": {{"tools": tools}},
        "tools/call": {{"content": text}},
    }}
    if "id" in asked:
        answer = {{"jsonrpc": "2.0", "id": asked["id"], "result": answers[asked["method"]]}}
        print(json.dumps(answer), flush=True)
"""


@pytest.mark.parametrize(
    ("names", "writes", "code"),
    [
        (["get_flux_instance"], None, "unproven"),
        (["get_flux_instance", "delete_resource"], ["delete_resource"], "read-write"),
    ],
)
def test_equal_lists_prove_nothing(
    flux_status: Program, tmp_path: Path, names: list[str], writes: object, code: str
) -> None:
    """Where --read-only makes no difference, `writes` is not an empty list."""
    script = tmp_path / "server.py"
    script.write_text(_SERVER.format(names=names))
    wrapper = program(tmp_path / "flux-operator-mcp", f"exec '{sys.executable}' '{script}'")
    entry = {"command": str(wrapper), "args": ["serve", "--read-only=true"]}
    file = tmp_path / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"mcpServers": {"flux-operator-mcp": entry}}))
    done = flux_status("mcp", "verify", "-o", "json", env={"HOME": str(tmp_path)})
    document = json.loads(done.stdout)
    assert document["writes"] == document["entries"][0]["writes"] == writes
    found = {one["step"]: one["code"] for one in document["entries"][0]["findings"]}
    assert found["tools"] == code
    assert done.returncode in (1, 3)

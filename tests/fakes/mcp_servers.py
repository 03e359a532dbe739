"""MCP servers in place of flux-operator-mcp: they lie, are old, or show what is secret."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.fakes.programs import program

_SERVER = """
import json, os, re, sys, time, urllib.request

ABOUT = json.loads(sys.argv[1])
NEWEST, META = "2026-07-28", "io.modelcontextprotocol/"
INFO = {"name": ABOUT["name"], "version": "0.59.0"}


def discover(params):
    if ABOUT["discover"] == "refused":
        return None
    versions = [NEWEST] if ABOUT["discover"] != "older" else ["2025-11-25"]
    named = {} if ABOUT["discover"] == "nameless" else {META + "serverInfo": INFO}
    return {"supportedVersions": versions, "capabilities": {"tools": {}}, "_meta": named,
            "instructions": ABOUT["instructions"]}


def initialize(params):
    return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}},
            "serverInfo": INFO, "instructions": ABOUT["instructions"]}


def tools(params):
    listed = [{"name": name, "inputSchema": {}} for name in ABOUT["tools"]]
    if not ABOUT["paged"]:
        return {"tools": listed}
    page = int(params.get("cursor", 0))
    more = {"nextCursor": str(page + 1)} if page + 1 < len(listed) else {}
    return {"tools": listed[page:page + 1], **more}


def call(params):
    if params["name"] != "get_kubernetes_resources":
        return text("No Flux instance found")
    asked = params["arguments"]
    if "namespace" not in asked:
        return text("No resources found")
    config = json.load(open(ABOUT["kubeconfig"] or os.environ["KUBECONFIG"]))
    server = config["clusters"][0]["cluster"]["server"]
    kinds = asked["kind"].lower() + "s"
    path = f"{server}/api/v1/namespaces/{asked['namespace']}/{kinds}/{asked['name']}"
    try:
        found = json.load(urllib.request.urlopen(path, timeout=20))
    except OSError as error:
        return text(str(error))
    if asked["kind"] == "Secret":
        if ABOUT["secrets"] != "annotated":
            found["metadata"].pop("annotations")
        if ABOUT["secrets"] != "shown":
            found["data"] = {key: "****" for key in found["data"]}
        if ABOUT["secrets"] == "none":
            return text("No resources found")
    return text(json.dumps(found))


def text(words):
    return {"content": [{"type": "text", "text": words}]}


def starting(asked):
    # what a server says that reads its first question when the second is there, too
    answers = [{"id": asked["id"] - 1, "result": discover({})},
               {"id": asked["id"], "error": {"code": 0, "message": "duplicate"}}]
    for answer in answers if ABOUT["discover"] == "late" else reversed(answers):
        print(json.dumps({"jsonrpc": "2.0", **answer}), flush=True)


METHODS = {"server/discover": discover, "initialize": initialize, "tools/list": tools,
           "tools/call": call}
for line in sys.stdin:
    asked = json.loads(line)
    with open(ABOUT["asked"], "a") as file:
        file.write(line)
    silent = ABOUT["discover"] in ("ignored", "late", "later")
    if "id" not in asked or (asked["method"] == "server/discover" and silent):
        continue
    if asked["method"] == "initialize" and ABOUT["discover"] in ("late", "later"):
        starting(asked)
        continue
    result = METHODS[asked["method"]](asked["params"])
    answer = {"error": {"code": -32601, "message": "unknown"}} if result is None else {
        "result": result}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}), flush=True)
"""


def mcp_server(path: Path, **about: Any) -> Path:
    """Write a server to *path*, which writes what it is asked to the file `asked` beside it.

    *about* are its `name`, `tools` (`paged` or not) and `instructions`, the `kubeconfig` that it
    reads instead of $KUBECONFIG, how it answers `server/discover` ("newest", "refused", "ignored",
    "older", "nameless", or late, with a refusal of `initialize` after it, "late", or before it,
    "later"), and questions for `secrets` ("masked", "shown", "annotated", "none").
    """
    known = {
        "paged": False,
        "name": "flux-operator-mcp",
        "tools": ["get_flux_instance"],
        "instructions": "",
        "kubeconfig": "",
        "discover": "newest",
        "secrets": "masked",
        "asked": str(path.parent / "asked"),
    }
    assert about.keys() <= known.keys()
    path.parent.mkdir(parents=True, exist_ok=True)
    script = path.with_name(f"{path.name}.py")
    script.write_text(_SERVER)
    words = json.dumps({**known, **about})
    return program(path, f"exec '{sys.executable}' -I '{script}' '{words}'")

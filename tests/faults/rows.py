"""The table of faults: what is wrong, and what must come of it.

docs/reliability.py makes a page of it; test_faults.py causes each fault for real.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from tests.fakes.scripted import (
    RESOURCES,
    Answer,
    as_usual,
    changed,
    document,
    forbidden,
    in_turn,
    kubectl_says,
    stalled,
    status,
)

PROGRAM = "kubectl flux-status"
HEALTHY, UNHEALTHY, USAGE, UNKNOWN = 0, 1, 2, 3


class When(NamedTuple):
    """The moment of a signal: in words, and the event that has come: what was asked or printed."""

    name: str = ""
    event: str = ""
    what: str = ""


class Row(NamedTuple):
    """A fault, the command line for bash, its exit code, and what must be printed.

    In `text`, "…" is any text; empty, nothing must be printed. `script` is a shell script that
    kubectl runs for its command `of`, by default proxy, before it answers; for "mcp", it is the MCP
    server. `api` has answers by path. `signals` are sent to the program, or `to` kubectl. With
    `waits` the run ends when --timeout is over, else before. With `leaves` a temporary folder may
    be left. `real` needs the real kubectl. `xfail` is why a row does not hold yet.
    """

    fault: str
    line: str
    code: int
    text: str = ""
    script: str = ""
    of: str = ""
    api: Mapping[str, Answer] = {}
    waits: bool = False
    signals: tuple[str, ...] = ()
    when: When = When()
    to: str = ""
    leaves: bool = False
    real: bool = False
    xfail: str = ""

    @property
    def is_printed(self) -> re.Pattern[str]:
        """The pattern of what must be printed."""
        parts = map(re.escape, self.text.split("…"))
        return re.compile(".*".join(parts) if self.text else r"\Z")


def _raw(kind: str) -> str:
    return RESOURCES[kind].path


_PODS = RESOURCES["Pod"].inside("flux-system")
_FORBIDDEN = 'user "alice" is not allowed to list pods in namespace "flux-system"'
_REFUSED = kubectl_says("dial tcp 10.0.0.1:6443: connect: connection refused")
_REFUSES = "https://10.0.0.1:6443 refused the connection: nothing is listening there"
_FULL = "the result cannot be written: No space left on device"
_BUSY = status(429, retry_after="60")
_HANGS = "exec sleep 600"
REPORT = "pass drift"
"""The last line of the report on a healthy cluster begins with this."""
_DEEP = (
    b'{"kind":"HelmReleaseList","apiVersion":"helm.toolkit.fluxcd.io/v2","metadata":{},"items":['
    b'{"metadata":{"name":"deep","namespace":"apps"},"spec":'
    + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}]}"
)  # fmt: skip

_STARTING = When("while kubectl starts", "started", "proxy")
_READING = When("while a list is read", "asked", _PODS)
_PAUSING = When("between two checks", "printed", "verdict pass")
_TUNNEL = When("while the tunnel opens", "started", "port-forward")
_LOGS = When("while logs are read", "started", "logs")
_CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}

_KUBECTL = (
    Row("It is missing.", f"PATH=/nowhere {PROGRAM}", UNKNOWN,
        "kubectl is not installed or not in your PATH"),
    Row("It is not executable.", f"chmod -x ../bin/kubectl; PATH=../bin {PROGRAM}", UNKNOWN,
        "kubectl is not installed or not in your PATH"),
    Row("Its interpreter is missing.", f"echo '#!/nowhere' >../bin/kubectl; {PROGRAM}", UNKNOWN,
        "kubectl could not be started"),
    Row("`$KUBECTL_PATH` is not a program.", f"KUBECTL_PATH=/ {PROGRAM}", HEALTHY, REPORT),
    Row("It hangs.", f"{PROGRAM} --timeout 2s", UNKNOWN, "kubectl did not start within … s",
        script=_HANGS, waits=True),
    Row("It fails.", PROGRAM, UNKNOWN, "kubectl failed: no such flag",
        script="echo 'error: no such flag' >&2; exit 1"),
    Row("It ends without a word.", PROGRAM, UNKNOWN, "kubectl failed: no message",
        script="exit 0"),
    Row("It prints garbage and hangs.", f"{PROGRAM} --timeout 2s", UNKNOWN,
        "kubectl did not start within … s", script=f"echo '<html>'; {_HANGS}", waits=True),
    Row("It prints garbage and ends.", PROGRAM, UNKNOWN, r"kubectl failed: \x1b[2J\x00",
        script=r"printf '\033[2J\000'; exit 1"),
    Row("It is killed when it starts.", PROGRAM, UNKNOWN, "kubectl failed: no message",
        script="kill -KILL $$"),
    Row("It is killed while a list is read.", PROGRAM, UNKNOWN,
        "kubectl failed: it exited unexpectedly", api={_PODS: stalled}, signals=("SIGKILL",),
        when=_READING, to="kubectl"),
    Row("It stops while a list is read.", f"{PROGRAM} --timeout 3s", UNKNOWN,
        "did not respond within … s", api={_PODS: stalled}, signals=("SIGSTOP",), when=_READING,
        to="kubectl", waits=True),
    Row("It leaves a child.", PROGRAM, HEALTHY, REPORT, script="sleep 600 &"),
    Row("It leaves a child in a session of its own.", PROGRAM, HEALTHY, REPORT,
        script="setsid sleep 600 &"),
    Row("It ends and leaves a child.", PROGRAM, UNKNOWN, "kubectl failed: no message",
        script="sleep 600 & exit 1"),
    Row("`config view` hangs.", f"{PROGRAM} --timeout 3s", HEALTHY, REPORT, script=_HANGS,
        of="config", waits=True),
    Row("`config view` prints garbage.", PROGRAM, HEALTHY, REPORT, script="echo '<html>'; exit",
        of="config"),
    Row("`config view` prints other JSON.", PROGRAM, HEALTHY, REPORT,
        script="""echo '{"contexts": 1, "clusters": [2]}'; exit""", of="config"),
    Row("`logs` hangs.", f"{PROGRAM} logs --timeout 3s", UNKNOWN,
        "kubectl did not finish within … s", script=_HANGS, of="logs", waits=True),
    Row("`logs` fails.", f"{PROGRAM} logs", UNKNOWN, "source-watcher: no such container",
        script="echo no such container >&2; exit 1", of="logs"),
    Row("`get` hangs.", f"{PROGRAM} credentials ks/app -n apps --timeout 3s", UNKNOWN,
        "kubectl did not finish within … s", script=_HANGS, of="get", waits=True),
    Row("`get` prints garbage.", f"{PROGRAM} credentials ks/app -n apps", UNKNOWN,
        "kubectl printed unexpected output", script=r"printf '\033[2J\000'; exit", of="get"),
    Row("`port-forward` hangs.", f"{PROGRAM} ui --no-open --timeout 3s", UNKNOWN,
        'the web UI at service/flux-operator in namespace "flux-system" did not respond in time',
        script=_HANGS, of="port-forward", waits=True),
    Row("`port-forward` fails.", f"{PROGRAM} ui --no-open", UNKNOWN,
        "ended: error: pods/portforward is forbidden",
        script="echo 'error: pods/portforward is forbidden' >&2; exit 1", of="port-forward"),
)  # fmt: skip
_SERVER = (
    Row("It refuses connections.", PROGRAM, UNKNOWN, _REFUSES, api={"*": _REFUSED}),
    Row("Its name does not resolve.", PROGRAM, UNKNOWN,
        "the host name of https://10.0.0.1:6443 does not resolve",
        api={"*": kubectl_says("dial tcp: lookup api.example.com: no such host")}),
    Row("Its certificate is not trusted.", PROGRAM, UNKNOWN,
        "is signed by an authority that the kubeconfig does not trust",
        api={"*": kubectl_says("tls: failed to verify certificate: x509: certificate signed by "
                               "unknown authority")}),
    Row("The login program fails.", PROGRAM, UNKNOWN, "the credential plugin aws failed",
        api={"*": kubectl_says("getting credentials: exec: executable aws failed with exit code "
                               "255")}),
    Row("It does not respond.", f"{PROGRAM} --timeout 2s", UNKNOWN,
        "https://10.0.0.1:6443 did not respond within … s", api={"*": stalled}, waits=True),
    Row("It refuses connections.", f"{PROGRAM} --wait 3s", UNKNOWN, _REFUSES,
        api={"*": _REFUSED}, waits=True),
    Row("It refuses connections; then Ctrl-C.", f"{PROGRAM} --watch", 130, _REFUSES,
        api={"*": _REFUSED}, signals=("SIGINT",), when=_PAUSING._replace(what="verdict unknown")),
    Row("It refuses a list once; then Ctrl-C.", f"{PROGRAM} --watch", 130,
        f"unknown operator: …{_FORBIDDEN}…verdict unknown…gone operator: …verdict pass",
        api={_PODS: in_turn(forbidden, as_usual)}, signals=("SIGINT",), when=_PAUSING),
    Row("It refuses a list once; then Ctrl-C.", f"{PROGRAM} get ks --watch", 130,
        "Error: …apps app True", api={_raw("Kustomization"): in_turn(_BUSY, as_usual)},
        signals=("SIGINT",), when=When("", "printed", "app True")),
)  # fmt: skip
_DATA = (
    Row("The snapshot does not exist.", f"{PROGRAM} --from none.json", USAGE,
        "none.json could not be read: No such file or directory"),
    Row("The snapshot is a folder.", f"{PROGRAM} --from .", USAGE,
        ". could not be read: Is a directory"),
    Row("The snapshot is empty.", f"{PROGRAM} --from empty.json", USAGE,
        "empty.json is not a snapshot or is damaged"),
    Row("The snapshot is a web page.", f"{PROGRAM} --from page.json", USAGE,
        "page.json is not a snapshot or is damaged"),
    Row("The snapshot is cut off.", f"{PROGRAM} --from half.json.gz", USAGE,
        "half.json.gz is damaged: its gzip data is incomplete"),
    Row("The gzip data of the snapshot is wrong.", f"{PROGRAM} --from wrong.json.gz", USAGE,
        "wrong.json.gz is damaged"),
    Row("The snapshot is deeply nested.", f"{PROGRAM} --from deep.json", USAGE,
        "deep.json is not a snapshot or is damaged"),
    Row("The snapshot is too large when unpacked.", f"{PROGRAM} --from large.json.gz", USAGE,
        "large.json.gz is larger than … bytes"),
    Row("The snapshot is a device.", f"{PROGRAM} --from /dev/zero", USAGE,
        "/dev/zero could not be read: it is not a regular file"),
    Row("The snapshot is from a newer release.", f"{PROGRAM} --from newer.json", USAGE,
        "newer.json has snapshot version 99, but this release reads version 1"),
    Row("The snapshot has a garbled object.", f"{PROGRAM} --from odd.json", USAGE,
        "odd.json is damaged"),
    Row("Standard input is empty.", f"{PROGRAM} --from -", USAGE,
        "standard input is not a snapshot or is damaged"),
    Row("An object in a list is garbled.", PROGRAM, UNKNOWN,
        "FluxInstance: an item of the list could not be read: it is not an object with a name",
        api={_raw("FluxInstance"): changed({"items": [{"spec": []}]})}),
    Row("An object in a list is deeply nested.", PROGRAM, UNKNOWN,
        "HelmRelease apps/deep …is nested too deeply",
        api={_raw("HelmRelease"): document(_DEEP)}),
)  # fmt: skip
_TERMINAL = (
    Row("Standard output is closed.", f"{PROGRAM} >&-", HEALTHY),
    Row("Standard error is closed.", f"{PROGRAM} 2>&-", HEALTHY, REPORT),
    Row("All standard streams are closed.", f"{PROGRAM} <&- >&- 2>&-", HEALTHY),
    Row("Standard output is closed.", f"{PROGRAM} --version >&-", HEALTHY),
    Row("Standard output is closed.", f"{PROGRAM} list >&-", UNKNOWN,
        "the result cannot be written: standard output is closed"),
    Row("The disk of standard output is full.", f"{PROGRAM} >/dev/full", UNKNOWN, _FULL),
    Row("The disk of standard output is full.", f"{PROGRAM} get ks -o json >/dev/full", UNKNOWN,
        _FULL),
    Row("The disk of standard output is full.", f"{PROGRAM} --version >/dev/full", UNKNOWN, _FULL),
    Row("The disk of standard error is full.", f"{PROGRAM} -v 2>/dev/full", HEALTHY, REPORT),
    Row("The disk of standard error is full.", f"{PROGRAM} get ks -v 2>/dev/full", HEALTHY,
        "apps app True"),
    Row("The disk of both is full.", f"{PROGRAM} >/dev/full 2>&1", UNKNOWN),
    Row("The reader is gone.", f"{PROGRAM} | true", HEALTHY),
    Row("The reader is gone.", f"{PROGRAM} get all -o json | true", HEALTHY),
    Row("The reader goes after a line.", f"{PROGRAM} --watch | head -1", HEALTHY, "verdict pass"),
    Row("There are 20 columns.", f"COLUMNS=20 {PROGRAM}", HEALTHY, REPORT),
    Row("The terminal is unknown.", f"TERM=nonsense {PROGRAM}", HEALTHY, REPORT),
)  # fmt: skip
_DISK = (
    Row("It is full.", f"ulimit -f 1; {PROGRAM} --save now.json", HEALTHY,
        "now.json could not be written: File too large; the check continues without saving"),
    Row("It cannot be written.", f"{PROGRAM} --save /proc/now.json", USAGE,
        "/proc/now.json could not be written: …"),
    Row("The folder is missing.", f"{PROGRAM} --save none/now.json", USAGE,
        "none/now.json could not be written: No such file or directory"),
    Row("The file is a folder.", f"{PROGRAM} --save .", USAGE,
        ". could not be written: it is not a regular file"),
    Row("The file is a device.", f"{PROGRAM} --save /dev/full", USAGE,
        "/dev/full could not be written: it is not a regular file"),
    Row("It is full.", f"ulimit -f 1; {PROGRAM} --report json=now.json", HEALTHY,
        "now.json could not be written: File too large"),
    Row("The folder is missing.", f"{PROGRAM} --report json=none/now.json", USAGE,
        "none/now.json cannot be written: directory none does not exist"),
    Row("The file is a device.", f"{PROGRAM} --report json=/dev/full", USAGE,
        "/dev/full cannot be written: it is not a regular file"),
    Row("`$TMPDIR` is missing.", f"TMPDIR=/nowhere {PROGRAM}", HEALTHY, REPORT),
    Row("Nothing can be written anywhere.", f"(ulimit -f 0; {PROGRAM}) | cat", HEALTHY, REPORT),
    Row("The current directory is removed.", f"mkdir x; cd x; rmdir ../x; {PROGRAM}", HEALTHY,
        REPORT),
)  # fmt: skip
_SIGNALS = (
    *(Row(f"{name} {_STARTING.name}", PROGRAM, code, script=_HANGS, signals=(name,),
          when=_STARTING) for name, code in _CODES.items()),
    *(Row(f"{name} {_READING.name}", PROGRAM, code, api={_PODS: stalled}, signals=(name,),
          when=_READING) for name, code in _CODES.items()),
    *(Row(f"{name} {_PAUSING.name}", f"{PROGRAM} --watch", code, "verdict pass", signals=(name,),
          when=_PAUSING) for name, code in _CODES.items()),
    *(Row(f"{name} {_TUNNEL.name}", f"{PROGRAM} ui --no-open", code, script=_HANGS,
          of="port-forward", signals=(name,), when=_TUNNEL) for name, code in _CODES.items()),
    Row(f"SIGINT {_LOGS.name}", f"{PROGRAM} logs", 130, script=_HANGS, of="logs",
        signals=("SIGINT",), when=_LOGS),
    Row(f"SIGINT {_READING.name}", f"{PROGRAM} --wait 1m", 130, api={_PODS: stalled},
        signals=("SIGINT",), when=_READING),
    Row(f"SIGINT, three times, {_READING.name}", PROGRAM, 130, api={_PODS: stalled},
        signals=("SIGINT",) * 3, when=_READING),
    Row(f"SIGTERM, then SIGINT, {_READING.name}", PROGRAM, 143, api={_PODS: stalled},
        signals=("SIGTERM", "SIGINT"), when=_READING),
    Row(f"SIGSTOP, then SIGCONT, {_READING.name}", f"{PROGRAM} --request-timeout 1s", UNKNOWN,
        "did not respond within … s", api={_PODS: stalled}, signals=("SIGSTOP", "SIGCONT"),
        when=_READING),
    Row(f"SIGHUP under nohup {_READING.name}", f"nohup {PROGRAM} --request-timeout 1s", UNKNOWN,
        "did not respond within … s", api={_PODS: stalled}, signals=("SIGHUP",), when=_READING),
    Row(f"SIGQUIT {_READING.name}", PROGRAM, -3, api={_PODS: stalled}, signals=("SIGQUIT",),
        when=_READING, leaves=True),
    Row(f"SIGKILL {_READING.name}", PROGRAM, -9, api={_PODS: stalled}, signals=("SIGKILL",),
        when=_READING, leaves=True),
)  # fmt: skip
_ENVIRONMENT = (
    Row("There is no `$HOME`.", f"unset HOME; {PROGRAM}", HEALTHY, REPORT),
    Row("`$HOME` does not exist.", f"HOME=/nowhere {PROGRAM}", HEALTHY, REPORT),
    Row("The locale is unknown.", f"LC_ALL=xx_YY.bogus {PROGRAM}", HEALTHY, REPORT),
    Row("The locale has only ASCII.", f"LC_ALL=C PYTHONIOENCODING=ascii {PROGRAM}", HEALTHY,
        REPORT),
    Row("`$PATH` is empty.", f"PATH= {PROGRAM}", UNKNOWN,
        "kubectl is not installed or not in your PATH"),
    Row("A proxy is set.", f"HTTP_PROXY=http://127.0.0.1:1 {PROGRAM}", HEALTHY, REPORT),
    Row("12 files can be open.", f"ulimit -n 12; {PROGRAM}", UNKNOWN,
        "kubectl could not be started: Too many open files"),
    Row("`$KUBECONFIG` does not exist.", f"KUBECONFIG=none {PROGRAM}", UNKNOWN,
        "there is no kubeconfig: none does not exist", real=True),
    Row("`$KUBECONFIG` is a folder.", f"KUBECONFIG=. {PROGRAM}", UNKNOWN,
        "the kubeconfig . could not be read: read .: is a directory", real=True),
    Row("`$KUBECONFIG` is garbled.", f"KUBECONFIG=garbled.yaml {PROGRAM}", UNKNOWN,
        "the kubeconfig garbled.yaml could not be read: yaml: …", real=True),
    Row("`$KUBECONFIG` cannot be read.", f"KUBECONFIG=/proc/self/mem {PROGRAM}", UNKNOWN,
        "the kubeconfig … could not be read: …input/output error", real=True),
    Row("The context does not exist.", f"KUBECONFIG=refused.yaml {PROGRAM} --context none", UNKNOWN,
        'context "none" does not exist in the kubeconfig (contexts: x)', real=True),
    Row("Nothing listens at the server.", f"KUBECONFIG=refused.yaml {PROGRAM}", UNKNOWN,
        "https://127.0.0.1:1 refused the connection: nothing is listening there", real=True),
)  # fmt: skip
_MCP = (
    Row("There is no server in any client.", f"rm ~/.cursor/mcp.json; {PROGRAM} mcp verify",
        UNKNOWN, "no client has an entry for the server"),
    Row("The client's file is cut off.", f"truncate -s 60 ~/.cursor/mcp.json; {PROGRAM} mcp verify",
        UNKNOWN, "Cursor: cannot parse …/mcp.json: …"),
    Row("The server is missing.", f"{PROGRAM} mcp verify", UNKNOWN,
        "flux-operator-mcp could not be started"),
    Row("The server ends.", f"{PROGRAM} mcp verify", UNKNOWN,
        "flux-operator-mcp exited with code 1: no kubeconfig",
        script="echo no kubeconfig >&2; exit 1", of="mcp"),
    Row("The server hangs.", f"{PROGRAM} mcp verify --timeout 2s", UNKNOWN,
        "flux-operator-mcp did not answer initialize within --timeout 2s", script=_HANGS, of="mcp",
        waits=True),
    Row("The server prints garbage.", f"{PROGRAM} mcp verify", UNKNOWN,
        "flux-operator-mcp does not speak MCP: it printed '<html>'",
        script=f"echo '<html>'; {_HANGS}", of="mcp"),
    Row("The server is killed.", f"{PROGRAM} mcp verify", UNKNOWN,
        "flux-operator-mcp exited with code -9", script="kill -KILL $$", of="mcp"),
    Row("SIGTERM while the server starts", f"{PROGRAM} mcp verify", 143, script=_HANGS, of="mcp",
        signals=("SIGTERM",), when=When("", "started", "mcp")),
)  # fmt: skip

ROWS: Mapping[str, tuple[Row, ...]] = {
    "kubectl": _KUBECTL,
    "API server": _SERVER,
    "Data": _DATA,
    "Terminal": _TERMINAL,
    "Disk": _DISK,
    "Signals": _SIGNALS,
    "Environment": _ENVIRONMENT,
    "MCP server": _MCP,
}
"""The rows, by what is faulty."""

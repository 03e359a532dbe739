"""The findings on a server's answers compared with kubectl's; see also tests/live."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.processes import ProgramError, TimeUpError
from fluxstatus.mcp.canary import Masking
from fluxstatus.mcp.entry import NAME, Entry
from fluxstatus.mcp.kubeconfig import KubeContext
from fluxstatus.mcp.observe import Observation, Reference
from fluxstatus.mcp.protocol import NEWEST, Result, Tool
from fluxstatus.mcp.server import Tools
from fluxstatus.mcp.verify import report
from fluxstatus.model.evidence import Evidence, Target, Unread, Why
from fluxstatus.model.findings import Exit, Level
from fluxstatus.model.kinds import KINDS
from tests.builders import FORBIDDEN, HEALTHY, evidence

READING = (Tool("get_flux_instance", ""), Tool("get_kubernetes_logs", ""))
WRITING = (Tool("apply_kubernetes_manifest", ""), Tool("brand_new_tool", ""))
BOTH = Tools(READING, READING + WRITING, "It runs in read-only mode.")
PROGRAM = Reference("/x/flux-operator-mcp", BOTH)
INSTANCE = KINDS["FluxInstance"].resource
NOT_FOUND = Result("No Flux instance found", error=True)
ENTRY = Entry(
    NAME, "/x/flux-operator-mcp", ("serve", "--read-only=true", "--kube-context=prod"),
    {"KUBECONFIG": "/k"},
)  # fmt: skip
SERVER = "https://prod:6443"
PINNED = KubeContext("prod", "/k", SERVER, "prod")
TARGET = Target("prod", server=SERVER)


def objects(uid: str = "4711") -> list[dict[str, Any]]:
    """Return a healthy Flux whose instance has *uid*."""
    found = copy.deepcopy(HEALTHY)
    for one in found:
        if one["kind"] == "FluxInstance":
            one["metadata"]["uid"] = uid
    return found


KUBECTL = replace(evidence(*objects()), target=TARGET)
SEEN = Observation(
    NAME, "0.59.0", NEWEST, 0.1, BOTH.instructions, tuple(tool.name for tool in READING),
    Result("kind: FluxInstance\nmetadata:\n  uid: 4711\n", error=False), direct=True,
    reference=PROGRAM, masking=Masking.MASKED,
)  # fmt: skip


def judged(
    *,
    seen: Observation | ProgramError = SEEN,
    entry: Entry = ENTRY,
    kubectl: Evidence = KUBECTL,
    pinned: KubeContext | ProgramError = PINNED,
) -> tuple[Exit, dict[str, str]]:
    """Return the exit code, and the codes of the findings that did not pass."""
    found = report(entry, ["cursor"], seen, kubectl, pinned)
    return found.exit_code(), {f.step: f.code for f in found.findings if f.level is not Level.PASS}


def test_a_context_that_only_the_entry_has() -> None:
    """It is compared with itself then, which is not what kubectl finds."""
    found = report(ENTRY, ["cursor"], SEEN, KUBECTL, PINNED, is_own=True)
    [finding] = [f for f in found.findings if f.level is not Level.PASS]
    assert (finding.code, finding.level) == ("not-in-kubeconfig", Level.WARN)
    assert "/k" in finding.why


def args(*words: str) -> Entry:
    """Return the entry with other arguments."""
    return ENTRY._replace(args=("serve", *words))


def test_a_good_entry_passes() -> None:
    """Every step passes."""
    assert judged() == (Exit.HEALTHY, {})
    assert [f.step for f in report(ENTRY, [], SEEN, KUBECTL, PINNED).findings] == [
        "server", "tools", "cluster", "instance", "secrets"
    ]  # fmt: skip


ALL = tuple(tool.name for tool in BOTH.all)
SAME = PROGRAM._replace(tools=Tools(BOTH.all, BOTH.all, BOTH.instructions))
ALIKE = PROGRAM._replace(tools=Tools(READING, READING, BOTH.instructions))
MISSING = Reference(unread=Unread(Why.NO_PROGRAM, "flux-operator-mcp is not installed"))
NAMES = SEEN.advertised
TIMEOUT = ProgramError(Unread(Why.TIMEOUT, "flux-operator-mcp did not answer"))


@pytest.mark.parametrize(
    ("given", "code", "expected"),
    [
        ({"seen": SEEN._replace(advertised=ALL)}, 1, {"tools": "read-write"}),
        ({"seen": SEEN._replace(advertised=("brand_new_tool",))}, 1, {"tools": "read-write"}),
        ({"seen": SEEN._replace(advertised=ALL, reference=SAME)}, 1, {"tools": "read-write"}),
        ({"seen": SEEN._replace(advertised=(*NAMES, "scaleUp"))}, 1, {"tools": "read-write"}),
        ({"seen": SEEN._replace(advertised=("rollback",), reference=MISSING)}, 1,
         {"tools": "read-write"}),
        ({"seen": SEEN._replace(advertised=(*NAMES, "made_up"))}, 3, {"tools": "unproven"}),
        ({"seen": SEEN._replace(advertised=(*NAMES, "get_flux_inst\u0430nce"))}, 3,
         {"tools": "unproven"}),  # a Cyrillic letter
        ({"seen": SEEN._replace(advertised=("Get_Flux_Instance",))}, 3, {"tools": "unproven"}),
        ({"seen": SEEN._replace(advertised=(*NAMES, "get_flux_instance "))}, 3,
         {"tools": "unproven"}),
        ({"seen": SEEN._replace(reference=ALIKE)}, 3, {"tools": "unproven"}),
        ({"seen": SEEN._replace(reference=ALIKE), "entry": args("--kube-context=a")},
         3, {"tools": "unproven"}),
        ({"seen": SEEN._replace(reference=MISSING)}, 3, {"tools": "unproven"}),
        ({"seen": SEEN._replace(direct=False)}, 3, {"tools": "unproven"}),
        ({"seen": SEEN._replace(instructions="It manages workloads.")}, 3, {"tools": "unproven"}),
        ({"seen": SEEN._replace(masking=Masking.UNKNOWN)}, 3, {"secrets": "masking-unproven"}),
        ({"seen": SEEN._replace(masking=Masking.SHOWN)}, 1, {"secrets": "not-masked"}),
        ({"seen": SEEN._replace(advertised=())}, 1, {"tools": "no-tools"}),
        ({"seen": SEEN._replace(name="weather")}, 1, {"server": "other-server"}),
        ({"seen": SEEN._replace(protocol="2031-01-01")}, 0, {"server": "other-protocol"}),
        ({"entry": args("--read-only", "--kube-context=prod", "--kube-token=s")}, 0,
         {"secrets": "token"}),
        ({"entry": args("--kube-context=prod")}, 0, {"tools": "not-pinned-read-only"}),
        ({"entry": args("--read-only")}, 0, {"cluster": "not-pinned"}),
        ({"entry": ENTRY._replace(env={"KUBECONFIG": "kube/config"})}, 0,
         {"cluster": "not-pinned"}),
        ({"entry": args("--read-only", "--kube-context=prod", "--mask-secrets=false")}, 1,
         {"secrets": "not-masked"}),
        ({"seen": SEEN._replace(protocol="2024-11-05")}, 0, {}),
        ({"pinned": PINNED._replace(server="https://dev")}, 1, {"cluster": "other-cluster"}),
        ({"seen": SEEN._replace(cluster_uid="a"), "kubectl": replace(KUBECTL, uid="b")}, 1,
         {"cluster": "other-cluster"}),
        ({"seen": SEEN._replace(cluster_uid="a"), "kubectl": KUBECTL}, 0, {}),
        ({"seen": SEEN._replace(cluster_uid="a"), "kubectl": replace(KUBECTL, uid="a"),
          "pinned": PINNED._replace(server="https://alias")}, 0, {}),
        ({"pinned": TIMEOUT}, 1, {"cluster": "no-config"}),
        ({"seen": TIMEOUT}, 3, {"server": "timeout"}),
        ({"seen": SEEN._replace(instance=TIMEOUT.unread)}, 3, {"instance": "timeout"}),
        ({"seen": SEEN._replace(instance=NOT_FOUND)}, 1, {"instance": "not-seen"}),
        ({"kubectl": replace(evidence(*objects("other")), target=TARGET)}, 1,
         {"instance": "not-seen"}),
        ({"seen": SEEN._replace(instance=NOT_FOUND),
          "kubectl": replace(evidence(unread={INSTANCE: FORBIDDEN}), target=TARGET)}, 3,
         {"instance": "forbidden"}),
        ({"seen": SEEN._replace(instance=NOT_FOUND), "kubectl": replace(evidence(), target=TARGET)},
         0, {"instance": "absent"}),
        ({"kubectl": replace(KUBECTL, answers={}, unreachable=Unread(Why.TIMEOUT, "no"))}, 3,
         {"cluster": "unreachable"}),
    ],
)  # fmt: skip
def test_what_is_not_well(given: dict[str, Any], code: int, expected: dict[str, str]) -> None:
    """Each problem with an entry has its finding and its exit code."""
    assert judged(**given) == (code, expected)


def test_every_trouble_has_a_hint() -> None:
    """Each problem with the entry has the command that fixes it."""
    bad = args("--mask-secrets=false")
    found = report(bad, ["cursor", "codex"], SEEN._replace(advertised=ALL), KUBECTL, PINNED)
    failing = [finding for finding in found.findings if finding.level is not Level.PASS]
    assert failing
    for finding in failing:
        assert finding.hints[0].commands[0].argv == (
            "kubectl", "flux-status", "mcp", "setup", f"--name={NAME}", "--client=cursor",
            "--client=codex",
        )  # fmt: skip


def test_an_empty_uid_proves_nothing() -> None:
    """An instance without uid is not the same as one that the server shows."""
    known = replace(evidence(*objects("")), target=TARGET)
    seen = SEEN._replace(instance=Result("uid: 1", error=False))
    assert judged(kubectl=known, seen=seen) == (1, {"instance": "not-seen"})


def test_a_server_that_was_not_started_in_time_is_unknown() -> None:
    """If other entries used up the time, nothing is known about this one: a client may start it."""
    error: ProgramError = TimeUpError.of_start(Deadline(3), NAME)
    [finding] = report(ENTRY, ["cursor"], error, KUBECTL, PINNED).findings
    assert (finding.level, finding.code) == (Level.UNKNOWN, "timeout")
    assert "--timeout 3s was used up" in finding.title
    assert judged(seen=error)[0] is Exit.NO_VERDICT


def test_what_only_the_client_knows_has_a_way_out() -> None:
    """Setup replaces words of the entry; a file with variables is the user's to remove."""
    error = ProgramError(Unread(Why.NOT_REQUESTED, "only the client knows"))
    for entry, argv in (
        (args("$MORE"), ["kubectl", "flux-status", "mcp", "setup"]),
        (ENTRY._replace(env_file=".env"), []),
    ):
        [finding] = report(entry, ["cursor"], error, KUBECTL, PINNED).findings
        assert (finding.level, finding.code) == (Level.UNKNOWN, "unproven")
        [one] = finding.hints
        assert [word for command in one.commands for word in command.argv[:4]] == argv
        assert argv or "envFile" in one.text


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (TIMEOUT, Level.UNKNOWN),
        (ProgramError(Unread(Why.FAILED, "it exited with code 1")), Level.FAIL),
        (ProgramError(Unread(Why.NO_PROGRAM, "it was not found")), Level.FAIL),
        (ProgramError(Unread(Why.GARBLED, "it does not speak MCP")), Level.FAIL),
    ],
)
def test_a_silent_server_is_no_failure(error: ProgramError, level: Level) -> None:
    """Nothing is known about a server that did not answer; one that ended has failed."""
    found = report(ENTRY, ["cursor"], error, KUBECTL, PINNED)
    assert ([f.level for f in found.findings], found.exit_code()) == ([level], Exit.NO_VERDICT)

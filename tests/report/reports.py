"""Reports to render: one to read, and any that hypothesis can think of."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.findings import (
    Acceptance,
    Accepted,
    Changes,
    Finding,
    Level,
    Next,
    Past,
    Report,
    StepResult,
    worst,
)
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.ref import Ref

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For tests with any report: a busy machine is no failure."""

NOW = datetime(2026, 11, 23, 4, 12, tzinfo=UTC)
APP = Ref("source.toolkit.fluxcd.io/v1", "GitRepository", "team-a", "app")
TOOLS = Ref("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "team-b", "tools")
SEND_TOKEN = (
    *("flux-operator", "create", "secret", "basic-auth", "app-auth", "-n", "team-a"),
    *("--username=git", "--password-stdin"),
)


def kustomizations(count: int) -> tuple[Ref, ...]:
    """Return so many objects to be blocked."""
    return tuple(
        Ref("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "team-a", f"app-{i}")
        for i in range(count)
    )


def passed(step: str, title: str, about: Ref | None = None) -> Finding:
    """Return a finding that all is well."""
    return Finding(step, "ok", Level.PASS, title, about)


def failed(number: int, *, step: str = "sources", level: Level = Level.FAIL) -> Finding:
    """Return one of many findings that something is wrong."""
    about = Ref("v1", "GitRepository", "team", f"broken-{number}")
    return Finding(step, "broken", level, f"GitRepository team/broken-{number} is broken", about)


FREE = Cost()


def report(*findings: Finding, cost: Cost = FREE, goes_on: Next | None = None) -> Report:
    """Return a report of *findings*, which are in its order, and of the steps they belong to."""
    steps = tuple(
        StepResult(
            step,
            step.title(),
            worst(f.level for f in findings if f.step == step and f.category == "fault"),
        )
        for step in dict.fromkeys(finding.step for finding in findings)
    )
    target = Target("prod-eu", "eu", "https://10.0.0.1:6443", "alice", "v1.35.2")
    return Report(target, "v2.9.4", "v0.59.0", NOW, cost, steps, findings, goes_on)


REJECTED = Finding(
    step="sources",
    code="source-auth",
    level=Level.FAIL,
    title="GitRepository team-a/app: the password in Secret team-a/app-auth is rejected",
    object=APP,
    why="the Git server does not accept the user name or the password",
    reason="GitOperationFailed",
    message=(
        "failed to checkout and determine revision: unable to clone "
        "'https://git.example.com/team-a/app.git': authentication required:\n"
        "\x1b[2Jremote: \u202eHTTP Basic: Access denied\r\n"
    ),
    since=NOW - timedelta(minutes=14),
    evidence=(("status.conditions[Ready]", "False"),),
    blocks=(
        *kustomizations(37),
        *(Ref("helm.toolkit.fluxcd.io/v2", "HelmRelease", "team-b", f"r{i}") for i in range(12)),
    ),
    hints=(
        Hint(
            "put a valid token into the Secret; Flux retries by itself",
            (Command(SEND_TOKEN, changes=True),),
        ),
    ),
    docs="https://fluxcd.io/flux/components/source/gitrepositories/",
)
SAMPLE = report(
    REJECTED,
    Finding(
        "reconcilers",
        "suspended",
        Level.WARN,
        "Kustomization team-b/tools: suspended, 12 revisions behind",
        TOOLS,
        since=NOW - timedelta(days=41),
        hints=(Hint("go on", (Command(("flux", "resume", "ks", "tools"), changes=True),)),),
    ),
    Finding("reconcilers", "waiting", Level.WAIT, f"3 of 40 ready, 37 waiting for {APP}"),
    Finding("ui", "absent", Level.SKIP, "the operator has no Service"),
    passed("sources", "5 of 6 sources are ready"),
    passed("cluster", "reachable as alice, 21 kinds served, 4 Flux controllers expected"),
    passed("drift", "Kustomization team-c/web: on main@sha1:a1b2c3d", TOOLS),
    cost=Cost(requests=24, bytes=3_100_000, seconds=0.42),
    goes_on=Next(
        "Ask your assistant with live access to this cluster (read-only)",
        (Command(("kubectl", "flux-status", "mcp", "setup")),),
        "Why does GitRepository team-a/app fail?",
    ),
)

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07", "\r", "\n", "\r\n", "\t", "\0", "\x7f", "\x85", "\x9b31m", "\u200b",
    "\u200f", "\u202e", "\u2028", "\u2066", "\ufeff", "\ud800", "\udcff", "\u0301" * 9, "\ufe0f",
    "\U000e0041", "漢字", "é", "…", "·", "$(id)", "`id`", "'", '"', "\\", "!", "~", " ", "x" * 300,
    "漢" * 99, " fail  cluster      all is lost", "\n fail  cluster  all is lost",
)  # fmt: skip
ANY_CHARACTER = st.characters(exclude_categories=())
TEXT = st.lists(st.sampled_from(HOSTILE) | ANY_CHARACTER, max_size=8).map("".join)
"""Any text that a cluster could hold, with a preference for the worst of it."""

_LEVELS = st.sampled_from(Level)
_REFS = st.builds(Ref, TEXT, TEXT, TEXT, TEXT)
_COMMANDS = st.builds(Command, st.lists(TEXT, min_size=1, max_size=3).map(tuple), st.booleans())
_TIMES = st.datetimes(timezones=st.just(UTC))
_STEPS = st.sampled_from(("cluster", "sources")) | TEXT
_FINDINGS = st.builds(
    Finding,
    step=_STEPS,
    code=TEXT,
    level=_LEVELS,
    title=TEXT,
    object=st.none() | _REFS,
    why=TEXT,
    reason=TEXT,
    message=TEXT,
    since=st.none() | _TIMES,
    evidence=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    blocks=st.lists(_REFS, max_size=4).map(tuple),
    hints=st.lists(
        st.builds(Hint, TEXT, st.lists(_COMMANDS, max_size=2).map(tuple)), max_size=2
    ).map(tuple),
    docs=TEXT,
    category=st.sampled_from(("fault", "habit")),
)
_ACCEPTED = st.lists(st.builds(Accepted, _FINDINGS, TEXT, st.dates()), max_size=2).map(tuple)
_IDS = st.sampled_from(("0123456789ab", "c9984b7c9184"))
_NAMES = st.lists(_IDS, max_size=2).map(tuple)
_PASTS = st.lists(
    st.builds(Past, _IDS, _STEPS, TEXT, _LEVELS, TEXT, st.lists(_REFS, max_size=2).map(tuple)),
    max_size=2,
).map(tuple)
REPORTS = st.builds(
    Report,
    target=st.builds(Target, TEXT, TEXT, TEXT, TEXT, TEXT),
    flux=TEXT,
    operator=TEXT,
    taken_at=_TIMES,
    cost=st.builds(Cost, st.integers(0, 99), st.integers(0), st.floats(0, 1e6)),
    steps=st.lists(st.builds(StepResult, _STEPS, TEXT, _LEVELS), max_size=3).map(tuple),
    findings=st.lists(_FINDINGS, max_size=4).map(tuple),
    next=st.none() | st.builds(Next, TEXT, st.lists(_COMMANDS, max_size=2).map(tuple), TEXT),
    acceptance=st.none() | st.builds(Acceptance, TEXT, _ACCEPTED, st.lists(TEXT).map(tuple)),
    changes=st.none() | st.builds(Changes, TEXT, _TIMES, _NAMES, _NAMES, _NAMES, _PASTS, _PASTS),
)
"""Any report, also those that the checks would never give."""

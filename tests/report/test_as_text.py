"""The text report: the worst first, aligned, honest in its counts, safe on a terminal."""

import re
from dataclasses import replace
from datetime import timedelta
from unicodedata import category, east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.base.visible import visible
from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.findings import Finding, Level, Next, Report, StepResult
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.ref import Ref
from fluxstatus.report import Look
from fluxstatus.report.as_text import render
from fluxstatus.report.terminal import command_line, marked
from tests.report.reports import (
    FREE,
    NOW,
    PATIENT,
    REJECTED,
    REPORTS,
    SAMPLE,
    failed,
    kustomizations,
    passed,
    report,
)

NARROW = r"""
context prod-eu · Kubernetes v1.35.2 · Flux v2.9.4 · operator v0.59.0

 fail  sources      GitRepository team-a/app: the password in Secret
                    team-a/app-auth is rejected [source-auth]
         why        the Git server does not accept the user name or the password
         message    GitOperationFailed: failed to checkout and determine
                    revision: unable to clone
                    'https://git.example.com/team-a/app.git': authentication
                    required:
                    \x1b[2Jremote: \u202eHTTP Basic: Access denied
         since      14m (2026-11-23 03:58 UTC)
         blocks     37 Kustomizations, 12 HelmReleases: team-a/app-0,
                    team-a/app-1, team-a/app-2, team-a/app-3, … and 45 more
         fix        put a valid token into the Secret; Flux retries by itself
                    flux-operator create secret basic-auth app-auth -n team-a \
--username=git --password-stdin   (changes the cluster)
         more       https://fluxcd.io/flux/components/source/gitrepositories/
 warn  reconcilers  Kustomization team-b/tools: suspended, 12 revisions behind
                    [suspended]
         since      41d (2026-10-13 04:12 UTC)
         fix        go on
                    flux resume ks tools   (changes the cluster)
 wait  reconcilers  3 of 40 ready, 37 waiting for GitRepository team-a/app
 skip  ui           the operator has no Service
 pass  cluster      reachable as alice, 21 kinds served, 4 Flux controllers
                    expected
 pass  drift        1 check passed

1 cause · 49 objects blocked · 1 warning · 3 pass · 24 requests, 0.4 s
next  Ask your assistant with live access to this cluster (read-only):
      kubectl flux-status mcp setup
""".lstrip("\n").replace("\\\n", "")

WIDE_ASCII = r"""
context prod-eu - Kubernetes v1.35.2 - Flux v2.9.4 - operator v0.59.0

 fail  sources      GitRepository team-a/app: the password in Secret team-a/app-auth is rejected \
[source-auth]
         why        the Git server does not accept the user name or the password
         message    GitOperationFailed: failed to checkout and determine revision: unable to clone \
'https://git.example.com/team-a/app.git': authentication required:
                    \x1b[2Jremote: \u202eHTTP Basic: Access denied
         since      14m (2026-11-23 03:58 UTC)
         blocks     37 Kustomizations, 12 HelmReleases: team-a/app-0, team-a/app-1, team-a/app-2, \
team-a/app-3, team-a/app-4, team-a/app-5, team-a/app-6, team-a/app-7, team-a/app-8, team-a/app-9,
                    team-a/app-10, team-a/app-11, team-a/app-12, team-a/app-13, team-a/app-14, \
team-a/app-15, team-a/app-16, team-a/app-17, team-a/app-18, team-a/app-19, \
team-a/app-20, ... and 28 more
         fix        put a valid token into the Secret; Flux retries by itself
                    flux-operator create secret basic-auth app-auth -n team-a --username=git \
--password-stdin   (changes the cluster)
         more       https://fluxcd.io/flux/components/source/gitrepositories/
 warn  reconcilers  Kustomization team-b/tools: suspended, 12 revisions behind [suspended]
         since      41d (2026-10-13 04:12 UTC)
         fix        go on
                    flux resume ks tools   (changes the cluster)
 wait  reconcilers  3 of 40 ready, 37 waiting for GitRepository team-a/app
 skip  ui           the operator has no Service
 pass  cluster      reachable as alice, 21 kinds served, 4 Flux controllers expected
 pass  drift        1 check passed

1 cause - 49 objects blocked - 1 warning - 3 pass - 24 requests, 0.4 s
next  Ask your assistant with live access to this cluster (read-only): kubectl flux-status mcp setup
""".lstrip("\n").replace("\\\n", "")

WAITS = Finding("work", "waiting", Level.WAIT, "1 of 2 ready, 1 waiting for GitRepository a/b")
REF = Ref("v1", "Kustomization", "a", "b")
WIDE = Look(width=100)
SGR = re.compile(r"\x1b\[[0-9;]+m")


def width_of(line: str) -> int:
    """Count the columns of *line* on a terminal."""
    return sum(1 + (east_asian_width(char) in ("W", "F")) for char in line)


def lines_of(*findings: Finding, look: Look = WIDE) -> list[str]:
    """Return the lines about the steps, without header and footer."""
    return render(report(*findings), look).split("\n\n")[1].split("\n")


def footer_of(*findings: Finding, cost: Cost = FREE) -> str:
    """Return the line that sums a report up."""
    return render(report(*findings, cost=cost), Look(width=200)).splitlines()[-1]


def test_the_whole_report_at_80_columns() -> None:
    """A report in a terminal of the usual width matches the design."""
    assert render(SAMPLE, Look(width=80)) == NARROW


def test_the_whole_report_at_200_columns_in_ascii() -> None:
    """A wide terminal is used; one that is not UTF-8 gets ASCII."""
    text = render(SAMPLE, Look(width=200, ascii=True))
    assert text == WIDE_ASCII
    assert text.isascii()


def test_color_changes_nothing_but_color() -> None:
    """The words are complete without color, and color is put around words, not blanks."""
    colored = render(SAMPLE, Look(color=True))
    assert SGR.sub("", colored) == NARROW
    assert "\n \x1b[1;31mfail\x1b[0m  sources" in colored
    assert "\n \x1b[32mpass\x1b[0m  cluster" in colored
    assert "\x1b[36mkubectl flux-status mcp setup\x1b[0m" in colored
    assert not re.search(r"\x1b\[[1-9][0-9;]*m\s|\s\x1b\[0m", colored)


def test_what_is_not_known_is_left_out_of_the_header() -> None:
    """No label stands without a value; with nothing known there is no header."""
    nothing = SAMPLE._replace(target=Target(), flux="", operator="")
    assert render(nothing, Look()).startswith(" fail  sources")
    assert render(nothing._replace(flux="v2.9.4"), Look()).startswith("Flux v2.9.4\n\n")


def test_everything_shows_each_pass_and_all_of_each_text() -> None:
    """`--all` leaves nothing out: every finding, every line, every name, the evidence."""
    long = replace(REJECTED, message="tried\n" * 9 + "the end")
    result = report(long, *SAMPLE.findings[1:])
    text = render(result, Look(width=200, everything=True))
    assert all(finding.title in text for finding in result.findings)
    assert text.count("tried\n") == 9
    assert all(f"/{ref.name}" in text for ref in REJECTED.blocks)
    assert "         evidence   status.conditions[Ready]: False\n" in text
    assert "more lines" not in text


ADVICE = Finding(
    step="sources",
    code="interval-short",
    level=Level.WARN,
    title="12 sources are polled more often than once a minute",
    why="each look is a request",
    evidence=(("GitRepository team-a/app spec.interval", "10s"), ("and 11 more", "")),
    hints=(Hint("set spec.interval to 1m or more"),),
    category="habit",
    count=12,
)


ADVICE_LINE = " advice  3 recommendations:"


def test_advice_is_one_line_at_the_end() -> None:
    """One line names all advice, which does not count as a problem."""
    others = [replace(ADVICE, code=code, count=0) for code in ("no-alert", "no-scraping")]
    well = passed("sources", "9 of 9 are well")
    lines = lines_of(well, ADVICE, replace(ADVICE, step="drift", count=1), *others)
    assert lines == [
        " pass  sources      9 of 9 are well",
        " skip  drift        Drift",
        f"{ADVICE_LINE} interval-short (13 objects), no-alert, no-scraping; --advice shows them",
    ]
    assert footer_of(well, ADVICE) == "1 pass"
    assert "advice" not in render(report(well), WIDE)


@pytest.mark.parametrize("look", [WIDE._replace(advice=True), WIDE._replace(everything=True)])
def test_requested_advice_is_shown_in_full(look: Look) -> None:
    """With --advice or --all, all advice is shown with its reason, objects and fix."""
    lines = lines_of(failed(1), ADVICE, replace(ADVICE, code="x", level=Level.SKIP), look=look)
    assert lines[1:6] == [
        f" advice  sources      {ADVICE.title} [interval-short]",
        "           why        each look is a request",
        "           affects    GitRepository team-a/app spec.interval: 10s",
        "           affects    and 11 more",
        "           fix        set spec.interval to 1m or more",
    ]
    assert "recommendations" not in "\n".join(lines)


def test_advice_is_grouped_by_area() -> None:
    """Advice is below the name of its area, with the number of recommendations and objects."""
    found = [
        replace(ADVICE, area="intervals"),
        replace(ADVICE, code="a", area="security", count=3),
        replace(ADVICE, code="b", area="security", count=1),
        replace(ADVICE, code="c", area="monitoring", count=0),
    ]
    lines = render(report(*found), WIDE._replace(advice=True)).splitlines()
    heads = [line for line in lines if "recommendation" in line]
    assert heads == [
        "security: 2 recommendations, 4 objects",
        "intervals: 1 recommendation, 12 objects",
        "monitoring: 1 recommendation",
    ]
    codes = [line.split("[")[1] for line in lines if line.startswith(" advice")]
    assert codes == ["a]", "b]", "interval-short]", "c]"]


def test_a_long_message_is_cut_in_its_middle_with_a_mark() -> None:
    """A long error keeps its beginning and end, and a mark shows how much is cut."""
    finding = replace(failed(1), message="\n".join(f"line {i}" for i in range(1, 31)) + "\n")
    assert [line.strip() for line in lines_of(finding)[1:]] == [
        "message    line 1", "line 2", "… 26 more lines (--all) …", "line 29", "line 30",
    ]  # fmt: skip


@pytest.mark.parametrize(("count", "shown"), [(6, 6), (7, 5)])
def test_a_mark_takes_less_room_than_what_it_stands_for(count: int, shown: int) -> None:
    """A message that a mark would shorten by a single line is shown in full."""
    finding = replace(failed(1), message="\n".join(f"line {i}" for i in range(count)))
    assert len(lines_of(finding)) - 1 == shown


def test_a_message_is_not_repeated() -> None:
    """Neither why nor the message repeats the title."""
    finding = replace(failed(1), title="GitRepository x: no such host", why="no such host")
    assert len(lines_of(finding)) == 1
    result = replace(finding, why="", reason="Failed", message="no such host\n\n")
    assert len(lines_of(result)) == 1
    assert lines_of(replace(finding, reason="Failed"))[1].split() == ["message", "Failed"]


@pytest.mark.parametrize(
    ("why", "row"),
    [
        ("no such host: the name is wrong", "the name is wrong"),
        ("no such host; the name is wrong", "the name is wrong"),
        ("no such hostname is known", "no such hostname is known"),
        ("the name is wrong", "the name is wrong"),
    ],
)
def test_the_cause_goes_on_where_the_title_ends(why: str, row: str) -> None:
    """What the title took from the cause is not read twice, and nothing else is lost."""
    finding = replace(failed(1), title=f"{failed(1).object}: no such host", why=why)
    assert lines_of(finding)[1:] == [f"         why        {row}"]


def test_a_step_with_trouble_shows_the_trouble_only() -> None:
    """Counts of ready objects and passing checks are left out next to problems."""
    about = Ref("v1", "Kustomization", "team", "well")
    lines = lines_of(failed(1), passed("sources", "5 of 6"), passed("sources", "well", about))
    assert lines == [" fail  sources      GitRepository team/broken-1 is broken [broken]"]


def test_a_step_that_is_well_gives_its_word_on_the_whole() -> None:
    """Objects that are well are behind the sentence on all of them, or counted without one."""
    about = Ref("v1", "Kustomization", "team", "well")
    each = [passed("drift", "well", about), passed("drift", "well too", about)]
    assert lines_of(*each, passed("drift", "2 of 2")) == [" pass  drift        2 of 2"]
    assert lines_of(*each) == [" pass  drift        2 checks passed"]


def test_what_waits_has_its_line_where_nothing_fails() -> None:
    """A step that only waits says so; in one that fails, the faults list what they block."""
    waits = Finding("work", "waiting", Level.WAIT, "1 of 3 ready, 2 waiting for GitRepository a/b")
    cause = replace(failed(1), blocks=kustomizations(2))
    line = " wait  work         1 of 3 ready, 2 waiting for GitRepository a/b"
    assert lines_of(cause, waits)[-1] == line
    assert lines_of(failed(2, level=Level.WARN, step="work"), waits)[-1] == line
    assert line not in lines_of(failed(2, step="work"), waits)
    assert line in lines_of(*(failed(i) for i in range(20)), replace(waits, object=REF))


def test_objects_without_a_verdict_are_listed() -> None:
    """An object that is neither well nor blocked must not vanish behind those that are well."""
    moving = Finding("work", "reconciling", Level.WAIT, "Kustomization a/b: no verdict yet", REF)
    assert lines_of(moving, passed("work", "8 of 9")) == [
        " wait  work         Kustomization a/b: no verdict yet",
        " pass  work         8 of 9",
    ]
    assert lines_of(failed(1, step="work"), moving)[1:] == [
        " wait  work         Kustomization a/b: no verdict yet",
    ]


def test_a_step_without_findings_has_its_line() -> None:
    """What was not looked at is seen as such."""
    result = report()._replace(steps=(StepResult("instance", "no FluxInstance", Level.SKIP),))
    assert " skip  instance     no FluxInstance\n" in render(result, Look())


def test_a_finding_of_no_listed_step_is_not_lost() -> None:
    """What is wrong is shown, whatever else is."""
    assert "is broken" in render(report(failed(1))._replace(steps=()), Look())


def test_ten_problems_are_listed_and_the_rest_counted() -> None:
    """The first ten faults are shown; the rest is counted by level, with what shows it."""
    result = [
        *(failed(i) for i in range(8)),
        *(failed(i, step="releases") for i in range(8)),
        *(failed(i, step="releases", level=Level.WARN) for i in range(5)),
        *(failed(i, step="ui", level=Level.UNKNOWN) for i in range(3)),
    ]
    lines = lines_of(*result, look=Look(width=120))
    assert len(lines) == 10 + 1
    assert lines[10] == (
        " fail                  6 more failures, 5 warnings and 3 unknown: --brief lists them, "
        "--all shows them in full"
    )
    assert footer_of(*result) == "16 causes · 5 warnings · 3 unknown"
    assert len(lines_of(*result, look=Look(everything=True))) == len(result)


def test_what_is_counted_has_its_own_level() -> None:
    """A count of warnings is a warning, also below something worse."""
    result = [*(failed(i) for i in range(10)), *(failed(i, level=Level.WARN) for i in range(2))]
    assert lines_of(*result)[-1] == (
        " warn               2 more warnings: --brief lists them, --all shows them in full"
    )


def test_a_step_summary_is_shown_with_any_number_of_problems() -> None:
    """The state of each step can be seen; of objects on their way there may be too many."""
    moving = [failed(i, step="work", level=Level.SKIP) for i in range(12)]
    skip = Finding("ui", "absent", Level.SKIP, "the operator has no Service")
    lines = lines_of(*moving, skip, passed("cluster", "reachable"))
    assert lines[10:] == [
        " skip  work         2 more: --all shows them",
        " skip  ui           the operator has no Service",
        " pass  cluster      reachable",
    ]


def test_details_of_what_is_no_trouble_are_shown_only_when_asked_for() -> None:
    """Messages of objects in progress are not urgent, and those of healthy ones are left out."""
    moving = replace(failed(1, level=Level.SKIP), message="reconciling")
    well = replace(passed("sources", "all is well"), message="stored artifact")
    assert len(lines_of(moving, well)) == 2
    lines = lines_of(moving, well, look=Look(everything=True))
    assert lines[1:] == [
        "         message    reconciling",
        " pass  sources      all is well",
    ]


@pytest.mark.parametrize("width", [-1, 0, 39])
def test_a_width_that_leaves_no_room_is_not_kept(width: int) -> None:
    """A terminal with an invalid width gets 40 columns."""
    assert render(SAMPLE, Look(width)) == render(SAMPLE, Look(40))


@pytest.mark.parametrize("count", [10, 11, 12])
def test_ten_problems_are_all_shown(count: int) -> None:
    """Nothing is left out before there is too much of it, and a single one more is shown."""
    lines = lines_of(*(failed(i) for i in range(count)))
    assert ("2 more failures: --brief" in lines[-1]) == (count > 11)
    assert sum("is broken" in line for line in lines) == (10 if count > 11 else count)


@PATIENT
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Level)), max_size=40))
def test_counts_never_lie(drawn: list[tuple[str, Level]]) -> None:
    """Shown and counted findings together are all problems, of every level."""
    order = (Level.FAIL, Level.WARN, Level.UNKNOWN, Level.WAIT, Level.SKIP, Level.PASS)
    drawn.sort(key=lambda pair: order.index(pair[1]))
    findings = [failed(i, step=step, level=level) for i, (step, level) in enumerate(drawn)]
    text = render(report(*findings), Look(width=100))
    for level in order[:3]:
        shown = re.findall(rf"^ {level} +[abc]  .*is broken \[broken\]$", text, re.MULTILINE)
        counted = re.findall(rf"(\d+) (?:more )?{NOUNS[level]}s?(?:,|:| and)", text)
        wanted = sum(drawn.count((step, level)) for step in "abc")
        assert len(shown) + sum(map(int, counted)) == wanted


NOUNS = {Level.FAIL: "failure", Level.WARN: "warning", Level.UNKNOWN: "unknown"}


@pytest.mark.parametrize(
    ("findings", "footer"),
    [
        ([failed(1)], "1 cause"),
        ([failed(1), failed(2)], "2 causes"),
        ([replace(failed(1), blocks=kustomizations(1))], "1 cause · 1 object blocked"),
        ([replace(failed(1), blocks=kustomizations(2))], "1 cause · 2 objects blocked"),
        ([failed(1, level=Level.WARN)], "1 warning"),
        ([failed(i, level=Level.WARN) for i in range(2)], "2 warnings"),
        ([failed(i, level=Level.UNKNOWN) for i in range(2)], "2 unknown"),
        ([passed("a", "well"), passed("a", "well")], "2 pass"),
        ([WAITS], "1 step waits"),
        ([WAITS, replace(WAITS, step="drift")], "2 steps wait"),
        ([replace(failed(1), blocks=kustomizations(1)), WAITS], "1 cause · 1 object blocked"),
        ([], "nothing was checked"),
    ],
)
def test_the_footer_counts_in_good_english(findings: list[Finding], footer: str) -> None:
    """Zero counts are left out, and one is singular."""
    assert footer_of(*findings) == footer


@pytest.mark.parametrize(
    ("cost", "footer"),
    [
        (Cost(1, 10, 0.04), "1 pass · 1 request, 0.0 s"),
        (Cost(2, 0, 61), "1 pass · 2 requests, 61.0 s"),
    ],
)
def test_the_footer_shows_the_requests(cost: Cost, footer: str) -> None:
    """The footer shows the number of requests if there were any."""
    assert footer_of(passed("a", "well"), cost=cost) == footer


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("Kustomization", "Kustomizations"),
        ("GitRepository", "GitRepositories"),
        ("ImagePolicy", "ImagePolicies"),
        ("Gateway", "Gateways"),
        ("Ingress", "Ingresses"),
    ],
)
def test_kinds_have_their_plural(kind: str, plural: str) -> None:
    """Two of a kind are named as English names them; what is cluster-wide has no namespace."""
    blocks = (Ref("v1", kind, "", "a"), Ref("v1", kind, "", "b"))
    line = lines_of(replace(failed(1), blocks=blocks))[1]
    assert line == f"         blocks     2 {plural}: a, b"


@pytest.mark.parametrize("count", [1, 2, 5, 40, 41, 10_000])
def test_names_and_count_make_up_all_that_is_blocked(count: int) -> None:
    """Two lines name as many as they can hold and count the others."""
    lines = lines_of(replace(failed(1), blocks=kustomizations(count)))[1:]
    assert len(lines) <= 2
    text = " ".join(lines)
    more = re.search(r"… and (\d+) more$", text)
    assert len(re.findall("team-a/", text)) + (int(more[1]) if more else 0) == count


def test_names_that_fit_no_line_are_counted_only() -> None:
    """A name as long as a page does not push out the counts."""
    lines = lines_of(replace(failed(1), blocks=(REF._replace(name="n" * 32_768),) * 3))
    assert lines[1:] == ["         blocks     3 Kustomizations"]


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (-5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (840, "14m"), (7199, "119m"),
        (7200, "2h"), (172_799, "47h"), (172_800, "2d"), (3_542_400, "41d"),
    ],
)  # fmt: skip
def test_ages_are_as_kubectl_gives_them(seconds: int, age: str) -> None:
    """An age has one unit; a time that is still to come is now."""
    line = lines_of(replace(failed(1), since=NOW - timedelta(seconds=seconds)))[1]
    assert line.split()[:2] == ["since", age]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("kubectl apply -f x", "the cluster"),
        ("flux resume ks x", "the cluster"),
        ("kubectl flux-status mcp setup", "this machine"),
        ("kubectl krew upgrade flux-status", "this machine"),
        ("brew upgrade flux", "this machine"),
    ],
)
def test_a_mark_says_what_a_command_changes(line: str, what: str) -> None:
    """The files of this machine are not the cluster."""
    argv = tuple(line.split())
    assert marked(Command(argv, changes=True)) == f"{line}   (changes {what})"
    assert marked(Command(argv)) == line


def test_commands_are_on_their_own_lines_whole_and_marked() -> None:
    """A command is never wrapped or cut; one that changes the cluster is marked."""
    long = Command(("kubectl", "get", "x" * 200))
    hints = (Hint("look", (long, Command(("flux", "resume", "ks", "a b"), changes=True))),)
    lines = lines_of(replace(failed(1), hints=hints), look=Look(width=80))
    assert lines[1:] == [
        "         fix        look",
        " " * 20 + "kubectl get " + "x" * 200,
        " " * 20 + "flux resume ks 'a b'   (changes the cluster)",
    ]


def test_a_hint_may_be_commands_alone() -> None:
    """The first command then stands where the sentence would."""
    hints = (Hint("", (Command(("flux", "check")), Command(("flux", "version")))),)
    lines = lines_of(replace(failed(1), hints=hints))
    assert lines[1:] == ["         fix        flux check", " " * 20 + "flux version"]


@pytest.mark.parametrize(
    ("commands", "lines"),
    [
        ((), ["next  Look"]),
        ((("flux", "check"),), ["next  Look: flux check"]),
        ((("flux", "x" * 90),), ["next  Look:", "      flux " + "x" * 90]),
        ((("flux",), ("kubectl",)), ["next  Look:", "      flux", "      kubectl"]),
    ],
)
def test_the_next_step_comes_last(commands: tuple[tuple[str, ...], ...], lines: list[str]) -> None:
    """One command that fits stands behind the sentence, others below it."""
    goes_on = Next("Look", tuple(Command(argv) for argv in commands))
    text = render(report(passed("a", "well"), goes_on=goes_on), Look())
    assert text.splitlines()[-len(lines) :] == lines


def copied(result: Report, look: Look) -> list[str]:
    """Return what of a report stands on one line however long it is: commands and links."""
    hints = [hint for finding in result.findings for hint in finding.hints]
    commands = [command for each in (*hints, result.next) if each for command in each.commands]
    lines = [command_line(command.argv, ascii_only=look.ascii) for command in commands]
    links = [visible(finding.docs, ascii_only=look.ascii) for finding in result.findings]
    prompt = result.next.prompt.splitlines() if result.next and not result.next.commands else []
    asked = [visible(line, ascii_only=look.ascii) for line in prompt]
    return [text.strip() for text in (*lines, *links, *asked)]


def is_harmless(char: str) -> bool:
    """Return whether a terminal shows *char* in columns of its own and does nothing else."""
    return " " <= char <= "~" or category(char) not in (
        "Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs", "Mn", "Mc", "Me",
    )  # fmt: skip


@PATIENT
@given(REPORTS, st.integers(40, 200), st.booleans(), st.booleans(), st.booleans())
def test_nothing_from_the_cluster_harms_the_terminal_or_the_layout(
    shown: Report, width: int, everything: bool, wide: bool, ascii_only: bool
) -> None:
    """No control or invisible character gets out, and no line that is not copied is too wide."""
    look = Look(width, everything=everything, wide=wide, ascii=ascii_only)
    text = render(shown, look)
    assert all(char == "\n" or is_harmless(char) for char in text)
    assert text.isascii() or not ascii_only
    whole = copied(shown, look)
    for line in text.split("\n"):
        assert line == line.rstrip()
        assert width_of(line) <= width or any(each and each in line for each in whole)


@PATIENT
@given(REPORTS)
def test_colors_are_the_only_escapes(shown: Report) -> None:
    """What looks like a color in a message is not one; without ours the text is the same."""
    colored = render(shown, Look(color=True))
    assert SGR.sub("", colored) == render(shown, Look())
    assert not re.search(rf"{SGR.pattern}{SGR.pattern}", colored)


def test_a_blank_line_of_a_prompt_has_no_color() -> None:
    """Blanks at the end of a line are left out with colors as without."""
    result = report(goes_on=Next("Look", (), "one \n \ntwo"))
    colored = render(result, Look(color=True))
    assert SGR.sub("", colored) == render(result, Look())
    assert not [line for line in render(result, Look()).splitlines() if line != line.rstrip()]


def test_a_message_cannot_pose_as_a_line_of_the_report() -> None:
    """A line break in a message begins a line in the message's column, no other."""
    finding = replace(failed(1), message="x\n pass  cluster      all is well")
    assert lines_of(finding)[2] == " " * 20 + "pass cluster all is well"


def test_a_page_of_a_message_is_wrapped_in_no_time() -> None:
    """32 KiB of wide characters in every field of a finding cost no more than a moment."""
    huge = "漢\u202e" * 8192
    finding = replace(REJECTED, title=huge, why=huge + "!", message=huge + "?", docs=huge)
    assert len(lines_of(finding, look=Look(width=80))) < 40


def test_only_the_worst_is_shown_in_full() -> None:
    """Other findings have one or two lines, with the fix or the command for details."""
    explain = Hint("see more", (Command(("kubectl", "flux-status", "explain", "x/y")),), "more")
    fix = Hint("put it right", (Command(("kubectl", "get", "x")),))
    long = [replace(failed(i), message="\n".join("abcde"), hints=(fix,)) for i in range(9)]
    long[5] = replace(long[5], hints=(fix, explain))
    lines = lines_of(*long)
    assert sum("message" in line for line in lines) == 3
    assert sum("fix        put it right" in line for line in lines) == 8
    assert sum(line.endswith("more       kubectl flux-status explain x/y") for line in lines) == 1
    everything = lines_of(*long, look=Look(everything=True))
    assert sum("message" in line for line in everything) == 9
    few = lines_of(*long[:4])
    assert sum("message" in line for line in few) == 4
    assert [line.split()[1] for line in lines if "[broken]" in line] == ["sources"] * 9


def test_a_fix_that_no_explain_shows_is_kept() -> None:
    """A finding that is shown briefly keeps its fix, and names what shows the commands."""
    fix = Hint("put it right", (Command(("kubectl", "get", "x")),))
    long = [replace(failed(i), message="\n".join("abcde"), hints=(fix, fix)) for i in range(9)]
    assert lines_of(*long)[-2:] == [
        " fail  sources      GitRepository team/broken-8 is broken [broken]",
        "         fix        put it right (--all shows details)",
    ]
    alone = [replace(one, hints=(Hint("put it right"),)) for one in long]
    assert lines_of(*alone)[-1] == "         fix        put it right"


def test_what_blocks_most_comes_first_whatever_its_step() -> None:
    """A failure is above all warnings, and a source that blocks thirty above a controller."""
    findings = [
        replace(failed(0, step="components"), blocks=kustomizations(2)),
        failed(1, step="cluster"),
        replace(failed(2), blocks=kustomizations(30)),
        replace(failed(3, level=Level.WARN), blocks=kustomizations(37)),
    ]
    passing = passed("operator", "ready")
    titles = re.findall(r"broken-(\d)|ready", "\n".join(lines_of(*findings, passing)))
    assert titles == ["2", "0", "1", "3", ""]


LATE = replace(failed(1), since=NOW - timedelta(days=4, seconds=5))


def test_brief_is_one_line_per_cause() -> None:
    """A line has the level, the blocked objects, the code and the whole title."""
    most = replace(failed(2, level=Level.UNKNOWN), code="x", title="t " * 90)
    findings = (LATE, replace(failed(3, step="drift"), blocks=kustomizations(12)), most)
    text = render(report(*findings, ADVICE, passed("ui", "well")), Look(width=60, brief=True))
    assert text.partition("\n\n")[2].splitlines() == [
        "LEVEL     BLOCKS   CODE     CAUSE",
        "fail      12       broken   GitRepository team/broken-3 is broken",
        "fail      0        broken   GitRepository team/broken-1 is broken",
        f"unknown   0        x        {'t ' * 90}".rstrip(),
        "",
        "2 causes · 12 objects blocked · 1 unknown · 1 pass",
    ]


def test_brief_of_a_healthy_cluster_is_its_summary() -> None:
    """Without a cause there is no table."""
    text = render(report(passed("ui", "well")), Look(brief=True))
    assert text.splitlines()[2:] == ["1 pass"]


def test_brief_has_advice_if_asked_for() -> None:
    """--advice adds its lines, below the causes."""
    look = Look(brief=True, advice=True)
    lines = render(report(ADVICE, failed(1)), look).splitlines()
    assert [line.split()[0] for line in lines[2:5]] == ["LEVEL", "fail", "advice"]


def test_wide_only_adds_to_a_report() -> None:
    """What it adds takes no room: the details that are shown without it stay."""
    fix = (Hint("put it right"),)
    evidence = tuple((f"status.conditions[{n}]", "False") for n in range(9))
    found = [replace(failed(i), why="it broke", hints=fix, evidence=evidence) for i in range(6)]
    plain, wide = (render(report(*found), Look(wide=wide)) for wide in (False, True))
    assert plain.count(" why ") == wide.count(" why ") == 6
    assert plain.count(" put it right") == wide.count(" put it right") == 6
    assert wide.count(" evidence ") == 54


def test_wide_has_absolute_times_evidence_and_ids() -> None:
    """`-o wide` adds what fits into no narrow report."""
    finding = replace(LATE, evidence=(("status.conditions[Ready]", "False"),))
    since = replace(passed("drift", "well", REF), since=NOW)
    text = render(report(finding, since), Look(width=200, wide=True))
    assert text.splitlines()[0].endswith(" · read 2026-11-23 04:12:00 UTC")
    assert text.splitlines()[3:6] == [
        "         since      4d (2026-11-19 04:11:55 UTC)",
        "         evidence   status.conditions[Ready]: False",
        f"         id         {finding.id}",
    ]
    table = render(report(finding), Look(width=200, wide=True, brief=True)).splitlines()
    assert table[2].split() == ["LEVEL", "BLOCKS", "SINCE", "STEP", "ID", "CODE", "CAUSE"]
    assert f"2026-11-19 04:11:55 UTC   sources   {finding.id}   broken" in table[3]

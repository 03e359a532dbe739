"""The result of a wait, for people and for programs."""

from fluxstatus.base.durations import duration
from fluxstatus.base.plurals import counted
from fluxstatus.commands.wait.outcome import Outcome, Result
from fluxstatus.commands.wait.standing import Phase, Standing
from fluxstatus.report.as_json import finding_json, hint_json, object_json, time_json, versioned
from fluxstatus.report.as_text import put_finding
from fluxstatus.report.layout import INDENT, Cell, Page, put_head, put_hint, put_pairs, put_title
from fluxstatus.report.look import Look
from fluxstatus.report.secrets import unread_json

_LEVELS = {
    Phase.DONE: "pass",
    Phase.COMING: "wait",
    Phase.FAILED: "fail",
    Phase.SUSPENDED: "fail",
    Phase.UNKNOWN: "unknown",
}
_SAID = {
    Result.REACHED: "applied after {}",
    Result.FAILED: "cannot be applied",
    Result.TIMEOUT: "not applied after {}",
    Result.WAITING: "not applied after {}",
    Result.UNKNOWN: "unknown whether it is applied after {}",
}
_DONE = 10  # objects that are listed without --all if nothing is wrong; more are counted
_HELD = 20


def said(found: Outcome) -> str:
    """Return what came of the wait in a few words, after how long."""
    return _SAID[found.result].format(duration(round(found.elapsed)))


def as_text(found: Outcome, look: Look) -> str:
    """Return *found* as lines: what holds the revision first, then what has it."""
    roles = [one.role for one in found.standings]
    page = Page(look, [*_LEVELS.values(), "advice"], [*roles, *(f.step for f in found.findings)])
    put_title(page, f"revision {found.wanted.given}", said(found), context=found.target.context)
    if found.standings:
        page.gap()
    done = [one for one in found.standings if one.phase is Phase.DONE]
    _put(page, found.held, _HELD, "more are not done")
    _put(page, done, 0 if found.held else _DONE, "done")
    put_pairs(page, "not read", [(name, why.full_text) for name, why in found.unread])
    for hint in found.hints:
        page.gap()
        put_hint(page, hint, "", INDENT)
    if found.findings:
        put_head(page, "what is blocking it, according to the check")
    for finding in found.findings:
        put_finding(page, finding, found.taken_at)
    return "\n".join(page.lines) + "\n"


def _put(page: Page, places: list[Standing], most: int, rest: str) -> None:
    shown = places if page.look.everything else places[:most]
    for one in shown:
        page.state(_LEVELS[one.phase], one.role, f"{one.ref}: {one.text}")
    if more := len(places) - len(shown):
        page.put(f"{counted(more, 'object')} {rest} (--all lists them)", Cell("", 1))


def as_json(found: Outcome) -> str:
    """Return *found* as a JSON document, described by schema.json; every key is always there."""
    document = {
        "takenAt": time_json(found.taken_at),
        "context": found.target.context,
        "revision": found.wanted.given,
        "result": Result.TIMEOUT if found.result is Result.WAITING else found.result,
        "durationSeconds": round(found.elapsed, 3),
        "objects": [
            {
                "object": object_json(one.ref),
                "role": one.role,
                "phase": one.phase,
                "revision": one.revision,
                "relation": one.proof.cover,
                "text": one.text,
                "final": one.final or one.hopeless,
            }
            for one in found.standings
        ],
        "hints": [hint_json(hint) for hint in found.hints],
        "findings": [finding_json(finding) for finding in found.findings],
        "unread": [{"what": name, **(unread_json(why) or {})} for name, why in found.unread],
    }
    return versioned(document)

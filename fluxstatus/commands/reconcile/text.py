"""The advice on a reconciliation, for people and for programs."""

from fluxstatus.commands.reconcile.advice import Assessment
from fluxstatus.commands.reconcile.rules import Helps
from fluxstatus.report.as_json import (
    commands_json,
    hint_json,
    object_json,
    time_json,
    versioned,
)
from fluxstatus.report.layout import (
    INDENT,
    Cell,
    Page,
    put_command,
    put_head,
    put_hint,
    put_pairs,
    put_title,
)
from fluxstatus.report.look import Look
from fluxstatus.report.secrets import unread_json

_LABEL = 12
_ANSWERS = {
    Helps.YES: "yes",
    Helps.IF_FIXED: "only if the cause is fixed",
    Helps.NEEDLESS: "not needed",
    Helps.NO: "no",
    Helps.UNKNOWN: "unknown",
}


def as_text(advice: Assessment, look: Look) -> str:
    """Return *advice* as lines: the answer, then the outlook, then the commands."""
    page = Page(look, (), ())
    put_title(page, f"{advice.ref}", advice.status, context=advice.context)
    page.gap()
    page.put(_ANSWERS[advice.reason.helps], Cell("helps", _LABEL, "label"))
    page.put(advice.reason.text, Cell("why", _LABEL, "label"))
    for hint in advice.reason.hints:
        put_hint(page, hint, "first", _LABEL)
    put_pairs(page, "on its own", [("", outlook.text) for outlook in advice.outlooks])
    if advice.by_hand:
        put_head(page, "by hand")
    for hint in advice.by_hand:
        page.put(hint.text, Cell("", INDENT))
        for command in hint.commands:
            put_command(page, command, 2 * INDENT)
    put_pairs(page, "not read", [(names, why.full_text) for names, why in advice.unread])
    if advice.requests:
        put_head(page, "to request a reconciliation (nothing was run)")
    shown = set[tuple[str, ...]]()
    for request in advice.requests:
        argvs = {command.argv for command in request.commands}
        again = ", with the command above" if shown & argvs else ""
        page.put(f"{request.text}{again}", Cell("", INDENT))
        for command in request.commands:
            if command.argv not in shown:
                put_command(page, command, 2 * INDENT)
        shown |= argvs
    return "\n".join(page.lines) + "\n"


def as_json(advice: Assessment) -> str:
    """Return *advice* as a JSON document; every key is always present."""
    document = {
        "takenAt": time_json(advice.taken_at),
        "context": advice.context,
        "object": object_json(advice.ref),
        "stands": advice.status,
        "verdict": advice.level,
        "helps": advice.reason.helps,
        "why": advice.reason.text,
        "hints": [hint_json(hint) for hint in advice.reason.hints],
        "byItself": [{"text": one.text, "about": time_json(one.at)} for one in advice.outlooks],
        "byHand": [hint_json(hint) for hint in advice.by_hand],
        "ways": [
            {"text": request.text, "commands": commands_json(request.commands)}
            for request in advice.requests
        ],
        "unread": [{"what": names, **(unread_json(why) or {})} for names, why in advice.unread],
    }
    return versioned(document)

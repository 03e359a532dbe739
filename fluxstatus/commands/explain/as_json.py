"""The details of an object, or a code, as a versioned JSON document that has every key.

An unknown value is an empty string, an empty list or null, as in a report.
"""

from typing import Any

from fluxstatus.commands.explain.codes import CodeDetails
from fluxstatus.commands.explain.details import Details
from fluxstatus.lookup.log import Summary
from fluxstatus.lookup.node import Node
from fluxstatus.model.ref import Ref
from fluxstatus.report.as_json import (
    commands_json,
    finding_json,
    hint_json,
    next_json,
    object_json,
    ref_json,
    time_json,
    versioned,
)
from fluxstatus.report.secrets import json_of, unread_json


def render(explained: Details | CodeDetails) -> str:
    """Return *explained* as a JSON document in ASCII that ends with a newline."""
    content = _code(explained) if isinstance(explained, CodeDetails) else _details(explained)
    return versioned(content)


def _details(details: Details) -> dict[str, Any]:
    return {
        "takenAt": time_json(details.taken_at),
        "context": details.target.context,
        "object": object_json(details.ref),
        "verdict": details.verdict,
        "stands": details.status,
        "since": time_json(details.since),
        "findings": [finding_json(finding) for finding in details.findings],
        "chain": {
            "needs": [_node(node) for node in details.needs],
            "neededBy": [_node(node) for node in details.needed_by],
        },
        "revisions": [{"what": what, "value": value} for what, value in details.revisions],
        "suspended": [
            {"object": ref_json(ref), "since": time_json(at), "by": by}
            for ref, at, by in details.suspended
        ],
        "conditions": [
            {
                "type": one.type,
                "status": one.status,
                "reason": one.reason,
                "message": one.message,
                "since": time_json(one.since),
                "meaning": one.meaning,
            }
            for one in details.conditions
        ],
        "events": {
            "items": [
                {
                    "type": event.type,
                    "reason": event.reason,
                    "message": event.message,
                    "times": event.times,
                    "first": time_json(event.first),
                    "last": time_json(event.last),
                }
                for event in details.events.items
            ],
            "unread": unread_json(details.events.unread),
        },
        "history": [
            {
                "text": past.text,
                "good": past.good,
                "times": past.times,
                "first": time_json(past.first),
                "last": time_json(past.last),
                "took": past.took,
            }
            for past in details.history
        ],
        "lastGood": time_json(details.last_good),
        "log": _log(details.log),
        "unread": [{"what": names, **(unread_json(why) or {})} for names, why in details.unread],
        "credentials": {
            "items": [json_of(one) for one in details.credentials],
            "unread": unread_json(details.credentials_unread),
        },
        "commands": commands_json(details.commands),
        "docs": details.docs,
        "next": next_json(details.next) if details.next else None,
    }


def _code(code: CodeDetails) -> dict[str, Any]:
    return {
        "code": code.code,
        "meaning": code.meaning,
        "steps": list(code.steps),
        "cases": [
            {
                "why": case.why,
                "kinds": list(case.kinds),
                "reasons": list(case.reasons),
                "says": case.says,
                "hints": [hint_json(hint) for hint in case.hints],
                "upstream": case.upstream,
                "docs": case.docs,
            }
            for case in code.cases
        ],
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "object": ref_json(node.ref),
        "relation": node.relation,
        "stands": node.health.text,
        "well": node.health.healthy,
        "suspended": node.suspended,
        "cause": node.cause,
        "children": [_node(child) for child in node.children],
    }


def _ref(ref: Ref | None) -> dict[str, str] | None:
    return ref_json(ref) if ref else None


def _log(log: Summary) -> dict[str, Any]:
    return {
        "controller": _ref(log.controller),
        "lines": [
            {
                "level": message.level,
                "text": message.text,
                "times": message.times,
                "last": time_json(message.last),
            }
            for message in log.messages
        ],
        "unread": unread_json(log.unread),
    }

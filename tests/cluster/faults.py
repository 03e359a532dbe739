"""What can go wrong with a request, and what a reader must report."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from fluxstatus.model.evidence import Object, Unread, Why
from tests.cluster.readers import PATIENCE
from tests.fakes.scripted import (
    USER,
    Answer,
    changed,
    cut,
    cut_between_chunks,
    document,
    forbidden,
    half,
    in_chunks,
    kubectl_says,
    packed_and_more,
    packed_in_part,
    page,
    plain,
    stalled,
    stalled_between_chunks,
    status,
)


class Fault(NamedTuple):
    """A faulty answer, the reason to report, part of its text, and the number of requests made."""

    answer: Answer
    why: Why
    text: str
    requests: int = 1


def denied(permission: str, where: str = "", *, user: str = f'user "{USER}"') -> Unread:
    """Return the reason when *user* lacks the permission *permission*."""
    return Unread(
        Why.FORBIDDEN, f"{user} is not allowed to {permission}{where}", permission=permission
    )


EVERYWHERE = " in all namespaces"

OF_THE_WAY: Mapping[str, Fault] = {
    "401": Fault(status(401, "Unauthorized"), Why.LOGIN, "rejected the credentials of me"),
    "refused": Fault(
        kubectl_says("dial tcp 10.0.0.1:6443: connect: connection refused"),
        Why.UNREACHABLE,
        "https://10.0.0.1:6443 refused the connection",
        2,
    ),
}
"""Faults after which no request can succeed."""

QUICK: Mapping[str, Fault] = {
    "403": Fault(forbidden, Why.FORBIDDEN, "alice"),
    "403 of a gateway": Fault(page(403), Why.FAILED, "an error: 403"),
    "429": Fault(status(429, message="too many", retry_after="60"), Why.FAILED, "429 too many"),
    "500 in plain text": Fault(plain(500, retry_after="60"), Why.FAILED, "an error: 500"),
    "502 of a gateway": Fault(page(502, retry_after="60"), Why.FAILED, "an error: 502"),
    "half a document": Fault(half, Why.GARBLED, "is not a JSON object"),
    "HTML": Fault(page(200), Why.GARBLED, "is not a JSON object"),
    "a JSON list": Fault(document([]), Why.GARBLED, "is not a JSON object"),
    "too deep": Fault(document(b"[" * 100_000), Why.GARBLED, "is nested too deeply"),
}
"""Faults of one request that fail at once: a busy server asks for more time than is left."""

SLOW: Mapping[str, Fault] = {
    "500": Fault(status(500, "InternalError", "no etcd"), Why.FAILED, "500 no etcd", 2),
    "cut": Fault(cut, Why.GARBLED, "was cut off", 2),
    "cut in gzip": Fault(packed_in_part, Why.GARBLED, "was cut off", 2),
    "gzip and more": Fault(packed_and_more, Why.GARBLED, "was cut off", 2),
    "cut between chunks": Fault(in_chunks(cut_between_chunks), Why.GARBLED, "was cut off", 2),
}
"""Faults of one request that is retried once, after a pause."""

STALLED = Fault(stalled, Why.TIMEOUT, f"did not respond within {PATIENCE:g} s", 2)
STALLED_BETWEEN_CHUNKS = STALLED._replace(answer=in_chunks(stalled_between_chunks))
"""Faults that only a timeout ends."""

NOT_A_LIST: Sequence[Object] = (
    {"items": None},
    {"items": {}},
    {"kind": "Status"},
    {"kind": None},
    {"apiVersion": "v1"},
    {"metadata": None},
    {"metadata": {"continue": 1}},
    {"metadata": {"continue": "", "remainingItemCount": 1}},
)
"""Changes to a list after which it is not the requested list."""

NO_LIST: Mapping[str, Fault] = {
    "410 without a token": Fault(status(410, "Expired", "too old"), Why.FAILED, "410 too old"),
    **{
        f"with {change}": Fault(changed(change), Why.GARBLED, "is not the requested list")
        for change in NOT_A_LIST
    },
}
"""Faults that only a list can have."""


def some(*names: str) -> Mapping[str, Fault]:
    """Return the faults with these *names*."""
    known = {**OF_THE_WAY, **QUICK, **SLOW, **NO_LIST}
    return {name: known[name] for name in names}


def parameters(faults: Mapping[str, Fault]) -> list[Any]:
    """Return *faults* as the parameters of a test."""
    return [pytest.param(fault, id=name) for name, fault in faults.items()]


def check(unread: object, fault: Fault, permission: str = "") -> None:
    """Check that *unread* reports *fault*; only a missing right has a *permission*."""
    assert isinstance(unread, Unread)
    assert unread.why is fault.why
    assert fault.text in unread.text
    assert unread.permission == (permission if fault.why is Why.FORBIDDEN else "")

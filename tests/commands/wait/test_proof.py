"""What proves that a later revision contains the one that is waited for, and what does not."""

from datetime import datetime, timedelta

import pytest

from fluxstatus.commands.wait.proof import Cover, Facts, Record, in_events, in_history, prove
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.model.evidence import Object
from tests.builders import NOW, flux, judged

from .objects import ON_A, ON_B, WANTED

EARLIER, LATER = NOW - timedelta(minutes=9), NOW - timedelta(minutes=2)


def record(revision: str, first: datetime, last: datetime | None = None) -> Record:
    """Return a revision that an object had at these times."""
    return Record(revision, first, last or first)


PASSED = (record(ON_A, EARLIER), record(ON_B, LATER))
RESET = (record(ON_B, EARLIER, NOW), record(ON_A, LATER))
PROOFS = [
    # The facts, how they prove it, and how they do with --or-newer.
    (Facts(), Cover.UNKNOWN, Cover.UNKNOWN),
    (Facts(Cover.CONTAINS), Cover.CONTAINS, Cover.CONTAINS),
    (Facts(Cover.OLDER), Cover.OLDER, Cover.OLDER),
    (Facts(histories=[PASSED]), Cover.CONTAINS, Cover.CONTAINS),
    (Facts(histories=[(), [record(ON_A, EARLIER)]]), Cover.CONTAINS, Cover.CONTAINS),
    (Facts(histories=[[record(ON_B, LATER)]]), Cover.UNKNOWN, Cover.UNKNOWN),
    (Facts(histories=[[record(ON_B, LATER)], [record(ON_A, EARLIER)]]),) + (Cover.CONTAINS,) * 2,
    # It was there before as well, so the branch may have been reset to it.
    (Facts(histories=[PASSED, RESET]), Cover.UNKNOWN, Cover.UNKNOWN),
    (Facts(histories=[[record(ON_A, EARLIER, NOW), record(ON_B, LATER)]]),) + (Cover.UNKNOWN,) * 2,
    (Facts(committed=LATER, fetched=EARLIER), Cover.OLDER, Cover.OLDER),
    (Facts(committed=EARLIER, whole=True, fetched=LATER), Cover.UNKNOWN, Cover.NEWER),
    # A shallow checkout may lack an earlier commit that was fetched after this one was made.
    (Facts(committed=EARLIER, fetched=LATER), Cover.UNKNOWN, Cover.UNKNOWN),
    # A reset branch came after it, but does not contain it.
    (Facts(Cover.APART, histories=[PASSED]), Cover.APART, Cover.APART),
    (Facts(Cover.APART, EARLIER, whole=True, fetched=LATER), Cover.APART, Cover.APART),
    (Facts(Cover.APART, since="fetched since the wait began"), Cover.APART, Cover.NEWER),
    (Facts(fetched=LATER), Cover.UNKNOWN, Cover.UNKNOWN),
    (Facts(since="fetched since the wait began"), Cover.UNKNOWN, Cover.NEWER),
]


@pytest.mark.parametrize(("facts", "strict", "lenient"), PROOFS)
def test_proofs(facts: Facts, strict: Cover, lenient: Cover) -> None:
    """Only history, events and the local checkout prove it; --or-newer takes a later fetch."""
    assert prove(WANTED, ON_B, facts, or_newer=False).cover is strict
    assert prove(WANTED, ON_B, facts, or_newer=True).cover is lenient


@pytest.mark.parametrize(
    ("has", "strict", "lenient"),
    [
        ("1.3.9", Cover.OLDER, Cover.OLDER),
        ("v1.5.0@sha1:abc", Cover.UNKNOWN, Cover.NEWER),
        ("latest@sha256:abc", Cover.UNKNOWN, Cover.UNKNOWN),
    ],
)
def test_versions(has: str, strict: Cover, lenient: Cover) -> None:
    """A lower version is an older one; a higher one counts only with --or-newer."""
    wanted = Revision.parse("1.4.0")
    assert prove(wanted, has, Facts(), or_newer=False).cover is strict
    assert prove(wanted, has, Facts(), or_newer=True).cover is lenient


def test_the_history_of_a_kustomization() -> None:
    """Only what was applied with success is in its history."""

    def entry(revision: str, status: str) -> Object:
        return {
            "metadata": {"revision": revision},
            "firstReconciled": "2026-11-23T11:50:00Z",
            "lastReconciled": "2026-11-23T11:55:00Z",
            "lastReconciledStatus": status,
        }

    history = [entry(ON_B, "HealthCheckFailed"), entry(ON_A, "ReconciliationSucceeded")]
    found = in_history(judged(flux("Kustomization", "app", status={"history": history})))
    at = NOW - timedelta(minutes=10)
    assert [one for one in found if one.revision] == [record(ON_A, at, at + timedelta(minutes=5))]


def test_the_events_of_a_source() -> None:
    """The annotation of a Normal event has the revision; that of a failure proves nothing."""

    def event(kind: str) -> Object:
        key = "source.toolkit.fluxcd.io/revision"
        return {
            "type": kind,
            "metadata": {"annotations": {key: ON_A, "source.toolkit.fluxcd.io/digest": "x"}},
            "firstTimestamp": "2026-11-23T12:00:00Z",
        }

    assert [*in_events([event("Normal"), event("Warning"), {}])] == [record(ON_A, NOW)]

"""What a chart, an object, a webhook or a policy says is not read as an error of somebody else."""

from collections.abc import Iterator

import pytest

from tests.knowledge.examples import Example, examples

OF_RELEASE = "Helm upgrade failed for release apps/x with chart x@1.0: "
QUOTING = {
    "check of a chart": (
        "HelmRelease",
        "UpgradeFailed",
        OF_RELEASE + "execution error at (x/templates/a.yaml:3:4): {}",
        {"template-error"},
    ),
    "object that Helm waits for": (
        "HelmRelease",
        "UpgradeFailed",
        OF_RELEASE + "resource Widget/apps/x not ready. status: InProgress, message: {}\n"
        "context deadline exceeded",
        {"release-unhealthy"},
    ),
    "policy": (
        "Kustomization",
        "ReconciliationFailed",
        (
            'Widget/apps/x dry-run failed (Invalid): widgets.acme.io "x" is forbidden: '
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: {}"
        ),
        {"admission-denied"},
    ),
}
"""Messages that quote words, and the codes of the fault whatever the words are."""

MEANT = ("shrink", "job is failed: ")
"""Words that mean the same whoever says them."""


def words() -> Iterator[str]:
    """Yield the innermost clause of each example, on one line."""
    for example in examples():
        clause = example.message.partition("Last Helm logs")[0].strip().rpartition(": ")[2]
        if "\n" not in clause and not any(one in clause for one in MEANT):
            yield clause


@pytest.mark.parametrize("quoting", QUOTING)
def test_quoted_words_do_not_change_the_fault(quoting: str) -> None:
    """No rule takes the words of somebody else for those of Kubernetes, Helm or Flux."""
    kind, reason, message, codes = QUOTING[quoting]
    quoted = sorted(set(words()))
    assert len(quoted) > 1000
    wrong = {
        word: found
        for word in quoted
        if (found := Example(kind, reason, message.format(word), "", ()).rule().code) not in codes
    }
    assert wrong == {}

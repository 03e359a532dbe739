"""`credentials`: where it cannot answer; the rest takes a cluster (tests/live)."""

import pytest

from fluxstatus.model.findings import Exit
from tests.conftest import Program


def test_a_saved_cluster_has_no_secrets(flux_status: Program) -> None:
    """`credentials` rejects a snapshot, which contains no Secrets."""
    done = flux_status("credentials", "gitrepo/app", "--demo")
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")


@pytest.mark.cluster  # for kubectl
def test_no_cluster_is_3(flux_status: Program) -> None:
    """An unknown context is named in the error, with exit code 3."""
    done = flux_status("credentials", "gitrepo/app", "--context=nowhere")
    assert done.returncode == Exit.NO_VERDICT
    assert "nowhere" in done.stdout


def test_kind_without_a_name(flux_status: Program) -> None:
    """A kind alone is refused before anything is read."""
    done = flux_status("credentials", "gitrepo", "--context=nowhere")
    assert done.returncode == Exit.USAGE
    assert "GitRepository needs a name" in done.stderr

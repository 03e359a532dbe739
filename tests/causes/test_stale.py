"""Objects that are Ready with what they got before their source failed."""

from tests.builders import (
    NOT_THERE,
    flux,
    kustomization,
    reference,
    source,
)
from tests.causes.tracing import blocks_of, causes, chart_of, only_cause, release


def test_a_suspended_source_leaves_its_consumers_stale() -> None:
    """Consumers of a suspended source are stale, not waiting."""
    paused = source("git", spec={"suspend": True})
    cause = only_cause(causes(paused, kustomization("web", "git")))
    assert ([ref.name for ref in cause.stale], cause.waiting) == (["web"], ())


def test_stale_consumers_are_in_the_blocks_of_a_failing_source() -> None:
    """A consumer that stays Ready with an old artifact is listed at its failing source."""
    broken = source("git", NOT_THERE)
    cause = only_cause(causes(broken, kustomization("web", "git")))
    assert [ref.name for ref in cause.stale] == ["web"]


def test_staleness_goes_through_a_chart() -> None:
    """With a failing HelmRepository its charts and their releases are stale."""
    objects = [
        flux("HelmRepository", "charts", {"Ready": "False Failed: 404 Not Found"}),
        chart_of("web", {"Ready": "True ChartPullSucceeded: pulled"}),
        release("web"),
    ]
    assert blocks_of(causes(*objects)) == {"charts": {"apps-web", "web"}}


def test_staleness_goes_through_a_generator() -> None:
    """With a failing source its generator, the artifact and its consumer are stale."""
    of_external = {"sourceRef": reference("ExternalArtifact", "made")}
    objects = [
        source("git", NOT_THERE),
        flux("ArtifactGenerator", "gen", spec={"sources": [reference("GitRepository", "git")]}),
        flux("ExternalArtifact", "made", spec={"sourceRef": reference("ArtifactGenerator", "gen")}),
        flux("Kustomization", "web", spec=of_external),
    ]
    assert blocks_of(causes(*objects)) == {"git": {"gen", "made", "web"}}


def test_a_set_on_old_inputs_is_stale() -> None:
    """A ResourceSet that is Ready with old inputs is listed at the failing provider."""
    inputs = [{"kind": "ResourceSetInputProvider", "name": "prs"}]
    objects = [
        flux("ResourceSetInputProvider", "prs", {"Ready": "False ReconciliationFailed: 401"}),
        flux("ResourceSet", "previews", spec={"inputsFrom": inputs}),
    ]
    assert blocks_of(causes(*objects)) == {"prs": {"previews"}}

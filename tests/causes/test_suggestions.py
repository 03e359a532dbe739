"""Another namespace is only suggested where the reference may have meant it."""

import pytest

from fluxstatus.causes.missing import Suggestions
from fluxstatus.model.ref import Key
from fluxstatus.state.state import State
from tests.builders import evidence, flux

STATE = State(
    evidence(
        flux("GitRepository", "flux-system/shared"),
        flux("GitRepository", "team-b/app"),
        flux("GitRepository", "platform/tools"),
    )
)
WEB = ("Kustomization", "team-a", "web")


@pytest.mark.parametrize(
    ("missing", "referrer", "meant"),
    [
        (("GitRepository", "team-a", "shared"), WEB, "flux-system/shared"),
        (("GitRepository", "team-a", "app"), WEB, ""),
        (("GitRepository", "team-c", "app"), WEB, "team-b/app"),
        (("GitRepository", "infra", "tools"), WEB, "platform/tools"),
        (("GitRepository", "team-a", "shared"), ("HelmChart", "team-a", "web"), ""),
        (("GitRepository", "team-a", "shared"), ("GitRepository", "team-a", "web"), ""),
    ],
    ids=["forgotten", "another's", "misspelled", "the only one", "a chart's", "an include's"],
)
def test_another_namespace_must_be_what_was_meant(missing: Key, referrer: Key, meant: str) -> None:
    """A reference without a namespace is not misspelled, and some cannot leave their namespace."""
    result = Suggestions(STATE).suggest(missing, referrer)
    assert result == (f" (did you mean GitRepository {meant}?)" if meant else "")

"""The table of APIs that Kubernetes removes, compared with Kubernetes' own."""

import re

import pytest

from fluxstatus.knowledge.kubernetes_removals import KUBERNETES_NEWEST, REMOVED_KINDS
from tests.kubernetes import build

_REMOVED = re.compile(
    r"func \(in \*(\w+)\) APILifecycleRemoved\(\) \(major, minor int\) {\s*return (\d+), (\d+)\s*}"
)
_GROUP = re.compile(r'const GroupName = "([\w.]*)"')
_OLDEST = (1, 29)
"""The first removals that can matter: the plugin supports Kubernetes from 1.28 on."""


@pytest.mark.cluster  # for the Go modules
def test_the_table_is_that_of_kubernetes() -> None:
    """The table has all kinds that Kubernetes calls removed in these versions, and no others."""
    removed = {}
    for file in build.dependency("kubectl", "k8s.io/api").glob("*/*/zz_generated.prerelease*.go"):
        register = (file.parent / "register.go").read_text()
        group = _GROUP.search(register)
        assert group, file
        for kind, major, minor in _REMOVED.findall(file.read_text()):
            version = int(major), int(minor)
            if not kind.endswith("List") and _OLDEST <= version <= KUBERNETES_NEWEST:
                removed[f"{group[1]}/{file.parent.name} {kind}"] = version
    assert removed == REMOVED_KINDS

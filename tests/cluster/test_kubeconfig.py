"""Reading a kubeconfig: the names that kubectl uses, and never a credential."""

from typing import Any

import pytest

from fluxstatus.cluster.kubeconfig import Kubeconfig, read
from fluxstatus.model.evidence import Target


def test_flags_win_over_the_kubeconfig() -> None:
    """The names are those that kubectl uses, however a flag is written; no credential is kept."""
    document = {
        "current-context": "a",
        "contexts": [
            {"name": "a", "context": {"cluster": "ca", "user": "ua", "namespace": "apps"}},
            {"name": "b", "context": {"cluster": "cb", "user": "ub"}},
        ],
        "clusters": [
            {"name": "ca", "cluster": {"server": "https://me:pass@a.example.com/path"}},
            {"name": "cb", "cluster": {"server": "https://b.example.com"}},
        ],
        "users": [{"name": "ua", "user": {"token": "REDACTED"}}],
    }
    plain = read(document, ())
    assert plain.target == Target("a", "ca", "https://a.example.com/path", "ua")
    assert (plain.namespace, plain.contexts) == ("apps", ("a", "b"))
    assert read(document, ["--context", "b"]).target.user == "ub"
    flags = ["--context=a", "--context=b", "--user=x", "--cluster=ca"]
    expected = Target("b", "ca", "https://a.example.com/path", "x")
    assert read(document, flags).target == expected
    assert read(document, ["--server=https://c"]).target.server == "https://c"
    for own in (["--token", "x"], ["--client-certificate=a", "--client-key=b"]):
        assert read(document, ["--user=ua", *own]).target.user == ""


@pytest.mark.parametrize("document", [None, [], {}, {"contexts": None, "clusters": None}])
def test_an_empty_kubeconfig_names_nothing(document: Any) -> None:
    """The output of kubectl for a missing kubeconfig is read as an empty one."""
    assert read(document, ()) == Kubeconfig()

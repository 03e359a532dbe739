"""The permissions of a user, as printed by `kubectl auth can-i`."""

from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands.preflight.permissions import (
    NEEDED,
    Permission,
    check_permissions,
    rules_in,
)
from fluxstatus.model.evidence import Why
from tests.fakes.programs import program
from tests.kubernetes.cluster import Cluster
from tests.live.program import environment

TABLE = """\
*.*                                              []               []               [*]
                                                 [*]              []               [*]
selfsubjectaccessreviews.authorization.k8s.io    []               []               [create]
clusterroles.rbac.authorization.k8s.io           []               [cluster-admin]  [bind escalate]
pods/log                                         []               []               [get list]
*.apps                                           []               []               [create]
                                                 [/api/*]         []               [get]
"""
INCOMPLETE = "warning: the list may be incomplete: webhook authorizer does not support it"
BIND = Permission("bind", "clusterroles.rbac.authorization.k8s.io", "", "cluster-admin")


def allowed(table: str, right: Permission) -> bool:
    """Return whether a rule in *table* gives *right*."""
    return any(rule.allows(right) for rule in rules_in(table))


@pytest.mark.parametrize(
    ("line", "right", "yes"),
    [
        (0, Permission("create", "namespaces", ""), True),
        (0, BIND, True),
        (2, Permission("create", "namespaces", ""), False),
        (3, BIND, True),
        (3, BIND._replace(name="view"), False),
        (3, BIND._replace(verb="create"), False),
        (5, Permission("create", "deployments.apps", ""), True),
        (5, Permission("create", "services", ""), False),
        (5, Permission("delete", "deployments.apps", ""), False),
        (1, Permission("get", "namespaces", ""), False),
    ],
)
def test_rules(line: int, right: Permission, yes: bool) -> None:
    """A rule gives what it names: verb, resource, group, and single objects if it names any."""
    assert allowed(TABLE.splitlines()[line], right) is yes


def test_only_rules_about_resources_count() -> None:
    """URLs and headings are no rules about resources."""
    assert len(list(rules_in(TABLE))) == 5


@pytest.fixture(name="fake")
def _fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return tmp_path / "kubectl"


def test_incomplete_list_is_asked_further(fake: Path) -> None:
    """Where a webhook decides, each right that is not listed is asked for by itself."""
    program(fake, f"""
    case "$*" in
      *--list*) echo "{INCOMPLETE}" >&2; echo "pods [] [] [get]" ;;
      *" create namespaces "*) echo yes ;;
      *" create secrets "*) echo no; exit 1 ;;
      *fluxinstances*) echo "the server doesn't have a resource type 'x'" >&2; echo no; exit 1 ;;
      *) echo "connection refused" >&2; exit 1 ;;
    esac""")  # fmt: skip
    rights = check_permissions((), Deadline(10))
    assert rights.unread is None
    assert [right.resource for right in rights.missing] == ["secrets"]
    assert len(rights.unknown) == len(NEEDED) - 2


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'connection refused' >&2; exit 1", Why.FAILED),
        ("true", Why.GARBLED),
        ("echo '<html>'", Why.GARBLED),
    ],
)
def test_no_answer_is_unread(fake: Path, script: str, why: Why) -> None:
    """If no rules are listed, permissions are neither reported as present nor as missing."""
    program(fake, script)
    rights = check_permissions((), Deadline(10))
    assert rights.unread
    assert rights.unread.why is why
    assert not rights.missing


@pytest.mark.cluster
def test_real_users(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator has all rights, a viewer none, and one call was made for each."""
    monkeypatch.setenv("PATH", environment()["PATH"])
    for who, missing in (("admin", 0), ("viewer", len(NEEDED)), ("nobody", len(NEEDED))):
        cluster.forget_audit()
        rights = check_permissions((f"--kubeconfig={cluster.kubeconfig(who)}",), Deadline(20))
        assert (rights.unread, len(rights.missing), rights.unknown) == (None, missing, ())
        assert [r.resource for r in cluster.audit(who) if r.verb == "create"] == [
            "selfsubjectrulesreviews"
        ]


@pytest.mark.cluster
def test_a_role_in_one_namespace_is_not_taken_for_more(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is cluster-admin in flux-system alone may not install what is cluster-wide."""
    monkeypatch.setenv("PATH", environment()["PATH"])
    api = "rbac.authorization.k8s.io"
    metadata = {"name": "nobody-is-admin-here", "namespace": "team-a"}
    cluster.apply([{
        "apiVersion": f"{api}/v1", "kind": "RoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": api, "kind": "User", "name": "nobody"}],
    }])  # fmt: skip
    rights = check_permissions(
        (f"--kubeconfig={cluster.kubeconfig('nobody')}", "--namespace=team-a"), Deadline(20)
    )
    assert len(rights.missing) == len(NEEDED)

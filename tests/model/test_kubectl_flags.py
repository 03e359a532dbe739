"""Commands that are printed reach the cluster that was checked."""

import pytest

from fluxstatus.model.evidence import Target
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, hint, kubectl
from fluxstatus.model.kubectl_flags import for_target

FLAGS = (
    "--kubeconfig=/k",
    "--as=me",
    "--as-group=a=b",
    "--as-uid=1",
    "--server=https://s",
    "--certificate-authority=/ca",
    "--client-certificate=/c",
    "--client-key=/k",
    "--tls-server-name=n",
    "--insecure-skip-tls-verify",
    "--token=x",
)
HERE = for_target(Target("here", flags=FLAGS))

KUBECTL = "--context here " + " ".join(FLAGS)
OPERATOR = (
    "--kube-context here --kubeconfig=/k --kube-as=me --kube-as-group=a=b --kube-as-uid=1 "
    "--kube-server=https://s --kube-certificate-authority=/ca --kube-client-certificate=/c "
    "--kube-client-key=/k --kube-tls-server-name=n --kube-insecure-skip-tls-verify"
)
HELM = (
    "--kube-context here --kubeconfig=/k --kube-as-user=me --kube-as-group=a=b "
    "--kube-apiserver=https://s --kube-ca-file=/ca --kube-tls-server-name=n "
    "--kube-insecure-skip-tls-verify"
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kubectl get ks", f"kubectl {KUBECTL} get ks"),
        ("flux get ks", f"flux {KUBECTL} get ks"),
        ("flux-operator get all", f"flux-operator {OPERATOR} get all"),
        ("flux-operator-mcp serve", f"flux-operator-mcp {OPERATOR} serve"),
        ("helm list", f"helm {HELM} list"),
        ("date -u", "date -u"),
        # About the file: a context or a user that may not exist would be no help.
        ("kubectl config get-contexts", "kubectl --kubeconfig=/k config get-contexts"),
        ("env -u KUBECONFIG kubectl config view", "env -u KUBECONFIG kubectl config view"),
        ("kubectl", f"kubectl {KUBECTL}"),
        # kubectl takes no flag before the name of a plugin.
        ("kubectl flux-status -n a", f"kubectl flux-status -n a {KUBECTL}"),
        # It says itself which context is meant.
        ("kubectl get ks --context=there", f"kubectl {' '.join(FLAGS)} get ks --context=there"),
        ("kubectl get ks --context there", f"kubectl {' '.join(FLAGS)} get ks --context there"),
    ],
)
def test_a_command_has_the_flags_of_its_program(line: str, expected: str) -> None:
    """The flags are those of `PROGRAM --help`; what a program does not have is left out."""
    given = Command(tuple(line.split()), changes=True)
    found = HERE.command(given)
    assert " ".join(found.argv) == expected
    assert found.changes


def test_without_a_context_there_is_no_flag_for_it() -> None:
    """The current context is the one that a command takes."""
    found = for_target(Target(flags=("--as=me",)))
    assert found.command(kubectl("get", "ks")).argv == ("kubectl", "--as=me", "get", "ks")
    assert for_target(Target()).command(kubectl("get", "ks")) == kubectl("get", "ks")


def test_a_context_like_a_flag_is_one_word() -> None:
    """Else kubectl would take it for a flag."""
    found = for_target(Target("-x")).command(kubectl("get", "ks"))
    assert found.argv == ("kubectl", "--context=-x", "get", "ks")


def test_every_command_of_a_finding_has_them() -> None:
    """A finding keeps all but the words of its commands."""
    given = hint("look", kubectl("get", "a"), kubectl("get", "b"))
    finding = Finding("ui", "x", Level.WARN, "x", hints=(given, hint("retry")))
    found = for_target(Target("here")).finding(finding)
    assert found is finding
    assert [one.text for one in found.hints] == ["look", "retry"]
    assert [one.argv for one in found.hints[0].commands] == [
        ("kubectl", "--context", "here", "get", "a"),
        ("kubectl", "--context", "here", "get", "b"),
    ]
    bare = Finding("ui", "x", Level.WARN, "x")
    assert for_target(Target("here")).finding(bare) is bare


@pytest.mark.parametrize(
    ("saved", "line", "expected"),
    [
        (("--demo",), "kubectl flux-status explain ks/a", "--demo"),
        (("--demo",), "kubectl flux-status", "--demo"),
        # They are for a cluster of the user, which has no context "demo".
        (("--demo",), "kubectl flux-status mcp setup", ""),
        (("--demo",), "kubectl flux-status preflight --manifest", ""),
        (("--from", "a.json"), "kubectl flux-status explain ks/a", "--from a.json"),
        (("--from", "a.json"), "kubectl flux-status logs ks/a", "--context here --as=me"),
        (("--from", "a.json"), "kubectl flux-status --context=there", "--as=me"),
        ((), "kubectl flux-status explain ks/a", "--context here --as=me"),
        ((), "kubectl flux-status compare before.json after.json", ""),
        (("--from", "a.json"), "kubectl flux-status compare before.json after.json", ""),
    ],
)
def test_our_commands_read_the_same_file(saved: tuple[str, ...], line: str, expected: str) -> None:
    """What is suggested for a saved cluster reads the same file, if the command can."""
    target = Target("here", flags=("--as=me",), saved=saved)
    found = for_target(target).command(Command(tuple(line.split())))
    assert " ".join(found.argv) == f"{line} {expected}".strip()


def test_kubectl_has_the_context_of_a_file() -> None:
    """A command of kubectl is never for the current context, which may be another cluster."""
    target = Target("demo", saved=("--demo",))
    found = for_target(target).command(kubectl("get", "ks"))
    assert found.argv == ("kubectl", "--context", "demo", "get", "ks")

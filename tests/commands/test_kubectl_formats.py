"""The output formats that only kubectl has."""

import pytest

from fluxstatus.commands.kubectl_formats import without_format
from tests.conftest import Program

KS = "kustomizations.kustomize.toolkit.fluxcd.io"
GIT = "gitrepositories.source.toolkit.fluxcd.io"
EQUAL = {
    "get ks -o jsonpath={.items}": f"kubectl get {KS} -A -o 'jsonpath={{.items}}'",
    "get ks,gitrepo -n a -l app=web -o custom-columns=N:.metadata.name": (
        f"kubectl get {KS},{GIT} -n a -l app=web -o custom-columns=N:.metadata.name"
    ),
    "get ks web api -n a -ojsonpath={.x} --context p": (
        f"kubectl get {KS} api web -n a --context=p -o 'jsonpath={{.x}}'"
    ),
    "get ks web --output go-template-file=x.tpl": (
        f"kubectl get {KS} -A --field-selector metadata.name=web -o go-template-file=x.tpl"
    ),
    "get ks -n a -n b -o jsonpath-as-json=x": (
        f"kubectl get {KS} -n a -o jsonpath-as-json=x; kubectl get {KS} -n b -o jsonpath-as-json=x"
    ),
    "get ks --not-ready -o=jsonpath=x": f"(without --not-ready): kubectl get {KS} -A -o jsonpath=x",
    "events -n a --for ks/web -o jsonpath=x": (
        "kubectl get events -n a --field-selector involvedObject.name=web -o jsonpath=x"
    ),
    "conditions deploy/web -n a -o jsonpath=x": "kubectl get deploy/web -n a -o jsonpath=x",
    "get ks --demo -o jsonpath=x": "use -o json, for example with jq",
    "get nothing -o jsonpath=x": "use one of ",
    "get ks web api -o jsonpath=x": "specify their namespace with -n",
}


@pytest.mark.parametrize(("typed", "expected"), EQUAL.items(), ids=EQUAL)
def test_one_line_has_the_command_of_kubectl(
    flux_status: Program, typed: str, expected: str
) -> None:
    """It is ready to paste, and the exit code is that of wrong usage."""
    done = flux_status(*typed.split(), env={"PATH": "/nowhere"})
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert expected in line


def test_a_token_is_not_repeated(flux_status: Program) -> None:
    """What is secret in the call is not in the command."""
    done = flux_status("get", "ks", "--token", "abc123", "-o", "jsonpath=x")
    assert "abc123" not in done.stderr


@pytest.mark.parametrize("args", [["-o", "json"], ["-o"], ["-l", "a=jsonpath"], ["ks", "-ojson"]])
def test_other_formats_are_left_alone(args: list[str]) -> None:
    """What is no format of kubectl is parsed as it is."""
    assert without_format(args) == ("", args)

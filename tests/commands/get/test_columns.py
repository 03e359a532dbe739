"""The columns that are there on request, and the verdicts in documents."""

import json

import pytest
import yaml

from fluxstatus.base.durations import when
from tests.conftest import RECORDED, Program

ZOO = RECORDED / "zoo.json.gz"
STOPPED = RECORDED / "cluster-helm-controller-missing.json.gz"
LABEL = "kustomize.toolkit.fluxcd.io/name"


def test_labels(flux_status: Program) -> None:
    """-L has a column for each label, and --show-labels one for all, as in kubectl."""
    argv = ("get", "ks", "flux-system", "--from", STOPPED, "-o")
    labels = json.loads(flux_status(*argv, "json").stdout)["items"][0]["metadata"]["labels"]
    name, *others = labels
    text = flux_status(*argv, "wide", "-L", f"{name},absent", "-L", name, "--show-labels").stdout
    heads, row = (line.split() for line in text.splitlines())
    assert heads.count(name.rpartition("/")[2].upper()) == 1 + (name == "NAME")
    assert "ABSENT" in heads
    assert ",".join(f"{key}={labels[key]}" for key in sorted(labels)) in row
    assert labels[name] in row
    assert others


def test_the_cause_in_the_check(flux_status: Program) -> None:
    """--cause names what only the check reads: here a controller that does not exist."""
    lines = flux_status("get", "hr", "--cause", "--from", STOPPED).stdout.splitlines()
    assert lines[0].endswith("CAUSE")
    cause = "Deployment/flux-system/helm-controller: the Deployment does not exist"
    assert {line.split("   ")[-1].strip() for line in lines[1:]} == {cause, f"not updated: {cause}"}
    plain = flux_status("get", "hr", "--from", STOPPED).stdout
    assert "CAUSE" not in plain
    assert "the Deployment does not exist" not in plain


def test_the_cause_of_each_object_that_fails(flux_status: Program) -> None:
    """In the recorded zoo no object that is not ready is without a cause, but for one in progress.

    A cause of its own has no name before it; the cause of others has the name of the object.
    """
    argv = ("get", "ks", "--not-ready", "--cause", "--from", ZOO, "--no-headers")
    lines = flux_status(*argv).stdout.splitlines()
    assert len(lines) > 60
    causes = [line.split("   ")[-1].strip() for line in lines]
    assert all(len(cause.split()) > 1 for cause in causes)
    refuses = "GitRepository/monorepo: git-down.acme.internal refuses connections"
    assert sum(cause.startswith(refuses) for cause in causes) == 30


def test_a_cause_is_the_title_of_its_finding(flux_status: Program) -> None:
    """What pods and events tell of a workload is in the list as well, for each of them.

    Findings on several objects are left out: their titles have the number of these.
    """
    argv = ("get", "all", "--not-ready", "--cause", "--from", ZOO, "--no-headers")
    causes = {tuple(line.split()[:2]): line for line in flux_status(*argv).stdout.splitlines()}
    report = json.loads(flux_status("--from", ZOO, "-o", "json").stdout)
    compared = 0
    for finding in report["findings"]:
        about = finding["object"]
        place = about and (about["namespace"], f"{about['kind'].lower()}/{about['name']}")
        if finding["certainty"] and len(finding["objects"]) == 1 and place in causes:
            assert finding["summary"] in causes[place]
            compared += 1
    assert compared > 60


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("get components --cause", "--cause does not apply to components"),
        ("get ks --cause -o json", "--cause cannot be used with -o json"),
    ],
)
def test_where_there_is_no_cause(flux_status: Program, words: str, error: str) -> None:
    """What cannot be shown is refused."""
    done = flux_status(*words.split(), "--demo")
    assert done.returncode == 2
    assert error in done.stderr


def test_verdicts(flux_status: Program) -> None:
    """-o json and -o yaml have a verdict for each object, beside the objects as they are."""
    argv = ("get", "ks", "-n", "git-fanout-30", "--from", ZOO, "-o")
    document = json.loads(flux_status(*argv, "json").stdout)
    assert yaml.safe_load(flux_status(*argv, "yaml").stdout) == document
    for item, verdict in zip(document["items"], document["verdicts"], strict=True):
        ref = verdict["object"]
        assert (ref["kind"], ref["name"]) == (item["kind"], item["metadata"]["name"])
        assert (verdict["ready"], verdict["verdict"]) == (
            ("True", "ready") if ref["name"] == "monitoring" else ("False", "failed")
        )
    waiting = document["verdicts"][1]
    (cause,) = waiting["waitsFor"]
    assert (cause["object"]["name"], cause["code"]) == ("monorepo", "host-refuses")
    assert waiting["message"].startswith("waits for GitRepository/monorepo: ")
    assert document["verdicts"][0]["wanted"].startswith("main@sha1:")
    assert len(document["verdicts"][0]["wanted"]) == len("main@sha1:") + 40


def test_an_empty_list_has_verdicts_too(flux_status: Program) -> None:
    """A program finds the list; that of events and pods has none, as they have no verdict."""
    for form, parse in (("json", json.loads), ("yaml", yaml.safe_load)):
        argv = ("-n", "nowhere", "--demo", "-o", form)
        assert parse(flux_status("get", "ks", *argv).stdout)["verdicts"] == []
        assert "verdicts" not in parse(flux_status("events", *argv).stdout)
        assert "verdicts" not in parse(flux_status("get", "components", *argv).stdout)


@pytest.mark.parametrize("words", ["get ks", "events", "conditions ks/team-01 -n git-fanout-30"])
def test_wide_lists_have_the_time(flux_status: Program, words: str) -> None:
    """-o wide adds the time itself, to the second, to how long ago it was."""
    lines = flux_status(*words.split(), "-o", "wide", "--demo").stdout.splitlines()
    at = lines[0].index("TIME  ")
    times = [when(line[at:].split()[0]) for line in lines[1:]]
    assert len(times) >= 1
    assert all(times)

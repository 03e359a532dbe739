"""`reconcile --receiver`: the manifest of a Receiver, and the steps to set it up."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from fluxstatus.commands.reconcile.receiver import can_be_notified, manifest, steps
from fluxstatus.knowledge.receivers import settings_of
from fluxstatus.model.findings import Exit
from fluxstatus.report.yaml import yaml_of
from fluxstatus.state.resource import Resource
from tests.builders import flux, source, state
from tests.conftest import Program
from tests.kubernetes.cluster import Cluster, ClusterError

SPECS = {
    "GitRepository": {"url": "https://github.com/acme/app.git"},
    "OCIRepository": {"url": "oci://quay.io/acme/app"},
    "HelmRepository": {"url": "https://charts.example.com"},
    "Bucket": {"endpoint": "s3.example.com", "bucketName": "app"},
    "ImageRepository": {"image": "docker.io/acme/app"},
}
"""Each kind that polls a host, with an address."""


def of_kind(kind: str, spec: dict[str, str]) -> Resource:
    """Return the object app of *kind* in the namespace apps."""
    return state(flux(kind, "app", spec=spec)).resources[kind, "apps", "app"]


def git(url: str) -> Resource:
    """Return the GitRepository app that is fetched from *url*."""
    return of_kind("GitRepository", {"url": url})


def lines(resource: Resource) -> list[str]:
    """Return the commands of the steps."""
    return [" ".join(one.argv) for step in steps(resource) for one in step.commands]


@pytest.mark.cluster
@pytest.mark.parametrize("kind", SPECS)
def test_the_api_server_takes_it(cluster: Cluster, kind: str) -> None:
    """The API server accepts the Receiver of each kind that polls as valid against the CRD."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}}
    cluster.put([namespace])
    resource = of_kind(kind, SPECS[kind])
    assert can_be_notified(resource)
    text = yaml_of(manifest(resource), is_sorted=False)
    assert "receiver" in cluster.kubectl("apply", "--dry-run=server", "-f", "-", stdin=text)
    broken = text.replace(f"kind: {kind}", "kind: Provider")
    with pytest.raises(ClusterError):
        cluster.kubectl("apply", "--dry-run=server", "-f", "-", stdin=broken)


# The types and events are those of the examples in notification-controller's
# docs/spec/v1/receivers.md.
@pytest.mark.parametrize(
    ("url", "kind", "events"),
    [
        ("https://github.com/acme/app.git", "github", ["ping", "push"]),
        ("ssh://git@ssh.github.com:443/acme/app", "github", ["ping", "push"]),
        ("https://gitlab.acme.io/acme/app", "gitlab", ["Push Hook", "Tag Push Hook"]),
        ("https://bitbucket.acme.io/scm/acme/app", "bitbucket", ["repo:refs_changed"]),
        ("https://bitbucket.org/acme/app", "generic", None),
        ("https://gitea.acme.io/acme/app", "github", ["push"]),
        ("https://git.acme.io/github/app", "generic", None),
        ("oci://registry.acme.io/acme/app", "generic", None),
    ],
)
def test_the_type_is_that_of_the_host(url: str, kind: str, events: list[str] | None) -> None:
    """A Receiver with another type or other events rejects what its host sends."""
    spec = manifest(git(url))["spec"]
    assert (spec["type"], spec.get("events")) == (kind, events)
    authenticates = "spec.type" not in " ".join(step.text for step in steps(git(url)))
    assert authenticates is (kind != "generic")


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("ssh://git@github.com/acme/app.git", "https://github.com/acme/app/settings/hooks/new"),
        ("ssh://git@ssh.github.com:443/a/app", "https://github.com/a/app/settings/hooks/new"),
        ("https://gitlab.com/acme/sub/app", "https://gitlab.com/acme/sub/app/-/hooks"),
        ("https://bitbucket.org/acme/app.git", "https://bitbucket.org/acme/app/admin/webhooks"),
        ("https://git.acme.io/acme/app", ""),
        ("https://github.com", ""),
        ("", ""),
    ],
)
def test_the_page_of_the_host(url: str, page: str) -> None:
    """A known host has its page for webhooks; for others nothing is made up."""
    assert settings_of(url) == page
    texts = " ".join(step.text for step in steps(git(url)))
    assert (f"at {page}:" if page else "with the service that hosts the source") in texts


def test_the_token_has_no_newline(tmp_path: Path) -> None:
    """The controller compares all of it: a newline at its end would be a part of the secret."""
    [make, *_] = next(iter(steps(git(SPECS["GitRepository"]["url"])))).commands
    for _ in range(2):
        subprocess.run(make.argv, cwd=tmp_path, check=True)
        token = (tmp_path / "token").read_text()
        assert len(token) == 64
        (tmp_path / token).touch()
    assert len([*tmp_path.iterdir()]) == 3  # another one each time


def test_the_secret_is_the_one_that_is_named() -> None:
    """The step that changes the cluster creates the Secret of the Receiver, and says so."""
    resource = git(SPECS["GitRepository"]["url"])
    name = manifest(resource)["spec"]["secretRef"]["name"]
    commands = [one for step in steps(resource) for one in step.commands]
    [create] = [one for one in commands if "create" in one.argv]
    assert name in create.argv
    assert {one.changes for one in commands if {"create", "apply"} & {*one.argv}} == {True}
    assert not [one for one in commands if one.changes and "get" in one.argv]
    assert not [line for line in lines(resource) if line.startswith("flux ")]


def test_with_a_receiver_only_the_webhook_is_left() -> None:
    """A second Receiver for a source would be one too many."""
    hook = flux("Receiver", "hook", spec={"resources": [{"kind": "GitRepository", "name": "git"}]})
    known = state(source("git", spec=SPECS["GitRepository"]), hook)
    found = [*steps(known.resources["GitRepository", "apps", "git"], known.of_kind("Receiver"))]
    [[command]] = [step.commands for step in found]
    assert "get receiver hook -n apps" in " ".join(command.argv)


def test_yaml_for_a_pipe(flux_status: Program) -> None:
    """Standard output has the manifest alone, as YAML or JSON; the steps are beside it."""
    words = ("reconcile", "ks/team-07", "-n", "git-fanout-30", "--demo", "--receiver")
    done = flux_status(*words)
    assert done.returncode == Exit.HEALTHY
    found = yaml.safe_load(done.stdout)
    assert found["spec"]["resources"][0]["name"] == "monorepo"
    assert json.loads(flux_status(*words, "-o", "json").stdout) == found
    assert "(changes the cluster)" in done.stderr


def test_without_a_source(flux_status: Program) -> None:
    """What fetches nothing has no Receiver."""
    words = ("resourceset/tenants", "-n", "rset-healthy", "--demo", "--receiver")
    done = flux_status("reconcile", *words)
    assert (done.returncode, done.stdout) == (Exit.NO_VERDICT, "")
    assert "no known source" in done.stderr

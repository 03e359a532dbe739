"""Each documented command and its replacement, on a real API server in recorded states."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit
from tests import forking
from tests.conftest import ROOT
from tests.fakes.programs import program
from tests.kubernetes.cluster import Cluster
from tests.live.program import Result, environment, flux_status
from tests.live.replay import namespaces, objects
from tests.live.test_check import BROKEN, HEALTHY, WHOLE, ZOO, put, put_with_crds

pytestmark = pytest.mark.cluster

STATES = [HEALTHY, BROKEN, ZOO]
PAGE = (ROOT / "docs" / "one-liners.md").read_text(encoding="utf-8").splitlines()
Place = tuple[str, str]


@pytest.fixture(name="other_crds")
def _other_crds(bare_cluster: Cluster) -> Cluster:
    """Return a cluster whose CRDs are the test's own business."""
    bare_cluster.clear()
    return bare_cluster


def documented(line: str, cluster: Cluster, user: str = "admin") -> Result:
    """Run the documented command *line*, up to a pipe, as *user*; it must be on the page."""
    assert line in PAGE, line
    argv = shlex.split(line.partition(" | ")[0].replace("\\n", "\\\\n"))
    env = environment() | {"KUBECONFIG": str(cluster.kubeconfig(user))}
    done = subprocess.run(argv, capture_output=True, text=True, env=env, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def ours(line: str, cluster: Cluster, *more: str, user: str = "admin") -> Result:
    """Run our command *line*, which must be on the page, with *more* words."""
    assert f"kubectl flux-status {line}" in PAGE, line
    return flux_status(cluster.kubeconfig(user), *shlex.split(line), *more)


def places(text: str) -> set[Place]:
    """Return the namespaces and names in the tables that kubectl prints, or we."""
    rows = [line.split()[:2] for line in text.splitlines() if line]
    return {(home, name) for home, name in rows if home != "NAMESPACE"}


def items(file: Path, *kinds: str) -> list[dict[str, Any]]:
    """Return the objects of these *kinds* in the snapshot *file*."""
    answers = snapshot.load(file).answers.values()
    return [item for answer in answers for item in answer.known if item["kind"] in kinds]


def place_of(item: dict[str, Any]) -> Place:
    """Return the namespace and name of *item*."""
    return item["metadata"]["namespace"], item["metadata"]["name"]


def is_ready(item: dict[str, Any]) -> bool:
    """Whether *item* has Ready=True, whatever the position of the condition."""
    conditions = item.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def column(result: Result, head: str) -> dict[Place, str]:
    """Return a column of our table by namespace and name."""
    heads, *lines = result.out.splitlines()
    at = heads.index(head)
    return {(line.split()[0], line.split()[1]): line[at:].partition(" ")[0] for line in lines}


SAME_OBJECTS = [
    ("kubectl get fluxinstance -A", "get instance"),
    ("kubectl get gitrepository -A", "get sources --kind gitrepository"),
    ("kubectl get kustomization -A", "get kustomizations"),
    (
        "kubectl get fluxinstance,gitrepository,kustomization,helmrelease -A",
        "get all --kind fluxinstance,gitrepository,kustomization,helmrelease",
    ),
]


@pytest.mark.parametrize("file", STATES, ids=lambda file: file.name)
@pytest.mark.parametrize(("old", "new"), SAME_OBJECTS)
def test_the_same_objects_are_shown(cluster: Cluster, file: Path, old: str, new: str) -> None:
    """What kubectl lists is listed, no less and no more."""
    put(cluster, file)
    theirs, result = documented(old, cluster), ours(new, cluster)
    names = {(home, re.sub(r"\..*?/", "/", name)) for home, name in places(theirs.out)}
    assert places(result.out) == names, result.err
    assert result.code == Exit.HEALTHY


@pytest.mark.parametrize("file", STATES, ids=lambda file: file.name)
def test_conditions_are_the_same(cluster: Cluster, file: Path) -> None:
    """The conditions of a FluxInstance are those that jsonpath prints."""
    put(cluster, file)
    if not items(file, "FluxInstance"):
        pytest.skip("it has no FluxInstance")
    old = documented(
        "kubectl get fluxinstance flux -n flux-system -o jsonpath='{.status.conditions}' | jq",
        cluster,
    )
    result = ours("conditions fluxinstance/flux", cluster, "-o", "json")
    assert json.loads(result.out) == json.loads(old.out)


def test_conditions_of_any_kind(cluster: Cluster) -> None:
    """What has conditions shows them, whether Flux made it or not, found without a namespace."""
    put(cluster, HEALTHY)
    deployment = cluster.get("/apis/apps/v1/namespaces/flux-system/deployments/source-controller")
    crd = "gitrepositories.source.toolkit.fluxcd.io"
    definition = cluster.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd}")
    kubeconfig = cluster.kubeconfig("admin")
    for word, item in (("deploy/source-controller", deployment), (f"crd/{crd}", definition)):
        result = flux_status(kubeconfig, "conditions", word, "-o", "json")
        assert json.loads(result.out) == item["status"]["conditions"], result.err
        table = flux_status(kubeconfig, "conditions", word)
        assert table.out.count("\n") == 1 + len(item["status"]["conditions"])


@pytest.mark.parametrize("file", WHOLE, ids=lambda file: file.name)
def test_components_are_the_pods_of_flux(cluster: Cluster, file: Path) -> None:
    """The pods in flux-system are shown but for strangers, and what should be there and is not."""
    put(cluster, file)
    stranger = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stranger", "namespace": "flux-system", "uid": "stranger"},
        "spec": {"containers": [{"name": "x", "image": "x"}]},
    }
    cluster.put([{"apiVersion": "v1", "kind": "Namespace",
                  "metadata": {"name": "flux-system"}}, stranger])  # fmt: skip
    old = documented("kubectl get pods -n flux-system", cluster)
    theirs = {("flux-system", line.split()[0]) for line in old.out.splitlines()[1:]}
    result = ours("get components", cluster)
    shown = places(result.out)
    pods = {place for place in shown if column(result, "STATUS")[place] not in ("Missing", "NoPod")}
    assert pods == theirs - {("flux-system", "stranger")}, result.err


def test_a_missing_controller_is_reported(cluster: Cluster) -> None:
    """A controller that was deleted is a line, which kubectl has not; it passes --not-ready."""
    put(cluster, next(file for file in WHOLE if "helm-controller-missing" in file.name))
    result = ours("get components", cluster, "--not-ready")
    assert column(result, "STATUS")["flux-system", "helm-controller"] == "Missing"


def test_conditions_0_is_wrong_of_releases(cluster: Cluster) -> None:
    """The documented column is True for failing releases; ours is False for each of them."""
    put(cluster, ZOO)
    old = documented(
        "kubectl get helmrelease -A -o custom-columns="
        "'NAME:.metadata.name,READY:.status.conditions[0].status'",
        cluster,
    )
    result = ours("get helmreleases", cluster)
    failing = {
        place_of(item)
        for item in items(ZOO, "HelmRelease")
        if any(c["type"] == "Ready" and c["status"] == "False"
               for c in item.get("status", {}).get("conditions", []))
    }  # fmt: skip
    lied = [line for line in old.out.splitlines()[1:] if line.split()[1] == "True"]
    well = [item for item in items(ZOO, "HelmRelease") if is_ready(item)]
    assert len(lied) > len(well), "the documented one has become right: mend docs/one-liners.md"
    ready = column(result, "READY")
    assert failing
    assert {ready[place] for place in failing} == {"False"}


def test_ready_is_that_of_the_condition_or_not_true(cluster: Cluster) -> None:
    """READY is the condition, or the verdict with a reason; nothing else is True."""
    put(cluster, ZOO)
    result = ours("get kustomizations", cluster)
    ready = column(result, "READY")
    kustomizations = items(ZOO, "Kustomization")
    assert {place for place, word in ready.items() if word == "True"} <= {
        place_of(item) for item in kustomizations if is_ready(item)
    }
    for item in kustomizations:
        if is_ready(item) and ready[place_of(item)] != "True":
            line = next(one for one in result.out.splitlines() if place_of(item)[0] in one.split())
            assert re.search(r"outdated|terminating", line)


def test_not_ready_has_what_conditions_0_misses(cluster: Cluster) -> None:
    """Every Kustomization without Ready=True is listed; the documented command misses some."""
    put(cluster, ZOO)
    line = (
        "kubectl get kustomization -A -o json | "
        "jq '.items[] | select(.status.conditions[0].status!=\"True\")'"
    )
    documents = json.loads(documented(line, cluster).out)["items"]
    theirs = {
        place_of(item)
        for item in documents
        if item.get("status", {}).get("conditions", [{}])[0].get("status") != "True"
    }
    unready = {place_of(item) for item in items(ZOO, "Kustomization") if not is_ready(item)}
    result = ours("get kustomizations --not-ready", cluster)
    assert places(result.out) >= unready
    assert unready - theirs, "the documented one has become right: mend docs/one-liners.md"


@pytest.mark.parametrize("file", STATES, ids=lambda file: file.name)
def test_events_are_those_of_flux(cluster: Cluster, file: Path) -> None:
    """All events in flux-system, and all about Flux objects elsewhere, are listed once."""
    put(cluster, file)
    old = documented(
        "kubectl get events -n flux-system --sort-by=.lastTimestamp | tail -20", cluster
    )
    outcome = ours("events", cluster, "-o", "json")
    shown = {place_of(item) for item in outcome.report["items"]}
    events = cluster.get("/api/v1/events")["items"]
    here = {place_of(e) for e in events if e["metadata"]["namespace"] == "flux-system"}
    flux = {place_of(e) for e in events if "flux" in e["involvedObject"].get("apiVersion", "")}
    assert len(here) == max(len(old.out.splitlines()) - 1, 0)
    assert shown == here | flux
    table = ours("events", cluster)
    result = sum(int(times) for times in re.findall(r"^\S+ +\S+ +(\d+) ", table.out, re.MULTILINE))
    assert result == sum(event.get("count") or 1 for event in events if place_of(event) in shown)


def test_events_of_one_object(cluster: Cluster) -> None:
    """--for has only events about that object, and asks back or suggests as every command."""
    put(cluster, ZOO)
    kubeconfig = cluster.kubeconfig("admin")
    event = next(e for e in items(ZOO, "Event") if e["involvedObject"]["kind"] == "Kustomization")
    about = event["involvedObject"]
    word, where = f"ks/{about['name']}", about["namespace"]
    result = flux_status(kubeconfig, "events", "--for", word, "-n", where, "-o", "json")
    assert {item["involvedObject"]["name"] for item in result.report["items"]} == {about["name"]}
    assert {item["involvedObject"]["kind"] for item in result.report["items"]} == {"Kustomization"}
    assert flux_status(kubeconfig, "events", "--for", "ks/app").code == Exit.USAGE
    assert "did you mean" in flux_status(kubeconfig, "events", "--for", "ks/ap", "-n", where).err


def test_logs_are_those_of_every_pod(cluster: Cluster, kubectl: Path, tmp_path: Path) -> None:
    """The same lines are asked for, of each pod; the node that has them is stood in for."""
    put(cluster, HEALTHY)
    line = {"level": "error", "ts": "2026-11-23T11:59:00Z", "msg": "Reconciler error",
            "controllerKind": "GitRepository", "error": "no \x1b[2Jroute",
            "GitRepository": {"name": "flux-system", "namespace": "flux-system"}}  # fmt: skip
    (tmp_path / "log").write_text(json.dumps(line) + '\n{"level":"info","msg":"fine"}\nE1 odd\n')
    fake = f"""
    case " $* " in
      *" logs "*) echo "$*" >>{tmp_path}/asked; cat {tmp_path}/log ;;
      *) exec {shlex.quote(str(kubectl))} "$@" ;;
    esac"""
    program(tmp_path / "bin" / "kubectl", fake)
    env = environment()
    env["PATH"] = f"{tmp_path / 'bin'}:{env['PATH']}"

    def logs(*words: str) -> list[str]:
        argv = ["logs", *words, f"--kubeconfig={cluster.kubeconfig('admin')}"]
        done = forking.run(argv, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert "kubectl flux-status logs source-controller" in PAGE
    assert len(logs("source-controller")) == 3
    assert "--tail=50" in (tmp_path / "asked").read_text()
    [result] = logs("--for", "gitrepo/flux-system")
    who = "source-controller GitRepository/flux-system/flux-system"
    assert result == f"2026-11-23T11:59:00.000Z error {who} - Reconciler error: no \\x1b[2Jroute"
    assert len(logs("--errors", "--tail", "1", "source")) == 1
    controllers = {result.split()[2] for result in logs("--errors")}
    assert {"source-controller", "helm-controller"} <= controllers


COMMANDS = [
    "get all -o wide",
    "get all -o json",
    "get components",
    "conditions fluxinstance/flux",
    "events",
    "events --for fluxinstance/flux",
    "tree ks/flux-system -n flux-system",
    "tree gitrepo/flux-system -n flux-system -o json",
    "owner deploy/source-controller -n flux-system",
    "logs source-controller",
]


def test_no_command_writes(cluster: Cluster) -> None:
    """The audit log shows get and list, and no Secret, whatever is asked."""
    put(cluster, HEALTHY)
    for line in COMMANDS:
        flux_status(cluster.kubeconfig("admin"), *line.split())
    requests = cluster.audit("admin")
    assert len(requests) > 50
    assert {request.verb for request in requests} <= {"get", "list"}
    assert not [request.uri for request in requests if "secrets" in request.uri]


def test_a_kind_is_one_list(cluster: Cluster) -> None:
    """A list asks for what is served, its kind, its sources and, of what is unhealthy, events."""
    put(cluster, ZOO)
    assert requests_of(cluster, "get", "gitrepositories") == ["", "gitrepositories", "events"]
    asked = requests_of(cluster, "get", "kustomizations")
    assert len(asked) == len(set(asked)) <= 3 + 4  # of sources there are four kinds
    every = requests_of(cluster, "get", "all")
    assert len(every) == len(set(every))


def requests_of(cluster: Cluster, *words: str) -> list[str]:
    """Return the resources that a command asks the API server for."""
    cluster.forget_audit()
    assert flux_status(cluster.kubeconfig("admin"), *words).code == Exit.HEALTHY
    return [request.resource for request in cluster.audit("admin")]


def test_forbidden_is_not_empty(cluster: Cluster) -> None:
    """Without permission to list, every command names the missing one and exits with 3."""
    put(cluster, HEALTHY)
    kubeconfig = cluster.kubeconfig("nobody")
    lines = ("get ks", "get all", "get components", "get ks -o json", "events", "logs",
             "conditions ks/flux-system", "owner deploy/web", "tree ks/flux-system")  # fmt: skip
    for line in lines:
        result = flux_status(kubeconfig, *line.split())
        assert result.code == Exit.NO_VERDICT, line
        assert "missing permission: list " in result.err or "not allowed to list" in result.err, (
            line
        )


def test_rights_in_one_namespace_are_used(cluster: Cluster) -> None:
    """With -n what may be read there is read, and everywhere else is not asked for."""
    put(cluster, HEALTHY)
    result = flux_status(cluster.kubeconfig("namespaced"), "get", "ks", "-n", "team-a")
    assert result.code == Exit.HEALTHY, result.err
    assert "no Kustomization was found in namespace 'team-a'" in result.err


def test_a_missing_crd_hides_nothing(other_crds: Cluster) -> None:
    """Where kubectl shows nothing because of one CRD, the rest is shown, and the CRD named."""
    put_with_crds(other_crds, HEALTHY)
    old, new = SAME_OBJECTS[-1]
    whole = places(ours(new, other_crds).out)
    other_crds.remove_crds(kinds=["HelmRelease"])
    evidence = snapshot.load(HEALTHY)
    rest = (item for item in objects(evidence) if item["kind"] != "HelmRelease")
    other_crds.put([*namespaces(evidence), *rest])
    assert documented(old, other_crds).code != 0
    result = ours(new, other_crds)
    assert places(result.out) == {place for place in whole if "helmrelease/" not in place[1]}
    assert "helmreleases.helm.toolkit.fluxcd.io" in result.err
    assert result.code == Exit.HEALTHY
    alone = flux_status(other_crds.kubeconfig("admin"), "get", "hr")
    assert (alone.code, alone.out) == (Exit.NO_VERDICT, "")


def test_json_and_yaml_are_kubectls(cluster: Cluster) -> None:
    """-o json is what kubectl prints, with our verdicts; -o yaml is equivalent to it."""
    yaml = pytest.importorskip("yaml")
    put(cluster, BROKEN)
    theirs = json.loads(cluster.kubectl("get", "kustomizations", "-A", "-o", "json"))
    kubeconfig = cluster.kubeconfig("admin")
    for form, parse in (("json", json.loads), ("yaml", yaml.safe_load)):
        document = parse(flux_status(kubeconfig, "get", "ks", "-o", form).out)
        assert len(document.pop("verdicts")) == len(theirs["items"])
        assert document == theirs
    names = cluster.kubectl("get", "kustomizations", "-A", "-o", "name")
    assert flux_status(kubeconfig, "get", "ks", "-o", "name").out == names


def test_owner_leads_from_a_pod_to_git(cluster: Cluster) -> None:
    """From a pod up through its owners and labels to the address, revision and path in Git."""
    put(cluster, HEALTHY)
    kustomization = next(
        item for item in items(HEALTHY, "Kustomization")
        if item["spec"]["sourceRef"]["kind"] == "GitRepository"
    )  # fmt: skip
    home, name = place_of(kustomization)
    labels = {f"kustomize.toolkit.fluxcd.io/{k}": v
              for k, v in (("name", name), ("namespace", home))}  # fmt: skip
    cluster.put(workload(home, labels))
    result = flux_status(cluster.kubeconfig("admin"), "owner", "pod/web-1-x", "-n", home)
    steps = re.findall(r"(owned by|created by|source) (\w+) ", result.out)
    assert steps[:4] == [
        ("owned by", "ReplicaSet"), ("owned by", "Deployment"), ("created by", "Kustomization"),
        ("source", "GitRepository"),
    ]  # fmt: skip
    assert result.out.splitlines()[-1].startswith("from ")
    assert kustomization["spec"]["path"] in result.out
    assert result.code == Exit.HEALTHY


def workload(namespace: str, labels: dict[str, str]) -> Iterable[dict[str, Any]]:
    """Yield a Deployment with *labels*, its ReplicaSet, and a pod that cannot pull its image."""
    waiting = {"waiting": {"reason": "ImagePullBackOff"}}
    containers = [{"name": "web", "image": "web:1", "ready": False, "state": waiting}]
    pod = {"containers": [{"name": "web", "image": "web:1", "env": [{"name": "A", "value": "b"}]}]}
    for api, kind, name, owner, spec, status in (
        ("apps/v1", "Deployment", "web", None, {"replicas": 1, "template": {"spec": pod}}, {}),
        ("apps/v1", "ReplicaSet", "web-1", ("Deployment", "web"), {"replicas": 1}, {}),
        ("v1", "Pod", "web-1-x", ("ReplicaSet", "web-1"), pod,
         {"phase": "Pending", "containerStatuses": containers}),
    ):  # fmt: skip
        metadata: dict[str, Any] = {"name": name, "namespace": namespace, "uid": name}
        if owner:
            one = {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": owner[1]}
            metadata["ownerReferences"] = [one | {"controller": True}]
        else:
            metadata["labels"] = labels
        yield {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec,
               "status": status}  # fmt: skip


def test_tree_has_what_is_made_and_how_it_stands(cluster: Cluster) -> None:
    """The inventory is looked up: present, missing and unreadable objects."""
    put(cluster, HEALTHY)
    kustomization = items(HEALTHY, "Kustomization")[0]
    home, name = place_of(kustomization)
    ids = [f"{home}_web_apps_Deployment", f"{home}_gone__ConfigMap", f"{home}_key__Secret",
           "_a__b_rbac.authorization.k8s.io_ClusterRole"]  # fmt: skip
    status = kustomization["status"] | {
        "inventory": {"entries": [{"id": one, "v": "v1"} for one in ids]}
    }
    cluster.put([{**kustomization, "metadata": {"name": name, "namespace": home, "uid": "x"},
                  "status": status}, *workload(home, {})])  # fmt: skip
    kubeconfig = cluster.kubeconfig("admin")
    result = flux_status(kubeconfig, "tree", f"ks/{name}", "-n", home, "-o", "json")
    made = {c["object"]["name"]: (c["well"], c["stands"]) for c in result.report["children"]}
    assert made["web"] == (False, "0 of 1 ready")
    assert made["gone"] == (False, "does not exist")
    assert made["a:b"] == (False, "does not exist")
    assert made["key"][0] is None
    assert result.code == Exit.HEALTHY, result.err


def test_many_objects_are_looked_at_by_lists(cluster: Cluster) -> None:
    """What a tree has many of is asked for at once, of ConfigMaps no more than the metadata."""
    put(cluster, HEALTHY)
    kustomization = items(HEALTHY, "Kustomization")[0]
    home, name = place_of(kustomization)
    maps = [{"apiVersion": "v1", "kind": "ConfigMap", "data": {"key": "value"},
             "metadata": {"name": f"map-{n}", "namespace": home, "uid": f"map-{n}"}}
            for n in range(9)]  # fmt: skip
    ids = [{"id": f"{home}_map-{n}__ConfigMap", "v": "v1"} for n in range(10)]
    status = kustomization["status"] | {"inventory": {"entries": ids}}
    metadata = {"name": name, "namespace": home, "uid": "x"}
    cluster.put([{**kustomization, "metadata": metadata, "status": status}, *maps])
    cluster.forget_audit()
    result = flux_status(
        cluster.kubeconfig("admin"), "tree", f"ks/{name}", "-n", home, "-o", "json"
    )
    stands = [child["stands"] for child in result.report["children"]]
    assert stands == 9 * ["exists"] + ["does not exist"]
    asked = [request.resource for request in cluster.audit("admin")]
    assert asked.count("configmaps") == 1


def test_watching_goes_on_with_what_changes(cluster: Cluster) -> None:
    """--watch writes the list, and then a line for what changes."""
    put(cluster, HEALTHY)
    kustomization = items(HEALTHY, "Kustomization")[0]
    home, name = place_of(kustomization)
    argv = [sys.executable, "-m", "fluxstatus", "get", "ks", "-n", home, "--watch", "--no-headers",
            f"--kubeconfig={cluster.kubeconfig('admin')}"]  # fmt: skip
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout
        before = [i for i in items(HEALTHY, "Kustomization") if place_of(i)[0] == home]
        assert len([process.stdout.readline() for _ in before]) == len(before)
        changed = {**kustomization, "spec": {**kustomization["spec"], "suspend": True},
                   "metadata": {"name": name, "namespace": home, "uid": "x"}}  # fmt: skip
        cluster.put([changed])
        line = process.stdout.readline().split()
        process.terminate()
    assert line[1] == name
    assert line[3] == "True"


def test_options_before_the_name_have_other_formats(cluster: Cluster) -> None:
    """`-o json` before the subcommand is that of the subcommand, as with kubectl."""
    put(cluster, HEALTHY)
    result = flux_status(cluster.kubeconfig("admin"), "-o", "json", "get", "ks")
    assert result.report["kind"] == "List"

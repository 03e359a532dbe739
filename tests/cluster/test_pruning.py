"""Pruning keeps all that the checks read, and nothing secret."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.base.masking import mask
from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import Object
from tests.builders import HEALTHY, NOW, flux, judged, minutes, stamp

SECRET = "hunter2-c0rrect-h0rse"
KUSTOMIZATIONS = "kustomizations.kustomize.toolkit.fluxcd.io"


def kept(query: str, **fields: Any) -> str:
    """Return what is kept of an object with these *fields*, as text."""
    return json.dumps(prune(query, {"apiVersion": "v1", "kind": "X", **fields}))


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("secrets", {"data": {"password": SECRET}, "stringData": {"token": SECRET}}),
        ("configmaps", {"data": {"settings": SECRET}, "binaryData": {"x": SECRET}}),
        (KUSTOMIZATIONS, {"spec": {"postBuild": {"substitute": {"PASSWORD": SECRET}}}}),
        (KUSTOMIZATIONS, {"spec": {"patches": [{"patch": SECRET}]}}),
        (KUSTOMIZATIONS, {"spec": {"commonMetadata": {"annotations": {"x": SECRET}}}}),
        ("helmreleases.helm.toolkit.fluxcd.io", {"spec": {"values": {"password": SECRET}}}),
        ("helmreleases.helm.toolkit.fluxcd.io", {"spec": {"postRenderers": [{"x": SECRET}]}}),
        ("providers.notification.toolkit.fluxcd.io", {"spec": {"address": f"https://{SECRET}"}}),
        ("alerts.notification.toolkit.fluxcd.io", {"spec": {"eventMetadata": {"x": SECRET}}}),
        ("alerts.notification.toolkit.fluxcd.io", {"spec": {"summary": SECRET}}),
        ("providers.notification.toolkit.fluxcd.io", {"spec": {"proxy": f"http://{SECRET}:1"}}),
        ("resourcesets.fluxcd.controlplane.io", {"spec": {"inputs": [{"token": SECRET}]}}),
        ("resourcesets.fluxcd.controlplane.io",
         {"spec": {"resources": [{"kind": "Secret", "stringData": {"x": SECRET}}]}}),
        ("resourcesets.fluxcd.controlplane.io", {"spec": {"resourcesTemplate": SECRET}}),
        ("resourcesetinputproviders.fluxcd.controlplane.io",
         {"status": {"exportedInputs": [{"title": SECRET}]}}),
        ("fluxinstances.fluxcd.controlplane.io",
         {"spec": {"kustomize": {"patches": [{"patch": SECRET}]}}}),
        ("gitrepositories.source.toolkit.fluxcd.io", {"spec": {"ignore": SECRET}}),
        ("deployments.apps/controllers", {"spec": {"template": {"spec": {"containers": [
            {"name": "a", "env": [{"name": "TOKEN", "value": SECRET}]}]}}}}),
        ("deployments.apps/controllers", {"spec": {"template": {"spec": {"containers": [
            {"args": [f"--token={SECRET}", "--x"], "command": [SECRET]}]}}}}),
        ("deployments.apps/operator", {"spec": {"template": {"spec": {"containers": {
            "args": [f"--token={SECRET}"]}}}}}),
        ("pods", {"spec": {"containers": [{"env": [{"value": SECRET}]}]}}),
        ("pods", {"status": {"containerStatuses": [{"state": {"terminated": {
            "message": SECRET}}}]}}),
        ("workload-pods", {"spec": {"containers": [{"args": [SECRET]}]}}),
        ("services", {"spec": {"externalName": SECRET}}),
        ("events", {"metadata": {"annotations": {"x": SECRET}}}),
        ("fluxreports.fluxcd.controlplane.io", {"spec": {"sync": {"source": SECRET}}}),
        (KUSTOMIZATIONS, {"metadata": {"annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": SECRET}}}),
        (KUSTOMIZATIONS, {"metadata": {"annotations": {"meta.helm.sh/x": SECRET}}}),
        (KUSTOMIZATIONS, {"metadata": {"managedFields": [{"manager": SECRET}]}}),
        (KUSTOMIZATIONS, {"status": {"inventory": {"entries": [{"id": SECRET}]}}}),
        (KUSTOMIZATIONS, {"anything": SECRET, "spec": {"anything": {"at": [SECRET]}}}),
        ("unheardof.example.com", {"spec": {"password": SECRET}, "data": {"x": SECRET}}),
    ],
)  # fmt: skip
def test_what_may_be_secret_is_not_kept(query: str, fields: dict[str, Any]) -> None:
    """No value of a Secret, ConfigMap, variable, argument, chart or template is kept."""
    assert SECRET not in kept(query, **fields)


def test_the_chart_template_is_kept() -> None:
    """Of a chart template its kind, its URL and its references are kept (Flux 2.10)."""
    ref = {"name": "login"}
    kept_spec = {"url": "oci://ghcr.io/acme/web", "ref": {"tag": "1.0.0"}, "secretRef": ref}
    chart = {"kind": "OCIRepository", "spec": {**kept_spec, "layerSelector": {"mediaType": "x"}}}
    pruned = prune("helmreleases.helm.toolkit.fluxcd.io", {"spec": {"chart": chart}})
    assert pruned["spec"] == {"chart": {"kind": "OCIRepository", "spec": kept_spec}}


@pytest.mark.parametrize(
    "text",
    [
        f"https://git:{SECRET}@git.example.com/a.git",
        f"https://{SECRET}@git.example.com/a.git",
        f"https://git:{SECRET}@more@git.example.com/a.git",
        f"https://git:a/{SECRET}@git.example.com/a.git",
        f"unable to clone 'ssh://git:{SECRET}@git.example.com/a': no",
        f"Authorization: Bearer {SECRET}",
        f"authorization: basic {SECRET}",
        f"Authorization: Basic {SECRET[:9]}",
        f"header PRIVATE-TOKEN: {SECRET}",
        f"X-Api-Key: {SECRET}",
        f"https://x.example.com/hook?token={SECRET}&a=b",
        f"https://x.example.com/hook?access_token={SECRET}",
        f"https://x.blob.core.windows.net/c?sv=1&sig={SECRET}",
        f"https://s3.example.com/x?X-Amz-Signature={SECRET}&x=y",
        f"https://s3.example.com/x?X-Amz-Credential={SECRET}&x=y",
        f"https://x.example.com/hook?apikey={SECRET}",
        f"password={SECRET} is wrong",
        f'body was {{"password":"{SECRET}"}}',
        f'body was {{"client_secret": "{SECRET}"}}',
        f"https://hooks.slack.com/services/T000/B000/{SECRET}",
        f"https://discord.com/api/webhooks/1234/{SECRET}",
        f"https://acme.webhook.office.com/webhookb2/1234/{SECRET}",
        f"https://api.telegram.org/bot{SECRET}/sendMessage",
        f"https://outlook.office.com/webhook/1234@5678/IncomingWebhook/{SECRET}",
        f"https://chat.example.com/hooks/64f1c0ffee64f1c0ffee64f1/{SECRET}",
        f"AccountName=acme;AccountKey={SECRET};EndpointSuffix=core.windows.net",
        f"rejected password: {SECRET}",
        f"invalid token: {SECRET}, ask for another",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}\n-----END OPENSSH PRIVATE KEY-----",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}",
    ],
)
def test_credentials_in_texts_are_masked(text: str) -> None:
    """A credential in a URL, a header, a query, a body or a key is masked; the rest stays."""
    masked = mask(text)
    assert SECRET[:9] not in masked
    assert "***" in masked
    assert SECRET not in kept(KUSTOMIZATIONS, status={"conditions": [{"message": text}]})
    assert SECRET not in kept("events", message=text)
    assert SECRET not in kept("gitrepositories.source.toolkit.fluxcd.io", spec={"url": text})


MANAGED = [
    {"time": stamp(minutes(90)), "fieldsV1": {"f:spec": {"f:interval": {}}}},
    {"time": stamp(minutes(60)), "fieldsV1": {"f:spec": {"f:suspend": {}}}},
    {"time": stamp(minutes(5)), "subresource": "status", "fieldsV1": {"f:status": {}}},
    {"time": stamp(minutes(4)), "fieldsV1": {"f:metadata": {}}},
    {"time": stamp(minutes(3)), "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
]


def test_two_times_are_kept_of_the_managed_fields() -> None:
    """The times of the last writes of the spec and of its suspend are kept, nothing else."""
    pruned = prune(KUSTOMIZATIONS, flux("Kustomization", "x", managedFields=MANAGED))
    metadata = pruned["metadata"]
    assert (metadata["changedAt"], metadata["suspendedAt"]) == (
        stamp(minutes(60)), stamp(minutes(60)))  # fmt: skip
    assert "managedFields" not in metadata


def test_the_time_of_an_annotation_that_suspends_is_kept() -> None:
    """An object of the operator has no spec.suspend: the annotation says when, and by whom."""
    switch = "fluxcd.controlplane.io/reconcile"
    written = {
        "manager": "kubectl-annotate", "time": stamp(minutes(60)),
        "fieldsV1": {"f:metadata": {"f:annotations": {f"f:{switch}": {}}}},
    }  # fmt: skip
    other = {
        "manager": "helm", "time": stamp(minutes(5)),
        "fieldsV1": {"f:metadata": {"f:annotations": {"f:x": {}}}},
    }  # fmt: skip
    paused = flux(
        "ResourceSet",
        "x",
        annotations={switch: "disabled"},
        managedFields=[written, other, {"fieldsV1": 5}],
    )
    metadata = prune("resourcesets.fluxcd.controlplane.io", paused)["metadata"]
    assert (metadata["suspendedAt"], metadata["suspendedBy"]) == (
        stamp(minutes(60)), ["kubectl-annotate"])  # fmt: skip
    frozen = flux(
        "Kustomization", "x", annotations={switch: "disabled"}, managedFields=[written]
    )  # it does not suspend a Kustomization
    assert "suspendedAt" not in prune(KUSTOMIZATIONS, frozen)["metadata"]


@pytest.mark.parametrize(
    "managed", [None, 5, "x", [5], [{"time": 5}], [{"fieldsV1": 5}], {"a": "b"}]
)
def test_odd_managed_fields_are_no_matter(managed: Any) -> None:
    """Malformed fields are dropped without a crash."""
    pruned = prune(KUSTOMIZATIONS, flux("Kustomization", "x", managedFields=managed))
    assert "changedAt" not in pruned["metadata"]


def test_annotations_of_flux_are_kept() -> None:
    """The annotations that the checks read are kept, masked like any text."""
    annotations = {
        "reconcile.fluxcd.io/requestedAt": stamp(minutes(1)),
        "fluxcd.controlplane.io/reconcile": "disabled",
        "kustomize.toolkit.fluxcd.io/x": f"https://u:{SECRET}@x.example.com",
        "example.com/x": SECRET,
    }
    pruned = prune(KUSTOMIZATIONS, flux("Kustomization", "x", annotations=annotations))
    assert SECRET not in json.dumps(pruned)
    assert list(pruned["metadata"]["annotations"]) == list(annotations)[:3]


def test_arguments_that_the_judges_read_are_kept() -> None:
    """Only arguments of a container about what it watches and serves are kept."""
    args = ["--watch-label-selector=a=b", "--reporting-interval=1h", "--web-server-only=true",
            f"--token={SECRET}", "--log-level=info", 5]  # fmt: skip
    deployment = deepcopy(next(one for one in HEALTHY if one["kind"] == "Deployment"))
    deployment["spec"]["template"]["spec"]["containers"][0]["args"] = args
    pruned = prune("deployments.apps/controllers", deployment)
    assert pruned["spec"]["template"]["spec"]["containers"][0]["args"] == args[:3]


def test_a_verdict_survives() -> None:
    """The findings are the same with and without the fields that are dropped."""
    one = flux("Kustomization", "x", generation=2, managedFields=MANAGED[:1])
    assert judged(one, NOW).since == NOW - minutes(90)


@pytest.mark.parametrize("text", [f"https://u:{SECRET}@h.io", f"token={SECRET}"])
def test_maps_of_scalars_are_masked(text: str) -> None:
    """Labels and the like are kept whole, and so their texts are masked one by one."""
    item = {
        "metadata": {"name": "a", "labels": {"a": text, "b": "web", "c": 1, "d": [SECRET]}},
        "spec": {"resources": [{"kind": "Pod", "matchLabels": {"a": text, "b": "web"}}]},
    }
    known = prune("artifactgenerators.source.extensions.fluxcd.io", item)
    assert known["metadata"]["labels"] == {"a": mask(text), "b": "web", "c": 1}
    assert known["spec"]["resources"] == [
        {"kind": "Pod", "matchLabels": {"a": mask(text), "b": "web"}}
    ]
    assert SECRET not in json.dumps(known)


@pytest.mark.parametrize("item", [[{"kind": "Pod"}], "text", 1, None])
def test_what_is_no_object_is_empty(item: Any) -> None:
    """Nothing is kept of an item that is a list, a text or a number."""
    assert prune("pods", item) == {}


def test_other_versions_that_it_was_written_in_are_noted() -> None:
    """The other API versions in managedFields are kept, except those of the status."""
    group = "kustomize.toolkit.fluxcd.io"
    managed = [
        {"apiVersion": f"{group}/v1beta2"},
        {"apiVersion": f"{group}/v1"},
        {"apiVersion": f"{group}/v1beta1", "subresource": "status"},
        {"apiVersion": "other.example.com/v1"},
        {"apiVersion": 5},
    ]
    one = prune(KUSTOMIZATIONS, flux("Kustomization", "x", managedFields=managed))
    assert one["metadata"]["writtenAs"] == [f"{group}/v1beta2"]
    assert "writtenAs" not in prune(KUSTOMIZATIONS, flux("Kustomization", "x"))["metadata"]


def test_who_wrote_it_in_another_version_is_noted() -> None:
    """Manager, version and time of every entry in another API version are kept, and no field.

    The status counts, too: the API server converts each manager's fields (kubernetes apimachinery
    managedfields).
    """
    group = "kustomize.toolkit.fluxcd.io"
    fields: Object = {"fieldsV1": {"f:spec": {f"f:{SECRET}": {}}}}
    managed = [
        {"manager": "flux", "apiVersion": f"{group}/v1beta2", "time": stamp(minutes(9)), **fields},
        {"manager": "kustomize-controller", "apiVersion": f"{group}/v1", **fields},
        {"manager": "gotk", "apiVersion": f"{group}/v1beta1", "subresource": "status"},
        {"manager": ["odd"], "apiVersion": f"{group}/v1alpha1"},
        {"manager": "other", "apiVersion": "other.example.com/v1"},
    ]
    one = prune(KUSTOMIZATIONS, flux("Kustomization", "x", managedFields=managed))
    assert one["metadata"]["writers"] == [
        {"manager": "flux", "apiVersion": f"{group}/v1beta2", "time": stamp(minutes(9))},
        {"manager": "gotk", "apiVersion": f"{group}/v1beta1"},
        {"manager": "", "apiVersion": f"{group}/v1alpha1"},
    ]
    assert SECRET not in json.dumps(one)
    assert "writers" not in prune(KUSTOMIZATIONS, flux("Kustomization", "x"))["metadata"]


def test_who_manages_a_suspension_is_noted() -> None:
    """The managers whose fields include spec.suspend are kept; those of other fields are not."""
    suspends: Object = {"time": stamp(minutes(60)), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    managed = [
        {"manager": "kubectl-patch", **suspends},
        {"manager": "kubectl-edit", **suspends},
        {"manager": f"Bearer\n{SECRET}", **suspends},
        {"manager": "kustomize-controller", **MANAGED[0]},
    ]
    one = prune(KUSTOMIZATIONS, flux("Kustomization", "x", managedFields=managed))
    assert one["metadata"]["suspendedBy"] == ["kubectl-edit", "kubectl-patch"]
    assert SECRET not in json.dumps(one)


def test_names_are_noted_where_contents_are_not_kept() -> None:
    """The names of annotations that may guard an Ingress, and of metrics in a rule, are kept."""
    annotations = {"nginx.ingress.kubernetes.io/auth-url": SECRET, "cert-manager.io/issuer": "x"}
    ingress = {"metadata": {"annotations": annotations}, "spec": {"tls": [{"secretName": SECRET}]}}
    pruned = prune("ingresses.networking.k8s.io", ingress)
    assert pruned["metadata"]["guardedBy"] == ["nginx.ingress.kubernetes.io/auth-url"]
    assert SECRET not in json.dumps(pruned)
    rules = [
        {"alert": "A", "expr": f"gotk_x{{key='{SECRET}'}} > gotk_y"},
        {"record": "r", "expr": SECRET},
        {"expr": 5},
    ]
    rule = {"metadata": {}, "spec": {"groups": [{"rules": rules}]}}
    pruned = prune("prometheusrules.monitoring.coreos.com", rule)
    assert pruned["metadata"]["metrics"] == {"A": ["gotk_x", "gotk_y"]}
    assert SECRET not in json.dumps(pruned)


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["metadata", "spec", "status", "template", "containers", "args",
                             "annotations", "managedFields", "history", "x"]), inner)
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status", "kind", "data"]), _ANY))
def test_anything_can_be_pruned(one: Object) -> None:
    """Whatever an API server sends is pruned without a crash, to an object."""
    for query in ("deployments.apps/controllers", "pods", "events", KUSTOMIZATIONS):
        assert isinstance(prune(query, one), dict)


def test_of_a_pod_its_claims_and_last_words_stay() -> None:
    """The claimed volumes and the last log line of a container, masked, are kept."""
    message = f"connecting\nusing key {SECRET} failed: database app-1 refused\n"
    volumes = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "config", "secret": {"secretName": "x"}},
    ]
    ended = {"lastState": {"terminated": {"message": message, "exitCode": 1}}}
    pod = prune("workload-pods", {
        "spec": {"volumes": volumes}, "status": {"containerStatuses": [ended]}})  # fmt: skip
    assert pod["spec"]["volumes"] == [{"persistentVolumeClaim": {"claimName": "data"}}]
    last = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["message"]
    assert last == "using key *** failed: database app-1 refused"


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (("info start", "panic: no map", "[signal SIGSEGV: code=0x1]", "", "goroutine 1 [running]:",
          "main.main()", "\t/app/main.go:10 +0x1", "exit status 2"), "panic: no map"),
        (("flag provided but not defined: -foo", "Usage of /app:", "  -bar string", "    \tit"),
         "flag provided but not defined: -foo"),
        (("Error: unknown flag: --foo", "Usage:", "  app [flags]", "", "Flags:", "  -h, --help",
          "", 'Use "app [command] --help" for more information.'), "Error: unknown flag: --foo"),
        (("Traceback (most recent call last):", '  File "a.py", line 1, in x', "ValueError: x"),
         "ValueError: x"),
        (("Exception in thread main: a.B: top", "\tat a.C.d(C.java:1)", "Caused by: a.E: deep",
          "\tat x.y", "\t... 3 more"), "Caused by: a.E: deep"),
        (("Error: Cannot find module x", "Require stack:", "- /app/x.js", "    at run {",
          "  code: 'MODULE_NOT_FOUND'", "}", "", "Node.js v22.1.0"), "Error: Cannot find module x"),
        (("failed parsing config: yaml: errors:", "  line 33: field a not found in type b"),
         "line 33: field a not found in type b"),
        (("  only", "  indented"), "indented"),
    ],
    ids=["panic", "flag", "cobra", "python", "java", "node", "yaml", "nothing else"],
)  # fmt: skip
def test_the_error_among_the_last_words_is_kept(lines: tuple[str, ...], kept: str) -> None:
    """What programs write after an error, stacks and the list of their options, is no error."""
    ended = {"lastState": {"terminated": {"message": "\n".join(lines), "reason": "Error"}}}
    pod = prune("workload-pods", {"status": {"containerStatuses": [ended]}})
    assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["message"] == kept


def test_the_error_of_a_container_runtime_is_kept() -> None:
    """It is long, and its last words say what is wrong."""
    message = (
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
        "runc create failed: unable to start container process: error during container init: "
        'exec: "/usr/local/bin/python3": stat /usr/local/bin/python3: no such file or directory'
    )
    ended = {"lastState": {"terminated": {"message": message, "reason": "StartError"}}}
    pod = prune("workload-pods", {"status": {"containerStatuses": [ended]}})
    assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["message"] == message


@pytest.mark.parametrize("message", ["", "\n\n", 7, None])
def test_a_terminated_container_may_have_no_message(message: Any) -> None:
    """An empty message, or none, leaves no text."""
    ended = {"state": {"terminated": {"message": message}}}
    pod = prune("pods", {"status": {"initContainerStatuses": [ended]}})
    kept = pod["status"]["initContainerStatuses"][0]["state"]["terminated"]["message"]
    assert kept in ("", 7, None)


def test_a_list_of_lists_is_not_kept() -> None:
    """No field is one, and lists may be nested so deeply that nothing else could handle them."""
    deep: list[object] = []
    for _ in range(400):
        deep = [deep, {"name": "a"}]
    item = {"metadata": {"name": "a"}, "spec": {"dependsOn": deep}}
    kept = prune("kustomizations.kustomize.toolkit.fluxcd.io", item)
    assert kept["spec"] == {"dependsOn": [{"name": "a"}]}


def test_of_variables_only_some_names_are_kept() -> None:
    """Those that configure the web UI; malformed containers are not the same as none."""
    variables = [{"name": "WEB_B", "value": SECRET}, {"name": "PATH"}, {"name": "WEB_A"}]
    containers = [{"name": "a", "env": variables}, {"name": "b"}, {"name": "c", "env": None}]

    def found(containers: Any) -> Any:
        item = {"metadata": {}, "spec": {"template": {"spec": {"containers": containers}}}}
        return prune("deployments.apps", item)["metadata"].get("webVariables")

    assert found(containers) == ["WEB_A", "WEB_B"]
    assert found([{"name": "a"}]) == []
    odd: Any
    for odd in (None, 1, [1], [{"env": [1]}], [{"env": [{}]}]):
        assert found(odd) is None


def test_values_that_many_objects_share_are_held_once() -> None:
    """Ten thousand objects have a few namespaces, kinds and statuses, each parsed on its own."""
    text = json.dumps(
        flux("Kustomization", "a", {"Ready": "True"}, spec={"sourceRef": {"kind": "GitRepository"}})
    )
    one, other = (prune(KUSTOMIZATIONS, json.loads(text)) for _ in range(2))
    for path in (
        ("metadata", "namespace"),
        ("spec", "sourceRef", "kind"),
        ("status", "conditions", 0, "status"),
    ):
        values = [at(item, *path) for item in (one, other)]
        assert values[0] is values[1]


def at(item: Any, *path: str | int) -> Any:
    """Return the value at *path* in *item*."""
    for name in path:
        item = item[name]
    return item

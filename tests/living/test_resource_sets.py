"""Faults of ResourceSets and of their input providers, with the real Flux Operator."""

import json
from collections.abc import Iterator

import pytest

from .finding import Finding
from .flux import Flux
from .http_server import PASSWORD, PRIVATE, Answer, HttpServer, Request
from .objects import Object, config_map, input_provider, of, resource_set

pytestmark = pytest.mark.cluster

BLUE = config_map(color="blue")
SETTINGS = config_map("<< inputs.name >>", color="blue")
INPUTS = [{"name": "settings"}]
ANNOTATION = "fluxcd.controlplane.io/reconcile"


@pytest.fixture(name="namespace")
def _namespace(operator: Flux) -> str:
    """Return a namespace of the operator's cluster for this test alone."""
    return operator.new_namespace()


@pytest.fixture(scope="session", name="service")
def _service() -> Iterator[HttpServer]:
    """Return a service with one input, which requires a login below /private/."""
    with HttpServer(_inputs) as server:
        yield server


def _inputs(request: Request) -> Answer:
    key = "items" if request.path.endswith("/wrong") else "inputs"
    body = json.dumps({key: [{"id": "1", "name": "settings"}]})
    return Answer(200, {"Content-Type": "application/json"}, body.encode())


def applied(operator: Flux, namespace: str) -> str:
    """Return the color in the ConfigMap that a ResourceSet applied."""
    return str(operator.found(of("v1", "ConfigMap", namespace, "settings"))["data"]["color"])


def test_a_healthy_resource_set(operator: Flux, namespace: str) -> None:
    """It applies its objects, and the check finds nothing wrong."""
    app = resource_set(namespace, SETTINGS, inputs=INPUTS)
    operator.apply(app)
    operator.becomes_ready(app)
    assert operator.findings(namespace) == []
    assert applied(operator, namespace) == "blue"


def test_a_template_that_cannot_be_parsed(operator: Flux, namespace: str) -> None:
    """The error in the template is said as the operator says it, and correcting it heals."""
    app = resource_set(namespace, config_map("<< inputs.name | lowr >>"), inputs=INPUTS)
    found = operator.failure(app)
    assert (found.code, found.certainty) == ("resourceset-template-invalid", "certain")
    assert 'function "lowr" not defined' in found.why
    operator.apply(resource_set(namespace, config_map("<< inputs.name | lower >>"), inputs=INPUTS))
    operator.heals(app)


def test_an_input_that_is_not_defined(operator: Flux, namespace: str) -> None:
    """The input that the template uses is named, and adding it to spec.inputs heals.

    A ResourceSet that depends on this one is blocked, and heals with it.
    """
    base = resource_set(namespace, SETTINGS, name="base", inputs=[{"title": "settings"}])
    depends = {"apiVersion": base["apiVersion"], "kind": base["kind"], "name": "base"}
    app = resource_set(
        namespace,
        config_map("more"),
        dependsOn=[{**depends, "namespace": namespace, "ready": True}],
    )
    operator.failure(base)
    operator.apply(app)
    operator.fails(app)
    [found] = operator.findings(namespace)
    assert (found.code, found.certainty) == ("input-missing", "certain")
    assert found.name == f"ResourceSet {namespace}/base"
    assert found.blocks == {f"ResourceSet {namespace}/app"}
    assert '"name"' in found.why
    assert "spec.inputs" in found.advice
    operator.patch(base, inputs=INPUTS)
    operator.heals(base, app)


def test_a_dependency_that_does_not_exist(operator: Flux, namespace: str) -> None:
    """The object that is missing is named, and creating it heals."""
    depends = {"apiVersion": "v1", "kind": "ConfigMap", "name": "colors", "namespace": namespace}
    app = resource_set(namespace, BLUE, dependsOn=[depends])
    found = operator.failure(app)
    assert (found.code, found.certainty) == ("dependency-missing", "certain")
    assert f"ConfigMap/{namespace}/colors" in found.why
    colors = config_map("colors")
    colors["metadata"]["namespace"] = namespace
    operator.apply(colors)
    operator.heals(app)


def test_a_permission_that_is_missing(operator: Flux, namespace: str) -> None:
    """The printed command grants the ServiceAccount what it lacks."""
    account = of("v1", "ServiceAccount", namespace, "deployer")
    operator.apply(account)
    app = resource_set(namespace, BLUE, serviceAccountName="deployer")
    found = operator.failure(app)
    assert (found.code, found.certainty) == ("rbac-forbidden", "certain")
    assert "configmaps" in found.why
    operator.paste(found.change("create", "rolebinding"))
    operator.heals(app)


def of_provider(operator: Flux, provider: Object) -> Finding:
    """Apply *provider*, which fails, and a ResourceSet of its inputs; return what is found."""
    namespace = provider["metadata"]["namespace"]
    operator.apply(provider)
    operator.fails(provider)
    app = resource_set(namespace, SETTINGS, inputsFrom=[{"name": "app"}])
    operator.apply(app)
    operator.becomes_ready(app)
    found = operator.diagnosis(provider)
    assert found.blocks == {f"ResourceSet {namespace}/app"}
    return found


def heals(operator: Flux, provider: Object) -> None:
    """Let *provider* and the ResourceSet of its inputs heal."""
    namespace = provider["metadata"]["namespace"]
    operator.heals(provider, resource_set(namespace))
    assert applied(operator, namespace) == "blue"


def test_an_input_provider_without_a_login(
    operator: Flux, service: HttpServer, namespace: str
) -> None:
    """The Secret that the printed command creates, in spec.secretRef, heals."""
    provider = input_provider(namespace, f"{service.url}{PRIVATE}inputs")
    found = of_provider(operator, provider)
    assert (found.code, found.certainty) == ("provider-auth-rejected", "one-of")
    assert "spec.secretRef" in found.advice
    command = found.change("create", "secret")
    operator.paste([one.replace("USER", "git") for one in command], stdin=PASSWORD)
    operator.patch(provider, secretRef={"name": "app-auth"})
    heals(operator, provider)


def test_an_input_provider_with_a_wrong_answer(
    operator: Flux, service: HttpServer, namespace: str
) -> None:
    """What the answer lacks is named, and the right URL heals."""
    provider = input_provider(namespace, f"{service.url}/wrong")
    found = of_provider(operator, provider)
    assert (found.code, found.certainty) == ("provider-answer-invalid", "certain")
    assert "'inputs'" in found.why
    operator.patch(provider, url=f"{service.url}/right")
    heals(operator, provider)


def test_an_input_provider_that_does_not_exist(operator: Flux, namespace: str) -> None:
    """The missing input provider is named, and creating it heals."""
    app = resource_set(namespace, SETTINGS, inputsFrom=[{"name": "app"}])
    found = operator.failure(app)
    assert (found.code, found.certainty) == ("target-missing", "certain")
    assert f"ResourceSetInputProvider {namespace}/app" in found.title
    static = of(app["apiVersion"], "ResourceSetInputProvider", namespace)
    operator.apply(static | {"spec": {"type": "Static", "defaultValues": {"name": "settings"}}})
    operator.heals(app)


def test_a_resource_set_that_is_disabled(operator: Flux, namespace: str) -> None:
    """The annotation is named, and the printed command applies what is new."""
    app = resource_set(namespace, BLUE)
    operator.apply(app)
    operator.becomes_ready(app)
    annotate = ("annotate", "resourceset", "app", "-n", namespace, f"{ANNOTATION}=disabled")
    operator.cluster.kubectl(*annotate)
    operator.patch(
        app,
        inputs=INPUTS,
        resources=resource_set(namespace, config_map(color="red"))["spec"]["resources"],
    )
    found = operator.diagnosis(app)
    assert (found.code, found.certainty) == ("suspended-by-annotation", "certain")
    operator.paste(found.change("annotate"))
    operator.heals(app)
    assert applied(operator, namespace) == "red"

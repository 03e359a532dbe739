"""The kinds of projects around Flux: found by the first request, and read once each."""

import pytest

from fluxstatus.cluster.collector import collect
from fluxstatus.model.evidence import LABELLED, Why
from fluxstatus.model.kinds import is_related
from tests.builders import HEALTHY, NOW, definitions
from tests.cluster.readers import way
from tests.fakes.scripted import RESOURCES, Api, Resource, forbidden
from tests.kubernetes.objects import make

TERRAFORM = Resource("Terraform", "terraforms", "infra.contrib.fluxcd.io", "v1alpha2")
CANARY = Resource("Canary", "canaries", "flagger.app", "v1beta1")
TEMPLATE = Resource("MetricTemplate", "metrictemplates", "flagger.app", "v1beta1")
OTHER = Resource("GitOpsSet", "gitopssets", "templates.weave.works", "v1alpha1")
TWIN = Resource("Canary", "canaries", "acme.example", "v1")


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (TERRAFORM.name, True),
        (CANARY.name, True),
        (TEMPLATE.name, False),
        (OTHER.name, False),
        ("kustomizations.kustomize.toolkit.fluxcd.io", False),
        ("x.notfluxcd.io", False),
    ],
)
def test_what_is_related(resource: str, *, expected: bool) -> None:
    """Groups below fluxcd.io that are not those of Flux, and Flagger's Canary."""
    assert is_related(resource) is expected


def serve(api: Api) -> None:
    """Serve the kinds, with a Terraform and a healthy Flux."""
    api.resources = {**RESOURCES, "Twin": TWIN} | {
        one.kind: one for one in (TERRAFORM, CANARY, TEMPLATE, OTHER)
    }
    api.put(*HEALTHY, make(f"{TERRAFORM.group}/v1alpha2", "Terraform", "one", NOW, namespace="a"))


def test_each_is_read_once(api: Api) -> None:
    """One request for each kind that is related, also if another group has its name."""
    serve(api)
    found = collect(way())
    known = {name: answer for name, answer in found.answers.items() if name.startswith("related/")}
    assert set(known) == {f"related/{TERRAFORM.name}", f"related/{CANARY.name}"}
    assert [one["metadata"]["name"] for one in known[f"related/{TERRAFORM.name}"].known] == ["one"]
    assert len(api.asked(TERRAFORM.path)) == len(api.asked(CANARY.path)) == 1
    assert not api.asked(TEMPLATE.path) + api.asked(OTHER.path) + api.asked(TWIN.path)


def test_nothing_is_asked_where_there_is_none(api: Api) -> None:
    """Without such kinds, the check makes no more requests than before."""
    api.put(*HEALTHY)
    assert not [name for name in collect(way()).answers if name.startswith("related/")]


def test_a_forbidden_list(api: Api) -> None:
    """A list that may not be read is unread for that reason, not empty."""
    serve(api)
    api[TERRAFORM.path] = forbidden
    api[f"{TERRAFORM.base}/namespaces/*"] = forbidden
    unread = collect(way()).answer(f"related/{TERRAFORM.name}").unread
    assert unread is not None
    assert (unread.why, unread.permission) == (Why.FORBIDDEN, f"list {TERRAFORM.name}")


@pytest.mark.parametrize("advice", [False, True])
def test_a_labelled_definition_is_related(api: Api, *, advice: bool) -> None:
    """Whatever kind has the label of Flux on its CRD is related; it takes a request for the labels.

    With advice, the CRDs are read anyway, with more than their labels.
    """
    serve(api)
    crd = definitions()[0]
    labelled = crd | {"metadata": crd["metadata"] | {"name": OTHER.name}}
    api.put(*definitions(), labelled)
    found = collect(way(), advice=advice)
    assert f"related/{OTHER.name}" in found.answers
    assert len(api.asked(OTHER.path)) == 1
    assert len(api.asked(RESOURCES["CustomResourceDefinition"].path)) == 1
    assert (RESOURCES["CustomResourceDefinition"].name in found.answers) is advice


def test_labels_are_not_read_where_all_kinds_are_known(api: Api) -> None:
    """Without a kind of another project, no label can say anything new."""
    serve(api)
    api.resources = {
        kind: one
        for kind, one in api.resources.items()
        if one.group.endswith(("k8s.io", ".fluxcd.io", "fluxcd.controlplane.io"))
        or "." not in one.group
        or one == CANARY
    }
    found = collect(way())
    assert f"related/{TERRAFORM.name}" in found.answers
    assert not api.asked(RESOURCES["CustomResourceDefinition"].path)


def test_labels_that_may_not_be_read(api: Api) -> None:
    """Then these kinds are not known to be related, which is said, and all else is read."""
    serve(api)
    api[RESOURCES["CustomResourceDefinition"].path] = forbidden
    found = collect(way())
    assert f"related/{TERRAFORM.name}" in found.answers
    assert f"related/{OTHER.name}" not in found.answers
    unread = found.answer(LABELLED).unread
    assert unread is not None
    assert unread.why is Why.FORBIDDEN
    assert LABELLED not in found.unread

"""Facts that are kept of fields that are dropped."""

import pytest

from fluxstatus.cluster.dropped import applied_as, facts_of
from fluxstatus.cluster.pruning import prune
from tests.builders import flux

UPDATES = "imageupdateautomations.image.toolkit.fluxcd.io"


@pytest.mark.parametrize(
    ("entries", "kept"),
    [
        ([{"id": "apps_web_apps_Deployment", "v": "v1"}], []),
        ([{"id": "_x_flowcontrol.apiserver.k8s.io_FlowSchema", "v": "v1beta3"}] * 2,
         ["flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema"]),
        ([{"id": "apps_a_b_resource.k8s.io_ResourceClaim", "v": "v1alpha3"}],
         ["resource.k8s.io/v1alpha3 ResourceClaim"]),
        ([{"id": "apps_a__Pod", "v": "v1beta1"}], []),
        ([{"id": "apps_a_example.com_Widget", "v": "vanilla"}], []),
        ([{"id": 7, "v": "v1beta1"}, {"v": "v1beta1"}, "x", {"id": "a", "v": ["v1beta1"]}], []),
        ("x", []),
    ],
)  # fmt: skip
def test_versions_in_an_inventory(entries: object, kept: list[str]) -> None:
    """The alpha and beta versions are kept with their kinds, and no name."""
    one = flux("Kustomization", "k", status={"inventory": {"entries": entries}})
    assert applied_as(one) == kept
    metadata = prune("kustomizations.kustomize.toolkit.fluxcd.io", one)["metadata"]
    assert metadata.get("appliedAs", []) == kept


@pytest.mark.parametrize(
    ("template", "kept"),
    [
        ("{{ range .Updated.Images }}{{ . }}{{ end }}", [".Updated.Images"]),
        ("{{- range $k, $v := .Changed.Objects -}}{{ $v.Updated }}{{ end }}", [".Changed.Objects"]),
        ("by .Updated and token.Secret, {{ .AutomationObject }}", [".AutomationObject"]),
        ("no template at all: hunter2", []),
        ("", []),
        (None, []),
    ],
)
def test_fields_of_a_template(template: object, kept: list[str]) -> None:
    """Of a commit message only the names of its fields are kept, not the text around them."""
    spec = {"git": {"commit": {"messageTemplate": template}}}
    one = flux("ImageUpdateAutomation", "u", spec=spec)
    assert facts_of(UPDATES, one, []).get("templateFields", []) == kept
    pruned = prune(UPDATES, one)
    assert pruned["metadata"].get("templateFields", []) == kept
    assert "hunter2" not in str(pruned)


@pytest.mark.parametrize(
    ("observed", "kept"),
    [
        ({"app": {"name": "ghcr.io/acme/app", "tag": "1.0"}}, {"app": "ghcr.io/acme/app:1.0"}),
        ({"a": {"name": "x", "tag": "1", "digest": "sha256:0"}}, {"a": "x:1@sha256:0"}),
        ({"a": "odd", "b": {"tag": "1"}}, {"a": "", "b": ""}),
        ({}, {}),
        (["odd"], None),
        (None, None),
    ],
)
def test_images_of_the_last_run(observed: object, kept: object) -> None:
    """The image that an automation has used is kept by the name of its policy."""
    one = flux("ImageUpdateAutomation", "u", status={"observedPolicies": observed})
    assert prune(UPDATES, one)["metadata"].get("observedPolicies") == kept

"""Fields of the spec that advice names are fields that the CRDs of every supported Flux have."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.tables import RULES
from tests.kubernetes import crds

MINORS = ("2.6", "2.7", "2.8", "2.9", crds.NEWER)
SOURCES = frozenset({"GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket"})
"""Kinds that a hint may refer to as the source, without their names."""
ALSO_MEANT = {"spec.sync.pullSecret": "FluxInstance"}
"""Fields of a kind that rules for other kinds name, because it creates the object."""
OF_APPLIED_OBJECTS = frozenset({
    "spec.selector.matchLabels", "spec.template.metadata.labels", "spec.versions",
    "spec.conversion", "spec.conversion.webhook.clientConfig.caBundle",
    "spec.template.spec.containers", "spec.service", "spec.selector",
})  # fmt: skip

SINCE = {"spec.upgrade.serverSideApply": (2, 8), "spec.verify.trustedRootSecretRef": (2, 9)}
"""Fields that a rule names for newer releases only: older ones do not write its message."""

_FIELD = re.compile(r"\bspec\.[a-z]\w*(?:\.[a-z]\w*)*")
_KIND = re.compile(r"\b[A-Z]\w+")


@cache
def schemas(minor: str) -> dict[str, list[dict[str, Any]]]:
    """Return the schemas of all served versions of each kind, in the newest release of *minor*."""
    releases = [one for one in crds.flux_versions() if one.startswith(f"v{minor}.")]
    assert releases or minor == crds.NEWER
    return {
        crds.kind(one): [
            version["schema"]["openAPIV3Schema"]
            for version in one["spec"]["versions"]
            if version["served"]
        ]
        for one in (crds.definitions(releases[-1]) if releases else crds.newer_definitions())
    }


def has(schema: dict[str, Any], path: list[str]) -> bool:
    """Return whether *schema* has a field at *path*; lists are looked into."""
    for name in path:
        while schema.get("type") == "array":
            schema = schema["items"]
        fields = schema.get("properties")
        if fields is None:
            return "additionalProperties" in schema or bool(
                schema.get("x-kubernetes-preserve-unknown-fields")
            )
        if name not in fields:
            return False
        schema = fields[name]
    return True


def fields_named(rule: Rule) -> Iterator[str]:
    """Yield each field that the sentences and commands of *rule* name."""
    for step in rule.steps:
        for text in (step.text, *step.read, *step.change):
            yield from _FIELD.findall(text)
    yield from _FIELD.findall(rule.why)


def kinds_meant(rule: Rule, field: str) -> set[str]:
    """Return the kinds that *field* may be a field of."""
    texts = (rule.why, *(step.text for step in rule.steps))
    named = {kind for text in texts for kind in _KIND.findall(text)}
    return {*rule.kinds, *named, *SOURCES, ALSO_MEANT.get(field, "")}


@pytest.mark.cluster
@pytest.mark.parametrize("minor", MINORS)
def test_advice_names_fields_that_exist(minor: str) -> None:
    """Each field exists in a kind that the rule is about, if that kind exists in the release."""
    known = schemas(minor)
    missing = [
        (rule.code, field)
        for rule in (*RULES, *STATES.values())
        for field in dict.fromkeys(fields_named(rule))
        if field not in OF_APPLIED_OBJECTS
        and SINCE.get(field, (0, 0)) <= tuple(map(int, minor.split(".")))
        and (not rule.kinds or rule.kinds & known.keys())
        and not any(
            has(schema, field.split("."))
            for kind in (kinds_meant(rule, field) if rule.kinds else known)
            for schema in known.get(kind, ())
        )
    ]
    assert missing == []


@pytest.mark.cluster
def test_a_field_that_does_not_exist_is_noticed() -> None:
    """The schemas list the fields of a kind, including those in lists and maps."""
    [schema, *_] = schemas(MINORS[-1])["Kustomization"]
    assert has(schema, ["spec", "dependsOn", "readyExpr"])
    assert has(schema, ["spec", "postBuild", "substitute", "anything"])
    assert not has(schema, ["spec", "upgrade", "force"])


NEW_IN_2_10 = (
    *(f"HelmRelease spec.chart.{field}" for field in (
        "kind", "spec.url", "spec.ref.tag", "spec.secretRef.name", "spec.certSecretRef.name",
        "spec.proxySecretRef.name", "spec.provider", "spec.insecure", "spec.serviceAccountName",
    )),
    "ArtifactGenerator spec.artifacts.namespace",
    "ArtifactGenerator status.inventory.kind",
)  # fmt: skip
"""Fields that are read of objects of Flux 2.10."""


@pytest.mark.cluster
@pytest.mark.parametrize("field", NEW_IN_2_10)
def test_what_is_read_of_a_newer_flux_exists_there(field: str) -> None:
    """The fields that only Flux 2.10 has are called as in its CRDs, and older ones lack them."""
    kind, path = field.split()
    assert all(has(schema, path.split(".")) for schema in schemas("2.10")[kind])
    assert not any(has(schema, path.split(".")) for schema in schemas("2.9")[kind])

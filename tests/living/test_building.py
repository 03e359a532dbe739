"""Faults of a Kustomization before anything is applied: paths, kustomize, variables, SOPS."""

from pathlib import Path
from typing import Any

import pytest

from .flux import Flux
from .git_server import GitServer
from .objects import Object, config_map, git_repository, kustomization, manifest, of

pytestmark = pytest.mark.cluster

SETTINGS = manifest(config_map())
# Made for encrypted.yaml, and used nowhere else.
KEY = "AGE-SECRET-KEY-1JF585TLRWNLKTYYF0Z7PZQDJ9SA89X26XUAA7F8EHVEM2R7M7FDS74SMXE"
ENCRYPTED = (Path(__file__).parent / "encrypted.yaml").read_text()


def resources(*files: str, **more: object) -> str:
    """Return a kustomization.yaml with *files* as its resources."""
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return manifest({**head, "resources": list(files), **more})


def test_a_path_that_is_not_in_git(flux: Flux, git: GitServer, namespace: str) -> None:
    """The missing path is named, and the right one in spec.path heals."""
    source = git_repository(namespace, git.repository(namespace, {"app/a.yaml": SETTINGS}).url)
    app = kustomization(namespace, path="./deploy/prod")
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("path-missing", "certain")
    assert "deploy/prod" in found.why
    assert "spec.path" in found.advice
    flux.patch(app, path="./app")
    flux.heals(app)


def test_a_file_that_kustomize_does_not_find(flux: Flux, git: GitServer, namespace: str) -> None:
    """The file that kustomization.yaml lists in vain is named, and committing it heals."""
    repository = git.repository(namespace, {"app/kustomization.yaml": resources("settings.yaml")})
    source, app = git_repository(namespace, repository.url), kustomization(namespace)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("resource-file-missing", "certain")
    assert "settings.yaml" in found.why
    repository.commit({"app/settings.yaml": SETTINGS})
    flux.heals(source, app)


def test_an_object_that_is_defined_twice(flux: Flux, git: GitServer, namespace: str) -> None:
    """The object that two files define is named, and removing one of them heals."""
    files = {"app/a.yaml": SETTINGS, "app/b.yaml": SETTINGS}
    repository = git.repository(namespace, files)
    source, app = git_repository(namespace, repository.url), kustomization(namespace)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("resource-duplicate", "certain")
    assert "ConfigMap" in found.why
    assert "settings" in found.why
    repository.commit({"app/b.yaml": None})
    flux.heals(source, app)


def test_a_file_that_is_not_yaml(flux: Flux, git: GitServer, namespace: str) -> None:
    """The file with the broken YAML is named, and mending it heals."""
    broken = "apiVersion: v1\nkind: ConfigMap\n  metadata: {name: settings\n"
    repository = git.repository(namespace, {"app/settings.yaml": broken})
    source, app = git_repository(namespace, repository.url), kustomization(namespace)
    found = flux.failure(source, app)
    assert found.code == "yaml-invalid"
    assert "settings.yaml" in found.text
    repository.commit({"app/settings.yaml": SETTINGS})
    flux.heals(source, app)


def test_a_patch_for_an_object_that_is_not_built(
    flux: Flux, git: GitServer, namespace: str
) -> None:
    """The target of a patch that nothing matches is named, and the right target heals."""
    patch = {"path": "color.yaml", "target": {"kind": "ConfigMap", "name": "colors"}}
    files = {
        "app/kustomization.yaml": resources("settings.yaml", patches=[{"path": "color.yaml"}]),
        "app/settings.yaml": SETTINGS,
        "app/color.yaml": manifest(config_map("colors", color="red")),
    }
    repository = git.repository(namespace, files)
    source, app = git_repository(namespace, repository.url), kustomization(namespace)
    found = flux.failure(source, app)
    assert found.code == "patch-without-target"
    assert "colors" in found.why
    target = resources("settings.yaml", patches=[patch | {"target": {"kind": "ConfigMap"}}])
    repository.commit({"app/kustomization.yaml": target})
    flux.heals(source, app)


def test_a_variable_that_nothing_sets(flux: Flux, git: GitServer, namespace: str) -> None:
    """The variable without a value is named, and spec.postBuild.substitute heals."""
    settings = manifest(config_map(color="${flag_color}"))
    source = git_repository(namespace, git.repository(namespace, {"app/a.yaml": settings}).url)
    app = kustomization(namespace, postBuild={"substitute": {"cluster": "prod"}})
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("variable-missing", "certain")
    assert '"flag_color"' in found.why
    assert "spec.postBuild.substitute" in found.advice
    flux.patch(app, postBuild={"substitute": {"flag_color": "red"}})
    flux.heals(app)
    assert flux.found(of("v1", "ConfigMap", namespace, "settings"))["data"] == {"color": "red"}


def test_variables_of_a_config_map_that_does_not_exist(
    flux: Flux, git: GitServer, namespace: str
) -> None:
    """The ConfigMap in spec.postBuild.substituteFrom is named, and creating it heals."""
    settings = manifest(config_map(color="${flag_color}"))
    source = git_repository(namespace, git.repository(namespace, {"app/a.yaml": settings}).url)
    variables = {"substituteFrom": [{"kind": "ConfigMap", "name": "cluster-vars"}]}
    app = kustomization(namespace, postBuild=variables)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("substitute-source-missing", "certain")
    assert '"cluster-vars"' in found.why
    flux.apply(of("v1", "ConfigMap", namespace, "cluster-vars", data={"flag_color": "red"}))
    flux.heals(app)


def encrypted(git: GitServer, namespace: str, **spec: Any) -> tuple[Object, Object]:
    """Return a source with an encrypted Secret and its Kustomization, with more of its *spec*."""
    source = git_repository(namespace, git.repository(namespace, {"app/token.yaml": ENCRYPTED}).url)
    return source, kustomization(namespace, **spec)


def is_decrypted(flux: Flux, namespace: str) -> bool:
    """Return whether the Secret in the cluster holds what was encrypted."""
    return bool(
        flux.found(of("v1", "Secret", namespace, "token"))["data"] == {"token": "aHVudGVyMg=="}
    )


def test_an_encrypted_file_that_is_not_decrypted(
    flux: Flux, git: GitServer, namespace: str
) -> None:
    """Without spec.decryption that is the cause, and setting it as advised heals."""
    source, app = encrypted(git, namespace)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("sops-not-configured", "certain")
    assert "spec.decryption" in found.advice
    flux.apply(of("v1", "Secret", namespace, "sops-age", stringData={"age.agekey": KEY}))
    flux.patch(app, decryption={"provider": "sops", "secretRef": {"name": "sops-age"}})
    flux.heals(app)
    assert is_decrypted(flux, namespace)


def test_a_decryption_key_that_does_not_exist(flux: Flux, git: GitServer, namespace: str) -> None:
    """The missing Secret with the keys is named, and the printed command creates it."""
    decryption = {"provider": "sops", "secretRef": {"name": "sops-age"}}
    source, app = encrypted(git, namespace, decryption=decryption)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("sops-key-missing", "certain")
    assert '"sops-age"' in found.why
    (flux.folder / "age.agekey").write_text(KEY)
    flux.paste(found.change("sops-age"))
    flux.heals(app)
    assert is_decrypted(flux, namespace)


def test_a_wrong_decryption_key(flux: Flux, git: GitServer, namespace: str) -> None:
    """The Secret without the right key is named, and adding the key as advised heals."""
    other = "AGE-SECRET-KEY-10CH0VNCFKZLPQEL0WTPZ8N93D80JZJ3HUHECWK0XM9DSEZM42HTS443QZ2"
    flux.apply(of("v1", "Secret", namespace, "sops-age", stringData={"age.agekey": other}))
    decryption = {"provider": "sops", "secretRef": {"name": "sops-age"}}
    source, app = encrypted(git, namespace, decryption=decryption)
    found = flux.failure(source, app)
    assert found.code == "sops-key-wrong"
    assert '"sops-age"' in found.text
    flux.apply(of("v1", "Secret", namespace, "sops-age", stringData={"age.agekey": KEY}))
    flux.heals(app)
    assert is_decrypted(flux, namespace)

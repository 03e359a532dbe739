"""The Secrets that a Flux object refers to, and what each is used for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.urls import host_of
from fluxstatus.base.versions import minor_of
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.references import feeds_of, made_source_of, provider_of, sync_source_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State


@dataclass(frozen=True, slots=True)
class SecretReference:
    """A Secret that `user` refers to at `path`.

    `use` is its purpose. `kind` is the kind of source that logs in with it, `scheme` that of the
    source's URL, `provider` the source's type or provider. `host` is the host of the URL, empty
    when unknown. `key` is the only key that is read, empty when the use decides. `flux` is the
    minor version of Flux, None when unknown.
    """

    user: Ref
    path: str
    name: str
    use: str
    kind: str = ""
    scheme: str = ""
    provider: str = ""
    host: str = ""
    key: str = ""
    optional: bool = False
    flux: tuple[int, int] | None = None


_REFERENCES = (
    ("secretRef", "login"),
    ("certSecretRef", "tls"),
    ("proxySecretRef", "proxy"),
    ("verify.secretRef", "verify"),
    ("decryption.secretRef", "decryption"),
    ("sts.secretRef", "sts"),
    ("sts.certSecretRef", "tls"),
    ("git.commit.signingKey.secretRef", "signing"),
)
"""The fields of a spec that refer to a Secret by an object with a name, and the use of each."""


def named_by(state: State, resource: Resource) -> Iterator[SecretReference]:
    """Yield the Secrets that *resource* and its sources refer to, each use of a Secret once."""
    seen, flux = set(), minor_of(state.flux_version)
    for user in _users(state, resource):
        for named in _named(user):
            same = (named.user.namespace, named.name, named.use, named.key)
            if same not in seen:
                seen.add(same)
                yield replace(named, flux=flux)


def _users(state: State, resource: Resource) -> Iterator[Resource]:
    """Yield *resource* and everything that it depends on, through any number of objects."""
    waiting, seen = [resource], {resource.ref}
    while waiting:
        user = waiting.pop(0)
        yield user
        for key in fed_by(user):
            known = state.resources.get(key)
            if known and known.ref not in seen:
                seen.add(known.ref)
                waiting.append(known)


def fed_by(user: Resource) -> Iterator[Key]:
    """Yield the objects that *user* takes input from: their Secrets matter to *user*, too."""
    yield from feeds_of(user)
    if user.ref.kind == "Alert":
        yield provider_of(user)
    root = sync_source_of(user) if user.ref.kind == "FluxInstance" else None
    if root:
        yield root


def _named(user: Resource) -> Iterator[SecretReference]:
    yield from _at(user, "spec", user.ref.kind)
    yield from _kubeconfig(user)
    more = _MORE.get(user.ref.kind)
    if more:
        yield from more(user)


def _at(user: Resource, place: str, kind: str) -> Iterator[SecretReference]:
    """Yield the Secrets that *user* refers to in the spec at *place*, which is one of *kind*."""
    spec = map_of(user.get(*place.split(".")))
    url = text_of(spec.get("url")) or text_of(spec.get("image"))
    logs_in_to = text_of(spec.get("type")) or text_of(spec.get("provider"))
    signed_by = text_of(map_of(spec.get("verify")).get("provider"))
    for path, use in _REFERENCES:
        name = text_of(user.get(*place.split("."), *path.split("."), "name"))
        if name:
            yield SecretReference(
                user.ref, f"{place}.{path}.name", name, use, kind, _scheme(url),
                signed_by if use == "verify" else logs_in_to, server_of(url),
            )  # fmt: skip


def _kubeconfig(user: Resource) -> Iterator[SecretReference]:
    reference = map_of(user.get("spec", "kubeConfig", "secretRef"))
    name = text_of(reference.get("name"))
    if name:
        path, key = "spec.kubeConfig.secretRef.name", text_of(reference.get("key"))
        yield SecretReference(user.ref, path, name, "kubeconfig", key=key)


def _of_release(release: Resource) -> Iterator[SecretReference]:
    """Yield the Secrets of the values, and of the OCIRepository in the chart template."""
    made = made_source_of(release)
    if made and made[0] == "OCIRepository":
        yield from _at(release, "spec.chart.spec", made[0])
    yield from _values(release)


def _values(user: Resource) -> Iterator[SecretReference]:
    for number, entry in _secrets(user, "valuesFrom"):
        yield SecretReference(
            user.ref, f"spec.valuesFrom[{number}].name", text_of(entry.get("name")), "values",
            key=text_of(entry.get("valuesKey")) or "values.yaml",
            optional=entry.get("optional") is True,
        )  # fmt: skip


def _variables(user: Resource) -> Iterator[SecretReference]:
    for number, entry in _secrets(user, "postBuild", "substituteFrom"):
        path = f"spec.postBuild.substituteFrom[{number}].name"
        optional = entry.get("optional") is True
        yield SecretReference(
            user.ref, path, text_of(entry.get("name")), "variables", optional=optional
        )


def _secrets(user: Resource, *path: str) -> Iterator[tuple[int, dict[str, object]]]:
    for number, entry in enumerate(maps_of(user.get("spec", *path))):
        if entry.get("kind") == "Secret" and text_of(entry.get("name")):
            yield number, entry


def _of_instance(instance: Resource) -> Iterator[SecretReference]:
    for path, where, use in (
        ("sync.pullSecret", "sync.url", "login"),
        ("distribution.imagePullSecret", "distribution.registry", "images"),
        ("distribution.artifactPullSecret", "distribution.artifact", "images"),
    ):
        name = text_of(instance.get("spec", *path.split(".")))
        url = text_of(instance.get("spec", *where.split(".")))
        if name:
            url = url if "/" in url else f"{url}/"  # a registry without a path is a host
            kind = text_of(instance.get("spec", "sync", "kind")) or "GitRepository"
            yield SecretReference(
                instance.ref, f"spec.{path}", name, use, kind, _scheme(url),
                text_of(instance.get("spec", "sync", "provider")), server_of(url),
            )  # fmt: skip


_MORE: Mapping[str, Callable[[Resource], Iterator[SecretReference]]] = {
    "HelmRelease": _of_release,
    "Kustomization": _variables,
    "FluxInstance": _of_instance,
}


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower() if "://" in url else ""


def server_of(url: str) -> str:
    """Return the server of *url*, or of an image without a scheme; empty when unknown."""
    if "://" not in url:
        first, slash, _ = url.partition("/")
        if not first:
            return ""
        return first if slash and ("." in first or ":" in first) else "docker.io"
    host = host_of(url)
    return "docker.io" if host.endswith("docker.io") else host

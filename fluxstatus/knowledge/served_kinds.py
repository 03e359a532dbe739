"""Facts and fields about the versions in which this cluster serves the Flux kind in a message."""

import re
from collections.abc import Mapping

from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.knowledge.facts import is_remote
from fluxstatus.knowledge.fields import flux_kind_in
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.kinds import OPERATOR
from fluxstatus.state.state import State

_NAMED = 3  # managers that a sentence names
_DEFAULT_COMPONENTS = (
    "source-controller", "kustomize-controller", "helm-controller", "notification-controller",
)  # fmt: skip


def wanted_kind(subject: Subject) -> dict[str, str]:
    """Return the fields about the Flux kind that the API server does not serve in some version.

    The result is empty if the message is about no Flux kind, or discovery is unknown.
    """
    found = flux_kind_in(subject.message.text)
    served = subject.state.evidence.served if subject.state else None
    if found is None or served is None:
        return {}
    kind, version = found
    instance = subject.state.instance if subject.state else None
    listed = instance and (instance.spec.get("components") or _DEFAULT_COMPONENTS)
    return {
        "component": kind.controller,
        "unlisted_component": kind.controller
        if listed and kind.controller not in listed and kind.controller != OPERATOR
        else "",
        "wanted_version": version,
        "served_version": served.get(kind.resource, ""),
        "served_now": version
        if subject.state and version in _served_versions(subject.state, kind.resource)
        else "",
        "served_api": f"{kind.group}/{served.get(kind.resource, '')}",
    }


def writer_fields(subject: Subject, about: Mapping[str, str]) -> dict[str, str]:
    """Return the fields about the managers that wrote an object in a version that is not served.

    *about* are the fields of that object (see `object_in`). The result is empty if it is not a Flux
    object that was read in this cluster.
    """
    key = (about.get("object_kind", ""), about.get("object_ns", ""), about.get("object_name", ""))
    state = subject.state
    found = state.resources.get(key) if state and not is_remote(subject) else None
    if found is None or state is None:
        return {}
    group = found.kind.group
    served = {f"{group}/{v}" for v in _served_versions(state, found.kind.resource)}
    stale = [
        f"{version}, last written by {text_of(one.get('manager')) or 'an unnamed manager'}"
        f" on {text_of(one.get('time'))[:10] or 'an unknown day'}"
        for one in maps_of(found.get("metadata", "writers"))
        if (version := text_of(one.get("apiVersion"))) not in served
    ]
    return {"stale_writers": f" ({'; '.join(stale[:_NAMED])})"} if stale else {}


def _served_versions(state: State, resource: str) -> tuple[str, ...]:
    """Return the known versions in which the API server serves *resource* (plural.group)."""
    preferred = (state.evidence.served or {}).get(resource)
    others = (state.evidence.also_served or {}).get(resource, ())
    return (preferred, *others) if preferred else ()


def is_component_unlisted(subject: Subject) -> bool:
    """Return whether the FluxInstance does not install the component of the Flux kind in the message."""
    return is_component_absent(subject) and bool(_kind_fields(subject).get("unlisted_component"))


def is_component_absent(subject: Subject) -> bool:
    """Return whether this cluster does not serve the Flux kind in the message in any version."""
    fields = _kind_fields(subject)
    return bool(fields.get("component")) and not fields["served_version"]


def is_served_now(subject: Subject) -> bool:
    """Return whether this cluster serves the Flux kind in the message, in the same version."""
    return bool(_kind_fields(subject).get("served_now"))


def is_served_newer(subject: Subject) -> bool:
    """Return whether this cluster serves the Flux kind in the message only in a newer version."""
    fields = _kind_fields(subject)
    served = "" if is_served_now(subject) else fields.get("served_version", "")
    return bool(served) and _version_key(served) > _version_key(fields["wanted_version"])


def is_served_older(subject: Subject) -> bool:
    """Return whether this cluster serves the Flux kind in the message only in an older version."""
    fields = _kind_fields(subject)
    served = "" if is_served_now(subject) else fields.get("served_version", "")
    return bool(served) and _version_key(served) < _version_key(fields["wanted_version"])


def _kind_fields(subject: Subject) -> dict[str, str]:
    """Return the fields about the kind that is not served; empty for a remote cluster."""
    return {} if is_remote(subject) else wanted_kind(subject)


def _version_key(version: str) -> tuple[int, int, int]:
    """Return a key that sorts API versions: v1alpha1, v1beta1, v1, v2beta1."""
    found = re.match(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if not found:
        return (0, 0, 0)
    return (int(found[1]), {"alpha": 0, "beta": 1}.get(found[2], 2), int(found[3] or 0))

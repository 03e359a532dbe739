"""Secret values that must never be printed, planted wherever a cluster may hold one."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fluxstatus.lookup.credentials.references import named_by
from tests.builders import state

CANARY = "hunter2CANARYhunter2"
_URL = f"https://git:{CANARY}@git.example.com/a.git"
_ENCODED = tuple(
    base64.b64encode(b"x" * before + CANARY.encode()).decode()[4:20] for before in range(3)
)

MESSAGES = (
    f"failed to clone '{_URL}': authentication required",
    f'Get "https://x-access-token:{CANARY}@ghcr.io/v2/": UNAUTHORIZED',
    f"GET https://r.example.com/v2/?token={CANARY}: 401 Unauthorized",
    f"request failed: Authorization: Bearer {CANARY}{CANARY}",
    f'POST "https://hooks.slack.com/services/T0/B0/{CANARY}": 404',
    f'login failed for {{"username":"git","password":"{CANARY}"}}',
)
"""Credentials in all forms that occur in a controller's messages and logs."""


def found_in(text: str) -> list[str]:
    """Return the canaries in *text*, plain or as base64."""
    return [form for form in (CANARY, *_ENCODED) if form in text]


def secrets(objects: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a Secret full of canaries for each that one of *objects* names."""
    known = state(*(one for one in objects if "toolkit" in one["apiVersion"] or _operator(one)))
    names = {
        (named.user.namespace, named.name, named.key)
        for resource in known.resources.values()
        for named in named_by(known, resource)
    }
    value = base64.b64encode(CANARY.encode()).decode()
    keys = ("username", "password", "identity", "known_hosts", "tls.crt", "tls.key", "ca.crt",
            "token", "address", ".dockerconfigjson", "me.agekey", "values.yaml")  # fmt: skip
    for namespace, name, key in sorted(names):
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace, "uid": f"{namespace}-{name}"},
            "type": "Opaque",
            "data": dict.fromkeys((*keys, *([key] if key else [])), value),
        }


def _operator(one: dict[str, Any]) -> bool:
    return str(one["apiVersion"]).startswith("fluxcd.controlplane.io/")


def poisoned(objects: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield each of *objects* with canaries where its kind may hold them."""
    for number, one in enumerate(objects):
        result = MESSAGES[number % len(MESSAGES)]
        metadata = {**one["metadata"], "annotations": {
            **one["metadata"].get("annotations", {}),
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"password": CANARY}),
            "example.com/token": CANARY,
        }}  # fmt: skip
        yield {**_BY_KIND.get(one["kind"], _of_flux)(one, result), "metadata": metadata}


def config_map() -> dict[str, Any]:
    """Return a ConfigMap with a canary."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "canaries", "namespace": "flux-system"},
        "data": {"password": CANARY, "values.yaml": f"password: {CANARY}"},
    }


def _of_flux(one: dict[str, Any], message: str) -> dict[str, Any]:
    spec, status = dict(one.get("spec", {})), dict(one.get("status", {}))
    if "url" in spec and spec["url"].startswith("http"):
        spec["url"] = _URL
    spec |= {
        "values": {"password": CANARY},
        "postBuild": {**spec.get("postBuild", {}), "substitute": {"password": CANARY}},
        "patches": [{"patch": json.dumps({"password": CANARY})}],
        "address": f"https://hooks.slack.com/services/T0/B0/{CANARY}",
        "inputs": [{"password": CANARY}],
    }
    status["conditions"] = [
        {**condition, "message": f"{condition.get('message', '')}: {message}"}
        for condition in status.get("conditions", [])
        if isinstance(condition, dict)
    ]
    return {**one, "spec": spec, "status": status}


def _event(one: dict[str, Any], message: str) -> dict[str, Any]:
    return {**one, "message": f"{one.get('message', '')}: {message}"}


def _pod(one: dict[str, Any], _: str) -> dict[str, Any]:
    spec = dict(one.get("spec", {}))
    spec["containers"] = [_container(each) for each in spec.get("containers", [])]
    return {**one, "spec": spec}


def _deployment(one: dict[str, Any], _: str) -> dict[str, Any]:
    spec = dict(one.get("spec", {}))
    template = dict(spec.get("template", {}))
    containers = template.get("spec", {}).get("containers", [])
    template["spec"] = {**template.get("spec", {}), "containers": list(map(_container, containers))}
    return {**one, "spec": {**spec, "template": template}}


def _container(one: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        "env": [{"name": "TOKEN", "value": CANARY}],
        "args": [*one.get("args", []), f"--password={CANARY}"],
        "command": ["manager", f"--token={CANARY}"],
    }


def _as_it_is(one: dict[str, Any], _: str) -> dict[str, Any]:
    return one


_BY_KIND: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
    "Event": _event,
    "Pod": _pod,
    "Deployment": _deployment,
    "Service": _as_it_is,
    "Namespace": _as_it_is,
}

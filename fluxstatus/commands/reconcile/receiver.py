"""`reconcile --receiver`: the manifest of a Receiver for a source, and the steps to set it up.

Upstream: notification-controller docs/spec/v1/receivers.md.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fluxstatus.base.fields import text_of
from fluxstatus.knowledge.receivers import sender_of, settings_of
from fluxstatus.model.hints import Command, Hint, command, hint
from fluxstatus.state.resource import Resource

_ADDRESSES = ("url", "endpoint", "image")
_FILE = "receiver.yaml"


def can_be_notified(source: Resource) -> bool:
    """Return whether a Receiver is of use for *source*: it polls a host by itself."""
    return source.kind.fetches and source.kind.name != "HelmChart"


def manifest(source: Resource) -> dict[str, Any]:
    """Return a Receiver that requests a reconciliation of *source*, as an object."""
    ref, sender = source.ref, sender_of(_address(source))
    events = {"events": list(sender.events)} if sender.events else {}
    return {
        "apiVersion": "notification.toolkit.fluxcd.io/v1",
        "kind": "Receiver",
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {
            "type": sender.type,
            **events,
            "secretRef": {"name": _secret(source)},
            "resources": [{"apiVersion": ref.api_version, "kind": ref.kind, "name": ref.name}],
        },
    }


def steps(source: Resource, existing: Sequence[Resource] = ()) -> Iterator[Hint]:
    """Yield the steps to set up the Receiver of *source*, in their order.

    With *existing* Receivers of the source, only the webhook is left to be registered.
    """
    if existing:
        yield from (_webhook(source, one.ref.namespace, one.ref.name) for one in existing)
        return
    ref = source.ref
    fields = {"ns": ref.namespace, "secret": _secret(source)}
    yield hint(
        "write a random token into the file token, and create the Secret with it",
        Command(("sh", "-c", 'printf %s "$(openssl rand -hex 32)" > token')),
        command(
            "kubectl create secret generic {secret} -n {ns} --from-file=token=./token",
            fields,
            changes=True,
        ),
    )
    if sender_of(_address(source)).type == "generic":
        yield hint(
            "a Receiver of type generic accepts every request to its path; if GitHub, GitLab, "
            "Gitea, Bitbucket Data Center or Harbor hosts the source, set spec.type and "
            "spec.events for it, so that requests are authenticated",
            command("kubectl explain receiver.spec.type", {}),
        )
    yield hint(
        f"save the manifest as {_FILE} and apply it, or commit it to Git",
        Command(("kubectl", "apply", "-f", _FILE), changes=True),
    )
    yield _webhook(source, ref.namespace, ref.name)


def _webhook(source: Resource, namespace: str, name: str) -> Hint:
    """Return how to register the webhook of the Receiver *name*."""
    page = settings_of(_address(source))
    where = f" at {page}" if page else " with the service that hosts the source"
    return hint(
        f"register the webhook{where}: its URL is https://HOSTNAME followed by the path that this "
        "prints, its secret is the token; HOSTNAME routes to Service webhook-receiver in the "
        "namespace of Flux",
        command(
            "kubectl get receiver {name} -n {ns} -o jsonpath={{.status.webhookPath}}",
            {"name": name, "ns": namespace},
        ),
    )


def _address(source: Resource) -> str:
    return next((text for key in _ADDRESSES if (text := text_of(source.spec.get(key)))), "")


def _secret(source: Resource) -> str:
    return f"{source.ref.name}-webhook-token"

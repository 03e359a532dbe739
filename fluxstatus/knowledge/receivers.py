"""The steps to create a Receiver, which notifies Flux of changes, so that Flux need not poll.

Upstream: notification-controller docs/spec/v1/receivers.md, fluxcd/flux2
cmd/flux/create_receiver.go.
"""

from collections.abc import Mapping

from fluxstatus.base.urls import host_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.ref import Ref

_TYPES = {"github": "github", "gitlab": "gitlab", "bitbucket": "bitbucket"}
"""The types of Receivers, by a part of the source's host; "generic" accepts any request."""

_PRINT = (
    "flux create receiver {name}-receiver -n {ns} --type={receiver_type} --event=ping --event=push "
    "--secret-ref=webhook-token --resource={kind}/{name} --export"
)
STEPS = (
    Step(
        "create a Secret with a random token, and a Receiver for the source; flux create receiver --export prints the Receiver's manifest",
        read=(_PRINT,),
        change=("kubectl create secret generic webhook-token -n {ns} --from-file=token=./token",),
    ),
    Step(
        "register the webhook with the service that hosts the source. Its URL is https://HOSTNAME followed by status.webhookPath of the Receiver, where HOSTNAME routes to Service webhook-receiver in the namespace of Flux"
    ),
)
"""The steps to create a Receiver, with the fields of `fields_of`."""


def fields_of(ref: Ref, url: str) -> Mapping[str, str]:
    """Return the fields of the steps for the source *ref*, which is fetched from *url*."""
    host = host_of(url)
    kind = next((kind for part, kind in _TYPES.items() if part in host), "generic")
    return {"name": ref.name, "ns": ref.namespace, "kind": ref.kind, "receiver_type": kind}

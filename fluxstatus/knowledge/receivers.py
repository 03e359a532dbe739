"""Receivers, which notify Flux of changes, so that Flux need not poll: what to put into one.

Upstream: notification-controller docs/spec/v1/receivers.md, internal/server/receiver_handlers.go.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from fluxstatus.base.urls import host_of, plain_url
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.ref import Ref


class Sender(NamedTuple):
    """A service that calls webhooks.

    `hosts` matches its hosts, `type` is that of its Receivers, `events` are those that announce a
    change (a request with another event is rejected; none: every request counts), and `settings` is
    the page on which its webhooks are registered, after the address of a repository.
    """

    hosts: str
    type: str
    events: tuple[str, ...] = ()
    settings: str = ""


_SENDERS = (
    Sender(r"(?:^|[.-])github\.|^github", "github", ("ping", "push"), "/settings/hooks/new"),
    Sender(r"(?:^|[.-])gitlab\.|^gitlab", "gitlab", ("Push Hook", "Tag Push Hook"), "/-/hooks"),
    Sender(
        r"^codeberg\.org$|(?:^|[.-])(?:gitea|forgejo)\.", "github", ("push",), "/settings/hooks"
    ),
    # Bitbucket Cloud signs no request as a Receiver of type bitbucket expects it
    Sender(r"^(?:altssh\.)?bitbucket\.org$", "generic", (), "/admin/webhooks"),
    Sender(r"(?:^|[.-])bitbucket\.|^bitbucket", "bitbucket", ("repo:refs_changed",)),
    Sender(r"(?:^|\.)docker\.io$", "dockerhub"),
    Sender(r"^quay\.io$", "quay"),
    Sender(r"\.azurecr\.\w+$", "acr"),
    Sender(r"(?:^|[.-])harbor\.", "harbor"),
)
"""The senders whose Receivers are known by the host of a source; the first that matches counts."""

_ANY = Sender("", "generic")
"""Any other sender: it accepts every request to its path, which nobody can guess."""

_OVER_SSH = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}
"""Where the web pages of hosts are that only serve SSH."""

STEPS = (
    Step(
        "create a Receiver for the source. The command prints its manifest, and how to create its Secret and register the webhook",
        read=("kubectl flux-status reconcile {kind}/{name} -n {ns} --receiver",),
    ),
    Step(
        "register the webhook with the service that hosts the source. Its URL is https://HOSTNAME followed by status.webhookPath of the Receiver, where HOSTNAME routes to Service webhook-receiver in the namespace of Flux"
    ),
)
"""The steps to create a Receiver, with the fields of `fields_of`."""


def fields_of(ref: Ref) -> Mapping[str, str]:
    """Return the fields of the steps for the source *ref*."""
    return {"name": ref.name, "ns": ref.namespace, "kind": ref.kind}


def sender_of(url: str) -> Sender:
    """Return the service that hosts *url*, the address of a repository; "generic" if unknown."""
    host = host_of(url)
    return next((one for one in _SENDERS if host and re.search(one.hosts, host)), _ANY)


def settings_of(url: str) -> str:
    """Return the page on which the webhooks of the repository *url* are registered, if known."""
    page = sender_of(url).settings
    _, _, path = plain_url(url).partition("/")
    if not (page and path):
        return ""
    host = host_of(url)
    return f"https://{_OVER_SSH.get(host, host)}/{path}{page}"

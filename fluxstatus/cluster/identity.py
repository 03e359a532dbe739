"""What tells a cluster from all others: the uid of its namespace kube-system.

No field of Kubernetes has an ID of the cluster; this namespace is created once and cannot be
deleted, and so its uid has become one (KEP-2149, `cluster.clusterset.k8s.io`).
"""

from http import HTTPStatus

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.processes import ProgramError

_PATH = "/api/v1/namespaces/kube-system"


class Identity:
    """The `uid` of a cluster, empty while it is unknown."""

    def __init__(self) -> None:
        self.uid = ""

    def read(self, api: ApiClient) -> None:
        """Read the uid with one request; it stays unknown if that is refused or fails."""
        try:
            reply = api.get(_PATH)
        except ProgramError:  # the other requests meet and report the same
            return
        if reply.status == HTTPStatus.OK:
            metadata = map_of(map_of(reply.document).get("metadata"))
            is_it = metadata.get("name") == "kube-system"
            self.uid = text_of(metadata.get("uid")) if is_it else ""

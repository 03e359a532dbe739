"""The identity of a cluster: the uid of its namespace kube-system, or unknown."""

import pytest

from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.identity import Identity
from tests.cluster.readers import way
from tests.fakes.scripted import Answer, Api, cut, document, forbidden, page, status

PATH = "/api/v1/namespaces/kube-system"


def namespace(name: str = "kube-system", uid: object = "1-2-3") -> Answer:
    """Answer with the namespace *name*."""
    return document({"kind": "Namespace", "metadata": {"name": name, "uid": uid}})


@pytest.mark.parametrize(
    ("answer", "uid"),
    [
        (namespace(), "1-2-3"),
        (namespace("kube-public"), ""),
        (namespace(uid=None), ""),
        (forbidden, ""),
        (status(404, "NotFound"), ""),
        (page(200), ""),
        (document({"metadata": ["name"]}), ""),
        (cut, ""),
    ],
)
def test_the_identity_is_that_of_one_namespace(api: Api, answer: Answer, uid: str) -> None:
    """What is no answer about that namespace identifies no cluster."""
    api[PATH] = answer
    identity = Identity()
    with ApiClient(way()) as client:
        identity.read(client)
    assert identity.uid == uid

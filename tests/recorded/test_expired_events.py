"""The judge once the events of a recorded state are gone: the status of the workload is not.

`refused-deployment.json` is the Deployment that the zoo's Kustomization ks-health-podsecurity/app
waits for, as its controller left it.
"""

import json
from dataclasses import replace

from fluxstatus.causes.awaited import objects_to_read
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Object, Read
from tests.builders import judge
from tests.recorded.score import HERE

NAMESPACE = "ks-health-podsecurity"
REFUSED: Object = json.loads((HERE / "refused-deployment.json").read_text())


def later(*read: Object) -> Evidence:
    """Return the zoo without the events of the namespace, and with the Deployments *read*."""
    zoo = snapshot.load(HERE / "zoo.json.gz")
    events = [one for one in zoo.answers["events"].known
              if one["involvedObject"]["namespace"] != NAMESPACE]  # fmt: skip
    answers = {**zoo.answers, "events": Read(tuple(events))}
    return replace(zoo, answers=answers | ({"awaited/Deployment": Read(read)} if read else {}))


def title(known: Evidence) -> str:
    """Return the title of what is wrong with the Kustomization."""
    (found,) = [
        one
        for one in judge(known).findings
        if one.object and one.object.key == ("Kustomization", NAMESPACE, "app")
    ]
    return found.title


def test_the_workload_is_asked_for() -> None:
    """It is what nothing else explains."""
    assert ("Deployment", NAMESPACE, "web") in objects_to_read(later())


def test_the_status_of_the_workload_names_the_cause() -> None:
    """With it the cause is known, and without it none is claimed."""
    assert "the pods violate the Pod Security level restricted:latest" in title(later(REFUSED))
    assert "PodSecurity" not in title(later())

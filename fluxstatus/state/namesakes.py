"""Objects whose kind only has the name of a kind of Flux, such as Crossplane's Bucket.

Messages name an object by its kind without the API group. The inventory of the object that applied
it has the group, and so may spec.healthChecks.
"""

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import Object
from fluxstatus.model.inventory import entry_of, ids_in
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.health_checks import HealthCheckTarget


def identified(target: HealthCheckTarget, item: Object) -> HealthCheckTarget:
    """Return *target*, which a message of *item* names, with its group if it is no Flux object.

    Its kind is then like HelmChart.helm.cattle.io, which kubectl accepts in lower case.
    """
    if target.kind not in KINDS:
        return target
    group = group_of(item, target.kind, target.namespace, target.name)
    return target._replace(kind=f"{target.kind}.{group}") if group else target


def group_of(item: Object, kind: str, namespace: str, name: str) -> str:
    """Return the API group of an object of *item* that has the name of a Flux kind but is none.

    The result is empty if it is a Flux object or unknown. An empty *namespace* matches any.
    """
    groups = {
        text_of(one.get("apiVersion")).rpartition("/")[0]
        for one in maps_of(map_of(item.get("spec")).get("healthChecks"))
        if (one.get("kind"), one.get("name")) == (kind, name)
        and namespace in ("", text_of(one.get("namespace")))
    }
    end = f"_{kind}"
    for id_ in ids_in(map_of(item.get("status")).get("inventory")) or ():
        entry = entry_of(id_) if id_.endswith(end) else None
        if entry and entry.name == name and namespace in ("", entry.namespace):
            groups.add(entry.group)
    known = KINDS[kind].group if kind in KINDS else ""
    return "" if known in groups else min(groups, default="")

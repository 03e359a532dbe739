"""Facts about fields that are dropped: names of kinds and of fields, never a value."""

import re

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import Object

_UNSTABLE = re.compile(r"v\d{1,3}(?:alpha|beta)\d{1,3}")
_ACTION = re.compile(r"{{(.*?)}}", re.DOTALL)
_FIELD = re.compile(r"(?<![\w.)])\.[A-Z]\w*(?:\.[A-Z]\w*)*")


def applied_as(item: Object) -> list[str]:
    """Return the alpha and beta versions in the inventory of *item*, each as "group/v1beta1 Kind".

    An entry has the version that the object was last applied in (kustomize-controller api/v1
    ResourceRef).
    """
    found = set()
    for entry in maps_of(map_of(map_of(item.get("status")).get("inventory")).get("entries")):
        version = entry.get("v")
        # Most of 100,000 entries are in a version such as v1, which has none of these letters.
        if isinstance(version, str) and "a" in version and _UNSTABLE.fullmatch(version):
            before, _, kind = text_of(entry.get("id")).rpartition("_")
            group = before.rpartition("_")[2]
            if group and kind:
                found.add(f"{group}/{version} {kind}")
    return sorted(found)


def template_fields(automation: Object) -> Object:
    """Return which fields the template of a commit message uses, such as .Changed.Objects."""
    value = automation.get("spec")
    for name in ("git", "commit", "messageTemplate"):
        value = map_of(value).get(name)
    actions = " ".join(_ACTION.findall(text_of(value)))
    found = sorted({*_FIELD.findall(actions)})
    return {"templateFields": found} if found else {}

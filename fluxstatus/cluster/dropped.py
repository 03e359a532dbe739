"""Facts about fields that are dropped: names of kinds and of fields, never a value."""

import re

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.model.evidence import Object
from fluxstatus.model.image_ref import image_of

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


def facts_of_automation(automation: Object) -> Object:
    """Return what the template of a commit message uses, and the images of the last run.

    `observedPolicies` has the image of each ImagePolicy by its name (image-automation-controller
    api/v1).
    """
    return {**_template_fields(automation), **_observed_policies(automation)}


def _observed_policies(automation: Object) -> Object:
    policies = map_of(automation.get("status")).get("observedPolicies")
    if not isinstance(policies, dict):
        return {}
    found = {mask(name): mask(image_of(map_of(ref))) for name, ref in policies.items()}
    return {"observedPolicies": found}


def _template_fields(automation: Object) -> Object:
    """Return which fields the template of a commit message uses, such as .Changed.Objects."""
    value = automation.get("spec")
    for name in ("git", "commit", "messageTemplate"):
        value = map_of(value).get(name)
    actions = " ".join(_ACTION.findall(text_of(value)))
    found = sorted({*_FIELD.findall(actions)})
    return {"templateFields": found} if found else {}

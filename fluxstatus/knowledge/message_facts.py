"""Facts about the objects that a message names: one that is rejected, missing or awaited."""

from collections.abc import Callable

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.knowledge.facts import is_remote
from fluxstatus.knowledge.objects import object_in
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.kinds import FLUX_GROUPS, KINDS, RESOURCES
from fluxstatus.model.ref import Key
from fluxstatus.state.health_checks import worst_first
from fluxstatus.state.namesakes import identified
from fluxstatus.state.own_status import is_ready_now
from fluxstatus.state.resource import Verdict
from fluxstatus.state.state import State


def about(*kinds: str) -> Callable[[Subject], bool]:
    """Return the fact that the object in the message is of one of *kinds*."""

    def is_about(subject: Subject) -> bool:
        kind = object_in(subject.message.text).get("object", "").partition(" ")[0]
        return kind in kinds

    return is_about


def is_about_flux_crd(subject: Subject) -> bool:
    """Return whether the object in the message is a CRD of Flux."""
    name = object_in(subject.message.text).get("object_name", "")
    return name.partition(".")[2] in FLUX_GROUPS


def is_about_flux_object(subject: Subject) -> bool:
    """Return whether the object in the message is of a kind of Flux."""
    about = object_in(subject.message.text, item=subject.resource.object)
    return about.get("object_resource", "") in RESOURCES


BUILT_IN_GROUP = (
    r"(?:(?:networking|storage|rbac\.authorization|admissionregistration|apiextensions|apiregistration|"
    r"scheduling|coordination|node|discovery|events|certificates|resource|authentication|authorization|"
    r"flowcontrol\.apiserver|internal\.apiserver|storagemigration)\.k8s\.io|[a-z][\w-]*)"
)
"""The built-in API groups. The group of a CRD always contains a dot (apiextensions validation)."""

_TYPED = late_pattern(r"[ ;(](?P<group>[\w.-]*)/?v\d\w*, Kind=\w+")
_BUILT_IN = late_pattern(BUILT_IN_GROUP)


def is_about_built_in_kind(subject: Subject) -> bool:
    """Return whether the message has the API group of an object, and Kubernetes itself defines it."""
    found = _TYPED.search(subject.message.text)
    return found is not None and (not found["group"] or bool(_BUILT_IN.fullmatch(found["group"])))


def is_about_custom_kind(subject: Subject) -> bool:
    """Return whether the message has the API group of an object, and a CRD defines its kind."""
    found = _TYPED.search(subject.message.text)
    return found is not None and not is_about_built_in_kind(subject)


_LABEL = late_pattern(r'metadata\.labels: Invalid value: "([^"]+)"')


def is_label_own_name(subject: Subject) -> bool:
    """Return whether the invalid label is the name of the object itself, which Flux sets."""
    label = _LABEL.search(subject.message.text)
    return label is not None and label[1] == subject.resource.ref.name


_STORED = late_pattern(r'status\.storedVersions\[\d+\]: Invalid value: "(\w+)"')


def is_stored_version_served(subject: Subject) -> bool:
    """Return whether the stored version that a new Flux CRD lacks is the one that is served."""
    stored = _STORED.search(subject.message.text)
    served = subject.state.evidence.served if subject.state else None
    if not (stored and served) or is_remote(subject):
        return False
    return served.get(object_in(subject.message.text).get("object_name", "")) == stored[1]


_NO_NAMESPACE = late_pattern(r'namespaces "([^"]+)" not found')


def is_storage_namespace(subject: Subject) -> bool:
    """Return whether the missing namespace is where Helm stores the release."""
    missing = _NO_NAMESPACE.search(subject.message.text)
    return missing is not None and missing[1] == subject.resource.spec.get("storageNamespace")


def is_target_namespace(subject: Subject) -> bool:
    """Return whether the missing namespace is the one that the object applies to."""
    missing = _NO_NAMESPACE.search(subject.message.text)
    return missing is not None and missing[1] == subject.resource.spec.get("targetNamespace")


def waits_for(*kinds: str) -> Callable[[Subject], bool]:
    """Return the fact that the first awaited object to check is of one of *kinds*."""

    def is_waited_for(subject: Subject) -> bool:
        return any(one.kind in kinds for one in worst_first(subject.message.text)[:1])

    return is_waited_for


def waits_with(status: str) -> Callable[[Subject], bool]:
    """Return the fact that the first awaited object to check has this *status*."""

    def has_status(subject: Subject) -> bool:
        return any(one.status == status for one in worst_first(subject.message.text)[:1])

    return has_status


def waits_for_ready(subject: Subject) -> bool:
    """Return whether all awaited objects are ready by now."""
    targets, state = worst_first(subject.message.text), subject.state
    if state is None or not targets or is_remote(subject):
        return False
    return all(_is_ready(state, target[:3]) for target in targets)


def _is_ready(state: State, key: Key) -> bool:
    """Return whether *key*, a Flux object or an awaited object, is certainly ready."""
    if key in state.resources:
        return state.resources[key].verdict is Verdict.READY
    return key in state.awaited and is_ready_now(state.awaited[key])


waits_for_pods = waits_for(
    "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "CronJob", "Rollout"
)
"""The fact that the first awaited object to check has pods. Jobs have rules of their own."""


def waits_for_flux(subject: Subject) -> bool:
    """Return whether the first awaited object to check is a Flux object."""
    named, item = worst_first(subject.message.text)[:1], subject.resource.object
    return any(identified(one, item).kind in KINDS for one in named)

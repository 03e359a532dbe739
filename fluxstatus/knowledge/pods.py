"""What to do about a pod that does not run, and about one that cannot be made.

Upstream: kubernetes pkg/kubelet (reasons of containers), the scheduler's and the controllers'
events (pkg/controller/{replicaset,statefulset,daemon,job}), admission plugins.
"""

from collections.abc import Iterable, Mapping

from fluxstatus.findings import Hint
from fluxstatus.knowledge.rule import Rule, Step, hints, text

_DESCRIBE = "kubectl describe pod {pod} -n {ns}"
_PREVIOUS = "kubectl logs {pod} -n {ns} --container={container} --previous --tail=50"
_LOG = "kubectl logs {pod} -n {ns} --container={container} --tail=50"

_TROUBLES: Mapping[str, Step] = {
    "image-pull": Step(
        "correct the image's name or tag, or give the pods a pull Secret for its registry",
        read=(_DESCRIBE,),
    ),
    "oom": Step(
        "raise the container's memory limit, or find out why it needs so much",
        read=(_DESCRIBE, _PREVIOUS),
    ),
    "crash-loop": Step("read what the container logged before it ended", read=(_PREVIOUS,)),
    "config": Step(
        "make what the container needs to start: the ConfigMap, the Secret or the key in it",
        read=(_DESCRIBE, "kubectl get configmaps,secrets -n {ns}"),
    ),
    "failed": Step("read what the container logged before it ended", read=(_LOG, _DESCRIBE)),
    "pending": Step(
        "give the scheduler what the pod asks for: a node that fits, room on it, or the volume",
        read=(_DESCRIBE, "kubectl get persistentvolumeclaims -n {ns}", "kubectl get nodes"),
    ),
    "not-ready": Step(
        "read what the pod's events and the container say; then correct the probe or the program",
        read=(_DESCRIBE, _LOG),
    ),
}
"""The next step by the code of a Trouble (workloads.py)."""

_EVENTS = (
    Rule(
        "quota-exceeded",
        "",
        (
            Step(
                "raise the ResourceQuota of namespace {ns}, or ask for less in the pod template",
                read=("kubectl describe resourcequotas -n {ns}",),
            ),
        ),
        pattern=text(r"exceeded quota|failed quota|must specify (?:limits|requests)"),
    ),
    Rule(
        "pod-security",
        "",
        (
            Step(
                "set a compliant securityContext in the pod template, or change the label "
                "pod-security.kubernetes.io/enforce of namespace {ns}",
                read=("kubectl get namespace {ns} --show-labels",),
            ),
        ),
        pattern=text(r"violates PodSecurity"),
    ),
    Rule(
        "service-account-missing",
        "",
        (
            Step(
                "create the ServiceAccount that the pod template names",
                read=("kubectl get serviceaccounts -n {ns}",),
            ),
        ),
        pattern=text(r"serviceaccount \"?[\w.-]+\"? not found"),
    ),
    Rule(
        "volume-missing",
        "",
        (
            Step(
                "look at the claim, its StorageClass, and what the volume is made from",
                read=(
                    "kubectl get persistentvolumeclaims -n {ns}",
                    "kubectl get storageclasses",
                ),
            ),
        ),
        pattern=text(
            r"persistentvolumeclaim|provision|FailedMount|MountVolume|AttachVolume|volumes? "
        ),
    ),
    Rule(
        "job-failed",
        "",
        (
            Step(
                "read the log of its pods; a Job that has failed is not run again: correct it, and "
                "delete it so that Flux makes it anew",
                read=("kubectl logs job/{name} -n {ns} --tail=50",),
                change=("kubectl delete job {name} -n {ns} --ignore-not-found",),
            ),
        ),
        pattern=text(r"BackoffLimitExceeded|DeadlineExceeded|backoff limit|was active longer"),
        kinds=frozenset({"Job"}),
    ),
    Rule(
        "pods-not-made",
        "",
        (
            Step(
                "look at its events: what keeps its pods from being made or started",
                read=("kubectl get events -n {ns} --field-selector=involvedObject.name={name}",),
            ),
        ),
    ),
)
"""The next step by what a Warning event about a workload says; the last fits any."""


def steps_for_trouble(code: str, fields: Mapping[str, str]) -> Iterable[Hint]:
    """Give the next steps for a pod's trouble with *code*; *fields* are pod, ns and container."""
    step = _TROUBLES.get(code)
    return hints((step,), fields) if step else ()


def steps_for_event(kind: str, said: str, fields: Mapping[str, str]) -> Iterable[Hint]:
    """Give the next steps for a *kind* of which an event said *said*; *fields* are name and ns."""
    rule = next(rule for rule in _EVENTS if rule.match(kind, "", said))
    return hints(rule.steps, fields)

"""Problems of pods that make a health check fail, with the next step for each.

The messages come from the kubelet, the scheduler and the controllers of Deployments, Jobs and
volumes, as state/pods.py and the Warning events report them.

All rules have the code of a failed health check: they explain it, and are not faults of their own.

Upstream: kubernetes pkg/kubelet, pkg/scheduler/framework, pkg/controller, and the admission
plugins, which are in admission.
"""

from fluxstatus.knowledge.rule import Step

PARTS = (
    "images",
    "secret_stores",
    "mounts",
    "programs",
    "program_files",
    "program_databases",
    "program_services",
    "containers",
    "runtimes",
    "exits",
    "claims",
    "volumes",
    "sandboxes",
    "scheduling",
    "readiness",
    "rollouts",
)
"""The modules with the rules, in their order: the first rule that matches is used.

The words of a program are only read by the rules in programs.py and program_….py, of which
the one that matches the last of these words is used (see workload_words.py).
"""

VAGUE = Step(
    "check the workload's events to see why its pods are not created or started",
    read=("kubectl get events -n {ns} --field-selector=involvedObject.name={name}",),
)
"""The next step for an event that no rule matches."""

OF_OTHERS = Step(
    "check the object's conditions and events, where its controller reports the problem",
    read=(
        "kubectl describe {resource} {name} -n {ns}",
        "kubectl describe {resource} {cluster_name}",
    ),
)
"""The next step for a kind without pods, such as Certificate."""

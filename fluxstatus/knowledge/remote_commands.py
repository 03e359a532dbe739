"""Commands about objects in a remote cluster (spec.kubeConfig).

The context of the check leads to the cluster of Flux, where an object of the same name may be
another one: a command to delete it there would delete the wrong one. The context of the remote
cluster is not known, so that a word stands for it, which kubectl refuses.
"""

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.kubectl_flags import REMOTE, REMOTE_CONTEXT

_HERE = late_pattern(
    r"\{(?:resource|ns|flux_namespace|source_resource|helm_chart|instance_resource)\}|"
    r"\b(?:helmreleases|kustomizations|helmcharts)\b"
)
"""What is in the cluster of Flux: the object itself, its namespace, its source and its controller.
All other commands are about what the object applies."""

_KUBECTL = "kubectl "
_NOTE = f". {REMOTE_CONTEXT} stands for the kubeconfig context of the remote cluster"


def for_remote_cluster(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return *steps*, whose commands about applied objects are for the remote cluster.

    The first step with such a command says what the word for its context is.
    """
    found, noted = [], False
    for step in steps:
        read, change = _all_remote(step.read), _all_remote(step.change)
        is_remote = (read, change) != (step.read, step.change)
        text = f"{step.text}{_NOTE}" if is_remote and not noted else step.text
        noted = noted or is_remote
        found.append(step._replace(text=text, read=read, change=change))
    return tuple(found)


def _all_remote(templates: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_remote, templates))


def _remote(template: str) -> str:
    if not template.startswith(_KUBECTL) or _HERE.search(template):
        return template
    return f"{_KUBECTL}{REMOTE} {template.removeprefix(_KUBECTL)}"

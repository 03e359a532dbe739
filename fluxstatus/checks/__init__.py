"""The steps of the check, in the order they are shown: the table of contents of the tool."""

from fluxstatus.checks import cluster, components, drift, instance, objects, operator, ui
from fluxstatus.checks.step import Step

STEPS: tuple[Step, ...] = (
    cluster.STEP,
    operator.STEP,
    instance.STEP,
    components.STEP,
    objects.SOURCES,
    objects.RECONCILERS,
    ui.STEP,
    drift.STEP,
)

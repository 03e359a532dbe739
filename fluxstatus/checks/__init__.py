"""The steps of the check, in the order they are shown: the table of contents of the tool."""

from functools import partial

from fluxstatus.advice import advice, codes_of, further_of
from fluxstatus.checks import cluster, controllers, drift, instance, objects, operator, ui
from fluxstatus.checks.step import Step

_STEPS = (
    cluster.STEP,
    operator.STEP,
    instance.STEP,
    controllers.STEP,
    objects.SOURCES,
    objects.RECONCILERS,
    ui.STEP,
    drift.STEP,
)
STEPS: tuple[Step, ...] = tuple(
    step._replace(
        codes={**step.codes, **codes_of(step.id)},
        further=further_of(step.id),
        advise=partial(advice, step.id),
    )
    for step in _STEPS
)
"""Every step, with the habits that belong to it."""

"""The steps of the check, in the order in which they are shown."""

from functools import partial

from fluxstatus.advice import CHECK_CRASHED, advice, codes_of, reads_of
from fluxstatus.checks import cluster, controllers, drift, instance, objects, operator, ui
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import OK
from fluxstatus.model.codes import Code

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


def _codes_of(step: Step) -> tuple[Code, ...]:
    return tuple(dict.fromkeys((*step.codes(), OK, CHECK_CRASHED)))


STEPS: tuple[Step, ...] = tuple(
    step._replace(
        codes=partial(_codes_of, step),
        advice_codes=(*step.advice_codes, *codes_of(step.id)),
        advice_reads=reads_of(step.id),
        advise=partial(advice, step.id),
    )
    for step in _STEPS
)
"""Every step, with its advice and the codes that every step has."""

"""The codes and commands that several modules about admission use."""

from fluxstatus.knowledge.rule import Reach, Rule
from fluxstatus.model.codes import Code

ADMISSION_DENIED = Code("admission-denied", "An admission webhook or policy rejects an object.")
ADMISSION_IMMUTABLE = Code(
    "admission-immutable",
    "An admission webhook does not allow a field of an existing object to be changed.",
)
ADMISSION_INVALID = Code("admission-invalid", "An admission webhook rejects an object as invalid.")
NO_DRY_RUN = Code(
    "admission-no-dry-run", "An admission webhook does not support dry run, which Flux requires."
)

HOOKS = "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
BEHIND = "kubectl get pods,services,endpointslices -n {hook_ns}"
WEBHOOK = "kubernetes apiserver admission plugin/webhook"


def decisive(*rules: Rule) -> tuple[Rule, ...]:
    """Return *rules* for the whole message: an admission error is always the cause.

    That holds even if it is reported in a hook, a test or an upgrade.
    """
    return tuple(rule._replace(reach=Reach.WHOLE) for rule in rules)

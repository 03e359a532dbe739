"""Terraform objects of tofu-controller, formerly tf-controller.

Upstream: flux-iac/tofu-controller controllers, runner, api/v1alpha2.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.custom_objects.shared import DESCRIBE
from fluxstatus.knowledge.rule import Rule, Step, Text

_UPSTREAM = "flux-iac/tofu-controller runner, controllers"
_RUNNERS = "kubectl get pods -n {ns} -l app.kubernetes.io/name=tf-runner"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Terraform state is locked: another run uses it, or a run that ended early did not release the lock",
        steps=(
            Step(
                "check whether a run is in progress (a runner pod, or a run outside of the cluster; the message has the lock's ID, its owner and its time), and wait for it",
                read=(_RUNNERS, DESCRIBE),
            ),
            Step(
                'if no run is in progress, release the lock: set spec.tfstate.forceUnlock to "yes" and spec.tfstate.lockIdentifier to the lock\'s ID in Git, and remove both fields afterwards. A forced unlock during a run can damage the state',
                change=("tfctl force-unlock {name} -n {ns} --lock-id={lock_id}",),
            ),
        ),
        pattern=Text(
            r"error acquiring the state lock(?:: Lock Info:\s+ID:\s+(?P<lock_id>[\w-]+))?|State locked with Lock Identifier|Terraform Locked with Lock Identifier"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_UPSTREAM,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the runner does not know the API version {detail} that the controller sends: the runner's image is older than the controller",
        steps=(
            Step(
                "set the runner's image to the version of the controller (runner.image.tag in the values of tofu-controller's chart, and spec.runnerPodTemplate.spec.image), and rebuild your own runner image from the base image of this version",
                read=(
                    "kubectl get deployments -A -l app.kubernetes.io/name=tofu-controller -o wide",
                    "kubectl get deployments -A -l app.kubernetes.io/name=tf-controller -o wide",
                    DESCRIBE,
                ),
            ),
        ),
        pattern=Text(
            r"rpc error: [^\n]*no kind \"Terraform\" is registered for version \"(?P<detail>[^\"]+)\""
        ),
        quoted=True,
        in_full=True,
        upstream=_UPSTREAM,
    ),
)

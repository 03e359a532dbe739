"""What a Deployment or Job reports in its own status: it is paused, suspended or does not advance."""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the rollout is paused (spec.paused)",
        steps=(
            Step(
                "resume the rollout; if spec.paused is set in Git, remove it there",
                read=("kubectl describe deployment {name} -n {ns}",),
                change=("kubectl rollout resume deployment/{name} -n {ns}",),
            ),
        ),
        pattern=Text(r"\bDeploymentPaused\b"),
        upstream="kubernetes pkg/controller/deployment/util/deployment_util.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Job is suspended (spec.suspend), so it has no pods",
        steps=(
            Step(
                "remove spec.suspend in Git; if a queue such as Kueue suspends it, check whether its quota is used up",
                read=("kubectl describe job {name} -n {ns}",),
            ),
        ),
        pattern=Text(r"\bJobSuspended\b"),
        upstream="kubernetes pkg/controller/job/job_controller.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the rollout made no progress within spec.progressDeadlineSeconds",
        steps=(
            Step(
                "check its pods: their status, events and logs show why they do not become ready",
                read=(
                    "kubectl describe deployment {name} -n {ns}",
                    "kubectl get pods -n {ns}",
                ),
            ),
        ),
        pattern=Text(r"\bProgressDeadlineExceeded\b"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream="kubernetes pkg/controller/deployment/progress.go",
    ),
)

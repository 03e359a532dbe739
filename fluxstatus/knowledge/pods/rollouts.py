"""Deployments and Jobs that are paused, suspended or make no progress, by their own status."""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the rollout is paused, because spec.paused is set",
        steps=(
            Step(
                "resume the rollout; if Git sets spec.paused, remove it there",
                read=("kubectl describe deployment {name} -n {ns}",),
                change=("kubectl rollout resume deployment/{name} -n {ns}",),
            ),
        ),
        pattern=Text(r"\bDeploymentPaused\b"),
        upstream="kubernetes pkg/controller/deployment/util/deployment_util.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Job is suspended (spec.suspend is set), so it has no pods",
        steps=(
            Step(
                "remove spec.suspend in Git; if a queue such as Kueue suspends the Job, check whether the queue's quota is used up",
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
                "check the status, events and logs of the pods to see why they do not become ready",
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

"""Health checks: the objects that a message lists in brackets, each with its kstatus.

The check adds the problems of their pods (causes/workloads.py).

Upstream: PKG ssa/manager_wait.go, CU pkg/kstatus, KC internal/controller.
"""

from fluxstatus.knowledge.codes import CEL_INVALID, HEALTH_CHECK_FAILED
from fluxstatus.knowledge.commands import EVENTS, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_BRACKET = r"(?:timeout waiting for|stalled resources): \["
_WAITED = "PKG ssa/manager_wait.go"
_LOOK = "kubectl describe {workload_resource} {workload_name} -n {workload_ns}"
_WITH_PODS = "(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Pod|CronJob|Rollout)/"
_PODS = "kubectl get pods -n {workload_ns}"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "correct the name in spec.healthChecks, or add {workload} to the applied manifests",
                read=("kubectl get {workload_resource} -n {workload_ns}", SPEC),
            ),
        ),
        pattern=Text(_BRACKET + r"\w+/(?:[\w.-]+/)?[\w.-]+ status: 'NotFound'"),
        reach=Reach.WHOLE,
        trivial=True,
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the health of {workload} cannot be determined: the cluster does not serve {kind_wanted}",
        steps=(
            Step(
                "correct apiVersion and kind in spec.healthChecks, or install the {kind_wanted} CRD first",
                read=("kubectl api-resources --api-group={group_wanted}", SPEC),
            ),
        ),
        pattern=Text(
            _BRACKET + r"[^\]]*?no matches for kind \"(?P<kind_wanted>\w+)\" in "
            r"(?:group|version) \"(?P<group_wanted>[\w.-]*)"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        upstream=_WAITED,
    ),
    Rule(
        CEL_INVALID,
        why="an expression in spec.healthCheckExprs cannot be evaluated for {workload}: {detail}",
        steps=(
            Step(
                "correct the expression; use has() at each level for optional fields, such as status fields that are not set yet",
                read=(
                    SPEC,
                    "kubectl get {workload_resource} {workload_name} -n {workload_ns} -o yaml",
                ),
            ),
        ),
        pattern=Text(
            _BRACKET + r"[^\]]*?failed to evaluate the CEL expression (?P<detail>[^\]\n]{1,200})"
        ),
        reach=Reach.WHOLE,
        upstream="PKG runtime/cel",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check the logs of its pods and fix the error",
                read=(_LOOK, "kubectl logs job/{workload_name} -n {workload_ns} --tail=50"),
            ),
            Step(
                "then delete the Job, so that Flux recreates it",
                change=("kubectl delete job {workload_name} -n {workload_ns}",),
            ),
        ),
        pattern=Text(_BRACKET + r"Job/"),
        reach=Reach.WHOLE,
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check the claim's StorageClass and provisioner; if the StorageClass has volumeBindingMode: WaitForFirstConsumer, the claim is pending until a pod uses it",
                read=(_LOOK, "kubectl get storageclasses"),
            ),
        ),
        pattern=Text(_BRACKET + r"PersistentVolumeClaim/"),
        reach=Reach.WHOLE,
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} is still being deleted (Terminating)",
        steps=(
            Step(
                "check the object's finalizers and the controllers that remove them",
                read=(
                    "kubectl get {workload_resource} {workload_name} -n {workload_ns} -o yaml",
                    "kubectl get {workload_resource} {workload_cluster_name} -o yaml",
                ),
            ),
        ),
        pattern=Text(_BRACKET + r"\w+/(?:[\w.-]+/)?[\w.-]+ status: 'Terminating'"),
        reach=Reach.WHOLE,
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "a Service of type LoadBalancer is pending until it has an address: check whether the cluster can assign one (cloud controller manager, MetalLB), and check the cloud quota",
                read=(_LOOK,),
            ),
        ),
        pattern=Text(_BRACKET + r"Service/"),
        reach=Reach.WHOLE,
        upstream="CU pkg/kstatus/status/core.go serviceConditions",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check the object's conditions and events: its own controller reports the problem there; Flux checks again automatically and waits up to spec.timeout",
                read=(_LOOK, "kubectl describe {workload_resource} {workload_cluster_name}"),
            ),
        ),
        pattern=Text(_BRACKET + rf"(?!{_WITH_PODS})\w+/"),
        reach=Reach.WHOLE,
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check {workload} and its pods; Flux checks again automatically and waits up to spec.timeout",
                read=(_LOOK, _PODS),
            ),
        ),
        pattern=Text(_BRACKET),
        reach=Reach.WHOLE,
        upstream=_WAITED,
    ),
    Rule(
        Code("health-check-unknown", "A health check cannot determine the status of an object."),
        why="the health of {detail} cannot be determined: its kind is unknown, it cannot be read, or it has no status that kstatus can evaluate",
        steps=(
            Step(
                "grant ServiceAccount {sa} permission to read it, or add an expression for its kind to spec.healthCheckExprs",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"can't determine status for '?(?P<detail>[^\n']{1,120})"),
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the applied objects did not become healthy",
        steps=(Step("check the applied objects and their events", read=(EVENTS,)),),
        reasons=("HealthCheckFailed",),
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        Code("reconciliation-canceled", "The health check was canceled by a newer reconciliation."),
        why="a newer reconciliation canceled this health check",
        steps=(Step("wait for the newer reconciliation", read=(EVENTS,)),),
        reasons=("HealthCheckCanceled",),
        transient=True,
        upstream="KC internal/controller/kustomization_controller.go",
        versions=">=2.8",
    ),
)

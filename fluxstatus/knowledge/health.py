"""Health checks: the objects that a message lists in brackets, each with its kstatus.

The check adds the problems of their pods (causes/workloads.py).

Upstream: PKG ssa/manager_wait.go, CU pkg/kstatus, KC internal/controller.
"""

from fluxstatus.knowledge.codes import CEL_INVALID, HEALTH_CHECK_FAILED
from fluxstatus.knowledge.commands import EVENTS, RECONCILE, SPEC
from fluxstatus.knowledge.facts import (
    has_health_checks,
    waits_for,
    waits_for_flux,
    waits_for_pods,
    waits_for_ready,
    waits_with,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_CANCELED = Code(
    "reconciliation-canceled", "The health check was canceled by a newer reconciliation."
)

_BRACKET = r"(?:timeout waiting for|stalled resources): \[|Health check timed out for \["
_WAITED = "PKG ssa/manager_wait.go"
_LOOK = "kubectl describe {workload_resource} {workload_name} -n {workload_ns}"
_LOOK_CLUSTER = "kubectl describe {workload_resource} {workload_cluster_name}"
_YAML = "kubectl get {workload_resource} {workload_name} -n {workload_ns} -o yaml"
_JOB_LOG = "kubectl logs job/{workload_name} -n {workload_ns} --tail=50"
_CEL = (
    r"(?:timeout waiting for|stalled resources): \[.*?failed to evaluate (?:the )?CEL expression "
)
_PODS = "kubectl get pods -n {workload_ns}"
_BUILT_IN_KINDS = "Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|Ingress|NetworkPolicy"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the health check timed out while {workload} was not ready, but it is ready now",
        steps=(
            Step(
                "reconcile now, so that the health check runs again; raise spec.timeout only if it times out again",
                change=(RECONCILE,),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for_ready,),
        reach=Reach.WHOLE,
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} no longer exists: probably its ttlSecondsAfterFinished deleted it before Flux saw it complete",
        steps=(
            Step(
                "raise or remove ttlSecondsAfterFinished of the Job in Git, or upgrade to Flux 2.8, which does not wait for a Job that is gone",
                read=("kubectl get events -n {workload_ns}", SPEC),
            ),
            Step("if it has no ttlSecondsAfterFinished, check which controller or user deletes it"),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for("Job"), waits_with("NotFound")),
        unless=(has_health_checks,),  # a name there may be wrong
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="KC internal/controller/kustomization_controller.go checkHealth",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "correct the name in spec.healthChecks, or add {workload} to the applied manifests; if it was applied, check which controller or user deleted it",
                read=("kubectl get {workload_resource} -n {workload_ns}", SPEC),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(has_health_checks, waits_with("NotFound")),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "it was applied before: check which controller or user deleted it",
                read=("kubectl get {workload_resource} -n {workload_ns}",),
            ),
            Step(
                "if it exists, kustomize-controller looks for it in an API version that the cluster no longer serves: write the version that is served into Git, and restart kustomize-controller",
                read=("kubectl api-resources",),
                change=("kubectl rollout restart deployment/{controller} -n {flux_namespace}",),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_with("NotFound"),),
        unless=(has_health_checks,),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="variable {variable} in spec.healthChecks is not substituted: spec.postBuild substitutes variables in the applied objects, not in the Kustomization itself",
        steps=(
            Step(
                "write the name without a variable in spec.healthChecks, substitute the variable in the Kustomization that applies this one, or set spec.wait: true instead of spec.healthChecks",
                read=(SPEC,),
            ),
        ),
        pattern=Text(rf"(?:{_BRACKET})[^\n]*?(?P<variable>\$\{{\w+[^}}\s]{{0,80}}\}})"),
        when=(has_health_checks,),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go checkHealth",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the health of {workload} cannot be checked: {user} does not have permission to {verb} {forbidden}",
        steps=(
            Step(
                "grant {user} permission to get, list and watch {forbidden} in a Role or ClusterRole, or move these objects to a Kustomization whose ServiceAccount has it",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"(?:{_BRACKET})[^\n]*?'Unknown': (?:failed to \w+ [^\n]{{0,80}}: )?(?P<forbidden>[\w.-]+)(?: \"[^\"]*\")? is forbidden: "
            r"User \"(?P<user>[^\"]+)\" cannot (?P<verb>\w+)"
        ),
        reach=Reach.WHOLE,
        in_full=True,
        upstream="CU pkg/kstatus/polling",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the health of {workload} cannot be determined: {kind_wanted} is a built-in kind, but not in the apiVersion that spec.healthChecks gives it",
        steps=(
            Step(
                "correct apiVersion in spec.healthChecks: apps/v1 for Deployment, StatefulSet, DaemonSet and ReplicaSet; batch/v1 for Job and CronJob; networking.k8s.io/v1 for Ingress and NetworkPolicy",
                read=("kubectl api-resources", SPEC),
            ),
        ),
        pattern=Text(
            rf"(?:{_BRACKET})[^\n]*?no matches for kind \"(?P<kind_wanted>{_BUILT_IN_KINDS})\" in "
            r"(?:group|version) \"(?P<group_wanted>[\w.-]*)"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        in_full=True,
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
            r"(?:timeout waiting for|stalled resources): \[.*?no matches for kind \"(?P<kind_wanted>\w+)\" in "
            r"(?:group|version) \"(?P<group_wanted>[\w.-]*)"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        in_full=True,
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the health of {workload} could not be read before spec.timeout expired, because the API server did not answer in time: {detail}",
        steps=(
            Step(
                "check the API server; with many objects, raise spec.timeout, or check only some of them (spec.healthChecks instead of spec.wait)",
                read=("kubectl get --raw /readyz?verbose", _LOOK),
            ),
        ),
        pattern=Text(
            r"(?:timeout waiting for|stalled resources): \[.*?status: 'Unknown': [^\n]{0,200}?(?P<detail>client rate limiter Wait[^\]\n]{0,60}|"
            r"context deadline exceeded|connection refused|i/o timeout|TLS handshake timeout|etcdserver: [^\]\n]{1,60}|"
            r"unable to return a response in the time)"
        ),
        kinds=frozenset({"Kustomization"}),
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream=_WAITED,
    ),
    Rule(
        CEL_INVALID,
        why="an expression in spec.healthCheckExprs cannot be evaluated for {workload}, which does not have the field: {detail}",
        steps=(
            Step(
                "check whether the controller of this kind is running: has(status) does not help while the whole status is missing",
                read=(_YAML, SPEC),
            ),
            Step(
                "if objects of this kind never have this field, use another field in spec.healthCheckExprs; guard optional fields under status with has(), for example has(status.conditions)",
            ),
        ),
        pattern=Text(_CEL + r"(?P<detail>[^\n]{0,200}no such attribute[^\]\n,]{0,80})"),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="PKG runtime/cel",
    ),
    Rule(
        CEL_INVALID,
        why="an expression in spec.healthCheckExprs cannot be evaluated for {workload}: {detail}",
        steps=(
            Step(
                "correct the expression; guard optional fields under status with has(), for example has(status.conditions)",
                read=(SPEC, _YAML),
            ),
        ),
        pattern=Text(_CEL + r"(?P<detail>[^\n]{1,200})"),
        reach=Reach.WHOLE,
        upstream="PKG runtime/cel",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check the logs of its pods and fix the error",
                read=(_LOOK, _JOB_LOG),
            ),
            Step(
                "then delete the Job, so that Flux recreates it and it runs again",
                change=("kubectl delete job {workload_name} -n {workload_ns}",),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for("Job"), waits_with("Failed")),
        reach=Reach.WHOLE,
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not complete: {workload_state}",
        steps=(
            Step(
                "check its pods and their logs; if the Job only needs more time, raise spec.timeout",
                read=(_LOOK, _JOB_LOG),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for("Job"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} is still being deleted (Terminating)",
        steps=(
            Step(
                "check its finalizers and the controllers that remove them",
                read=(
                    _YAML,
                    "kubectl get {workload_resource} {workload_cluster_name} -o yaml",
                ),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_with("Terminating"),),
        reach=Reach.WHOLE,
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check its StorageClass and provisioner; if the StorageClass has volumeBindingMode: WaitForFirstConsumer, the claim is pending until a pod uses it",
                read=(_LOOK, "kubectl get storageclasses"),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for("PersistentVolumeClaim"),),
        reach=Reach.WHOLE,
        certainty="one-of",
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
        pattern=Text(_BRACKET),
        when=(waits_for("Service"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="CU pkg/kstatus/status/core.go serviceConditions",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check {workload} and its pods; Flux repeats the health check automatically, and waits up to spec.timeout",
                read=(_LOOK, _PODS),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for_pods,),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check its conditions and events; Flux checks again automatically and waits up to spec.timeout",
                read=(_LOOK,),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for_flux,),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=_WAITED,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "follow the chain of cert-manager from the Certificate to its CertificateRequest, Order and Challenge: their conditions and events show the failing step (a missing issuer, DNS or HTTP validation that fails, or a rate limit of the CA)",
                read=(
                    _LOOK,
                    "kubectl get certificaterequests,orders.acme.cert-manager.io,challenges.acme.cert-manager.io -n {workload_ns}",
                ),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for("Certificate"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="cert-manager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check its Ready condition for the reason: for example, the account could not be registered with the ACME server, the CA's Secret is missing, or Vault is unreachable",
                read=(
                    _LOOK,
                    _LOOK_CLUSTER,
                ),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for("Issuer", "ClusterIssuer"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="cert-manager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check its Ready condition and its events for the reason: for example, the SecretStore is not ready (credentials, address), the key or property does not exist there, or the identity is not allowed to read it",
                read=(
                    _LOOK,
                    _LOOK_CLUSTER,
                    "kubectl get secretstores,clustersecretstores",
                ),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(
            waits_for(
                "ExternalSecret",
                "SecretStore",
                "ClusterSecretStore",
                "PushSecret",
                "ClusterExternalSecret",
            ),
        ),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="external-secrets",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check its Accepted, Programmed and ResolvedRefs conditions for the reason: for example, no controller accepts its class, it has no address (a load balancer), or a Secret, Service or ReferenceGrant that it refers to is missing",
                read=(
                    _LOOK,
                    "kubectl get gatewayclasses",
                ),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for("Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="kubernetes-sigs/gateway-api",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "restore the server behind it: check the Service and pods in spec.service of the APIService, and whether the API server can reach them",
                read=(
                    _LOOK_CLUSTER,
                    "kubectl get apiservices.apiregistration.k8s.io",
                ),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for("APIService"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="kubernetes kube-aggregator",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check its NamesAccepted and Established conditions: another CRD may use the same kind, plural or short name, or the CRD is still being deleted",
                read=(_LOOK_CLUSTER,),
            ),
        ),
        pattern=Text(_BRACKET),
        when=(waits_for("CustomResourceDefinition"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="kubernetes apiextensions-apiserver",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="{workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check its conditions and events: its own controller reports the problem there; Flux checks again automatically and waits up to spec.timeout",
                read=(_LOOK, "kubectl describe {workload_resource} {workload_cluster_name}"),
            ),
            Step(
                "if its conditions report success, compare status.observedGeneration with metadata.generation, and check for a condition Reconciling=True that was left behind: Flux waits until its controller updates them; restart or update that controller, or define the health of this kind in spec.healthCheckExprs",
                read=(_YAML,),
                if_unexplained=True,
            ),
        ),
        pattern=Text(_BRACKET),
        reach=Reach.WHOLE,
        certainty="one-of",
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
        pattern=Text(r"can't determine status for '?(?P<detail>[^\n'\]]{1,120})"),
        certainty="one-of",
        upstream=_WAITED,
    ),
    Rule(
        _CANCELED,
        why="the health check was canceled before it was done: kustomize-controller was stopped, or a newer reconciliation started",
        steps=(
            Step(
                "wait for the next reconciliation; if it is canceled every time, check whether kustomize-controller keeps restarting (out of memory, node drained)",
                read=(EVENTS, "kubectl get pods -n {flux_namespace}"),
            ),
        ),
        pattern=Text(r"health check failed after [^\n:]{1,40}: context canceled"),
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the health check failed: {innermost}",
        steps=(Step("check the applied objects and their events", read=(EVENTS,)),),
        reasons=("HealthCheckFailed",),
        certainty="unknown",
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _CANCELED,
        why="a newer reconciliation canceled this health check",
        steps=(Step("wait for the newer reconciliation", read=(EVENTS,)),),
        reasons=("HealthCheckCanceled",),
        transient=True,
        upstream="KC internal/controller/kustomization_controller.go",
        versions=">=2.8",
    ),
)

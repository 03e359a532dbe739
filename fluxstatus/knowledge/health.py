"""Health checks: the objects that a message lists in brackets, each with its kstatus.

causes/workloads.py adds the problems of the pods of these objects.

Upstream: fluxcd/pkg ssa/manager_wait.go, cli-utils pkg/kstatus, kustomize-controller
internal/controller.
"""

from fluxstatus.knowledge.codes import CEL_INVALID, HEALTH_CHECK_FAILED
from fluxstatus.knowledge.commands import EVENTS, RECONCILE, SPEC
from fluxstatus.knowledge.facts import has_health_checks
from fluxstatus.knowledge.message_facts import (
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
        why="the health check timed out because {workload} was not ready, but {workload} is ready now",
        steps=(
            Step(
                "reconcile now to run the health check again; raise spec.timeout only if the health check times out again",
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
        why="{workload} no longer exists: ttlSecondsAfterFinished probably deleted it before Flux saw that it was complete",
        steps=(
            Step(
                "raise or remove ttlSecondsAfterFinished of the Job in Git, or upgrade to Flux 2.8, which does not wait for deleted Jobs",
                read=("kubectl get events -n {workload_ns}", SPEC),
            ),
            Step(
                "if the Job does not set ttlSecondsAfterFinished, check which controller or user deletes it"
            ),
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
                "correct the name in spec.healthChecks, or add {workload} to the applied manifests. If it was applied, check which controller or user deleted it",
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
                "check which controller or user deleted {workload}, which was applied before",
                read=("kubectl get {workload_resource} -n {workload_ns}",),
            ),
            Step(
                "if {workload} exists, kustomize-controller is using an API version that the cluster no longer serves. Change the apiVersion in Git to a served version, and restart kustomize-controller",
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
        why="variable {variable} in spec.healthChecks is not substituted: spec.postBuild substitutes variables in the applied objects, but not in the Kustomization itself",
        steps=(
            Step(
                "in spec.healthChecks, use the literal name instead of a variable, or substitute the variable in the Kustomization that applies this one. Alternatively, set spec.wait: true instead of spec.healthChecks",
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
                "grant {user} permission to get, list and watch {forbidden} in a Role or ClusterRole, or move these objects to a Kustomization whose ServiceAccount has this permission",
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
        why="the health of {workload} cannot be determined: the built-in kind {kind_wanted} does not exist in the apiVersion in spec.healthChecks",
        steps=(
            Step(
                "correct apiVersion in spec.healthChecks: use apps/v1 for a Deployment, StatefulSet, DaemonSet or ReplicaSet, batch/v1 for a Job or CronJob, and networking.k8s.io/v1 for an Ingress or NetworkPolicy",
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
                when=(has_health_checks,),
            ),
            Step(
                "check whether the cluster serves {kind_wanted} now. If it does, reconcile again, because the controller may have read the list of kinds before the CRD was installed; otherwise, apply its CRD in a Kustomization that this one depends on",
                read=("kubectl api-resources --api-group={group_wanted}",),
                unless=(has_health_checks,),
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
        why="the health of {workload} could not be read before spec.timeout expired, because the API server did not respond in time: {detail}",
        steps=(
            Step(
                "check the API server. If there are many objects, raise spec.timeout, or check only some of them with spec.healthChecks instead of spec.wait",
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
        why="an expression in spec.healthCheckExprs cannot be evaluated for {workload}, because the object does not have the field: {detail}",
        steps=(
            Step(
                "check that the controller of this kind is running; has(status) does not help while the entire status is missing",
                read=(_YAML, SPEC),
            ),
            Step(
                "if objects of this kind never have this field, use another field in spec.healthCheckExprs. Guard optional fields under status with has(), for example has(status.conditions)",
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
                "check the logs of the Job's pods, and fix the error",
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
                "check the Job's pods and their logs; if the Job only needs more time, raise spec.timeout",
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
                "check the object's finalizers, and the controllers that remove them",
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
                "check the claim's StorageClass and provisioner. If the StorageClass has volumeBindingMode: WaitForFirstConsumer, the claim is pending until a pod uses it",
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
                "check that the cluster can assign an address to a Service of type LoadBalancer (with a cloud controller manager or MetalLB), and check the cloud quota. Until the Service has an address, it is pending",
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
                "check the conditions and events of {workload}; Flux checks again automatically and waits up to spec.timeout",
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
                "check the conditions and events of the Certificate, and then those of its CertificateRequest, Order and Challenge. They show which step fails, for example because of a missing issuer, failed DNS or HTTP validation, or the CA's rate limit",
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
                "check the Ready condition of {workload}. Common causes are that the account could not be registered with the ACME server, the CA's Secret is missing, or Vault is unreachable",
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
                "check the Ready condition and the events of {workload}. Common causes are that the SecretStore is not ready (wrong credentials or address), the key or property does not exist in the secret manager, or the identity is not allowed to read it",
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
                "check the Accepted, Programmed and ResolvedRefs conditions of {workload}. Common causes are that no controller accepts its class, no load balancer has assigned an address, or a Secret, Service or ReferenceGrant that it refers to is missing",
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
                "restore the server behind the APIService: check the Service in spec.service and its pods, and check that the API server can reach them",
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
                "check the NamesAccepted and Established conditions of the CRD. Another CRD may use the same kind, plural or short name, or the CRD is still being deleted",
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
                "check the conditions and events of {workload}, where its controller reports the problem; Flux checks again automatically and waits up to spec.timeout",
                read=(_LOOK, "kubectl describe {workload_resource} {workload_cluster_name}"),
            ),
            Step(
                "if the conditions report success, compare status.observedGeneration with metadata.generation, and check for a leftover condition Reconciling=True. Flux waits until the object's controller updates the status, so restart or upgrade that controller, or define the health of this kind in spec.healthCheckExprs",
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
        why="the health of {detail} cannot be determined: the kind is unknown, the object cannot be read, or kstatus cannot evaluate its status",
        steps=(
            Step(
                "grant ServiceAccount {sa} permission to read the object, or add an expression for its kind to spec.healthCheckExprs",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"can't determine status for '?(?P<detail>[^\n'\]]{1,120})"),
        certainty="one-of",
        upstream=_WAITED,
    ),
    Rule(
        _CANCELED,
        why="the health check was canceled before it finished: kustomize-controller was stopped, or a newer reconciliation started",
        steps=(
            Step(
                "wait for the next reconciliation. If the health check is canceled every time, check whether kustomize-controller keeps restarting (for example, because it runs out of memory or its node is drained)",
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

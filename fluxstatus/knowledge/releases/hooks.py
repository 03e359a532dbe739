"""HelmRelease: hooks and tests of the chart that fail.

Upstream: helm pkg/action/hooks.go and pkg/kube/wait.go, HC internal/reconcile/test.go.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.facts import waits_for
from fluxstatus.knowledge.releases.shared import HR, LATE, REASONS, TARGET_PODS, WAITED, WORKLOAD
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_HOOK_FAILED = Code("hook-failed", "A Helm hook of the chart failed.")
_HELM_TEST_FAILED = Code("helm-test-failed", "A Helm test of the release failed.")

_HOOK = (
    r"(?:failed |Hook |: |[*] )(?P<hook>(?:pre|post)-(?:install|upgrade|rollback|delete))"
    r"(?= hooks? failed: |: | \S+ failed: )"
)
"""A hook that failed (helm pkg/action install.go, upgrade.go, hooks.go)."""

_JOBS = "kubectl get jobs -n {target_ns}"

RULES = (
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook {workload} did not complete: {workload_state}",
        steps=(
            Step(
                "check whether the hook's pod was started, and its logs; Helm runs the hook again at the next attempt",
                read=WORKLOAD,
            ),
        ),
        pattern=Text(_HOOK),
        context=WAITED,
        reasons=REASONS,
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="a Helm hook of the chart ({hook}) did not complete within the timeout",
        steps=(
            Step(
                "check the pods of the hook's Job: whether they start, and their logs; if Helm deleted the Job, use its events and your log collector",
                read=(TARGET_PODS, _JOBS, "kubectl get events -n {target_ns}"),
            ),
            Step("if the hook only needs more time, raise spec.timeout", if_unexplained=True),
        ),
        pattern=Text(_HOOK),
        context=Text(r"(?:: |[*] |failed )" + LATE),
        reasons=REASONS,
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/hooks.go, pkg/kube/wait.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="the Job of the chart's {hook} hook ran longer than its deadline (activeDeadlineSeconds), or its pod never started",
        steps=(
            Step(
                "check whether the Job's pod started, and if not, why: its image, the free capacity of the nodes, its Secrets and volumes",
                read=(TARGET_PODS, _JOBS, "kubectl get events -n {target_ns}"),
            ),
            Step(
                "if it ran, check its logs, and raise the deadline of the hook in spec.values if it only needs more time"
            ),
        ),
        pattern=Text(_HOOK),
        context=Text(r"DeadlineExceeded"),
        reasons=REASONS,
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/kube/wait.go, kubernetes pkg/controller/job",
    ),
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook failed, because ServiceAccount {missing_sa} does not exist",
        steps=(
            Step(
                "let the chart create the ServiceAccount of its hooks before they run (as a hook with a lower weight), or create it outside of the chart; check serviceAccount.create in spec.values",
                read=("kubectl get serviceaccounts -n {target_ns}", SPEC),
            ),
        ),
        pattern=Text(_HOOK + r".{0,300}?serviceaccounts? \"(?P<missing_sa>[\w.-]+)\" not found"),
        reasons=REASONS,
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook cannot be created, because {existing} exists from an earlier attempt",
        steps=(
            Step(
                "set helm.sh/hook-delete-policy: before-hook-creation on the hook in the chart or, if the chart supports it, in spec.values; check that no other release creates an object of this name",
                read=("kubectl describe {existing_kind}/{existing_name} -n {target_ns}",),
            ),
            Step(
                "to unblock the next attempt, delete it; its status, and the pods and logs of a Job, are lost",
                change=("kubectl delete {existing_kind}/{existing_name} -n {target_ns}",),
            ),
        ),
        pattern=Text(
            _HOOK
            + r".{0,200}? (?P<existing>(?P<existing_kind>[a-z][a-z0-9]*s(?:\.[a-z.0-9]+)?) \"(?P<existing_name>[^\"]+)\") already exists"
        ),
        reasons=REASONS,
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="Job {hook_job} of the chart's {hook} hook failed ({detail})",
        steps=(
            Step(
                "check the logs of the Job's pods and fix the error; if Helm deletes the hook after a failure, its logs are only in your log collector",
                read=("kubectl logs job/{hook_job} -n {target_ns} --tail=50", TARGET_PODS, _JOBS),
            ),
        ),
        pattern=Text(_HOOK + r".*?\bjob (?P<hook_job>[\w.-]+) failed: (?P<detail>\w+)"),
        reasons=REASONS,
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook failed: {innermost}",
        steps=(
            Step(
                "check the hook's logs and fix the error; if Helm deletes the hook after a failure, its logs are only in your log collector",
                read=(TARGET_PODS, _JOBS),
            ),
        ),
        pattern=Text(_HOOK),
        context=Text(
            r"(?:(?<![\w./-])job(?: is)?(?: [\w.-]+)? failed: [^\n]{0,120}|BackoffLimitExceeded|"
            r"pod [\w.-]+ failed)"
        ),
        reasons=REASONS,
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook failed: {innermost}",
        steps=(
            Step(
                "fix the reported error; the hook's pods and Jobs show more, if Helm has not deleted them",
                read=(TARGET_PODS, _JOBS),
            ),
        ),
        pattern=Text(_HOOK),
        reasons=REASONS,
        kinds=HR,
        certainty="unknown",
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="a hook that runs when the release is uninstalled failed: {workload}: {workload_state}",
        steps=(
            Step(
                "check whether the hook's pod was started, and its logs; Helm runs the hook again at the next attempt",
                read=WORKLOAD,
            ),
            Step(
                "to uninstall the release without its hooks, set spec.uninstall.disableHooks: true; what the hook should clean up stays in the cluster"
            ),
        ),
        pattern=WAITED,
        reasons=("UninstallFailed",),
        kinds=HR,
        when=(waits_for("Job"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/uninstall.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why="a Helm test of the release failed: {workload}: {workload_state}",
        steps=(
            Step(
                "check the test pod's logs",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl logs {workload_name} -n {workload_ns} --all-containers --tail=50",
                ),
            ),
            Step(
                "if the release should be ready even if the test fails, set spec.test.ignoreFailures: true",
                read=(SPEC,),
            ),
        ),
        pattern=WAITED,
        reasons=("TestFailed",),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="HC internal/reconcile/test.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why='a Helm test of the release failed: pod "{test_pod}" failed',
        steps=(
            Step(
                "check the test pod's logs",
                read=(
                    "kubectl logs {test_pod} -n {target_ns} --all-containers --tail=50",
                    "kubectl describe pod {test_pod} -n {target_ns}",
                ),
            ),
            Step(
                "if the release should be ready even if the test fails, set spec.test.ignoreFailures: true",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"\bpod (?P<test_pod>[\w.-]+) failed"),
        reasons=("TestFailed",),
        kinds=HR,
        in_full=True,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why="a Helm test of the release failed: {innermost}",
        steps=(
            Step(
                "check the test pod and its logs",
                read=(TARGET_PODS, "kubectl get events -n {target_ns}"),
            ),
        ),
        reasons=("TestFailed",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/test.go",
    ),
)

"""HelmRelease: hooks and tests of the chart that fail.

Upstream: helm pkg/action/hooks.go and pkg/kube/wait.go, helm-controller internal/reconcile/test.go.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.message_facts import waits_for
from fluxstatus.knowledge.releases.shared import (
    BRACKET,
    HR,
    LATE,
    NOT_READY,
    REASONS,
    TARGET_PODS,
    WORKLOAD,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_HOOK_FAILED = Code("hook-failed", "A Helm hook of the chart failed.")
_HELM_TEST_FAILED = Code("helm-test-failed", "A Helm test of the release failed.")

_HOOK = (
    r"(?:failed |Hook |: |[*] )(?P<hook>(?:pre|post)-(?:install|upgrade|rollback|delete))"
    r"(?= hooks? failed: |: | \S+ failed: )"
)
"""A hook that failed (helm pkg/action install.go, upgrade.go, hooks.go)."""

_WAITED = Text(f"{BRACKET}|{NOT_READY}")
_JOBS = "kubectl get jobs -n {target_ns}"

RULES = (
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook {workload} was not bound when the timeout expired; a claim whose StorageClass has volumeBindingMode: WaitForFirstConsumer is only bound when a pod uses it, which Helm does not wait for in a hook",
        steps=(
            Step(
                "if the StorageClass is WaitForFirstConsumer, remove the hook annotations from the claim (in the chart, in spec.values or with spec.postRenderers), or use a StorageClass with Immediate for it",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl get storageclasses",
                ),
            ),
            Step("otherwise, the claim's events show why it is not bound"),
        ),
        pattern=Text(_HOOK),
        context=_WAITED,
        reasons=REASONS,
        kinds=HR,
        when=(waits_for("PersistentVolumeClaim"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/hooks.go, kubernetes pkg/controller/volume/persistentvolume",
    ),
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook {workload} did not complete: {workload_state}",
        steps=(
            Step(
                "check whether the hook's pod was started, and read its logs. Helm runs the hook again at the next attempt",
                read=WORKLOAD,
            ),
        ),
        pattern=Text(_HOOK),
        context=_WAITED,
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
                "check whether the pods of the hook's Job started, and read their logs. If Helm deleted the Job, check its events and your log collector",
                read=(TARGET_PODS, _JOBS, "kubectl get events -n {target_ns}"),
            ),
            Step("if the hook only needs more time, increase spec.timeout", if_unexplained=True),
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
        why="the Job of the chart's {hook} hook ran for longer than activeDeadlineSeconds, or its pod never started",
        steps=(
            Step(
                "check whether the Job's pod started. If it did not, check its image, Secrets and volumes, and the free capacity of the nodes",
                read=(TARGET_PODS, _JOBS, "kubectl get events -n {target_ns}"),
            ),
            Step(
                "if the pod started, check its logs. If the hook only needs more time, increase its deadline in spec.values"
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
        why="the chart's {hook} hook failed because ServiceAccount {missing_sa} does not exist",
        steps=(
            Step(
                "create the hooks' ServiceAccount before the hooks run, either in the chart (as a hook with a lower weight) or outside the chart. Check serviceAccount.create in spec.values",
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
        why="the chart's {hook} hook cannot be created because {existing} still exists from an earlier attempt",
        steps=(
            Step(
                "set helm.sh/hook-delete-policy: before-hook-creation on the hook, in the chart or (if the chart supports it) in spec.values. Check that no other release creates an object with this name",
                read=("kubectl describe {existing_kind}/{existing_name} -n {target_ns}",),
            ),
            Step(
                "to unblock the next attempt, delete {existing}. Its status is lost, and so are the pods and logs of a Job",
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
        why="Job {hook_job} of the chart's {hook} hook, which runs when the release is uninstalled, failed ({detail})",
        steps=(
            Step(
                "check the logs of the Job's pods: the hook may refuse to remove data until a setting of the application allows it",
                read=("kubectl logs job/{hook_job} -n {target_ns} --tail=50", TARGET_PODS, _JOBS),
            ),
            Step(
                "to uninstall the release without running its hooks, set spec.uninstall.disableHooks: true. Objects that the hook would have removed then remain in the cluster"
            ),
        ),
        pattern=Text(
            r"(?:failed |Hook |: |[*] )(?P<hook>(?:pre|post)-delete)(?= hooks? failed: |: | \S+ failed: )"
            r".*?\bjob (?!Failed\. )(?P<hook_job>[\w.-]+) failed: (?P<detail>\w+)"
        ),
        reasons=("UninstallFailed",),
        kinds=HR,
        reach=Reach.WHOLE,
        symptom=True,
        upstream="helm pkg/action/uninstall.go, pkg/kube/wait.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="Job {hook_job} of the chart's {hook} hook failed ({detail})",
        steps=(
            Step(
                "check the logs of the Job's pods, and correct the error. If Helm deletes the hook when it fails, its logs are only in your log collector",
                read=("kubectl logs job/{hook_job} -n {target_ns} --tail=50", TARGET_PODS, _JOBS),
            ),
        ),
        pattern=Text(
            _HOOK + r".*?\bjob (?!Failed\. )(?P<hook_job>[\w.-]+) failed: (?P<detail>\w+)"
        ),
        reasons=REASONS,
        kinds=HR,
        reach=Reach.WHOLE,
        symptom=True,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook failed: {innermost}",
        steps=(
            Step(
                "check the hook's logs, and correct the error. If Helm deletes the hook when it fails, its logs are only in your log collector",
                read=(TARGET_PODS, _JOBS),
            ),
        ),
        pattern=Text(_HOOK),
        context=Text(
            r"(?:(?<![\w./-])job(?: is)?(?: (?!Failed\.)[\w.-]+)? failed: [^\n]{0,120}|BackoffLimitExceeded|"
            r"pod [\w.-]+ failed)"
        ),
        reasons=REASONS,
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="an object of the chart's {hook} hook does not match the schema of its kind: {detail}",
        steps=(
            Step(
                "set the field in spec.values, or correct its value there; the chart's values show where. If the cluster's CRD has another version than the chart, update the CRD or the chart",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _HOOK
            + r".*?(?:error validating data: (?:ValidationError\([^)]*\): )?|unable to decode \"\": )(?P<detail>[^\n]{1,200})"
        ),
        reasons=REASONS,
        kinds=HR,
        upstream="helm pkg/kube/client.go, kubectl pkg/validation",
    ),
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook failed: {innermost}",
        steps=(
            Step(
                "correct the reported error. The hook's pods and Jobs contain more details, if Helm has not deleted them",
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
        why="{workload}, a hook that runs when the release is uninstalled, did not complete: {workload_state}",
        steps=(
            Step(
                "check whether the hook's pod was started, and read its logs. Helm runs the hook again at the next attempt",
                read=WORKLOAD,
            ),
            Step(
                "to uninstall the release without running its hooks, set spec.uninstall.disableHooks: true. Objects that the hook would have removed then remain in the cluster"
            ),
        ),
        pattern=_WAITED,
        reasons=("UninstallFailed",),
        kinds=HR,
        when=(waits_for("Job"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/uninstall.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why="Helm test {workload} did not complete: {workload_state}",
        steps=(
            Step(
                "check the test pod's logs",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl logs {workload_name} -n {workload_ns} --all-containers --tail=50",
                ),
            ),
            Step(
                "if the release should be ready even when the test fails, set spec.test.ignoreFailures: true",
                read=(SPEC,),
            ),
        ),
        pattern=_WAITED,
        reasons=("TestFailed",),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="HC internal/reconcile/test.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why='pod "{test_pod}" of a Helm test failed',
        steps=(
            Step(
                "check the test pod's logs",
                read=(
                    "kubectl logs {test_pod} -n {target_ns} --all-containers --tail=50",
                    "kubectl describe pod {test_pod} -n {target_ns}",
                ),
            ),
            Step(
                "if the release should be ready even when the test fails, set spec.test.ignoreFailures: true",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"\bpod (?!has failed)(?P<test_pod>[\w.-]+) failed"),
        reasons=("TestFailed",),
        kinds=HR,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why="a Helm test of the release failed: {innermost}",
        steps=(
            Step(
                "check the test pod, and read its logs",
                read=(TARGET_PODS, "kubectl get events -n {target_ns}"),
            ),
        ),
        reasons=("TestFailed",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/test.go",
    ),
)

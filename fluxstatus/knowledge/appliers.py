"""Kustomization and HelmRelease.

Upstream: KC internal/controller/kustomization_controller.go and internal/decryptor, HC
internal/controller/helmrelease_controller.go and internal/reconcile, PKG chartutil.
"""

from fluxstatus.knowledge.rule import Rule, Step, text

_KS, _HR = frozenset({"Kustomization"}), frozenset({"HelmRelease"})
_SPEC = "kubectl get {resource} {name} -n {ns} -o yaml"
_HISTORY = (
    "kubectl get helmreleases.helm.toolkit.fluxcd.io {name} -n {ns} -o jsonpath={{.status.history}}"
)
_RESET = (
    "kubectl annotate --overwrite helmreleases.helm.toolkit.fluxcd.io {name} -n {ns} "
    "reconcile.fluxcd.io/requestedAt={now} reconcile.fluxcd.io/resetAt={now}"
)
_WAITED = text(r"(?:timeout waiting for|stalled resources): \[")
_AGAIN = Step(
    "after the fix: when its retries are used up, reset them",
    change=(_RESET,),
)

RULES = (
    Rule(
        "path-missing",
        "spec.path {path} is not in the source (no such directory)",
        (
            Step(
                "correct spec.path, or look whether .sourceignore leaves it out",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.path}}",),
            ),
        ),
        pattern=text(r"kustomization path not found"),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        "sops-key-missing",
        "the Secret {missing} for decryption (spec.decryption.secretRef) does not exist",
        (
            Step(
                "create the Secret {missing} with the SOPS key (an age key as NAME.agekey)",
                read=("kubectl get secrets -n {ns}",),
                change=(
                    "flux-operator create secret sops {missing} -n {ns} "
                    "--age-key-file=./age.agekey",
                ),
            ),
        ),
        pattern=text(
            r"^(?:.*(?:sops|decrypt).*)?"
            r"secrets? [\"'](?:[\w.-]+/)?(?P<missing>[\w.-]+)[\"'] not found"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        trivial=True,
        upstream="KC internal/decryptor/decryptor.go",
    ),
    Rule(
        "sops-key-wrong",
        "the file is encrypted with SOPS for other keys than those in the Secret "
        "{decryption_secret}: the data key cannot be got",
        (
            Step(
                "put the right key into the Secret {decryption_secret}, or re-encrypt the file for "
                "this one (sops updatekeys)",
                read=("kubectl describe secret {decryption_secret} -n {ns}",),
            ),
        ),
        pattern=text(
            r"decryption failed|cannot get sops data key|error decrypting sops|"
            r"failed to import '"
        ),
        kinds=_KS,
        upstream="KC internal/decryptor/decryptor.go",
    ),
    Rule(
        "sops-not-configured",
        "a Secret in Git is encrypted with SOPS, and spec.decryption is not set",
        (
            Step(
                "set spec.decryption: provider sops, with a secretRef to the Secret of the key",
                read=(_SPEC,),
            ),
        ),
        pattern=text(r"is SOPS encrypted, configuring decryption is required"),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        "variable-missing",
        "the manifests use the variable {variable}, which is not defined",
        (
            Step(
                "define {variable} in spec.postBuild.substitute or substituteFrom, or give it a "
                "default (${{VAR:=value}}); strict substitution is the default from Flux 2.9 on",
                read=(_SPEC,),
            ),
        ),
        pattern=text(
            r"variable substitution failed(?:[^\"]*variable not set[^\"]*\"(?P<variable>\w+)\")?"
        ),
        kinds=_KS,
        upstream="PKG kustomize/kustomize_varsub.go",
    ),
    Rule(
        "substitute-source-missing",
        "{detail}, which spec.postBuild.substituteFrom names, cannot be read",
        (
            Step(
                "create it, or mark it optional",
                read=("kubectl get configmaps,secrets -n {ns}", _SPEC),
            ),
        ),
        pattern=text(r"substitute from '(?P<detail>[^']+)' error"),
        kinds=_KS,
        trivial=True,
        upstream="PKG kustomize/kustomize_varsub.go",
    ),
    Rule(
        "yaml-invalid",
        "a manifest is not valid YAML: {file}",
        (Step("correct the file in Git; kustomize build {path} shows it before a push"),),
        pattern=text(
            r"failed to decode Kubernetes (?:YAML|apiVersion)(?: from \S*?kustomization-\d+/"
            r"(?P<file>\S+):)?|MalformedYAML"
        ),
        kinds=_KS,
        upstream="PKG ssa/utils",
    ),
    Rule(
        "resource-file-missing",
        "kustomization.yaml lists {file}, which is not in the source",
        (Step("commit {file}, or take it out of resources"),),
        pattern=text(r"accumulating resources from '(?P<file>[^']+)'.*no such file or directory"),
        kinds=_KS,
        upstream="kustomize api/internal/target",
    ),
    Rule(
        "remote-base-unreachable",
        "kustomization.yaml names something on {host} that cannot be fetched",
        (Step("commit a copy instead of naming a URL, or open the way to {host}"),),
        reasons=("BuildFailed",),
        pattern=text(r"dial tcp|no such host|i/o timeout|TLS handshake timeout|x509:"),
        kinds=_KS,
        transient=True,
        upstream="kustomize api/internal/git",
    ),
    Rule(
        "patch-without-target",
        "a patch has no object to change: {target}",
        (Step("correct the patch's target, or add the object (no matches for it now)"),),
        pattern=text(
            r"no resource matches strategic merge patch \"(?P<target>[^\"]+)\"|"
            r"no matches for Id (?P<id>\S+)|unable to find .*target"
        ),
        kinds=_KS,
        upstream="kustomize api/resmap",
    ),
    Rule(
        "build-failed",
        "kustomize cannot build {path}",
        (Step("build it locally and correct what the message says: kustomize build {path}"),),
        reasons=("BuildFailed",),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        "prune-failed",
        "what is no longer in Git cannot be deleted",
        (
            Step(
                "look at finalizers, webhooks and the rights of the ServiceAccount {sa}",
                read=("kubectl get events -n {ns} --field-selector=involvedObject.name={name}",),
            ),
        ),
        reasons=("PruneFailed",),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        "values-missing",
        "the {values_kind} {values_name} that spec.valuesFrom names is missing, or has no key "
        "{values_key}",
        (
            Step(
                "create it with the key {values_key}, or mark the reference optional",
                read=("kubectl get configmaps,secrets -n {ns}",),
            ),
        ),
        reasons=("ValuesError",),
        pattern=text(
            r"(?P<values_kind>Secret|ConfigMap) chart values reference '(?:[\w.-]+/)?"
            r"(?P<values_name>[\w.-]+)'(?: with key '(?P<values_key>[^']+)')?"
        ),
        kinds=_HR,
        trivial=True,
        upstream="PKG chartutil/values.go",
    ),
    Rule(
        "values-invalid",
        "the values do not fit the chart's schema: {detail}",
        (Step("correct the value in spec.values", read=(_SPEC,)), _AGAIN),
        pattern=text(r"values don't meet the specifications of the schema.*?(?P<detail>at '.*)"),
        kinds=_HR,
        upstream="helm pkg/chart/common/util/jsonschema.go",
    ),
    Rule(
        "helm-ownership",
        "{owned} exists already and does not belong to this release",
        (
            Step(
                "delete it, rename one of them, or let Helm adopt it (leave "
                "spec.install.disableTakeOwnership off)",
                read=("kubectl get {owned_kind} {owned_name} -n {ns} -o yaml",),
            ),
            _AGAIN,
        ),
        pattern=text(
            r"\b(?P<owned>(?P<owned_kind>\w+) \"(?P<owned_name>[\w.-]+)\") in namespace "
            r".*invalid ownership metadata|invalid ownership metadata"
        ),
        kinds=_HR,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        "helm-operation-pending",
        "another Helm operation on this release is, or was when it was cut off, in progress",
        (
            Step(
                "wait for the timeout; if it stays, force a new attempt",
                read=(_HISTORY,),
                change=(
                    "kubectl annotate --overwrite {resource} {name} -n {ns} "
                    "reconcile.fluxcd.io/requestedAt={now} reconcile.fluxcd.io/forceAt={now}",
                ),
            ),
        ),
        pattern=text(r"another operation .*in progress|has no deployed releases"),
        kinds=_HR,
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        "helm-release-too-large",
        "the release is larger than a Secret may be",
        (Step("make the chart smaller: .helmignore, fewer files in it"),),
        pattern=text(r"limit is \d+|request entity too large|Too long: (?:may|must) not be more"),
        kinds=_HR,
        upstream="helm pkg/storage/driver/secrets.go",
    ),
    Rule(
        "label-invalid",
        "the chart writes its version into a label, and helm-controller adds +DIGEST to the "
        "versions of OCI charts: '+' is not allowed there",
        (
            Step(
                'use replace "+" "_" on .Chart.Version in the chart\'s label helper, or switch '
                "--feature-gates=DisableChartDigestTracking=true on in helm-controller",
                read=(_SPEC,),
            ),
            _AGAIN,
        ),
        pattern=text(r"metadata\.labels: Invalid value: \"[^\"]*\+"),
        kinds=_HR,
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
    Rule(
        "template-error",
        "a template of the chart fails: {detail}",
        (
            Step("correct the chart's template, or use a version without the fault", read=(_SPEC,)),
            _AGAIN,
        ),
        pattern=text(
            r"^(?=.*?(?P<detail>no template \"[^\"]+\"|nil pointer evaluating \S+|function "
            r"\"\w+\" not defined|parse error at [^:]+|execution error at [^:]+)|.*executing "
            r"\"[^\"]+\" at)"
        ),
        kinds=_HR,
        upstream="Go text/template",
    ),
    Rule(
        "hook-failed",
        "a hook of the chart fails ({hook}): {workload}, {workload_state}",
        (
            Step(
                "read the hook's log and correct it",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl get pods -n {workload_ns}",
                ),
            ),
            _AGAIN,
        ),
        reasons=("InstallFailed", "UpgradeFailed", "UninstallSucceeded", "RollbackSucceeded"),
        pattern=text(r"failed (?P<hook>(?:pre|post)-\w+):"),
        kinds=_HR,
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        "helm-test-failed",
        "the release's test fails: {workload}, {workload_state}",
        (
            Step(
                "read the log of the test pod",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl logs {workload_name} -n {workload_ns} --tail=50",
                ),
            ),
        ),
        reasons=("TestFailed",),
        pattern=_WAITED,
        kinds=_HR,
        upstream="HC internal/reconcile/test.go",
    ),
    Rule(
        "helm-test-failed",
        "the release's test fails",
        (Step("read the log of the test pod", read=("kubectl get pods -n {target_ns}",)),),
        reasons=("TestFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/test.go",
    ),
    Rule(
        "helm-storage-forbidden",
        "helm-controller cannot read the release's storage",
        (Step("look at the rights of the ServiceAccount {sa} on Secrets", read=(_SPEC,)),),
        reasons=("StateError",),
        kinds=_HR,
        upstream="HC internal/reconcile/state.go",
    ),
    Rule(
        "upgrade-rolled-back",
        "the upgrade failed and was rolled back, so the previous version runs: {workload}, "
        "{workload_state}",
        (
            Step(
                "correct what kept it from becoming healthy",
                read=(_HISTORY, "kubectl get pods -n {workload_ns}"),
            ),
            _AGAIN,
        ),
        reasons=("RollbackSucceeded",),
        pattern=_WAITED,
        kinds=_HR,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        "upgrade-rolled-back",
        "the upgrade failed and was rolled back, so the previous version runs",
        (
            Step(
                "correct the chart or the values that fail; the message is that of the failed "
                "upgrade",
                read=(_HISTORY, "kubectl get pods -n {target_ns}"),
            ),
            _AGAIN,
        ),
        reasons=("RollbackSucceeded",),
        kinds=_HR,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        "rollback-failed",
        "the upgrade failed, and going back to the previous version failed too",
        (
            Step(
                "look at the release's history; both errors count",
                read=(_HISTORY, "kubectl get pods -n {target_ns}"),
            ),
            _AGAIN,
        ),
        reasons=("RollbackFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        "release-unhealthy",
        "the chart was rolled out, and {workload} does not become healthy: {workload_state}",
        (
            Step(
                "look at it and its pods",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl get pods -n {workload_ns}",
                ),
            ),
            _AGAIN,
        ),
        reasons=("InstallFailed", "UpgradeFailed", "UninstallSucceeded", "RollbackFailed"),
        pattern=_WAITED,
        kinds=_HR,
        upstream="HC internal/action, PKG ssa/manager_wait.go",
    ),
    Rule(
        "upgrade-failed",
        "the Helm upgrade fails",
        (
            Step(
                "look at what the message names", read=(_HISTORY, "kubectl get pods -n {target_ns}")
            ),
            _AGAIN,
        ),
        reasons=("UpgradeFailed", "UninstallFailed", "UninstallSucceeded", "PendingRelease"),
        kinds=_HR,
        upstream="HC internal/reconcile/upgrade.go",
    ),
    Rule(
        "helm-timeout",
        "what the chart rolled out was not ready within spec.timeout",
        (
            Step(
                "look at the pods; raise spec.timeout if they only need longer",
                read=("kubectl get pods -n {target_ns}", _HISTORY),
            ),
            _AGAIN,
        ),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        pattern=text(r"context deadline exceeded|timed out waiting for the condition"),
        kinds=_HR,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        "chart-unreadable",
        "the artifact that the source gives is no chart that Helm can load",
        (Step("look at what the source packs, and at spec.chartRef", read=(_SPEC,)),),
        reasons=("ArtifactFailed",),
        pattern=text(r"could not load chart"),
        kinds=_HR,
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
    Rule(
        "install-failed",
        "the Helm install fails",
        (Step("look at what the message names", read=("kubectl get pods -n {target_ns}",)), _AGAIN),
        reasons=("InstallFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/install.go",
    ),
    Rule(
        "helm-client-failed",
        "helm-controller cannot act for this release",
        (
            Step(
                "look at spec.kubeConfig, spec.serviceAccountName and the controller's log",
                read=("kubectl logs -n {flux_namespace} deployment/helm-controller --tail=50",),
            ),
        ),
        reasons=(
            "RESTClientError",
            "FactoryError",
            "ConfigFactoryErr",
            "ResourceManagerError",
            "ReconcileError",
            "ChartMutateError",
        ),
        kinds=_HR,
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
)

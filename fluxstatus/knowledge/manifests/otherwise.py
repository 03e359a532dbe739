"""Manifests that the API server rejects in any other way.

Upstream: kubernetes apimachinery validation, fluxcd/pkg ssa/errors, kustomize-controller
internal/controller/kustomization_controller.go.
"""

from fluxstatus.knowledge.commands import CLUSTER_OBJECT, LOG, OBJECT, SPEC
from fluxstatus.knowledge.manifests.shared import (
    APPLIES,
    FIELD,
    MANIFEST_INVALID,
    MANIFEST_NAME_INVALID,
    VALIDATION,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_APPLY_FAILED = Code("apply-failed", "The manifests cannot be applied to the cluster.")

_INVALID = (
    Rule(
        MANIFEST_NAME_INVALID,
        why="the name of {object} is longer than {limit} characters",
        steps=(
            Step(
                "shorten metadata.name {in_git}; many charts let you set the name with fullnameOverride. Kubernetes adds a suffix to the names of objects that it creates, such as the Jobs of a CronJob",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?<![\w.])metadata\.name: Invalid value: \"[^\"]*\": must be no more than (?P<limit>\d+) (?:characters|bytes)"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=VALIDATION,
    ),
    Rule(
        MANIFEST_NAME_INVALID,
        why="{field} of {object} is invalid: {detail}",
        steps=(
            Step(
                "correct {field} {in_git}: names can contain lowercase letters, digits and hyphens, and label values can have at most 63 characters",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?<![\w.])(?P<field>(?:(?:spec\.template\.)?metadata\.(?:name|labels|annotations)|"
            r"spec\.template\.labels|"
            r"spec\.selector\.matchLabels|metadata\.generateName)[\w.\[\]]*): Invalid value: "
            r"(?P<detail>[^\n]{1,200})"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream=VALIDATION,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} has more entries than its kind allows: {detail}",
        steps=(
            Step(
                "remove entries {in_git}, or split the object into several, for example an HTTPRoute per host",
                read=(SPEC,),
            ),
        ),
        pattern=Text(rf"{FIELD}: Too many: (?P<detail>\d+: must have at most \d+ items)"),
        kinds=APPLIES,
        upstream=VALIDATION,
    ),
    Rule(
        MANIFEST_INVALID,
        why="the API server rejects {field} of {object}: {detail}",
        steps=(
            Step(
                "correct {field} {in_git}: use one of the supported values, which are case-sensitive, or remove the field",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{FIELD}: (?P<detail>Unsupported value: \"[^\"]*\": supported values: [^\n]{{0,240}})"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream=VALIDATION,
    ),
    Rule(
        MANIFEST_INVALID,
        why="the API server rejects {field} of {object}: {detail}",
        steps=(
            Step(
                "correct {field} {in_git}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{FIELD}: (?P<detail>(?:Required value|Invalid value|Unsupported value|Duplicate "
            r"value|Not found:|Too many|Too long|Forbidden)[^\n]{0,240})"
        ),
        kinds=APPLIES,
        upstream=VALIDATION,
    ),
    Rule(
        MANIFEST_INVALID,
        why="the API server rejects {object} as invalid: {detail}",
        steps=(
            Step(
                "fix the reported error {in_git}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:dry-run failed \((?:Invalid|BadRequest)\)|is invalid|strict decoding error): ?"
            r"(?P<detail>[^\n]{1,240})"
        ),
        kinds=APPLIES,
        reach=Reach.STAGE,
        certainty="likely",
        upstream="PKG ssa/errors",
    ),
    Rule(
        MANIFEST_INVALID,
        why="a manifest has no kind, no name or no apiVersion: {detail}",
        steps=(
            Step(
                "correct the manifest {in_git}; in a ResourceSet, check its inputs and the fields of the template, especially metadata.name",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:Object 'Kind' is missing|missing metadata\.name|kind must be set|"
            r"resource name may not be empty|name is required|apiVersion must be set|"
            r"missing Resource metadata)[^\n]{0,160})"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes apimachinery runtime",
    ),
)

_OTHERWISE = (
    Rule(
        Code(
            "role-missing",
            "A role binding refers to a Role or ClusterRole that does not exist yet.",
        ),
        why="{object} refers to {role_kind} {missing_role}, which does not exist: to create a binding with ServiceAccount {sa}, the API server must first read the role",
        steps=(
            Step(
                "if the role is in the same Kustomization, move it to another Kustomization that this one depends on (spec.dependsOn), or start kustomize-controller with --custom-apply-stage-kinds=rbac.authorization.k8s.io/Role,rbac.authorization.k8s.io/ClusterRole",
                read=(SPEC,),
            ),
            Step(
                "otherwise, correct roleRef.name in Git, or create the role first",
                read=("kubectl get roles -n {target_ns}", "kubectl get clusterroles"),
            ),
        ),
        pattern=Text(
            r"RoleBinding/[^\n]{1,200}?(?P<role_kind>(?:cluster)?role)s\.rbac\.authorization\.k8s\.io "
            r"\"(?P<missing_role>[^\"]+)\" not found"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        certainty="one-of",
        quoted=True,
        upstream="kubernetes pkg/registry/rbac (escalation check), KC internal/controller",
    ),
    Rule(
        _APPLY_FAILED,
        why="the API server does not accept {object}: {detail}",
        steps=(
            Step(
                "check the error and the live object; to reproduce the error, run kubectl apply --server-side --dry-run=server with the manifest",
                read=(OBJECT, CLUSTER_OBJECT, LOG),
            ),
        ),
        pattern=Text(
            r"(?:dry-run failed(?:, reason)?(?: \(\w+\))?|apply failed[^:\n]{0,320}): ?(?P<detail>[^\n]{1,240})"
        ),
        kinds=APPLIES,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="PKG ssa/errors, ssa/manager_apply.go",
    ),
    Rule(
        _APPLY_FAILED,
        why="the manifests cannot be applied to the cluster: {innermost}",
        steps=(
            Step(
                "check the object in the error; to reproduce the error, run flux diff kustomization or kubectl apply --server-side --dry-run=server",
                read=(SPEC, LOG),
            ),
        ),
        reasons=("ReconciliationFailed",),
        kinds=frozenset({"Kustomization", "ResourceSet"}),
        certainty="unknown",
        upstream="KC, FO internal/controller",
    ),
)

RULES = (*_INVALID, *_OTHERWISE)

"""Pod templates with names, numbers or combinations of fields that are not allowed.

Upstream: kubernetes pkg/apis/core/validation and pkg/apis/apps/validation.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, FIELD, MANIFEST_INVALID
from fluxstatus.knowledge.rule import Rule, Step, Text

_CORE = "kubernetes pkg/apis/core/validation"

RULES = (
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is not a valid name: {given}",
        steps=(
            Step(
                "correct the name {in_git}, and update every field that refers to it; only lowercase letters, digits and hyphens are allowed. If the name comes from a variable or a chart value, check that this variable or value is set",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>(?:[cC]ontainers|volumes|volumeMounts|imagePullSecrets)\[\d+\]\.name|serviceAccountName|claimName|secretName|serviceName|priorityClassName): "
            r"Invalid value: (?P<given>\"[^\"\n]*\"): a (?:lowercase RFC 1123|DNS-1123|DNS-1035)"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is not a valid environment variable name: {given}",
        steps=(
            Step(
                "rename the variable {in_git}: the name cannot contain spaces or =, and in older versions of Kubernetes it cannot start with a digit. If the chart expects a mapping (NAME: value), do not use a list, because its variables would get numbers as names",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>\benv\[\d+\]\.name): Invalid value: (?P<given>\"[^\"\n]*\"): a valid environment variable name"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is Exists, but the toleration also has a value, which is not allowed",
        steps=(
            Step(
                "{in_git}, remove the toleration's value, or set operator: Equal",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>tolerations\[\d+\]\.operator): Invalid value: [^\n]{1,200}value must be empty when"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is invalid, because hostPort and containerPort must be equal on the host network (hostNetwork)",
        steps=(
            Step(
                "{in_git}, set hostPort and containerPort to the same number, or remove hostPort",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>ports\[\d+\]\.\w+): Invalid value: [^\n]{1,40}must match `?(?:hostPort|containerPort)"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="a container of {object} is privileged or has CAP_SYS_ADMIN, but its securityContext also sets allowPrivilegeEscalation: false",
        steps=(
            Step(
                "remove one of the two fields {in_git}{unset_default}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"cannot set `?allowPrivilegeEscalation`? to false and `?(?:privileged|capabilities)"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} sets both maxUnavailable and maxSurge to 0, so a rolling update cannot replace any pods",
        steps=(
            Step(
                "set maxUnavailable or maxSurge to at least 1 {in_git}, or use strategy.type: Recreate",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"may not be 0 when `?(?:maxSurge|maxUnavailable)"),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes pkg/apis/apps/validation",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is outside the allowed range: {detail}",
        steps=(
            Step(
                "correct the number {in_git}. If the number comes from a variable or a chart value, check that this variable or value is set, because an empty value may become 0",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            FIELD
            + r": Invalid value: (?P<detail>\"?-?\d[^\n:]{0,40}: (?:must be (?:between|greater|less|at least|at most|1\b|0\b|non-negative|positive)|should be (?:greater|less))[^\n]{0,120})"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes apimachinery validation",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} must set exactly one of several fields, but sets none or more than one: {detail}",
        steps=(
            Step(
                "set exactly one of these fields {in_git}, and check the indentation below {field}{unset_default}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            FIELD
            + r": (?:Invalid|Required) value: (?:[^\n:]{0,80}: )?(?P<detail>(?:must specify (?:only |exactly )?(?:one of|either|one )|either [^\n]{1,80} must be (?:specified|set))[^\n]{0,160})"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="the name of {object} does not match its spec: the name of a CRD must be PLURAL.GROUP, made of names.plural and group in its spec",
        steps=(
            Step(
                "correct the name of the CRD, or names.plural or group in its spec, in Git; a namePrefix or nameSuffix in kustomization.yaml also changes the names of CRDs",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"must be spec\.names\.plural\+\"\.\"\+spec\.group"),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        MANIFEST_INVALID,
        why="the API server cannot parse {object}: {detail}",
        steps=(
            Step(
                "{in_git}, correct the value that the error refers to: check its type or, under data of a Secret, its base64 encoding",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"the object provided is unrecognized[^\n]{0,120}json parse error: (?P<detail>[^\n]{1,160})"
        ),
        kinds=APPLIES,
        certainty="likely",
        upstream="kubernetes apimachinery runtime/serializer",
    ),
)

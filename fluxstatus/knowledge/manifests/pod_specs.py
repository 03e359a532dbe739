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
        why="a name in {object} is not valid ({field}): {given}",
        steps=(
            Step(
                "correct the name in Git (for a HelmRelease, in the values: a chart may build it from a value): lowercase letters, digits and hyphens only, and where other fields refer to it; if it comes from a variable, check that the variable is set",
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
        why="an environment variable of {object} has a name that is not allowed ({field}): {given}",
        steps=(
            Step(
                "rename the variable in Git (for a HelmRelease, in the values): no spaces and no =, and it must not start with a digit in older versions of Kubernetes; if the chart wants a mapping (NAME: value), a list gives the variables numbers as names",
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
        why="a toleration of {object} has operator Exists and also a value, which is not allowed ({field})",
        steps=(
            Step(
                "remove the value of the toleration, or set operator: Equal, in Git (for a HelmRelease, in the values)",
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
        why="{object} uses the network of the node (hostNetwork), so hostPort and containerPort of its ports must be equal ({field})",
        steps=(
            Step(
                "set both to the same number, or remove hostPort, in Git (for a HelmRelease, in the values)",
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
                "remove one of the two fields in Git (for a HelmRelease, in the values: the chart's default securityContext is merged with yours, so set the field that comes from the chart to null)",
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
        why="{object} sets maxUnavailable and maxSurge to 0, so a rolling update cannot replace any pod",
        steps=(
            Step(
                "set one of the two to at least 1 in Git (for a HelmRelease, in the values), or use strategy.type: Recreate",
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
                "correct the number in Git (for a HelmRelease, in the values); if it comes from a variable or a value of the chart, check that it is set: an empty one may become 0",
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
        why="{field} of {object} must have exactly one of several fields, but has none or more than one: {detail}",
        steps=(
            Step(
                "set exactly one of them in Git (for a HelmRelease, in the values: set the chart's default to null), and check the indentation below it",
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
        why="the name of {object} does not match its content: a CRD is named PLURAL.GROUP, after the plural and the group in its spec",
        steps=(
            Step(
                "correct metadata.name or the fields in Git; a namePrefix or nameSuffix in kustomization.yaml also changes the name of a CRD",
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
        why="the API server cannot read {object}: {detail}",
        steps=(
            Step(
                "correct the value that the error is about in Git (for a HelmRelease, in the values or the chart): its type, or base64 in data of a Secret",
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

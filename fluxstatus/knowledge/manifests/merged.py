"""Mutually exclusive fields that are both set after a merge with a patch, values or a live object.

Server-side apply keeps the fields that other field managers or Kubernetes' defaults have set.
Patches keep the fields of their base, and values keep the defaults of the chart.

Upstream: kubernetes pkg/apis/apps, core and networking validation, structured-merge-diff merge.
"""

from fluxstatus.knowledge.commands import OBJECT, SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, FIELD_LEFT_OVER
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_CONFLICTING = Code(
    "manifest-fields-conflict",
    "An object has two mutually exclusive fields, often because a merge kept both.",
)

_HR: KindNames = frozenset({"HelmRelease"})
_OF_GIT: KindNames = APPLIES - _HR
_PODS = "kubernetes pkg/apis/core/validation"
_MANAGED = OBJECT + " --show-managed-fields"
_RECREATE = """kubectl patch deployment {object_name} -n {object_ns} --type=json -p '[{{"op":"replace","path":"/spec/strategy","value":{{"type":"Recreate"}}}}]'"""

_ROLLING_UPDATE = Text(
    r"strategy\.rollingUpdate: Forbidden: may not be specified when strategy `?type`? is '?Recreate"
)
_HANDLERS = Text(
    r"(?P<field>\w+(?:Probe|\.postStart|\.preStop))\.\w+: Forbidden: may not specify more than 1 handler type"
)
_VOLUMES = Text(
    r"(?P<field>volumes\[\d+\])\.\w+: Forbidden: may not specify more than 1 volume type"
)

_IN_LIVE = Step(
    "if Git has only one of the two fields, another field manager (such as kubectl edit or an operator) set the other one in the live object: remove that field with kubectl edit",
    read=(_MANAGED,),
)
_ONE_IN_PATCH = Step(
    "remove one of the two fields in Git. A patch does not replace the fields of its base, so set the other field to null in the patch",
    read=(SPEC,),
)
_ONE_IN_VALUES = Step(
    "in spec.values, set the field that comes from the chart's defaults to null (for example, httpGet: null); Helm merges values with the chart's defaults",
    read=(SPEC,),
)

RULES = (
    Rule(
        FIELD_LEFT_OVER,
        why="{object} uses the strategy Recreate but also has rollingUpdate, which is not allowed: Kubernetes sets rollingUpdate by default, and server-side apply keeps it in the live object",
        steps=(
            Step(
                "if a base or patch in Git also sets rollingUpdate, remove rollingUpdate there",
                read=(_MANAGED,),
            ),
            Step(
                "otherwise, change the strategy of the live Deployment once; its pods keep running",
                change=(_RECREATE,),
            ),
        ),
        pattern=_ROLLING_UPDATE,
        kinds=_OF_GIT,
        certainty="one-of",
        upstream="kubernetes pkg/apis/apps/validation",
    ),
    Rule(
        FIELD_LEFT_OVER,
        why="{object} uses the strategy Recreate but also has rollingUpdate, which is not allowed: the chart's default values or the live object still contain rollingUpdate",
        steps=(
            Step(
                "in spec.values, set rollingUpdate: null next to type: Recreate, to remove the chart's default",
                read=(SPEC,),
            ),
            Step(
                "if the chart does not render rollingUpdate, the live Deployment still has the default, which server-side apply keeps. Change the strategy of the live Deployment once; its pods keep running",
                read=(_MANAGED,),
                change=(_RECREATE,),
            ),
        ),
        pattern=_ROLLING_UPDATE,
        kinds=_HR,
        certainty="one-of",
        upstream="kubernetes pkg/apis/apps/validation",
    ),
    Rule(
        _CONFLICTING,
        why="an environment variable of {object} sets both value and valueFrom, but only one is allowed ({field})",
        steps=(
            Step(
                "keep only one of value and valueFrom in Git. Patches and chart values are merged with the variable of the same name, so set the other field to null there",
                read=(SPEC,),
            ),
            _IN_LIVE,
        ),
        pattern=Text(
            r"(?P<field>[\w.\[\]]{0,120}env\[\d+\]\.valueFrom): Invalid value: \"[^\"]*\": may not be "
            r"specified when `?value`? is not empty"
        ),
        kinds=APPLIES,
        certainty="one-of",
        upstream=_PODS,
    ),
    Rule(
        _CONFLICTING,
        why="{field} of {object} has two handlers (httpGet, tcpSocket, exec or grpc), but only one is allowed: one comes from the chart's defaults and one from the values",
        steps=(_ONE_IN_VALUES, _IN_LIVE),
        pattern=_HANDLERS,
        kinds=_HR,
        certainty="one-of",
        upstream=_PODS,
    ),
    Rule(
        _CONFLICTING,
        why="{field} of {object} has two handlers (httpGet, tcpSocket, exec or grpc), but only one is allowed",
        steps=(_ONE_IN_PATCH, _IN_LIVE),
        pattern=_HANDLERS,
        kinds=_OF_GIT,
        certainty="one-of",
        upstream=_PODS,
    ),
    Rule(
        _CONFLICTING,
        why="a volume of {object} has two types, but only one is allowed ({field}): two volumes with the same name were merged",
        steps=(_ONE_IN_VALUES, _IN_LIVE),
        pattern=_VOLUMES,
        kinds=_HR,
        certainty="one-of",
        upstream=_PODS,
    ),
    Rule(
        _CONFLICTING,
        why="a volume of {object} has two types, but only one is allowed ({field}): two volumes with the same name were merged",
        steps=(_ONE_IN_PATCH, _IN_LIVE),
        pattern=_VOLUMES,
        kinds=_OF_GIT,
        certainty="one-of",
        upstream=_PODS,
    ),
    Rule(
        _CONFLICTING,
        why="{object} sets its class in both the annotation kubernetes.io/ingress.class and ingressClassName, but only one is allowed",
        steps=(
            Step(
                "remove the deprecated annotation kubernetes.io/ingress.class {in_git}",
                read=(SPEC,),
            ),
            Step(
                "if Git does not have the annotation, another field manager set it: remove the annotation from the live Ingress",
                read=(_MANAGED,),
            ),
        ),
        pattern=Text(
            r"Invalid value: [^\n]{1,120}: can ?not be set when the class field is also set"
        ),
        kinds=APPLIES,
        certainty="one-of",
        trivial=True,
        upstream="kubernetes pkg/apis/networking/validation",
    ),
    Rule(
        _CONFLICTING,
        why="{object} has both minAvailable and maxUnavailable, but only one is allowed",
        steps=(
            Step(
                "keep one of the two fields {in_git}, and remove the other{unset_default}",
                read=(SPEC,),
            ),
            Step(
                "if Git has only one of the two fields, another field manager set the other one in the live object: remove that field with kubectl edit",
                read=(_MANAGED,),
            ),
        ),
        pattern=Text(r"minAvailable and maxUnavailable cannot be both set"),
        kinds=APPLIES,
        certainty="one-of",
        upstream="kubernetes pkg/apis/policy/validation",
    ),
)

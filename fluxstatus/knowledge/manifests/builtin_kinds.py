"""Services, Ingresses, CronJobs and other built-in kinds with an invalid field.

Upstream: kubernetes pkg/apis validation (core, networking, batch, autoscaling, apiextensions).
"""

from fluxstatus.knowledge.commands import OBJECT, SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, MANIFEST_INVALID
from fluxstatus.knowledge.rule import Rule, Step, Text

_CORE = "kubernetes pkg/apis/core/validation"
_NETWORKING = "kubernetes pkg/apis/networking/validation"

RULES = (
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is not set, but networking.k8s.io/v1 requires it",
        steps=(
            Step(
                "set pathType {in_git}: use Prefix, Exact, or ImplementationSpecific for regular expressions. If an old chart does not set pathType, upgrade the chart",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<field>[\w.\[\]]{0,80}\.pathType): Required value"),
        kinds=APPLIES,
        trivial=True,
        upstream=_NETWORKING,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is {given}, which does not start with a slash",
        steps=(
            Step(
                "start the path with a slash {in_git}, or set pathType: ImplementationSpecific if the ingress controller supports such paths",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>paths\[\d+\]\.path): Invalid value: (?P<given>\"[^\"\n]*\"): must be an absolute path"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_NETWORKING,
    ),
    Rule(
        MANIFEST_INVALID,
        why="the host {given} in {object} is not a valid DNS name",
        steps=(
            Step(
                "correct the host {in_git}. It can contain only lowercase letters, digits, hyphens and dots, and * only as the entire first label. If the host comes from a variable, check that the variable is set and substituted",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:hosts?(?:\[\d+\])?|hostnames\[\d+\]): Invalid value: (?P<given>\"[^\"\n/:${}]*\"): a (?:lowercase RFC 1123|wildcard DNS|DNS-1123)"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_NETWORKING,
    ),
    Rule(
        MANIFEST_INVALID,
        why="no cluster IP is available for {object}, because the cluster's Service IP range is exhausted",
        steps=(
            Step(
                "delete unused Services, make some Services headless (clusterIP: None), or add a Service IP range to the cluster with a ServiceCIDR (Kubernetes 1.33 and later)",
                read=("kubectl get services -A",),
            ),
        ),
        pattern=Text(r"failed to allocate (?:a serviceIP|IP)[^\n]{0,40}range is full"),
        kinds=APPLIES,
        upstream="kubernetes pkg/registry/core/service/ipallocator",
    ),
    Rule(
        MANIFEST_INVALID,
        why="minReplicas of {object} is greater than maxReplicas",
        steps=(
            Step(
                "increase maxReplicas or decrease minReplicas {in_git}; if only one of them is set, the other has a default value",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"maxReplicas: Invalid value: [^\n]{1,40}must be greater than or equal to `?minReplicas"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes pkg/apis/autoscaling/validation",
    ),
    Rule(
        MANIFEST_INVALID,
        why="the schedule {given} of {object} is not a valid cron expression: {detail}",
        steps=(
            Step(
                "correct the schedule {in_git}: use five quoted fields (minute, hour, day of the month, month, day of the week) or a macro such as @daily or @hourly. To set a time zone, use timeZone",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"\bschedule: Invalid value: (?P<given>\"[^\"\n]*\"): (?P<detail>[^\n]{1,160})"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes pkg/apis/batch/validation",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is missing, or its value is not allowed for this kind",
        steps=(
            Step(
                "set restartPolicy {in_git}: use OnFailure or Never for a Job or CronJob, and Always or no restartPolicy for a Deployment, StatefulSet or DaemonSet",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>spec\.[\w.]{0,60}restartPolicy): (?:Required|Unsupported|Invalid) value"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes pkg/apis/batch and apps validation",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is not allowed for this type of Service: {detail}",
        steps=(
            Step(
                "{in_git}, change the type of the Service to one that supports this field (NodePort or LoadBalancer), or remove the field{unset_default}",
                read=(SPEC,),
            ),
            Step(
                "if Git does not set the field, the live Service still has the value from its previous type: remove that value with kubectl edit",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(
            r"(?<![\w.])(?P<field>spec\.[\w.\[\]]{1,80}): (?:Forbidden|Invalid value): (?P<detail>(?:(?:\"[^\"\n]*\"|\d+): )?may (?:only|not) be (?:used|set)"
            r"(?: when `?type`?| for externally-accessible)[^\n]{0,120})"
        ),
        kinds=APPLIES,
        certainty="one-of",
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} has no ports, which are required unless a Service is headless",
        steps=(
            Step(
                "add or enable a port of the Service {in_git}, or disable the Service if it is not needed",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"Service \"[^\"]*\" is invalid: (?:\[[^\n]{0,200})?spec\.ports: Required value"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is not a valid port name: port names can have at most 15 characters, and only lowercase letters, digits and hyphens",
        steps=(
            Step(
                "shorten or correct the port name {in_git}, and update every Service and probe that refers to it",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>(?:ports\[\d+\]\.name|\.port|targetPort|[pP]ortName)): Invalid value: [^\n]{1,120}(?:must be no more than 15 characters|"
            r"must contain only alpha-numeric characters|must contain at least one letter)"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="the cluster does not support the IP family in {field} of {object}: {detail}",
        steps=(
            Step(
                "{in_git}, remove ipFamilies, and set ipFamilyPolicy to SingleStack or PreferDualStack; a second IP family requires a dual-stack cluster",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>spec\.ipFamil(?:ies|yPolicy)[\w\[\]]*): Invalid value: (?P<detail>[^\n]{1,160}not (?:configured|enabled) on this cluster[^\n]{0,80})"
        ),
        kinds=APPLIES,
        quoted=True,
        upstream="kubernetes pkg/registry/core/service",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} has no volume source, such as a ConfigMap, a Secret or a PersistentVolumeClaim",
        steps=(
            Step(
                "add the volume's source {in_git}, and check the indentation below the volume's name. If a patch sets this volume, check the name in the patch: a name that is not in the pod template adds a second volume",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>\bvolumes\[\d+\]|\bspec): Required value: must specify a volume type"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} has a key that is not allowed ({field})",
        steps=(
            Step(
                "rename the key in Git; it can contain letters, digits, dots, hyphens and underscores, but no slashes. In a generator, write KEY=PATH. To use a path with slashes in a volume, map the key to the path in the volume's items",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>data\[[^\]\n]*\]): Invalid value: \"[^\"\n]*\": a valid config key must consist of"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} limits {given}, which Kubernetes does not recognize as a resource",
        steps=(
            Step(
                "correct the resource name under hard in the quota's spec in Git, for example requests.cpu, limits.memory, pods or count/RESOURCE.GROUP",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"hard\[[^\]\n]*\]: Invalid value: (?P<given>\"[^\"\n]*\"): must be a standard resource"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} is in a reserved API group (k8s.io or kubernetes.io), but does not have the annotation api-approved.kubernetes.io",
        steps=(
            Step(
                'use the CRD as its project publishes it, because the version may be old, or a tool or patch may have removed the annotation. Otherwise, add the annotation api-approved.kubernetes.io: "unapproved, experimental-only"',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"api-approved\.kubernetes\.io\]?: Required value|protected groups must have approval annotation"
        ),
        kinds=APPLIES,
        upstream="kubernetes apiextensions-apiserver pkg/apihelpers",
    ),
    Rule(
        MANIFEST_INVALID,
        why="the account that applies {object} is not allowed to set blockOwnerDeletion: the account does not have permission to update the finalizers of the object's owner",
        steps=(
            Step(
                "grant the ServiceAccount the verb update on the finalizers subresource of the owner's kind, or remove ownerReferences from the manifest in Git; OpenShift requires this permission by default",
                read=(SPEC, OBJECT),
            ),
        ),
        pattern=Text(r"cannot set blockOwnerDeletion"),
        kinds=APPLIES,
        upstream="kubernetes plugin/pkg/admission/gc",
    ),
)

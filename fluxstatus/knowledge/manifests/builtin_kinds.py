"""Services, Ingresses, CronJobs and other kinds of Kubernetes with a field that is not valid.

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
        why="a path of {object} has no pathType, which networking.k8s.io/v1 requires ({field})",
        steps=(
            Step(
                "set pathType: Prefix (or Exact, or ImplementationSpecific for regular expressions) next to the path in Git (for a HelmRelease, in the values; an old chart needs an upgrade)",
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
        why="path {given} of {object} does not start with a slash ({field})",
        steps=(
            Step(
                "write the path with a leading slash in Git (for a HelmRelease, in the values), or set pathType: ImplementationSpecific if the ingress controller supports such paths",
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
        why="{object} has a host that is not a valid DNS name: {given}",
        steps=(
            Step(
                "correct the host in Git (for a HelmRelease, in the values): lowercase letters, digits, hyphens and dots, and a * only as the whole first part; if it comes from a variable, check that the variable is set and substituted",
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
        why="no cluster IP is free for {object}: the range of Service addresses of the cluster is used up",
        steps=(
            Step(
                "delete Services that are not needed, make some headless (clusterIP: None), or add a range of addresses to the cluster (ServiceCIDR, Kubernetes 1.33 and newer)",
                read=("kubectl get services -A",),
            ),
        ),
        pattern=Text(r"failed to allocate (?:a serviceIP|IP)[^\n]{0,40}range is full"),
        kinds=APPLIES,
        upstream="kubernetes pkg/registry/core/service/ipallocator",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} has a higher minimum than maximum number of replicas",
        steps=(
            Step(
                "raise maxReplicas, or lower minReplicas, in Git (for a HelmRelease, in the values: the chart's default of the other one may apply)",
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
                "correct the schedule in Git (for a HelmRelease, in the values): five fields (minute, hour, day of the month, month, day of the week) in quotes, or @daily, @hourly; a time zone is set in timeZone",
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
        why="the pod template of {object} has a restartPolicy that its kind does not allow, or none ({field})",
        steps=(
            Step(
                "set restartPolicy: OnFailure or Never for a Job or CronJob, and Always (or no restartPolicy) for a Deployment, StatefulSet or DaemonSet, in Git (for a HelmRelease, in the values or the chart)",
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
        why="{field} of {object} is only allowed for another type of Service: {detail}",
        steps=(
            Step(
                "set the type of the Service that this field belongs to (NodePort or LoadBalancer), or remove the field, in Git (for a HelmRelease, in the values: set the chart's default to null)",
                read=(SPEC,),
            ),
            Step(
                "if Git does not set it, the live Service has kept it from its previous type: remove it with kubectl edit",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(
            r"(?<![\w.])(?P<field>spec\.[\w.\[\]]{1,80}): (?:Forbidden|Invalid value): (?P<detail>(?:\"[^\"\n]*\": )?may (?:only|not) be (?:used|set)"
            r"(?: when `?type`?| for externally-accessible)[^\n]{0,120})"
        ),
        kinds=APPLIES,
        certainty="one-of",
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} has no ports, which a Service requires unless it is headless",
        steps=(
            Step(
                "add a port in Git; for a HelmRelease, enable a port of this Service in spec.values, or disable the Service",
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
        why="the name of a port of {object} is longer than 15 characters, or has characters other than lowercase letters, digits and - ({field})",
        steps=(
            Step(
                "shorten or correct the name of the port in Git (for a HelmRelease, in the values or the chart), and also where Services and probes refer to it",
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
        why="the cluster does not support the IP family that {object} requests ({field}): {detail}",
        steps=(
            Step(
                "remove ipFamilies in Git (for a HelmRelease, in the values), and set ipFamilyPolicy to SingleStack or PreferDualStack; a second family requires a dual-stack cluster",
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
        why="a volume of {object} has a name, but no source such as a ConfigMap, a Secret or a claim ({field})",
        steps=(
            Step(
                "add the source of the volume in Git (for a HelmRelease, in the values): check the indentation below its name, and for a patch the name of the volume: a name that the pod template does not have adds a second volume",
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
                "rename the key in Git: letters, digits, dots, hyphens and underscores are allowed, but no slash; for a generator, write KEY=PATH; for a path in a volume, use items of the volume",
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
        why="{object} limits a resource that Kubernetes does not recognize ({given})",
        steps=(
            Step(
                "correct the name in hard in Git, such as requests.cpu, limits.memory, pods or count/RESOURCE.GROUP",
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
        why="{object} belongs to a group that is reserved for Kubernetes (k8s.io, kubernetes.io), but does not have the annotation of its approval, api-approved.kubernetes.io",
        steps=(
            Step(
                'use the CRD as its project publishes it (a tool or a patch removed the annotation, or the version is old), or add api-approved.kubernetes.io: "unapproved, experimental-only" to its annotations',
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
        why="the account that applies {object} is not allowed to set blockOwnerDeletion in its owner reference: it lacks the permission to update the finalizers of the owner",
        steps=(
            Step(
                "grant the ServiceAccount the verb update on the subresource finalizers of the owner's kind (OpenShift checks this by default), or remove ownerReferences from the manifest in Git",
                read=(SPEC, OBJECT),
            ),
        ),
        pattern=Text(r"cannot set blockOwnerDeletion"),
        kinds=APPLIES,
        upstream="kubernetes plugin/pkg/admission/gc",
    ),
)

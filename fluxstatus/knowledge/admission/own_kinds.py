"""Webhooks that validate objects of their own kinds and describe the problem in free text.

A component's webhook checks more than the schema of its CRDs can, such as conflicts with other
objects, references and immutable fields. Each component has its own texts, so a rule only looks for
words that are common in them.

Upstream: kubernetes apiserver admission plugin/webhook, and the webhooks of operators.
"""

from fluxstatus.knowledge.admission.shared import (
    ADMISSION_DENIED,
    ADMISSION_IMMUTABLE,
    ADMISSION_INVALID,
    HOOKS,
    WEBHOOK,
)
from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.facts import is_a
from fluxstatus.knowledge.rule import Rule, Step, Text

_DENIED = (
    r"admission webhook \"(?P<webhook>(?!validate\.(?:kyverno|nginx)|[\w.-]*gatekeeper|"
    r"[vm](?:pod|deployment|statefulset|daemonset|job|service|ingress|namespace|persistentvolume|pvc)[\w-]*\.kb\.io)"
    r"[^\"]+)\" denied the request:?\s*"
)
"""A denial by a webhook, except webhooks that are known to enforce policies for built-in kinds."""
_DETAIL = r"(?P<detail>.{0,400})"

OF_KYVERNO = (
    Rule(
        ADMISSION_INVALID,
        why="a Kyverno controller does not have a permission that {object} requires: {detail}",
        steps=(
            Step(
                'grant the permission before the policy is applied, in the values of the Kyverno chart (backgroundController.rbac.clusterRole.extraResources) or with a ClusterRole that has the label rbac.kyverno.io/aggregate-to-background-controller: "true". Other Kyverno controllers have their own name in the label and in the values',
                read=(SPEC, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[\w.-]*kyverno[\w.-]*)\" denied the request:?\s*(?=.{0,300}?(?:requires permissions|does not have permissions|auth check fails))"
            + _DETAIL
        ),
        quoted=True,
        upstream="kyverno pkg/validation/policy",
    ),
)

RULES = (
    Rule(
        ADMISSION_INVALID,
        why="{object} cannot scale by {trigger}, because container {scaled_container} of the workload has no {trigger} request",
        steps=(
            Step(
                "set resources.requests.{trigger} of container {scaled_container} {in_git}",
                read=(OBJECT,),
            ),
            Step(
                "if the request is set there but not in the cluster, apply the workload first: KEDA checks the workload in the cluster, and Flux applies nothing while the dry run of an object fails. Move the ScaledObject to a separate Kustomization with spec.dependsOn",
                when=(is_a("Kustomization", "ResourceSet"),),
            ),
        ),
        pattern=Text(
            _DENIED
            + r"the scaledobject has an? (?P<trigger>\w+) trigger but the container (?P<scaled_container>\S+) doesn't have the \w+ request defined"
        ),
        quoted=True,
        upstream="keda apis/keda/v1alpha1/scaledobject_webhook.go",
    ),
    Rule(
        ADMISSION_DENIED,
        why="Rancher's webhook does not allow the account that Flux uses to change {object}: {detail}",
        steps=(
            Step(
                "remove the annotation field.cattle.io/projectId and Rancher's Pod Security labels from the manifest in Git, or ask an owner of the project to move the namespace into it",
                read=(SPEC, CLUSTER_OBJECT),
            ),
            Step(
                "alternatively, grant the account that Flux uses the verb manage-namespaces on the project (or updatepsa for the labels)",
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[\w.-]*namespaces?[\w.-]*\.rancher\.io|rancher\.cattle\.io[\w.-]*namespaces?[\w.-]*)\" denied the request:?\s*"
            + _DETAIL
        ),
        certainty="likely",
        quoted=True,
        upstream="rancher webhook, pkg/resources/core/v1/namespace",
    ),
    Rule(
        ADMISSION_INVALID,
        why="Gatekeeper's webhook rejects {object} because its Rego code or its parameters are invalid: {detail}",
        steps=(
            Step(
                "correct the template or the constraint in Git. To check it, run gator verify, or run opa check on the Rego code",
                read=(SPEC, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            r"admission webhook \"(?P<webhook>[\w.-]*gatekeeper[\w.-]*)\" denied the request:?(?!\s*\[)\s*(?=.{0,300}?(?:rego_\w+_error|[iI]nvalid (?:ConstraintTemplate|rego|import)|"
            r"parameters|spec\.\w+))" + _DETAIL
        ),
        certainty="likely",
        quoted=True,
        upstream="gatekeeper pkg/webhook, frameworks/constraint",
    ),
    Rule(
        ADMISSION_IMMUTABLE,
        why="{object} already exists in another version, and admission webhook {webhook} does not allow this upgrade or downgrade: {detail}",
        steps=(
            Step(
                "restore the old version {in_git}, and upgrade as the component's documentation describes: one version at a time, or by dumping the data and restoring it into a new object",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?=[^\n]{0,300}?(?:can(?:not|'t| not) (?:upgrade|downgrade|migrate)|downgrades? (?:is|are) not|unsupported (?:version )?(?:upgrade|downgrade|update)|"
            r"version downgrade|upgrade (?:from|path|is not)|skip\w* (?:a )?(?:minor|major)))"
            + _DETAIL
        ),
        certainty="likely",
        quoted=True,
        upstream=WEBHOOK,
    ),
    Rule(
        ADMISSION_DENIED,
        why="admission webhook {webhook} rejects {object} because it conflicts with another object: {detail}",
        steps=(
            Step(
                "remove one of the two objects, or change the value that both use (a name, host, address, port or target) in Git. If the other object was renamed or removed in Git, delete it, because Flux only prunes it after everything has been applied",
                read=(OBJECT, CLUSTER_OBJECT, SPEC),
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?=[^\n]{0,300}?\b(?:(?:is |are )?already (?:\w+ )?(?:exists?|managed|defined|used|in use|taken|claimed|registered|assigned|allocated|owned|has|have|served|bound|by)\b|"
            r"conflicts? with|overlaps?\b|(?:is|are) not unique|must be unique))" + _DETAIL
        ),
        certainty="likely",
        quoted=True,
        upstream=WEBHOOK,
    ),
    Rule(
        ADMISSION_INVALID,
        why="admission webhook {webhook} rejects {object} because {user} cannot {verb} {what}: an RBAC permission is missing",
        steps=(
            Step(
                "grant the permission to {user} with a Role or ClusterRole and a binding. If this is the webhook's own ServiceAccount, its chart or operator usually creates them: check that the release is ready and that the creation of RBAC is not disabled in its values",
                read=(
                    HOOKS,
                    "kubectl get clusterrolebindings,rolebindings -A -o wide",
                ),
            ),
        ),
        pattern=Text(
            _DENIED
            + r"[^\n]{0,300}?is forbidden: User \"(?P<user>[^\"\n]+)\" cannot (?P<verb>[\w-]+) resource \"(?P<what>[^\"\n]+)\""
        ),
        certainty="likely",
        quoted=True,
        upstream=f"{WEBHOOK}, kubernetes apiserver authorization",
    ),
    Rule(
        ADMISSION_INVALID,
        why="admission webhook {webhook} rejects {object} because it refers to something that does not exist yet: {detail}",
        steps=(
            Step(
                "create the missing object first, or correct its name or namespace {in_git}. If both objects are in the same Kustomization, move the missing one to a separate Kustomization, and add that Kustomization to spec.dependsOn, because nothing is applied while the dry run fails",
                read=(SPEC, OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?=[^\n]{0,300}?(?:\bnot found\b|(?:does|do) not exist|doesn't exist|no such \w+|(?:can(?:not|'t)|could not|unable to|failed to) (?:be )?(?:find|get|found|resolve|look ?up|retrieve)\b|"
            r"no matching|undefined|not (?:defined|declared|registered)))(?![^\n]{0,200}(?:Required value|not found in|\bspec\.[\w.\[\]/-]+ (?:['\"][^'\"\n]*['\"] )?not found))"
            + _DETAIL
        ),
        certainty="likely",
        quoted=True,
        upstream=WEBHOOK,
    ),
    Rule(
        ADMISSION_INVALID,
        why="admission webhook {webhook} rejects {object} because some of its settings exclude each other: {detail}",
        steps=(
            Step(
                "{in_git}, keep only one of the settings{unset_default}",
                read=(SPEC, OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "if Git has only one of the settings, another field manager has set the other one on the live object. Remove that other setting with kubectl edit",
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?=[^\n]{0,300}?(?:\b(?:only|exactly|at most) one\b|more than one\b|mutually exclusive|\bboth\b|at the same time|simultaneously|cannot be (?:combined|used (?:with|together))))"
            + _DETAIL
        ),
        certainty="likely",
        quoted=True,
        upstream=WEBHOOK,
    ),
    Rule(
        ADMISSION_INVALID,
        why="admission webhook {webhook} rejects {object} because it contains an expression or a value that cannot be parsed: {detail}",
        steps=(
            Step(
                "{in_git}, correct the expression or value. Template braces must be escaped in a chart, and $ must be written as $$ in a Kustomization with spec.postBuild",
                read=(SPEC, OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?=[^\n]{0,300}?(?:(?:parse|parsing|syntax|compil\w+) (?:error|failed)|(?:could not|cannot|can't|failed to|unable to|error) (?:be )?(?:pars\w+|compil\w+|decod\w+|unmarshal\w*)|"
            r"invalid (?:expression|CIDR|duration|reg(?:ular )?ex\w*|cron|URL|JSON|YAML|quer\w+|character|address|format)|unmarshal|unexpected (?:token|character|end)))"
            + _DETAIL
        ),
        certainty="likely",
        quoted=True,
        upstream=WEBHOOK,
    ),
    Rule(
        ADMISSION_DENIED,
        why="admission webhook {webhook} does not allow changes to {object} in its current state: {detail}",
        steps=(
            Step(
                "bring the object into the state that the message requires (such as detached volumes or a finished operation), or restore the old value in Git until then. Flux retries automatically",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?=[^\n]{0,300}?(?:\b(?:before|until|while|when|unless|after)\b[^\n]{0,60}(?:detach|attach|in use|running|finish|complet|stopp|delet|ready|exist|remov|in progress)|"
            r"\b(?:still|currently) (?:in use|attached|running|being)|is being (?:deleted|used)|in progress))"
            + _DETAIL
        ),
        certainty="likely",
        quoted=True,
        upstream=WEBHOOK,
    ),
    Rule(
        ADMISSION_INVALID,
        why="admission webhook {webhook} rejects {object} because a required setting is missing: {detail}",
        steps=(
            Step(
                "add the setting {in_git}. If it is already set, check its name and indentation, and check that its variables are not empty",
                read=(SPEC, "kubectl explain {object_resource} --recursive"),
            ),
        ),
        pattern=Text(
            _DENIED
            + r"(?=[^\n]{0,300}?(?:\b(?:is|are) required\b|\bmissing\b|\bmust (?:be )?(?:set|specif\w+|defin\w+|provid\w+|contain|have|include)\b|"
            r"\b(?:is|are|be) empty\b|\bnot (?:set|specified|provided)\b|Required value|at least one|requires? an?\b))"
            + _DETAIL
        ),
        certainty="likely",
        quoted=True,
        upstream=WEBHOOK,
    ),
)

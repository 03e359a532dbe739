"""Conflicts with field managers, concurrent updates and the ports of other Services.

Upstream: kubernetes apimachinery managedfields and api/errors, pkg/registry/core/service.
"""

from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, FIELD
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_UPDATE_CONFLICT = Code(
    "update-conflict", "Another client modified an object while Flux was applying it."
)
_FIELD_MANAGER_CONFLICT = Code(
    "field-manager-conflict", "Another field manager owns a field that Flux is trying to set."
)

_CONFLICT = (
    r"conflicts? with \"(?P<manager>[^\"]+)\"(?: with subresource \"[^\"]+\")?"
    r"(?: using [^\s:]+)?(?: at [^\s:]+)?:\s*(?:- )?(?P<field>[^\n]{1,160})"
)

RULES = (
    Rule(
        _UPDATE_CONFLICT,
        why="the API server could not count {object} against ResourceQuota {quota}, because several objects were created at the same time; the quota is not exceeded",
        steps=(
            Step(
                "wait for the next attempt, or reconcile again",
                read=("kubectl describe resourcequotas -n {target_ns}",),
            ),
        ),
        pattern=Text(
            r"Operation cannot be fulfilled on resourcequotas \"(?P<quota>[\w.-]+)\": the object has been modified"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        transient=True,
        upstream="kubernetes plugin/pkg/admission/resourcequota",
    ),
    Rule(
        _FIELD_MANAGER_CONFLICT,
        why="field manager {manager} owns {field} of {object}, so Helm cannot apply the value from the chart",
        steps=(
            Step(
                "let only one manager set {field}: remove it from the chart or its values, or stop {manager} from setting it. For example, do not set replicas if an autoscaler does",
                read=(OBJECT + " --show-managed-fields",),
            ),
            Step("upgrade Flux to 2.8 or later, in which helm-controller takes over these fields"),
        ),
        pattern=Text(_CONFLICT),
        kinds=frozenset({"HelmRelease"}),
        upstream="kubernetes apimachinery managedfields, HC internal/action",
    ),
    Rule(
        _FIELD_MANAGER_CONFLICT,
        why="field manager {manager} owns {field} of {object}, which Flux is trying to set",
        steps=(
            Step(
                "let only one manager set {field}: remove it from Git, or stop {manager} from setting it",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(_CONFLICT),
        upstream="kubernetes apimachinery managedfields",
    ),
    Rule(
        _FIELD_MANAGER_CONFLICT,
        why="another field manager owns a field of {object} that Flux is trying to set",
        steps=(
            Step(
                "let only one manager set the field: remove it from Git, or stop the other manager from setting it",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(r"FieldManagerConflict|conflicts? with \""),
        upstream="kubernetes apimachinery managedfields",
    ),
    Rule(
        _UPDATE_CONFLICT,
        why="another client deleted {object}, or deleted and recreated it, while Flux was applying it",
        steps=(
            Step(
                "wait for the next attempt. If the error persists, find out what deletes the object; common causes are a controller, a job, or another Kustomization that prunes the object",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "if the manifest in Git sets metadata.uid, as manifests exported from a cluster often do, remove that field"
            ),
        ),
        pattern=Text(r"AdditionalErrorMsg: Precondition failed: UID in precondition"),
        kinds=APPLIES,
        certainty="one-of",
        transient=True,
        upstream="kubernetes apiserver pkg/storage errors.go",
    ),
    Rule(
        _UPDATE_CONFLICT,
        why="another client modified {object} while Flux was applying it (the object has been modified)",
        steps=(
            Step(
                "wait for the next attempt. If the error persists, remove metadata.resourceVersion from the manifest in Git if it is set, or find the controller that keeps changing the object",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(r"the object has been modified"),
        kinds=APPLIES,
        certainty="one-of",
        transient=True,
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        Code(
            "port-out-of-range",
            "A Service requests a node port or IP address outside the cluster's range.",
        ),
        why="{field} of {object} is {port}, which is outside the cluster's range ({range})",
        steps=(
            Step(
                "choose a value in the range {range} {in_git}, or omit {field} so that Kubernetes allocates a value",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{FIELD}: Invalid value: (?P<port>\"?[\d.:a-f]+\"?): (?:failed to allocate IP [\w.:]+: )?(?:the )?"
            r"provided (?:port|IP)(?: \([\w.:]+\))? is not in the valid range\. The range of valid (?:port|IP)s is (?P<range>[\w.:/-]*\w)"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes registry/core/service (portallocator, ipallocator)",
    ),
    Rule(
        Code("port-in-use", "A Service requests a port or IP address that is already allocated."),
        why="{field} of {object} is {port}, which is already allocated",
        steps=(
            Step(
                "choose another port or address, or omit the field so that Kubernetes allocates one",
                read=("kubectl get services -A -o wide",),
            ),
        ),
        pattern=Text(
            rf"{FIELD}: Invalid value: (?:\[\]string\{{)?(?P<port>\"?[\d.:a-f]+\"?)\}}?: (?:failed to allocate[^\n]*|"
            r"provided (?:port|IP) is already allocated)"
        ),
        kinds=APPLIES,
        upstream="kubernetes registry/core/service",
    ),
)

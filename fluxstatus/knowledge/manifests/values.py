"""Pod templates, Services, Ingresses, Secrets and Flux objects with a value that is not allowed.

Upstream: kubernetes pkg/apis validation, apimachinery api/resource.
"""

from fluxstatus.knowledge.codes import NOT_SUBSTITUTED
from fluxstatus.knowledge.commands import OBJECT, SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, MANIFEST_INVALID
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_CORE = "kubernetes pkg/apis/core/validation"

RULES = (
    Rule(
        MANIFEST_INVALID,
        why="a container of {object} has no image ({field})",
        steps=(
            Step(
                "if a patch changes this container, correct its name there: a patch with a name that the pod template does not have adds a second container without an image",
                read=(SPEC,),
            ),
            Step(
                "otherwise set the image in Git (for a HelmRelease, in the values), and check that a variable in it is not empty"
            ),
        ),
        pattern=Text(r"(?P<field>[\w.]{0,80}[cC]ontainers\[\d+\]\.image): Required value"),
        kinds=APPLIES,
        certainty="one-of",
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why='{object} mounts volume "{volume}", which its pod template does not define',
        steps=(
            Step(
                'add a volume "{volume}" to the volumes of the pod template, or correct the name in volumeMounts (for a HelmRelease, in the values or the chart)',
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"volumeMounts\[\d+\]\.name: Not found: \"(?P<volume>[^\"]+)\""),
        kinds=APPLIES,
        trivial=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="two volumeMounts of a container of {object} have the same mountPath {path}",
        steps=(
            Step(
                "remove one of the two in Git (for a HelmRelease, in the values: the chart may mount a volume there, too)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"volumeMounts\[\d+\]\.mountPath: Invalid value: \"(?P<path>[^\"]+)\": must be unique"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} has a quantity whose unit or format is not valid: {quantity}",
        steps=(
            Step(
                "correct the quantity in Git (for a HelmRelease, in the values): memory and storage have units such as Mi and Gi (not MB or GB), CPU is 500m or 0.5; if it comes from a variable, check that the variable is not empty",
                read=(SPEC, OBJECT),
            ),
        ),
        pattern=Text(
            r"(?:(?<![\w.])(?P<quantity>[\w.\[\]]{1,120}: Invalid value: \"[^\"\n]{1,60}\"): )?(?:quantities must match the "
            r"regular expression|unable to parse quantity's suffix|unable to parse numeric part of quantity)"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes apimachinery api/resource",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is {given}, which is not a valid duration: it needs a unit",
        steps=(
            Step(
                "write the duration with a unit in Git, such as 30s, 10m or 1h",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?<![\w.])(?P<field>[\w.\[\]]{1,120}): Invalid value: (?P<given>\"[^\"]*\"): [\w.\[\]]{1,120} in body should "
            r"match '\^\(\[0-9\]\+\(\\*\.\[0-9\]\+\)\?\([msh|]+\)\)\+\$'"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="CRDs of Flux: metav1.Duration",
    ),
    Rule(
        NOT_SUBSTITUTED,
        why="{object} contains {variable}, a variable that was not substituted in the HelmRelease",
        steps=(
            Step(
                "define the variable in spec.postBuild of the Kustomization that applies the HelmRelease (without spec.postBuild, Flux substitutes nothing), and check that the HelmRelease is not annotated with kustomize.toolkit.fluxcd.io/substitute: disabled",
                read=(SPEC,),
            ),
            Step(
                "if the variable is in a values file of spec.valuesFrom or in the chart, Flux does not substitute it there: write the value, or generate the ConfigMap in a Kustomization with spec.postBuild"
            ),
        ),
        pattern=Text(
            r"(?<![\w.])spec\.[\w.\[\]]{1,160}: Invalid value: \"[^\"\n]{0,120}?(?P<variable>\$\{[A-Za-z_]\w*[^}\s\"]{0,80}\})"
        ),
        kinds=frozenset({"HelmRelease"}),
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="PKG kustomize/kustomize_varsub.go",
    ),
    Rule(
        MANIFEST_INVALID,
        why="a probe or lifecycle hook of {object} has no handler ({field})",
        steps=(
            Step(
                "set one of httpGet, tcpSocket, exec and grpc in it, or remove it, in Git (for a HelmRelease, in the values; a chart often has a switch such as enabled: false); check the indentation",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?<![\w.])(?P<field>[\w.\[\]]{1,160}(?:Probe|postStart|preStop)): Required value: must specify a handler type"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="two containers or volumes of {object} have the same name {given} ({field})",
        steps=(
            Step(
                "rename or remove one of the two in Git (for a HelmRelease, in the values: the chart may define one of this name, too)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?<![\w.])(?P<field>[\w.\[\]]{0,120}(?:[cC]ontainers|volumes)\[\d+\]\.name): Duplicate value: (?P<given>\"[^\"]*\")"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{field} of {object} is {given}, an address without a prefix length",
        steps=(
            Step(
                "write the address with its prefix length in Git, such as 10.0.0.1/32 for one address (for a HelmRelease, in the values)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?<![\w.])(?P<field>[\w.\[\]]{1,160}): Invalid value: (?P<given>\"[\d.:a-fA-F]+\"): must be a valid CIDR"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes pkg/apis/networking/validation",
    ),
    Rule(
        MANIFEST_INVALID,
        why="a ServiceAccount in subjects of {object} has no namespace ({field})",
        steps=(
            Step(
                "set namespace for this subject in Git (for a HelmRelease, in the values or the chart): a role binding does not use its own namespace by default",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<field>subjects\[\d+\]\.namespace): Required value"),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes pkg/apis/rbac/validation",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} has a host that is not a host name: {given}",
        steps=(
            Step(
                "write only the host name, without https://, a path or a port, in Git (for a HelmRelease, in the values); if it comes from a variable, check its value",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:hosts?(?:\[\d+\])?|hostnames\[\d+\]): Invalid value: (?P<given>\"[^\"]*[/:${}][^\"]*\")"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes pkg/apis/networking/validation",
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} has several ports, and at least one of them has no name ({field})",
        steps=(
            Step(
                "give each port a name in Git (for a HelmRelease, in the values or the chart)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<field>\bports\[\d+\]\.name): Required value"),
        kinds=APPLIES,
        trivial=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} has two entries in ports with the same number and protocol ({field})",
        steps=(
            Step(
                "remove or change one of the two in Git (for a HelmRelease, in the values or the chart)",
                read=(SPEC,),
            ),
            Step(
                "if Git has the port only once, the live object has the other one from another field manager or from before it was renamed: remove it there with kubectl edit",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(r"(?P<field>\bports\[\d+\]): Duplicate value"),
        kinds=APPLIES,
        certainty="one-of",
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="{object} is of type kubernetes.io/tls, but does not have key {key}",
        steps=(
            Step(
                "add tls.crt and tls.key (both may be empty if a controller fills them in), or change the type of the Secret",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"data\[(?P<key>tls\.(?:crt|key))\]: Required value"),
        kinds=APPLIES,
        trivial=True,
        upstream=_CORE,
    ),
    Rule(
        MANIFEST_INVALID,
        why="key .dockerconfigjson of {object} is missing or is not JSON: {detail}",
        steps=(
            Step(
                "store the Docker config as JSON; under data it is encoded with base64 exactly once, under stringData not at all; if it comes from a variable or a decrypted file, check its content",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"data\[\.dockerc(?:onfigjson|fg)\]: (?P<detail>Required value|Invalid value: [^\n]{1,200})"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream=_CORE,
    ),
)

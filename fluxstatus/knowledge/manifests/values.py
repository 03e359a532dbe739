"""Pod templates, Services, Ingresses, Secrets and Flux objects with an invalid value.

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
        why="a container of {object} has no image ({field} is not set)",
        steps=(
            Step(
                "if a patch changes this container, correct the container's name in the patch; a name that is not in the pod template adds a second container, which has no image",
                read=(SPEC,),
            ),
            Step(
                "otherwise, set the image {in_git}, and check that any variable in it is not empty"
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
                '{in_git}, define the volume "{volume}" in the pod template, or correct its name in volumeMounts',
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
        why="two volumeMounts in a container of {object} have the same mountPath {path}",
        steps=(
            Step(
                "remove one of the two volumeMounts {in_git}",
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
        why="{object} has a quantity with an invalid unit or format: {quantity}",
        steps=(
            Step(
                "correct the quantity {in_git}: use units such as Mi and Gi (not MB or GB) for memory and storage, and values such as 500m or 0.5 for CPU. If the quantity comes from a variable, check that the variable is not empty",
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
        why="{field} of {object} is {given}, which is not a valid duration, because it has no unit",
        steps=(
            Step(
                "add a unit to the duration in Git, such as 30s, 10m or 1h",
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
        why="{object} contains variable {variable}, which was not substituted in the HelmRelease",
        steps=(
            Step(
                "define the variable in spec.postBuild of the Kustomization that applies the HelmRelease, and check that the HelmRelease does not have the annotation kustomize.toolkit.fluxcd.io/substitute: disabled. Without spec.postBuild, Flux does not substitute any variables",
                read=(SPEC,),
            ),
            Step(
                "if the variable is in the chart or in a values file in spec.valuesFrom, Flux does not substitute it there. Write the value itself, or generate the ConfigMap in a Kustomization with spec.postBuild"
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
        why="{field} of {object} has no handler",
        steps=(
            Step(
                "{in_git}, check the indentation, and set a handler (httpGet, tcpSocket, exec or grpc) in {field}. Alternatively, remove the field. Many charts have a value that disables a probe, such as enabled: false",
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
        why="{field} of {object} is {given}, but another container or volume already has this name",
        steps=(
            Step(
                "rename or remove one of the two entries {in_git}",
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
        why="{field} of {object} is {given}, which has no prefix length",
        steps=(
            Step(
                "add the prefix length to the address {in_git}, for example 10.0.0.1/32 for a single address",
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
        why="{field} of {object} is not set, but a ServiceAccount in subjects requires a namespace",
        steps=(
            Step(
                "set the namespace of this subject {in_git}; role bindings do not use their own namespace by default",
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
        why="the host {given} in {object} is not a valid host name",
        steps=(
            Step(
                "use only the host name {in_git}, without https://, a path or a port. If the host comes from a variable, check the variable's value",
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
        why="{field} of {object} is not set, but every port of a Service with several ports needs a name",
        steps=(
            Step(
                "set a name for every port {in_git}",
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
        why="two ports of {object} have the same number and protocol ({field})",
        steps=(
            Step(
                "remove or change one of the two ports {in_git}",
                read=(SPEC,),
            ),
            Step(
                "if the port appears only once in Git, the live object has a second entry, set by another field manager or left over after the port was renamed. Remove that entry with kubectl edit",
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
                "add tls.crt and tls.key, or change the type of the Secret; both keys can be empty if a controller fills them in",
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
        why="key .dockerconfigjson of {object} is missing or is not valid JSON: {detail}",
        steps=(
            Step(
                "store the Docker config as JSON, encoded in base64 exactly once under data, or as plain text under stringData. If the value comes from a variable or a decrypted file, check that value",
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

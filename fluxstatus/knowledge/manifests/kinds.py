"""Restrictions of single kinds, or of Flux itself, on names, selectors, volumes and data.

Upstream: kubernetes pkg/apis validation, admission plugins, apiextensions-apiserver, cli-utils
pkg/object, fluxcd/pkg ssa/owner.go.
"""

from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, MANIFEST_INVALID, MANIFEST_NAME_INVALID
from fluxstatus.knowledge.message_facts import is_label_own_name
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_FLUX_NAME_TOO_LONG = Code(
    "flux-name-too-long", "The name of a Flux object is too long for the labels that Flux sets."
)

RULES = (
    Rule(
        MANIFEST_INVALID,
        why="{object} requests less storage than it already has, and volumes cannot shrink: {detail}",
        steps=(
            Step(
                "set the current size {in_git}; to use a smaller volume, create a new volume and move the data",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(
            r"(?:denied (?:the )?request:[^\n]*?)?(?P<detail>(?:can't|cannot|can not|may not|must not)[^\n]{0,24} (?:shrink|shrunk|decrease|be (?:decreased|smaller))[^\n]{0,160})"
        ),
        context=Text(r"storage|volume|size|\d[KMGT]i"),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="CloudNativePG, Strimzi and other webhooks",
    ),
    Rule(
        _FLUX_NAME_TOO_LONG,
        why="the name of this {kind} is longer than 63 characters, so Flux cannot use it in a label of the objects that it applies",
        steps=(
            Step(
                "rename the {kind} in Git so that its name has at most 63 characters. First set spec.prune: false on the old {kind}, so that its objects are not deleted",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"metadata\.labels: Invalid value: \"[^\"]{64,}\": must be no more than 63 "),
        kinds=APPLIES,
        when=(is_label_own_name,),
        trivial=True,
        upstream="PKG ssa/owner.go",
    ),
    Rule(
        Code(
            "manifest-selector-mismatch",
            "The selector of a workload does not match the labels of its pod template.",
        ),
        why="the selector of {object} does not match the labels of its pod template",
        steps=(
            Step(
                "make spec.selector.matchLabels and spec.template.metadata.labels match {in_git}; the selector of an existing object cannot be changed",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(r"`?selector`? does not match template `?labels"),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes pkg/apis/apps/validation",
    ),
    Rule(
        Code(
            "volume-shrink",
            "A PersistentVolumeClaim requests less storage than it already has, but volumes cannot shrink.",
        ),
        why="{object} requests less storage than it already has, but volumes cannot shrink",
        steps=(
            Step(
                "{in_git}, restore the previous size, or set a larger one; to use a smaller volume, move the data to a new claim",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(r"can ?not be less than (?:previous value|status\.capacity)"),
        kinds=APPLIES,
        upstream="kubernetes pkg/apis/core/validation",
    ),
    Rule(
        Code(
            "crd-terminating", "A CRD is being deleted, so no objects of its kind can be created."
        ),
        why="the CRD of {object} is being deleted, so no objects of this kind can be created",
        steps=(
            Step(
                "find out what blocks the deletion, usually custom resources with a finalizer whose controller was uninstalled first. Reinstall the controller, and keep it until these custom resources are deleted",
                read=(
                    "kubectl get customresourcedefinitions -o custom-columns=NAME:.metadata.name,DELETED:.metadata.deletionTimestamp",
                ),
            ),
            Step(
                "after the CRD is deleted, reinstall it; deleting the CRD also deletes all objects of its kind"
            ),
        ),
        pattern=Text(r"not allowed while custom resource definition is terminating"),
        kinds=APPLIES,
        upstream="kubernetes apiextensions-apiserver customresource_handler.go",
    ),
    Rule(
        Code(
            "volume-not-resizable",
            "A PersistentVolumeClaim requests more storage, but its volume cannot be expanded.",
        ),
        why="{object} cannot be expanded: the StorageClass does not allow expansion, or the volume was provisioned manually",
        steps=(
            Step(
                "set allowVolumeExpansion: true in the StorageClass if its driver supports it. Otherwise, restore the previous size {in_git}, and move the data to a larger claim",
                read=(OBJECT, "kubectl get storageclasses"),
            ),
        ),
        pattern=Text(r"only dynamically provisioned pvc can be resized"),
        kinds=APPLIES,
        certainty="one-of",
        in_full=True,
        upstream="kubernetes PersistentVolumeClaimResize admission",
    ),
    Rule(
        Code("manifest-not-encoded", "A value under data in a manifest is not valid base64."),
        why="{object} has a value under data that is not valid base64",
        steps=(
            Step(
                "move the value to stringData as plain text, or encode it in base64 (base64 -w0)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:decod(?:ing|e) from json|cannot be handled as a (?:Secret|ConfigMap)|unmarshal\w*)[^\n]*"
            r"illegal base64 data"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="Go encoding/base64",
    ),
    Rule(
        MANIFEST_NAME_INVALID,
        why="the name of an object contains an underscore (_), which the Flux inventory does not support: {detail}",
        steps=(
            Step(
                "rename the object {in_git}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"too many fields within: (?P<detail>\S+)"),
        kinds=APPLIES,
        trivial=True,
        upstream="CU pkg/object",
    ),
)

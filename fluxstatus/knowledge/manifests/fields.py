"""Fields that are unknown, duplicated in a list, or of the wrong type.

Upstream: structured-merge-diff typed, kubernetes apimachinery runtime/serializer, Go
encoding/json.
"""

from fluxstatus.knowledge.commands import OBJECT, SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, MANIFEST_INVALID
from fluxstatus.knowledge.message_facts import (
    is_about_built_in_kind,
    is_about_custom_kind,
    is_about_flux_object,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_MANIFEST_UNKNOWN_FIELD = Code(
    "manifest-unknown-field", "A manifest has a field that its kind does not define."
)
_MANIFEST_WRONG_TYPE = Code("manifest-wrong-type", "A value in a manifest has the wrong type.")

_DUPLICATE_ENTRY = Code(
    "manifest-duplicate-entry", "A list in a manifest has two entries with the same key."
)

_PATH = r"\.[\w.\[\]\"=:/-]{1,120}"
_UNDECLARED = r"(?P<field>\.[\w.\[\]\"=:/-]+): field not declared in schema"

_NOT_LIVE = Text(r"\A(?!.*(?:typed live object|manager for existing fields))")
"""Excludes messages about the live object, so that the message is about the manifest."""

_UNQUOTE = Step(
    "remove the quotes around the value of {field} {in_git}{unquoted_variable}",
    read=(SPEC,),
)

RULES = (
    Rule(
        _MANIFEST_UNKNOWN_FIELD,
        why="{object} contains a field that does not exist in this API version: {field}",
        steps=(
            Step(
                "correct {field} {in_git}: check its spelling and position, and the manifest's apiVersion",
                read=("kubectl explain {object_resource} --recursive",),
            ),
            Step(
                "if the kind's documentation includes the field, the version of Flux in the cluster is too old to support it"
            ),
        ),
        pattern=Text(_UNDECLARED),
        context=_NOT_LIVE,
        kinds=APPLIES,
        when=(is_about_flux_object,),
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_UNKNOWN_FIELD,
        why="{object} is declared as apiextensions.k8s.io/v1, but has {field}, which only the removed version v1beta1 knows",
        steps=(
            Step(
                "use a version of the manifests or the chart whose CRDs are for v1 (schemas are in spec.versions[].schema); changing apiVersion alone is not enough",
                read=("kubectl explain customresourcedefinition.spec",),
            ),
        ),
        pattern=Text(
            r"apiextensions\.k8s\.io/v1, Kind=CustomResourceDefinition\)[^\n]*\n?[^\n]*?(?P<field>\.spec\.(?:validation|version|subresources|additionalPrinterColumns|conversion\.webhookClientConfig))\b: field not declared in schema"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="kubernetes apiextensions v1",
    ),
    Rule(
        _MANIFEST_UNKNOWN_FIELD,
        why="{object} contains a field that its kind does not have in this cluster: {field}",
        steps=(
            Step(
                "correct {field} {in_git}: check its spelling and position, and the manifest's apiVersion",
                read=("kubectl explain {object_resource} --recursive",),
            ),
            Step(
                "if the kind's documentation includes the field, the cluster has an older version of the CRD: update it. Helm updates a chart's CRDs only if spec.upgrade.crds is CreateReplace",
                when=(is_about_custom_kind,),
            ),
            Step(
                "if the kind's documentation includes the field, it is from another apiVersion, or from a newer Kubernetes version than the cluster's",
                when=(is_about_built_in_kind,),
            ),
        ),
        pattern=Text(_UNDECLARED),
        context=_NOT_LIVE,
        kinds=APPLIES,
        unless=(is_about_flux_object,),
        certainty="one-of",
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_UNKNOWN_FIELD,
        why="{object} contains a field that its kind does not have: {field}",
        steps=(
            Step(
                "correct {field} {in_git}: check its spelling and position, and the manifest's apiVersion",
                read=("kubectl explain {object_resource} --recursive",),
            ),
        ),
        pattern=Text(
            r"(?:unknown field|unable to find api field in struct \w+ for the json field) "
            r"\"(?P<field>[^\"]+)\""
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes apimachinery runtime/serializer strict",
    ),
    Rule(
        _DUPLICATE_ENTRY,
        why="a list in {object} has two entries with the same key {key}",
        steps=(
            Step(
                "remove one of the entries with key {key} {in_git}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"duplicate entries for key \[(?P<key>[^\]]+)\]"),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _DUPLICATE_ENTRY,
        why="a list in {object} contains {entry} twice, so Helm cannot compare the list with the live object",
        steps=(
            Step(
                "remove one of the entries with {entry} from spec.values or the chart. The chart may already set a variable in env",
                read=(SPEC,),
            ),
            Step(
                "if the new chart has the entry only once, the previous release has it twice: remove one entry from the live object with kubectl edit",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(
            r"The order in patch list:\s*\[.*?map\[(?:[^\[\]]* )?(?P<entry>name:[\w.-]+)[^\[\]]*\].*?map\[(?:[^\[\]]* )?(?P=entry)"
            r"(?![\w.-]).*?doesn't match \$setElementOrder list"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="kubernetes apimachinery pkg/util/strategicpatch",
    ),
    Rule(
        MANIFEST_INVALID,
        why="an entry in {field} of {object} does not set {key}, which server-side apply uses to identify entries",
        steps=(
            Step(
                "set {key} in every entry of {field} {in_git}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>\.[\w.\[\]\"=:/-]+): element \d+: associative list with keys has an element that "
            r"omits key field \"(?P<key>[^\"]+)\""
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is a string, but must be a number",
        steps=(_UNQUOTE,),
        pattern=Text(
            r"(?P<field>(?:\.|\b)[\w.\[\]\"=-]{1,120})(?:: expected numeric[^\n]{0,24}, got string|"
            r"(?:: Invalid value: \"string\": \S+)? in body must be of type (?:integer|number): \"string\")"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed, kube-openapi validate",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is a string, but must be a boolean (true or false)",
        steps=(_UNQUOTE,),
        pattern=Text(
            r"(?P<field>(?:\.|\b)[\w.\[\]\"=-]{1,120})(?:: expected bool\w*, got string|"
            r"(?:: Invalid value: \"string\": \S+)? in body must be of type boolean: \"string\")"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed, kube-openapi validate",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is of type {found}, but must be a string",
        steps=(
            Step(
                "put quotes around the value of {field} {in_git}{quoted_variable}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>(?:\.|\b)[\w.\[\]\"=/-]{1,120})(?:: expected string, got (?P<found>int|float|bool)\w*|"
            r"(?:: Invalid value: \"\w+\": \S+)? in body must be of type string: \"(?P<given>integer|number|boolean)\")"
        ),
        context=_NOT_LIVE,
        kinds=APPLIES,
        needs=("found",),
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed, kube-openapi validate",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is {given} without quotes, but must be a string",
        steps=(
            Step(
                "put quotes around the value of {field} {in_git}{quoted_variable}. Under data of a Secret, also encode the value in base64, or move it to stringData",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>(?:\.|\b)[\w.\[\]\"=/-]{1,120}): expected string, got &?value\.valueUnstructured\{Value:(?P<given>-?\d[\d.e+-]*|true|false)\}"
        ),
        context=_NOT_LIVE,
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} has the wrong type: {found} instead of {wanted}",
        steps=(
            Step(
                "correct {field} {in_git}; quote a number or boolean where a string is required, as in env values, annotations and labels",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"cannot unmarshal (?P<found>\w+) into Go (?:struct field|value of type) "
            r"(?P<field>\S+)(?: of type (?P<wanted>[^\s\\\"]+))?"
        ),
        kinds=APPLIES,
        trivial=True,
        in_full=True,
        upstream="Go encoding/json",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is a mapping or a single value, but must be a list",
        steps=(
            Step(
                'write {field} as a list {in_git}, with "- " before each entry',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"(?P<field>{_PATH}): expected list, got &(?:\{{map\[|\{{[^\[\s]|value\.valueUnstructured\{{Value:(?!\[))"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is a list, but must be a mapping",
        steps=(
            Step(
                'write {field} as a mapping (KEY: VALUE, without a leading "- ") {in_git}',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"(?P<field>{_PATH}): expected map, got &(?:\{{\[|value\.valueUnstructured\{{Value:\[)"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is a single value, but must be a mapping",
        steps=(
            Step(
                "write {field} as a mapping {in_git}, with each KEY: VALUE indented on a line below it",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"(?P<field>{_PATH}): expected map, got &(?:\{{[^\[\s]|value\.valueUnstructured\{{Value:(?!\[|map))"
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is null, but must be of type {wanted}",
        steps=(
            Step(
                "set a value for {field} in Git, or remove the field. Check the indentation of the lines below it, and check that any variable or chart value that it uses is not empty",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>[\w.\[\]-]{1,160}) in body must be of type (?P<wanted>\w+): \"null\""
        ),
        kinds=APPLIES,
        trivial=True,
        quoted=True,
        upstream="kube-openapi validate",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="a value in {object} has the wrong type: {detail}",
        steps=(
            Step(
                "correct the value {in_git}; quote a number or boolean where a string is required, as in env values, annotations and labels",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:[.\w\[\]\"=:-]{1,120}: )?expected (?:string|map|list|numeric|boolean|"
            r"bool|int\w*)[^\n]{0,20}, got [^\n]{1,80}|unable to convert [^\n]{1,120}|"
            r"quantities must match the regular expression[^\n]{0,40}|"
            r"(?:[\w.\[\]]{1,120} in body |invalid )?(?:type for|must be of type) [^\n]{1,120})"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
)

"""HelmRelease: checks in the chart's templates (fail, required), by their messages.

Chart authors write the messages, so a rule only looks for words that are common in them, such as
those about removed, mutually exclusive or missing values.

Upstream: helm pkg/engine, and the validations of common charts.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.releases.shared import HR, TEMPLATE_ERROR
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_ENGINE = "helm pkg/engine (fail, required)"
_WORDS = r"(?:(?!Last Helm logs:).){0,400}?"
_FAILED = r"execution error at \((?P<template>[^)]+)\):(?!\s*PASSWORDS ERROR)\s*"
_PATH = (
    r"(?<![\w./:@-])(?:\.Values\.)?"
    r"(?P<chart_value>[a-z]\w*(?:\.(?!(?:ya?ml|tpl|md|com|io|org|net|dev|html?|json|g|e)\b)[a-zA-Z_][\w-]*)+)"
)
_VALUE = rf"(?:(?=(?:(?!Last Helm logs:).){{0,300}}?{_PATH}))?"
"""The first value that the check mentions, as a dotted path."""

_OLD_VALUE = (
    rf"(?:(?=(?:(?!Last Helm logs:|\b(?:use|set|instead|favou?r|by|to)\b).){{0,300}}?{_PATH}))?"
)
"""The same, but not a value that the check names as the replacement: "use a.b instead"."""

_DETAIL = r"(?P<detail>.{0,300})"

RULES = (
    Rule(
        TEMPLATE_ERROR,
        why="the chart only accepts the vendor's own images, but the values set other images ({template}); the chart allows other images only if global.security.allowInsecureImages is true",
        steps=(
            Step(
                "if the images are mirrors, or the same images at another address (such as bitnamilegacy), set global.security.allowInsecureImages: true in spec.values. Global values also apply to the chart's dependencies",
                read=(SPEC,),
            ),
            Step(
                "otherwise, remove the image from spec.values. An image from another vendor may lack the paths and variables that the chart uses"
            ),
        ),
        pattern=Text(_FAILED + rf"(?={_WORDS}Original containers have been substituted)"),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="Bitnami common chart, templates/_errors.tpl",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a check in the chart does not find the CRDs or the kind that the chart needs in the cluster ({template}): {detail}",
        steps=(
            Step(
                "install or upgrade these CRDs first: with the HelmRelease that brings them in spec.dependsOn, or with a Kustomization of their own. Helm does not upgrade the CRDs of a chart unless spec.upgrade.crds is set to CreateReplace",
                read=("kubectl get customresourcedefinitions", SPEC),
            ),
            Step(
                "if the cluster should not have them, disable the part of the chart that needs them in spec.values. For a description, run helm show values CHART"
            ),
        ),
        pattern=Text(
            _FAILED
            + rf"(?={_WORDS}(?:\b(?:CRDs?|CustomResourceDefinitions?)\b{_WORDS}(?:\brequired\b|\bmissing\b|\binstall\w*|\bnot (?:found|available|present)|\bupdated?\b|\bupgraded?\b|\boutdated\b|\bfirst\b)|"
            r"(?:\brequires?\b|\bmissing\b|\binstall\b|\bupdate\b|\bupgrade\b)[^\n]{0,60}\b(?:CRDs?|CustomResourceDefinitions?)\b|"
            r"\b[a-z][\w.-]+\.\w+/v\d\w* (?:API )?(?:is|was) not (?:available|installed|found|present|served)))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_ENGINE,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a check in the chart does not allow this upgrade until you complete a manual step ({template}): {detail}",
        steps=(
            Step(
                "complete the step in the message and in the chart's upgrade notes (often an intermediate version, or a backup or deletion of an object), and confirm it in spec.values if the message specifies a value for this. As a workaround, pin the old chart version",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _FAILED
            + rf"(?={_WORDS}(?:upgrad\w+ (?:path|from|to|directly)|(?:before|when) upgrading|(?:manual|breaking) (?:step|change|migration|intervention|action)|"
            r"\bmigrat(?:e|ing)\b|migration (?:guide|steps?|is (?:required|needed))|must (?:first )?(?:be )?upgrade|can(?:not|'t) (?:be )?upgrade))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_ENGINE,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="the values contain a setting that this chart version no longer supports ({template}): {detail}",
        steps=(
            Step(
                'remove {chart_value} from spec.values and spec.valuesFrom, and use its replacement as described in the chart\'s upgrade notes (the chart reports: "{detail}"). As a workaround, pin the chart to the last version that supports the setting',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _FAILED
            + _OLD_VALUE
            + rf"(?={_WORDS}(?:\bdeprecated|no longer (?:\w+ ){{0,2}}(?:supported|used|available|valid|accepted|exists?|possible|necessary|needed|works?)|"
            r"(?:has|have|had) been (?:removed|renamed|replaced|moved|dropped|deprecated|superseded)|"
            r"(?:was|were|is|are) (?:now )?(?:removed|renamed|replaced|moved to|dropped|obsolete)\b|"
            r"(?:please )?use `?[\w.'\"\[\]]+`? instead|in favou?r of))" + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_ENGINE,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="the values contain settings that exclude each other ({template}): {detail}",
        steps=(
            Step(
                "keep only one of the settings in spec.values, and disable the other. If you set only one, the other is a default of the chart: set that one to false, 0 or null",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _FAILED
            + rf"(?={_WORDS}(?:mutually exclusive|only (?:\w+ ){{0,3}}one of\b|at the same time|simultaneously|"
            r"(?:can(?:not|'t)|must not|may not|should not|do not|don't)[^\n]{0,60} (?:both|together|in combination|combined|along with)\b|"
            r"\bboth\b[^\n]{1,120}\b(?:set|enabled|specified|defined|configured|provided|true)\b|not both|incompatible with|conflicts? with|"
            r"more than (?:zero|one)\b))" + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_ENGINE,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="the chart does not allow the secret {chart_value} in plain text in the values ({template})",
        steps=(
            Step(
                "move {chart_value} into a Secret, and reference the Secret in the values. Use variable expansion (such as $__env{{NAME}} with envFromSecret, or $__file{{PATH}} with extraSecretMounts) or the chart's value for an existing Secret",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _FAILED
            + r"Sensitive key '(?P<chart_value>[^']+)' should not be defined explicitly in values"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="Grafana chart, templates/_helpers.tpl",
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a check in the chart does not find an object that must exist in the cluster before the release ({template}): {detail}",
        steps=(
            Step(
                "create the object first, for example with a Kustomization or HelmRelease in spec.dependsOn, or correct its name or namespace in spec.values. For a description, run helm show values CHART",
                read=("kubectl get secrets,configmaps,serviceaccounts -n {target_ns}", SPEC),
            ),
        ),
        pattern=Text(
            _FAILED
            + rf"(?={_WORDS}\b(?:secrets?|configmaps?|namespace|service ?account|storage ?class|ingress ?class|persistentvolumeclaim|issuer)\b[^\n]{{0,80}}(?:\bnot found\b|does(?: not|n't) exist|could not be found|must exist|create it first)(?! (?:in|under) (?:the )?[\w.]*values\b))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_ENGINE,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a check in the chart rejects an unknown value or name in the values ({template}): {detail}",
        steps=(
            Step(
                "correct {chart_value} in spec.values. Check its spelling and the name that it refers to. To list the possible values of this chart version, run helm show values CHART",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _FAILED
            + _VALUE
            + rf"(?={_WORDS}(?:\b(?:unknown|unsupported|unrecognized|unexpected|invalid)\b|must be (?:one of|either|of type|an? |in )|"
            r"(?:valid|allowed|supported|possible|accepted) (?:values|options|types|choices|modes|providers) |not a valid|"
            r"is not (?:a )?(?:supported|known|recognized|allowed)|not found|does not exist|not enabled or|"
            r"should be (?:one of|either|an? )|does not match|no \w+ enabled))" + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_ENGINE,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="the values contain a setting that the chart does not allow ({template}): {detail}",
        steps=(
            Step(
                "remove {chart_value} from spec.values, or change it as the message describes. If you do not set this value, it is a default of the chart: set it to null",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _FAILED
            + _VALUE
            + rf"(?!{_WORDS}\b(?:without|unless)\b)(?={_WORDS}(?:(?:should|must|may|can)(?:not| not|n't) (?:be (?!(?:empty|blank|null|nil|unset|left)\b)|(?!be\b))\w+|"
            r"is not (?:allowed|permitted|supported|compatible)|are not (?:allowed|permitted|supported)|do(?:es)? not support|not supported))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_ENGINE,
    ),
    Rule(
        TEMPLATE_ERROR,
        why="a value that the chart requires is not set ({template}): {detail}",
        steps=(
            Step(
                'set {chart_value} in spec.values (the chart reports: "{detail}"), or in a Secret that spec.valuesFrom references. For a description, run helm show values CHART. If the value is already set, check its nesting and indentation (the values of a subchart are nested under the subchart\'s name)',
                read=(SPEC, "kubectl get configmaps,secrets -n {ns}"),
            ),
        ),
        pattern=Text(
            _FAILED
            + _VALUE
            + rf"(?={_WORDS}(?:\brequires?d?\b|\bmissing\b|\bmust (?:be )?(?:set|provide|specif|define|suppl|configure|have|contain|exist|include|enable)|"
            r"(?:please|you need to|need to|have to) (?:set|define|provide|specify|configure|supply|enable|add)|"
            r"(?:is|are|been|was) not (?:set|provided|specified|defined|configured|given|supplied)|not set\b|\bno \w+ (?:is )?(?:set|specified|provided|defined|configured)|"
            r"(?:must not|can(?:not|'t)|should not) be (?:empty|blank|null|nil|unset)|without an?\b|at least one|mandatory))"
            + _DETAIL
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=_ENGINE,
    ),
)

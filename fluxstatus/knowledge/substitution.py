"""Variables of a Kustomization: spec.postBuild.

Upstream: fluxcd/pkg kustomize/kustomize_varsub.go, fluxcd/pkg envsubst.
"""

from fluxstatus.knowledge.codes import NOT_SUBSTITUTED
from fluxstatus.knowledge.commands import EVENTS, SPEC
from fluxstatus.knowledge.facts import substitutes
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_SUBSTITUTE_SOURCE_MISSING = Code(
    "substitute-source-missing",
    "A ConfigMap or Secret in spec.postBuild.substituteFrom does not exist or cannot be read.",
)
_UNSUBSTITUTED = r"dry-run failed[^\n]*: Invalid value: \"[^\"\n]{0,120}?(?P<variable>\$\{[A-Za-z_]\w*[^}\s\"]{0,80}\})"
_SUBSTITUTION_BREAKS_YAML = Code(
    "substitution-breaks-yaml", "A manifest is invalid after variable substitution."
)

_KS: KindNames = frozenset({"Kustomization"})
_VARIABLES = "kubectl get configmaps,secrets -n {ns}"

RULES = (
    Rule(
        _SUBSTITUTE_SOURCE_MISSING,
        why="{source_kind} {missing} in spec.postBuild.substituteFrom does not exist",
        steps=(
            Step(
                "create {source_kind} {missing} in namespace {ns}, correct its name, or set optional: true for this entry",
                read=(_VARIABLES, SPEC),
            ),
        ),
        pattern=Text(
            r"substitute from '(?P<source_kind>ConfigMap|Secret)/(?P<missing>[^']+)' error: "
            r"(?:configmaps|secrets|ConfigMap|Secret) \"[^\"]*\" not found"
        ),
        kinds=_KS,
        trivial=True,
        upstream="PKG kustomize/kustomize_varsub.go",
    ),
    Rule(
        _SUBSTITUTE_SOURCE_MISSING,
        why="{source_kind} {missing} in spec.postBuild.substituteFrom cannot be read: {detail}",
        steps=(
            Step(
                "wait for the next attempt. If the error persists, check the API server and the permissions of kustomize-controller",
                read=(_VARIABLES, EVENTS),
            ),
        ),
        pattern=Text(
            r"substitute from '(?P<source_kind>ConfigMap|Secret)/(?P<missing>[^']+)' "
            r"error(?!.*is forbidden: user): (?P<detail>[^\n]{1,160})"
        ),
        kinds=_KS,
        certainty="unknown",
        transient=True,
        upstream="PKG kustomize/kustomize_varsub.go",
    ),
    Rule(
        Code("variable-missing", "A manifest uses a variable that is not defined."),
        why="{object} uses variable {variable}, which is not defined",
        steps=(
            Step(
                "define {variable} in spec.postBuild.substitute or substituteFrom, or set a default (${{VAR:=value}}). If the text is not a variable, write $$ instead of $, or annotate the object with kustomize.toolkit.fluxcd.io/substitute: disabled",
                read=(SPEC,),
            ),
            Step(
                "to disable strict substitution, which has been the default since Flux 2.9, set --feature-gates=StrictPostBuildSubstitutions=false on kustomize-controller"
            ),
        ),
        pattern=Text(r"variable not set[^\"]{0,40}\"(?P<variable>[^\"\n]+)\""),
        kinds=_KS,
        trivial=True,
        upstream="PKG envsubst, KC internal/features/features.go",
        versions=">=2.9, before it only with the gate StrictPostBuildSubstitutions",
    ),
    Rule(
        NOT_SUBSTITUTED,
        why="variable {variable} in {object} is not substituted, although spec.postBuild is set: substitution is probably disabled for this object",
        steps=(
            Step(
                "remove the label or annotation kustomize.toolkit.fluxcd.io/substitute: disabled from the object; generatorOptions, commonAnnotations or a component may have added it",
            ),
            Step(
                "if Git has $${{...}}, write ${{...}} instead, because an escaped variable is not substituted"
            ),
        ),
        pattern=Text(_UNSUBSTITUTED),
        kinds=_KS,
        when=(substitutes,),
        reach=Reach.WHOLE,
        certainty="likely",
        in_full=True,
        upstream="PKG kustomize/kustomize_varsub.go",
    ),
    Rule(
        NOT_SUBSTITUTED,
        why="variable {variable} in {object} is not substituted: the Kustomization has no spec.postBuild",
        steps=(
            Step(
                "define the variable in spec.postBuild.substitute, or list a ConfigMap or Secret that contains it in spec.postBuild.substituteFrom",
                read=(SPEC,),
            ),
        ),
        pattern=Text(_UNSUBSTITUTED),
        kinds=_KS,
        unless=(substitutes,),
        reach=Reach.WHOLE,
        trivial=True,
        in_full=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        Code("variable-name-invalid", "A variable name in spec.postBuild is invalid."),
        why="{variable} in spec.postBuild is not a valid variable name: only letters, digits and underscores are allowed",
        steps=(
            Step(
                "rename {variable} in spec.postBuild.substitute, or in the ConfigMap or Secret in substituteFrom",
                read=(SPEC, _VARIABLES),
            ),
        ),
        pattern=Text(r"'(?P<variable>[^']+)' var name is invalid"),
        kinds=_KS,
        trivial=True,
        upstream="PKG kustomize/kustomize_varsub.go",
    ),
    Rule(
        Code("substitution-syntax", "A variable expression in a manifest cannot be parsed."),
        why="a variable expression (${{...}}) in {object} cannot be parsed ({detail})",
        steps=(
            Step(
                "close the brace, or rename a variable that contains a hyphen or a dot, because only letters, digits and underscores are allowed. In text that is not a variable, such as a shell script, write $$ instead of $, or annotate the object with kustomize.toolkit.fluxcd.io/substitute: disabled",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"variable substitution failed: (?P<detail>(?:missing closing brace|bad substitution|"
            r"unable to parse|unexpected|cannot parse)[^\n]{0,80}|[^\n]{1,120})"
        ),
        kinds=_KS,
        trivial=True,
        upstream="PKG envsubst",
    ),
    Rule(
        _SUBSTITUTION_BREAKS_YAML,
        why="the substituted variables make {object} invalid ({detail}): the variable in its kind or name is probably empty",
        steps=(
            Step(
                "define the variable in spec.postBuild.substitute or substituteFrom, or set a default in the manifest (${{VAR:=value}})",
                read=(SPEC, _VARIABLES),
            ),
        ),
        pattern=Text(
            r"post build failed[^\n]*UnmarshalJSON: (?P<detail>missing (?:metadata\.name|kind|"
            r"Resource metadata))"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="PKG kustomize/kustomize_varsub.go",
    ),
    Rule(
        _SUBSTITUTION_BREAKS_YAML,
        why="the substituted variables make {object} invalid: {detail}",
        steps=(
            Step(
                "quote the variable in the manifest, or correct its value; without quotes, YAML interprets numbers, booleans and colons in the value",
                read=(SPEC, _VARIABLES),
            ),
        ),
        pattern=Text(
            r"post build failed[^\n]*(?P<detail>(?:YAMLToJSON|UnmarshalJSON): [^\n]{1,200})"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="PKG kustomize/kustomize_varsub.go",
    ),
)

"""configMapGenerator, secretGenerator and plugins in a kustomization.yaml.

Upstream: kustomize api (resmap, kv, internal/generators, internal/plugins).
"""

from fluxstatus.knowledge.building.shared import KS, KUSTOMIZE
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_GENERATOR_CONFLICT = Code(
    "generator-conflict",
    "A configMapGenerator or secretGenerator is invalid or generates an object that already exists.",
)

RULES = (
    Rule(
        _GENERATOR_CONFLICT,
        why="a configMapGenerator or secretGenerator generates an object that already exists: {detail}",
        steps=(
            Step(
                "set behavior: merge or behavior: replace on the generator, or rename it. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"(?P<detail>behavior must be merge or replace)"),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/resmap",
    ),
    Rule(
        _GENERATOR_CONFLICT,
        why="the generator of {generated_kind} {generated} has behavior merge or replace, but the resources in its kustomization.yaml do not contain this object",
        steps=(
            Step(
                "list the base that contains {generated_kind} {generated} under resources of that kustomization.yaml (not of a sibling), remove behavior from the generator, or correct the generator's name. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"Kind:\\?\"(?P<generated_kind>\w+)\\?\"[^\n]*?Name:\\?\"(?P<generated>[^\"\\]+)\\?\"[^\n]* does not exist; cannot merge or replace"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream=f"{KUSTOMIZE}/resmap",
    ),
    Rule(
        _GENERATOR_CONFLICT,
        why="a configMapGenerator or secretGenerator in kustomization.yaml is invalid: {detail}",
        steps=(
            Step(
                "correct the generator. Literals have the form KEY=VALUE, files have the form FILE or KEY=FILE, and each key can occur only once. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>invalid literal source[^\n]{0,120}|illegally repeats the key[^\n]{0,80}|"
            r"cannot (?:add|set) key[^\n]{0,120}|missing (?:key name for file path|file path for key name)"
            r"[^\n]{0,100}|key name or file path contains '='|a configmap must have a name|"
            r"invalid utf8 bytes|loading KV pairs[^\n]{0,160}|merging from generator[^\n]{0,160})"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/kv, internal/generators",
    ),
    Rule(
        Code(
            "kustomize-plugin-forbidden",
            "The kustomization.yaml uses a plugin or helmCharts, which Flux does not support.",
        ),
        why="kustomization.yaml uses a plugin or helmCharts, which kustomize-controller does not support",
        steps=(
            Step(
                "render the manifests outside Flux (for example, in CI) and commit the result. For a chart, use a HelmRelease"
            ),
        ),
        pattern=Text(
            r"external plugins? disabled|must specify --enable-helm|--enable-alpha-plugins|"
            r"plugin load is disabled"
        ),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/plugins",
    ),
)

"""The English of the rules: no dialect, and no gaps for fields without a value."""

import re
from collections.abc import Iterator

import pytest

from fluxstatus.knowledge import conditions, custom_objects, meanings, pods
from fluxstatus.knowledge.fields import fields_of
from fluxstatus.knowledge.rule import FALLBACKS, NAMES, Rule, fill
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.tables import RULES
from fluxstatus.knowledge.topics import table
from fluxstatus.model.hints import command
from tests.builders import flux, judged
from tests.knowledge.examples import AROUND
from tests.knowledge.test_rules import STATE_FIELDS

ALL = (*RULES, *table("pods"), *custom_objects.RULES, *STATES.values())
DIALECT = {
    r"\banew\b": "make it anew",
    r"\b(?:is|are) none\b": "a login page is none",
    r"(?<!\bthere )\bis no (?!longer\b)\w+": "the version is no range",
    r"\bfor want of\b": "for want of memory",
    r"\bwho(?:so)?ever\b": "whoever runs Flux",
    r"\b(?:no|some)body\b": "nobody reconciles it",
    r"\bof which\b": "an object of which nothing is known",
    r"\bas ever\b": "as ever",
    r"\b(?:it|them)sel(?:f|ves) again\b|\bby itself\b": "Flux retries by itself",
    r"\bmay not\b": "the user may not list pods",
    r"\bmeanwhile\b": "somebody pushed meanwhile",
    r"\bask(?:s|ed)? (?:for|so)\b": "the server asks for a login",
    r"\b(?:says?|said)\b": "what the message says",
    r"\b(?:tells?|told)\b": "the health cannot be told",
    r"\bstands?\b": "it stands in two files",
    r"\bhas nothing to\b": "it has nothing to do",
    r"\b(?:is|are) (?:not )?there\b": "the key that is there",
    r"\bas it is\b": "the cluster is as it is",
    r"\bwhat (?:it|they) \w+": "what it names",
    r"\bwhat (?:the|a|an)(?: \w+)? (?:gives?|names?|holds?|serves?|made)\b": "what the spec names",
    r"\bthat (?:the spec|spec\.[\w.]+) names\b": "the Secret that spec.secretRef names",
    r"\blook (?:at|whether)\b": "look at the log",
    r"\bfor instance\b": "the ClusterRole edit, for instance",
    r"\btakes? none\b": "the server takes none",
    r"\b(?:is|are|not) well\b": "it is well",
    r"\bfor ever\b": "it waits for ever",
    r"\bcannot be (?:had|got)\b": "the data key cannot be got",
    r"\bfits? (?:no|together)\b": "the version fits no release",
    r"\bthe way (?:out|to)\b": "the way to the registry",
    r"\blet(?:s)? (?:no|it|who)\b": "let it be installed",
    r"\bspeaks?\b": "the host speaks another protocol",
}
"""Phrases that the writers of kubectl, flux and linkerd do not use, each with an example."""


def sentences() -> Iterator[str]:
    """Yield every sentence of the rules and of the meanings of codes and conditions."""
    for rule in ALL:
        yield from (rule.why, *(step.text for step in rule.steps))
    yield from (pods.VAGUE.text, pods.OF_OTHERS.text)
    yield from meanings().values()
    for kind in ("Ready", "Reconciling", "Stalled", "Healthy", "ArtifactInStorage", "Released",
                 "ArtifactOutdated", "SourceVerified", "Drifted"):  # fmt: skip
        for status in ("True", "False"):
            meaning = conditions.meaning_of(kind, status, "")
            assert meaning
            yield meaning


@pytest.mark.parametrize("pattern", DIALECT)
def test_no_sentence_has_a_phrase_of_the_dialect(pattern: str) -> None:
    """No sentence contains the phrase, which the pattern finds in its example."""
    phrase = re.compile(pattern, re.IGNORECASE)
    assert phrase.search(DIALECT[pattern])
    assert [sentence for sentence in sentences() if phrase.search(sentence)] == []


def without_values(rule: Rule) -> dict[str, str]:
    """Return the fields of a bare object for *rule*: only required fields have a value."""
    kind = min(rule.kinds, default="Kustomization")
    required = {*rule.pattern.compiled.groupindex, *STATE_FIELDS} - FALLBACKS.keys()
    required |= {*rule.needs, "reason", "generation", "observed", "shard", "switch", "finalizers",
                 "missing_field", "redirects"}  # fmt: skip
    fields = fields_of(judged(flux(kind, "x"))) | AROUND
    return fields | {name: name.upper() for name in required}


FAULTY = (
    r"…", r"  ", r"\b(\w[\w ]*) \1\b", r"\bin the spec (?:in|of|that|named)\b",
    r"\b(?:a|an|the) (?:a|an|the|its|in|of|named)\b",
)  # fmt: skip
"""Signs of a template that does not read well without values: a gap or a doubled phrase."""


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_sentence_without_values_has_no_gap(rule: Rule) -> None:
    """A sentence stays a sentence when fields have no value: no gap, no doubled phrase."""
    fields = without_values(rule)
    filled = [fill(text, fields) for text in (rule.why, *(step.text for step in rule.steps))]
    assert [text for text in filled for sign in FAULTY if re.search(sign, text)] == []


def test_a_gap_is_found() -> None:
    """An unknown field, and two fallbacks in a row, are found by the signs."""
    for template in ("the key {odd} is missing", "the Secret {secret} named in the spec"):
        assert any(re.search(sign, fill(template, {})) for sign in FAULTY)


@pytest.mark.parametrize(
    ("template", "fields", "sentence"),
    [
        ("add key {key} to Secret {secret}", {"key": "token", "secret": "app"},
         'add key "token" to Secret "app"'),
        ("check Secret {secret} of {host}", {"host": "git.example.com"},
         "check the Secret named in the spec of git.example.com"),
        ("check ServiceAccount {sa}", {"sa": ""}, "check the ServiceAccount of the controller"),
        ("a key is missing ({key})", {"key": "'a' or 'b'"}, "a key is missing ('a' or 'b')"),
    ],
)  # fmt: skip
def test_a_name_is_quoted(template: str, fields: dict[str, str], sentence: str) -> None:
    """A name is quoted in a sentence; a phrase, a host and a list of quoted names are not."""
    assert fill(template, fields) == sentence


def test_a_name_is_not_quoted_in_a_command() -> None:
    """A command has the name itself as its argument."""
    filled = command("kubectl describe secret {secret}", {"secret": "app"}, changes=False)
    assert filled
    assert filled.argv == ("kubectl", "describe", "secret", "app")


def test_a_kind_with_a_name_has_no_article() -> None:
    """A sentence says `Secret "app"`, not `the Secret "app"`."""
    article = re.compile(rf"\b(?:an?|the) \w+ {{(?:{'|'.join(sorted(NAMES))})}}")
    texts = [text for rule in ALL for text in (rule.why, *(step.text for step in rule.steps))]
    assert article.search("the Secret {secret}")
    assert [text for text in texts if article.search(text)] == []


def test_a_headline_is_a_clause() -> None:
    """A cause starts in lower case or with a name, and has more than a word before its colon."""
    name = re.compile(
        r"[a-z{/]|[A-Z]\w+ {|"
        r"(?:AWS|Artifactory|Azure|Docker|Entra|Flux|Gatekeeper|GKE|Git|GitHub|Google|Helm|Kyverno|Rancher|Vault)\b"
    )
    for rule in ALL:
        headline = re.split(r"[;:] ", rule.why)[0]
        assert len(headline.split()) > 1 or headline in ("{missing_target}", "{trouble}")
        assert name.match(headline), headline

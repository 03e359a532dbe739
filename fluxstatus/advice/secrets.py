"""Secrets whose keys Flux calls deprecated, each with what takes its place, and unused ones.

The check never asks for a Secret. It is `credentials` and `explain` that look at some, at the
names of their keys alone, and that tell of these (credentials/advice.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fluxstatus.advice.advice import Advice
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.kinds import KINDS

_SOURCES, _RECONCILERS = "sources", "reconcilers"


@dataclass(frozen=True, slots=True)
class OldKeys:
    """Deprecated keys of a Secret for a use, each with what takes its place.

    They are read by `kinds` whose URL has one of `schemes`, of one of the types in `flavours`
    (none: all), unless the field `unless` of their spec is set. One that has a new name is not
    read where the new one is there, too. `step` is what to do, `upstream` who says so.
    """

    use: str
    keys: Mapping[str, str]
    step: Step
    upstream: str
    kinds: frozenset[str] = frozenset()
    schemes: frozenset[str] = frozenset()
    flavours: frozenset[str] = frozenset()
    unless: str = ""

    def are_read(self, use: str, kind: str, scheme: str, flavour: str) -> bool:
        """Whether an object of *kind*, at such a URL and of such a type, reads them for *use*."""
        asked = ((self.kinds, kind), (self.schemes, scheme), (self.flavours, flavour))
        return use == self.use and all(not known or one in known for known, one in asked)


RENAMED = {"caFile": "ca.crt", "certFile": "tls.crt", "keyFile": "tls.key"}
"""The keys that Flux had for TLS before it took those of Kubernetes (PKG runtime/secrets)."""

_IN_CERT_SECRET = "in a Secret that spec.certSecretRef names"  # noqa: S105 - a phrase
_SET = "kubectl patch {resource} {name} -n {ns} --type=merge -p"
_RENAME = "kubectl patch secret {secret} -n {ns} --type=json -p {moves}"
_RENAMING = Step(
    "rename them where the Secret comes from, as in Git; this does so in the cluster, and shows "
    "nobody their values",
    change=(_RENAME,),
)

OLD_KEYS = (
    OldKeys(
        "tls",
        RENAMED,
        _RENAMING,
        "PKG runtime/secrets/secrets.go; SC CHANGELOG.md, 1.1.0; NC docs/spec/v1beta3/providers.md;"
        " IRC docs/spec/v1/imagerepositories.md",
    ),
    OldKeys(
        "login",
        RENAMED,
        _RENAMING,
        "PKG git/options.go, runtime/secrets/secrets.go; SC docs/spec/v1/gitrepositories.md",
        kinds=frozenset({"GitRepository"}),
        schemes=frozenset({"http", "https"}),
    ),
    OldKeys(
        "login",
        {
            **{new: f"{new} {_IN_CERT_SECRET}" for new in RENAMED.values()},
            **{old: f"{new} {_IN_CERT_SECRET}" for old, new in RENAMED.items()},
        },
        Step(
            "name the Secret, or one of its own for TLS, in spec.certSecretRef of the "
            "HelmRepository, with the keys tls.crt and tls.key, ca.crt, or all three",
            change=(
                _RENAME,
                _SET + ' \'{{"spec":{{"certSecretRef":{{"name":"{secret}"}}}}}}\'',
            ),
        ),
        "SC internal/helm/getter/client_opts.go, docs/spec/v1/helmrepositories.md",
        kinds=frozenset({"HelmRepository"}),
        unless="certSecretRef",
    ),
    OldKeys(
        "login",
        RENAMED,
        _RENAMING,
        "NC internal/server/event_handlers.go getTLSConfigForProvider",
        kinds=frozenset({"Provider"}),
        flavours=frozenset(
            {"github", "gitlab", "gitea", "bitbucketserver", "bitbucket", "azuredevops"}
        ),
        unless="certSecretRef",
    ),
    OldKeys(
        "login",
        {"proxy": "address in a Secret that spec.proxySecretRef names"},
        Step(
            "put the address of the proxy into a Secret of its own, with username and password "
            "if it asks for a login, and name it in spec.proxySecretRef of the Provider (Flux 2.7 "
            "or newer)",
            change=(
                "kubectl create secret generic {name}-proxy -n {ns} --from-file=./address",
                _SET + ' \'{{"spec":{{"proxySecretRef":{{"name":"{name}-proxy"}}}}}}\'',
            ),
        ),
        "NC internal/server/event_handlers.go extractAuthFromSecret",
        kinds=frozenset({"Provider"}),
        unless="proxySecretRef",
    ),
    OldKeys(
        "login",
        {"token": "workload identity, or a SAS in address"},
        Step(
            "let the Provider log in as the ServiceAccount in its spec.serviceAccountName, or as "
            "that of notification-controller (Flux 2.7 or newer); then take the key out"
        ),
        "NC internal/notifier/azure_eventhub.go",
        kinds=frozenset({"Provider"}),
        flavours=frozenset({"azureeventhub"}),
    ),
)
"""Every deprecated key that Flux 2.9 reads. KC, HC, IAC and FO have none of their own."""


def step_of(kind: str) -> str:
    """Return the step that a Secret of an object of *kind* belongs to."""
    step = KINDS[kind].step if kind in KINDS else _SOURCES
    return step if step == _RECONCILERS else _SOURCES


def _habit(step: str) -> Advice:
    mine = [row for row in OLD_KEYS if not row.kinds or step in map(step_of, row.kinds)]
    return Advice(
        code="deprecated-secret-key",
        step=step,
        one="{what} is deprecated: {value}",
        many="{n} keys of a Secret are deprecated",
        why="Flux still takes them and calls them deprecated: a later version may not; with most "
        "of them it logs an error each time",
        steps=tuple(dict.fromkeys(row.step for row in mine)),
        find=None,
        upstream="; ".join(row.upstream for row in mine),
    )


OLD = {step: _habit(step) for step in (_SOURCES, _RECONCILERS)}
"""The habit of deprecated keys, by the step that the Secret belongs to."""

UNUSED = Advice(
    code="secret-unused",
    step=_SOURCES,
    one="{what} is for Git over ssh, and the URL is {value}: nothing of it is used",
    many="{n} Secrets are for Git over ssh, and their URLs are not: nothing of them is used",
    why="Flux fetches the repository without a login, which works for as long as it is public",
    steps=(
        Step("write the URL as ssh://git@HOST/PATH, if it is meant to log in by that key"),
        Step(
            "else take spec.secretRef out, or name a Secret with username and password there",
            change=(_SET + ' \'{{"spec":{{"secretRef":null}}}}\'',),
        ),
    ),
    find=None,
    upstream="PKG git/options.go NewAuthOptions; SC docs/spec/v1/gitrepositories.md",
    docs="https://fluxcd.io/flux/components/source/gitrepositories/#secret-reference",
)

ADVICE = (*OLD.values(), UNUSED)

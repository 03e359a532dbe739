"""Secrets with keys that are deprecated in Flux, and Secrets that are not used.

The check never reads a Secret. `credentials` and `explain` read the names of the keys of some
Secrets, never the values, and report these (lookup/credentials/advice.py).
"""

from collections.abc import Mapping
from typing import NamedTuple

from fluxstatus.advice.advice import Advice
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KINDS

_SOURCES, _RECONCILERS = "sources", "reconcilers"


class OldKeys(NamedTuple):
    """Deprecated keys of a Secret for a use, each with its replacement.

    They are read by objects of `kinds` whose URL has one of `schemes` and whose type is one of
    `providers` (empty: all), unless the field `unless` of their spec is set. A renamed key is not
    read if the new one exists as well. `step` is the fix, `upstream` where Flux documents it.
    """

    use: str
    keys: Mapping[str, str]
    step: Step
    upstream: str
    kinds: frozenset[str] = frozenset()
    schemes: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    unless: str = ""

    def are_read(self, use: str, kind: str, scheme: str, provider: str) -> bool:
        """Return whether an object of *kind* with this URL scheme and type reads them for *use*."""
        limits = ((self.kinds, kind), (self.schemes, scheme), (self.providers, provider))
        return use == self.use and all(not limit or value in limit for limit, value in limits)


RENAMED = {"caFile": "ca.crt", "certFile": "tls.crt", "keyFile": "tls.key"}
"""The keys for TLS before Flux adopted those of Kubernetes (fluxcd/pkg runtime/secrets)."""

_IN_CERT_SECRET = "in the Secret of spec.certSecretRef"  # noqa: S105 - a phrase
_SET = "kubectl patch {resource} {name} -n {ns} --type=merge -p"
_RENAME = "kubectl patch secret {secret} -n {ns} --type=json -p {moves}"
_RENAMING = Step(
    "rename the keys where the Secret is defined, for example in Git; this command renames them "
    "in the cluster without showing their values",
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
            "set spec.certSecretRef of the HelmRepository to this Secret or to a separate Secret "
            "for TLS, which must have the keys tls.crt and tls.key, the key ca.crt, or all three",
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
        providers=frozenset(
            {"github", "gitlab", "gitea", "bitbucketserver", "bitbucket", "azuredevops"}
        ),
        unless="certSecretRef",
    ),
    OldKeys(
        "login",
        {"proxy": "address in the Secret of spec.proxySecretRef"},
        Step(
            "move the proxy address to a separate Secret, with the keys username and password "
            "if the proxy "
            "requires a login, and set spec.proxySecretRef of the Provider to that Secret (Flux "
            "2.7 or newer)",
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
            "let the Provider log in with the ServiceAccount in its spec.serviceAccountName, or "
            "with notification-controller's ServiceAccount (Flux 2.7 or newer); then remove the key"
        ),
        "NC internal/notifier/azure_eventhub.go",
        kinds=frozenset({"Provider"}),
        providers=frozenset({"azureeventhub"}),
    ),
)
"""Every deprecated key that Flux 2.9 reads. kustomize-controller, helm-controller,
image-automation-controller and flux-operator do not have any others."""


def step_of(kind: str) -> str:
    """Return the id of the step that a Secret of an object of *kind* belongs to."""
    step = KINDS[kind].step if kind in KINDS else _SOURCES
    return step if step == _RECONCILERS else _SOURCES


_DEPRECATED_SECRET_KEY = Code(
    "deprecated-secret-key", "A Secret uses keys that are deprecated in Flux."
)
_SECRET_UNUSED = Code(
    "secret-unused",
    "A Secret holds credentials for Git over SSH, but the URL does not use SSH.",
)


def _deprecated_keys(step: str) -> Advice:
    rows = [row for row in OLD_KEYS if not row.kinds or step in map(step_of, row.kinds)]
    return Advice(
        code=_DEPRECATED_SECRET_KEY,
        step=step,
        area="upgrades",
        title_one="{what} is deprecated: {value}",
        title_many="{n} keys of a Secret are deprecated",
        why="Flux still reads them, but they are deprecated and may stop working in a later "
        "version; for most of them, it logs an error each time",
        steps=tuple(dict.fromkeys(row.step for row in rows)),
        find=None,
        upstream="; ".join(row.upstream for row in rows),
    )


OLD = {step: _deprecated_keys(step) for step in (_SOURCES, _RECONCILERS)}
"""The advice on deprecated keys, by the step that the Secret belongs to."""

UNUSED = Advice(
    code=_SECRET_UNUSED,
    step=_SOURCES,
    area="security",
    title_one="{what} is for Git over SSH, but the URL is {value}: the Secret is not used",
    title_many="{n} Secrets are for Git over SSH, but the URLs do not use SSH: the Secrets are not "
    "used",
    why="Flux fetches the repository without credentials; this works only while the "
    "repository is public",
    steps=(
        Step("change the URL to ssh://git@HOST/PATH if Flux should log in with this key"),
        Step(
            "otherwise remove spec.secretRef, or set it to a Secret with the keys username and "
            "password",
            change=(_SET + ' \'{{"spec":{{"secretRef":null}}}}\'',),
        ),
    ),
    find=None,
    upstream="PKG git/options.go NewAuthOptions; SC docs/spec/v1/gitrepositories.md",
    docs="https://fluxcd.io/flux/components/source/gitrepositories/#secret-reference",
)

ADVICE = (*OLD.values(), UNUSED)

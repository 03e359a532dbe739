r"""A controller's message, parsed once: its clauses, quotations and names.

Go wraps errors as `outer: inner: innermost`, so the last clause is the error itself, and the
clauses before it name the operations that failed. A rule must not mistake a name
("Secret/vault/unseal") or a quotation (a pod's log, a web page, the text of a policy) for the
controller's own words, so it searches a copy of the message in which these are blanked out.
"""

import re
from bisect import bisect_right
from functools import cached_property
from typing import Self

from fluxstatus.base.excerpts import excerpt
from fluxstatus.base.late_pattern import late_pattern

_BLANK = "x"
_LONGEST = 240  # characters of a clause that a sentence repeats

_LOGS = "Last Helm logs:"  # HC internal/action: the log of Helm, up to 10 lines

_QUOTED = late_pattern(
    rf"(?:{_LOGS}"
    r"|denied the request:(?! *(?:$|no kind|forbidden))"  # a webhook's own words (apiserver webhook)
    r"|denied request:"  # a ValidatingAdmissionPolicy's own words
    r"|execution error at \([^()\n]{1,300}\):"  # the words of a check in a chart (helm pkg/engine)
    r"|(?=<!doctype html|<html))"  # a web page
    r"(?P<words>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""The end of a message, if it quotes a log, a webhook, a policy, a chart or a web page."""

_OF_OBJECT = late_pattern(
    r"\bresource [A-Z]\w+/\S* (?:not ready|still exists)\. status: \w+, message: (?P<words>[^\n]*)"
)
"""What the status of an object says that Helm waited for (helm v4 pkg/kube/statuswait.go)."""

_NAMES = late_pattern(
    # server-side apply and health checks: Kind/namespace/name (PKG ssa/utils FmtUnstructured)
    r"\b[A-Z][A-Za-z]+/(?P<id>[\w.-]+(?:/[\w.:-]+)?)"
    # the API server: secrets "name" not found, configmaps "name" is forbidden
    r"|\b[a-z]+(?:\.[a-z][a-z0-9.-]+)? \"(?P<api>[a-z0-9][\w.:-]*)\" (?:not found|is forbidden|already exists|is invalid)"
    # controllers and kustomize: 'name', "name"; a kind or a field begins with a capital or has a dot
    r"|['\"](?P<quoted>[a-z0-9][a-z0-9-]*)['\"]"
    # kustomize: Kind.version.group/name.namespace (kustomize kyaml/resid)
    r"|\.\[?[\w.-]+\]?/(?!v\d)(?P<resid>[\w.:-]+)\.?\[?[\w-]*\]?(?=['\"\s])"
    # helm-controller: release namespace/name.v1 with chart name@version
    r"|\brelease (?P<release>[\w.-]+/[\w.-]+ with chart [\w.+-]+)@"
    # Helm: object namespace/name group/version, Kind=Kind
    r"|\bobject (?P<applied>[\w.-]*/[\w.:-]+) \S+ Kind="
    # controllers: secret 'namespace/name', object 'namespace/name'
    r"|['\"](?P<pair>[a-z0-9][a-z0-9-]*/(?!v\d)[a-z0-9][a-z0-9.-]*)['\"]"
    # kustomize: './path', '../path', 'path/file.yaml'
    r"|['\"]\.{1,2}/(?P<path>[\w./-]+)['\"]"
    r"|['\"](?P<listed>[\w./-]+)\.(?:ya?ml|json|env|enc|txt)['\"]"
    r"|\bFile: (?P<rendered>[\w./-]+)\.ya?ml"
    # the path of a URL, and of a file below a controller's temporary directory
    r"|://[^/\s'\"]+/(?P<url>[^\s'\"?]*)"
    r"|/tmp/[\w-]+-\d+/(?:source/)?(?P<file>[^\s'\":]+)"
)
"""Names that users chose, recognized by the form in which messages write them."""

_NO_NAME = late_pattern(
    # segments of URLs (OCI distribution spec, git http, Helm repositories, Kubernetes)
    r"(?:v2|manifests|blobs|tags|list|info|refs|git-(?:upload|receive)-pack|index\.yaml"
    r"|apis?|openapi|version|readyz"
    # files that Flux, Helm and kustomize define
    r"|(?:kustomization|values|\.sops|\.flux|artifacthub-repo)$|Chart$|Kustomization$"
    # keys of Secrets, types and providers, which controllers quote
    r"|identity|known_hosts|token|username|password|address|inputs|default|oci|ssh|cosign|notation"
    # versions, groups and resources of the API server
    r"|v\d+(?:(?:alpha|beta)\d+)?|apps|batch|autoscaling|policy|extensions|configmaps|secrets"
    r"|services|serviceaccounts|pods|persistentvolumeclaims|deployments|statefulsets|daemonsets"
    r"|replicasets|jobs|cronjobs|ingresses|networkpolicies|horizontalpodautoscalers"
    r"|poddisruptionbudgets|roles|rolebindings|clusterroles|clusterrolebindings|namespaces"
    r")$|sha256:"
)
"""Words that protocols and controllers define, although they have the form of a name."""

_PLAIN_RETRY = late_pattern(
    r"(?<=/v2/\": )(?P<first>(?:tls: [^\n;]{0,80})?x509: [^\n;]{1,240}); "
    r"(?P<words>Get \"http://[^\n]*)",
)
"""A second request to a registry, over plain HTTP, whose error hides the error of the first.

go-containerregistry sends it to some addresses (pkg/v1/remote/transport/ping.go).
"""

_CLAUSE = late_pattern(r": |\n")

_WRAPPED = late_pattern(r" *\n +\| *")
"""A line break that SOPS added: it wraps errors at 60 characters (getsops/sops usererrors.go)."""


class Message:
    """A message with its clauses.

    `text` is the message, in which lines that SOPS wrapped are joined. `own` has the same length,
    but names and quotations are blanked out.
    """

    def __init__(self, text: str) -> None:
        """Store the *text*."""
        self.text = _WRAPPED.sub(" ", text)

    @classmethod
    def of_own(cls, own: str) -> Self:
        """Return a message of which only the controller's own words are known."""
        message = cls(own)
        message.own = own
        return message

    @cached_property
    def own(self) -> str:
        """The controller's own words in the text. All other letters are blanked out."""
        end = self._quoted_from
        own, rest = self.text[:end], self.text[end:]
        own = _OF_OBJECT.sub(_without_words, own) if "status: " in own else own
        return _without_retry(_NAMES.sub(_without_name, own)) + _blank(rest)

    @cached_property
    def _quoted_from(self) -> int:
        """The offset at which the words of somebody else begin."""
        found = _QUOTED.search(self.text)
        return found.start("words") if found else len(self.text)

    def is_quoted(self, offset: int) -> bool:
        """Return whether *offset* is in the words of somebody else."""
        if offset >= self._quoted_from:
            return True
        if "status: " not in self.text:
            return False
        found = _OF_OBJECT.finditer(self.text)
        return any(one.start("words") <= offset < one.end("words") for one in found)

    @cached_property
    def _ends(self) -> list[int]:
        """The offsets at which a clause ends and a deeper one begins."""
        return [found.start() for found in _CLAUSE.finditer(self.own)]

    def depth(self, offset: int) -> int:
        """Return how deep the clause is in which *offset* lies, 0 for the outermost one."""
        return bisect_right(self._ends, max(offset - 1, 0))

    @property
    def innermost(self) -> str:
        """The beginning of the innermost clause, which is the error itself.

        Helm's log comes after the error; a quotation is the end of the error.
        """
        text = self.text.partition(_LOGS)[0].rstrip()
        own = min(self._quoted_from, len(text))
        start = max((end for end in self._ends if end < own), default=-1) + 1
        return excerpt(text, start, min(start + _LONGEST, len(text)))


def _without_retry(own: str) -> str:
    """Return *own* without the words of a second attempt over plain HTTP; the length is kept."""
    found = _PLAIN_RETRY.search(own) if "x509: " in own else None  # few messages have it
    if found is None:
        return own
    start = found.start("words")
    return own[:start] + re.sub(r"[^\n]", _BLANK, own[start:])


def _without_name(found: re.Match[str]) -> str:
    start, end = (offset - found.start() for offset in found.span(found.lastgroup or 0))
    parts = found[0][start:end].split("/")
    name = "/".join(part if _NO_NAME.match(part) else _blank(part) for part in parts)
    return found[0][:start] + name + found[0][end:]


def _without_words(found: re.Match[str]) -> str:
    start, end = (offset - found.start() for offset in found.span("words"))
    return found[0][:start] + _blank(found[0][start:end]) + found[0][end:]


def _blank(text: str) -> str:
    """Return *text* with each letter and digit replaced, so that only its shape remains."""
    return re.sub(r"[A-Za-z0-9]", _BLANK, text)

"""Why a cluster cannot be reached: what kubectl and Go say about it, put into a sentence and a fix.

The texts are those of kubectl 1.27 to 1.37. `kubectl proxy` writes what is wrong with its
configuration to stderr and ends; what is wrong on the way to the API server it answers, with
status 500, as plain text.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from fluxstatus.base.masking import mask
from fluxstatus.base.similar import similar
from fluxstatus.cluster.kubeconfig import Kubeconfig
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.hints import Command, Hint

_LISTED = 10  # contexts in a sentence
_SAID = 300  # characters of a foreign program's words in a sentence


class _Failure(NamedTuple):
    """A row of the table: `{field}`s are filled in from the pattern and from the kubeconfig."""

    pattern: str
    why: Why
    text: str
    step: str = ""
    commands: tuple[str, ...] = ()


_VERSION = ("kubectl version --client",)
_VIEW = ("kubectl config view",)
_CONTEXTS = ("kubectl config get-contexts",)
_WHOAMI = ("kubectl auth whoami",)
_CORRECT = "correct the kubeconfig"
_LOG_IN = "log in again, in a terminal"

_FAILURES = (
    # kubectl itself
    _Failure(
        r"unknown flag: (?P<flag>--[\w-]+)",
        Why.NO_PROGRAM,
        "kubectl is too old: it does not know {flag}",
        "install a newer kubectl",
        _VERSION,
    ),
    # The kubeconfig
    _Failure(
        r'error loading config file "(?P<file>[^"]*)": (?P<detail>[^\n]+)',
        Why.NO_CONFIG,
        "the kubeconfig {file} cannot be read: {detail}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"stat (?P<file>[^\n]+): no such file or directory",
        Why.NO_CONFIG,
        "there is no kubeconfig {file}",
        "name the right file with --kubeconfig or $KUBECONFIG",
        _CONTEXTS,
    ),
    _Failure(
        r'context "(?P<missing>[^"]*)" does not exist',
        Why.NO_CONFIG,
        "there is no context {missing} in the kubeconfig (there are: {contexts})",
        "use a context that is there",
        ("{retry}", *_CONTEXTS),
    ),
    _Failure(
        r'(?P<kind>auth info|cluster) "(?P<missing>[^"]*)" does not exist',
        Why.NO_CONFIG,
        "there is no {kind} {missing} in the kubeconfig",
        "name one that is there",
        _VIEW,
    ),
    _Failure(
        r"unable to read (?P<what>client-cert|client-key|certificate-authority) (?P<file>.+?) for "
        r"(?P<owner>\S+) due to (?P<detail>[^\n]+)",
        Why.NO_CONFIG,
        "the {what} of {owner} cannot be read: {detail}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"unable to load root certificates|parse bytes as PEM|failed to find any PEM data",
        Why.NO_CONFIG,
        "a certificate or key in the kubeconfig is damaged: {said}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"Please enter Username|^error: EOF$",
        Why.LOGIN,
        "the kubeconfig has no credential for {user}",
        "get a kubeconfig with a credential, or name a user that has one with --user",
        _VIEW,
    ),
    _Failure(
        r"open (?P<file>[^\n]+): no such file or directory",
        Why.NO_CONFIG,
        "the kubeconfig names a file that is not there: {file}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r'The (?P<plugin>\w+) auth plugin has been removed|No Auth Provider found for name "\w+"',
        Why.LOGIN,
        "kubectl has no longer the log-in that the kubeconfig asks for: {said}",
        "let the cloud's command line write a new kubeconfig",
        _VERSION,
    ),
    _Failure(
        r"exec plugin: invalid apiVersion|exec plugin is configured to use API version",
        Why.LOGIN,
        "kubectl and the log-in program of {user} do not speak the same version: {said}",
        "update the log-in program, and let it write a new kubeconfig",
        _VERSION,
    ),
    _Failure(
        r"missing '\]' in host|first path segment in URL|unsupported protocol scheme|invalid port",
        Why.NO_CONFIG,
        "the server of cluster {cluster} is not a URL: {said}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"interactiveMode must be specified|Error in configuration|invalid configuration",
        Why.NO_CONFIG,
        "the kubeconfig is not valid: {said}",
        _CORRECT,
        _VIEW,
    ),
    # The log-in program
    _Failure(
        r"exec: (?:executable |fork/exec )(?P<plugin>[^\n]+?)(?: not found|: no such file)",
        Why.NO_PROGRAM,
        "the log-in program {plugin}, which the kubeconfig names, is not installed",
        "install {plugin} ({install}), or put it on PATH",
        _VIEW,
    ),
    _Failure(
        r"exec plugin cannot support interactive mode",
        Why.LOGIN,
        "the log-in program of {user} wants to ask something, and can do so only in a terminal",
        _LOG_IN,
        _WHOAMI,
    ),
    _Failure(
        r"exec: executable (?P<plugin>[^\n]+) failed with exit code (?P<code>-?\d+)",
        Why.LOGIN,
        "the log-in program {plugin} failed: {said}",
        _LOG_IN,
        ("{login}", *_WHOAMI),
    ),
    _Failure(
        r"getting credentials: ",
        Why.LOGIN,
        "kubectl gets no credential for {user}: {said}",
        _LOG_IN,
        _WHOAMI,
    ),
    # The way to the API server
    _Failure(
        r"proxyconnect tcp: (?P<detail>[^\n]+)|(?P<refusal>Proxy Authentication Required)",
        Why.UNREACHABLE,
        "the proxy on the way to {server} does not answer: {said}",
        "correct $HTTPS_PROXY, or proxy-url in the kubeconfig",
        _VIEW,
    ),
    _Failure(
        r"x509: certificate has expired or is not yet valid: (?P<detail>[^\n]+)",
        Why.UNREACHABLE,
        "the certificate of {server} has expired or is not valid yet ({detail})",
        "check this machine's clock; else the certificate must be renewed",
        ("date -u",),
    ),
    _Failure(
        r"x509: certificate signed by unknown authority|x509:.*not trusted",
        Why.UNREACHABLE,
        "the certificate of {server} is signed by an authority that the kubeconfig does not "
        "trust: it is another cluster's kubeconfig, the cluster was made anew, or a proxy listens",
        "get the cluster's kubeconfig anew",
        _VIEW,
    ),
    _Failure(
        r"x509: (?P<detail>(?:certificate is (?:not )?valid for|cannot validate cert)[^\n]+)",
        Why.UNREACHABLE,
        "the certificate of {server} is for another name: {detail}",
        "use a name that is in the certificate as server, or as --tls-server-name",
        _VIEW,
    ),
    _Failure(
        r"x509: ",
        Why.UNREACHABLE,
        "the certificate of {server} is not accepted: {said}",
        "get the cluster's kubeconfig anew",
        _VIEW,
    ),
    _Failure(
        r"remote error: tls: (?P<detail>[^\n]+)",
        Why.LOGIN,
        "{server} does not accept the client certificate{of_user}: {detail}",
        "get a new kubeconfig: client certificates expire",
        _VIEW,
    ),
    _Failure(
        r"first record does not look like a TLS handshake|HTTP response to HTTPS client",
        Why.UNREACHABLE,
        "{server} speaks HTTP, not HTTPS: it is no API server, or the wrong port",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"malformed HTTP|HTTP request to an HTTPS server|HTTP/1.x transport connection broken",
        Why.UNREACHABLE,
        "what listens at {server} does not speak HTTP: {said}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"connection refused",
        Why.UNREACHABLE,
        "{server} refuses connections (connection refused): nothing listens there",
        "start the cluster or the tunnel to it, or use another context",
        _CONTEXTS,
    ),
    _Failure(
        r"\blookup \S+|no such host",
        Why.UNREACHABLE,
        "the name in {server} does not resolve: {said}",
        "check the VPN and the name; a cluster that was deleted has no name either",
        _CONTEXTS,
    ),
    _Failure(
        r"i/o timeout|handshake timeout|deadline exceeded|Client\.Timeout|operation timed out",
        Why.TIMEOUT,
        "{server} does not answer: {said}",
        "check VPN, firewall and the cluster's list of allowed networks",
        _CONTEXTS,
    ),
    _Failure(
        r"no route to host|network is unreachable|host is down",
        Why.UNREACHABLE,
        "there is no way to {server}: {said}",
        "check the network and the VPN",
        _CONTEXTS,
    ),
    _Failure(
        r"EOF|connection reset|broken pipe|server closed|GOAWAY",
        Why.UNREACHABLE,
        "{server} breaks connections off ({said})",
        "check that server is an API server's address, and that no firewall cuts in",
        _VIEW,
    ),
)

_NO_SERVER = (  # kubectl then tries localhost:8080; which of these it is the kubeconfig tells
    _Failure(
        "",
        Why.NO_CONFIG,
        "there is no kubeconfig, or nothing in it",
        "name the file with --kubeconfig or $KUBECONFIG",
        _VIEW,
    ),
    _Failure(
        "",
        Why.NO_CONFIG,
        "the kubeconfig has no current context (there are: {contexts})",
        "choose one with --context",
        _CONTEXTS,
    ),
    _Failure(
        "",
        Why.NO_CONFIG,
        "context {context} names a cluster that the kubeconfig does not have: {cluster}",
        _CORRECT,
        _VIEW,
    ),
)

_STATUSES = {
    401: _Failure(
        "",
        Why.LOGIN,
        "{server} rejects the credential{of_user} (401 Unauthorized): it has expired, or was "
        "never valid here",
        _LOG_IN,
        _WHOAMI,
    ),
    403: _Failure(
        "",
        Why.LOGIN,
        "{server} does not know who asks (system:anonymous): no credential was sent",
        "get a kubeconfig with a credential",
        _WHOAMI,
    ),
}

_ODD = _Failure(
    "",
    Why.GARBLED,
    "what answers at {server} is not a Kubernetes API server: {said}",
    "check the server in the kubeconfig; a log-in page or a proxy may answer in its place",
    _VIEW,
)
_SILENT = _Failure(
    "",
    Why.TIMEOUT,
    "{server} did not answer within {seconds} s",
    "check VPN, firewall and the cluster's list of allowed networks, or allow more --timeout",
    _CONTEXTS,
)
_ASKING = _Failure(
    "",
    Why.LOGIN,
    "kubectl waited {seconds} s for a log-in: {said}",
    _LOG_IN,
    _WHOAMI,
)
_STUCK = _Failure(
    "",
    Why.TIMEOUT,
    "kubectl did not start within {seconds} s",
    "see whether kubectl works at all, or allow more --timeout",
    _VERSION,
)
_OTHER = _Failure("", Why.FAILED, "kubectl cannot serve: {said}", "ask kubectl itself", _VIEW)

_PLUGINS: Mapping[str, tuple[str, str]] = {
    "aws": ("the AWS CLI", "aws sso login"),
    "aws-iam-authenticator": ("from kubernetes-sigs", "aws sso login"),
    "gke-gcloud-auth-plugin": (
        "gcloud components install gke-gcloud-auth-plugin",
        "gcloud auth login",
    ),
    "kubelogin": ("az aks install-cli", "az login"),
    "doctl": ("DigitalOcean's CLI", "doctl auth init"),
    "oci": ("Oracle's CLI", "oci session authenticate"),
    "tsh": ("Teleport's client", "tsh login"),
}
"""Log-in programs: where each comes from, and the command that logs in."""


def explain(said: str, config: Kubeconfig, aside: str = "") -> Unread:
    """Return the reason for what kubectl *said* when it could not reach the cluster.

    *aside* is what came with it on stderr: what a log-in program has said itself.
    """
    if "connection refused" in said and "8080" in said and not config.target.server:
        row = 2 if config.target.context else 1 if config.contexts else 0
        return _fill(_NO_SERVER[row], said, config)
    for failure in _FAILURES:
        found = re.search(failure.pattern, said, re.MULTILINE)
        if found:
            named = {key: value for key, value in found.groupdict().items() if value}
            if aside and said.startswith("getting credentials: "):
                named["said"] = _short(aside)
            return _fill(failure, said, config, named)
    return _fill(_OTHER, said, config)


def refused(status: int, config: Kubeconfig) -> Unread:
    """Return the reason for the *status* 401 (not logged in) or 403 (taken for anonymous)."""
    return _fill(_STATUSES[status], "", config)


def odd(said: str, config: Kubeconfig) -> Unread:
    """Return the reason when the answer, described by *said*, is not one of Kubernetes."""
    return _fill(_ODD, said, config)


def silent(seconds: float, said: str, config: Kubeconfig) -> Unread:
    """Return the reason when nothing came in *seconds*; *said* is what a log-in program wrote."""
    return _fill(_ASKING if said else _SILENT, said, config, {"seconds": f"{round(seconds, 1):g}"})


def stuck(seconds: float) -> Unread:
    """Return the reason when kubectl did not get ready in *seconds*."""
    return _fill(_STUCK, "", Kubeconfig(), {"seconds": f"{max(round(seconds), 1)}"})


def _fill(
    failure: _Failure, said: str, config: Kubeconfig, named: Mapping[str, str] | None = None
) -> Unread:
    target = config.target
    fields = {
        "server": target.server or "the API server",
        "context": target.context,
        "cluster": target.cluster,
        "user": target.user or "you",
        "of_user": f" of {target.user}" if target.user else "",
        "contexts": _listed(config.contexts),
        "said": _short(said) or "it says nothing",
        "retry": "",
        "login": "",
        "install": "see its documentation",
        **(named or {}),
    }
    for near in similar(fields.get("missing", ""), config.contexts):
        fields["retry"] = shlex.join(("kubectl", "flux-status", f"--context={near}"))
    plugin = PurePath(fields.get("plugin", "")).name
    if plugin in _PLUGINS:
        fields["install"], fields["login"] = _PLUGINS[plugin]
    commands = (shlex.split(each.format_map(fields)) for each in failure.commands)
    hint = Hint(
        failure.step.format_map(fields), tuple(Command(tuple(argv)) for argv in commands if argv)
    )
    text = failure.text.format_map(fields)
    return Unread(failure.why, mask(text), hints=(hint,) if failure.step else ())


def _short(said: str) -> str:
    """Put what was said on one line: its first paragraph, without what every line has."""
    words = " ".join(said.strip().split("\n\n")[0].removeprefix("error: ").split())
    return words if len(words) <= _SAID else f"{words[:_SAID]}…"


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _LISTED
    more = (f"{rest} more",) if rest > 0 else ()
    return ", ".join((*names[:_LISTED], *more)) or "none"

"""Why a cluster cannot be reached: messages of kubectl and Go, each with a sentence and a fix.

The messages are those of kubectl 1.27 to 1.37. On an invalid configuration, `kubectl proxy`
writes to stderr and exits. If it cannot reach the API server, it answers with status 500 and
plain text.
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
_QUOTED = 300  # characters of another program's message in a sentence


class _Failure(NamedTuple):
    """A row of the table. Each `{field}` comes from the pattern or from the kubeconfig."""

    pattern: str
    why: Why
    text: str
    step: str = ""
    commands: tuple[str, ...] = ()


_VERSION = ("kubectl version --client",)
_VIEW = ("kubectl config view",)
_CONTEXTS = ("kubectl config get-contexts",)
_DEFAULT_CONTEXTS = ("env -u KUBECONFIG kubectl config get-contexts",)
_WHOAMI = ("kubectl auth whoami",)
_CORRECT = "fix the kubeconfig"
_LOG_IN = "log in again in a terminal"

_FAILURES = (
    # kubectl itself
    _Failure(
        r"unknown flag: (?P<flag>--[\w-]+)",
        Why.NO_PROGRAM,
        "kubectl is too old: it does not support {flag}",
        "upgrade kubectl",
        _VERSION,
    ),
    # The kubeconfig
    _Failure(
        r'error loading config file "(?P<file>[^"]*)": (?P<detail>[^\n]+)',
        Why.NO_CONFIG,
        "the kubeconfig {file} could not be read: {detail}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"stat (?P<file>[^\n]+): no such file or directory",
        Why.NO_CONFIG,
        "the kubeconfig {file} does not exist",
        "set --kubeconfig or $KUBECONFIG to a file that exists; this command lists the contexts "
        "of the default kubeconfig",
        _DEFAULT_CONTEXTS,
    ),
    _Failure(
        r'context "(?P<missing>[^"]*)" does not exist',
        Why.NO_CONFIG,
        'context "{missing}" does not exist in the kubeconfig (contexts: {contexts})',
        "use one of the existing contexts",
        ("{retry}", *_CONTEXTS),
    ),
    _Failure(
        r'auth info "(?P<missing>[^"]*)" does not exist',
        Why.NO_CONFIG,
        'user "{missing}" does not exist in the kubeconfig',
        "use an existing user",
        _VIEW,
    ),
    _Failure(
        r'cluster "(?P<missing>[^"]*)" does not exist',
        Why.NO_CONFIG,
        'cluster "{missing}" does not exist in the kubeconfig',
        "use an existing cluster",
        _VIEW,
    ),
    _Failure(
        r"unable to read (?P<what>client-cert|client-key|certificate-authority) (?P<file>.+?) for "
        r"(?P<owner>\S+) due to (?P<detail>[^\n]+)",
        Why.NO_CONFIG,
        "the {what} of {owner} could not be read: {detail}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"unable to load root certificates|parse bytes as PEM|failed to find any PEM data",
        Why.NO_CONFIG,
        "a certificate or key in the kubeconfig is invalid: {message}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"Please enter Username|^error: EOF$",
        Why.LOGIN,
        "the kubeconfig has no credentials for {user}",
        "get a kubeconfig with credentials, or select another user with --user",
        _VIEW,
    ),
    _Failure(
        r"open (?P<file>[^\n]+): no such file or directory",
        Why.NO_CONFIG,
        "the kubeconfig refers to a file that does not exist: {file}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r'The (?P<plugin>\w+) auth plugin has been removed|No Auth Provider found for name "\w+"',
        Why.LOGIN,
        "this kubectl no longer supports the auth plugin in the kubeconfig: {message}",
        "generate a new kubeconfig with the CLI of the cloud provider",
        _VERSION,
    ),
    _Failure(
        r"exec plugin: invalid apiVersion|exec plugin is configured to use API version",
        Why.LOGIN,
        "kubectl and the credential plugin of {user} do not support the same API version: "
        "{message}",
        "update the credential plugin, then generate a new kubeconfig",
        _VERSION,
    ),
    _Failure(
        r"missing '\]' in host|first path segment in URL|unsupported protocol scheme|invalid port",
        Why.NO_CONFIG,
        'the server of cluster "{cluster}" is not a valid URL: {message}',
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"interactiveMode must be specified|Error in configuration|invalid configuration",
        Why.NO_CONFIG,
        "the kubeconfig is invalid: {message}",
        _CORRECT,
        _VIEW,
    ),
    # The credential plugin
    _Failure(
        r"exec: (?:executable |fork/exec )(?P<plugin>[^\n]+?)(?: not found|: no such file)",
        Why.NO_PROGRAM,
        "the credential plugin {plugin} in the kubeconfig is not installed",
        "install {plugin} ({install}) or add it to your PATH",
        _VIEW,
    ),
    _Failure(
        r"exec plugin cannot support interactive mode",
        Why.LOGIN,
        "the credential plugin of {user} asks for input, which works only in a terminal",
        _LOG_IN,
        _WHOAMI,
    ),
    _Failure(
        r"exec: executable (?P<plugin>[^\n]+) failed with exit code (?P<code>-?\d+)",
        Why.LOGIN,
        "the credential plugin {plugin} failed: {message}",
        _LOG_IN,
        ("{login}", *_WHOAMI),
    ),
    _Failure(
        r"getting credentials: ",
        Why.LOGIN,
        "kubectl could not get a credential for {user}: {message}",
        _LOG_IN,
        _WHOAMI,
    ),
    # The connection to the API server
    _Failure(
        r"proxyconnect tcp: (?P<detail>[^\n]+)|(?P<refusal>Proxy Authentication Required)",
        Why.UNREACHABLE,
        "kubectl could not connect to {server} through the proxy: {message}",
        "fix $HTTPS_PROXY or proxy-url in the kubeconfig",
        _VIEW,
    ),
    _Failure(
        r"x509: certificate has expired or is not yet valid: (?P<detail>[^\n]+)",
        Why.UNREACHABLE,
        "the certificate of {server} has expired or is not yet valid ({detail})",
        "check this machine's clock; if it is correct, the certificate must be renewed",
        ("date -u",),
    ),
    _Failure(
        r"x509: certificate signed by unknown authority|x509:.*not trusted",
        Why.UNREACHABLE,
        "the certificate of {server} is signed by an authority that the kubeconfig does not trust: "
        "the kubeconfig is for another cluster, the cluster was recreated, or a proxy intercepts "
        "TLS",
        "get a new kubeconfig for the cluster",
        _VIEW,
    ),
    _Failure(
        r"x509: (?P<detail>(?:certificate is (?:not )?valid for|cannot validate cert)[^\n]+)",
        Why.UNREACHABLE,
        "the certificate of {server} is not valid for this name: {detail}",
        "set the server or --tls-server-name to a name that is in the certificate",
        _VIEW,
    ),
    _Failure(
        r"x509: ",
        Why.UNREACHABLE,
        "the certificate of {server} was rejected: {message}",
        "get a new kubeconfig for the cluster",
        _VIEW,
    ),
    _Failure(
        r"remote error: tls: (?P<detail>[^\n]+)",
        Why.LOGIN,
        "{server} rejected the client certificate{of_user}: {detail}",
        "get a new kubeconfig; the client certificate may have expired",
        _VIEW,
    ),
    _Failure(
        r"first record does not look like a TLS handshake|HTTP response to HTTPS client",
        Why.UNREACHABLE,
        "{server} serves HTTP, not HTTPS: it is not an API server, or the port is wrong",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"malformed HTTP|HTTP request to an HTTPS server|HTTP/1.x transport connection broken",
        Why.UNREACHABLE,
        "the service at {server} does not speak HTTP: {message}",
        _CORRECT,
        _VIEW,
    ),
    _Failure(
        r"connection refused",
        Why.UNREACHABLE,
        "{server} refused the connection: nothing is listening there",
        "start the cluster or the tunnel to it, or use another context",
        _CONTEXTS,
    ),
    _Failure(
        r"\blookup \S+|no such host",
        Why.UNREACHABLE,
        "the host name of {server} does not resolve: {message}",
        "check the VPN and the host name, and whether the cluster still exists",
        _CONTEXTS,
    ),
    _Failure(
        r"i/o timeout|handshake timeout|deadline exceeded|Client\.Timeout|operation timed out",
        Why.TIMEOUT,
        "{server} does not respond: {message}",
        "check the VPN, the firewall, and whether the API server accepts connections from this "
        "network",
        _CONTEXTS,
    ),
    _Failure(
        r"no route to host|network is unreachable|host is down",
        Why.UNREACHABLE,
        "{server} is unreachable: {message}",
        "check the network and the VPN",
        _CONTEXTS,
    ),
    _Failure(
        r"EOF|connection reset|broken pipe|server closed|GOAWAY",
        Why.UNREACHABLE,
        "{server} closed the connection ({message})",
        "check that the server is an API server, and that no firewall or proxy interferes",
        _VIEW,
    ),
)

# Without a server, kubectl tries localhost:8080; the kubeconfig shows what it lacks.
_NO_KUBECONFIG = _Failure(
    "",
    Why.NO_CONFIG,
    "there is no kubeconfig: {files} does not exist",
    "set --kubeconfig or $KUBECONFIG to a file that exists",
)
_NO_CONTEXTS = _Failure(
    "",
    Why.NO_CONFIG,
    "the kubeconfig {files} has no contexts",
    "select another file with --kubeconfig or $KUBECONFIG",
    _VIEW,
)
_NO_CURRENT_CONTEXT = _Failure(
    "",
    Why.NO_CONFIG,
    "the kubeconfig has no current context (contexts: {contexts})",
    "select a context with --context",
    _CONTEXTS,
)
_NO_CLUSTER = _Failure(
    "",
    Why.NO_CONFIG,
    'context "{context}" refers to a cluster that is not in the kubeconfig: "{cluster}"',
    _CORRECT,
    _VIEW,
)
_NO_TOKEN_OF_POD = _Failure(
    "",
    Why.NO_CONFIG,
    "there is no kubeconfig, and kubectl does not use the ServiceAccount of this pod",
    "mount the token of the ServiceAccount (automountServiceAccountToken), and omit options "
    "such as --as, which make kubectl ignore the token; or set --kubeconfig to a file that "
    "exists",
)

_STATUSES = {
    401: _Failure(
        "",
        Why.LOGIN,
        "{server} rejected the credentials{of_user} (401 Unauthorized): they have expired or "
        "are invalid",
        _LOG_IN,
        _WHOAMI,
    ),
    403: _Failure(
        "",
        Why.LOGIN,
        "{server} received no credentials and treats the request as system:anonymous",
        "get a kubeconfig with credentials",
        _WHOAMI,
    ),
}

_ODD = _Failure(
    "",
    Why.GARBLED,
    "the service at {server} is not a Kubernetes API server: {message}",
    "check the server in the kubeconfig; a login page or a proxy may be responding instead",
    _VIEW,
)
_SILENT = _Failure(
    "",
    Why.TIMEOUT,
    "{server} did not respond within {seconds} s",
    "check the VPN, the firewall, and whether the API server accepts connections from this "
    "network; or increase --timeout",
    _CONTEXTS,
)
_LOGIN_PROMPT = _Failure(
    "",
    Why.LOGIN,
    "kubectl waited {seconds} s for a login: {message}",
    _LOG_IN,
    _WHOAMI,
)
_STUCK = _Failure(
    "",
    Why.TIMEOUT,
    "kubectl did not start within {seconds} s",
    "check that kubectl works, or increase --timeout",
    _VERSION,
)
_OTHER = _Failure("", Why.FAILED, "kubectl failed: {message}", "check that kubectl works", _VIEW)

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
"""Credential plugins, each with its source and the command that logs in."""


def explain(message: str, config: Kubeconfig, aside: str = "") -> Unread:
    """Return the reason for *message*, of a kubectl that could not reach the cluster.

    *aside* is what it wrote to stderr as well: the message of a credential plugin.
    """
    message = mask(message)  # before its lines are joined: a line tells where a value ends
    if "connection refused" in message and "8080" in message and not config.target.server:
        return _fill(_without_server(config), message, config)
    for failure in _FAILURES:
        found = re.search(failure.pattern, message, re.MULTILINE)
        if found:
            named = found.groupdict("")
            if aside and message.startswith("getting credentials: "):
                named["message"] = _short(aside)
            return _fill(failure, message, config, named)
    return _fill(_OTHER, message, config)


def _without_server(config: Kubeconfig) -> _Failure:
    """Return the failure that explains why *config* has no server."""
    if config.target.context:
        return _NO_CLUSTER
    if config.in_pod:
        return _NO_TOKEN_OF_POD
    if config.contexts:
        return _NO_CURRENT_CONTEXT
    return _NO_CONTEXTS if config.exists else _NO_KUBECONFIG


def refused(status: int, config: Kubeconfig) -> Unread:
    """Return the reason for the *status* 401 (not logged in) or 403 (anonymous)."""
    return _fill(_STATUSES[status], "", config)


def odd(message: str, config: Kubeconfig) -> Unread:
    """Return the reason for an answer, described by *message*, that is not one of Kubernetes."""
    return _fill(_ODD, message, config)


def silent(seconds: float, message: str, config: Kubeconfig) -> Unread:
    """Return why nothing answered within *seconds*; *message* is a credential plugin's."""
    failure = _LOGIN_PROMPT if message else _SILENT
    return _fill(failure, message, config, {"seconds": f"{round(seconds, 1):g}"})


def stuck(seconds: float) -> Unread:
    """Return the reason when kubectl did not start within *seconds*."""
    return _fill(_STUCK, "", Kubeconfig(), {"seconds": f"{max(round(seconds), 1)}"})


def _fill(
    failure: _Failure, message: str, config: Kubeconfig, named: Mapping[str, str] | None = None
) -> Unread:
    target = config.target
    fields = {
        "server": target.server or "the API server",
        "context": target.context,
        "cluster": target.cluster,
        "user": target.user or "the current user",
        "of_user": f" of {target.user}" if target.user else "",
        "contexts": _listed(config.contexts),
        "files": ":".join(config.files),
        "message": _short(message) or "no message",
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


def _short(message: str) -> str:
    """Return the first paragraph of a message, on one line and without kubectl's "error: "."""
    words = " ".join(message.strip().split("\n\n")[0].removeprefix("error: ").split())
    return words if len(words) <= _QUOTED else f"{words[:_QUOTED]}…"


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _LISTED
    more = (f"{rest} more",) if rest > 0 else ()
    return ", ".join((*names[:_LISTED], *more)) or "none"

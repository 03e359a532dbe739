"""Each message of kubectl, of its credential plugins and of Go has its sentence and a next step.

The messages are those that kubectl prints; test_failures.py causes most of them with the real one.
"""

from collections.abc import Sequence

import pytest

from fluxstatus.cluster import failures
from fluxstatus.cluster.kubeconfig import Kubeconfig
from fluxstatus.model.evidence import Target, Why

SERVER = "https://10.0.0.1:6443"
HERE = Kubeconfig(Target("here", "there", SERVER, "me"), contexts=("here", "prod"))

VIEW = "kubectl config view"
CONTEXTS = "kubectl config get-contexts"
VERSION = "kubectl version --client"
WHOAMI = "kubectl auth whoami"

MESSAGES = (
    ("Error: unknown flag: --append-server-path\nSee 'kubectl proxy --help' for usage.",
     Why.NO_PROGRAM, "it does not support --append-server-path", VERSION),
    # The kubeconfig
    ('error: error loading config file "/a/b c": yaml: line 2: did not find expected key\nmore',
     Why.NO_CONFIG, "/a/b c could not be read: yaml: line 2: did not find expected key", VIEW),
    ("error: stat /a/b c: no such file or directory", Why.NO_CONFIG,
     "the kubeconfig /a/b c does not exist", f"env -u KUBECONFIG {CONTEXTS}"),
    ('error: context "prd" does not exist', Why.NO_CONFIG,
     'context "prd" does not exist in the kubeconfig (contexts: here, prod)',
     "kubectl flux-status --context=prod"),
    ('error: context "" does not exist', Why.NO_CONFIG, "does not exist", CONTEXTS),
    ('error: auth info "a b" does not exist', Why.NO_CONFIG, 'user "a b" does not exist', VIEW),
    ('error: cluster "a b" does not exist', Why.NO_CONFIG, 'cluster "a b" does not exist', VIEW),
    *((f"error: unable to read {what} /a b/c for there due to open /a b/c: permission denied",
       Why.NO_CONFIG, f"the {what} of there could not be read: open /a b/c: permission denied",
       VIEW) for what in ("client-cert", "client-key", "certificate-authority")),
    *((f"error: {text}", Why.NO_CONFIG,
       f"a certificate or key in the kubeconfig is invalid: {text}", VIEW) for text in (
        "unable to load root certificates: unable to parse bytes as PEM block",
        "unable to parse bytes as PEM block",
        "tls: failed to find any PEM data in certificate input")),
    ("Please enter Username: error: EOF", Why.LOGIN, "has no credentials for me", VIEW),
    ("W1129 a warning\nerror: EOF\n", Why.LOGIN, "has no credentials for me", VIEW),
    ("error: open /a/b c: no such file or directory", Why.NO_CONFIG,
     "refers to a file that does not exist: /a/b c", VIEW),
    ("error: The gcp auth plugin has been removed.\nPlease use the other plugin.", Why.LOGIN,
     ("no longer supports the auth plugin in the kubeconfig: The gcp auth plugin has been removed. "
     "Please"), VERSION),
    ('error: No Auth Provider found for name "oidc"', Why.LOGIN,
     "no longer supports the auth plugin", VERSION),
    ('error: exec plugin: invalid apiVersion "client.authentication.k8s.io/v1alpha1"', Why.LOGIN,
     "the credential plugin of me do not support the same API version", VERSION),
    (("getting credentials: exec plugin is configured to use API version a/v1, plugin returned "
     "version a/v1beta1"), Why.LOGIN, "do not support the same API version", VERSION),
    *((f"error: {text}", Why.NO_CONFIG, f'the server of cluster "there" is not a valid URL: {text}',
       VIEW) for text in (
        'parse "https://[::1:6443": missing \']\' in host',
        'parse "10.0.0.1:6443": first path segment in URL cannot contain colon',
        'Get "ftp://10.0.0.1/api": unsupported protocol scheme "ftp"',
        'parse "https://a:b": invalid port ":b" after host')),
    *((f"error: {text}", Why.NO_CONFIG, f"the kubeconfig is invalid: {text}", VIEW) for text in (
        "interactiveMode must be specified for me to use exec authentication plugin",
        "Error in configuration: context was not found for specified context: here",
        "invalid configuration: no configuration has been provided")),
    # The credential plugin
    ("getting credentials: exec: executable kubelogin not found\n\nIt looks like", Why.NO_PROGRAM,
     "the credential plugin kubelogin in the kubeconfig is not installed", VIEW),
    ("getting credentials: exec: fork/exec /a b/aws: no such file or directory", Why.NO_PROGRAM,
     "the credential plugin /a b/aws in the kubeconfig is not installed", VIEW),
    (("getting credentials: exec plugin cannot support interactive mode: standard input is not a "
     "terminal"), Why.LOGIN, "the credential plugin of me asks for input", WHOAMI),
    ("getting credentials: exec: executable /a b/aws failed with exit code 255", Why.LOGIN,
     "the credential plugin /a b/aws failed: getting credentials", "aws sso login"),
    ("getting credentials: exec: executable other failed with exit code -1", Why.LOGIN,
     "the credential plugin other failed", WHOAMI),
    ("getting credentials: decoding stdout: couldn't get version/kind", Why.LOGIN,
     "kubectl could not get a credential for me: getting credentials: decoding stdout", WHOAMI),
    # The connection
    ("proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused", Why.UNREACHABLE,
     f"could not connect to {SERVER} through the proxy: proxyconnect tcp: dial", VIEW),
    ("Proxy Authentication Required", Why.UNREACHABLE, "through the proxy: Proxy Auth", VIEW),
    (("tls: failed to verify certificate: x509: certificate has expired or is not yet valid: "
     "current time 2026-11-29T20:51:41Z is after 2026-11-28T20:51:41Z"), Why.UNREACHABLE,
     (f"of {SERVER} has expired or is not yet valid (current time 2026-11-29T20:51:41Z is after "
     "2026-11-28T20:51:41Z)"), "date -u"),
    ("tls: failed to verify certificate: x509: certificate signed by unknown authority",
     Why.UNREACHABLE, f"of {SERVER} is signed by an authority that the kubeconfig does not", VIEW),
    ("tls: failed to verify certificate: x509: “kube-apiserver” certificate is not trusted",
     Why.UNREACHABLE, "is signed by an authority that the kubeconfig does not trust", VIEW),
    *((f"tls: failed to verify certificate: x509: {text}", Why.UNREACHABLE,
       f"the certificate of {SERVER} is not valid for this name: {text}", VIEW) for text in (
        "certificate is valid for a.example.com, not b.example.com",
        "certificate is not valid for any names, but wanted to match b.example.com",
        "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs")),
    ("tls: failed to verify certificate: x509: unhandled critical extension", Why.UNREACHABLE,
     f"the certificate of {SERVER} was rejected: tls: failed to verify", VIEW),
    ("remote error: tls: certificate required", Why.LOGIN,
     f"{SERVER} rejected the client certificate of me: certificate required", VIEW),
    ("tls: first record does not look like a TLS handshake", Why.UNREACHABLE,
     f"{SERVER} serves HTTP, not HTTPS", VIEW),
    ("http: server gave HTTP response to HTTPS client", Why.UNREACHABLE,
     f"{SERVER} serves HTTP, not HTTPS", VIEW),
    *((text, Why.UNREACHABLE, f"the service at {SERVER} does not speak HTTP: {text}", VIEW)
      for text in (
        'malformed HTTP response "SSH-2.0"', 'malformed HTTP version "x"',
        "Client sent an HTTP request to an HTTPS server.",
        "net/http: HTTP/1.x transport connection broken: too many headers")),
    ("dial tcp 10.0.0.1:6443: connect: connection refused", Why.UNREACHABLE,
     f"{SERVER} refused the connection: nothing is listening there", CONTEXTS),
    *((text, Why.UNREACHABLE, f"the host name of {SERVER} does not resolve: {text}", CONTEXTS)
      for text in (
        "dial tcp: lookup api.example.com: Temporary failure in name resolution",
        "dial tcp: address api: no such host")),
    *((text, Why.TIMEOUT, f"{SERVER} does not respond: {text}", CONTEXTS) for text in (
        "dial tcp 10.0.0.1:6443: i/o timeout", "net/http: TLS handshake timeout",
        "context deadline exceeded",
        "net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
        "dial tcp 10.0.0.1:6443: connect: operation timed out")),
    *((f"dial tcp 10.0.0.1:6443: connect: {text}", Why.UNREACHABLE,
       f"{SERVER} is unreachable: dial", CONTEXTS) for text in (
        "no route to host", "network is unreachable", "host is down")),
    *((text, Why.UNREACHABLE, f"{SERVER} closed the connection ({text})", VIEW) for text in (
        "EOF", "unexpected EOF", "read tcp 10.0.0.2:1->10.0.0.1:6443: connection reset by peer",
        "write tcp 10.0.0.2:1->10.0.0.1:6443: broken pipe", "http: server closed idle connection",
        "http2: server sent GOAWAY and closed the connection")),
    ("error: something new", Why.FAILED, "kubectl failed: something new", VIEW),
)  # fmt: skip


@pytest.mark.parametrize(("message", "why", "text", "line"), MESSAGES)
def test_a_message_has_its_sentence(message: str, why: Why, text: str, line: str) -> None:
    """The first row that fits counts; its first command can be pasted."""
    unread = failures.explain(f"{message}\n", HERE)
    assert unread.why is why
    assert text in unread.text
    [hint] = unread.hints
    assert hint.text
    assert " ".join(hint.commands[0].argv) == line


@pytest.mark.parametrize(
    ("plugin", "source", "login"),
    [
        ("aws", "the AWS CLI", "aws sso login"),
        ("aws-iam-authenticator", "from kubernetes-sigs", "aws sso login"),
        ("gke-gcloud-auth-plugin", "gcloud components install gke-gcloud-auth-plugin",
         "gcloud auth login"),
        ("/usr/bin/kubelogin", "az aks install-cli", "az login"),
        ("doctl", "DigitalOcean's CLI", "doctl auth init"),
        ("oci", "Oracle's CLI", "oci session authenticate"),
        ("tsh", "Teleport's client", "tsh login"),
    ],
)  # fmt: skip
def test_a_known_plugin_has_its_login(plugin: str, source: str, login: str) -> None:
    """Where it comes from is told if it is missing, and how to log in if it fails."""
    [hint] = failures.explain(f"exec: executable {plugin} not found", HERE).hints
    assert hint.text == f"install {plugin} ({source}) or add it to your PATH"
    [hint] = failures.explain(f"exec: executable {plugin} failed with exit code 1", HERE).hints
    assert [" ".join(one.argv) for one in hint.commands] == [login, WHOAMI]


def test_the_words_of_a_plugin_are_its_own() -> None:
    """What it wrote to stderr says more than its exit code, and is told for a plugin alone."""
    failed = "getting credentials: exec: executable aws failed with exit code 255"
    told = "Token has expired\nlog in\n\nand more"
    assert failures.explain(failed, HERE, told).text.endswith(
        "aws failed: Token has expired log in"
    )
    assert failures.explain("x509: odd", HERE, told).text.endswith("rejected: x509: odd")


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Target(), "the API server rejected the credentials (401"),
        (Target(user="me", server=SERVER), f"{SERVER} rejected the credentials of me (401"),
    ],
)
def test_names_that_are_unknown_are_left_out(known: Target, words: str) -> None:
    """Without the kubeconfig, the sentence is the same without its names."""
    unread = failures.refused(401, Kubeconfig(known))
    assert (unread.why, words in unread.text) == (Why.LOGIN, True)
    unread = failures.explain("getting credentials: no", Kubeconfig(known))
    assert f"a credential for {known.user or 'the current user'}: getting" in unread.text


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "none"),
        (("a",), "a"),
        (tuple("abcdefghij"), "a, b, c, d, e, f, g, h, i, j"),
        (tuple("abcdefghijk"), "a, b, c, d, e, f, g, h, i, j, 1 more"),
    ],
)
def test_ten_contexts_are_listed(names: Sequence[str], words: str) -> None:
    """The number of the others is told."""
    text = failures.explain(
        'error: context "x" does not exist', Kubeconfig(contexts=tuple(names))
    ).text
    assert text.endswith(f"(contexts: {words})")


def test_a_long_message_is_cut() -> None:
    """300 characters of another program are enough, and one more is too many."""
    assert failures.explain("x" * 300, HERE).text == "kubectl failed: " + "x" * 300
    assert failures.explain("x" * 301, HERE).text == "kubectl failed: " + "x" * 300 + "…"


def test_who_is_silent() -> None:
    """A plugin that wrote something waits for a login; else the API server does not respond."""
    unread = failures.silent(2.04, "open the browser", HERE)
    assert (unread.why, unread.text) == (
        Why.LOGIN, "kubectl waited 2 s for a login: open the browser",
    )  # fmt: skip
    unread = failures.silent(0.25, "", HERE)
    assert (unread.why, unread.text) == (Why.TIMEOUT, f"{SERVER} did not respond within 0.2 s")
    unread = failures.stuck(0.3)
    assert (unread.why, unread.text) == (Why.TIMEOUT, "kubectl did not start within 1 s")
    unread = failures.odd("a page", HERE)
    assert (unread.why, unread.text) == (
        Why.GARBLED, f"the service at {SERVER} is not a Kubernetes API server: a page",
    )  # fmt: skip
    assert failures.refused(403, HERE).why is Why.LOGIN

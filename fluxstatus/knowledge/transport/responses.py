"""Hosts that respond with an error or close the connection.

Upstream: Go net, net/http, golang.org/x/net/http2, go-git, source-controller internal/helm/getter.
"""

from fluxstatus.knowledge.commands import ENDPOINT
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.knowledge.transport.shared import FETCHES, FROM_THE_POD, HOST_REDIRECTS, POLICIES
from fluxstatus.model.codes import Code

_HOST_UNREACHABLE = Code("host-unreachable", "The host cannot be reached or closes the connection.")

RULES = (
    Rule(
        Code("host-broken", "The host returns a server error (HTTP 5xx)."),
        why="{host} returned HTTP {status} (server error)",
        steps=(
            Step(
                "check the status of {host}; Flux recovers automatically when {host} is available again"
            ),
            Step(
                "if {host} is available, check any proxy or load balancer between the cluster and {host}"
            ),
        ),
        pattern=Text(
            r"(?:status(?: code)?:? |HTTP(?:/[\d.]+)? |: (?=5\d\d (?:Internal|Bad G|Service|Gateway|"
            r"Not Impl|Origin|Web|<none>)|5\d\d\b\s*$))(?P<status>5\d\d)\b(?!\.)"
        ),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="go-git plumbing/transport/http, SC internal/helm/getter",
    ),
    Rule(
        Code("request-too-large", "The host or a proxy in front of it rejects a large request."),
        why="{host}, or a proxy or ingress in front of it, does not accept requests of this size (413)",
        steps=(
            Step(
                "increase the request size limit there (nginx: client_max_body_size; ingress-nginx: the annotation nginx.ingress.kubernetes.io/proxy-body-size). For a Git repository, you can use SSH, which does not have this limit",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"status(?: code)?:? 413\b|413 (?:Request Entity|Payload|Content) Too Large"),
        kinds=FETCHES - {"Provider"},
        upstream="go-git plumbing/transport/http, nginx: responses of the proxy",
    ),
    Rule(
        HOST_REDIRECTS,
        why="{host} redirects the request, and Flux does not follow the redirect: {detail}",
        steps=(
            Step(
                "set {address_field} to the target of the redirect, with the same scheme. A redirect to a login page means that the credentials are missing or rejected",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>http redirect: (?!target)[^\n]{1,120}|stopped after \d+ redirects|too many redirects|"
            r"unsupported redirect[^\n]{0,60}|\b30[1278] (?:Moved|Found|Temporary|Permanent)[^\n]{0,40})"
        ),
        kinds=FETCHES,
        certainty="one-of",
        upstream="Go net/http client.go, go-git plumbing/transport/http",
    ),
    Rule(
        Code(
            "host-breaks-stream",
            "The host or a proxy in front of it aborts the HTTP/2 connection.",
        ),
        why="{host}, or a proxy or load balancer in front of it, aborted the HTTP/2 connection: {detail}",
        steps=(
            Step(
                "check the logs of {host} and of any ingress, proxy or load balancer in front of it; Flux retries automatically"
            ),
            Step(
                "if the error occurs often, disable HTTP/2 or increase timeouts and buffer sizes on that server; for a Git repository, you can use SSH instead",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>stream error: stream ID \d+; [^\n]{1,60}|http2: [^\n]{1,100}|"
            r"GOAWAY[^\n]{0,60}|connection error: [A-Z_]{5,})"
        ),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="golang.org/x/net/http2",
    ),
    Rule(
        _HOST_UNREACHABLE,
        why="{host} cannot be reached: {detail}",
        steps=(FROM_THE_POD,),
        pattern=Text(
            r"(?P<detail>no route to host|network is unreachable|"
            r"connect: operation not permitted|connect: permission denied|"
            r"cannot assign requested address)"
        ),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
    Rule(
        _HOST_UNREACHABLE,
        why="the connection to {host} was closed before the response was complete: {detail}",
        steps=(
            Step(
                "check the logs of {host}, and of any proxy, firewall or load balancer between {host} and the cluster, for limits on size, time or connections; Flux retries automatically",
                read=(POLICIES,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>connection reset(?: by peer)?|unexpected EOF|broken pipe|"
            r"use of closed network connection|server closed (?:idle )?connection|(?<=: )EOF\b|"
            r"read/write on closed pipe)"
        ),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
)

"""Proxies between a controller and a host.

Upstream: Go net/http transport.go.
"""

from fluxstatus.knowledge.commands import ENDPOINT, SECRET, for_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.knowledge.transport.shared import FETCHES
from fluxstatus.model.codes import Code

_PROXY_UNREACHABLE = Code("proxy-unreachable", "The proxy cannot be reached.")
_PROXY_REFUSES = Code("proxy-refuses", "The proxy refuses the connection to the host.")

RULES = (
    Rule(
        _PROXY_REFUSES,
        why="the SOCKS proxy cannot connect to {host}: {detail}",
        steps=(
            Step(
                "check the proxy's logs to see whether the proxy can resolve and reach {host}, and whether its rules allow {host}. If {host} does not require a proxy, remove spec.proxySecretRef{of_endpoint}",
                read=(for_secret(SECRET, "{proxy_secret}"), ENDPOINT),
            ),
        ),
        pattern=Text(r"socks connect [^\n]{1,160}: unknown error (?P<detail>[^\n]{1,80})"),
        kinds=FETCHES,
        reach=Reach.WHOLE,
        transient=True,
        upstream="golang.org/x/net/internal/socks",
    ),
    Rule(
        _PROXY_UNREACHABLE,
        why="the proxy's address starts with https://, but the proxy does not use TLS on this port",
        steps=(
            Step(
                'use http:// in key "address" of the Secret in spec.proxySecretRef{of_endpoint}, or in HTTPS_PROXY of the controller; requests to {host} are still encrypted',
                read=(
                    for_secret(SECRET, "{proxy_secret}"),
                    "kubectl describe deployments -n {flux_namespace}",
                ),
            ),
        ),
        pattern=Text(
            r"proxyconnect tcp: (?:tls: first record does not look like a TLS|"
            r"[^\n]{0,20}server gave HTTP response to HTTPS)"
        ),
        kinds=FETCHES,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="Go net/http transport.go",
    ),
    Rule(
        _PROXY_UNREACHABLE,
        why="the proxy for {host} cannot be reached: {detail}",
        steps=(
            Step(
                'check that the proxy is running, and check its address in key "address" of the Secret in spec.proxySecretRef{of_endpoint}, or in HTTPS_PROXY of the controller. If {host} does not require a proxy, add {host} to NO_PROXY',
                read=(
                    for_secret(SECRET, "{proxy_secret}"),
                    "kubectl describe deployments -n {flux_namespace}",
                ),
            ),
        ),
        pattern=Text(
            r"(?:(?:proxyconnect tcp|connect to proxy)[^\n:]*|socks connect tcp \S+): "
            r"(?P<detail>[^\n]{1,200})"
        ),
        kinds=FETCHES,
        reach=Reach.WHOLE,
        transient=True,
        upstream="Go net/http transport.go",
    ),
    Rule(
        Code(
            "proxy-auth-rejected", "The proxy requires authentication that is missing or invalid."
        ),
        why="the proxy requires authentication, but the controller does not send valid credentials (407)",
        steps=(
            Step(
                "set username and password in the Secret in spec.proxySecretRef{of_endpoint}",
                read=(for_secret(SECRET, "{proxy_secret}"), ENDPOINT),
            ),
        ),
        pattern=Text(r"Proxy Authentication Required|(?:status code:? |: )407\b"),
        kinds=FETCHES,
        upstream="Go net/http transport.go",
    ),
    Rule(
        _PROXY_REFUSES,
        why="the proxy cannot connect to {host}: {detail}",
        steps=(
            Step(
                "check the proxy's logs to see whether the proxy can resolve and reach {host}, and whether it is overloaded. If {host} can be reached without the proxy, add {host} to NO_PROXY of the controller",
                read=(
                    for_secret(SECRET, "{proxy_secret}"),
                    "kubectl describe deployments -n {flux_namespace}",
                ),
            ),
        ),
        pattern=Text(
            r"(?:Get|Head|Post|Put) \"https://[^\"]*\": (?P<detail>Bad Gateway|"
            r"Service Unavailable|Gateway Time-?out)\s*$"
        ),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net/http transport.go",
    ),
    Rule(
        _PROXY_REFUSES,
        why="the proxy refuses the connection to {host}: {detail}",
        steps=(
            Step(
                "allow {host} in the proxy or, if {host} can be reached without the proxy, add {host} to NO_PROXY of the controller. The proxy is set in spec.proxySecretRef{of_endpoint} or in HTTPS_PROXY of the controller",
                read=(
                    for_secret(SECRET, "{proxy_secret}"),
                    "kubectl describe deployments -n {flux_namespace}",
                ),
            ),
        ),
        pattern=Text(
            r"(?:Get|Head|Post|Put) \"https://[^\"]*\": (?P<detail>Forbidden|Bad Request|Not Found|"
            r"Method Not Allowed)\s*$"
        ),
        kinds=FETCHES,
        upstream="Go net/http transport.go",
    ),
)

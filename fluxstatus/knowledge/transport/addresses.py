"""Hosts that cannot be found or refuse connections: DNS, redirects, ports.

Upstream: Go net, go-git plumbing/transport/http.
"""

from fluxstatus.knowledge.commands import ENDPOINT
from fluxstatus.knowledge.facts import has_submodules
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.knowledge.transport.shared import FETCHES, FROM_THE_POD, HOST_REDIRECTS, POLICIES
from fluxstatus.model.codes import Code

_DNS_FAILING = Code(
    "dns-failing", "The DNS server does not respond when the controller looks up the host."
)

_DNS = "kubectl get pods -n kube-system -l k8s-app=kube-dns"

RULES = (
    Rule(
        _DNS_FAILING,
        why="the DNS server {dns} does not respond when the controller looks up {host}",
        steps=(
            Step(
                "check the cluster's DNS (CoreDNS), and check that no NetworkPolicy blocks port 53 for the controllers; Flux retries automatically",
                read=(_DNS, POLICIES),
            ),
        ),
        pattern=Text(
            r"lookup (?P<host>[\w.-]+)(?: on (?P<dns>[\w.:\[\]]+):53)?: "
            r"(?:(?:dial|read|write) (?:udp|tcp)|i/o timeout|context deadline exceeded)"
        ),
        kinds=FETCHES,
        reach=Reach.WHOLE,
        transient=True,
        upstream="Go net/dnsclient_unix.go",
    ),
    Rule(
        _DNS_FAILING,
        why="the DNS server {dns} fails to look up {host}: {detail}",
        steps=(
            Step(
                "check the logs of the cluster's DNS (CoreDNS) and its upstream servers; if only {host} cannot be resolved, check the name servers of its domain",
                read=(_DNS, "kubectl logs -n kube-system -l k8s-app=kube-dns --tail=50"),
            ),
        ),
        pattern=Text(
            r"lookup (?P<host>[\w.-]+)(?: on (?P<dns>[\w.:\[\]]+):53)?: [^\n;]{0,40}?(?P<detail>server misbehaving|"
            r"Temporary failure in name resolution|try again|DNS (?:message|response)[^\n]{0,60}|"
            r"cannot unmarshal DNS message|lame referral)"
        ),
        kinds=FETCHES,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="Go net/dnsclient_unix.go",
    ),
    Rule(
        HOST_REDIRECTS,
        why="{redirects} redirects the request to {host}, where the request fails: {detail}",
        steps=(
            Step(
                "if {host} serves a login page, correct spec.url, or set spec.secretRef to credentials that {redirects} accepts. If the repository has moved, set spec.url to the new address",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"unable to (?:clone|list remote for) 'http[^']*': (?:Get|Head|Post) \"http[^\"]*\": "
            r"(?P<detail>[^\n]{1,120})"
        ),
        kinds=frozenset({"GitRepository"}),
        needs=("redirects",),
        unless=(has_submodules,),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="go-git plumbing/transport/http",
    ),
    Rule(
        Code("host-not-found", "The host name cannot be resolved."),
        why="{host} cannot be resolved (no such host)",
        steps=(
            Step(
                "correct the host in {address_field}; if the host is correct, check that the cluster's DNS can resolve it",
                read=(ENDPOINT, _DNS),
            ),
        ),
        pattern=Text(r"(?:lookup (?P<host>[\w.-]+)[^,;]{0,80}?)?no such host"),
        kinds=FETCHES,
        certainty="one-of",
        upstream="Go net/dnsclient_unix.go",
    ),
    Rule(
        Code("host-refuses", "The host refuses connections on this port."),
        why="{host} refuses connections (connection refused): nothing is listening on the port, or a firewall is rejecting the connection",
        steps=(FROM_THE_POD, Step("check the port in {address_field}", read=(ENDPOINT,))),
        pattern=Text(r"connection refused"),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
)

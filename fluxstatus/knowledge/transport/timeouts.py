"""Hosts that do not respond in time.

Upstream: Go net, net/http.
"""

from fluxstatus.knowledge.commands import ENDPOINT, SPEC
from fluxstatus.knowledge.facts import has_tiny_timeout
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.knowledge.transport.shared import FETCHES, FROM_THE_POD
from fluxstatus.model.codes import Code

_HOST_SLOW = Code("host-slow", "The host does not respond in time.")

RULES = (
    Rule(
        _HOST_SLOW,
        why="{host} cannot respond in time: the timeout is shorter than 3s; the timeout is set in spec.timeout or, for an ImageRepository without spec.timeout, in spec.interval",
        steps=(
            Step(
                "correct spec.interval and spec.timeout; a timeout of 30s or more is usual. Check the units, because 10ms and 10m are easily confused",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"context deadline exceeded|Client\.Timeout exceeded|i/o timeout"),
        kinds=FETCHES,
        when=(has_tiny_timeout,),
        reach=Reach.WHOLE,
        in_full=True,
        upstream="SC, IRC api spec.timeout",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} does not respond in time over SSH: many firewalls block port 22",
        steps=(
            FROM_THE_POD,
            Step(
                "check whether port 22 of {host} is open. If it is not, use HTTPS, or SSH over port 443 if {host} supports it",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"(?:dial|read|write) tcp [\w.:\[\]>-]+:22: .*(?:timeout|timed out)"),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} accepts the connection, but does not answer the TLS handshake in time (timeout): the host or a proxy is overloaded, or large packets are dropped on the way (MTU)",
        steps=(
            FROM_THE_POD,
            Step(
                "if small requests work, check the MTU of the pod network (with a VPN or an overlay, it must be smaller than that of the nodes), and any firewall that inspects TLS"
            ),
        ),
        pattern=Text(r"TLS handshake timeout"),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net/http",
    ),
    Rule(
        _HOST_SLOW,
        why="the connection to {host} timed out (dial, timeout): packets are being dropped on the way, or the host is down",
        steps=(FROM_THE_POD, Step("check the port in {address_field}", read=(ENDPOINT,))),
        pattern=Text(r"dial tcp [^\n]{0,80}?(?:i/o timeout|timed out)"),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} does not respond in time (timeout)",
        steps=(
            FROM_THE_POD,
            Step(
                "if the clone takes longer than the timeout, increase spec.timeout or make the repository smaller. spec.ref.branch and spec.ref.tag fetch a single commit, but spec.ref.commit alone fetches the entire history. spec.ignore and spec.sparseCheckout do not make the clone smaller"
            ),
        ),
        pattern=Text(
            r"i/o timeout|context deadline exceeded|Client\.Timeout|"
            r"connection timed out|operation timed out|timeout awaiting response|timeout exceeded"
        ),
        kinds=frozenset({"GitRepository", "ImageUpdateAutomation"}),
        certainty="one-of",
        transient=True,
        upstream="Go net/http",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} does not respond in time (timeout)",
        steps=(
            FROM_THE_POD,
            Step("if the service responds slowly, increase spec.timeout of the Provider"),
        ),
        pattern=Text(r"i/o timeout|context deadline exceeded|Client\.Timeout|timed out"),
        kinds=frozenset({"Provider"}),
        certainty="one-of",
        transient=True,
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} does not respond in time (timeout)",
        steps=(
            FROM_THE_POD,
            Step(
                "if the download takes longer than the timeout, increase spec.timeout{of_endpoint}, or download less data"
            ),
        ),
        pattern=Text(
            r"i/o timeout|context deadline exceeded|Client\.Timeout|"
            r"connection timed out|operation timed out|timeout awaiting response|timeout exceeded"
        ),
        kinds=FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net/http",
    ),
)

"""Hosts that limit the rate of requests.

Upstream: go-containerregistry, notification-controller internal/notifier, and the responses of
hosts (429).
"""

from fluxstatus.knowledge.commands import ENDPOINT, REGISTRY, for_secret
from fluxstatus.knowledge.facts import at_host, has_secret
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.knowledge.transport.shared import FETCHES
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_RATE_LIMIT = Code(
    "host-rate-limit", "The host rejects requests because a rate limit was exceeded."
)

_PULLS: KindNames = frozenset({"HelmChart", "ImagePolicy", "ImageRepository", "OCIRepository"})

_TOO_MANY = Text(
    r"(?P<detail>(?:(?<=: )|(?<=status )|(?<=code )|(?<=HTTP ))429\b[^\n]{0,60}|429 Too Many[^\n]{0,40}|TOOMANYREQUESTS|"
    r"too many requests|\bratelimited\b|rate_limited|rate limit(?!er)(?:(?!\. )[^\n]){0,60}|pull rate[^\n]{0,40}|abuse detection[^\n]{0,40})"
)

RULES = (
    Rule(
        _RATE_LIMIT,
        why="Docker Hub is rate-limiting pulls (429), and all anonymous pulls from an IP address share a small limit",
        steps=(
            Step(
                "authenticate with a Docker Hub account: in spec.secretRef{of_endpoint}, reference a Secret of type kubernetes.io/dockerconfigjson. Alternatively, pull from your own mirror (pull-through cache). To pull less often, increase spec.interval",
                read=(ENDPOINT,),
                change=(for_secret(REGISTRY, "{endpoint_name}-auth"),),
            ),
        ),
        pattern=_TOO_MANY,
        kinds=_PULLS,
        when=(at_host("docker.io", "docker.com"),),
        unless=(has_secret,),
        transient=True,
        upstream="go-containerregistry pkg/v1/remote/transport",
    ),
    Rule(
        _RATE_LIMIT,
        why="{host} is rate-limiting API requests ({detail})",
        steps=(
            Step(
                "set spec.secretRef to a Secret with a token or a GitHub App, which has a higher limit; without credentials, all requests from your IP address share a small limit",
                read=(ENDPOINT,),
            ),
            Step(
                "poll less often: set the object's annotation fluxcd.controlplane.io/reconcileEvery to a longer interval. The object recovers when the limit is reset"
            ),
        ),
        pattern=_TOO_MANY,
        kinds=frozenset({"ResourceSetInputProvider"}),
        transient=True,
        upstream="GitHub, GitLab: responses of the APIs",
    ),
    Rule(
        _RATE_LIMIT,
        why="{host} is rate-limiting requests ({detail})",
        steps=(
            Step(
                "send fewer requests by grouping notifications in fewer Alerts, or by filtering events with spec.exclusionList and spec.eventSeverity: error. Alternatively, increase the account's limit"
            ),
        ),
        pattern=_TOO_MANY,
        kinds=frozenset({"Provider", "Alert"}),
        transient=True,
        upstream="NC internal/notifier",
    ),
    Rule(
        _RATE_LIMIT,
        why="{host} is rate-limiting requests ({detail})",
        steps=(
            Step(
                "increase spec.interval{of_endpoint}, use a Receiver instead of polling, or use credentials with a higher limit; without credentials, all requests from your IP address share the limit",
                read=(ENDPOINT,),
            ),
        ),
        pattern=_TOO_MANY,
        kinds=FETCHES,
        transient=True,
        upstream="go-containerregistry pkg/v1/remote/transport",
    ),
)

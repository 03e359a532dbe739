"""Providers and Alerts that are not valid, and notifications that fail in any other way.

Upstream: notification-controller internal/server/event_handlers.go, internal/notifier/factory.go.
"""

from fluxstatus.knowledge.commands import DESCRIBE, SECRET, SPEC, for_secret
from fluxstatus.knowledge.notifications.shared import (
    ALERT,
    ALERT_INVALID,
    CROSS_NAMESPACE,
    NOTIFICATION_FAILED,
    PROVIDER,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        NOTIFICATION_FAILED,
        why="the Provider is incomplete or invalid: {detail}",
        steps=(
            Step(
                "correct spec.type, spec.address, spec.channel or the keys in Secret {secret} (address, token, or username and password)",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:provider [\w ']{0,60}(?:has no|not "
            r"supported)|address not specified|no address|(?:token|UID|DSN|project ID|topic ID|HMAC key|"
            r"\(address\)|\(channel\)|URL) (?:cannot be|is) empty|empty (?:\S+ ){1,3}(?:token|channel|apikey/token)|invalid "
            r"(?:[\w.]+ ){0,5}(?:address|url|token|credentials|repository id|channel format)|must be specified|"
            r"could not parse git address|(?:jwt token|serviceAccountName) and [^\n]{1,40} cannot be set at the same time)[^\n]{0,200})"
        ),
        kinds=PROVIDER,
        upstream="NC internal/notifier/factory.go",
    ),
    Rule(
        ALERT_INVALID,
        why="spec.eventSources lists objects in another namespace, but notification-controller runs with --no-cross-namespace-refs, so the events of these objects are not sent",
        steps=(
            Step(
                "create an Alert and a Provider in the same namespace as these objects, and remove the objects from spec.eventSources of this Alert",
                read=(SPEC,),
            ),
        ),
        pattern=Text(CROSS_NAMESPACE),
        kinds=ALERT,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the notifier cannot be set up: {innermost}",
        steps=(
            Step(
                "fix the reported error: check spec.type, spec.address, spec.channel, the keys of Secret {secret} and the connection to the service",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(r"failed to initialize notifier"),
        kinds=PROVIDER,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the notification could not be sent: {innermost}",
        steps=(
            Step(
                "check spec.address, Secret {secret} and the connection to the service",
                read=(DESCRIBE, for_secret(SECRET, "{secret}")),
            ),
        ),
        reasons=("NotificationDispatchFailed",),
        kinds=PROVIDER,
        certainty="unknown",
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        ALERT_INVALID,
        why="the regular expression {regex} in spec.{list}List is invalid, so the Alert does not send notifications",
        steps=(
            Step(
                "correct the regular expression in spec.{list}List (Go syntax); a * must follow something to repeat, as in .*",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to compile (?P<list>exclusion|inclusion) regex: (?P<regex>[^\n]{1,120})"
        ),
        kinds=ALERT,
        trivial=True,
        quoted=True,
        upstream="NC internal/server/event_handlers.go",
    ),
)

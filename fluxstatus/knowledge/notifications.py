"""Notifications that fail. Alert and Provider have no status; events of the Alert report it.

Upstream: NC internal/server/event_handlers.go, internal/notifier.
"""

from fluxstatus.knowledge.commands import DESCRIBE, SECRET, SECRETS, SPEC, for_secret
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_NOTIFICATION_FAILED = Code(
    "notification-failed", "The notifications of a Provider cannot be delivered."
)

_PROVIDER: KindNames = frozenset({"Provider"})
_NOTIFIER = "NC internal/notifier"

RULES = (
    Rule(
        _NOTIFICATION_FAILED,
        why="Secret {missing} in {missing_field} does not exist",
        steps=(
            Step(
                'create Secret {missing} with key "address" (the webhook URL), or with key "token" if spec.type requires one',
                read=(SECRETS, SPEC),
                change=("kubectl create secret generic {missing} -n {ns} --from-file=./address",),
            ),
        ),
        pattern=Text(r"secrets? [\"'](?:[\w.-]+/)?(?P<missing>[\w.-]+)[\"'] not found"),
        kinds=_PROVIDER,
        trivial=True,
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the address does not exist on the receiving service ({status})",
        steps=(
            Step(
                'correct spec.address, or key "address" in Secret {secret}; the webhook may have been deleted',
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(r"status(?: code)?:? (?P<status>404[^\n]{0,60}|410[^\n]{0,60})"),
        kinds=_PROVIDER,
        upstream=_NOTIFIER,
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the receiving service rejects the credentials ({status})",
        steps=(
            Step(
                "put a valid token with write access into Secret {secret} (for a Git provider, write access to commit statuses)",
                read=(SECRET, SPEC),
            ),
        ),
        pattern=Text(
            r"status(?: code)?:? (?P<status>40[137][^\n]{0,60})|"
            r"(?P<said>invalid_auth|not_authed|token_revoked|Bad credentials|Unauthorized)"
        ),
        kinds=_PROVIDER,
        upstream=_NOTIFIER,
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the receiving service rejects the message ({status})",
        steps=(
            Step(
                "check spec.type, spec.channel and spec.address: they must match the service",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"status(?: code)?:? (?P<status>4(?!29)\d\d[^\n]{0,80})|"
            r"(?P<channel>channel_not_found|not_in_channel|is_archived)"
        ),
        kinds=_PROVIDER,
        upstream=_NOTIFIER,
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the Provider is incomplete or invalid: {detail}",
        steps=(
            Step(
                "correct spec.type, spec.address and the keys in Secret {secret} (address, token, or username and password)",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:failed to initialize notifier|provider [\w ']{0,60}(?:has no|not "
            r"supported)|address not specified|no address|token cannot be empty|invalid "
            r"(?:\w+ )?(?:address|url|token)|must be specified)[^\n]{0,200})"
        ),
        kinds=_PROVIDER,
        upstream="NC internal/notifier/factory.go",
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the commit status cannot be set: {detail}",
        steps=(
            Step(
                "check spec.address (the URL of the Git repository) and the permissions of the token in Secret {secret}; only Kustomizations and HelmReleases with a Git source have a commit",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:commit status|revision[^\n]{0,40}(?:missing|invalid|not found)|"
            r"could not (?:create|list) commit)[^\n]{0,160})"
        ),
        kinds=_PROVIDER,
        upstream=_NOTIFIER,
    ),
    Rule(
        _NOTIFICATION_FAILED,
        why="the notification could not be sent",
        steps=(
            Step(
                "check spec.address, Secret {secret} and the connection to the service",
                read=(DESCRIBE, for_secret(SECRET, "{secret}")),
            ),
        ),
        reasons=("NotificationDispatchFailed",),
        kinds=_PROVIDER,
        upstream="NC internal/server/event_handlers.go",
    ),
)

"""Services that reject a notification with an HTTP status, or cannot be reached.

Upstream: notification-controller internal/notifier, Go net/http.
"""

from fluxstatus.knowledge.commands import SECRET, SECRETS, SPEC
from fluxstatus.knowledge.facts import at_host
from fluxstatus.knowledge.notifications.shared import NOTIFICATION_FAILED, NOTIFIER, PROVIDER
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        NOTIFICATION_FAILED,
        why="Secret {missing} in {missing_field} does not exist",
        steps=(
            Step(
                'create Secret {missing} with the webhook URL as "address", or with a "token" if spec.type requires one',
                read=(SECRETS, SPEC),
                change=("kubectl create secret generic {missing} -n {ns} --from-file=./address",),
            ),
        ),
        pattern=Text(r"secrets? [\"'](?:[\w.-]+/)?(?P<missing>[\w.-]+)[\"'] not found"),
        kinds=PROVIDER,
        trivial=True,
        upstream="NC internal/server/event_handlers.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the Provider uses the Alertmanager API v1, which Alertmanager no longer supports ({status})",
        steps=(
            Step(
                'set spec.address, or key "address" in Secret {secret}, to the URL of the API v2: https://HOST/api/v2/alerts/',
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(r"status(?: code)?:? (?P<status>410|404)[^\n]*Alertmanager v1 API"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="prometheus alertmanager api",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the Microsoft Teams webhook no longer exists ({status}): Microsoft has retired Office 365 connectors (webhook.office.com)",
        steps=(
            Step(
                'create a webhook with the Workflows app in Teams, and store its URL in spec.address, or as "address" in Secret {secret}. The type msteams supports both connectors and Workflows',
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(r"status(?: code)?:? (?P<status>40[34]|410)"),
        kinds=PROVIDER,
        when=(at_host("webhook.office.com"),),
        certainty="one-of",
        upstream="Microsoft Teams: responses of the webhooks",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the receiving service probably does not recognize the address or channel ({status})",
        steps=(
            Step(
                'if the webhook was deleted, create a new one, and update spec.address or key "address" in Secret {secret}. Otherwise, set spec.channel to the name in the channel\'s URL, not to the display name',
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(r"status(?: code)?:? (?P<status>404[^\n]{0,60}|410[^\n]{0,60})"),
        kinds=PROVIDER,
        certainty="likely",
        upstream=NOTIFIER,
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the proxy requires authentication (407 Proxy Authentication Required)",
        steps=(
            Step(
                "store the proxy's username and password in the Secret in spec.proxySecretRef",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"status(?: code)?:? 407|Proxy Authentication Required"),
        kinds=PROVIDER,
        upstream="Go net/http",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the receiving service denies access ({status})",
        steps=(
            Step(
                "check that the token in Secret {secret} has write access (for a Git provider, to commit statuses or comments), and that it was issued for spec.address and spec.channel",
                read=(SECRET, SPEC),
            ),
            Step(
                "if the token is correct, check whether the service blocks the cluster's IP address"
            ),
        ),
        pattern=Text(r"status(?: code)?:? (?P<status>403[^\n]{0,60})"),
        kinds=PROVIDER,
        certainty="one-of",
        upstream=NOTIFIER,
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the receiving service rejects the credentials ({status})",
        steps=(
            Step(
                "store a valid token with write access in Secret {secret}; for a Git provider, the token needs write access to commit statuses",
                read=(SECRET, SPEC),
            ),
        ),
        pattern=Text(
            r"status(?: code)?:? (?P<status>401[^\n]{0,60}|(?:invalid_auth|not_authed|token_revoked)\b)|"
            r"(?P<said>invalid_auth|not_authed|token_revoked|token_expired|account_inactive|Bad credentials|Unauthorized)"
        ),
        kinds=PROVIDER,
        upstream=NOTIFIER,
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the receiving service rejects the message ({status})",
        steps=(
            Step(
                "check that spec.type, spec.channel and spec.address match the service",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"status(?: code)?:? (?P<status>4(?!29)\d\d[^\n]{0,80})"),
        kinds=PROVIDER,
        certainty="one-of",
        upstream=NOTIFIER,
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="Google Cloud does not recognize the Pub/Sub topic in spec.channel: {detail}",
        steps=(
            Step(
                "create the topic, or correct the project in spec.address and the topic in spec.channel",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"Pub/\S+ topic[^\n]*(?P<detail>code = NotFound[^\n]{0,80})"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/google_pubsub.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the receiving service does not allow this identity to publish: {detail}",
        steps=(
            Step(
                "grant permission to publish: for Pub/Sub, assign roles/pubsub.publisher on the topic; for Event Hubs, use a policy with the Send claim or assign the role Azure Event Hubs Data Sender",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>code = PermissionDenied[^\n]{0,100}|'Send' claim\(s\) are required)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="NC internal/notifier/google_pubsub.go, azure_eventhub.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the NATS server in spec.address cannot be reached: {detail}",
        steps=(
            Step(
                "check that spec.address has the form HOST:PORT, that the server is running, and that no NetworkPolicy blocks the connection",
                read=(SPEC, "kubectl get networkpolicies -n {flux_namespace}"),
            ),
        ),
        pattern=Text(r"(?P<detail>nats: no servers available[^\n]{0,40})"),
        kinds=PROVIDER,
        certainty="one-of",
        transient=True,
        upstream="NC internal/notifier/nats.go",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the service's address does not start with a scheme such as https://: {detail}",
        steps=(
            Step(
                'store the full URL in spec.address, or as "address" in Secret {secret}, without quotes or line breaks',
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>unsupported protocol scheme \"[^\"]{0,40}\"|"
            r"first path segment in URL cannot contain colon|missing protocol scheme)"
        ),
        kinds=PROVIDER,
        trivial=True,
        upstream="Go net/http, net/url",
    ),
)

"""Chat and paging services that do not accept a notification, by their error messages.

Upstream: the responses of Slack, Discord, Microsoft Teams, Telegram, Matrix and PagerDuty.
"""

from fluxstatus.knowledge.commands import SECRET, SPEC
from fluxstatus.knowledge.notifications.shared import NOTIFICATION_FAILED, PROVIDER
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        NOTIFICATION_FAILED,
        why="the webhook no longer exists, or the service has disabled it ({webhook})",
        steps=(
            Step(
                'create a new webhook in the service, and store its URL in spec.address, or as "address" in Secret {secret}',
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<webhook>(?:\d{3}[:,] )?(?:no_service|no_active_hooks|no_team)\b|"
            r"Unknown Webhook\b|Invalid Webhook Token\b)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="Slack, Discord: responses of the webhooks",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the webhook URL is incomplete, because it has no valid signature (DirectApiAuthorizationRequired)",
        steps=(
            Step(
                'copy the full URL of the workflow, with its parameters sp, sv and sig, to key "address" in Secret {secret}',
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"DirectApiAuthorizationRequired|only by Shared Access scheme"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="Microsoft Teams workflows: responses of Azure Logic Apps",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the token in Secret {secret} is valid, but it lacks a required scope or is of the wrong type ({scope})",
        steps=(
            Step(
                "use the app's bot token (xoxb) with the scopes chat:write and chat:write.public; after you add a scope, reinstall the app to the workspace",
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"(?P<scope>missing_scope|not_allowed_token_type|no_permission|ekm_access_denied)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="Slack: responses of chat.postMessage",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the workspace's settings do not allow the app to post to this channel ({policy})",
        steps=(
            Step(
                "ask an administrator of the workspace to allow the app, or set spec.channel to another channel",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<policy>restricted_action\w*|team_access_not_granted|posting_to_\w+_denied|"
            r"action_prohibited|org_login_required)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="Slack: responses of chat.postMessage",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the bot cannot find the chat in spec.channel: {detail}",
        steps=(
            Step(
                "add the bot to the chat or room, and set spec.channel to its ID. In Telegram, group IDs are negative, and a group gets a new ID when it becomes a supergroup (see migrate_to_chat_id)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>chat not found|group chat was upgraded[^\n]{0,120}|"
            r"bot was (?:kicked|blocked)[^\n\"]{0,60}|bot is not a member[^\n\"]{0,60}|"
            r"M_FORBIDDEN[^\n]{0,120}not in room)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="Telegram, Matrix: responses of the APIs",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="spec.channel is probably not the integration key of a PagerDuty service, so PagerDuty rejects the event: {detail}",
        steps=(
            Step(
                "set spec.channel to the integration key (routing key) of the service's Events API v2 integration",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<detail>Event object is invalid[^\n]{0,120}|Invalid routing key)"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="PagerDuty: responses of the Events API",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the app that the token belongs to cannot post to the channel in spec.channel ({channel})",
        steps=(
            Step(
                "correct spec.channel, and invite the app to the channel with /invite; an archived channel does not accept messages",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<channel>channel_not_found|not_in_channel|is_archived)"),
        kinds=PROVIDER,
        upstream="NC internal/notifier/slack.go",
    ),
)

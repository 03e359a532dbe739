"""Chats and pagers that do not accept a notification, with their own words.

Upstream: the answers of Slack, Discord, Microsoft Teams, Telegram, Matrix and PagerDuty.
"""

from fluxstatus.knowledge.commands import SECRET, SPEC
from fluxstatus.knowledge.notifications.shared import NOTIFICATION_FAILED, PROVIDER
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        NOTIFICATION_FAILED,
        why="the webhook no longer exists or was disabled by the service ({webhook})",
        steps=(
            Step(
                'create a new webhook in the service, and store its URL in spec.address, or as key "address" in Secret {secret}',
                read=(SPEC, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<webhook>(?:\d{3}[:,] )?(?:\{[^\n]{0,20})?"
            r"(?:Unknown Webhook|Invalid Webhook Token|no_service|no_active_hooks|no_team)\b)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="Slack, Discord: answers of the webhooks",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the URL of the webhook is incomplete: it has no valid signature (DirectApiAuthorizationRequired)",
        steps=(
            Step(
                'copy the whole URL of the workflow with all parameters (sp, sv, sig) into key "address" of Secret {secret}',
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"DirectApiAuthorizationRequired|only by Shared Access scheme"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="Microsoft Teams workflows: answers of Azure Logic Apps",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the token in Secret {secret} is valid, but it does not have the required scope or is of another type ({scope})",
        steps=(
            Step(
                "use the bot token of the app (xoxb) with the scopes chat:write and chat:write.public, and reinstall the app to the workspace after you add a scope",
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"(?P<scope>missing_scope|not_allowed_token_type|no_permission|ekm_access_denied)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="Slack: answers of chat.postMessage",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the settings of the workspace do not let the app post to this channel ({policy})",
        steps=(
            Step(
                "have an administrator of the workspace allow the app, or post to another channel (spec.channel)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<policy>restricted_action\w*|team_access_not_granted|posting_to_\w+_denied|"
            r"action_prohibited|org_login_required)"
        ),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        upstream="Slack: answers of chat.postMessage",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the chat in spec.channel does not exist for this bot: {detail}",
        steps=(
            Step(
                "add the bot to the chat or room, and set spec.channel to its ID (Telegram: a group ID is negative, and changes when the group becomes a supergroup: see migrate_to_chat_id)",
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
        upstream="Telegram, Matrix: answers of the APIs",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the event is not accepted by PagerDuty, probably because spec.channel is not the integration key of a service: {detail}",
        steps=(
            Step(
                "set spec.channel to the integration key (routing key) of an Events API v2 integration of the service",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<detail>Event object is invalid[^\n]{0,120}|Invalid routing key)"),
        kinds=PROVIDER,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="PagerDuty: answers of the Events API",
    ),
    Rule(
        NOTIFICATION_FAILED,
        why="the app of the token cannot post to the channel in spec.channel ({channel})",
        steps=(
            Step(
                "correct spec.channel, and invite the app to the channel (/invite); an archived channel accepts no messages",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<channel>channel_not_found|not_in_channel|is_archived)"),
        kinds=PROVIDER,
        upstream="NC internal/notifier/slack.go",
    ),
)

"""Notifications that fail. Alert and Provider have no status; events of the Alert report it.

Upstream: NC internal/server/event_handlers.go, internal/notifier.
"""

from fluxstatus.knowledge.notifications import answers, chat, commits, otherwise

RULES = (*chat.RULES, *answers.RULES, *commits.RULES, *otherwise.RULES)

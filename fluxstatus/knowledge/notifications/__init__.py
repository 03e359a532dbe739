"""Notifications that fail. Alert and Provider have no status; events of the Alert report it.

Upstream: NC internal/server/event_handlers.go, internal/notifier.
"""

PARTS = ("chat", "answers", "commits", "otherwise")
"""The modules with the rules, in their order."""

"""Notifications that fail. Alerts and Providers have no status; events about the Alert report it.

Upstream: notification-controller internal/server/event_handlers.go, internal/notifier.
"""

PARTS = ("chat", "answers", "commits", "otherwise")
"""The modules with the rules, in their order."""

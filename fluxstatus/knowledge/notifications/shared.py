"""The codes, kinds and commands that several modules about notifications use."""

from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

NOTIFICATION_FAILED = Code(
    "notification-failed", "The notifications of a Provider cannot be delivered."
)
ALERT_INVALID = Code("alert-invalid", "An Alert is invalid, so it sends no notifications.")

ALERT: KindNames = frozenset({"Alert"})
ALERTS = "kubectl get alerts.notification.toolkit.fluxcd.io -n {ns} -o yaml"
PROVIDER: KindNames = frozenset({"Provider"})
NOTIFIER = "NC internal/notifier"

CROSS_NAMESPACE = "access denied to cross-namespace sources"
"""The text of an event for which the Alert, not its Provider, is the cause."""

"""Of fluxstatus/reconcile."""

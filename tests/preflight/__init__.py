"""Of fluxstatus/preflight."""

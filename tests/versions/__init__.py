"""Of fluxstatus/versions."""

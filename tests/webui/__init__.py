"""Of fluxstatus/webui."""

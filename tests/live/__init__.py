"""The whole program against a real API server."""

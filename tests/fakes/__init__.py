"""Stand-ins: tiny programs for PATH, and an API server that can fall ill."""

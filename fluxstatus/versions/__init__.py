"""The versions of all that makes up Flux here, and how they go together."""

"""What to know before Flux is installed, and a manifest to begin with."""

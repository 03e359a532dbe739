"""The way to the Flux Operator's web UI, and a tunnel along it."""

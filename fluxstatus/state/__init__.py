"""The state of each object, derived from the evidence by pure functions."""

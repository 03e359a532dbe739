"""Helpers that know neither Flux nor a cluster."""

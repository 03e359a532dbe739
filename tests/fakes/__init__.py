"""Fake programs for PATH, and API servers: one that fails on demand, one with scripted answers."""

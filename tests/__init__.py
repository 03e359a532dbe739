"""The tests of flux-status."""

"""A real API server for the tests: built from source once, started on loopback."""

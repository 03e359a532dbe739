"""`kubectl flux-status`: whether Flux is healthy in a cluster and, if not, the root cause."""

__version__ = "0.1.0"

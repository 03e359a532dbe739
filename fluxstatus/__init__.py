"""Is GitOps working in this cluster, and if not, why: the parts of `kubectl flux-status`."""

__version__ = "0.1.0"

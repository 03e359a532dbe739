"""SOPS: the decryption keys of a Kustomization.

Upstream: kustomize-controller internal/decryptor, SOPS, and the key services that it calls.
"""

PARTS = ("secrets", "age", "pgp", "kms", "aws", "azure", "google", "vault", "files")
"""The modules with the rules, in their order."""

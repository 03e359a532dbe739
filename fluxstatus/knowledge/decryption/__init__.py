"""SOPS: the decryption keys of a Kustomization.

Upstream: KC internal/decryptor, SOPS, and the key services that it calls.
"""

from fluxstatus.knowledge.decryption import age, aws, azure, files, google, kms, pgp, secrets, vault

RULES = (
    *secrets.RULES,
    *age.RULES,
    *pgp.RULES,
    *kms.RULES,
    *aws.RULES,
    *azure.RULES,
    *google.RULES,
    *vault.RULES,
    *files.RULES,
)

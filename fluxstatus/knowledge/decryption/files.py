"""SOPS files that were modified after encryption, have another format or are not decrypted.

Upstream: SOPS, kustomize-controller internal/decryptor/decryptor.go.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.decryption.shared import (
    ANY_KMS,
    CONTROLLER_SA,
    DECRYPTOR,
    KEYS,
    KS,
    NO_DATA_KEY,
)
from fluxstatus.knowledge.facts import has_decryption
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_SOPS_CORRUPT = Code("sops-corrupt", "A SOPS file was modified after it was encrypted.")
_SOPS_NOT_CONFIGURED = Code(
    "sops-not-configured", "A manifest is encrypted with SOPS, but Flux does not decrypt it."
)
_SOPS_FORMAT_WRONG = Code(
    "sops-format-wrong", "The SOPS file cannot be read in the expected format."
)
_SOPS_FAILED = Code("sops-failed", "A manifest that is encrypted with SOPS cannot be decrypted.")

RULES = (
    Rule(
        Code(
            "sops-no-keys", "A SOPS file is not encrypted for any key, so it cannot be decrypted."
        ),
        why="a SOPS file is not encrypted for any key, so it cannot be decrypted; the file's sops section does not list an age, PGP or KMS key",
        steps=(
            Step(
                "add the key of this cluster to the file's creation rule in .sops.yaml (age, pgp, kms, azure_keyvault, gcp_kms or hc_vault_transit_uri), and encrypt the file again from a copy of the secrets"
            ),
        ),
        pattern=Text(r"0 successful groups required, got 0|sops: no (?:master )?keys? found"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops",
    ),
    Rule(
        _SOPS_FORMAT_WRONG,
        why="a SOPS file was encrypted in a format that does not match its name: the controller reads it as binary, but its encrypted content is not",
        steps=(
            Step(
                "encrypt the file again from the plain text with the type that fits its extension: yaml, json, env (dotenv) or ini; all other extensions are binary (sops encrypt --input-type binary)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"no binary data found in tree"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops stores/json",
    ),
    Rule(
        _SOPS_FORMAT_WRONG,
        why="a SOPS-encrypted .env file has a line that is not KEY=VALUE, so the file cannot be read",
        steps=(
            Step(
                "correct the line and encrypt the file again as dotenv: each line must be KEY=VALUE, a comment or empty, and values with several lines are not possible",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"invalid dotenv input line"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops stores/dotenv",
    ),
    Rule(
        _SOPS_CORRUPT,
        why="a SOPS file was modified after it was encrypted (MAC mismatch)",
        steps=(
            Step(
                "restore the file from the Git history, or decrypt it with sops --ignore-mac, review it and re-encrypt it"
            ),
        ),
        pattern=Text(r"failed to verify sops data integrity|MAC mismatch"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=DECRYPTOR,
    ),
    Rule(
        _SOPS_CORRUPT,
        why="a SOPS file contains a plain value where an encrypted value is required; the value was edited manually, or kustomize modified an encrypted field, such as metadata.namespace",
        steps=(
            Step(
                "encrypt only data and stringData (sops --encrypted-regex '^(data|stringData)$'), so that kustomize can modify the other fields, and re-encrypt the file. To change a value, use sops edit",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"does not match sops' data format|Expected encrypted value as string"),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="sops aes, sops.go",
    ),
    Rule(
        _SOPS_CORRUPT,
        why="a value in a SOPS file cannot be decrypted; the value or its key was probably modified, moved or copied from another file after it was encrypted",
        steps=(
            Step(
                "restore the file from the Git history, and edit it with sops edit. Make sure that kustomize does not move or rename encrypted fields",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"error decrypting sops tree[^\n]*(?:Could not decrypt|message authentication failed)"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="likely",
        in_full=True,
        upstream="sops aes",
    ),
    Rule(
        _SOPS_NOT_CONFIGURED,
        why="{object} is still encrypted with SOPS although spec.decryption is set; an annotation disables decryption for this object, or the object's sops section has no mac",
        steps=(
            Step(
                "remove the annotation kustomize.toolkit.fluxcd.io/decrypt: disabled from the manifest, if it is set",
                read=(SPEC,),
            ),
            Step(
                "otherwise, restore the manifest's sops section from the Git history, or re-encrypt the manifest"
            ),
        ),
        pattern=Text(r"is SOPS encrypted, configuring decryption is required"),
        kinds=KS,
        when=(has_decryption,),
        certainty="one-of",
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _SOPS_NOT_CONFIGURED,
        why="{object} is encrypted with SOPS in Git, but spec.decryption is not set",
        steps=(
            Step(
                "set spec.decryption on this Kustomization, with provider: sops and a secretRef to the Secret that contains the keys. The spec.decryption of another Kustomization has no effect on this one",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"is SOPS encrypted, configuring decryption is required|"
            r"(?:\s|: )\.sops: field not declared in schema|unknown field \"sops\""
        ),
        kinds=KS,
        unless=(has_decryption,),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go, structured-merge-diff typed",
    ),
    Rule(
        _SOPS_FORMAT_WRONG,
        why="a file that a generator or patch refers to is too large to decrypt: {detail}",
        steps=(
            Step(
                "split the file, or do not store it in a Secret. kustomize-controller decrypts files of up to 5 MiB"
            ),
        ),
        pattern=Text(r"(?P<detail>cannot decrypt file with size[^\n]{0,80})"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=DECRYPTOR,
    ),
    Rule(
        _SOPS_FORMAT_WRONG,
        why="a secretGenerator or patch in kustomization.yaml refers to a directory or symbolic link, which cannot be decrypted",
        steps=(Step("refer to a regular file instead"),),
        pattern=Text(r"cannot decrypt irregular file"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=DECRYPTOR,
    ),
    Rule(
        _SOPS_FORMAT_WRONG,
        why="the SOPS file cannot be read in the format that its file extension implies: {detail}",
        steps=(
            Step(
                "give the file the extension of its format (.yaml, .json, .env, .ini) before you encrypt it, and encrypt only data and stringData (--encrypted-regex '^(data|stringData)$')"
            ),
        ),
        pattern=Text(
            r"(?P<detail>failed to (?:load encrypted|emit encrypted)[^\n]{0,160}|"
            r"sops metadata not found)"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        when=(has_decryption,),
        reach=Reach.WHOLE,
        upstream=DECRYPTOR,
    ),
    Rule(
        _SOPS_FAILED,
        why="the SOPS data key cannot be decrypted with {kms}: {detail}",
        steps=(
            Step(
                "correct the error that the KMS reports. To reproduce it, run sops decrypt on the file with kustomize-controller's identity",
                read=(CONTROLLER_SA, SPEC),
            ),
        ),
        pattern=Text(rf"{ANY_KMS}\s+- \| (?P<detail>[^\n]{{1,300}})"),
        context=NO_DATA_KEY,
        kinds=KS,
        certainty="unknown",
        upstream="sops kms, azkv, gcpkms, hcvault",
    ),
    Rule(
        _SOPS_FAILED,
        why="a SOPS-encrypted file cannot be decrypted: {innermost}",
        steps=(
            Step(
                "check that the keys in spec.decryption include the key that the file is encrypted for. To reproduce the error, run sops decrypt on the file with that key",
                read=(KEYS, SPEC),
            ),
        ),
        pattern=Text(
            r"decryption failed for|cannot get sops data key|error decrypting sops|"
            r"error decrypting sources"
        ),
        kinds=KS,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream=DECRYPTOR,
    ),
)

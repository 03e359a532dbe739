"""Masking of credentials in every text that is stored or shown."""

import re
from functools import lru_cache
from typing import Any

SHORT = 12
"""Texts up to this length cannot be credentials and are not searched."""

_MAY_HAVE_CREDENTIAL = re.compile(
    r"://[^\s]{0,300}@|=|earer |asic |oken |"
    r"(?i:authorization|-key|-token|password|secret)\\?[\"']?\s*:|"
    r"gh[pousr]_|_pat_|glpat|xox|AKIA|eyJ|AGE-|hv[sb]\.|PRIVATE KEY|/hook|webhook|telegram"
)
"""A quick test: most texts have nothing that could be a credential."""

_NAMES = r"(?:password|passwd|pwd|token|secret|api[_-]?key|signature|sig|credential)"
_CREDENTIALS = (
    # in a URL; an '@' before a digest, or after a port and a path, does not end a login
    (re.compile(r"(?<=://)[^/\s'\"]+@(?!sha\d)"), "***@"),
    (re.compile(r"(?<=://)[^/\s:@'\"]{0,100}:(?!\d+/)[^\s'\"]{0,300}@(?!sha\d)"), "***@"),
    # in a header
    (re.compile(r"(?i)\b(authorization[\"']?\s*[:=]\s*[\"']?(?:\w+\s+)?)[^\s'\",}]+"), r"\1***"),
    (re.compile(r"(?i)\b((?:\w+-){1,4}(?:key|token)[\"']?\s*:\s*[\"']?)[^\s'\",}]+"), r"\1***"),
    (re.compile(r"(?i)\b((?:bearer|basic|token)\s+)[\w.~+/=-]{16,}"), r"\1***"),
    # in a query or a body
    (re.compile(rf"(?i)({_NAMES}=|[?&]key=)[^&\s'\"]+"), r"\1***"),
    (re.compile(rf"(?i)(\\?\"[\w-]*{_NAMES}\\?\"\s*:\s*\\?\")[^\"\\]+"), r"\1***"),
    # in the path of a webhook
    (
        re.compile(
            r"(hooks\.slack\.com/\w+/|discord(?:app)?\.com/api/webhooks/|webhook\.office\.com/\w+/|"
            r"api\.telegram\.org/bot)[^\s'\"]+"
        ),
        r"\1***",
    ),
    # recognized by its format
    (
        re.compile(
            r"\b(?:gh[pousr]_|github_pat_|dckr_pat_|glpat-|xox[abp]-|AKIA|hv[sb]\.|AGE-SECRET-KEY-|"
            r"eyJ[\w-]+\.)[\w.-]{10,}"
        ),
        "***",
    ),
    (re.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)"), "***"),
)
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CREDENTIAL_KEY = re.compile(r"(?i)(?:password|passwd|token|api[_-]?key|credential)$")


@lru_cache(maxsize=4096)  # URLs, revisions and messages repeat
def mask(text: str) -> str:
    """Return *text* with credentials in URLs, headers and well-known token forms replaced."""
    if _MAY_HAVE_CREDENTIAL.search(text):
        for pattern, replacement in _CREDENTIALS:
            text = pattern.sub(replacement, text)
    return text


def masked(value: Any) -> Any:
    """Return a JSON *value* with the credentials in its texts masked, at any depth.

    The value of a key that names a credential is masked whole. The annotation in which kubectl
    stores the last applied object is left out: it repeats the object as one text.
    """
    if isinstance(value, str):
        return mask(value) if len(value) > SHORT else value
    if isinstance(value, list):
        return [masked(entry) for entry in value]
    if isinstance(value, dict):
        return {
            key: "***" if isinstance(entry, str) and _CREDENTIAL_KEY.search(key) else masked(entry)
            for key, entry in value.items()
            if key != _APPLIED
        }
    return value

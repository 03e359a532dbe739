"""Codes that several tables share; all others are declared in their own table."""

from fluxstatus.model.codes import Code

API_REMOVED = Code(
    "api-removed",
    "A manifest or a stored Helm release uses an API version that the cluster no longer serves.",
)
CEL_INVALID = Code("cel-invalid", "A CEL expression in the spec cannot be compiled or evaluated.")
CHART_DEPENDENCY_FAILED = Code(
    "chart-dependency-failed", "A dependency of the chart is missing or cannot be fetched."
)
GIT_AUTH_MISSING = Code(
    "git-auth-missing", "The Git server requires authentication, but no credentials are configured."
)
HEALTH_CHECK_FAILED = Code(
    "health-check-failed", "A health check failed because an object did not become healthy."
)
RESOURCE_DUPLICATE = Code("resource-duplicate", "The same object is defined more than once.")
SPEC_INVALID = Code("spec-invalid", "The spec of the object is invalid.")
NOT_SUBSTITUTED = Code(
    "variable-not-substituted", "An applied manifest still contains a variable expression."
)

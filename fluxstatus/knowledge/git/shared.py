"""The codes and kinds that several modules about Git use."""

from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

GIT_ACCESS_DENIED = Code(
    "git-access-denied",
    "The Git server recognizes the credentials, but they do not grant access to the repository.",
)

GIT: KindNames = frozenset({"GitRepository"})
ANY_GIT: KindNames = frozenset({"GitRepository", "ImageUpdateAutomation"})

GIT_EMPTY = Code("git-empty", "The Git repository has no commits.")

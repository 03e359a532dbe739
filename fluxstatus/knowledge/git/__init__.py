"""GitRepository: authentication over https and ssh, then references, submodules and URLs.

Upstream: SC internal/controller/gitrepository_controller.go, PKG git, git/gogit and auth/githubapp,
go-git, golang.org/x/crypto/ssh, and the responses of Git servers.
"""

from fluxstatus.knowledge.git import (
    github_apps,
    hosts,
    https,
    otherwise,
    references,
    ssh,
    submodules,
    urls,
)

RULES = (
    *hosts.RULES,
    *github_apps.RULES,
    *https.RULES,
    *ssh.RULES,
    *references.RULES,
    *submodules.RULES,
    *urls.RULES,
    *otherwise.RULES,
)

"""GitRepository: authentication over https and ssh, then references, transfers, submodules and URLs.

Upstream: source-controller internal/controller/gitrepository_controller.go, fluxcd/pkg git,
git/gogit and auth/githubapp, go-git, golang.org/x/crypto/ssh, and the responses of Git servers.
"""

PARTS = (
    "hosts",
    "github_apps",
    "https",
    "ssh",
    "references",
    "transfers",
    "submodules",
    "urls",
    "otherwise",
)
"""The modules with the rules, in their order."""

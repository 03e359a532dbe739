"""The URL and the provider of a GitRepository.

Upstream: fluxcd/pkg git and auth/utils, source-controller
internal/controller/gitrepository_controller.go.
"""

from fluxstatus.knowledge.commands import SECRET, SPEC, URL
from fluxstatus.knowledge.facts import lacks_azure_version
from fluxstatus.knowledge.git.shared import ANY_GIT
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_GIT_URL_INVALID = Code(
    "git-url-invalid", "The Git URL is invalid, or Flux or the Git server does not support it."
)
_PROVIDER_WITHOUT_GIT = Code(
    "provider-without-git", "The provider in spec.provider does not support Git servers."
)

RULES = (
    Rule(
        Code(
            "git-url-insecure",
            "The Git URL contains credentials, or credentials would be sent over plain HTTP.",
        ),
        why="spec.url contains credentials, or it uses plain HTTP, over which credentials would be sent unencrypted",
        steps=(
            Step(
                "use https:// in spec.url, and store the credentials in a Secret that spec.secretRef refers to",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:basic auth|bearer token) cannot be sent over HTTP|URL cannot contain credentials"
        ),
        kinds=ANY_GIT,
        trivial=True,
        upstream="PKG git/gogit/client.go",
    ),
    Rule(
        Code(
            "git-auth-ambiguous",
            "The Secret contains both basic auth credentials and a bearerToken, but only one is allowed.",
        ),
        why="Secret {secret} contains both basic auth credentials and a bearerToken, but only one of the two is allowed",
        steps=(
            Step(
                "remove either the basic auth credentials or the bearerToken from Secret {secret}",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"basic auth and bearer token cannot be set at the same time"),
        kinds=ANY_GIT,
        trivial=True,
        upstream="PKG git/gogit/client.go",
    ),
    Rule(
        _GIT_URL_INVALID,
        why="Flux does not support the scheme of spec.url ({url})",
        steps=(
            Step(
                "use the form https://HOST/PATH or ssh://git@HOST/PATH; Flux does not support git@HOST:PATH",
                read=(URL,),
            ),
        ),
        pattern=Text(
            r"unsupported (?:scheme|transport|protocol(?! version))|no transport|transport scheme"
        ),
        kinds=ANY_GIT,
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        _GIT_URL_INVALID,
        why="spec.url is not a valid URL: {detail}",
        steps=(
            Step(
                "use the form ssh://git@HOST/PATH, with a slash after the host. Flux does not support git@HOST:PATH, because a colon in a URL must be followed by a port",
                read=(URL,),
            ),
        ),
        pattern=Text(r"parse \"[^\"]*\": (?P<detail>[^\n]{1,120})"),
        kinds=ANY_GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go, Go net/url",
    ),
    Rule(
        _GIT_URL_INVALID,
        why="spec.url is not a valid SSH URL for Azure DevOps, because its path does not start with v3/",
        steps=(
            Step(
                "set spec.url to ssh://git@ssh.dev.azure.com/v3/ORG/PROJECT/REPO; the credentials are not the cause",
                read=(URL,),
            ),
        ),
        pattern=Text(r"Command git-upload-pack[^\n]*is not in expected format"),
        kinds=ANY_GIT,
        when=(lacks_azure_version,),
        upstream="Azure DevOps: responses from the Git server",
    ),
    Rule(
        _GIT_URL_INVALID,
        why="the path in spec.url does not have the form that the SSH server expects",
        steps=(
            Step(
                "correct the path in spec.url; for Azure DevOps, use ssh://git@ssh.dev.azure.com/v3/ORG/PROJECT/REPO, with spaces as %20",
                read=(URL,),
            ),
        ),
        pattern=Text(r"is not in (?:the )?expected format|not a valid repository name"),
        kinds=ANY_GIT,
        upstream="Azure DevOps: responses from the Git server",
    ),
    Rule(
        _GIT_URL_INVALID,
        why="spec.provider is aws, which supports only HTTPS URLs of AWS CodeCommit, but spec.url is {url}",
        steps=(
            Step(
                "set spec.url to the HTTPS URL of the repository, https://git-codecommit.REGION.amazonaws.com/v1/repos/NAME. To use SSH instead, set spec.provider: generic and store an SSH key in a Secret",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"AWS CodeCommit authentication requires an HTTPS|invalid AWS CodeCommit Git URL|"
            r"failed to parse CodeCommit URL|Git URL must be specified for AWS CodeCommit"
        ),
        kinds=ANY_GIT,
        upstream="PKG auth/aws/provider.go",
    ),
    Rule(
        _PROVIDER_WITHOUT_GIT,
        why="the provider {cloud} does not support Git servers",
        steps=(
            Step(
                "set spec.provider: generic and reference a Secret in spec.secretRef; aws supports only CodeCommit, azure only Azure DevOps, and gcp only Secure Source Manager",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"provider '[^']*' does not support Git credentials"),
        kinds=ANY_GIT,
        trivial=True,
        upstream="PKG auth/utils/git.go",
    ),
)

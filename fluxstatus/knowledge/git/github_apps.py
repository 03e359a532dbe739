"""GitHub Apps, and a spec.provider that does not match the Secret.

Upstream: fluxcd/pkg auth/githubapp, source-controller
internal/controller/gitrepository_controller.go.
"""

from fluxstatus.knowledge.commands import GITHUB_APP, SECRET, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_PROVIDER_MISMATCH = Code(
    "provider-mismatch",
    "The provider in spec.provider does not match the credentials in the Secret.",
)
_GITHUB_APP_FAILED = Code("github-app-failed", "The GitHub App cannot obtain an access token.")

RULES = (
    Rule(
        _GITHUB_APP_FAILED,
        why="GitHub rejects the token that the controller signed, because the clock of the controller's node is wrong: {detail}",
        steps=(
            Step(
                "synchronize the clocks of the nodes (NTP); the GitHub App and its key are not the cause",
                read=("kubectl get pods -n {flux_namespace} -o wide",),
            ),
        ),
        pattern=Text(r"(?P<detail>'(?:Expiration time|Issued at)' claim[^\n]{0,80})"),
        upstream="GitHub: responses of the API",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="githubAppPrivateKey in Secret {secret} is not an RSA private key in PEM format: {detail}",
        steps=(
            Step(
                "store the private key exactly as GitHub generated it for the App, with its line breaks and the line -----BEGIN RSA PRIVATE KEY-----",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
        ),
        pattern=Text(r"could not parse private key: (?P<detail>[^\n]{1,100})"),
        trivial=True,
        upstream="PKG auth/githubapp/client.go",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="a value for the GitHub App in Secret {secret} is missing or is not a number: {detail}",
        steps=(
            Step(
                "set githubAppID to the numeric App ID, and set either githubAppInstallationID to the installation ID or githubAppInstallationOwner to the owner. Flux 2.10 and later also accept the Client ID, as githubAppClientID instead of githubAppID",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?<!only one of )app (?:ID|ID or client ID|installation owner or ID) must be provided[^\n]{0,60}|"
            r"private key must be provided[^\n]{0,60})"
        ),
        trivial=True,
        upstream="PKG auth/githubapp/client.go",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="Secret {holder} contains both githubAppID and githubAppClientID: Flux accepts only one of them",
        steps=(
            Step(
                "remove either githubAppID or githubAppClientID from Secret {holder}; both identify the same App",
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"only one of app ID or client ID must be provided|"
            r"must contain exactly one of 'githubAppID' or 'githubAppClientID'"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream="PKG auth/githubapp/client.go, runtime/secrets/converter.go",
        versions=">=2.10",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="the GitHub App in Secret {secret} has been suspended",
        steps=(
            Step(
                "unsuspend the App in the settings of the organization or account where it is installed; a new key does not help"
            ),
        ),
        pattern=Text(r"installation has been suspended"),
        upstream="GitHub: responses of the API",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="GitHub does not recognize the App ID in Secret {secret}: githubAppID is wrong, or the App was deleted",
        steps=(
            Step(
                "set githubAppID to the App ID from the App's settings, and githubAppPrivateKey to a private key of the same App; for GitHub Enterprise Server, also set githubAppBaseURL",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
        ),
        pattern=Text(r"Integration not found|Integration must generate a public key"),
        certainty="one-of",
        upstream="GitHub: responses of the API",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="the GitHub App in Secret {secret} is not installed, or its installation was not found: {detail}",
        steps=(
            Step(
                "install the App in the organization, or correct githubAppInstallationID or githubAppInstallationOwner in Secret {secret}; for GitHub Enterprise Server, also set githubAppBaseURL",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>could not refresh installation id [^\n]{0,80}404 Not Found|"
            r"failed to find (?:organization|user) installation[^\n]{0,120}404[^\n]{0,40}|"
            r"no (?:GitHub )?App installation[^\n]{0,80}|"
            r"/app/installations/\d+/access_tokens: 404 Not Found)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="PKG auth/githubapp/client.go, ghinstallation",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="GitHub rejects the key of the GitHub App in Secret {secret}: {detail}",
        steps=(
            Step(
                "generate a new private key in the App's settings, and store it as githubAppPrivateKey in Secret {secret}; githubAppID or githubAppClientID must identify the same App",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
            Step(
                "if the key and the ID are correct, check that the clocks of the nodes are synchronized (NTP)"
            ),
        ),
        pattern=Text(
            r"(?P<detail>could not refresh installation id [^\n]{0,80}401 Unauthorized|"
            r"A JSON web token could not be decoded)"
        ),
        certainty="one-of",
        upstream="PKG auth/githubapp/client.go, ghinstallation",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="the GitHub App in Secret {secret} cannot obtain a token: {detail}",
        steps=(
            Step(
                "check that the App is installed for the repository, and that Secret {secret} contains the correct githubAppID, githubAppPrivateKey, and githubAppInstallationID or githubAppInstallationOwner",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:could not refresh installation id|failed to get app information|"
            r"failed to find (?:organization|user) installation|only one of app installation owner or ID|"
            r"failed to get (?:GitHub )?(?:App )?installation|failed to (?:create|get) github app)"
            r"[^\n]{0,160})"
        ),
        certainty="one-of",
        upstream="PKG git/github, auth/githubapp/client.go",
    ),
    Rule(
        _PROVIDER_MISMATCH,
        why="spec.provider is github, but Secret {secret} does not contain GitHub App credentials",
        steps=(
            Step(
                "for a GitHub App, store githubAppID, githubAppPrivateKey, and githubAppInstallationID or githubAppInstallationOwner in Secret {secret}",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
            Step("for a token or an SSH key, remove spec.provider", read=(SPEC,)),
        ),
        pattern=Text(r"github app data must be specified when provider is set to github"),
        needs=("secret",),
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _PROVIDER_MISMATCH,
        why="Secret {secret} contains GitHub App credentials, but spec.provider is not github",
        steps=(
            Step(
                "set spec.provider: github, or store a token or an SSH key in Secret {secret} instead",
                read=(SECRET, SPEC),
            ),
        ),
        pattern=Text(r"github app data"),
        needs=("secret",),
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _PROVIDER_MISMATCH,
        why="spec.provider probably does not match the credentials in the Secret",
        steps=(
            Step(
                "set spec.provider: github if the Secret contains GitHub App credentials, or spec.provider: generic otherwise",
                read=(SPEC,),
            ),
        ),
        reasons=("InvalidProviderConfiguration",),
        certainty="likely",
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)

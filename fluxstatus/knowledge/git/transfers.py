"""The transfer from a Git server: its protocol, and what it sends.

Upstream: fluxcd/pkg git/gogit, go-git.
"""

from fluxstatus.knowledge.commands import LOG, SPEC, URL
from fluxstatus.knowledge.facts import at_host, names_branch, pins_commit
from fluxstatus.knowledge.git.shared import ANY_GIT
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_GIT_PROTOCOL = Code(
    "git-protocol", "The Git server and Flux's Git client cannot agree on the Git protocol."
)

_at_azure_devops = at_host("dev.azure.com", "visualstudio.com")

_PROTOCOL_TEXTS = Text(
    r"(?P<detail>empty git-upload-pack given|multi_ack and multi_ack_detailed are not supported|"
    r"unsupported capability[^\n]{0,60}|server does not support exact SHA1 refspec|"
    r"unexpected content \"[^\n]{0,60}|malformed ACK[^\n]{0,40}|unexpected flush|"
    r"filter(?:ing)? not (?:supported|recogni[sz]ed)[^\n]{0,40}|no common ancestor[^\n]{0,20}|"
    r"shallow not supported|existing checkout is not shallow|"
    r"error decoding upload-pack response[^\n]{0,80})"
)

RULES = (
    Rule(
        _GIT_PROTOCOL,
        why="Azure DevOps and Flux's Git client (go-git) probably cannot agree on the Git protocol: {detail}",
        steps=(
            Step(
                "update Flux to the latest version; the repository is not empty, and the branch and the credentials are not the cause",
                read=("kubectl get deployments -n {flux_namespace} -o wide",),
            ),
            Step(
                "if the error persists, use the URL https://dev.azure.com/ORG/PROJECT/_git/REPO and a personal access token (PAT) in Secret {secret}",
                read=(URL,),
            ),
        ),
        pattern=_PROTOCOL_TEXTS,
        kinds=ANY_GIT,
        when=(_at_azure_devops,),
        certainty="likely",
        upstream="go-git plumbing/transport, plumbing/protocol/packp",
    ),
    Rule(
        _GIT_PROTOCOL,
        why="the Git server and Flux's Git client (go-git) cannot agree on the Git protocol: {detail}",
        steps=(
            Step(
                "update Flux and the Git server to the latest versions; to compare with another Git client, run git ls-remote {url}",
                read=(URL, LOG),
            ),
            Step(
                "set spec.ref.branch{of_endpoint} in addition to spec.ref.commit: not all servers allow fetching a commit by its SHA",
                read=(SPEC,),
                when=(pins_commit,),
                unless=(names_branch,),
            ),
        ),
        pattern=_PROTOCOL_TEXTS,
        kinds=ANY_GIT,
        certainty="one-of",
        upstream="go-git plumbing/transport, plumbing/protocol/packp",
    ),
    Rule(
        Code("git-transfer-broken", "The Git server sends damaged or incomplete data."),
        why="the Git server sends damaged or incomplete data: {detail}",
        steps=(
            Step(
                "wait for the next attempt. If the error persists, check any proxy or load balancer between the cluster and {host}, and check the repository on the server with git fsck",
                read=(LOG,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>malformed PACK file[^\n]{0,80}|zlib reset error[^\n]{0,60}|"
            r"(?:zlib|flate): [^\n]{1,60}|empty packfile|checksum mismatch|invalid checksum|packfile: [^\n]{1,80}|"
            r"invalid delta|malformed (?:tree|commit|tag)\b[^\n]{0,60})"
        ),
        kinds=ANY_GIT,
        certainty="one-of",
        transient=True,
        upstream="go-git plumbing/format/packfile",
    ),
    Rule(
        Code("git-not-served", "The server at spec.url is not a Git server."),
        why="the server at {url} does not respond like a Git server: {detail}",
        steps=(
            Step(
                "correct spec.url, which may point to a web page, a login page or a proxy; to reproduce the error outside the cluster, run git ls-remote {url}",
                read=(URL,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>invalid pkt-len found|invalid content[- ]type[^\n]{0,80}|"
            r"no flush-pkt found|malformed pkt-len[^\n]{0,40}|empty advertised-ref message|"
            r"target \"[^\"]*\" does not end with /info/refs|malformed ref data[^\n]{0,60})"
        ),
        kinds=ANY_GIT,
        certainty="one-of",
        upstream="go-git plumbing/format/pktline",
    ),
)

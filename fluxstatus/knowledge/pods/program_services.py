"""What a program writes last before it exits, about another service or its own data.

Upstream: databases, and the libraries that connect to services.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, EXITED, PREVIOUS
from fluxstatus.knowledge.rule import Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database's data is from PostgreSQL {old_version}, but the image is for a newer major version",
        steps=(
            Step(
                "pin the image to PostgreSQL {old_version} again, or migrate the data: dump it with the old version and restore it with the new version, or run pg_upgrade",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            r"data directory was initialized by PostgreSQL version (?P<old_version>[\d.]*\d)"
        ),
        upstream="PostgreSQL src/backend/utils/init/miscinit.c",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database cannot be initialized, because its data directory is not empty (a mount point often contains lost+found)",
        steps=(
            Step(
                "use a subdirectory of the volume as the data directory: for PostgreSQL, set PGDATA, for example to /var/lib/postgresql/data/pgdata; for other databases, set subPath in the volumeMount. If the directory contains data, find out why the program wants to initialize it again",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            r"contains a lost\+found directory|directory \"[^\"\n]{1,160}\" exists but is not empty|"
            r"--initialize specified but the data directory has files in it"
        ),
        quoted=True,
        upstream="PostgreSQL src/bin/initdb, MySQL sql/mysqld.cc",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the version of the database or program is older than its data, or cannot read the data: {detail}",
        steps=(
            Step(
                "use the version that last wrote the data, or restore a backup that this version can read; a downgrade usually does not work",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:[Dd]owngrad\w+[^\n]{0,60}(?:not (?:supported|allowed|possible)|unsupported)|"
            r"(?:database|schema|data)[^\n]{0,60}(?:is|was created by|from) a? ?newer (?:version|release)|cannot downgrade)[^\n]{0,120})"
        ),
        certainty="likely",
        quoted=True,
        upstream="MySQL, Elasticsearch, Grafana and others",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the ServiceAccount of the program lacks a permission: {detail}",
        steps=(
            Step(
                "grant the permission with a Role or ClusterRole and a binding to this ServiceAccount; a chart usually creates them if rbac.create is true",
                read=(DESCRIBE, "kubectl get rolebindings,clusterrolebindings -A -o wide"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>User \\?\"system:serviceaccount:[\w.:-]+\\?\" cannot [^\n]{1,140})"
        ),
        certainty="likely",
        quoted=True,
        upstream="kubernetes apiserver authorization",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program uses a kind that the cluster does not serve: {detail}. Its CRD is missing or has another version",
        steps=(
            Step(
                "install the CRDs that belong to this version of the program; many charts do so only if a value such as crds.enabled is true, and Helm does not upgrade the crds folder of a chart unless spec.upgrade.crds is CreateReplace",
                read=("kubectl get customresourcedefinitions", PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>no matches for kind [^\n]{1,120}|no kind is registered for[^\n]{1,120}|the server could not find the requested resource)"
        ),
        certainty="likely",
        quoted=True,
        upstream="kubernetes apimachinery pkg/api/meta",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not trust the TLS certificate of another service, or the certificate has expired: {detail}",
        steps=(
            Step(
                "check which service the program connects to. Mount the CA of this service in the container and configure it, or renew the service's certificate",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:x509: |CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT\w*|unable to verify the first certificate|self[- ]signed certificate|certificate (?:has expired|verify failed)|PKIX path building failed)[^\n\"]{0,140})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Go crypto/x509, OpenSSL, Node.js, Java",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program lost its leader election, because it could not renew its lease in time: {detail}",
        steps=(
            Step(
                "check the API server's load and latency, and the CPU limit of the container; the program starts again by itself",
                read=(PREVIOUS, "kubectl get --raw=/readyz"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:leader ?election lost|failed to renew (?:leader )?lease|lost (?:leader )?lease|stopped leading)[^\n\"]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="kubernetes client-go tools/leaderelection",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database that the program uses is damaged or locked: {detail}",
        steps=(
            Step(
                "make sure that only one pod uses the database file (replicas: 1, strategy.type: Recreate), and do not store it on NFS or SMB; otherwise, restore it from a backup",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>database is locked|database disk image is malformed|SQLITE_(?:BUSY|CORRUPT)\w*)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="SQLite",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not find a database, table or column that it expects: {detail}",
        steps=(
            Step(
                "create the database, or run the program's migrations; a chart usually does so in a Job or an init container, whose log shows the error. A program that is older than its database schema reports the same",
                read=(PREVIOUS, "kubectl get jobs -n {ns}"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:(?:database|relation|column) \\?\"[^\"\n]{1,60}\" does not exist|Unknown (?:database|column) '[^'\n]{1,60}'|Table '[^'\n]{1,80}' doesn't exist|no such table: \S+))"
        ),
        certainty="one-of",
        quoted=True,
        upstream="PostgreSQL, MySQL, SQLite",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a database or another service rejects the program's login: {detail}",
        steps=(
            Step(
                "compare the user and password in the program's Secret with those of the service. Most databases set a password only when they are initialized: with an existing volume, the old password stays valid",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>password authentication failed for user[^\n]{0,80}|Access denied for user[^\n]{0,80}|"
            r"WRONGPASS[^\n]{0,60}|NOAUTH[^\n]{0,60}|(?:SASL )?[Aa]uthentication failed[^\n]{0,80}|role \\?\"[^\"\n]{1,60}\" does not exist)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="PostgreSQL, MySQL, Redis, MongoDB",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot reach another service: {detail}",
        steps=(
            Step(
                "check that this service exists, that its pods are ready, and that no NetworkPolicy blocks the connection. If Flux deploys the service, add it to spec.dependsOn so that it is ready first",
                read=(PREVIOUS, "kubectl get services,networkpolicies -A"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:dial tcp|lookup) [^\n\"]{1,140}|ECONNREFUSED[^\n\"]{0,80}|(?:getaddrinfo )?(?:ENOTFOUND|EAI_AGAIN)[^\n\"]{0,80}|"
            r"could not translate host name[^\n]{0,100}|Name or service not known[^\n\"]{0,60}|UnknownHostException[^\n\"]{0,80}|"
            r"Connection refused[^\n\"]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Go net, Node.js, libc getaddrinfo(3), Java",
    ),
)

"""What a program writes last before it exits, about a database, or about data of its own.

Upstream: databases, and programs that keep data.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, EXITED, PREVIOUS
from fluxstatus.knowledge.rule import Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database has no free connections: {detail}",
        steps=(
            Step(
                "raise the database's limit (max_connections), lower the pool sizes and replicas of the programs that use it, or use a connection pooler such as PgBouncer",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:sorry, too many clients already|remaining connection slots are reserved|Too many connections)[^\n\"]{0,80})"
        ),
        quoted=True,
        upstream="PostgreSQL, MySQL",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database server does not allow this user, database or host to connect, or only with TLS: {detail}",
        steps=(
            Step(
                "if the message ends with \"no encryption\", turn TLS on in the program's connection (sslmode=require). Otherwise, allow the connection in pg_hba.conf or, for MySQL, create the user for the pods' addresses ('user'@'%')",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>no pg_hba\.conf entry for [^\n]{0,140}|Host '[^'\n]{1,80}' is not allowed to connect[^\n\"]{0,60})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="PostgreSQL libpq/hba.c, MySQL",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the owner or the mode of the database's data directory is wrong: {detail}",
        steps=(
            Step(
                "let the container run as the user that owns the data (runAsUser and fsGroup in the pod's securityContext), or change the owner on the volume. PostgreSQL requires mode 0700 or 0750; an NFS server must keep the owner (no all_squash)",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>data directory \\?\"[^\"\n]{1,300}\" has (?:wrong ownership|group or world access|invalid permissions))"
        ),
        quoted=True,
        upstream="PostgreSQL src/backend/utils/init/miscinit.c",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program is connected to a read-only replica of the database: {detail}",
        steps=(
            Step(
                "let the program connect to the primary: use the Service of the primary (such as NAME-rw or NAME-master), or check the failover of the database",
                read=(PREVIOUS, "kubectl get services,endpointslices -n {ns}"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>READONLY You can't write against a read only replica|cannot execute [A-Z ]{1,40} in a read-only transaction|--read-only option so it cannot execute)"
        ),
        certainty="likely",
        quoted=True,
        upstream="Redis, PostgreSQL, MySQL",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database is still starting or recovering: {detail}",
        steps=(
            Step(
                "wait, because the program is started again. If the message stays, check the log of the database",
                read=(PREVIOUS, "kubectl get pods -n {ns}"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>the database system is (?:starting up|in recovery mode|shutting down|not yet accepting connections))"
        ),
        certainty="one-of",
        quoted=True,
        upstream="PostgreSQL",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the cluster ID in the program's volume is not that of the cluster it joins: {detail}",
        steps=(
            Step(
                "check that the pod uses the right volume and joins the right cluster, and whether the metadata of the cluster (ZooKeeper or KRaft) was lost. Use an empty volume only if its data is not needed",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED + r"(?P<detail>The Cluster ID \S+ doesn't match stored clusterId[^\n\"]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Apache Kafka",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot decrypt its data: its encryption key is probably not the one that the data was encrypted with ({detail})",
        steps=(
            Step(
                "restore the previous encryption key in the program's Secret; a key that each install or upgrade regenerates must be kept. Do not delete the data: without the old key, it cannot be read again",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>cipher: message authentication failed|Mismatching encryption keys|encryption key does not appear to be valid|\bbad decrypt\b)"
        ),
        certainty="likely",
        quoted=True,
        upstream="Go crypto/cipher, n8n, Authelia, OpenSSL",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot write to its SQLite database: {detail}",
        steps=(
            Step(
                "mount the volume writable, and set fsGroup in the pod's securityContext; SQLite must be able to write to the file and its directory",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>attempt to write a readonly database|SQLITE_READONLY\w*|unable to open database file)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="SQLite",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the backup repository does not exist at its address: {detail}",
        steps=(
            Step(
                "check the address, the bucket and the path in the program's Secret. If there has been no backup yet, initialize the repository (restic init)",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:Fatal: )?unable to open config file: [^\n]{0,80}(?:does not exist|[Nn]o such file|not found)[^\n]{0,40}|repository does not exist: [^\n]{0,100})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="restic cmd/restic/global.go",
    ),
)

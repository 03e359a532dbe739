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
                "raise the limit of the database, the role or the user (such as max_connections), lower the pool sizes and replicas of the programs that use it, or use a connection pooler such as PgBouncer",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:sorry, too many clients already|remaining connection slots are reserved|too many connections for (?:role|database) |"
            r"(?:\b1040\b[^\n]{0,20}|ER_CON_COUNT_ERROR: |message from server: \\?\")Too many connections)[^\n\"]{0,80})"
        ),
        quoted=True,
        upstream="PostgreSQL src/backend/storage/lmgr/proc.c, utils/init/postinit.c, MySQL error 1040",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database server does not allow this user, database or host to connect, or only with TLS: {detail}",
        steps=(
            Step(
                "if the message ends with \"no encryption\" or \"SSL off\", the server may only accept TLS: turn it on in the program's connection (sslmode=require). Otherwise, allow the connection in pg_hba.conf or, for MySQL, create the user for the pods' addresses ('user'@'%')",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>no pg_hba\.conf entry for [^\n]{0,140}|Host '[^'\n]{1,80}' is not allowed to connect[^\n\"]{0,60})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="PostgreSQL src/backend/libpq/auth.c, MySQL error 1130",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database's data directory does not belong to the user that the container runs as: {detail}",
        steps=(
            Step(
                "let the container run as the user that owns the data (runAsUser in the pod's securityContext), or change the owner on the volume; fsGroup changes only the group. An NFS server must keep the owner (no all_squash)",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED + r"(?P<detail>data directory \\?\"[^\"\n]{1,300}\" has wrong ownership)"
        ),
        quoted=True,
        upstream="PostgreSQL src/backend/utils/init/miscinit.c",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the mode of the database's data directory is not 0700 or 0750, which PostgreSQL requires: {detail}",
        steps=(
            Step(
                "correct the mode, for example with chmod 0700 in an init container. If fsGroup is set in the pod's securityContext, the kubelet makes the volume writable for the group: set fsGroupChangePolicy: OnRootMismatch, or remove fsGroup",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>data directory \\?\"[^\"\n]{1,300}\" has (?:group or world access|invalid permissions))"
        ),
        quoted=True,
        upstream="PostgreSQL src/backend/utils/init/miscinit.c",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database that the program is connected to is read-only, probably because it is a replica: {detail}",
        steps=(
            Step(
                "let the program connect to the primary: use the Service of the primary (such as NAME-rw or NAME-master), or check the failover of the database. If it is the primary, check its log: some databases become read-only if their disk is full",
                read=(PREVIOUS, "kubectl get services,endpointslices -n {ns}"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>READONLY You can't write against a read only (?:replica|slave)|cannot execute [A-Z ]{1,40} (?:in a read-only transaction|during recovery)|read-only option so it cannot execute)"
        ),
        certainty="likely",
        quoted=True,
        upstream="Redis src/server.c, PostgreSQL src/backend/tcop/utility.c, MySQL error 1290",
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
        upstream="PostgreSQL src/backend/tcop/backend_startup.c",
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
            EXITED
            + r"(?P<detail>The Cluster ID \S+ doesn't match stored clusterId[^\n\"]{0,80}|Invalid cluster\.id in: [^\n\"]{1,240})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Apache Kafka, core kafka.server.KafkaServer and metadata MetaPropertiesEnsemble",
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
            + r"(?P<detail>Mismatching encryption keys|encryption key (?:does not appear to be valid|is not valid against the schema check value))"
        ),
        certainty="likely",
        quoted=True,
        upstream="n8n packages/core InstanceSettings, Authelia internal/storage",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot decrypt something: its key or passphrase is not the one it was encrypted with, or it is damaged ({detail})",
        steps=(
            Step(
                "find out in the log what is decrypted. If it is the program's data, restore the previous encryption key in its Secret, and do not delete the data: without the old key, it cannot be read again. If it is a private key, correct its passphrase",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(EXITED + r"(?P<detail>cipher: message authentication failed|\bbad decrypt\b)"),
        certainty="one-of",
        quoted=True,
        upstream="Go crypto/cipher, OpenSSL providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot open its SQLite database, or cannot write to it: {detail}",
        steps=(
            Step(
                "check that the directory of the file exists and is on a volume that is mounted writable, and set fsGroup in the pod's securityContext; SQLite must be able to write to the file and its directory",
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
            + r"(?P<detail>Fatal: repository does not exist\b[^\n]{0,120}|unable to open config file: "
            r"(?=l?stat\b|[^\n]*\n?[^\n]*Is there a repository at)[^\n]{0,120}(?:does not exist|no such file|not found)[^\n]{0,40})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="restic cmd/restic/global.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="an earlier migration of the program's database failed, so no other one is run: {detail}",
        steps=(
            Step(
                "remove what the failed migration left in the schema, correct the migration, and then run flyway repair, which deletes the failed entry from the schema history; an older image fails, too",
                read=(PREVIOUS, "kubectl get jobs -n {ns}"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>Detected failed (?:repeatable )?migration(?: to version|:)[^\n\"]{1,120})"
        ),
        quoted=True,
        upstream="Flyway internal.info.MigrationInfoImpl",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program's database migrations are not those that were applied to the database: {detail}",
        steps=(
            Step(
                "use the image whose migrations were applied, and add a new migration instead of changing an old one. If the schema is right, update the recorded checksums with the migration tool (flyway repair, liquibase clear-checksums)",
                read=(PREVIOUS, "kubectl get jobs -n {ns}"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:Migration checksum mismatch|Migrations have failed validation|change ?sets check sum)[^\n\"]{0,100})"
        ),
        certainty="likely",
        quoted=True,
        upstream="Flyway, Liquibase",
    ),
)

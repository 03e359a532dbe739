"""What a program writes last before it exits, about another service or its own data.

Upstream: databases, and the libraries that connect to services.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, EXITED, PREVIOUS
from fluxstatus.knowledge.rule import Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the cloud does not allow the program to use a resource: {detail}",
        steps=(
            Step(
                "grant the permission to the identity of the pod. With workload identity, check the annotations of the pod's ServiceAccount, and check that the trust policy or federated credential names its namespace and name. If the denial is explicit, change the policy that contains it",
                read=(DESCRIBE, "kubectl get serviceaccounts -n {ns} -o yaml", PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:is not|Not) authorized to perform:? [\w-]+:\w[^\n]{1,140}|AADSTS70021[1-3]?: [^\n]{1,140}|"
            r"googleapi: Error 403: (?![^\n]*(?:quota|rate ?limit|billing|is disabled|authentication scopes))[^\n]{1,140}|"
            r"Permission '[\w.]+' denied on resource[^\n]{0,100}|does not have authorization to perform action [^\n]{1,140}|AuthorizationFailed: [^\n]{1,140}|UnauthorizedOperation: [^\n]{1,100})"
        ),
        certainty="likely",
        quoted=True,
        upstream="the SDKs of AWS, Azure and Google",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="an API that the program uses is not enabled in its Google Cloud project: {detail}",
        steps=(
            Step(
                "enable the API in the project (gcloud services enable), or correct the project in the program's configuration. It takes a few minutes until the program can use it",
                read=(PREVIOUS,),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>[\w .-]{1,60} API has not been used in project \S+ before or it is disabled)"
        ),
        quoted=True,
        upstream="Google Cloud error reason SERVICE_DISABLED",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the object store or the cloud rejects the program's access key or the signature of its request: {detail}",
        steps=(
            Step(
                'compare the access key and the secret key in the program\'s Secret, and the endpoint and region in its configuration, with those of the object store or the cloud. RequestTimeTooSkewed and "Signature expired" mean that the clock of the node is wrong',
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:SignatureDoesNotMatch|InvalidAccessKeyId|RequestTimeTooSkewed)\b[^\n\"]{0,120})"
        ),
        quoted=True,
        upstream="Amazon S3 error responses",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the bucket that the program uses does not exist: {detail}",
        steps=(
            Step(
                "create the bucket, or correct its name, endpoint and region in the program's configuration",
                read=(DESCRIBE, PREVIOUS),
            ),
        ),
        pattern=Text(
            EXITED + r"(?P<detail>NoSuchBucket\b[^\n\"]{0,120}|The specified bucket does not exist)"
        ),
        quoted=True,
        upstream="Amazon S3 error responses",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the DNS server forwards requests to itself, probably because the resolv.conf of its node names a local resolver: {detail}",
        steps=(
            Step(
                "let the kubelet use a resolv.conf with the real name servers (resolvConf, on systemd-resolved /run/systemd/resolve/resolv.conf), or set the upstream servers in forward of the Corefile",
                read=(PREVIOUS, "kubectl get configmaps coredns -n {ns} -o yaml"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>Loop \([^)\n]{1,60} -> [^)\n]{1,40}\) detected for zone[^\n]{0,60})"
        ),
        certainty="likely",
        quoted=True,
        upstream="CoreDNS plugin/loop",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database's data is from PostgreSQL {old_version}, but the image is for another major version",
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
        why="the data was written by a newer version of the database or program, or this version cannot read it: {detail}",
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
        why="the pod's ServiceAccount does not have a permission: {detail}",
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
            + r"(?P<detail>no matches for (?:kind )?[^\n]{1,120}|no kind is registered for[^\n]{1,120}|the server could not find the requested resource)"
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
                "check the API server's load and latency, and the CPU limit of the container; the kubelet starts the program again",
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
        why="the backup repository is locked: another backup uses it, or an earlier one was interrupted",
        steps=(
            Step(
                "make sure that no other backup is running, and then remove the stale lock with restic unlock; with VolSync, set spec.restic.unlock of the ReplicationSource to a new value",
                read=(PREVIOUS, "kubectl get jobs,pods -n {ns}"),
            ),
        ),
        pattern=Text(EXITED + r"repository is already locked"),
        certainty="one-of",
        quoted=True,
        upstream="restic internal/restic/lock.go, volsync mover-restic",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="another process or pod probably uses the same data: {detail}",
        steps=(
            Step(
                "make sure that only one pod uses the volume (replicas: 1, strategy.type: Recreate), and that the old pod has ended. If it has, remove its stale lock file; on NFS or SMB, locks often do not work",
                read=(DESCRIBE, PREVIOUS, "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>database is locked|SQLITE_BUSY\w*|(?:failed to obtain node locks|unable to lock|could not lock|cannot lock|lock (?:DB |data )?directory|(?<!repository is )(?:already|currently) (?:locked|in use) by)[^\n]{0,120})"
        ),
        certainty="likely",
        quoted=True,
        upstream="SQLite, Elasticsearch, InnoDB, Prometheus",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the data of the program is probably damaged: {detail}",
        steps=(
            Step(
                "restore the data from a backup, or repair it with the program's own tools; before that, keep a copy of the volume (for example, with a VolumeSnapshot)",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:database disk image is malformed|SQLITE_CORRUPT|Bad file format reading the append only file|out of sequence m-mapped chunk|could not locate a valid checkpoint record|(?:invalid|bad|wrong) checksum|(?<!migration )checksum mismatch(?! for migration)|is corrupt(?:ed)?\b)[^\n\"]{0,100})"
        ),
        certainty="likely",
        quoted=True,
        upstream="SQLite, Redis, Prometheus, PostgreSQL",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot be upgraded from the version of its data in one step: {detail}",
        steps=(
            Step(
                "use the version that last wrote the data again, and upgrade through the versions that the message names, one after the other",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:required to upgrade|only possible to upgrade|cannot upgrade (?:a node )?(?:directly )?from|upgrade to version \S+ first|must (?:first )?(?:be upgraded|upgrade)|Unsupported redo log format)[^\n]{0,140})"
        ),
        certainty="likely",
        quoted=True,
        upstream="GitLab, Nextcloud, Elasticsearch, MySQL",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="an earlier migration of the database was interrupted and left a lock or a half-done change: {detail}",
        steps=(
            Step(
                "make sure that no other pod is migrating the database. Then release the lock or repair the schema as the program's documentation describes (Liquibase: set LOCKED to false in table DATABASECHANGELOGLOCK; golang-migrate: force the last good version)",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>Waiting for changelog lock|Could not acquire change log lock|Dirty database version[^\n\"]{0,60})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Liquibase, golang-migrate",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database user lacks a privilege: {detail}",
        steps=(
            Step(
                "grant the privilege to the program's user in the database, or let an administrator create the extension or schema; PostgreSQL 15 and newer no longer lets every user create tables in schema public",
                read=(PREVIOUS, DESCRIBE),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>permission denied (?:for|to) (?:schema|table|relation|database|sequence|function|view|create|set)[^\n]{0,80}|(?:CREATE|SELECT|INSERT|ALTER) command denied to user[^\n]{0,80})"
        ),
        quoted=True,
        upstream="PostgreSQL, MySQL",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the controller could not list its objects in time: {detail}",
        steps=(
            Step(
                "check that all CRDs that the controller watches are installed in the version that it expects, and that its ServiceAccount may list and watch them; otherwise, the API server is too slow",
                read=(PREVIOUS, "kubectl get customresourcedefinitions"),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:failed to wait for \S+ caches to sync|timed out waiting for caches? to (?:be )?sync(?:ed)?)[^\n]{0,100})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="controller-runtime pkg/internal/controller",
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
            + r"(?P<detail>(?:(?:database|relation|column) \\?\"[^\"\n]{1,120}\" does not exist|Unknown (?:database|column) '[^'\n]{1,120}'|Table '[^'\n]{1,160}' doesn't exist|no such table: \S+))"
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
            r"WRONGPASS[^\n]{0,60}|NOAUTH[^\n]{0,60}|(?<!message )(?:SASL )?[Aa]uthentication failed[^\n]{0,80}|role \\?\"[^\"\n]{1,60}\" does not exist)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="PostgreSQL, MySQL, Redis, MongoDB",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot read the metadata of its cloud instance: {detail}",
        steps=(
            Step(
                "set the region, and for the AWS Load Balancer Controller the VPC ID, in the chart's values; otherwise, let pods use the metadata service (on AWS, a hop limit of 2), and check that no NetworkPolicy blocks 169.254.169.254",
                read=(
                    PREVIOUS,
                    "kubectl get networkpolicies -n {ns}",
                ),
            ),
        ),
        pattern=Text(
            EXITED
            + r"(?P<detail>(?:EC2 ?Metadata|EC2 IMDS|ec2imds|169\.254\.169\.254|metadata\.google\.internal)[^\n\"]{0,140})"
        ),
        certainty="likely",
        quoted=True,
        upstream="the SDKs of AWS, Azure and Google",
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
            r"(?:host not found in upstream|Could not resolve host|Temporary failure in name resolution|Can't reach database server|ETIMEDOUT|EHOSTUNREACH|[Nn]o route to host|[Cc]onnection timed out)[^\n]{0,100}|Connection refused[^\n\"]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Go net, Node.js, libc getaddrinfo(3), Java",
    ),
)

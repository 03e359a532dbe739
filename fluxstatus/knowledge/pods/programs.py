"""What a program in a container writes last before it exits: its termination message.

Programs word their errors as they like, so a rule here takes only wordings of an operating system,
a language runtime, a library or a database that many programs share.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, LOG
from fluxstatus.knowledge.rule import Rule, Step, Text

_PREVIOUS = f"{LOG} --previous"
_EXITED = r"terminated with (?!OOMKilled)[^\n]*?with the message .*?"
_LIBC = "Linux errno(3)"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not accept the option {detail}: its arguments are probably for another version of the image",
        steps=(
            Step(
                "use the image version that the arguments are written for: in a chart, remove the value that sets the image tag, or use the chart version that belongs to the image. Otherwise, correct the arguments in the pod template",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            r"(?:unknown (?:shorthand |long |short )?(?:flag|option|argument)|unrecogni[sz]ed (?:command[- ]line )?(?:option|argument|flag)s?|"
            r"flag provided but not defined|no such option|unexpected argument|invalid option|unsupported option)[: -]{0,3}[\"'`]?(?P<detail>-{1,2}[\w.-]+)"
        ),
        certainty="likely",
        quoted=True,
        upstream="Go flag, spf13/pflag, clap, Python argparse, getopt(3)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the database cannot be initialized, because its data directory is not empty (a mount point often contains lost+found)",
        steps=(
            Step(
                "use a subdirectory of the volume as the data directory: for PostgreSQL, set PGDATA, for example to /var/lib/postgresql/data/pgdata; for other databases, set subPath in the volumeMount. If the directory contains data, find out why the program wants to initialize it again",
                read=(DESCRIBE, _PREVIOUS),
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
                read=(DESCRIBE, _PREVIOUS),
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
        why="the program expects a file, but finds a directory: {detail}. A subPath that is not a key of its ConfigMap or Secret is mounted as an empty directory",
        steps=(
            Step(
                "compare subPath and mountPath of the container's volumeMounts with the keys of the ConfigMap or Secret, and correct them in Git or in the chart's values",
                read=(DESCRIBE, "kubectl describe configmaps -n {ns}"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:EISDIR|Is a directory: ['\"]?/[\w./-]+|/[\w./-]+['\"]?: is a directory)[^\n]{0,60})"
        ),
        certainty="likely",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program is not allowed to listen on a port below 1024: {detail}",
        steps=(
            Step(
                "configure a port above 1023 and use it as containerPort and targetPort, or add the capability NET_BIND_SERVICE to the container's securityContext",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:listen tcp \S+|bind\(\)[^\n]{0,40}): (?:bind: )?permission denied|bind\(\) to \S+:\d+ failed \(13: )"
        ),
        quoted=True,
        upstream="Linux capabilities(7)",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot write to a path, because the container's root file system is read-only: {detail}",
        steps=(
            Step(
                "mount an emptyDir volume at this path, or set readOnlyRootFilesystem: false in the container's securityContext",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            _EXITED + r"(?P<detail>[^\n\"]{0,80}(?:[Rr]ead-only file system|EROFS)[^\n\"]{0,60})"
        ),
        certainty="likely",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not have permission to access a file: {detail}",
        steps=(
            Step(
                "for a volume, set fsGroup in the pod's securityContext to a group of the user that the container runs as; for a file of the image, set runAsUser to the image's user",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            _EXITED
            + r"(?P<detail>(?:(?:cannot (?:create|touch|open|write)|can't (?:create|open)|mkdir|open|chmod|chown|unlink|EACCES|PermissionError)[^\n\"]{0,120}"
            r"[Pp]ermission denied|EACCES[^\n\"]{0,120}|PermissionError[^\n]{0,120}|AccessDeniedException[^\n\"]{0,120}))"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_LIBC,
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
            _EXITED
            + r"(?P<detail>User \\?\"system:serviceaccount:[\w.:-]+\\?\" cannot [^\n]{1,140})"
        ),
        quoted=True,
        upstream="kubernetes apiserver authorization",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program uses a kind that the cluster does not serve: {detail}. Its CRD is missing or has another version",
        steps=(
            Step(
                "install the CRDs that belong to this version of the program; many charts do so only if a value such as crds.enabled is true, and Helm does not upgrade the crds folder of a chart unless spec.upgrade.crds is CreateReplace",
                read=("kubectl get customresourcedefinitions", _PREVIOUS),
            ),
        ),
        pattern=Text(
            _EXITED
            + r"(?P<detail>no matches for kind [^\n]{1,120}|no kind is registered for[^\n]{1,120}|the server could not find the requested resource)"
        ),
        certainty="likely",
        quoted=True,
        upstream="kubernetes apimachinery pkg/api/meta",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a database or another service rejects the program's login: {detail}",
        steps=(
            Step(
                "compare the user and password in the program's Secret with those of the service. Most databases set a password only when they are initialized: with an existing volume, the old password stays valid",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            _EXITED
            + r"(?P<detail>password authentication failed for user[^\n]{0,80}|Access denied for user[^\n]{0,80}|"
            r"WRONGPASS[^\n]{0,60}|NOAUTH[^\n]{0,60}|(?:SASL )?[Aa]uthentication failed[^\n]{0,80}|role \\?\"[^\"\n]{1,60}\" does not exist)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="PostgreSQL, MySQL, Redis, MongoDB",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program ran out of memory: {detail}",
        steps=(
            Step(
                "raise resources.limits.memory, or the limit of the language runtime (such as -Xmx or --max-old-space-size)",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            _EXITED
            + r"(?P<detail>java\.lang\.OutOfMemoryError[^\n\"]{0,60}|JavaScript heap out of memory|MemoryError|std::bad_alloc|"
            r"[Cc]annot allocate memory|runtime: out of memory)"
        ),
        certainty="likely",
        quoted=True,
        upstream="the runtimes of Java, Node.js, Python, C++ and Go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program cannot reach another service: {detail}",
        steps=(
            Step(
                "check that this service exists, that its pods are ready, and that no NetworkPolicy blocks the connection. If Flux deploys the service, add it to spec.dependsOn so that it is ready first",
                read=(_PREVIOUS, "kubectl get services,networkpolicies -A"),
            ),
        ),
        pattern=Text(
            _EXITED
            + r"(?P<detail>(?:dial tcp|lookup) [^\n\"]{1,140}|ECONNREFUSED[^\n\"]{0,80}|(?:getaddrinfo )?(?:ENOTFOUND|EAI_AGAIN)[^\n\"]{0,80}|"
            r"could not translate host name[^\n]{0,100}|Name or service not known[^\n\"]{0,60}|UnknownHostException[^\n\"]{0,80}|"
            r"Connection refused[^\n\"]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="Go net, Node.js, libc getaddrinfo(3), Java",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not find a file: {detail}",
        steps=(
            Step(
                "mount the file from a ConfigMap, Secret or volume, or correct its path in the container's arguments or configuration",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(
            _EXITED
            + r"(?P<detail>(?:open|stat|read|cannot (?:open|stat|access)|can't (?:open|cd to)|ENOENT[^\n\"]{0,60}|FileNotFound\w+[^\n]{0,40})"
            r"[^\n\"]{0,120}[Nn]o such file or directory[^\n\"]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_LIBC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program does not accept its configuration: {detail}",
        steps=(
            Step(
                "correct the configuration in Git or in the chart's values; a field may belong to another version of the program",
                read=(_PREVIOUS, "kubectl describe configmaps -n {ns}"),
            ),
        ),
        pattern=Text(
            _EXITED
            + r"(?P<detail>(?:error|fail\w*|unable|cannot|could not|invalid)[^\n]{0,60}(?:config\w*|unmarshal)[^\n]{1,140}|"
            r"field \w+ not found in type [\w.]+|yaml: [^\n]{1,120})"
        ),
        certainty="likely",
        quoted=True,
        upstream="many programs",
    ),
)

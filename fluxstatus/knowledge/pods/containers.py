"""Containers whose specification, command or image does not let them start.

Upstream: kubernetes pkg/kubelet.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET
from fluxstatus.knowledge.rule import Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container refers to {reference} {referred}, which does not exist",
        steps=(
            Step(
                "create {reference} {referred} in namespace {ns}, or correct its name in the pod template",
                read=("kubectl get configmaps,secrets -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(r"(?P<reference>secret|configmap) \"(?P<referred>[^\"]+)\" not found"),
        trivial=True,
        upstream=f"{KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container refers to key {key}, which does not exist in {reference} {referred}",
        steps=(
            Step(
                "add key {key} to {reference} {referred}, or correct the key in the pod template",
                read=("kubectl describe {reference} {referred} -n {ns}", DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:couldn't find key (?P<key>\S+) in|non-existent (?:config|secret) key:?) "
            r"(?P<reference>Secret|ConfigMap) (?:[\w.-]+/)?(?P<referred>[\w.-]+)"
        ),
        trivial=True,
        upstream=f"{KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container's postStart hook failed, so the kubelet stops the container",
        steps=(
            Step(
                "correct lifecycle.postStart in the pod template; the output of the hook is in the pod's events",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"FailedPostStartHook|PostStartHook(?:Error| failed)"),
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container must not run as root (runAsNonRoot), but the image runs as root or as a user name that Kubernetes cannot verify",
        steps=(
            Step(
                "set runAsUser to a number other than 0 in the securityContext of the pod template, or use an image with a numeric USER. If the container needs root and the namespace allows it, remove runAsNonRoot",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"container has runAsNonRoot and image (?:will run as root|has non-numeric user)"
        ),
        upstream=KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container runs as root (runAsUser: 0), but runAsNonRoot in the pod's or the container's securityContext forbids it",
        steps=(
            Step(
                "set runAsUser to a number other than 0 in Git or in the chart's values. If the container needs root and the namespace allows it, set runAsNonRoot: false for this container",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"container's runAsUser breaks non-root policy"),
        upstream=f"{KUBELET}/kuberuntime/security_context.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="seccomp profile {path_on_node} does not exist on the pod's node",
        steps=(
            Step(
                "correct the profile in the securityContext in Git or in the chart's values (localhostProfile is relative to the kubelet's seccomp directory), or use type: RuntimeDefault. A newer chart version may use the correct path",
                read=(DESCRIBE,),
            ),
            Step(
                "if the path is correct, copy the profile to {path_on_node} on every node that the pod can run on"
            ),
        ),
        pattern=Text(
            r"seccomp(?: profile|: unable to load local profile) \\?\"(?P<path_on_node>/[^\"\\\s]+)\\?\"[^\n]{0,300}?no such file or directory"
        ),
        quoted=True,
        upstream="containerd contrib/seccomp, cri-o internal/config/seccomp",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the AppArmor profile of the container cannot be applied: {detail}",
        steps=(
            Step(
                "correct appArmorProfile in the securityContext (type RuntimeDefault, Unconfined or Localhost with localhostProfile) in Git or in the chart's values, or load the profile on the nodes. Old charts set the profile by annotation: a newer chart version may set the field",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:Cannot enforce AppArmor|get apparmor_parser version|[Aa]pp[Aa]rmor profile[^\n]{0,80}not (?:loaded|found)|"
            r"(?:applying|failed to (?:apply|generate|load|create|get)|setup|unable to (?:load|apply)|cannot load)[^\n]{0,60}[Aa]pp[Aa]rmor)[^\n]{0,140})"
        ),
        quoted=True,
        upstream=f"{KUBELET}/kuberuntime, containerd contrib/apparmor, cri-o internal/config/apparmor",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the seccomp profile of the container cannot be applied: {detail}",
        steps=(
            Step(
                "correct seccompProfile in the securityContext (type RuntimeDefault, Unconfined or Localhost with localhostProfile) in Git or in the chart's values, or correct the profile on the nodes",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:applying|failed to (?:apply|generate|load|create|get)|setup|unable to (?:load|apply)|cannot load)[^\n]{0,60}seccomp[^\n]{0,140})"
        ),
        quoted=True,
        upstream=f"{KUBELET}/kuberuntime, containerd contrib/seccomp, runc libcontainer/seccomp",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container is not allowed to execute its command {detail} (permission denied): the file is not executable, or not executable by the container's user",
        steps=(
            Step(
                "make the file executable in the image (chmod +x). For a script in a ConfigMap, set defaultMode: 0755 on its volume, or start the script with sh. If the path is a directory, correct the command in the pod template",
                read=(DESCRIBE,),
            ),
            Step(
                "if the securityContext sets runAsUser, use a user that is allowed to execute the file",
            ),
        ),
        pattern=Text(
            r"(?:exec: \\?\"?|eaccess )(?P<detail>[^\"\s:\\]+)\\?\"?: (?:is a directory: )?permission denied"
        ),
        certainty="one-of",
        quoted=True,
        upstream="runc libcontainer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container's command does not exist in the image: {detail}",
        steps=(
            Step(
                "correct command or args in the pod template, or use a different image; images without a shell do not contain sh or bash",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?:exec: \\?\"?|executable file [`'])(?P<detail>[^\"`'\s:\\]+)(?:\\?\"?: (?:executable file not found in \$PATH|stat \S+: no such file or directory|no such file or directory)|[`'] not found)"
        ),
        quoted=True,
        upstream="runc libcontainer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volumeMount with subPath cannot be prepared: the path does not exist in the volume or cannot be created there",
        steps=(
            Step(
                "correct subPath in the pod template, or create the path in the volume with the right owner. If a ConfigMap was changed or a volume was remounted, delete the pod, so that it is created again",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"failed to (?:prepare|create) subPath"),
        certainty="one-of",
        upstream=f"{KUBELET}/kubelet_pods.go, kubernetes mount-utils subpath",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="RuntimeClass {referred}, which the pods request, does not exist",
        steps=(
            Step(
                "set runtimeClassName to the name of an existing RuntimeClass (not of its handler) in Git or in the chart's values, or create RuntimeClass {referred}",
                read=("kubectl get runtimeclasses",),
            ),
        ),
        pattern=Text(r"RuntimeClass \\?\"(?P<referred>[\w.-]+)\\?\" not found"),
        trivial=True,
        quoted=True,
        upstream="kubernetes plugin/pkg/admission/runtimeclass",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod template has no volume {volume}, which container {container} mounts",
        steps=(
            Step(
                "add volume {volume} to the pod template, or correct the name in the container's volumeMounts, in Git or in the chart's values. If a webhook adds the container, such as a sidecar, check the webhook's version and delete the pod",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"cannot find volume \"(?P<volume>[^\"]+)\" to mount into container \"(?P<container>[^\"]+)\""
        ),
        quoted=True,
        upstream=f"{KUBELET}/kubelet_pods.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the user {user} that the container runs as does not exist in the image",
        steps=(
            Step(
                "set runAsUser to a number in the securityContext of the pod template, or use an image that contains this user",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"unable to find (?:user|group) (?P<user>[\w.-]+): no matching entries in (?:passwd|group) file"
        ),
        quoted=True,
        upstream="moby/sys user",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the container's user is not allowed to enter the working directory {path}, or it does not exist",
        steps=(
            Step(
                "correct workingDir or runAsUser in the pod template, or mount a volume that this user can access at the working directory",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"chdir to cwd \(\\?\"(?P<path>[^\"\\]+)\\?\"\) set in config\.json failed"),
        certainty="one-of",
        quoted=True,
        upstream="opencontainers/runc libcontainer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the kubelet has not read the cluster's Services yet, so it cannot start the container",
        steps=(
            Step(
                "wait, because the kubelet retries automatically. If the pod still does not start, check the node's connection to the API server",
                read=(DESCRIBE, "kubectl get nodes"),
            ),
        ),
        pattern=Text(r"services have not yet been read at least once"),
        transient=True,
        upstream=f"{KUBELET}/kubelet_pods.go",
    ),
)

"""The problems of the pods of an unhealthy workload lead to the step that fixes it."""

import re

import pytest

from fluxstatus.knowledge import fitting_workload, workload_diagnosis
from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.topics import table
from tests.builders import HEALTHY, container, evidence, flux, found, only, pod

HEALTH = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
FIELDS = {"name": "web", "ns": "apps", "pod": "web-1-a", "container": "web"}
CRASHED = (
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit code 1), '
    "4 restarts, with the message "
)
PROBLEMS = {
    "pod web-1-a cannot pull the image ghcr.io/acme/web:2 (ImagePullBackOff)":
        ("ghcr.io/acme/web:2", "imagePullSecrets", "kubectl describe pod web-1-a -n apps"),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Failed to pull image "web:2": rpc '
    'error: code = NotFound desc = failed to pull and unpack image "docker.io/library/web:2": '
    'failed to resolve reference "docker.io/library/web:2": docker.io/library/web:2: not found':
        ("name or tag", "kubectl describe pod web-1-a -n apps"),
    "pod web-1-a cannot pull the image docker.io/bitnami/redis:7.2.5-debian-12-r4 "
    "(ErrImagePull): failed to resolve reference: docker.io/bitnami/redis:7.2.5-debian-12-r4: "
    "not found":
        ("bitnamilegacy",),
    "pod web-1-a cannot pull the image Web:2 (InvalidImageName)": ("uppercase letters",),
    "pod web-1-a cannot pull the image auto (ErrImagePull): pull access denied, repository does "
    "not exist or may require authorization":
        ("istiod", "get namespace apps --show-labels", "kubectl delete pod web-1-a -n apps"),
    "pod web-1-a cannot pull the image web:2 (ErrImageNeverPull)": ("imagePullPolicy",),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): 429 Too Many Requests - "
    "toomanyrequests: You have reached your pull rate limit":
        ("pull-through cache",),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): no match for platform in "
    "manifest: not found":
        ("kubernetes.io/arch",),
    "pod web-1-a cannot pull the image r.acme.com/web:2 (ErrImagePull): failed to authorize: "
    "failed to fetch anonymous token: unexpected status from GET request to "
    "https://r.acme.com/token: 401 Unauthorized":
        ("check that the image r.acme.com/web:2 exists", "imagePullSecrets"),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): pull access denied, repository "
    "does not exist or may require authorization: server message: insufficient_scope: "
    "authorization failed":
        ("exists", "imagePullSecrets"),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/2": tls: failed to verify certificate: x509: '
    'certificate signed by unknown authority':
        ("CA",),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/2": http: server gave HTTP response to HTTPS client':
        ("plain HTTP",),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/2": dial tcp: lookup r.acme.com on 10.0.0.2:53: no '
    'such host':
        ("node's DNS",),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/2": dial tcp 10.0.0.9:443: i/o timeout':
        ("firewall",),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): write /var/lib/containerd/x: no "
    "space left on device":
        ("disk",),
    'pod web-1-a has been running init container "wait-for-db" since 2026-11-23 18:51 UTC; its '
    'other containers start after that':
        ("init container", "kubectl logs web-1-a"),
    "pod web-1-a is not ready because of a readiness gate: corresponding condition of pod "
    'readiness gate "a.io/b" does not exist':
        ("load balancer",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "had volume node affinity conflict":
        ("zone",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "exceed max volume count":
        ("fewer volumes",),
    "pod web-1-a cannot be scheduled (SchedulingGated): Scheduling is blocked due to non-empty "
    "scheduling gates":
        ("schedulingGates",),
    "pod web-1-a cannot be scheduled (FailedScheduling): Pod not supported on Fargate: volumes not "
    "supported: data not supported because: PVC data-web-1 not bound":
        ("EFS", "kubectl get persistentvolumeclaims -n apps"),
    "pod web-1-a cannot be scheduled (FailedScheduling): Pod not supported on Fargate: fields not "
    "supported: HostNetwork, HostPort":
        ("EC2 nodes", "host ports", "kubectl describe pod web-1-a -n apps"),
    'pod web-1-a cannot start container "web" (CreateContainerError): invalid mount config for '
    'type "bind": invalid specification: destination can\'t be \'/\'':
        ("set mountPath to a directory", "subPath"),
    'pod web-1-a cannot start container "web" (RunContainerError): hcs::CreateComputeSystem web: '
    "The container operating system does not match the host operating system.":
        ("Windows version of the node", "node.kubernetes.io/windows-build"),
    "pod web-1-a cannot be scheduled (FailedScheduling): no nodes available to schedule pods":
        ("node group",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/1 nodes are available: 1 node(s) "
    "didn't have free ports for the requested pod ports":
        ("hostPort",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "didn't match pod topology spread constraints":
        ("topologySpreadConstraints",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "didn't match pod anti-affinity rules":
        ("preferredDuringScheduling",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "were unschedulable":
        ("uncordon",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/1 nodes are available: 1 node(s) "
    "had untolerated taint {node.kubernetes.io/disk-pressure: }":
        ("fix the nodes",),
    'Pod web-1-a: FailedAttachVolume: Multi-Attach error for volume "pvc-1" Volume is already '
    'exclusively attached to one node':
        ("Recreate",),
    'Pod web-1-a: FailedCreatePodSandBox: Failed to create pod sandbox: plugin type="calico" '
    'failed (add): odd':
        ("CNI",),
    "pod web-1-a container web is in CrashLoopBackOff after OOMKilled (exit code 137), 4 restarts":
        ("resources.limits.memory",),
    'pod web-1-a cannot start container web: CreateContainerConfigError secret "db" not found':
        ('secret "db"', "create"),
    "pod web-1-a cannot start container web: CreateContainerConfigError couldn't find key pw in "
    "Secret apps/db": ('key "pw"', 'Secret "db"'),
    "pod web-1-a cannot start container web: RunContainerError odd": ("pod template",),
    "pod web-1-a container web is in CrashLoopBackOff after Error (exit code 1), 4 restarts":
        ("--container=web --tail=50 --previous",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: pod has unbound "
    "immediate PersistentVolumeClaims": ("StorageClass",),
    'Pod web-1-a: FailedMount: MountVolume.SetUp failed for volume "x" : odd': ("volume",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 Insufficient "
    "cpu": ("resources.requests", "nodes"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) didn't "
    "match Pod's node affinity/selector": ("nodeSelector", "label a node"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/1 nodes are available: 1 node(s) had "
    "untolerated taint {a: b}": ("tolerations",),
    'pod web-1-a is not ready because container "web" is not passing its readiness probe':
        ("probe", "kubectl logs"),
    "pod web-1-a Evicted: The node was low on resource: memory": ("requests",),
    "Job migrate: BackoffLimitExceeded: Job has reached the specified backoff limit":
        ("delete the Job",),
    "Deployment web: DeploymentPaused: Deployment is paused":
        ("resume", "kubectl rollout resume deployment/web -n apps"),
    "Job migrate: JobSuspended: Job suspended":
        ("spec.suspend", "kubectl describe job web -n apps"),
    'Deployment web: ProgressDeadlineExceeded: ReplicaSet "web-1" has timed out progressing.':
        ("logs of the pods", "kubectl describe deployment web -n apps"),
    "pod web-1-a container web ended with Error (exit code 2)": ("kubectl logs web-1-a",),
    'ReplicaSet web-1: FailedCreate: Error creating: pods "web-1-" is forbidden: exceeded quota: '
    "compute, requested: pods=1, used: pods=5, limited: pods=5":
        ('ResourceQuota "compute"', "kubectl describe resourcequotas -n apps"),
    'FailedMount: MountVolume.SetUp failed for volume "vault" : rpc error: code = Unknown desc = '
    "failed to mount secrets store objects for pod apps/web-1-a, err: GET https://kv.vault.azure.net"
    "/secrets/db/: 403 Forbidden: the user does not have secrets get permission on key vault 'kv'":
        ("permission", "secretproviderclasses.secrets-store.csi.x-k8s.io -n apps"),
    'FailedMount: MountVolume.SetUp failed for volume "aws" : rpc error: code = Unknown desc = '
    "failed to mount secrets store objects for pod apps/web-1-a, err: rpc error: Failed to fetch "
    "secret from all regions: ResourceNotFoundException: Secrets Manager can't find the secret":
        ("create the secret in the key vault or secret manager",),
    'FailedMount: MountVolume.SetUp failed for volume "s" : kubernetes.io/csi: mounter.SetUpAt '
    "failed to get CSI client: driver name secrets-store.csi.k8s.io not found in the list of "
    "registered CSI drivers": ("install the CSI driver secrets-store.csi.k8s.io",),
    "FailedMount: Unable to attach or mount volumes: unmounted volumes=[data], unattached "
    "volumes=[], failed to process volumes=[]: timed out waiting for the condition":
        ("ReadWriteOnce", "strategy.type: Recreate", "kubectl get volumeattachments"),
    'ReplicaSet web-1: FailedCreate: Error creating: Pod "web-1-x" is invalid: spec.containers[0]'
    '.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 100m':
        ("raise the limit", "kubectl describe limitranges -n apps"),
    'ReplicaSet web-1: FailedCreate: Error creating: pods "web-1-" is forbidden: violates '
    'PodSecurity "restricted:latest": runAsNonRoot != true': ("securityContext",),
    'ReplicaSet web-1: FailedCreate: Error creating: pods "web-1-" is forbidden: error looking up '
    'service account apps/web: serviceaccount "web" not found': ('ServiceAccount "web"',),
    # Claims and volumes.
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: "
    'persistentvolumeclaim "data" not found.': ("add the claim", "existingClaim"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 Insufficient "
    "nvidia.com/gpu.": ("device plugin", "nvidia.com/gpu"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) did "
    "not have enough free storage.": ("smaller volume",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "didn't match PersistentVolume's node affinity.": ("zone", "PersistentVolume"),
    'pod web-1-a cannot be scheduled (FailedScheduling): running PreBind plugin "VolumeBinding": '
    "binding volumes: context deadline exceeded": ("storage driver",),
    'ProvisioningFailed: storageclass.storage.k8s.io "fast" not found':
        ("StorageClass fast", "kubectl get storageclasses"),
    'ProvisioningFailed: failed to provision volume with StorageClass "gp3": rpc error: code = '
    "Internal desc = UnauthorizedOperation: You are not authorized to perform this operation.":
        ("storage driver's identity",),
    'ProvisioningFailed: failed to provision volume with StorageClass "gp3": rpc error: code = '
    "ResourceExhausted desc = no room": ("quota",),
    'ProvisioningFailed: failed to provision volume with StorageClass "gp3": rpc error: code = '
    "InvalidArgument desc = odd": ("parameters of the StorageClass",),
    "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner "
    "'ebs.csi.aws.com' or manually by the system administrator.": ("kubectl get csidrivers",),
    "WaitForFirstConsumer: waiting for first consumer to be created before binding":
        ("the pod that should use the claim",),
    "FailedBinding: no persistent volumes available for this claim and no storage class is set":
        ("is-default-class",),
    'VolumeResizeFailed: resize volume "pvc-1" by resizer "x" failed: rpc error':
        ("supports expansion",),
    'FailedMount: MountVolume.SetUp failed for volume "x" : references non-existent secret key: '
    "tls.crt": ('key "tls.crt"', "items"),
    'FailedMount: MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32 Output: '
    "mount.nfs: access denied by server while mounting nas:/x": ("export",),
    'FailedMount: MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32 Output: '
    "mount.nfs: Connection timed out": ("2049",),
    'FailedMount: MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32 Output:'
    " bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> "
    "helper program.": ("nfs-common",),
    'FailedMount: MountVolume.SetUp failed for volume "cfg" : failed to sync configmap cache: '
    "timed out waiting for the condition": ("retries",),
    'FailedMount: MountVolume.SetUp failed for volume "host" : hostPath type check failed: /data '
    "is not a directory": ("DirectoryOrCreate",),
    # Containers that do not start or keep exiting.
    "Failed: Error: container has runAsNonRoot and image has non-numeric user (nobody), cannot "
    "verify user is non-root": ("runAsUser",),
    "pod web-1-a cannot start container web: RunContainerError failed to create shim task: runc "
    'create failed: exec: "foo": executable file not found in $PATH: unknown':
        ("command or args",),
    "pod web-1-a cannot start container web: StartError exec /app: exec format error":
        ("kubernetes.io/arch",),
    "pod web-1-a cannot start container web: StartError error mounting to rootfs: not a directory: "
    "Are you trying to mount a directory onto a file (or vice-versa)?: unknown": ("subPath",),
    "pod web-1-a cannot start container web: CreateContainerError failed to reserve container name":
        ("container runtime",),
    "Pod web-1-a: FailedPostStartHook: PostStartHookError: command exited with 1":
        ("lifecycle.postStart",),
    # Probes, evictions, nodes and images.
    'Unhealthy: Readiness probe failed: Get "http://10.0.0.1:8080/healthz": dial tcp '
    "10.0.0.1:8080: connect: connection refused": ("the probe's port",),
    "Unhealthy: Startup probe failed: HTTP probe failed with statuscode: 404":
        ("the probe's path",),
    'Unhealthy: Liveness probe failed: Get "http://10.0.0.1:8080/healthz": context deadline '
    "exceeded (Client.Timeout exceeded while awaiting headers)": ("timeoutSeconds",),
    "Evicted: Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.":
        ("sizeLimit",),
    "Evicted: The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi":
        ("disk space on the node",),
    "Preempted: Preempted by pod 1 on node n1": ("PriorityClass",),
    "TaintManagerEviction: Marking for deletion Pod apps/web-1-a": ("check that the node",),
    'FailedCreatePodSandBox: failed to get sandbox runtime: no runtime for "kata" is configured':
        ("runtimeClassName",),
    "FailedCreatePodSandBox: add cmd: failed to assign an IP address to container":
        ("larger subnet",),
    "FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (regcred); "
    "attempting to pull the image may not succeed.": ("imagePullSecrets", "kubectl get secrets"),
    "pod web-1-a cannot pull the image web:2 (SignatureValidationFailed): image signature "
    "verification failed": ("sign the image",),
    'pod web-1-a is in CrashLoopBackOff after container "db" terminated with Error, with the '
    'message "The data directory was initialized by PostgreSQL version 16, which is not"':
        ("PostgreSQL 16", "pg_upgrade"),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error, with the '
    'message "failed to create fsnotify watcher: too many open files"':
        ("fs.inotify.max_user_instances",),
    'pod web-1-a is in CrashLoopBackOff after container "db" terminated with Error, with the '
    'message "You must specify POSTGRES_PASSWORD to a non-empty value"': ("POSTGRES_PASSWORD",),
    # Programs that exit with a message.
    CRASHED + '"flag provided but not defined: -enable-leader-election"':
        ("chart version that belongs to the image",),
    CRASHED + '"initdb: error: directory "/var/lib/postgresql/data" exists but is not empty"':
        ("PGDATA", "subPath"),
    CRASHED + '"Downgrade is not supported: the schema is of version 9"':
        ("restore a backup",),
    CRASHED + '"open /etc/app/app.toml: is a directory"':
        ("subPath and mountPath",),
    CRASHED + '"listen tcp :80: bind: permission denied"':
        ("NET_BIND_SERVICE",),
    CRASHED + '"write /tmp/x: read-only file system"':
        ("emptyDir volume",),
    CRASHED + '"mkdir: cannot create directory \'/bitnami/data\': Permission denied"':
        ("fsGroup",),
    CRASHED + '"pods is forbidden: User "system:serviceaccount:apps:web" cannot list resource '
    '"pods" in API group""':
        ("rbac.create",),
    CRASHED + '"no matches for kind "Widget" in version "acme.io/v1""':
        ("CRDs that belong to this version",),
    CRASHED + '"FATAL: password authentication failed for user "app""':
        ("old password stays valid",),
    CRASHED + '"java.lang.OutOfMemoryError: Java heap space"':
        ("-Xmx",),
    CRASHED + '"dial tcp: lookup db.apps.svc: no such host"':
        ("spec.dependsOn",),
    CRASHED + '"open /etc/tls/tls.key: no such file or directory"':
        ("mount the file",),
    CRASHED + '"failed to load config: yaml: line 3: did not find expected key"':
        ("correct the configuration",),
    # Images, containers and volumes that a runtime or a storage driver refuses.
    "pod web-1-a cannot pull the image web:2 (ImageInspectError): Failed to inspect image: short "
    "name mode is enforcing, but image name web:2 returns ambiguous list": ("docker.io/library",),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): Pulling Schema 1 images have been "
    "deprecated": ("rebuild the image",),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): failed to extract layer sha256:1: "
    "archive/tar: invalid tar header": ("push the image again",),
    'pod web-1-a cannot start container "web" (CreateContainerError): apparmor profile not loaded '
    "on node": ("appArmorProfile", "localhostProfile"),
    'pod web-1-a cannot start container "web" (CreateContainerError): failed to generate seccomp '
    "spec opts: invalid seccomp profile": ("seccompProfile", "localhostProfile"),
    'pod web-1-a cannot start container "web" (CreateContainerError): cannot load seccomp profile '
    '"/var/lib/kubelet/seccomp/web.json": open /var/lib/kubelet/seccomp/web.json: no such file or '
    "directory": ("copy the profile to /var/lib/kubelet/seccomp/web.json", "localhostProfile"),
    'pod web-1-a cannot start container "web" (CreateContainerError): set memory limit 4194304 too '
    "low; should be at least 12582912 bytes": ("resources.limits.memory",),
    "pod web-1-a has status SysctlForbidden: forbidden sysctl: net.core.somaxconn not allowlisted":
        ("allowedUnsafeSysctls",),
    'FailedCreate: Error creating: pods "web-1-" is forbidden: pod rejected: RuntimeClass "gvisor" '
    "not found": ("existing RuntimeClass", "kubectl get runtimeclasses"),
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1": volume pvc-1 cannot be '
    "scheduled due to insufficient storage": ("numberOfReplicas",),
    'ProvisioningFailed: failed to provision volume with StorageClass "disk": rpc error: code = '
    "InvalidArgument desc = mountVolume is not supported for access mode: MULTI_NODE_MULTI_WRITER":
        ("accessModes", "ReadWriteMany"),
    'pod web-init-a does not end: container "init" completed, but "istio-proxy" keeps running':
        ("sidecar.istio.io/inject", "native sidecars"),
    # Nodes and networks.
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/2 nodes are available: 2 Too many pods.":
        ("maxPods",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/2 nodes are available: 2 node(s) had "
    "untolerated taint {node.cilium.io/agent-not-ready: }":
        ("check the DaemonSet", "do not add a toleration"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/2 nodes are available: 2 node(s) had "
    "untolerated taint {node.cloudprovider.kubernetes.io/uninitialized: true}":
        ("cloud controller manager",),
    'FailedCreatePodSandBox: Failed to create pod sandbox: plugin type="multus" failed (add): '
    "Multus: error loading k8s delegates: cannot find a network-attachment-definition (iot) in "
    "namespace (apps)": ('NetworkAttachmentDefinition "iot"',),
    'FailedCreatePodSandBox: Failed to create pod sandbox: plugin type="flannel" failed (add): '
    "loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory":
        ("network plugin's DaemonSet",),
    # Volumes.
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/2 nodes are available: "
    'persistentvolumeclaim "data" is being deleted.': ("what deleted the claim", "Retain"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/2 nodes are available: "
    'persistentvolumeclaim "data" bound to non-existent persistentvolume "pvc-1".':
        ("restore the volume",),
    'ProvisioningFailed: failed to provision volume with StorageClass "ceph-block": rpc error: '
    "code = Aborted desc = an operation with the given Volume ID pvc-1 already exists":
        ("restart the provisioner",),
    'ProvisioningFailed: failed to provision volume with StorageClass "azuredisk": rpc error: code '
    "= InvalidArgument desc = Volume capability not supported": ("ReadWriteMany",),
    'ProvisioningFailed: failed to provision volume with StorageClass "ceph-block": error getting '
    'secret rook-csi-rbd-provisioner in namespace rook-ceph: secrets "rook-csi-rbd-provisioner" '
    "not found": ("provisioner-secret-name",),
    'FailedMount: MountVolume.SetUp failed for volume "s" : rpc error: code = Unknown desc = '
    "failed to mount secrets store objects for pod apps/web-1-a, err: error connecting to provider "
    '"azure": provider not found: provider "azure"': ("install the provider azure",),
    'FailedMount: MountVolume.SetUp failed for volume "s" : rpc error: code = Unknown desc = '
    "failed to get secretproviderclass apps/db-secrets, error: SecretProviderClass.secrets-"
    'store.csi.x-k8s.io "db-secrets" not found': ('create SecretProviderClass "db-secrets"',),
    'FailedMount: MountVolume.MountDevice failed for volume "smb" : rpc error: mount failed: exit '
    "status 32: mount error(13): Permission denied": ("username, password and domain",),
    'FailedMount: MountVolume.MountDevice failed for volume "smb" : rpc error: mount failed: exit '
    "status 32: mount error(113): could not connect to 10.0.0.9": ("port 445",),
    'FailedMount: MountVolume.SetUp failed for volume "pvc-1" : applyFSGroup failed for vol pvc-1: '
    "lchown /var/lib/kubelet/x: operation not permitted": ("fsGroupChangePolicy",),
    'FailedMount: MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = Internal '
    "desc = format of disk failed: /dev/longhorn/pvc-1 is apparently in use by the system":
        ("multipath",),
    'FailedMount: MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = Internal '
    "desc = 'fsck' found errors on device /dev/rbd0 but could not correct them": ("fsck",),
    # Containers that cannot be created.
    "pod web-1-a cannot start container web: RunContainerError failed to create containerd task: "
    'runc create failed: exec: "/app": permission denied: unknown': ("chmod +x", "defaultMode"),
    "pod web-1-a cannot start container web: CreateContainerError failed to generate container "
    'spec: failed to mkdir "/mnt/data": mkdir /mnt/data: read-only file system': ("emptyDir",),
    "pod web-1-a cannot start container web: CreateContainerError failed to generate container "
    'spec: path "/sys/fs/bpf" is mounted on "/sys/fs/bpf" but it is not a shared mount':
        ("make-rshared",),
    "pod web-1-a cannot start container web: CreateContainerConfigError failed to prepare subPath "
    'for volumeMount "data" of container "web"': ("correct subPath",),
    "pod web-1-a has status UnexpectedAdmissionError: Pod was rejected: Allocate failed due to "
    "requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0":
        ("device plugin",),
    # Admission.
    'FailedCreate: Error creating: pods "web-1-" is forbidden: unable to validate against any '
    'security context constraint: [provider "anyuid": Forbidden: not usable by user]':
        ("runAsUser", "oc adm policy"),
    'FailedCreate: Error creating: pods "web-1-" is forbidden: insufficient quota to match these '
    "scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}]":
        ("scopeSelector",),
    # Images and sandboxes.
    'pod web-1-a is not ready (phase Pending); FailedCreatePodSandBox: Failed to create pod '
    'sandbox: rpc error: code = Unknown desc = failed to get sandbox image '
    '"registry.k8s.io/pause:3.9": failed to pull image "registry.k8s.io/pause:3.9": dial '
    'tcp: i/o timeout':
        ("sandbox_image",),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): pull QPS exceeded":
        ("registryPullQPS",),
    "pod web-1-a cannot pull the image 1.dkr.ecr.eu-west-1.amazonaws.com/web:2 "
    "(ErrImagePull): rpc error: code = Unknown desc = denied: Your authorization token has "
    "expired. Reauthenticate and try again.":
        ("12 hours",),
    'pod web-1-a is not ready (phase Pending); FailedCreatePodSandBox: Failed to create pod '
    'sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "1": '
    'plugin type="bridge" failed (add): failed to set bridge addr: "cni0" already has an IP '
    'address different from 10.244.1.1/24':
        ("ip link delete cni0",),
    'pod web-1-a is not ready (phase Pending); FailedCreatePodSandBox: Failed to create pod '
    'sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "1": '
    'plugin type="calico" failed (add): error getting ClusterInformation: connection is '
    'unauthorized: Unauthorized':
        ("token may have expired",),
    "pod web-1-a is not ready (phase Pending); FailedCreatePodSandBox: Failed to create pod "
    "sandbox: open /run/systemd/resolve/resolv.conf: no such file or directory":
        ("container runtime and its network plugin",),
    # Mounts.
    'FailedMount: MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = '
    'Internal desc = mount failed: exit status 32 Output: mount: wrong fs type, bad option, '
    'bad superblock on /dev/nvme1n1, missing codepage or helper program, or other error.':
        ("dmesg", "fsType"),
    'FailedMount: MountVolume.SetUp failed for volume "data" : mount failed: exit status 32 '
    'Output: mount.nfs: rpc.statd is not running but is required for remote locking.':
        ("rpc-statd", "nolock"),
    'FailedMount: MountVolume.SetUp failed for volume "data" : mount failed: exit status 32 '
    'Output: mount.nfs: requested NFS version or transport protocol is not supported':
        ("nfsvers",),
    'FailedMount: MountVolume.SetUp failed for volume "data" : mount failed: exit status 32 '
    'Output: mount.nfs: Operation not permitted':
        ("insecure",),
    'FailedMount: MountVolume.SetUp failed for volume "data" : stat '
    '/var/lib/kubelet/pods/1/volumes/x: transport endpoint is not connected':
        ("stale mount",),
    'FailedMount: MountVolume.SetUp failed for volume "data" : rpc error: code = Internal '
    'desc = Could not mount "fs-1:/": Output: Failed to resolve '
    '"fs-1.efs.eu-west-1.amazonaws.com" - check that your file system ID is correct':
        ("mount target",),
    'FailedMount: MountVolume.NewMounter initialization failed for volume "local-pv-1" : '
    'path "/mnt/disks/ssd1" does not exist':
        ("nodeAffinity",),
    'FailedMount: MountVolume.SetUp failed for volume "cache" : mkdir /data/cache: read-only '
    'file system':
        ("below a writable directory",),
    'FailedMount: MountVolume.SetUp failed for volume "kube-api-access-x" : object '
    '"apps"/"kube-root-ca.crt" not registered':
        ("retries automatically",),
    'FailedMount: MountVolume.SetUp failed for volume "kube-api-access-x" : failed to fetch '
    'token: serviceaccounts "web" not found':
        ('ServiceAccount "web"', "serviceAccount.create"),
    'FailedMount: MountVolume.SetUp failed for volume "kube-api-access-x" : failed to fetch '
    'token: serviceaccounts "web" is forbidden: no relationship found between node and this '
    'object':
        ("authorization mode",),
    'FailedMount: MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = '
    'Internal desc = rbd: map failed with error an error (exit status 110) occurred while '
    'running rbd args':
        ("Ceph monitors",),
    'FailedMount: MountVolume.WaitForAttach failed for volume "pvc-1" : failed to get any '
    'path for iscsi disk: iscsiadm: Could not login to [iface: default, target: iqn.x, '
    'portal: 10.0.0.9,3260]':
        ("CHAP",),
    'FailedMount: MountVolume.WaitForAttach failed for volume "pvc-1" : fail to check rbd image '
    'status with: (exec: "rbd": executable file not found in $PATH), rbd output: ()':
        ("install the program on the nodes",),
    'FailedMount: MountVolume.WaitForAttach failed for volume "pv-1" : executable file not found '
    "in $PATH": ("where the kubelet runs", "kubectl get persistentvolume pv-1"),
    # Attached and provisioned volumes.
    'pod web-2-b is not ready (phase Pending); FailedAttachVolume: Multi-Attach error for volume '
    '"pvc-1" Volume is already used by pod(s) web-1-a; pod web-1-a of the other ReplicaSet web-1 '
    "of Deployment web is ready":
        ("strategy.type: Recreate", "kubectl scale replicaset web-1 -n apps --replicas=0"),
    'pod web-2-b is not ready (phase Pending); FailedAttachVolume: Multi-Attach error for volume '
    '"pvc-1" Volume is already used by pod(s) db-0; pod db-0 is ready': ("ReadWriteMany",),
    'FailedMount: MountVolume.SetUp failed for volume "x" : rpc error: code = Unavailable '
    'desc = connection error: desc = "transport: Error while dialing: dial unix '
    '/var/lib/kubelet/plugins/csi-nfsplugin/csi.sock: connect: connection refused"':
        ("DaemonSet of the CSI driver",),
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1" : CSINode worker-1 '
    'does not contain driver ebs.csi.aws.com':
        ("DaemonSet of CSI driver ebs.csi.aws.com",),
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = '
    'Internal desc = Could not attach volume "vol-1" to node "i-1": api error '
    'UnauthorizedOperation: You are not authorized to perform this operation.':
        ("storage driver's identity",),
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = '
    'Internal desc = Could not attach volume "vol-1" to node "i-1": api error '
    'InvalidVolume.ZoneMismatch: The volume is not in the same availability zone as the '
    'instance':
        ("WaitForFirstConsumer",),
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = '
    'Internal desc = Could not attach volume "vol-1" to node "i-1": api error '
    'AttachmentLimitExceeded: too many attachments':
        ("larger nodes",),
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = '
    'NotFound desc = Volume "vol-1" does not exist':
        ("still exists",),
    'FailedMount: MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = '
    'Internal desc = rbd image replicapool/csi-vol-1 is still being used':
        ("old pod is deleted",),
    'FailedMount: MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = '
    'Aborted desc = an operation with the given Volume ID 0001-x already exists':
        ("earlier request",),
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = '
    'DeadlineExceeded desc = context deadline exceeded':
        ("driver's controller",),
    'FailedMount: MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = '
    'InvalidArgument desc = volume pvc-1 hasn\'t been attached yet':
        ("robustness",),
    'VolumeMismatch: Cannot bind to requested volume "pv-1": storageClassName does not match':
        ("accessModes", "default StorageClass"),
    "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!":
        ("backup",),
    'FailedBinding: volume "pv-1" already bound to a different claim.':
        ("claimRef",),
    "ProvisioningFailed: no volume plugin matched name: kubernetes.io/glusterfs":
        ("CSI driver that replaces",),
    'ProvisioningFailed: failed to provision volume with StorageClass "gp3": error '
    'generating accessibility requirements: no topology key found on CSINode worker-1':
        ("kubectl get csinodes",),
    'ProvisioningFailed: failed to provision volume with StorageClass "ceph-block": rpc '
    'error: code = InvalidArgument desc = failed to fetch monitor list using clusterID '
    '(rook-ceph): missing configuration for cluster ID "rook-ceph"':
        ("clusterID",),
    'ProvisioningFailed: failed to provision volume with StorageClass "gp3": error getting '
    'handle for DataSource Type VolumeSnapshot by Name daily: error getting snapshot daily '
    'from api server: volumesnapshots.snapshot.storage.k8s.io "daily" not found':
        ("readyToUse",),
    'ProvisioningFailed: failed to provision volume with StorageClass "gp3": rpc error: code '
    '= DeadlineExceeded desc = context deadline exceeded':
        ("cloud's API",),
    # Containers that cannot be created.
    'pod web-1-a cannot start container "web" (CreateContainerConfigError): container\'s '
    'runAsUser breaks non-root policy (pod: "web-1-a_apps(1)", container: web)':
        ("runAsNonRoot: false",),
    'pod web-1-a cannot start container "web" (CreateContainerConfigError): cannot find '
    'volume "config" to mount into container "web"':
        ("volumeMounts",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with StartError '
    '(exit code 128), 5 restarts, with the message "failed to create shim task: OCI runtime '
    'create failed: unable to find user app: no matching entries in passwd file: unknown"':
        ("runAsUser to a number",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with StartError '
    '(exit code 128), 5 restarts, with the message "OCI runtime create failed: chdir to cwd '
    '("/app") set in config.json failed: permission denied: unknown"':
        ("workingDir",),
    'pod web-1-a cannot start container "web" (CreateContainerConfigError): services have '
    'not yet been read at least once, cannot construct envvars':
        ("connection to the API server",),
    'pod web-1-a cannot start container "web" (CreateContainerError): error gathering device '
    'information while adding custom device "/dev/kvm": no such file or directory':
        ("nodeSelector",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with StartError '
    '(exit code 128), 5 restarts, with the message "OCI runtime create failed: error running '
    'hook #0: nvidia-container-cli: initialization error: nvml error: driver not loaded: '
    'unknown"':
        ("NVIDIA driver",),
    'pod web-1-a cannot start container "web" (CreateContainerError): failed to create '
    'containerd container: mkdir /var/lib/containerd/x: no space left on device':
        ("inodes",),
    'pod web-1-a cannot start container "web" (CreateContainerError): OCI runtime create '
    'failed: unable to apply cgroup configuration: mkdir /sys/fs/cgroup/memory/kubepods/1: '
    'cannot allocate memory: unknown':
        ("cgroup driver",),
    'pod web-1-a cannot start container "web" (CreateContainerError): relabel failed '
    '/var/lib/kubelet/pods/1/volumes/kubernetes.io~nfs/data: lsetxattr /x: operation not '
    'supported':
        ("seLinuxOptions",),
    'pod web-1-a cannot start container "web" (CreateContainerError): failed to generate '
    'spec: failed to stat "/dev/kvm": stat /dev/kvm: no such file or directory':
        ("DirectoryOrCreate",),
    # Exit codes.
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 137), 4 restarts; Unhealthy: Liveness probe failed: HTTP probe failed with '
    'statuscode: 503':
        ("startupProbe", "timeoutSeconds"),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 1), 4 restarts; Unhealthy: Startup probe failed: HTTP probe failed with '
    'statuscode: 503':
        ("if the program reports an error",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Completed '
    '(exit code 0), 12 restarts':
        ("foreground", "Job"),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with '
    'ContainerStatusUnknown (exit code 137), 4 restarts, with the message "The container '
    'could not be located when the pod was terminated"':
        ("pod's node",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 137), 4 restarts':
        ("startupProbe", "memory of the node"),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 143), 4 restarts':
        ("SIGTERM",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 139), 4 restarts':
        ("segmentation fault",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 134), 4 restarts':
        ("assertion",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 132), 4 restarts':
        ("AVX",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 135), 4 restarts':
        ("/dev/shm",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 127), 4 restarts':
        ("command and args",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with '
    'ContainerCannotRun (exit code 128), 4 restarts':
        ("error of the container runtime",),
    'pod web-1-a is in CrashLoopBackOff after container "web" terminated with Error (exit '
    'code 2), 4 restarts':
        ("--previous", "args"),
    # Scheduling.
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 1 node(s) "
    "didn't find available persistent volumes to bind, 2 node(s) didn't match Pod's node "
    "affinity/selector.":
        ("create a PersistentVolume",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 1 node has "
    "pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode.":
        ("strategy.type: Recreate",),
    'pod web-1-a cannot be scheduled (FailedScheduling): Failed to schedule pod, '
    'incompatible with nodepool "default", daemonset overhead={"cpu":"200m"}, no instance '
    'type satisfied resources {"cpu":"64"} and requirements kubernetes.io/arch In [amd64]':
        ("NodePools",),
    'pod web-1-a cannot be scheduled (FailedScheduling): running PreFilter plugin '
    '"DynamicResources": waiting for resource claim to be created':
        ("DeviceClass",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "didn't match the requested node name":
        ("remove spec.nodeName",),
    "pod web-1-a has status OutOfcpu: Pod was rejected: Node didn't have enough resource: "
    "cpu, requested: 1000, used: 3800, capacity: 4000":
        ("free resources of the node",),
    "pod web-1-a has status Terminated: Pod was terminated in response to imminent node "
    "shutdown.":
        ("another node",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "didn't match pod topology spread constraints (missing required label).":
        ("topologyKey",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/5 nodes are available: 1 node(s) "
    "had untolerated taint {dedicated: db}, 4 node(s) didn't match Pod's node "
    "affinity/selector.":
        ("toleration", "label a node"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "unavailable due to one or more pvc(s) bound to non-existent pv(s)":
        ("status Lost",),
    # Probes, Jobs and deletion.
    'Unhealthy: Readiness probe failed: Get "https://10.0.0.1:8080/healthz": http: server '
    'gave HTTP response to HTTPS client':
        ("scheme",),
    'Unhealthy: Readiness probe failed: Get "https://10.0.0.1:8443/healthz": remote error: '
    'tls: bad certificate':
        ("client certificate",),
    'Unhealthy: Readiness probe failed: service unhealthy (responded with "NOT_SERVING")':
        ("grpc.service",),
    'Unhealthy: Readiness probe errored and resulted in unknown state: rpc error: code = '
    'Unknown desc = failed to exec in container: OCI runtime exec failed: exec: '
    '"grpc_health_probe": executable file not found in $PATH: unknown':
        ("httpGet",),
    'Unhealthy: Readiness probe failed: Get "http://10.0.0.1:8080/healthz": dial tcp '
    '10.0.0.1:8080: connect: no route to host':
        ("NetworkPolicies",),
    "Job web: PodFailurePolicy: Container main for pod apps/web-x failed with exit code 42 "
    "matching FailJob rule at index 0":
        ("delete the Job",),
    "pod web-1-a is being deleted, but has not terminated since 2026-11-23 18:51 UTC":
        ("finalizers", "StatefulSet"),
    # What programs write last.
    CRASHED + '"exec /entrypoint.sh: no such file or directory"':
        ("CRLF",),
    CRASHED + '"[FATAL tini (7)] exec /usr/local/bin/start.sh failed: Permission denied"':
        ("defaultMode",),
    CRASHED + '"exec: "git": executable file not found in $PATH"':
        ("another variant of the tag",),
    CRASHED + '"ModuleNotFoundError: No module named \'psycopg2\'"':
        ("hides its files",),
    CRASHED + '"Error: unknown command "controller" for "app""':
        ("chart version that belongs to the image",),
    CRASHED + '"Illegal instruction (core dumped)"':
        ("newer CPU",),
    CRASHED + '"Failed to initialize NVML: Driver/library version mismatch"':
        ("CUDA version",),
    CRASHED + '"sysctl: error setting key vm.max_map_count: Read-only file system"':
        ("privileged",),
    CRASHED + '"iptables v1.8.9 (legacy): can\'t initialize iptables table `nat\': Permission '
              'denied"':
        ("NET_ADMIN",),
    CRASHED + '"Error: Error while opening serialport: No such file or directory, cannot open '
              '/dev/ttyUSB0: No such file or directory"':
        ("hostPath", "device plugin"),
    CRASHED + '"failed to introspect vpcID from EC2Metadata: unable to fetch it, context deadline"':
        ("hop limit",),
    CRASHED + '"Failed environment check, please make sure you have iscsiadm/open-iscsi installed '
              'on the host"':
        ("iscsi-tools",),
    CRASHED + '"s6-overlay-suexec: fatal: can only run as pid 1"':
        ("shareProcessNamespace",),
    CRASHED + '"panic: runtime error: invalid memory address or nil pointer '
              'dereference\n\ngoroutine 1 [running]:"':
        ("another version of the image",),
    CRASHED + '"listen tcp :8080: bind: address already in use"':
        ("hostNetwork",),
    CRASHED + '"write /data/x: no space left on device"':
        ("expand the volume",),
    CRASHED + '"chown: changing ownership of \'/data\': Operation not permitted"':
        ("CHOWN", "root_squash"),
    CRASHED + '"runtime/cgo: pthread_create failed: Resource temporarily unavailable"':
        ("podPidsLimit",),
    CRASHED + '"runtime/cgo: pthread_create failed: Operation not permitted"':
        ("libseccomp", "kubectl get nodes -o wide"),
    CRASHED + '"FATAL: sorry, too many clients already"': ("PgBouncer",),
    CRASHED + '"FATAL: no pg_hba.conf entry for host "10.0.0.4", user "app", no encryption"':
        ("sslmode=require",),
    CRASHED + '"FATAL: data directory "/var/lib/postgresql/data" has wrong ownership"':
        ("runAsUser", "all_squash"),
    CRASHED + '"READONLY You can\'t write against a read only replica."': ("NAME-rw",),
    CRASHED + '"FATAL: the database system is starting up"': ("log of the database",),
    CRASHED + '"InconsistentClusterIdException: The Cluster ID a doesn\'t match stored clusterId '
              'Some(b)"':
        ("joins the right cluster",),
    CRASHED + '"FATAL: data directory "/var/lib/postgresql/data" has invalid permissions"':
        ("chmod 0700", "OnRootMismatch"),
    CRASHED + '"Error: Mismatching encryption keys. The encryption key in the settings file '
              '/home/node/.n8n/config does not match the N8N_ENCRYPTION_KEY env var."':
        ("restore the previous encryption key",),
    CRASHED + '"failed to decrypt token: cipher: message authentication failed"':
        ("previous encryption key", "passphrase"),
    CRASHED + '"googleapi: Error 403: Kubernetes Engine API has not been used in project 889 '
              'before or it is disabled. Enable it"':
        ("gcloud services enable",),
    CRASHED + '"FlywayValidateException: Validate failed: Migrations have failed validation\n'
              'Detected failed migration to version 2 (Insert sample data)."':
        ("flyway repair", "left in the schema"),
    CRASHED + '"java.lang.RuntimeException: Invalid cluster.id in: /data/meta.properties. '
              'Expected a, but read b"':
        ("joins the right cluster",),
    CRASHED + '"/bin/sh: ./run.sh: /bin/bash^M: bad interpreter: No such file or directory"':
        ("eol=lf",),
    CRASHED + '"FATAL: too many connections for role "app""': ("the role",),
    CRASHED + '"Fatal: repository does not exist: unable to open config file: stat /b/config: no '
              'such file or directory"':
        ("restic init",),
    "pod web-1-a cannot start container web (CreateContainerError): setup seccomp: unable to load "
    'local profile "/var/lib/kubelet/seccomp/a.json": open /var/lib/kubelet/seccomp/a.json: no '
    "such file or directory":
        ("localhostProfile is relative",),
    CRASHED + '"sqlite3.OperationalError: attempt to write a readonly database"':
        ("fsGroup", "its directory"),
    CRASHED + '"Fatal: unable to open config file: Stat: The specified key does not exist."':
        ("restic init",),
    CRASHED + '"AccessDenied: User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: '
              's3:ListBucket on resource"':
        ("trust policy", "kubectl get serviceaccounts -n apps -o yaml"),
    CRASHED + '"SignatureDoesNotMatch: The request signature we calculated does not match"':
        ("access key and the secret key",),
    CRASHED + '"NoSuchBucket: The specified bucket does not exist"': ("create the bucket",),
    CRASHED + '"plugin/loop: Loop (127.0.0.1:48000 -> :53) detected for zone ".""':
        ("/run/systemd/resolve/resolv.conf",),
    CRASHED + '"java.lang.UnsupportedClassVersionError: App has been compiled by a more recent '
              'version"':
        ("65 is Java 21",),
    CRASHED + '"Could not resolve placeholder \'db.url\' in value"': ("environment variable",),
    CRASHED + '"/bin/sh: curl: not found"': ("contains the command",),
    CRASHED + '"/usr/bin/env: \'bash\\r\': No such file or directory"': ("eol=lf",),
    CRASHED + '"modprobe: FATAL: Module ip_tables not found in directory /lib/modules/6.1"':
        ("machine.kernel.modules",),
    CRASHED + '"unable to create lock in backend: repository is already locked by PID 12 on w"':
        ("restic unlock", "spec.restic.unlock"),
    CRASHED + '"ERROR: Validate failed: Migrations have failed validation\nMigration checksum '
              'mismatch for migration version 3"':
        ("flyway repair",),
    CRASHED + '"/bin/sh: /entrypoint.sh: Permission denied"': ("defaultMode",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 1 node(s) had "
    "untolerated taint {node.kubernetes.io/unreachable: }, 2 node(s) had volume node affinity "
    "conflict. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.":
        ("repair or uncordon its node", "Do not delete the claim"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 1 Insufficient "
    "cpu, 2 node(s) had volume node affinity conflict.":
        ("zone of the PersistentVolume", "kubectl describe persistentvolumes"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 1 node(s) were "
    "unschedulable, 2 Insufficient memory. preemption: 0/3 nodes are available: 1 Preemption is "
    "not helpful for scheduling, 2 No preemption victims found for incoming pod.":
        ("uncordon or repair them", "lower resources.requests"),
    'Pod web-1-a: FailedMount: MountVolume.SetUp failed for volume "nfs" : mount failed: exit '
    "status 32\nOutput: mount.nfs: mounting 10.0.0.5:/x failed, reason given by server: No such "
    "file or directory":
        ("create and export it",),
    CRASHED + '"max virtual memory areas vm.max_map_count [65530] is too low, increase to at '
              'least [262144]"':
        ("sysctl",),
    CRASHED + '"Error initializing core: Failed to lock memory: cannot allocate memory"':
        ("IPC_LOCK",),
    CRASHED + '"open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or '
              'directory"':
        ("automountServiceAccountToken",),
    CRASHED + '"Get "https://idp.acme.io/": tls: failed to verify certificate: x509: '
              'certificate signed by unknown authority"':
        ("Mount the CA",),
    CRASHED + '"leader election lost"':
        ("CPU limit",),
    CRASHED + '"sqlite3.OperationalError: database is locked"':
        ("replicas: 1",),
    CRASHED + '"database disk image is malformed"':
        ("VolumeSnapshot",),
    CRASHED + '"It is required to upgrade to the latest 16.3.x version first before '
              'proceeding."':
        ("one after the other",),
    CRASHED + '"Waiting for changelog lock...."':
        ("DATABASECHANGELOGLOCK",),
    CRASHED + '"pq: permission denied for schema public"':
        ("grant the privilege",),
    CRASHED + '"failed to wait for certificate caches to sync: timed out waiting for cache '
              'to be synced"':
        ("CRDs that the controller watches",),
    CRASHED + '"FATAL: database "app" does not exist"':
        ("migrations",),
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1" : volume attachment is '
    "being deleted":
        ("VolumeAttachment", "csi-attacher", "kubectl describe volumeattachments"),
}  # fmt: skip
"""Problems of a workload, and the words that the next step must contain."""


def lines(problem: str) -> str:
    """Return the hints for *problem* as one text."""
    known = workload_diagnosis(problem, FIELDS)
    return "\n".join(
        "\n".join([hint.text, *(" ".join(command.argv) for command in hint.commands)])
        for hint in (known.hints if known else ())
    )


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_pod_problem_has_a_next_step(problem: str) -> None:
    """The step names the field to change, and its commands use the namespace of the pods."""
    result = lines(problem)
    assert [word for word in PROBLEMS[problem] if word not in result] == []
    assert "…" not in result


def winner(problem: str) -> Rule | None:
    """Return the rule that explains *problem*."""
    return next((rule for rule, _ in fitting_workload(problem)), None)


def test_every_rule_has_an_example() -> None:
    """Each rule about pods is the first match of an example."""
    firsts = {rule.pattern.pattern for problem in PROBLEMS if (rule := winner(problem))}
    assert {rule.pattern.pattern for rule in table("pods")} - firsts == set()


WRITTEN = (
    "cannot be scheduled: 0/3 nodes are available: 3 Insufficient cpu",
    "didn't match Pod's node affinity/selector",
    "FailedMount: MountVolume.SetUp failed for volume x : odd",
    "mv: cannot move '/a' to '/etc/resolv.conf': Device or resource busy",
    "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
    'Failed to pull image "web:2": not found',
    'panic: secret "web" not found',
    "Evicted: The node was low on resource: memory",
    "cni plugin not initialized",
    "Readiness probe failed: connection refused",
    "failed to mount secrets store objects: 403 Forbidden",
    'storageclass "fast" not found',
    "container has runAsNonRoot and image will run as root",
    "Multi-Attach error for volume",
    "failed to reserve container name",
)


@pytest.mark.parametrize("words", WRITTEN)
def test_what_a_program_writes_is_no_error_of_kubernetes(words: str) -> None:
    """A program may quote any error: that it exits is known, and its log shows the rest."""
    for ending in ("", "\nfatal: out of luck"):
        rule = winner(f'{CRASHED}"{words}{ending}"')
        assert rule is not None
        assert rule.why == "the container keeps exiting"


MISLEADING = {
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = '
    'DeadlineExceeded desc = context deadline exceeded':
        "container runtime",
    'ProvisioningFailed: failed to provision volume with StorageClass "gp3": rpc error: code '
    '= DeadlineExceeded desc = context deadline exceeded':
        "container runtime",
    'FailedMount: MountVolume.MountDevice failed for volume "pvc-1" : mount: wrong fs type, '
    'bad option, bad superblock on /dev/sda, missing codepage or helper program, or other '
    'error.':
        "does not have the program",
    'pod web-1-a cannot start container web (CreateContainerError): get apparmor_parser '
    'version: exec: "apparmor_parser": executable file not found in $PATH':
        "container's command",
    'Unhealthy: Readiness probe errored: exec: "curl": executable file not found in $PATH':
        "container's command",
    CRASHED + '"exec: "git": executable file not found in $PATH"':
        "container's command",
    "FailedCreatePodSandBox: Failed to create pod sandbox: open "
    "/run/systemd/resolve/resolv.conf: no such file or directory":
        "network cannot",
    'pod web-1-a cannot pull the image web:1.404.0 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/1.404.0": dial tcp 10.0.0.9:443: i/o timeout':
        "does not exist",
    'pod web-1-a cannot pull the image web:1.403.0 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/1.403.0": dial tcp 10.0.0.9:443: i/o timeout':
        "denies access",
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): httpReadSeeker: failed open: "
    "content at https://r.acme.com/v2/web/blobs/sha256:1 not found: not found":
        "does not exist in",
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): failed to extract layer "
    "sha256:1: failed to unmount target /x: device or resource busy":
        "damaged",
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/5 nodes are available: 1 node(s) "
    "had untolerated taint {dedicated: db}, 4 node(s) didn't match Pod's node "
    "affinity/selector.":
        "or affinity$",
    CRASHED + '"chown: changing ownership of /data: Operation not permitted"':
        "fsGroup in the",
    CRASHED + '"Failed to lock memory: cannot allocate memory"':
        "ran out of memory",
    CRASHED + '"pq: permission denied for schema public"':
        "access a file",
    CRASHED + '"listen tcp :8080: bind: permission denied"':
        "below 1024",
    CRASHED + '"warning: the environment variable OLD_NAME is deprecated"':
        "requires",
    CRASHED + '"failed to open config.yaml: permission denied"':
        "accept its configuration",
    'Pod web-1-a: FailedPostStartHook: Exec lifecycle hook ([sh -c x]) for Container "web" in Pod '
    "\"web-1-a\" failed - error: command 'sh -c x' exited with 1: , message: \"mount.nfs: access "
    'denied by server while mounting nas:/x"':
        "NFS",
    CRASHED + '"configmaps "x" is forbidden: User "system:serviceaccount:apps:web" cannot get '
              'resource "configmaps" in API group """':
        "accept its configuration",
    CRASHED + '"Fatal: unable to open config file: Stat: The specified key does not exist."':
        "accept its configuration",
    CRASHED + '"level=warning msg="dial tcp 10.0.0.1:5432: connect: connection refused"\n'
              'level=fatal msg="invalid listen address""':
        "another service",
    CRASHED + '"open /etc/a.yaml: no such file or directory, using defaults\nError: required '
              'flag(s) "token" not set"':
        "does not find a file",
    CRASHED + '"10.1.1.1 - - "GET /healthz HTTP/1.1" 403 permission denied\nreceived SIGTERM"':
        "access a file",
    'Pod web-1-a: FailedAttachVolume: AttachVolume.Attach failed for volume "pvc-1" : rpc error: '
    "code = Internal desc = volume pvc-1 failed to attach to node n1 with attachmentID csi-1: the "
    "volume is currently attached to different node n2":
        "not ready",
    CRASHED + '"smtp: 421 Too many connections from your host"': "database",
    CRASHED + '"ldap: Too many connections, retry later"': "database",
    CRASHED + '"FATAL: data directory "/d" has invalid permissions"': "belong",
    CRASHED + '"rejected: the host is not allowed to connect to the control plane"': "database",
    CRASHED + '"mount failed: the volume is in a read-only transaction log"': "replica",
    CRASHED + '"Invalid cluster.id format in values"': "volume",
    CRASHED + '"tls: failed to load private key: error:1C800064:Provider routines::bad decrypt"':
        "its data",
    CRASHED + '"udp: drop packet: cipher: message authentication failed"': "its data",
    CRASHED + '"failed to clone: repository does not exist: https://git.acme.com/x"': "backup",
    CRASHED + '"Fatal: unable to open config file: /etc/app.yaml: no such file or directory"':
        "backup",
    CRASHED + '"googleapi: Error 403: Quota exceeded for quota metric, rateLimitExceeded"':
        "does not allow",
    CRASHED + '"googleapi: Error 403: Cloud KMS API has not been used in project 1 before or it is '
              'disabled., accessNotConfigured"':
        "does not allow",
    CRASHED + '"Validate failed: Migrations have failed validation\nDetected failed migration to '
              'version 2 (x)."':
        "are not those",
    CRASHED + '"java.lang.UnsupportedClassVersionError: Preview features are not enabled for App '
              "(class file version 65.65535). Try running with '--enable-preview'\"":
        "newer version of Java",
    CRASHED + '"/bin/sh: /app/server: not found"': "does not contain",
    CRASHED + '"deploy.sh: config: not found"': "needs the command",
    CRASHED + '"NoSuchBucketPolicy: The bucket policy does not exist"': "bucket",
    CRASHED + '"SignatureDoesNotMatchHeader is set twice"': "access key",
    CRASHED + '"user bob is not authorized to perform: delete on board 7"': "the cloud",
    CRASHED + '"Loop (worker-3) detected for zone eu-west: retry"': "DNS",
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 1 node(s) "
    "didn't match pod anti-affinity rules, 2 node(s) were unschedulable.":
        "exclude all",
}  # fmt: skip
"""Problems of a workload, and a claim that their words suggest at first sight but that is wrong.

They are about a storage driver instead of the container runtime; a damaged file system instead of a
missing program; a command of the kubelet, a probe or the program instead of the container; a
version that looks like an HTTP status; a node that has the labels, but a taint; and so on.
"""


@pytest.mark.parametrize("problem", MISLEADING)
def test_a_message_that_only_looks_like_another_fault(problem: str) -> None:
    """The claim that the words suggest at first sight would be wrong."""
    known = workload_diagnosis(problem, FIELDS)
    assert known is not None
    assert not re.search(MISLEADING[problem], known.why), known.why


@pytest.mark.parametrize("words", WRITTEN)
def test_what_a_policy_writes_is_no_error_of_a_pod(words: str) -> None:
    """The pod was not even created."""
    rule = winner(
        'ReplicaSet web-1: FailedCreate: Error creating: admission webhook "check.acme.com" denied '
        f"the request: {words}"
    )
    assert rule is not None
    assert rule.why.startswith("admission webhook {webhook} rejects")


REFUSED = 'level=warning msg="dial tcp 10.0.0.1:5432: connect: connection refused"'


@pytest.mark.parametrize(
    "last",
    [
        'level=fatal msg="giving up after 5 attempts"',
        "Error: timed out",
        "exiting",
        'level=error msg="cannot connect to the database"',
    ],
)
def test_the_reason_for_giving_up_counts(last: str) -> None:
    """A last line that only says that the program gave up does not replace the reason."""
    known = workload_diagnosis(f'{CRASHED}"{REFUSED}\n{last}"', FIELDS)
    assert known is not None
    assert known.why.startswith("the program cannot reach another service")


def test_the_last_error_of_a_program_counts() -> None:
    """A program reports what makes it exit last; before that, it may report what it tolerates."""
    first, last = (
        "open /etc/app.toml: no such file or directory",
        "listen tcp :80: bind: permission denied",
    )
    known = [
        workload_diagnosis(f'{CRASHED}"{one}\n{two}"', FIELDS)
        for one, two in ((first, last), (last, first))
    ]
    assert [one.why.partition(":")[0] for one in known if one] == [
        "the program is not allowed to listen on a port below 1024",
        "the program does not find a file",
    ]


def test_a_pod_that_is_not_ready_yet_has_no_step() -> None:
    """A pod that is only not ready yet has no next step."""
    assert workload_diagnosis("pod web-1-a is not ready (phase Pending)", FIELDS) is None


def test_the_step_for_the_pods_comes_first() -> None:
    """The first hint for a failed health check is the one for its pods."""
    broken = pod("apps/web-1-a", container(waiting={"reason": "ImagePullBackOff"}))
    release = flux("Kustomization", "x", {"Ready": f"False HealthCheckFailed: {HEALTH}"})
    findings = found("reconcilers", evidence(*HEALTHY, release, broken))
    finding = only(findings, "health-check-failed")
    assert "imagePullSecrets" in finding.hints[0].text

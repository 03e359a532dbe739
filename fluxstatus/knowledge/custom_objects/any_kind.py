"""What controllers of cloud resources and of add-ons report about objects of any kind.

Upstream: crossplane-runtime, config-connector, azure-service-operator, KEDA, Karpenter, Knative.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.custom_objects.shared import CLOUD, DESCRIBE, DESCRIBE_CLUSTER
from fluxstatus.knowledge.rule import Rule, Step, Text

_CROSSPLANE = "crossplane-runtime pkg/reconciler, pkg/reference"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the cloud provider limits the controller's API requests",
        steps=(
            Step(
                "wait: the controller retries automatically. If it lasts, find out which controllers of the account send many requests (too short intervals, several clusters), or ask the provider for a higher limit",
                read=(DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(
            r"rateLimitExceeded|RequestLimitExceeded|\bThrottling|TooManyRequests|429 Too Many Requests"
        ),
        quoted=True,
        upstream=CLOUD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a quota or limit of the cloud account is used up",
        steps=(
            Step(
                "raise the quota at the cloud provider, or remove resources that are not needed; the controller retries automatically",
                read=(DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(
            r"QuotaExceeded|(?<!rate)(?<!request)LimitExceeded|TooMany(?:LoadBalancers|TargetGroups)|Quota '[^']+' exceeded|resource_limit_exceeded|Exceeded quota of|Quota exceeded for resources|\w+LimitReached\b"
        ),
        quoted=True,
        upstream=CLOUD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the identity of the controller that reports the event has no permission in the cloud for {detail}",
        steps=(
            Step(
                "grant this identity a role or policy that allows {detail} on the resource that the message names. On Azure, the role for load balancers and public IP addresses is Network Contributor, in the resource group of the address",
                read=(DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(
            r"(?:does not have (?:permission|authorization) to perform action(?:\(s\))? '|is not authorized to perform: |googleapi: Error 403: Required ')(?P<detail>[\w.:/*-]*\w)"
        ),
        certainty="likely",
        quoted=True,
        upstream=CLOUD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the cloud provider denies an action to the controller of the object",
        steps=(
            Step(
                "allow the action for the identity of the controller that reports the event: the message has the action, and often the identity",
                read=(DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(
            r"AccessDenied|UnauthorizedOperation|AuthorizationFailed|not authorized to perform|does not have authorization|googleapi: Error 403"
        ),
        certainty="likely",
        quoted=True,
        upstream=CLOUD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the credentials of the object's provider are missing: {detail}",
        steps=(
            Step(
                "create the Secret, or correct its name, namespace and key in the ProviderConfig",
                read=(DESCRIBE, DESCRIBE_CLUSTER, "kubectl get secrets -A"),
            ),
        ),
        pattern=Text(
            r"cannot (?:get|extract) credentials[^\n]{0,80}: (?P<detail>[^\n]{0,80}[Ss]ecrets? \"[^\"]+\" not found)"
        ),
        quoted=True,
        upstream=_CROSSPLANE,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the ProviderConfig that it refers to does not exist: {detail}",
        steps=(
            Step(
                "create the ProviderConfig in Git, before the objects that use it, or correct spec.providerConfigRef (without this field, the name is default)",
                read=("kubectl get {config_resource} -A", DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?P<config_resource>(?:cluster)?providerconfigs?\.[\w.-]+) \"[^\"]+\" not found)"
        ),
        quoted=True,
        in_full=True,
        upstream="crossplane-runtime pkg/resource/providerconfig.go, provider-kubernetes pkg/kube/client",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it refers to an object that does not exist: {detail}",
        steps=(
            Step(
                "create the missing object first, or correct the reference in Git",
                read=(DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(
            r"(?P<detail>reference \S+ \S+ is not found|Owner \"[^\"]+\" cannot be found|[\w.]+ \"[^\"]+\" not found(?=[^\n]{0,20}$)|"
            r"\w*Selector did not match any \w+(?: \w+)?)"
        ),
        certainty="likely",
        quoted=True,
        upstream=f"{_CROSSPLANE}, config-connector, azure-service-operator, karpenter",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it waits for an object that it refers to and that is not ready: {detail}",
        steps=(
            Step(
                "check the conditions of the object that it refers to; nothing has to be changed here",
                read=(DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(
            r"(?P<detail>reference \S+ \S+ is not ready|(?:[\w.]+: )?referenced field was empty|\w+Ready=(?:False|Unknown))"
        ),
        certainty="likely",
        quoted=True,
        upstream=f"{_CROSSPLANE}, config-connector, karpenter",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the package cannot be pulled from its registry",
        steps=(
            Step(
                "check the package's address and version, and for a private registry spec.packagePullSecrets. Then check connections from Crossplane to the registry",
                read=(DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(r"failed to fetch package (?:digest|descriptor|image)? ?from remote"),
        certainty="one-of",
        quoted=True,
        upstream="crossplane internal/controller/pkg",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the workload in scaleTargetRef cannot be scaled by KEDA",
        steps=(
            Step(
                "check that the workload exists in the namespace of the ScaledObject, and correct apiVersion, kind and name in scaleTargetRef; a Kustomization that creates both can apply them in any order, and KEDA retries automatically",
                read=(DESCRIBE, "kubectl get deployments,statefulsets -n {ns}"),
            ),
        ),
        pattern=Text(r"doesn't have correct scaleTargetRef specification"),
        certainty="likely",
        quoted=True,
        upstream="keda controllers/keda/scaledobject_controller.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the name is already in use, perhaps in another account: {detail}",
        steps=(
            Step(
                "choose another name in Git: names of buckets, storage accounts and databases are often unique across all accounts of a cloud. If it is your own resource, import it as the controller's documentation describes",
                read=(DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(
            r"(?P<detail>BucketAlready(?:Exists|OwnedByYou)|\w+AlreadyTaken|the \w+(?: \w+)? named \S+ is already taken)"
        ),
        certainty="likely",
        quoted=True,
        upstream="Amazon S3, Azure Resource Manager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the digest of the image cannot be read from its registry (by the controller of Knative)",
        steps=(
            Step(
                "check the image's name and tag. For a private registry, add a pull secret to the ServiceAccount of the Knative Service, because the Knative controller reads the image, too",
                read=(DESCRIBE, DESCRIBE_CLUSTER),
            ),
        ),
        pattern=Text(r"failed to resolve image to digest"),
        certainty="one-of",
        quoted=True,
        upstream="knative serving pkg/reconciler/revision",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the PostgreSQL cluster of CloudNativePG has no ready primary, or not all of its instances",
        steps=(
            Step(
                "check the cluster's pods and its phase: often a volume is pending, an image cannot be pulled, a join or restore job failed, or the backup to restore from is missing",
                read=("kubectl get pods -n {ns} -l cnpg.io/cluster={name}", DESCRIBE),
            ),
        ),
        pattern=Text(r"ClusterIsNotReady: "),
        certainty="one-of",
        quoted=True,
        upstream="cloudnative-pg api/v1/cluster_conditions.go",
    ),
)

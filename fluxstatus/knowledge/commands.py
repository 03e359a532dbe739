"""Templates for command lines that many rules use (see rule.Step)."""

from fluxstatus.knowledge.rule import Step

SPEC = "kubectl get {resource} {name} -n {ns} -o yaml"
URL = "kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.url}}"
EVENTS = "kubectl get events -n {ns} --field-selector=involvedObject.name={name}"
DESCRIBE = "kubectl describe {resource} {name} -n {ns}"
LOG = "kubectl logs -n {flux_namespace} deployment/{controller} --tail=50"
RECONCILE = (
    "kubectl annotate --overwrite {resource} {name} -n {ns} reconcile.fluxcd.io/requestedAt={now}"
)

APPLY_INSTANCE = "kubectl annotate --overwrite {instance_resource} {instance} -n {flux_namespace} reconcile.fluxcd.io/requestedAt={now} reconcile.fluxcd.io/forceAt={now}"
"""Make the Flux Operator apply the FluxInstance; omitted if there is no FluxInstance."""

SECRETS = "kubectl get secrets -n {ns}"
SECRET = "kubectl describe secret {secret} -n {endpoint_ns}"  # noqa: S105 - prints the names of keys, not their values
SERVICE_ACCOUNTS = "kubectl get serviceaccounts -n {ns} -o yaml"

ENDPOINT = "kubectl get {endpoint_resource} {endpoint_name} -n {endpoint_ns} -o yaml"
"""Read the object whose spec has the address and the credentials (see fields.fields_of)."""

OBJECT = "kubectl get {object_resource} {object_name} -n {object_ns} -o yaml"
"""Read the object in the message (see fields.object_in)."""

CLUSTER_OBJECT = "kubectl get {object_resource} {cluster_object} -o yaml"
"""Read the cluster-scoped object in the message; omitted for namespaced objects."""

BASIC_AUTH = (
    "flux-operator create secret basic-auth {secret} -n {ns} --username=git --password-stdin"
)
SSH = "flux-operator create secret ssh {secret} -n {endpoint_ns} --private-key-file=./identity --knownhosts-file=./known_hosts"
REGISTRY = "flux-operator create secret registry {secret} -n {endpoint_ns} --server={login_server} --username=USER --password-stdin"
CA = "flux-operator create secret tls {endpoint_name}-ca -n {endpoint_ns} --ca-crt-file=./ca.crt"
CLIENT_CERTIFICATE = "flux-operator create secret tls {endpoint_name}-tls -n {endpoint_ns} --tls-crt-file=./tls.crt --tls-key-file=./tls.key"
GITHUB_APP = "flux-operator create secret githubapp {secret} -n {endpoint_ns} --app-id=ID --app-installation-owner=OWNER --app-private-key-file=./private-key.pem"


RESET = f"{RECONCILE} reconcile.fluxcd.io/resetAt={{now}}"
FORCE = f"{RECONCILE} reconcile.fluxcd.io/forceAt={{now}}"
RETRY = Step(
    "after the fix, if the retries are exhausted, reset their count with flux reconcile --reset",
    change=(RESET,),
)
"""The step for a HelmRelease that has used up its retries: it does not retry on its own."""


SUSPEND_AND_RESUME = Step(
    "after the fix, suspend and resume the HelmRelease so that it retries: run flux suspend helmrelease {name} -n {ns}, and then flux resume helmrelease {name} -n {ns}",
    read=(SPEC,),
)
"""The step for a HelmRelease of Flux 2.1 and earlier, whose retries cannot be reset."""

STORED = "kubectl get secrets -n {storage_ns} -l owner=helm,name={release_name} --show-labels"
"""List the versions of a release in Helm's storage: their names and labels, not their content."""


def for_secret(template: str, field: str) -> str:
    """Return *template*, a command for {secret}, with *field* in place of {secret}."""
    return template.replace("{secret}", field)

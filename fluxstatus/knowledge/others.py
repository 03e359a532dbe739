"""FluxInstance, ResourceSet and its inputs, notifications, images, artifact generators.

Upstream: FO internal/controller, internal/builder; NC, IRC, IAC, SW internal/controller.
"""

from fluxstatus.knowledge.rule import Rule, Step, text

_SPEC = "kubectl get {resource} {name} -n {ns} -o yaml"
_INSTANCE = frozenset({"FluxInstance"})
_SETS = frozenset({"ResourceSet"})
_INPUTS = frozenset({"ResourceSetInputProvider"})
_RECEIVER = frozenset({"Receiver"})
_IMAGES = frozenset({"ImageRepository", "ImagePolicy", "ImageUpdateAutomation"})

RULES = (
    Rule(
        "distribution-version-missing",
        "spec.distribution.version {distribution} fits no Flux version that this operator knows",
        (
            Step(
                "set spec.distribution.version to a version there is (2.x), or upgrade the "
                "operator for a newer one",
                read=(_SPEC,),
            ),
        ),
        reasons=("BuildFailed",),
        pattern=text(r"no match found for semver"),
        kinds=_INSTANCE,
        trivial=True,
        upstream="FO internal/builder/semver.go",
    ),
    Rule(
        "distribution-downgrade",
        "Flux cannot be downgraded in place",
        (Step("keep the version that is installed, or install anew", read=(_SPEC,)),),
        pattern=text(r"downgrading from"),
        kinds=_INSTANCE,
        upstream="FO internal/controller/fluxinstance_controller.go",
    ),
    Rule(
        "instance-build-failed",
        "the operator cannot build the Flux manifests from the FluxInstance; it does not try again "
        "until the spec changes",
        (
            Step(
                "correct what the message says; an old operator may not fit a new Flux",
                read=(_SPEC,),
            ),
        ),
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        upstream="FO internal/builder",
    ),
    Rule(
        "instance-artifact-failed",
        "the operator cannot fetch the distribution artifact",
        (
            Step(
                "look at spec.distribution.artifact, its pull Secret and the way to the registry",
                read=(_SPEC,),
            ),
        ),
        reasons=("ArtifactFailed",),
        kinds=_INSTANCE,
        upstream="FO internal/controller/fluxinstance_controller.go",
    ),
    Rule(
        "input-provider-missing",
        "the ResourceSetInputProvider {missing} that spec.inputsFrom names does not exist",
        (
            Step(
                "create it, or correct spec.inputsFrom",
                read=("kubectl get resourcesetinputproviders.fluxcd.controlplane.io -n {ns}",),
            ),
        ),
        pattern=text(r"failed to get provider (?:[\w.-]+/)?(?P<missing>[\w.-]+)"),
        kinds=_SETS,
        trivial=True,
        upstream="FO internal/controller/resourceset_controller.go",
    ),
    Rule(
        "dependency-missing",
        "it depends on {missing}, which does not exist",
        (
            Step(
                "install or create {missing}, or correct spec.dependsOn",
                read=(
                    "kubectl get {missing_kind} {missing_name} -n {missing_ns}",
                    "kubectl get {missing_kind} --all-namespaces",
                ),
            ),
        ),
        pattern=text(
            r"dependency (?P<missing>(?:[\w.-]+/)?v\w+/(?P<missing_kind>\w+)/"
            r"(?:(?P<missing_ns>[\w.-]+)/)?(?P<missing_name>[\w.-]+)) not found"
        ),
        kinds=_SETS,
        upstream="FO internal/controller/resourceset_controller.go",
    ),
    Rule(
        "resourceset-build-failed",
        "the resources cannot be built from their template and inputs",
        (Step("correct spec.resources or the inputs", read=(_SPEC,)),),
        reasons=("BuildFailed",),
        kinds=_SETS,
        upstream="FO internal/builder/resourceset.go",
    ),
    Rule(
        "provider-secret-missing",
        "the Secret {missing} that spec.secretRef names does not exist",
        (
            Step(
                "create the Secret {missing}",
                read=("kubectl get secrets -n {ns}",),
                change=(
                    "flux-operator create secret basic-auth {missing} -n {ns} --username=git "
                    "--password-stdin",
                ),
            ),
        ),
        pattern=text(r"failed to read secret .*secrets \"(?P<missing>[\w.-]+)\" not found"),
        kinds=_INPUTS,
        trivial=True,
        upstream="FO internal/controller/resourcesetinputprovider_controller.go",
    ),
    Rule(
        "provider-auth-rejected",
        "the provider's API asks for a login, and takes none of what it gets (401, UNAUTHORIZED)",
        (
            Step(
                "put a valid token into the Secret of spec.secretRef, or name one",
                read=("kubectl describe secret {secret} -n {ns}", _SPEC),
            ),
        ),
        pattern=text(r"UNAUTHORIZED|\b401\b|\b403\b|Bad credentials|authentication required"),
        kinds=_INPUTS,
        upstream="FO internal/controller/resourcesetinputprovider_controller.go",
    ),
    Rule(
        "receiver-token-missing",
        "the Secret {secret} has no key token, or does not exist",
        (
            Step(
                "add the key token to the Secret {secret}",
                read=("kubectl describe secret {secret} -n {ns}",),
            ),
        ),
        reasons=("TokenNotFound",),
        pattern=text(r"secret"),
        kinds=_RECEIVER,
        trivial=True,
        upstream="NC internal/controller/receiver_controller.go",
    ),
    Rule(
        "spec-invalid",
        "the spec is not valid",
        (Step("correct what the message says", read=(_SPEC,)),),
        reasons=(
            "ValidationFailed",
            "InvalidPolicy",
            "IntervalNotConfigured",
            "InvalidPolicySelector",
            "InvalidUpdateStrategy",
            "InvalidSourceConfiguration",
            "RemovedTemplateField",
            "InvalidSTSConfiguration",
        ),
        trivial=True,
        upstream="NC, IRC, IAC, SW internal/controller",
    ),
    Rule(
        "image-scan-failed",
        "the image repository cannot be scanned",
        (Step("look at spec.image and its Secret", read=(_SPEC,)),),
        reasons=("ReadOperationFailed", "AuthenticationFailed", "Failure"),
        kinds=frozenset({"ImageRepository"}),
        upstream="IRC internal/controller/imagerepository_controller.go",
    ),
    Rule(
        "image-policy-no-match",
        "no tag fits the policy: its filter or range leaves none over",
        (Step("correct spec.filterTags or spec.policy", read=(_SPEC,)),),
        pattern=text(
            r"version list argument cannot be empty|unable to determine latest version|"
            r"no tags in database"
        ),
        kinds=_IMAGES,
        upstream="IRC internal/policy",
    ),
    Rule(
        "image-update-push-failed",
        "the automation cannot read from or push to Git",
        (
            Step(
                "look at the GitRepository's Secret: it needs the right to write",
                read=(_SPEC,),
            ),
        ),
        reasons=("GitOperationFailed", "UpdateFailed", "SourceManagerFailed"),
        kinds=frozenset({"ImageUpdateAutomation"}),
        upstream="IAC internal/controller/imageupdateautomation_controller.go",
    ),
    Rule(
        "generator-failed",
        "the ArtifactGenerator cannot read its sources or build its artifacts",
        (Step("look at spec.sources and spec.artifacts", read=(_SPEC,)),),
        reasons=("SourceFetchFailed", "BuildFailed", "ReconciliationFailed"),
        kinds=frozenset({"ArtifactGenerator"}),
        upstream="SW internal/controller/artifactgenerator_controller.go",
    ),
)

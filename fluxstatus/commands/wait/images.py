"""The digest of a container image, which no source carries, and who chose this image."""

from collections.abc import Iterable

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.model.evidence import Unread
from fluxstatus.model.hints import Hint, command, hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.resource import Resource

POLICY = KINDS["ImagePolicy"]
_PUSHES = (
    "kubectl get imageupdateautomations -n {ns} -o "
    "custom-columns=NAME:.metadata.name,COMMIT:.status.lastPushCommit,AT:.status.lastPushTime"
)


def hint_about(
    wanted: Revision, policies: Iterable[Resource] | Unread, *, is_likely: bool
) -> Hint | None:
    """Return what to wait for if *wanted*, which no source has, is the digest of an image.

    Without an ImagePolicy that has chosen it, it is said only if an image is *likely*: no source
    can fetch a digest. An ImagePolicy knows the digest if its spec.digestReflectionPolicy is set
    (image-reflector-controller api/v1). Kustomizations and HelmReleases report no images: the
    digests in their histories are of manifests and charts (kustomize-controller and
    helm-controller api).
    """
    unread = policies if isinstance(policies, Unread) else None
    known = () if isinstance(policies, Unread) else policies
    chosen = next((one for one in known if _has(one, wanted)), None)
    if chosen:
        return hint(
            f"{chosen.ref} has chosen the image with this digest, which is no revision of a "
            "source: wait for the commit that writes it to Git; the last ones that were pushed:",
            command(_PUSHES, {"ns": chosen.ref.namespace}),
        )
    if not is_likely:
        return None
    others = ", nor an ImagePolicy"
    if unread:
        others = f"; ImagePolicies could not be read: {unread.text}"
    return hint(
        f"no source has this digest{others}; if it is that of a container image, wait for the "
        "commit that writes it to Git, since Flux does not report which images run"
    )


def _has(policy: Resource, wanted: Revision) -> bool:
    latest = text_of(map_of(policy.status.get("latestRef")).get("digest"))
    return bool(wanted.hash) and latest.rpartition(":")[2].startswith(wanted.hash)

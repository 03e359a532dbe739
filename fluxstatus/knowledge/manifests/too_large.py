"""Objects that exceed a size limit.

Upstream: kubernetes apimachinery validation and apiserver, etcd.
"""

from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.manifests.shared import APPLIES, VALIDATION
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_OBJECT_TOO_LARGE = Code(
    "object-too-large",
    "An object or its annotations exceed the size limit of the API server or etcd.",
)

_LARGE = (
    r"etcdserver: request is too large|request entity too large|(?<!annotations: )Too long: (?:may|must) "
    r"(?:not be more than|have at most) \d{5,}|trying to send message larger than max"
)
_NOT_STORED = (
    r"for object |applying object |cannot patch |(?:ConfigMap|Secret) \"(?!sh\.helm\.release)[^\"]+\" is "
    r"invalid"
)
"""Helm's messages about an object of the chart, not about the Secret of the release."""

RULES = (
    Rule(
        _OBJECT_TOO_LARGE,
        why="the annotations of {object} exceed the API server's size limit, probably because of kubectl.kubernetes.io/last-applied-configuration",
        steps=(
            Step(
                "do not use both Flux and kubectl apply on this object, unless you run kubectl apply --server-side. Also remove large annotations from the manifest",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(r"metadata\.annotations: Too long"),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream=VALIDATION,
    ),
    Rule(
        _OBJECT_TOO_LARGE,
        why="{object} exceeds the size limit of the API server or etcd",
        steps=(
            Step(
                "split the object; a ConfigMap or Secret can hold at most 1 MiB, and a request to etcd can be at most 1.5 MiB",
                read=(SPEC,),
            ),
        ),
        pattern=Text(_LARGE),
        kinds=frozenset({"Kustomization", "ResourceSet", "FluxInstance"}),
        upstream="etcd, kubernetes apiserver",
    ),
    Rule(
        _OBJECT_TOO_LARGE,
        why="{object} in the chart exceeds the size limit of the API server or etcd",
        steps=(
            Step(
                "make the object smaller in the values or the chart; a ConfigMap or Secret can hold at most 1 MiB, and a request to etcd can be at most 1.5 MiB",
                read=(SPEC,),
            ),
        ),
        pattern=Text(_LARGE),
        context=Text(_NOT_STORED),
        kinds=frozenset({"HelmRelease"}),
        reach=Reach.WHOLE,
        upstream="etcd, kubernetes apiserver, helm pkg/kube",
    ),
)

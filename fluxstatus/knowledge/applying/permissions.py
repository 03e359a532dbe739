"""RBAC permissions that are missing.

Upstream: kubernetes apiserver authorization and the texts of authorizers, fluxcd/flux2
manifests/rbac.
"""

from fluxstatus.knowledge.applying.shared import APPLIES
from fluxstatus.knowledge.commands import APPLY_INSTANCE, SPEC
from fluxstatus.knowledge.facts import creates_namespace, names_account
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import ALL_KINDS

_RBAC_FORBIDDEN = Code(
    "rbac-forbidden", "The user or ServiceAccount that Flux impersonates lacks an RBAC permission."
)

_USER = (
    r"user \"(?P<user>(?:system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>[^\"]+))|[^\"]+)\""
)
_OF_ACCOUNT = r"user \"(?P<user>system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>[^\"]+))\""
_OF_DEFAULT = r"user \"(?P<user>system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>default))\""
_OF_FLUX = (
    r"user \"(?P<user>system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>(?:source|kustomize|"
    r"helm|notification|image-reflector|image-automation)-controller|source-watcher|"
    r"flux-operator))\""
)
"""The ServiceAccounts of Flux itself (fluxcd/flux2 manifests/rbac, flux-operator charts)."""

_OF_TENANT = (
    r"user \"(?P<user>system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>(?!(?:source|kustomize|helm|"
    r"notification|image-reflector|image-automation)-controller\"|source-watcher\"|flux-operator\")[^\"]+))\""
)

_CANNOT = (
    r" cannot (?P<verb>\w+) resource \"(?P<what>[^\"]+)\"(?: in API group \"(?P<group>[^\"]*)\")?"
)
_IN_NAMESPACE = r"(?: in the namespace \"(?P<in_ns>[^\"]+)\")?"
_IN_EDIT = (
    r"\"(?P<what>(?:configmaps|secrets|services|serviceaccounts|pods|persistentvolumeclaims)"
    r"(?=\" in API group \"\")|(?:deployments|statefulsets|daemonsets|replicasets)(?=\" in API "
    r"group \"apps\")|(?:jobs|cronjobs)(?=\" in API group \"batch\")|(?:ingresses|networkpolicies)"
    r"(?=\" in API group \"networking)|horizontalpodautoscalers(?=\" in API group \"autoscaling\")|"
    r"poddisruptionbudgets(?=\" in API group \"policy\"))\" in API group \"[^\"]*\""
)
"""The resources that ClusterRole edit grants access to (kubernetes rbac bootstrappolicy)."""

_NO_OPINION = (
    r"RBAC:|no RBAC policy matched|No policy matched|Azure does not have opinion|"
    r"User does not have access to the resource in Azure|[Rr]equire[sd] (?:one of )?\[?\"container\."
)
"""Reasons given by authorizers that leave the decision to RBAC."""

_IN_SYSTEM_NAMESPACE = (
    r" in the namespace \"(?P<in_ns>(?!(?P=sa_ns)\")(?:kube-[\w-]+|flux-system))\""
)
_ACCOUNTS = "kubectl get serviceaccounts,rolebindings -n {sa_ns}"

RULES = (
    Rule(
        Code("authorizer-denied", "An authorizer of the platform, not RBAC, denies a request."),
        why="{user} cannot {verb} {what}: an authorizer other than RBAC denies the request ({detail})",
        steps=(
            Step(
                "move the object to another namespace (for a chart, with spec.values), remove it, or ask the cluster's provider what is allowed. An RBAC role does not help",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            _USER + _CANNOT + r"(?: in the namespace \"(?P<in_ns>[^\"]+)\"| at the cluster scope)"
            rf": (?P<detail>(?!{_NO_OPINION})[^\n]+)"
        ),
        kinds=ALL_KINDS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="kubernetes apiserver authorization responsewriters: the authorizer's reason",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="the account that Flux uses lacks the OpenShift permission routes/custom-host, so it cannot set the host or the certificate of {object}",
        steps=(
            Step(
                'bind a Role or ClusterRole to the account that allows create and update for "routes/custom-host" in API group route.openshift.io',
                read=(SPEC, "kubectl get rolebindings -n {ns}"),
            ),
            Step(
                "alternatively, remove host and the certificates from the Route {in_git}, so that OpenShift chooses the host"
            ),
        ),
        pattern=Text(
            r"do not have permission to (?:set the host field|set certificate fields|update the spec\.host field) (?:of|on) the route"
        ),
        kinds=ALL_KINDS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="openshift library-go pkg/route/hostassignment, pkg/route/routeapihelpers",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} because neither Azure RBAC nor Kubernetes RBAC grants this permission; this AKS cluster uses Azure RBAC",
        steps=(
            Step(
                'assign a role to this identity in Azure (az role assignment create), such as "Azure Kubernetes Service RBAC Writer" for a namespace, or "Azure Kubernetes Service RBAC Cluster Admin" for CRDs, RBAC and cluster-scoped objects'
            ),
            Step(
                "alternatively, bind a Role or ClusterRole with this permission to the user in the cluster",
                read=("kubectl auth can-i {verb} {what} --as={user}",),
            ),
        ),
        pattern=Text(
            _USER + _CANNOT + r"[^\n]{0,200}?: User does not have access to the resource in Azure"
        ),
        kinds=ALL_KINDS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="Azure Kubernetes Service: Azure RBAC for Kubernetes authorization",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} because neither Google Cloud IAM nor Kubernetes RBAC grants this permission (IAM permission {permission})",
        steps=(
            Step(
                "grant this identity an IAM role with {permission} in the cluster's project: roles/container.developer, or roles/container.admin for RBAC, CRDs and cluster-scoped objects"
            ),
            Step(
                "alternatively, bind a Role or ClusterRole with this permission to the user in the cluster",
                read=("kubectl auth can-i {verb} {what} --as={user}",),
            ),
        ),
        pattern=Text(
            r"user \"(?P<user>(?!system:)[^\"]+)\""
            + _CANNOT
            + r"[^\n]{0,200}?: [Rr]equire[sd] (?:one of )?\[?\"(?P<permission>container\.[\w.]+)\""
        ),
        kinds=ALL_KINDS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="Google Kubernetes Engine: IAM authorizer",
    ),
    Rule(
        Code("flux-forbidden", "The ServiceAccount of a Flux controller lacks an RBAC permission."),
        why="Flux itself ({user}) cannot {verb} {what}: the RBAC permission is missing (forbidden), although a ClusterRole and a ClusterRoleBinding that are installed with Flux normally grant it",
        steps=(
            Step(
                "restore Flux's ClusterRoleBindings. The operator applies them when it reconciles the FluxInstance, and the operator's own ClusterRoleBindings are part of its Helm chart",
                read=(
                    "kubectl get clusterrolebindings -o wide",
                    "kubectl auth can-i {verb} {what} -A --as={user}",
                ),
                change=(APPLY_INSTANCE,),
            ),
        ),
        pattern=Text(_OF_FLUX + _CANNOT),
        kinds=ALL_KINDS,
        upstream="F manifests/rbac, FO charts/flux-operator/templates/rbac.yaml",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} because a role binding refers to {role_kind} {missing_role}, which does not exist",
        steps=(
            Step(
                "create {role_kind} {missing_role} with this permission, or recreate the binding with the correct roleRef (it cannot be changed)",
                read=(
                    _ACCOUNTS,
                    "kubectl get clusterrolebindings -o wide",
                    "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}",
                ),
            ),
        ),
        pattern=Text(
            _OF_TENANT
            + _CANNOT
            + _IN_NAMESPACE
            + r"(?: at the cluster scope)?: RBAC: \[?(?P<role_kind>(?:cluster)?role)\.rbac\.authorization\.k8s\.io "
            r"\"(?P<missing_role>[^\"]+)\" not found"
        ),
        kinds=ALL_KINDS,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        in_full=True,
        upstream="kubernetes plugin/pkg/auth/authorizer/rbac",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} is not allowed to create namespaces, but spec.install.createNamespace requires it",
        steps=(
            Step(
                "remove spec.install.createNamespace, and create the namespace in a Kustomization of the platform team, together with a role for ServiceAccount {sa_name} in that namespace",
                read=(SPEC, "kubectl get namespace {target_ns}"),
            ),
        ),
        pattern=Text(_USER + r" cannot (?P<verb>\w+) resource \"(?P<what>namespaces)\""),
        kinds=frozenset({"HelmRelease"}),
        when=(creates_namespace,),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="HC internal/action/install.go, helm pkg/action/install.go",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} is not allowed to {verb} the CRDs in the chart",
        steps=(
            Step(
                "install the CRDs with a Kustomization or HelmRelease of the platform team, and set spec.install.crds and spec.upgrade.crds to Skip",
                read=(SPEC, _ACCOUNTS),
            ),
            Step(
                "if the tenant may manage the CRDs of the whole cluster, bind a ClusterRole with this permission to {user}"
            ),
        ),
        pattern=Text(
            _USER + r" cannot (?P<verb>\w+) resource \"(?P<what>customresourcedefinitions)\""
        ),
        context=Text(r"CustomResourceDefinition"),
        kinds=frozenset({"HelmRelease"}),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="HC internal/action/crds.go",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why='{user} cannot {verb} {what}: the RBAC permission is missing (forbidden); if spec.serviceAccountName is empty, the multi-tenancy lockdown uses ServiceAccount "default"',
        steps=(
            Step(
                'set spec.serviceAccountName to a ServiceAccount that has this permission, or bind a Role with this permission to ServiceAccount "default". The controllers run with --default-service-account (multi-tenancy lockdown)',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
            ),
        ),
        pattern=Text(_OF_DEFAULT + _CANNOT + _IN_NAMESPACE),
        kinds=APPLIES,
        unless=(names_account,),
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} in namespace {in_ns}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'set spec.serviceAccountName, which is "default", to a ServiceAccount that has this permission. A permission of ServiceAccount "default" is also one of every pod without a ServiceAccount of its own',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
            ),
        ),
        pattern=Text(_OF_DEFAULT + _CANNOT + _IN_NAMESPACE),
        kinds=APPLIES,
        when=(names_account,),
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} at the cluster scope: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                "move cluster-scoped objects to a Kustomization of the platform team that has this permission, or bind a ClusterRole with only this permission to {user}",
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what}.{group} --as={user}"),
            ),
        ),
        pattern=Text(_USER + _CANNOT + r" at the cluster scope"),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} in namespace {in_ns}, which belongs to the platform: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                "if the object should be in namespace {sa_ns}, correct its metadata.namespace, or spec.targetNamespace, in Git (for a chart, spec.values)",
                read=(SPEC,),
            ),
            Step(
                "if it must be in namespace {in_ns}, move it to a Kustomization of the platform team; a role there would let ServiceAccount {sa_name} change the cluster's own components",
                read=("kubectl auth can-i {verb} {what} -n {in_ns} --as={user}",),
            ),
        ),
        pattern=Text(_OF_TENANT + _CANNOT + _IN_SYSTEM_NAMESPACE),
        kinds=APPLIES,
        quoted=True,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} in namespace {in_ns}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'bind a Role or ClusterRole with this permission, such as ClusterRole "edit", to ServiceAccount {sa_name} in namespace {in_ns}',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
                change=(
                    "kubectl create rolebinding {sa_name}-edit -n {in_ns} --clusterrole=edit --serviceaccount={sa_ns}:{sa_name}",
                ),
            ),
        ),
        pattern=Text(_OF_ACCOUNT + r" cannot (?P<verb>\w+) resource " + _IN_EDIT + _IN_NAMESPACE),
        kinds=ALL_KINDS,
        needs=("in_ns",),
        upstream="kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} in namespace {in_ns}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'bind ClusterRole "admin" to ServiceAccount {sa_name} in namespace {in_ns}. ClusterRole "edit" does not include Roles and RoleBindings. Flux can only grant permissions that this ServiceAccount has',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
                change=(
                    "kubectl create rolebinding {sa_name}-admin -n {in_ns} --clusterrole=admin --serviceaccount={sa_ns}:{sa_name}",
                ),
            ),
        ),
        pattern=Text(
            _OF_ACCOUNT + r" cannot (?P<verb>\w+) resource \"(?P<what>roles|rolebindings)\" in API "
            r"group \"rbac\.authorization\.k8s\.io\"" + _IN_NAMESPACE
        ),
        kinds=ALL_KINDS,
        needs=("in_ns",),
        upstream="kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} in namespace {in_ns}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'create a Role and a RoleBinding that give ServiceAccount {sa_name} access to {what}, or move these objects to a Kustomization of the platform team. ClusterRole "edit" does not include access to {what}',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
                change=(
                    "kubectl create role {sa_name}-{what} -n {in_ns} --verb=get,list,watch,create,update,patch,delete --resource={what}",
                    "kubectl create rolebinding {sa_name}-{what} -n {in_ns} --role={sa_name}-{what} --serviceaccount={sa_ns}:{sa_name}",
                ),
            ),
        ),
        pattern=Text(
            _OF_ACCOUNT
            + r" cannot (?P<verb>\w+) resource \"(?P<what>[^\"/]+)\" in API group \"\""
            + _IN_NAMESPACE
        ),
        kinds=ALL_KINDS,
        needs=("in_ns",),
        upstream="kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'create a Role and a RoleBinding that give ServiceAccount {sa_name} access to {what}, and check that the ServiceAccount exists. ClusterRole "edit" includes access to custom resources only if their operator adds it',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
                change=(
                    "kubectl create role {sa_name}-{what} -n {in_ns} --verb=get,list,watch,create,update,patch,delete --resource={what}.{group}",
                    "kubectl create rolebinding {sa_name}-{what} -n {in_ns} --role={sa_name}-{what} --serviceaccount={sa_ns}:{sa_name}",
                ),
            ),
        ),
        pattern=Text(_OF_ACCOUNT + _CANNOT + _IN_NAMESPACE),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                "bind a Role with this permission to the user",
                read=("kubectl auth can-i {verb} {what} -n {in_ns} --as={user}",),
            ),
        ),
        pattern=Text(_USER + _CANNOT + _IN_NAMESPACE),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb}: the RBAC permission is missing (forbidden)",
        steps=(Step("bind a ClusterRole with this permission to {user}", read=(SPEC,)),),
        pattern=Text(_USER + r" cannot (?P<verb>[^\n]{1,80})"),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
)

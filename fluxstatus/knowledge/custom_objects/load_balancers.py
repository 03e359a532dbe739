"""Services, Ingresses and Gateways that wait for a load balancer or an address.

Upstream: cloud-provider-*, aws-load-balancer-controller, hcloud-cloud-controller-manager, MetalLB
internal/allocator, cilium operator/pkg/lbipam.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.custom_objects.shared import CLOUD, DESCRIBE
from fluxstatus.knowledge.rule import Rule, Step, Text

_SERVICES = "kubectl get services -A"
_POOLS = "MetalLB internal/allocator, cilium LB IPAM"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the load balancer controller cannot find a subnet for the load balancer",
        steps=(
            Step(
                "tag the subnets (on AWS, with kubernetes.io/role/elb=1 for public load balancers and kubernetes.io/role/internal-elb=1 for internal ones), or specify the subnets in the object's annotations",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"suitable subnets|auto-discover subnets|resolve at least one subnet|no subnets found|multiple tagged (?:security groups|subnets)"
        ),
        quoted=True,
        upstream=CLOUD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the requested address is already in use by another Service or load balancer",
        steps=(
            Step(
                "request another address in Git, or release the address where it is used. With MetalLB, Services can share an address only if they have the same sharing key and different ports",
                read=(_SERVICES, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"can't change sharing key|address also in use by|address is in-use|already in use by (?:another )?service|"
            r"IP(?: address)? \S+ is already (?:in use|allocated)"
        ),
        quoted=True,
        upstream=f"{_POOLS}, cloud-provider-gcp",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no address pool matches the load balancer: the pool does not exist, or its selectors exclude this Service",
        steps=(
            Step(
                "create the pool, or correct its name in the Service's annotation or the pool's namespace and Service selectors in Git",
                read=(_SERVICES, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"no enabled CiliumLoadBalancerIPPools that match|no address pools could be found|unknown pool|no matching pool|pool \S+ (?:does not|doesn't) exist"
        ),
        quoted=True,
        upstream=_POOLS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the requested address does not belong to an address pool or to the cloud account",
        steps=(
            Step(
                "correct the address in spec.loadBalancerIP or in the Service's annotations, or add the address to a pool. In a cloud, reserve the address first, in the region that the controller uses",
                read=(DESCRIBE, _SERVICES),
            ),
        ),
        pattern=Text(
            r"is not allowed in config|not (?:in|contained in) (?:any|the) (?:pool|range)|"
            r"is neither static nor assigned to the LB"
        ),
        quoted=True,
        upstream=f"{_POOLS}, {CLOUD}",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="Azure does not find the requested public IP address in resource group {group}",
        steps=(
            Step(
                "if the address is in another resource group, set annotation service.beta.kubernetes.io/azure-load-balancer-resource-group on the Service to that group, and grant the cluster's identity the role Network Contributor there. Otherwise, correct the address or its name in Git, or create it",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?:user supplied IP Address \S+ was not found|(?:cannot|failed to) find (?:public IP|PIP)\b[^\n]{0,120}?) in resource group (?P<group>[\w.()-]*[\w()-])"
        ),
        quoted=True,
        upstream="cloud-provider-azure pkg/provider/azure_loadbalancer.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the cloud controller manager does not recognize a node as a server of its cloud: the node's providerID is missing or has another form",
        steps=(
            Step(
                "check the providerID of the nodes. The cloud controller manager only sets it on a node whose kubelet has --cloud-provider=external when the node registers; on a node that registered without it, set the flag, drain the node, delete its Node object and restart the kubelet, one node at a time",
                read=(
                    "kubectl get nodes -o custom-columns=NAME:.metadata.name,PROVIDERID:.spec.providerID",
                    DESCRIBE,
                ),
            ),
        ),
        pattern=Text(
            r"[Pp]rovider ?ID\w*\b[^\n]{0,60}(?:missing prefix|(?:is|cannot be) empty|(?:does not|doesn't|didn't) match|unexpected format)|"
            r"(?:missing|empty|invalid|unexpected|unknown) [Pp]rovider ?ID"
        ),
        certainty="one-of",
        quoted=True,
        upstream=CLOUD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no address is available for the load balancer",
        steps=(
            Step(
                "add addresses to an address pool that can assign them (check autoAssign, and the pool's namespace and Service selectors), or release an address. A requested address must be in a pool and not in use",
                read=(_SERVICES, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"no available IPs|no free (?:IPs?|addresses)|Failed to allocate IPs?|ran out of allocatable IPs|no addresses available in"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_POOLS,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the AWS Load Balancer Controller finds no certificate in ACM for the host of the listener",
        steps=(
            Step(
                "request or import a certificate for this host in ACM, in the region of the load balancer, or set its ARN in the object's annotations (alb.ingress.kubernetes.io/certificate-arn). If the listener should not use TLS, remove the TLS host in Git",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"no certificate found for host|CertificateNotFound"),
        quoted=True,
        upstream="aws-load-balancer-controller pkg/ingress",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the AWS Load Balancer Controller sends traffic to node ports (target type instance), but the Service has none",
        steps=(
            Step(
                "set the target type to ip (for an Ingress, annotation alb.ingress.kubernetes.io/target-type: ip), or change the Service's type to NodePort",
                read=(DESCRIBE, _SERVICES),
            ),
        ),
        pattern=Text(
            r"(?:must be|be either)[^\n]{0,20}'NodePort' or 'LoadBalancer'|TargetGroup port is empty"
        ),
        quoted=True,
        upstream="aws-load-balancer-controller pkg/ingress, pkg/gateway",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the load balancer has no location in Hetzner Cloud, so the controller cannot create it",
        steps=(
            Step(
                "set annotation load-balancer.hetzner.cloud/location or load-balancer.hetzner.cloud/network-zone on the Service, or set HCLOUD_LOAD_BALANCERS_LOCATION or HCLOUD_LOAD_BALANCERS_NETWORK_ZONE for all Services in the cloud controller manager",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"neither load-balancer\.hetzner\.cloud/location nor"),
        quoted=True,
        upstream="hcloud-cloud-controller-manager internal/hcops",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Gateway has no address, because its Service of type LoadBalancer has none",
        steps=(
            Step(
                "check the Service that the Gateway's controller created: its events and conditions show why it has no address (no load balancer in this cluster, no address pool, or a requested address that is not available)",
                read=("kubectl get services -A", DESCRIBE),
            ),
        ),
        pattern=Text(
            r"No addresses have been assigned|AddressNotAssigned|Failed to assign to any requested addresses|address pending for hostname|[Ww]aiting for (?:an )?address"
        ),
        certainty="one-of",
        quoted=True,
        upstream="gateway-api apis/v1; istio, envoy-gateway, cilium",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no controller has accepted the Gateway yet",
        steps=(
            Step(
                "check that gatewayClassName names an existing GatewayClass, and that the controller of this class is running and supports the installed version of the Gateway API CRDs",
                read=("kubectl get gatewayclasses", DESCRIBE),
            ),
        ),
        pattern=Text(r"Waiting for controller"),
        certainty="one-of",
        quoted=True,
        upstream="gateway-api apis/v1/gateway_types.go (default conditions)",
    ),
)

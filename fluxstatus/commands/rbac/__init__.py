"""`rbac`: the ClusterRole with the permissions that the check needs."""

from pathlib import Path

from fluxstatus.base import packaged
from fluxstatus.commands import console

ROLE = Path(__file__).with_name("role.yaml")

EPILOG = """
\b
Examples:
  kubectl flux-status rbac | kubectl apply -f -
  kubectl create clusterrolebinding flux-status --clusterrole=flux-status --user=NAME
"""


def show() -> None:
    """Print the ClusterRole that the check needs.

    It grants get and list, and no access to Secrets. This command does not contact a cluster.
    """
    console.put(packaged.read(ROLE).decode())

"""The commands that several modules about states use."""

DESCRIBE = "kubectl describe deployment {name} -n {ns}"
OWN_LOG = "kubectl logs -n {ns} deployment/{name} --tail=50"

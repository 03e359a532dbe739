"""What any program could use: nothing here knows Flux or Kubernetes."""

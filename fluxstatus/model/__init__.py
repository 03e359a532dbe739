"""The values that travel from the cluster to the report."""

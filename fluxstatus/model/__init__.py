"""The values that are passed from the cluster to the report."""

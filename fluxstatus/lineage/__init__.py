"""Where an object is from and what comes from it: from a running pod up to the Git line."""

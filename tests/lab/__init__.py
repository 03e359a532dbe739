"""Real controllers with faults made on purpose: one snapshot, and what is to be said of it."""

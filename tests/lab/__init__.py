"""Real controllers with deliberate faults: one snapshot, and the expected cause of each."""

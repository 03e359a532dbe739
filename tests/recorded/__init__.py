"""States of real controllers with injected faults, as snapshots, and the truth about each."""

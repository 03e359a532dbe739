"""Faults from public reports: what is said of each, against what it really was."""

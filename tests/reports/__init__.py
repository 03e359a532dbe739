"""Faults from public reports: the cause found for each, compared with the true one."""

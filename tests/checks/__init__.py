"""Each step of the check: its pass, warn, fail, unknown and skip cases."""

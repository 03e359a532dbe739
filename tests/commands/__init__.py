"""The tests of fluxstatus/commands."""

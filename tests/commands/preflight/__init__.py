"""Tests of fluxstatus/commands/preflight."""

"""Tests of fluxstatus/commands/compare."""

"""Tests of fluxstatus/commands/explain."""

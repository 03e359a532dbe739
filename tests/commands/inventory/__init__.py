"""Tests of fluxstatus/commands/inventory."""

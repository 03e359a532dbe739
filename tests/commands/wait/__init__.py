"""Tests of fluxstatus/commands/wait."""

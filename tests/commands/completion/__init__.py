"""Tests of fluxstatus/commands/completion."""

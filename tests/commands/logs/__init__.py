"""Tests of fluxstatus/commands/logs."""

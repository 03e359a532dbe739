"""Tests of fluxstatus/commands/events."""

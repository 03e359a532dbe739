"""Tests of fluxstatus/commands/accept."""

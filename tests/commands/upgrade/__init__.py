"""Tests of fluxstatus/commands/upgrade."""

"""Tests of fluxstatus/commands/versions."""

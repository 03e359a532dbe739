"""Tests of fluxstatus/commands/conditions."""

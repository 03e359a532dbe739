"""Tests of fluxstatus/commands/get."""

"""Tests of fluxstatus/commands/ui."""

"""Tests of fluxstatus/commands/mcp."""

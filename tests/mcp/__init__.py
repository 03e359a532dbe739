"""Tests of fluxstatus/mcp."""

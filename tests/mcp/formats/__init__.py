"""Tests of fluxstatus/mcp/formats."""

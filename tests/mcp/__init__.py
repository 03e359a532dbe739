"""Tests of what concerns the MCP server."""

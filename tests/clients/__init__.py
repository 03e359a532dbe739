"""Tests with the MCP clients themselves, from the npm registry: `tests/run -m clients`."""

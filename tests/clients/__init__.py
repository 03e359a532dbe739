"""Tests with the MCP clients themselves, from npm and PyPI: `tests/run -m clients`."""

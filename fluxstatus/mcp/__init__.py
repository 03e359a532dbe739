"""The MCP server of the Flux Operator: suggest it, set it up, verify that it is read-only."""

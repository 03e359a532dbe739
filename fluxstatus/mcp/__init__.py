"""The Flux Operator's MCP server: when to suggest it, setting it up, proving that it only reads."""

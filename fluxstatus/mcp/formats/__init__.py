"""The file formats of MCP clients, edited in place."""

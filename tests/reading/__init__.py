"""What becomes of the answers of an API server: read, in part, or unread for a reason."""

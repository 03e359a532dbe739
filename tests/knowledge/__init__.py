"""The rules that turn a controller's words into a cause and a fix."""

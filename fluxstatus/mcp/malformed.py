"""What is said of a configuration that we had better not touch."""


class MalformedError(Exception):
    """A configuration file does not parse, or has a form that we do not change; the text says."""

"""One object, or one code, explained: all that is known of it, the cause and the fix first."""

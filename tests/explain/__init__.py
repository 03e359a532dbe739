"""One object, or one code, explained."""

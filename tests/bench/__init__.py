"""How fast the whole program is, beside what it replaces."""

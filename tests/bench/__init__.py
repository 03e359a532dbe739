"""How fast the whole program is, compared with what it replaces."""

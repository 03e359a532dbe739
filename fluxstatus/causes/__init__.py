"""From symptoms to causes: one cause per fault, and what it blocks."""

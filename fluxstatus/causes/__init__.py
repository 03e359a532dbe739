"""From symptoms to causes: one cause per fault, and the objects that it blocks."""

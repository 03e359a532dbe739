"""What the evidence says about each object: pure functions of it."""

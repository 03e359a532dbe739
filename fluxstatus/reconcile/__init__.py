"""Whether a reconciliation would help an object, what happens by itself, and how to ask for one."""

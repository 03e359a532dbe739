"""What the command line does beyond one check: a module each."""

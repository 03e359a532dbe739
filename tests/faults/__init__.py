"""Faults of what surrounds the program, each caused for real."""

"""Habits: found where they are, and nowhere else."""

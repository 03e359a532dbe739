"""Tests of where an object is from, and what comes from it."""

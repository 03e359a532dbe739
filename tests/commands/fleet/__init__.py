"""Tests of `fleet`."""

"""Tests of single objects of any kind."""

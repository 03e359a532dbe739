"""Tests of fluxstatus/lookup."""

"""Tests of fluxstatus/state."""

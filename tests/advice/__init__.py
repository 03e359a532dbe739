"""Tests of fluxstatus/advice."""

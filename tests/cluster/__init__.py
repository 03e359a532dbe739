"""Tests of fluxstatus/cluster."""

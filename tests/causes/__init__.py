"""Tests of fluxstatus/causes."""

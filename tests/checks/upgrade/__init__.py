"""Tests of fluxstatus/checks/upgrade."""

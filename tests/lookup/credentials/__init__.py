"""Tests of fluxstatus/lookup/credentials."""

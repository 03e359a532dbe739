"""Tests of fluxstatus/model."""

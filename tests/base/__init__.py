"""Tests of fluxstatus/base."""

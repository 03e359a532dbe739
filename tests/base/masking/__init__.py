"""Tests of fluxstatus/base/masking."""

"""Tests of fluxstatus/commands/reconcile."""

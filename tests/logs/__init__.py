"""Tests of the logs of controllers."""

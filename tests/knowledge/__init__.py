"""Tests of the rules: the cause and fix for the messages of controllers."""

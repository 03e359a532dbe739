"""These tests install programs from npm and PyPI, so they run only if they are asked for."""

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the tests of this folder unless `-m clients` names them."""
    is_test = collection_path.name.startswith("test_")
    return True if is_test and "clients" not in config.option.markexpr else None

"""Versions as programs, images and API servers report them."""

import pytest

from fluxstatus.base.versions import minor_of, release_of, version_in


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Client Version: v1.34.1\nKustomize Version: v5.7.1\n", "v1.34.1"),
        ("Client Version: v1.33.4-eks-99d6cc0\n", "v1.33.4-eks-99d6cc0"),
        ("flux version 2.9.4\n", "2.9.4"),
        ("flux version 2.9.0-rc.1+build.7\n", "2.9.0-rc.1+build.7"),
        ("flux-operator-mcp version v0.33.0\n", "v0.33.0"),
        ("client: 0.0.0-dev.0\n", "0.0.0-dev.0"),
        ("version 1.2\n", ""),
        ("", ""),
    ],
)
def test_the_version_in_the_output_of_a_program(output: str, expected: str) -> None:
    """The first version of three numbers counts, with what is appended to it."""
    assert version_in(output) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v1.34.1", (1, 34)), ("1.27+", (1, 27)), ("v1.33.4-eks-99d6cc0", (1, 33)),
        ("2.9.4", (2, 9)), ("v0.0.0-master+$Format:%H$", (0, 0)), ("v2.9", (2, 9)),
        ("", None), ("main", None), ("latest-1.2.3", None), ("v2", None),
    ],
)  # fmt: skip
def test_the_minor_of_a_version(version: str, expected: tuple[int, int] | None) -> None:
    """Only a version at the start of the text counts."""
    assert minor_of(version) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v1.34.1", (1, 34, 1, 1)), ("2.9.0-rc.1", (2, 9, 0, 0)), ("2.9.0+build", (2, 9, 0, 1)),
        ("2.9", None), ("", None), ("main", None),
    ],
)  # fmt: skip
def test_the_key_of_a_version(version: str, expected: tuple[int, ...] | None) -> None:
    """A version without a patch number has no place in the order."""
    assert release_of(version) == expected


def test_the_order_of_versions() -> None:
    """Numbers are compared as numbers, and a pre-release comes before its release."""
    ordered = ["v1.9.0", "v1.10.0-rc.1", "v1.10.0", "v1.10.1", "v2.0.0"]
    keys = [release_of(version) for version in ordered]
    assert None not in keys
    assert sorted(key for key in keys if key) == keys

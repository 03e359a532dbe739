"""The release process: .ci/release runs it, docs/release.md describes it.

Nothing in this package is installed. It needs only pip.
"""

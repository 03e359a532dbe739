"""How a release is made: docs/release.md tells the way, .ci/release goes it.

Nothing of this is installed. It needs no package but pip.
"""

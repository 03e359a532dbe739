"""The Secrets that an object uses: which keys they have, never a value."""

"""What the template prints of a Secret, and what is not its output."""

import pytest

from fluxstatus.cluster.processes import ProgramError
from fluxstatus.lookup.credentials.queries import read
from fluxstatus.model.evidence import Why


def test_a_secret_may_have_no_keys() -> None:
    """A Secret that was read has a type; without data it has no keys."""
    answer = read("type\tOpaque\t\n")
    assert (answer.type, answer.keys) == ("Opaque", {})


@pytest.mark.parametrize("output", ["", "key\tpassword\t\n", "hello\n"])
def test_what_is_no_secret_is_not_one_without_keys(output: str) -> None:
    """Output without a type is of something else, so no key is known to be missing."""
    with pytest.raises(ProgramError) as caught:
        read(output)
    assert caught.value.unread.why is Why.GARBLED

"""Every format is there, and every one gives text for every report."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.model.findings import Report
from fluxstatus.report import RENDER, CheckFormat, Format, Look, TreeFormat
from fluxstatus.report.tree import DRAW
from fluxstatus.report.yaml import DOCUMENTS
from tests.report.reports import PATIENT, REPORTS

LOOKS = st.builds(Look, st.integers(0, 250), *[st.booleans()] * 6)


def test_each_format_has_a_renderer() -> None:
    """A format that can be asked for can be given."""
    assert tuple(RENDER) == get_args(CheckFormat)
    assert tuple(DRAW) == get_args(TreeFormat)
    assert tuple(DOCUMENTS) == (Format.JSON, Format.YAML, Format.NAME)


@pytest.mark.parametrize("form", RENDER)
@PATIENT
@given(report=REPORTS, look=LOOKS)
def test_a_renderer_gives_text_for_any_report(
    form: CheckFormat, report: Report, look: Look
) -> None:
    """The same report gives the same text, which ends a line and can be written as UTF-8."""
    text = RENDER[form](report, look)
    assert text.endswith("\n")
    assert text.encode() == RENDER[form](report, look).encode()

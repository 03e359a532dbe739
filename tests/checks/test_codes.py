"""The collected codes of the check."""

from fluxstatus.checks import STEPS
from fluxstatus.checks.codes import known_codes
from fluxstatus.knowledge import meanings


def test_every_code_of_a_step_is_collected() -> None:
    """Each code has every step that reports it, and its own meaning."""
    pairs = {(code, step.id) for step in STEPS for code in (*step.codes(), *step.advice_codes)}
    assert pairs == {(known.code, step) for known in known_codes().values() for step in known.steps}
    for step in STEPS:
        for code in (*step.codes(), *step.advice_codes):
            assert known_codes()[code].meaning == code.meaning


def test_a_code_is_a_fault_or_advice() -> None:
    """No code is a fault in one step and advice in another."""
    faults = {code for step in STEPS for code in step.codes()}
    advice = {code for step in STEPS for code in step.advice_codes}
    assert advice
    assert not faults & advice
    assert {code for code, known in known_codes().items() if known.category == "habit"} == advice


def test_the_codes_of_the_rules_are_those_of_steps() -> None:
    """A code of a rule is collected with the meaning that its rule declares."""
    shared = known_codes().keys() & meanings().keys()
    assert len(shared) > 200
    assert all(known_codes()[code].meaning == meanings()[code] for code in shared)

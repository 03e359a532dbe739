"""The time limit of a whole command."""

import time

from fluxstatus.base.deadline import Deadline


def test_time_is_shared_and_runs_out() -> None:
    """What one step has used is missing for the next, and nothing is left in the end."""
    deadline = Deadline(0.05)
    assert 0 < deadline.remaining() <= 0.05
    time.sleep(0.06)
    assert deadline.remaining() == 0
    assert deadline.within(5).remaining() == 0


def test_a_part_of_it() -> None:
    """A step may have less time, but never more."""
    assert 0.1 < Deadline(60).within(1).remaining() <= 1
    assert 0.1 < Deadline(1).within(60).remaining() <= 1
    assert str(Deadline(7).within(60)) == "7s"


def test_it_begins_again_for_the_next_look() -> None:
    """--watch has as much time for each look."""
    deadline = Deadline(60)
    deadline.end -= 60
    assert deadline.remaining() == 0
    deadline.restart()
    assert deadline.remaining() > 50


def test_it_is_printed_as_it_was_typed() -> None:
    """Messages repeat --timeout, and say how much of it a step had."""
    assert [str(Deadline(length)) for length in (3, 0.5, 60, 90)] == ["3s", "0.5s", "1m", "90s"]
    deadline = Deadline(10)
    began = deadline.end - 10
    assert [deadline.time_for(began + late) for late in (0.1, 6, 9.96, 11)] == [10, 4, 0, 0]


def test_a_step_that_had_most_of_it_had_the_whole() -> None:
    """From nine tenths on: users look for the number that they typed."""
    deadline = Deadline(10)
    deadline.end = 1000.0
    begins = (989.0, 990.0, 991.0, 991.25, 991.5, 1000.0, 1001.0)
    assert [deadline.time_for(began) for began in begins] == [10, 10, 10, 8.8, 8.5, 0, 0]
    assert str(Deadline(1 / 3)) == "0.333s"

"""A job runs once at a time, and what is asked for while it runs, up to its very end, is done once more."""

from clinic_desk.notifications.turns import Turns


def test_what_is_asked_for_while_it_runs_is_done_once_more() -> None:
    turns = Turns()
    assert turns.begins("queue")
    assert not turns.begins("queue")
    assert not turns.begins("queue")
    assert turns.begins("replies"), "another job"
    assert turns.goes_on("queue")
    assert not turns.goes_on("queue")
    assert turns.begins("queue"), "it has ended"


def test_one_that_runs_can_be_asked_for_more_without_beginning_another() -> None:
    turns = Turns()
    turns.ask("queue")
    assert turns.begins("queue")
    assert not turns.goes_on("queue"), "it did not run then"
    assert turns.begins("queue")
    turns.ask("queue")
    assert turns.goes_on("queue")
    assert not turns.goes_on("queue")


def test_a_job_that_failed_may_begin_again_and_owes_nothing() -> None:
    turns = Turns()
    assert turns.begins("queue")
    assert not turns.begins("queue")
    turns.fails("queue")
    assert turns.begins("queue")
    assert not turns.goes_on("queue")


def test_nothing_begins_or_goes_on_once_it_is_closed() -> None:
    turns = Turns()
    assert turns.begins("queue")
    turns.begins("queue")
    turns.close()
    assert not turns.wait(0.01)
    assert not turns.goes_on("queue")
    assert turns.wait(0.01)
    assert not turns.begins("queue")

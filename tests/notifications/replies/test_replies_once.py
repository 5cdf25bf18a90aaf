"""Replies opt out and in, and each is dealt with once: whoever polls, crashes or fails meanwhile."""

import dataclasses
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clinic_desk.database.engine import Database
from clinic_desk.database.queries import inbox as queries_inbox
from clinic_desk.errors import ProviderDown
from clinic_desk.notifications.replies import poll_replies
from clinic_desk.notifications.senders.twilio import TwilioAccount, TwilioSender
from tests.support.replies import ALONE, FAMILY, Board, Listed
from tests.support.twilio_server import ACCOUNT, NUMBER, TOKEN, Fault, TwilioServer

# --- opting out and in ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["Stop.", "Abmelden"])
def test_a_word_of_the_stop_family_opts_the_number_out(
    board: Board, worker: Database, provider: Listed, word: str
) -> None:
    provider.hear(FAMILY, word)
    poll_replies(worker, provider)
    assert board.note(FAMILY) == ("opted-out", "reply")
    assert board.inbox() == [("stop", "done", None, None)]


def test_cancel_opts_out_as_it_does_at_the_provider_and_still_waits_for_the_desk(
    board: Board, worker: Database, provider: Listed
) -> None:
    appointment = board.appointment(2)
    provider.hear(ALONE, "Cancel")
    poll_replies(worker, provider)
    assert board.note(ALONE) == ("opted-out", "reply")
    assert board.answer(appointment)[0] == "needs-action"
    assert board.inbox() == [("stop", "open", board.clinic.patients[2], None)]


def test_stop_inside_a_sentence_is_for_a_person_to_read(board: Board, worker: Database, provider: Listed) -> None:
    provider.hear(ALONE, "stop by at 9?")
    poll_replies(worker, provider)
    assert board.note(ALONE) is None
    assert board.inbox()[0][:2] == ("other", "open")


def test_start_opts_in_again(board: Board, worker: Database, provider: Listed) -> None:
    provider.hear(ALONE, "STOP", ago=timedelta(minutes=2))
    provider.hear(ALONE, "START", ago=timedelta(minutes=1))
    poll_replies(worker, provider)
    assert board.note(ALONE) is None
    assert [row[:2] for row in board.inbox()] == [("stop", "done"), ("start", "done")]


def test_words_are_obeyed_in_the_order_they_were_written(board: Board, worker: Database, provider: Listed) -> None:
    provider.hear(ALONE, "START", ago=timedelta(minutes=2))
    provider.hear(ALONE, "STOP", ago=timedelta(minutes=1))
    provider.messages.reverse()
    poll_replies(worker, provider)
    assert board.note(ALONE) == ("opted-out", "reply")


def test_yes_opts_in_where_the_number_had_opted_out_and_else_is_a_yes(
    board: Board, worker: Database, provider: Listed
) -> None:
    provider.hear(ALONE, "STOP", ago=timedelta(minutes=3))
    provider.hear(ALONE, "YES", ago=timedelta(minutes=2))
    poll_replies(worker, provider)
    assert board.note(ALONE) is None
    assert [row[:2] for row in board.inbox()] == [("stop", "done"), ("start", "done")]
    appointment = board.appointment(2)
    provider.hear(ALONE, "YES")
    poll_replies(worker, provider)
    assert board.answer(appointment)[0] == "accepted"


def test_no_other_yes_lifts_an_opt_out(board: Board, worker: Database, provider: Listed) -> None:
    """At the provider the number stays blocked: JA is no word of its START family."""
    provider.hear(ALONE, "STOP", ago=timedelta(minutes=3))
    provider.hear(ALONE, "JA", ago=timedelta(minutes=2))
    poll_replies(worker, provider)
    assert board.note(ALONE) == ("opted-out", "reply")


# --- once, whatever happens -------------------------------------------------------------------------------------------


def test_what_was_dealt_with_is_not_dealt_with_again(board: Board, worker: Database, provider: Listed) -> None:
    appointment = board.appointment(2)
    provider.hear(ALONE, "C")
    provider.hear(FAMILY, "STOP")
    assert poll_replies(worker, provider) == 2
    board.change("DELETE FROM contact_note")
    board.change("UPDATE appointment SET answer = 'needs-action' WHERE id = %s", appointment)
    assert [poll_replies(worker, provider) for _ in range(3)] == [0, 0, 0]
    assert board.note(FAMILY) is None
    assert board.answer(appointment)[0] == "needs-action"


def test_what_is_older_than_two_days_is_left_alone(board: Board, worker: Database, provider: Listed) -> None:
    provider.hear(ALONE, "STOP", ago=timedelta(days=2, minutes=1))
    assert poll_replies(worker, provider) == 0
    assert board.note(ALONE) is None


@pytest.mark.parametrize("step", ["opt_out", "patients_of", "keep"])
def test_a_crash_at_any_step_loses_nothing_and_repeats_nothing(
    board: Board, worker: Database, provider: Listed, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    provider.hear(ALONE, "STOP", ago=timedelta(minutes=1))
    provider.hear(FAMILY, "STOP")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(queries_inbox, step, crash)
        with pytest.raises(KeyboardInterrupt):
            poll_replies(worker, provider)
    assert board.inbox() == []
    assert board.note(ALONE) is None
    assert poll_replies(worker, provider) == 2
    assert board.note(ALONE) == board.note(FAMILY) == ("opted-out", "reply")


def test_two_workers_at_once_deal_with_each_reply_once(
    board: Board, make_worker: Callable[[], Database], provider: Listed
) -> None:
    appointment = board.appointment(2)
    provider.hear(ALONE, "C")
    for number in range(10):
        provider.hear(FAMILY, f"question {number}")
    workers = [make_worker() for _ in range(4)]
    counts: list[int] = []
    start = threading.Barrier(4)

    def poll(each: Database) -> None:
        start.wait()
        counts.append(poll_replies(each, provider))

    threads = [threading.Thread(target=poll, args=(each,)) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 11
    assert board.answer(appointment) == ("accepted", 2)
    assert len(board.inbox()) == 11


def test_one_reply_that_cannot_be_kept_does_not_stop_the_others(
    board: Board, worker: Database, provider: Listed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keep = queries_inbox.keep

    def refusing(connection: Any, message: Any) -> bool:
        if message.body == "poison":
            message = dataclasses.replace(message, meaning="odd")
        return keep(connection, message)

    monkeypatch.setattr(queries_inbox, "keep", refusing)
    provider.hear(ALONE, "poison", ago=timedelta(minutes=1))
    provider.hear(FAMILY, "fine")
    assert poll_replies(worker, provider) == 1
    assert len(board.inbox()) == 1
    assert "poison" not in caplog.text
    assert ALONE not in caplog.text


def test_hostile_texts_are_kept_as_texts(board: Board, worker: Database, provider: Listed) -> None:
    for body in ("nul \x00 inside", "x" * 100_000, "\ud800", "'; DROP TABLE patient; --", "%(x)s %"):
        provider.hear(ALONE, body)
    provider.hear("\x00<b>" + "9" * 500, "C")
    assert poll_replies(worker, provider) == 6
    assert {row[1] for row in board.inbox()} == {"open"}


def test_a_provider_that_cannot_be_read_is_told_and_read_later(
    board: Board, worker: Database, provider: Listed
) -> None:
    provider.hear(ALONE, "STOP")
    provider.down = True
    with pytest.raises(ProviderDown):
        poll_replies(worker, provider)
    provider.down = False
    assert poll_replies(worker, provider) == 1


def test_it_stops_between_two_replies_when_told_to(board: Board, worker: Database, provider: Listed) -> None:
    for _ in range(3):
        provider.hear(ALONE, "hello")
    stops = iter([False, True])
    assert poll_replies(worker, provider, stop=lambda: next(stops)) == 1
    assert poll_replies(worker, provider) == 2


def test_a_reply_comes_all_the_way_from_twilios_list(board: Board, worker: Database) -> None:
    appointment = board.appointment(2)
    with TwilioServer() as server:
        server.hear(ALONE, "C")
        server.hear(FAMILY, "Can you call me?")
        sender = TwilioSender(TwilioAccount(ACCOUNT, TOKEN, NUMBER, base_url=server.address))
        server.plan("GET", Fault(status=503))
        with pytest.raises(ProviderDown):
            poll_replies(worker, sender)
        assert poll_replies(worker, sender) == 2
        assert poll_replies(worker, sender) == 0
        sender.close()
        assert server.violations == []
    assert board.answer(appointment)[0] == "accepted"
    assert {row[:2] for row in board.inbox()} == {("confirm", "done"), ("other", "open")}

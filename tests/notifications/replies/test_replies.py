"""What patients write back is carried out once where it is clear, and waits for a person where it is not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import URL, text

from clinic_desk.database.engine import Database
from clinic_desk.notifications.replies import meaning_of, poll_replies
from tests.support.replies import ALONE, FAMILY, STRANGER, Board, Listed
from tests.support.sql import connected

# --- a yes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["C", " Sí! "])
def test_a_yes_to_the_only_open_request_marks_it_accepted(
    board: Board, worker: Database, provider: Listed, word: str
) -> None:
    appointment = board.appointment(2)
    provider.hear(ALONE, word)
    assert poll_replies(worker, provider) == 1
    assert board.answer(appointment) == ("accepted", 2)
    assert board.inbox() == [("confirm", "done", board.clinic.patients[2], appointment)]


def test_the_answer_is_in_the_history_as_the_workers_doing(board: Board, worker: Database, provider: Listed) -> None:
    appointment = board.appointment(2)
    provider.hear(ALONE, "C")
    poll_replies(worker, provider)
    with board.engine.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT o.command, h.db_user, h.after ->> 'answer' FROM history h JOIN operation o ON o.id = h.operation_id"
            " WHERE h.row_id = %s AND h.action = 'update'",
            (appointment,),
        ).one()
    assert tuple(row) == ("reply", "test_worker", "accepted")


def test_in_a_family_that_shares_a_number_the_open_request_tells_who_is_meant(
    board: Board, worker: Database, provider: Listed
) -> None:
    child = board.appointment(1)
    provider.hear(FAMILY, "C")
    poll_replies(worker, provider)
    assert board.answer(child)[0] == "accepted"
    assert board.inbox() == [("confirm", "done", board.clinic.patients[1], child)]


def test_a_restricted_patient_is_known_by_a_number_that_no_desk_sees_and_so_is_what_she_wrote_kept(
    board: Board, worker: Database, provider: Listed, url_as: Callable[[Any], URL]
) -> None:
    appointment, her = board.appointment(2), board.clinic.patients[2]
    with connected(url_as("clinic_manager")) as manager:
        manager.execute(text("UPDATE patient SET restricted = true WHERE id = :id"), {"id": her})
    provider.hear(ALONE, "C")
    poll_replies(worker, provider)
    assert board.answer(appointment) == ("accepted", 2)
    assert board.inbox() == [("confirm", "done", her, appointment)]
    with worker.reading() as connection:
        assert connection.execute(text("SELECT sender, body FROM inbound_message")).all() == [("", "")]


def test_the_appointment_of_a_record_that_was_merged_is_found_by_the_number_of_the_other(
    board: Board, worker: Database, provider: Listed
) -> None:
    kept, merged = board.clinic.patients[2], board.clinic.patients[3]
    appointment = board.appointment(3, told=None)
    board.tell(appointment, 3, recipient=ALONE)
    board.change("UPDATE patient SET merged_into_id = %s WHERE id = %s", kept, merged)
    provider.hear(ALONE, "C")
    poll_replies(worker, provider)
    assert board.answer(appointment)[0] == "accepted"
    assert board.inbox() == [("confirm", "done", kept, appointment)]


def test_a_yes_that_could_mean_two_appointments_waits_for_the_desk(
    board: Board, worker: Database, provider: Listed
) -> None:
    both = [board.appointment(0), board.appointment(1)]
    provider.hear(FAMILY, "C")
    poll_replies(worker, provider)
    assert [board.answer(each)[0] for each in both] == ["needs-action"] * 2
    assert board.inbox() == [("confirm", "open", None, None)]


def test_a_yes_to_nothing_waits_for_the_desk(board: Board, worker: Database, provider: Listed) -> None:
    provider.hear(ALONE, "C")
    provider.hear(STRANGER, "C")
    poll_replies(worker, provider)
    assert board.inbox() == [
        ("confirm", "open", board.clinic.patients[2], None),
        ("confirm", "open", None, None),
    ]


def test_only_what_the_number_was_asked_about_can_be_accepted(board: Board, worker: Database, provider: Listed) -> None:
    cases: dict[int, dict[str, Any]] = {
        2: {"status": "cancelled"},
        3: {"status": "waitlist"},
        4: {"answer": "accepted"},
        5: {"answer": "declined"},
        7: {"told": None},
        8: {"told": -timedelta(hours=1)},
        9: {"kind": "cancelled"},
        0: {"kind": "waitlist-offer"},
    }
    appointments = [board.appointment(patient, **others) for patient, others in cases.items()]
    before = [board.answer(each) for each in appointments]
    for patient in cases:
        provider.hear(board.phone(patient), "C")
    poll_replies(worker, provider)
    assert [board.answer(each) for each in appointments] == before
    assert {row[:2] for row in board.inbox()} == {("confirm", "open")}


def test_a_visit_that_has_begun_is_not_accepted_any_more(board: Board, worker: Database, provider: Listed) -> None:
    now = datetime.now(UTC)
    begun = board.appointment(2, starts_at=now - timedelta(minutes=5), ends_at=now + timedelta(minutes=10))
    provider.hear(ALONE, "C")
    poll_replies(worker, provider)
    assert board.answer(begun)[0] == "needs-action"


def test_a_yes_to_the_old_time_is_none_to_the_new(board: Board, worker: Database, provider: Listed) -> None:
    appointment = board.appointment(2)
    board.change(
        "UPDATE appointment SET starts_at = starts_at + INTERVAL '1 day', ends_at = ends_at + INTERVAL '1 day'"
        " WHERE id = %s",
        appointment,
    )
    provider.hear(ALONE, "C")
    poll_replies(worker, provider)
    assert board.answer(appointment)[0] == "needs-action"
    assert board.inbox()[0][:2] == ("confirm", "open")


def test_a_yes_after_a_message_about_another_appointment_is_not_guessed_at(
    board: Board, worker: Database, provider: Listed
) -> None:
    waiting = board.appointment(2, told=timedelta(days=3))
    board.appointment(2, told=timedelta(minutes=5), kind="cancelled", status="cancelled")
    provider.hear(ALONE, "ok")
    poll_replies(worker, provider)
    assert board.answer(waiting)[0] == "needs-action"
    assert board.inbox()[0][:2] == ("confirm", "open")


def test_an_answer_from_a_number_the_message_did_not_go_to_is_not_taken(
    board: Board, worker: Database, provider: Listed
) -> None:
    """The patient's number changed since; the new owner of the old one may be anybody."""
    appointment = board.appointment(2)
    board.change("UPDATE patient SET phone = %s WHERE id = %s", STRANGER, board.clinic.patients[2])
    provider.hear(ALONE, "C")
    provider.hear(STRANGER, "C")
    poll_replies(worker, provider)
    assert board.answer(appointment)[0] == "needs-action"


@pytest.mark.parametrize("body", ["Can I come at 11?", ""])
def test_anything_else_waits_for_the_desk_with_its_patient(
    board: Board, worker: Database, provider: Listed, body: str
) -> None:
    appointment = board.appointment(2)
    provider.hear(ALONE, body)
    poll_replies(worker, provider)
    assert board.answer(appointment)[0] == "needs-action"
    assert board.inbox() == [("other", "open", board.clinic.patients[2], None)]


MEANINGS = {
    "confirm": ["C", "c.", " Yes! ", "JA", "Sí", "si", "Oui", "ok", "OKAY", "Bestätigt", "confirmé", "y", "Ｙｅｓ"],
    "stop": ["STOP", "stop", "Stop.", "STOPALL", "Unsubscribe", "END", "Quit", "revoke", "OPTOUT", "CANCEL", "“stop”"],
    "start": ["START", "unstop", "Start!"],
    "other": ["No", "C please", "Can I come at 11?", "", "👍", "cc", "not ok", "yes but later", "1", "please stop"],
}
MEANINGS["stop"] += ["Arrêt", "arrete", "Abmelden", "baja", "stopp"]
MEANINGS["other"] += ["STOP!! STOP!!", "s t o p", "ОК", "c\nc", "نعم", "stopping", "help"]


@pytest.mark.parametrize(
    ("body", "meaning"), [(body, meaning) for meaning, bodies in MEANINGS.items() for body in bodies]
)
def test_a_word_is_known_when_it_stands_alone_whatever_its_dress(body: str, meaning: str) -> None:
    assert meaning_of(body) == meaning

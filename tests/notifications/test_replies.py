"""What patients write back is carried out once where it is clear, and waits for a person where it is not."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database import queries_inbox
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.messaging import Heard
from clinic_desk.domain.records import Channel
from clinic_desk.errors import ProviderDown
from clinic_desk.notifications.replies import meaning_of, poll_replies
from clinic_desk.notifications.senders.twilio import TwilioAccount, TwilioSender
from tests.support.bookings import at, stored
from tests.support.small_clinic import SmallClinic
from tests.support.twilio_server import ACCOUNT, NUMBER, TOKEN, Fault, TwilioServer

FAMILY = "+493012345671"
ALONE = "+493012345672"
STRANGER = "+4915112345678"


class Listed:
    """Stands for a provider: what was written, as its list has it. `heard` may be told to fail."""

    channel = Channel.SMS

    def __init__(self) -> None:
        self.messages: list[Heard] = []
        self.down = False

    def hear(self, sender: str, body: str, *, ago: timedelta = timedelta(), sid: str = "") -> str:
        sid = sid or f"SM{uuid4().hex}"
        self.messages.append(Heard(sid, sender, body, datetime.now(UTC) - ago))
        return sid

    def heard(self, since: datetime) -> tuple[Heard, ...]:
        if self.down:
            raise ProviderDown(self.channel, "no answer")
        return tuple(each for each in self.messages if each.received_at >= since)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)  # nothing else of a sender is asked


@pytest.fixture
def provider() -> Listed:
    return Listed()


@pytest.fixture
def make_worker(url_as: Callable[[Any], URL]) -> Iterator[Callable[[], Database]]:
    made: list[Database] = []

    def make() -> Database:
        made.append(Database(url_as("clinic_worker"), DeskIdentity(uuid4(), f"Worker {len(made) + 1}")))
        return made[-1]

    yield make
    for each in made:
        each.dispose()


@pytest.fixture
def worker(make_worker: Callable[[], Database]) -> Database:
    return make_worker()


class Board:
    """Writes appointments and their messages as the owner, and reads what came of a reply."""

    def __init__(self, engine: Engine, clinic: SmallClinic) -> None:
        self.engine = engine
        self.clinic = clinic
        self.hour = 8

    def appointment(self, patient: int = 0, **others: Any) -> UUID:
        """Book a future checkup; a message about it was sent an hour ago unless `told` says otherwise."""
        told = others.pop("told", timedelta(hours=1))
        kind = others.pop("kind", "confirmation")
        starts_at = at(self.clinic.monday, self.hour)
        self.hour += 1
        key = uuid4()
        row: dict[str, Any] = {
            "id": key,
            "patient_id": self.clinic.patients[patient],
            "practitioner_id": self.clinic.weber,
            "site_id": self.clinic.berlin,
            "type_id": self.clinic.checkup,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=15),
        } | others
        with self.engine.begin() as connection:
            names = ", ".join(row)
            marks = ", ".join(f"%({name})s" for name in row)
            connection.exec_driver_sql(f"INSERT INTO appointment ({names}) VALUES ({marks})", row)
        if told is not None:
            self.tell(key, patient, ago=told, kind=kind)
        return key

    def tell(self, appointment_id: UUID, patient: int, **others: Any) -> None:
        """Put a message into the queue as it stands after it was sent."""
        moment = datetime.now(UTC) - others.pop("ago", timedelta(hours=1))
        row = {
            "id": uuid4(),
            "appointment_id": appointment_id,
            "patient_id": self.clinic.patients[patient],
            "kind": "confirmation",
            "channel": "sms",
            "dedupe_key": uuid4().hex,
            "recipient": self.phone(patient),
            "status": "delivered",
            "sending_started_at": moment,
            "sent_at": moment,
            "not_after": stored(self.engine, appointment_id)["starts_at"],
        } | others
        with self.engine.begin() as connection:
            names = ", ".join(row)
            marks = ", ".join(f"%({name})s" for name in row)
            connection.exec_driver_sql(f"INSERT INTO notification ({names}) VALUES ({marks})", row)

    def phone(self, patient: int) -> str:
        with self.engine.connect() as connection:
            key = self.clinic.patients[patient]
            return str(connection.exec_driver_sql("SELECT phone FROM patient WHERE id = %s", (key,)).scalar_one())

    def change(self, statement: str, *values: Any) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement, values)

    def answer(self, appointment_id: UUID) -> tuple[str, int]:
        row = stored(self.engine, appointment_id)
        return row["answer"], row["version"]

    def inbox(self) -> list[tuple[Any, ...]]:
        """(meaning, status, patient, appointment) of each kept reply, in the order they were written."""
        with self.engine.connect() as connection:
            return [
                tuple(row)
                for row in connection.exec_driver_sql(
                    "SELECT meaning, status, patient_id, appointment_id FROM inbound_message ORDER BY received_at"
                )
            ]

    def note(self, address: str) -> tuple[Any, ...] | None:
        with self.engine.connect() as connection:
            row = connection.exec_driver_sql(
                "SELECT state, source FROM contact_note WHERE channel = 'sms' AND address = %s", (address,)
            ).first()
            return None if row is None else tuple(row)


@pytest.fixture
def board(owner_engine: Engine, clinic: SmallClinic) -> Board:
    return Board(owner_engine, clinic)


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
    import threading

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

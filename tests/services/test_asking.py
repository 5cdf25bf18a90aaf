"""A free time offered by message, one patient at a time: a yes takes it, first yes wins, and nobody is asked twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.queries import offer_replies as queries_offer_replies
from clinic_desk.domain.asking import (
    AlreadyOffered,
    AskNext,
    NobodyAsked,
    RoundOver,
    RoundState,
    StartOffers,
    WithdrawOffers,
)
from clinic_desk.domain.patients_merge import MergePatients
from clinic_desk.domain.undoing import TakeBack
from clinic_desk.domain.waiting import AddWish, CloseWish, Closing, Offer, Wish, booking_of
from clinic_desk.errors import DatabaseDown, NotAllowed
from clinic_desk.notifications import replies
from clinic_desk.services import asking, booking, calendar, messages, undoing, waiting
from clinic_desk.services.patients_merge import merge_patients
from clinic_desk.services.waiting import Freed
from tests.support.bookings import at, count, overlaps, stored
from tests.support.offers import Waiters, waiters
from tests.support.queued import run
from tests.support.replies import Listed
from tests.support.small_clinic import SmallClinic

PHONES = {2: "+493012345672", 3: "+493012345673", 4: "+493012345674"}


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


@pytest.fixture
def provider() -> Listed:
    return Listed()


@pytest.fixture
def three(database: Database, owner_engine: Engine, clinic: SmallClinic) -> Waiters:
    """Three who wait for the gap, reached by SMS."""
    return waiters(database, owner_engine, clinic)


def answers(worker: Database, provider: Listed, patient: int, body: str, **other: Any) -> None:
    """A patient writes back, and whoever works the queue reads it and does what it means."""
    provider.hear(PHONES[patient], body, **other)
    replies.poll_replies(worker, provider)
    asking.work(worker)


def inbox(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT body, meaning, status, appointment_id IS NOT NULL FROM inbound_message ORDER BY received_at"
        )
        return [tuple(row) for row in rows]


# --- beginning --------------------------------------------------------------------------------------------------------


def test_the_best_one_is_asked_at_once_and_the_others_wait_their_turn(three: Waiters) -> None:
    begun = three.begin()
    assert three.states() == ["asked", "queued", "queued"]
    (message,) = three.messages("waitlist-offer")
    asked = three.asked()
    until = f"{asked.until_at.astimezone(UTC):%H}" if asked.until_at else ""
    assert (message[0], message[1]) == (three.clinic.patients[2], "pending")
    assert "03 Mar" in message[2] or "3 Mar 2031 at 09:00" in message[2]
    assert "Reply YES by" in message[2]
    assert until
    assert (begun.minutes, begun.state, begun.by) == (20, RoundState.RUNNING, "test_reception person")
    assert stored_minutes(asked.asked_at, asked.until_at) in range(20, 22)


def stored_minutes(begin: datetime | None, end: datetime | None) -> int:
    assert begin is not None
    assert end is not None
    return int((end - begin).total_seconds() // 60)


def test_whoever_cannot_be_reached_is_passed_over_and_it_is_said_why(three: Waiters) -> None:
    run(three.engine, "UPDATE patient SET channel = 'none' WHERE id = %s", three.clinic.patients[2])
    run(
        three.engine,
        "INSERT INTO contact_note (id, channel, address, state, source) VALUES (%s, 'sms', %s, 'opted-out', 'desk')",
        uuid4(),
        PHONES[3],
    )
    three.begin()
    assert three.states() == ["skipped", "skipped", "asked"]
    assert [one.reason for one in three.now().askings] == ["no-channel", "opted-out", ""]


def test_nothing_is_begun_if_nobody_can_be_asked(three: Waiters) -> None:
    run(three.engine, "UPDATE patient SET channel = 'none'")
    with pytest.raises(NobodyAsked) as refused:
        three.begin()
    assert [reason for _, reason in refused.value.reasons] == ["no-channel"] * 3
    assert (count(three.engine, "offer_round"), count(three.engine, "notification WHERE kind = 'waitlist-offer'")) == (
        0,
        0,
    )


def test_who_has_only_email_is_asked_to_call(three: Waiters) -> None:
    run(
        three.engine,
        "UPDATE patient SET channel = 'email', email = 'x@example.org' WHERE id = %s",
        three.clinic.patients[2],
    )
    run(three.engine, "UPDATE messaging SET email_by = 'folder'")
    three.begin()
    (message,) = three.messages("waitlist-offer")
    assert "Call us by" in message[2]
    assert three.asked().channel == "email"


def test_two_desks_do_not_offer_one_gap_at_once(three: Waiters, second_database: Database) -> None:
    begun = three.begin()
    with pytest.raises(AlreadyOffered) as refused:
        three.begin(db=second_database)
    assert refused.value.standing == begun
    assert count(three.engine, "offer_round") == 1


def test_the_time_that_is_offered_warns_at_every_desk_and_is_no_longer_proposed(
    three: Waiters, second_database: Database
) -> None:
    three.begin()
    for desk in (three.db, second_database):
        (hold,) = calendar.load_holds(desk, three.gap.starts_at, three.gap.ends_at)
        assert (hold.practitioner_id, hold.starts_at, hold.ends_at) == (
            three.clinic.weber,
            three.gap.starts_at,
            three.gap.ends_at,
        )
        assert (hold.offered_to, hold.expires_at) == (1, three.asked().until_at)
    offer = waiting.offer_for(three.db, freed(three), calendar.load_clinic(three.db))
    assert offer is not None, "the panel beside the calendar still shows it"
    assert three.fill().appointment.version == 1, "it warns; whoever books it has it"


def freed(three: Waiters) -> Freed:
    gap = three.gap
    return Freed(gap.practitioner_id, gap.site_id, gap.starts_at, gap.ends_at)


def test_the_list_of_messages_says_which_time_is_offered(three: Waiters) -> None:
    three.begin()
    (row,) = messages.messages_of_patient(three.db, three.clinic.patients[2])
    assert row.kind == "waitlist-offer"
    assert (row.starts_at, row.zone) == (three.gap.starts_at, "Europe/Berlin")


# --- a yes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["YES", "ja", "C", "Oui!"])
def test_a_yes_books_her_tells_her_and_bothers_nobody_else(
    three: Waiters, worker: Database, provider: Listed, word: str
) -> None:
    three.begin()
    three.leaves()
    answers(worker, provider, 2, word)
    assert three.states() == ["taken", "queued", "queued"]
    assert three.now().state is RoundState.TAKEN
    booked = stored(three.engine, three.now().askings[0].appointment_id)  # type: ignore[arg-type]
    assert (booked["patient_id"], booked["starts_at"], booked["practitioner_id"], booked["type_id"]) == (
        three.clinic.patients[2],
        three.gap.starts_at,
        three.clinic.weber,
        three.clinic.checkup,
    )
    assert [row[0] for row in three.messages("confirmation")].count(three.clinic.patients[2]) == 1
    assert len(three.messages("waitlist-offer")) == 1
    closed = {one.wish.id: one.wish.closed for one in waiting.waiting(three.db)}
    assert [closed[one.wish.id] for one in three.wishes] == [Closing.BOOKED, None, None]
    assert inbox(three.engine) == [(word, "confirm", "done", True)]


def test_what_a_yes_booked_is_in_the_history_as_the_workers_doing(
    three: Waiters, worker: Database, provider: Listed
) -> None:
    three.begin()
    three.leaves()
    answers(worker, provider, 2, "YES")
    with three.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT h.table_name, h.db_user FROM history h JOIN operation o ON o.id = h.operation_id"
            " WHERE o.command = 'Offers' ORDER BY 1"
        ).all()
    assert [tuple(row) for row in rows] == [
        (table, "test_worker") for table in ("appointment", "offer", "offer_round", "wish")
    ]


def test_a_yes_moves_forward_what_she_has(three: Waiters, worker: Database, provider: Listed) -> None:
    later = booking.book(three.db, _later(three))
    wish = waiting.add_wish(
        three.db, AddWish(Wish(uuid4(), three.clinic.patients[4], three.clinic.checkup, appointment_id=later.id))
    )
    run(
        three.engine,
        "UPDATE notification SET status = 'sent', sent_at = now() - interval '1 day' WHERE kind = 'confirmation'",
    )
    three.begin([wish])
    three.leaves()
    answers(worker, provider, 4, "YES")
    row = stored(three.engine, later.id)
    assert (row["starts_at"], row["practitioner_id"], row["status"]) == (
        three.gap.starts_at,
        three.clinic.weber,
        "booked",
    )
    assert row["wall_start"] == datetime(2031, 3, 3, 9)  # noqa: DTZ001 - wall time
    assert [one[0] for one in three.messages("rescheduled")] == [three.clinic.patients[4]]
    assert overlaps(three.engine) == 0


def _later(three: Waiters) -> Any:
    from tests.support.bookings import checkup

    clinic = three.clinic
    return checkup(clinic, at(clinic.monday, 15), patient_id=clinic.patients[4], practitioner_id=clinic.okafor)


def test_when_a_desk_was_first_she_is_told_and_a_desk_sees_it(
    three: Waiters, worker: Database, provider: Listed
) -> None:
    three.begin()
    three.leaves()
    provider.hear(PHONES[2], "YES")
    replies.poll_replies(worker, provider)
    three.fill()
    asking.work(worker)
    assert three.now().state is RoundState.LOST
    assert three.states()[0] == "lost"
    (gone,) = three.messages("waitlist-gone")
    assert gone[0] == three.clinic.patients[2]
    assert "taken" in gone[2]
    assert inbox(three.engine) == [("YES", "confirm", "open", False)]
    assert overlaps(three.engine) == 0


def test_a_late_yes_while_the_next_one_is_asked_is_told_that_it_is_late(
    three: Waiters, worker: Database, provider: Listed
) -> None:
    three.begin()
    three.leaves("40 minutes")
    three.runs_out("10 minutes")
    asking.work(worker)
    assert three.states() == ["lapsed", "asked", "queued"]
    answers(worker, provider, 2, "YES")
    assert three.states() == ["lapsed", "asked", "queued"]
    assert [row[0] for row in three.messages("waitlist-gone")] == [three.clinic.patients[2]]
    assert inbox(three.engine) == [("YES", "confirm", "open", False)]
    answers(worker, provider, 2, "yes")
    assert len(three.messages("waitlist-gone")) == 1, "she is told once"


def test_a_late_yes_takes_what_nobody_else_wanted(three: Waiters, worker: Database, provider: Listed) -> None:
    three.begin(three.wishes[:1])
    three.leaves("40 minutes")
    three.runs_out("10 minutes")
    asking.work(worker)
    assert three.now().state is RoundState.OVER
    answers(worker, provider, 2, "YES")
    assert (three.now().state, three.states()) == (RoundState.TAKEN, ["taken"])


def test_of_two_yeses_at_once_the_first_wins_and_the_other_is_told(
    three: Waiters, make_worker: Callable[[], Database], provider: Listed
) -> None:
    """The first one's yes was written in time but read late, when the next one had been asked."""
    workers = [make_worker() for _ in range(4)]
    three.begin()
    three.leaves("20 minutes")
    three.runs_out("2 minutes")
    asking.work(workers[0])
    three.leaves("10 seconds")
    provider.hear(PHONES[2], "YES", ago=timedelta(minutes=3))
    provider.hear(PHONES[3], "YES")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda db: replies.poll_replies(db, provider), workers))
        list(pool.map(asking.work, workers))
    asking.work(workers[0])
    assert sorted(three.states()) == ["lost", "queued", "taken"]
    assert len(three.messages("waitlist-gone")) == 1
    assert overlaps(three.engine) == 0
    assert count(three.engine, f"appointment WHERE starts_at = '{three.gap.starts_at.isoformat()}'") == 1


def test_two_desks_and_a_yes_race_for_the_gap_and_one_has_it(
    three: Waiters, second_database: Database, worker: Database, provider: Listed
) -> None:
    three.begin()
    three.leaves()
    provider.hear(PHONES[2], "YES")
    replies.poll_replies(worker, provider)

    def books(patient: int, db: Database) -> None:
        with suppress(Exception):
            three.fill(patient, db)

    with ThreadPoolExecutor(3) as pool:
        books_here, books_there = pool.submit(books, 6, three.db), pool.submit(books, 7, second_database)
        pool.submit(asking.work, worker).result()
        books_here.result()
        books_there.result()
    asking.work(worker)
    assert count(three.engine, f"appointment WHERE starts_at = '{three.gap.starts_at.isoformat()}'") == 1
    assert overlaps(three.engine) == 0
    assert three.now().state in {RoundState.TAKEN, RoundState.LOST}


def test_what_the_rules_refuse_by_now_is_not_booked(three: Waiters, worker: Database, provider: Listed) -> None:
    three.begin()
    three.leaves()
    provider.hear(PHONES[2], "YES")
    replies.poll_replies(worker, provider)
    run(
        three.engine,
        "INSERT INTO time_off (id, practitioner_id, starts_at, ends_at) VALUES (%s, %s, %s, %s)",
        uuid4(),
        three.clinic.weber,
        at(three.clinic.monday, 8),
        at(three.clinic.monday, 12),
    )
    asking.work(worker)
    assert three.states()[0] == "lost"
    assert three.now().state is RoundState.LOST
    assert len(three.messages("waitlist-gone")) == 1


def test_the_worker_books_nothing_that_no_desk_offered(three: Waiters, worker: Database) -> None:
    three.begin()
    asked = three.asked()
    with pytest.raises(NotAllowed), worker.writing() as connection:
        connection.exec_driver_sql(
            "SELECT take_offer(%s::uuid, %s::uuid, NULL, NULL, 0)", (str(asked.id), str(uuid4()))
        )
    with worker.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE offer SET answered_at = now(), starts_at = starts_at + interval '1 hour',"
            " ends_at = ends_at + interval '1 hour' WHERE id = %s",
            (asked.id,),
        )
    with pytest.raises(NotAllowed), worker.writing() as connection:
        connection.exec_driver_sql(
            "SELECT take_offer(%s::uuid, %s::uuid, NULL, NULL, 0)", (str(asked.id), str(uuid4()))
        )


# --- no answer, a no, and what ends it --------------------------------------------------------------------------------


def test_without_an_answer_the_next_one_is_asked_by_exactly_one_of_four_workers(
    three: Waiters, make_worker: Callable[[], Database]
) -> None:
    workers = [make_worker() for _ in range(4)]
    three.begin()
    three.leaves("40 minutes")
    asking.work(workers[0])
    assert three.states() == ["asked", "queued", "queued"], "her time is not over"
    three.runs_out()
    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(asking.work, workers))
    assert three.states() == ["lapsed", "asked", "queued"]
    assert len(three.messages("waitlist-offer")) == 2
    wish = next(one.wish for one in waiting.waiting(three.db) if one.wish.id == three.wishes[0].wish.id)
    assert wish.asked_at is not None, "she waits behind the others now"


def test_a_no_asks_the_next_one_at_once(three: Waiters, worker: Database, provider: Listed) -> None:
    three.begin()
    three.leaves()
    answers(worker, provider, 2, "Nein.")
    assert three.states() == ["declined", "asked", "queued"]
    assert inbox(three.engine) == [("Nein.", "decline", "done", False)]


def test_a_stop_is_a_no_too(three: Waiters, worker: Database, provider: Listed) -> None:
    three.begin()
    three.leaves()
    answers(worker, provider, 2, "STOP")
    assert three.states() == ["declined", "asked", "queued"]


def test_a_message_that_never_left_is_called_back_and_she_is_passed_over(three: Waiters, worker: Database) -> None:
    three.begin()
    three.runs_out()
    asking.work(worker)
    assert three.states() == ["skipped", "asked", "queued"]
    assert three.now().askings[0].reason == "not-sent"
    assert [row[1] for row in three.messages("waitlist-offer")] == ["cancelled", "pending"]


def test_a_message_that_fails_is_no_reason_to_wait(three: Waiters, worker: Database) -> None:
    three.begin()
    run(three.engine, "UPDATE notification SET status = 'failed', error_code = '21614' WHERE kind = 'waitlist-offer'")
    asking.work(worker)
    assert three.states() == ["skipped", "asked", "queued"]
    assert three.now().askings[0].reason == "21614"


def test_it_ends_when_nobody_is_left(three: Waiters, worker: Database) -> None:
    three.begin()
    for _ in three.wishes:
        three.leaves("40 minutes")
        three.runs_out()
        asking.work(worker)
    assert (three.now().state, three.states()) == (RoundState.OVER, ["lapsed"] * 3)
    assert asking.work(worker).steps == 0


def test_it_ends_when_a_desk_fills_the_gap(three: Waiters, worker: Database) -> None:
    three.begin()
    three.fill()
    asking.work(worker)
    assert (three.now().state, three.states()[0]) == (RoundState.LOST, "lost")
    assert [row[1] for row in three.messages("waitlist-offer")] == ["cancelled"], "it is not told any more"
    assert three.messages("waitlist-gone") == [], "nobody said yes"


def test_somebody_booked_from_the_list_at_a_desk_has_it(three: Waiters, worker: Database) -> None:
    """She phoned: book for her. Her message is called back, or what comes of it is known."""
    three.begin()
    taken = waiting.take_gap(three.db, booking_of(_fit(three, 0), three.gap))
    assert (three.now().state, three.states()) == (RoundState.TAKEN, ["taken", "queued", "queued"])
    assert three.now().askings[0].appointment_id == taken.after.id
    assert [row[1] for row in three.messages("waitlist-offer")] == ["cancelled"]
    assert asking.work(worker).steps == 0


def test_another_one_booked_from_the_list_ends_it_for_who_was_asked(three: Waiters) -> None:
    three.begin()
    waiting.take_gap(three.db, booking_of(_fit(three, 1), three.gap))
    assert three.states() == ["lost", "taken", "queued"]


def _fit(three: Waiters, number: int) -> Any:
    offer: Offer | None = waiting.offer_for(three.db, freed(three), calendar.load_clinic(three.db))
    assert offer is not None
    return next(fit for fit in offer.fits if fit.waiting.wish.id == three.wishes[number].wish.id)


def test_whose_wish_is_closed_is_not_asked_any_longer(three: Waiters, worker: Database) -> None:
    three.begin()
    waiting.close_wish(three.db, CloseWish(three.wishes[0].wish.id, 1))
    waiting.close_wish(three.db, CloseWish(three.wishes[1].wish.id, 1))
    asking.work(worker)
    assert three.states() == ["withdrawn", "skipped", "asked"]
    assert [row[1] for row in three.messages("waitlist-offer")] == ["cancelled", "pending"]


def test_whose_record_was_merged_is_not_asked_any_longer(three: Waiters, worker: Database) -> None:
    three.begin()
    merge_patients(three.db, MergePatients(three.wishes[2].patient, three.clinic.patients[2], 1))
    asking.work(worker)
    assert three.states()[:2] == ["withdrawn", "asked"]
    assert [row[1] for row in three.messages("waitlist-offer")] == ["cancelled", "pending"]


def test_nobody_is_waited_for_once_it_has_begun(three: Waiters, worker: Database) -> None:
    three.begin(three.wishes[:1])
    three.leaves()
    run(
        three.engine,
        "UPDATE offer SET starts_at = now() - interval '1 minute', ends_at = now() + interval '14 minutes'",
    )
    asking.work(worker)
    assert three.states() == ["lost"]


def test_while_a_desk_books_there_nobody_else_is_asked(three: Waiters, worker: Database) -> None:
    three.begin()
    three.leaves("40 minutes")
    run(
        three.engine,
        "INSERT INTO hold (id, desk_id, practitioner_id, starts_at, ends_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, now() + interval '1 minute')",
        uuid4(),
        three.db.desk.id,
        three.clinic.weber,
        three.gap.starts_at,
        three.gap.ends_at,
    )
    run(three.engine, "UPDATE offer SET state = 'lapsed' WHERE state = 'asked'")
    assert asking.work(worker).steps == 0
    run(three.engine, "DELETE FROM hold")
    asking.work(worker)
    assert three.states() == ["lapsed", "asked", "queued"]


# --- at a desk --------------------------------------------------------------------------------------------------------


def test_the_next_one_can_be_asked_now(three: Waiters, second_database: Database) -> None:
    begun = three.begin()
    first = three.asked().id
    asking.ask_next(second_database, AskNext(begun.id, first))
    assert three.states() == ["lapsed", "asked", "queued"]
    with pytest.raises(RoundOver) as refused:
        asking.ask_next(three.db, AskNext(begun.id, first, declined=True))
    assert refused.value.now.asked == three.asked()


def test_it_can_be_withdrawn_and_the_message_with_it(three: Waiters, worker: Database) -> None:
    begun = three.begin()
    ended = asking.withdraw_offers(three.db, WithdrawOffers(begun.id))
    assert (ended.state, three.states()) == (RoundState.WITHDRAWN, ["withdrawn", "queued", "queued"])
    assert [row[1] for row in three.messages("waitlist-offer")] == ["cancelled"]
    assert asking.work(worker).steps == 0
    assert three.begin().state is RoundState.RUNNING, "and begun anew"


def test_beginning_can_be_undone(three: Waiters) -> None:
    command = StartOffers(three.gap, tuple(one.wish.id for one in three.wishes))
    asking.start_offers(three.db, command)
    (deed,) = [one for one in undoing.ledger(three.db).undo if one.command == "StartOffers"]
    assert deed.mark == command.operation_id
    undoing.take_back(three.db, TakeBack(command.operation_id))
    assert three.now().state is RoundState.WITHDRAWN
    assert [row[1] for row in three.messages("waitlist-offer")] == ["cancelled"]


def test_the_same_command_again_is_done_once(three: Waiters) -> None:
    command = StartOffers(three.gap, tuple(one.wish.id for one in three.wishes))
    assert asking.start_offers(three.db, command) == asking.start_offers(three.db, command)
    assert count(three.engine, "notification WHERE kind = 'waitlist-offer'") == 1


# --- faults -----------------------------------------------------------------------------------------------------------


def test_a_crash_between_two_steps_loses_nothing_and_repeats_nothing(
    three: Waiters, make_worker: Callable[[], Database], provider: Listed
) -> None:
    """The yes was read, and then the program ended; another one, later, books it. Then all of it again."""
    first, second = make_worker(), make_worker()
    three.begin()
    three.leaves()
    provider.hear(PHONES[2], "YES")
    replies.poll_replies(first, provider)
    first.dispose()
    asking.work(second)
    assert three.states()[0] == "taken"
    replies.poll_replies(second, provider)
    asking.work(second)
    assert count(three.engine, f"appointment WHERE starts_at = '{three.gap.starts_at.isoformat()}'") == 1


def test_a_step_that_cannot_be_finished_is_not_half_done(
    three: Waiters, worker: Database, provider: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    three.begin()
    three.leaves()
    provider.hear(PHONES[2], "YES")
    replies.poll_replies(worker, provider)

    def fails(*_: object) -> None:
        message = "the link was lost"
        raise DatabaseDown(message)

    with monkeypatch.context() as patched:
        patched.setattr(queries_offer_replies, "reply_of", fails)
        with pytest.raises(DatabaseDown):
            asking.work(worker)
    assert three.states()[0] == "asked"
    assert count(three.engine, f"appointment WHERE starts_at = '{three.gap.starts_at.isoformat()}'") == 0
    asking.work(worker)
    assert three.states()[0] == "taken"


def test_wishes_whose_last_day_is_over_are_closed_by_themselves(three: Waiters, worker: Database) -> None:
    run(three.engine, "UPDATE wish SET until_day = '2020-02-01' WHERE id = %s", three.wishes[1].wish.id)
    asking.work(worker)
    closed = {one.wish.id: one.wish.closed for one in waiting.waiting(three.db)}
    assert [closed[one.wish.id] for one in three.wishes] == [None, Closing.EXPIRED, None]

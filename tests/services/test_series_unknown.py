"""A message about dates of a series that comes back after one was changed, and a date that is not to be told of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.stepping import Steps, stepping
from clinic_desk.domain.commands import Cancel, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.message_list import MessageRefused, OnMessage
from clinic_desk.domain.messaging import Kind, QueueStatus
from clinic_desk.domain.records import CancellationReason, Channel
from clinic_desk.domain.series import cancelling
from clinic_desk.notifications import queue
from clinic_desk.services import booking, message_actions, messages, series
from tests.services.test_series_telling import DAYS, WEEK, Entries, booked, by_email, list_of, moved
from tests.services.test_series_telling import messages as told
from tests.support.bookings import at
from tests.support.queue_rows import row
from tests.support.queued import queue as queued
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic

__all__ = ["by_email"]
Change = Callable[[Database, SmallClinic, Entries], object]


@pytest.fixture
def steps(url_as: Callable[[str], URL]) -> Iterator[Steps]:
    """Single steps of a worker."""
    worker = Database(url_as("clinic_worker"), DeskIdentity(UUID(int=0x5EED), "worker"))
    with stepping(worker) as given:
        yield given
    worker.dispose()


def nothing(_database: Database, _clinic: SmallClinic, _entries: Entries) -> None:
    """All stays."""


def one_moved(database: Database, clinic: SmallClinic, entries: Entries) -> None:
    booking.update(database, Update(entries[2].id, 1, starts_at=at(clinic.monday + 2 * WEEK, 15)))


def one_cancelled(database: Database, _clinic: SmallClinic, entries: Entries) -> None:
    booking.cancel(database, Cancel(entries[2].id, 1, CancellationReason.PATIENT))


def first_cancelled(database: Database, _clinic: SmallClinic, entries: Entries) -> None:
    booking.cancel(database, Cancel(entries[0].id, 1, CancellationReason.PATIENT))


def one_of_another_patient(database: Database, clinic: SmallClinic, entries: Entries) -> None:
    booking.update(database, Update(entries[2].id, 1, patient_id=clinic.patients[1]))


def all_moved(database: Database, _clinic: SmallClinic, entries: Entries) -> None:
    moved(database, entries)


def all_cancelled(database: Database, _clinic: SmallClinic, entries: Entries) -> None:
    series.change(database, cancelling(entries, CancellationReason.PATIENT, tell=True))


def comes_back(engine: Engine, message_id: UUID) -> None:
    """It was not found at the provider, or somebody at a desk tries it again."""
    others = "UPDATE notification SET due_at = now() + interval '1 day' WHERE id <> %s"
    run(engine, others, message_id)
    run(engine, "UPDATE notification SET status = 'pending', due_at = now(), check_at = NULL WHERE id = %s", message_id)


def unknown(engine: Engine) -> UUID:
    """The confirmation of all dates, of which it is not known whether it left."""
    ((message_id,),) = queued(engine, "id", "kind = 'confirmation'")
    run(engine, "UPDATE notification SET status = 'unknown' WHERE id = %s", message_id)
    return UUID(str(message_id))


@pytest.mark.parametrize(
    ("change", "verdict", "status"),
    [
        pytest.param(nothing, "", "sending", id="all as it says"),
        pytest.param(one_moved, "dates-changed", "unknown", id="one was moved"),
        pytest.param(one_cancelled, "dates-changed", "unknown", id="one was cancelled"),
        pytest.param(first_cancelled, "dates-changed", "unknown", id="the one it hangs on was cancelled"),
        pytest.param(one_of_another_patient, "dates-changed", "unknown", id="one is another patient's"),
        pytest.param(all_moved, "superseded", "cancelled", id="all were moved and are told so"),
        pytest.param(all_cancelled, "superseded", "cancelled", id="all were cancelled and are told so"),
    ],
)
def test_a_message_that_comes_back_leaves_only_if_all_its_dates_are_as_it_says(
    *,
    clinic: SmallClinic,
    database: Database,
    owner_engine: Engine,
    steps: Steps,
    by_email: None,
    change: Change,
    verdict: str,
    status: str,
) -> None:
    entries = booked(database, clinic)
    message_id = unknown(owner_engine)
    change(database, clinic, entries)
    comes_back(owner_engine, message_id)
    (claimed,) = queue.claim(steps, (Channel.EMAIL,), "me")
    assert claimed.id == message_id
    begun = queue.begin(steps, claimed, "me")
    assert begun is not None
    assert begun.verdict == verdict
    assert row(owner_engine, message_id)["status"] == status


@pytest.mark.parametrize(
    ("change", "times"),
    [
        pytest.param(one_moved, "09:00 09:00 15:00 09:00", id="one was moved"),
        pytest.param(one_cancelled, "09:00 09:00 - 09:00", id="one was cancelled"),
        pytest.param(first_cancelled, "- 09:00 09:00 09:00", id="the one it hangs on was cancelled"),
        pytest.param(one_of_another_patient, "09:00 09:00 - 09:00", id="one is another patient's"),
    ],
)
def test_sent_again_by_hand_it_names_the_dates_that_stand_where_they_are(
    *,
    clinic: SmallClinic,
    database: Database,
    owner_engine: Engine,
    by_email: None,
    change: Change,
    times: str,
) -> None:
    entries = booked(database, clinic)
    message_id = unknown(owner_engine)
    change(database, clinic, entries)
    run(
        owner_engine,
        "UPDATE notification SET status = 'failed', error_code = 'dates-changed' WHERE id = %s",
        message_id,
    )
    shown = next(
        one for entry in entries for one in messages.messages_about(database, entry.id) if one.id == message_id
    )
    assert shown.dates_changed
    sent = message_actions.retry(database, OnMessage(message_id))
    assert sent.id != message_id
    dates = [(day, time) for day, time in zip(DAYS, times.split(), strict=True) if time != "-"]
    assert list_of(*dates) in row(owner_engine, sent.id)["body"]
    assert not sent.dates_changed


def test_of_dates_that_are_all_changed_nothing_is_sent_again(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    message_id = unknown(owner_engine)
    all_moved(database, clinic, entries)
    with pytest.raises(MessageRefused):
        message_actions.retry(database, OnMessage(message_id))


@pytest.mark.parametrize("at_date", [0, 2], ids=["the date it hangs on", "another date"])
def test_not_telling_of_one_date_leaves_the_message_of_the_others(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None, at_date: int
) -> None:
    entries = booked(database, clinic)
    entry = booking.update(database, Update(entries[at_date].id, 1, starts_at=at(clinic.monday + at_date * WEEK, 15)))
    (waiting,) = [one for one in messages.messages_about(database, entry.id) if one.kind is Kind.CONFIRMATION
                  and one.status is QueueStatus.PENDING]  # fmt: skip
    assert DAYS[at_date] in waiting.body, "the note of the change counts down to it"
    assert message_actions.recall(database, entry.id, entry.appointment.version, new_id()) == 1
    others = [(day, "09:00") for number, day in enumerate(DAYS) if number != at_date]
    ((kind, body),) = told(owner_engine)
    assert kind == "confirmation"
    assert list_of(*others) in body
    assert DAYS[at_date] not in body

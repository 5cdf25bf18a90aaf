"""The worker in quiet hours, and where another channel serves."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Cancel, Update
from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.domain.records import CancellationReason, Channel, Entry
from clinic_desk.domain.recurrence import Every, Recurrence
from clinic_desk.domain.series import BookSeries, SeriesDate, planned_dates, series_of, told_once
from clinic_desk.notifications.worker import Worker
from clinic_desk.services import series
from clinic_desk.services.booking import cancel, update
from tests.support.bookings import checkup
from tests.support.queue_rows import Provider, ids, let_pass, put, row, rows, sql
from tests.support.small_clinic import SmallClinic


def test_a_reminder_waits_for_the_end_of_the_quiet_hours(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    sql(
        owner_engine,
        "UPDATE messaging SET quiet_from_minute = mod(m + 1380, 1440), quiet_until_minute = mod(m + 60, 1440) FROM ("
        " SELECT (extract(hour FROM t) * 60 + extract(minute FROM t))::int AS m"
        " FROM (SELECT clock_timestamp() AT TIME ZONE 'Europe/Berlin' AS t) AS local) AS minute",
    )
    due = put(owner_engine, appointment, kind="reminder")
    tick = one.tick()
    found = row(owner_engine, due)
    assert (found["status"], found["error_code"], found["attempts"]) == ("pending", "quiet-hours", 0)
    assert tick.next_in_s == pytest.approx(3600, abs=120)
    let_pass(owner_engine, timedelta(minutes=61))
    one.tick()
    assert ids(sms.arrived) == [due]


def test_a_number_that_cannot_be_reached_is_noted_and_the_mail_serves_once(
    one: Worker, sms: Provider, mail: Provider, booked: Entry, owner_engine: Engine
) -> None:
    sql(owner_engine, "UPDATE patient SET email = 'anna@example.org'")
    let_pass(owner_engine, timedelta(minutes=1))
    refused = Outcome(Answer.PERMANENT, code="21614", reason="Not a mobile.", note="unusable", another_channel=True)
    sms.script = [refused]
    one.tick()
    one.tick()
    assert [(each.kind, each.recipient) for each in mail.arrived] == [("confirmation", "anna@example.org")]
    assert "09:00" in mail.arrived[0].body
    assert mail.arrived[0].subject
    failed, instead = rows(owner_engine, "status, error_code, channel, origin_id", "kind = 'confirmation'")
    assert failed == ("failed", "21614", "sms", None)
    assert instead[:3] == ("sent", "", "email")
    assert instead[3] is not None
    with owner_engine.connect() as connection:
        notes = connection.exec_driver_sql("SELECT channel, address, state, source FROM contact_note").all()
    assert [tuple(each) for each in notes] == [("sms", "+493012345671", "unusable", "provider")]


def test_what_takes_the_place_of_an_sms_about_several_dates_names_them_where_they_are(
    worker_db: Database, mail: Provider, clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    sms = Provider(Channel.SMS)
    one = Worker(worker_db, {Channel.SMS: sms, Channel.EMAIL: mail}, "one")
    rule = Recurrence(Every.WEEKS, count=3)
    found = planned_dates(rule, checkup(clinic), "Europe/Berlin")
    books = [SeriesDate(each.day, each.step) for each in found if isinstance(each.step, Book)]
    made = series_of(rule, clinic.monday, 540, "Europe/Berlin")
    dates = series.book(database, BookSeries(made, told_once(books, tell=True)))
    sql(owner_engine, "UPDATE patient SET email = 'anna@example.org'")
    let_pass(owner_engine, timedelta(minutes=1))
    sms.script = [Outcome(Answer.PERMANENT, code="21614", note="unusable", another_channel=True)]
    one.tick()
    one.tick()
    days = "Mon 3 Mar 2031 09:00, Mon 10 Mar 2031 09:00, Mon 17 Mar 2031 09:00"
    assert [each.kind for each in mail.arrived] == ["confirmation"]
    assert f"All 3 dates: {days}." in mail.arrived[0].body
    update(database, Update(dates[1].id, 1, starts_at=dates[1].appointment.starts_at))
    assert rows(owner_engine, "status", "kind = 'rescheduled'") == []
    cancel(database, Cancel(dates[2].id, 1, CancellationReason.PROVIDER))  # by the e-mail she knew of it
    assert rows(owner_engine, "channel, status", "kind = 'cancelled'") == [("email", "pending")]


def test_without_another_address_nothing_takes_its_place(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    put(owner_engine, appointment)
    sms.script = [Outcome(Answer.PERMANENT, code="21614", note="unusable", another_channel=True)]
    one.tick()
    assert rows(owner_engine) == [("confirmation", "sms", "failed")]


def test_the_other_channels_failure_does_not_come_back_to_the_first(
    one: Worker, sms: Provider, mail: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    sql(owner_engine, "UPDATE patient SET email = 'anna@example.org'")
    put(owner_engine, appointment)
    sms.script = [Outcome(Answer.PERMANENT, code="30006", another_channel=True)]
    mail.script = [Outcome(Answer.PERMANENT, code="550", note="unusable", another_channel=True)]
    one.tick()
    one.tick()
    assert rows(owner_engine) == [("confirmation", "sms", "failed"), ("confirmation", "email", "failed")]


def test_an_opt_out_is_not_overwritten_by_less(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    put(owner_engine, appointment)
    sms.script = [Outcome(Answer.PERMANENT, code="21610", note="opted-out")]
    one.tick()
    assert rows(owner_engine, "status, error_code") == [("failed", "21610")]
    put(owner_engine, appointment)
    one.tick()
    assert len(sms.asked) == 1
    assert rows(owner_engine, "status, error_code")[1] == ("failed", "opted-out")

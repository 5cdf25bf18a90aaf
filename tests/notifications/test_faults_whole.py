"""The faults that were promised for, each from the queue through the real sender to a server on loopback and back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Channel
from clinic_desk.errors import Unavailable
from clinic_desk.notifications.senders.compose import Origin
from clinic_desk.notifications.senders.smtp import SmtpSender
from clinic_desk.notifications.senders.smtp_link import MailAccount
from clinic_desk.notifications.worker import Worker
from clinic_desk.services.booking import book
from tests.support.bookings import checkup
from tests.support.certificates import make_certificate
from tests.support.mail_server import MailServer, Step
from tests.support.queue_rows import let_pass, put, row, sql, state_of
from tests.support.small_clinic import SmallClinic
from tests.support.twilio_senders import making_senders
from tests.support.twilio_server import Fault, TwilioServer, refusal

ORIGIN: Final = Origin("desk@clinic.example", "Mitte")
SERVER_SKEW: Final = timedelta(seconds=61)


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as running:
        yield running
        running.released.set()
    assert running.violations == []


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def one(worker_db: Database, twilio: TwilioServer, mail: MailServer) -> Iterator[Worker]:
    """A worker with the program's own senders."""
    host, port = mail.address
    by_mail = SmtpSender(MailAccount(host, port, security="none", answer_s=0.5), ORIGIN)
    with making_senders() as make:
        yield Worker(worker_db, {Channel.SMS: make(twilio, read_s=0.5), Channel.EMAIL: by_mail}, "one")
    by_mail.close()


@pytest.fixture
def by_sms(appointment: UUID, owner_engine: Engine) -> UUID:
    return put(owner_engine, appointment)


@pytest.fixture
def by_email(appointment: UUID, owner_engine: Engine) -> UUID:
    sql(owner_engine, "UPDATE patient SET email = 'anna@example.org', channel = 'email'")
    return put(owner_engine, appointment, channel=Channel.EMAIL)


def later(one: Worker, engine: Engine, passed: timedelta) -> None:
    """So much later the worker looks at everything again."""
    let_pass(engine, passed)
    one.reconcile()
    one.tick()


def status(engine: Engine, row_id: UUID) -> tuple[str, int]:
    found = row(engine, row_id)
    return found["status"], found["attempts"]


# --- SMS --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [Fault(cut=True, taken=True), Fault(hang=True, taken=True), Fault(status=502, html=True, taken=True)],
    ids=["cut", "hang", "HTML 502"],
)
def test_an_sms_that_was_taken_and_not_answered_is_found_and_not_sent_again(
    one: Worker, twilio: TwilioServer, by_sms: UUID, owner_engine: Engine, fault: Fault
) -> None:
    """F17, F24."""
    twilio.plan("POST", fault)
    one.tick()
    assert row(owner_engine, by_sms)["status"] == "unknown"
    later(one, owner_engine, SERVER_SKEW)
    assert status(owner_engine, by_sms) == ("sent", 1)
    assert [each.sid for each in twilio.received] == [row(owner_engine, by_sms)["provider_id"]]


@pytest.mark.parametrize("fault", [Fault(status=500, code=20500), Fault(status=503), Fault(status=502, html=True)])
def test_an_sms_at_which_twilio_failed_is_looked_for_and_then_sent(
    one: Worker, twilio: TwilioServer, by_sms: UUID, owner_engine: Engine, fault: Fault
) -> None:
    """F18."""
    twilio.plan("POST", fault)
    one.tick()
    assert twilio.received == []
    later(one, owner_engine, SERVER_SKEW)
    assert status(owner_engine, by_sms) == ("sent", 2)
    assert len(twilio.received) == 1


def test_too_many_requests_wait_as_long_as_twilio_says_and_others_go_on(
    *, one: Worker, twilio: TwilioServer, by_sms: UUID, by_email: UUID, mail: MailServer, owner_engine: Engine
) -> None:
    """F18."""
    twilio.plan("POST", Fault(status=429, code=20429, retry_after="90"))
    one.tick()
    assert row(owner_engine, by_sms)["status"] == "pending"
    assert row(owner_engine, by_email)["status"] == "sent"
    later(one, owner_engine, timedelta(seconds=80))
    assert row(owner_engine, by_sms)["status"] == "pending"
    later(one, owner_engine, timedelta(seconds=15))
    assert status(owner_engine, by_sms) == ("sent", 2)
    assert (len(twilio.received), len(mail.received)) == (1, 1)


@pytest.mark.parametrize(("code", "note"), [(21211, "unusable"), (21614, "unusable"), (21610, "opted-out")])
def test_a_number_that_cannot_be_reached_fails_at_once_and_is_remembered(
    *, one: Worker, twilio: TwilioServer, by_sms: UUID, owner_engine: Engine, code: int, note: str
) -> None:
    """F19."""
    twilio.plan("POST", refusal(code))
    one.tick()
    found = row(owner_engine, by_sms)
    assert (found["status"], found["error_code"]) == ("failed", str(code))
    assert found["last_error"]
    with owner_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT state FROM contact_note").all() == [(note,)]
    assert state_of(owner_engine)["state"] == "working"


def test_a_wrong_token_stops_sms_and_not_the_queue_and_costs_no_attempt(
    one: Worker, twilio: TwilioServer, by_sms: UUID, by_email: UUID, owner_engine: Engine
) -> None:
    """F19."""
    twilio.plan("POST", refusal(20003, 401))
    one.tick()
    assert status(owner_engine, by_sms) == ("pending", 0)
    assert (state_of(owner_engine)["state"], state_of(owner_engine)["code"]) == ("stopped", "20003")
    assert "auth token" in state_of(owner_engine)["reason"]
    assert row(owner_engine, by_email)["status"] == "sent"


def test_what_was_taken_and_not_delivered_is_seen_by_staff(
    one: Worker, twilio: TwilioServer, by_sms: UUID, owner_engine: Engine
) -> None:
    """F20."""
    twilio.fates["+493012345671"] = [("undelivered", 30006)]
    one.tick()
    assert row(owner_engine, by_sms)["status"] == "sent"
    let_pass(owner_engine, timedelta(seconds=31))
    one.poll_deliveries()
    assert (row(owner_engine, by_sms)["status"], row(owner_engine, by_sms)["error_code"]) == ("failed", "30006")


# --- e-mail -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "reply"),
    [("MAIL", "451 4.3.0 later"), ("RCPT", "450 4.2.0 greylisted"), ("dot", "451 4.3.0 later")],
)
def test_what_a_mail_server_puts_off_comes_through_after_five_minutes(
    *, one: Worker, mail: MailServer, by_email: UUID, owner_engine: Engine, stage: Any, reply: str
) -> None:
    """F21, F22."""
    mail.refuse(stage, reply)
    one.tick()
    assert row(owner_engine, by_email)["status"] == "pending"
    later(one, owner_engine, timedelta(minutes=4))
    assert row(owner_engine, by_email)["status"] == "pending"
    later(one, owner_engine, timedelta(minutes=3))
    assert status(owner_engine, by_email) == ("sent", 2)
    assert len(mail.received) == 1


@pytest.mark.parametrize("stage", ["RCPT", "dot"])
def test_what_a_mail_server_refuses_fails_at_once(
    one: Worker, mail: MailServer, by_email: UUID, owner_engine: Engine, stage: Any
) -> None:
    """F21."""
    mail.refuse(stage, "554 5.6.0 no")
    one.tick()
    assert (row(owner_engine, by_email)["status"], row(owner_engine, by_email)["error_code"]) == ("failed", "554")
    assert state_of(owner_engine, Channel.EMAIL)["state"] == "working"


@pytest.mark.parametrize(("stage", "copies"), [("DATA", 1), ("dot", 2)])
def test_an_e_mail_whose_line_was_cut_comes_once_or_as_copies_with_one_message_id(
    *, one: Worker, mail: MailServer, by_email: UUID, owner_engine: Engine, stage: Any, copies: int
) -> None:
    """F23."""
    mail.plan(stage, Step(cut=True))
    one.tick()
    assert row(owner_engine, by_email)["status"] == ("unknown" if stage == "dot" else "pending")
    later(one, owner_engine, timedelta(minutes=7))
    assert status(owner_engine, by_email) == ("sent", 2)
    assert len({each.content for each in mail.received}) == 1
    assert {each.mail["Message-ID"] for each in mail.received} == {f"<{by_email}@clinic.example>"}
    assert len(mail.received) == copies


@pytest.mark.parametrize("first", ["454 4.7.0 later", "535 5.7.8 wrong"])
def test_a_sign_in_that_is_refused_passes_or_stops_the_channel(
    *, worker_db: Database, by_email: UUID, owner_engine: Engine, first: str, tmp_path: Path
) -> None:
    """F25."""
    certificate = make_certificate(tmp_path)
    users = {"desk@clinic.example": "secret"}
    with MailServer(security="starttls", context=certificate.server_context(), users=users) as mail:
        mail.refuse("AUTH", first)
        account = MailAccount(*mail.address, "starttls", "desk@clinic.example", "secret", certificate.authority)
        sender = SmtpSender(account, ORIGIN)
        one = Worker(worker_db, {Channel.EMAIL: sender}, "one")
        one.tick()
        assert state_of(owner_engine, Channel.EMAIL)["state"] == ("working" if first[:3] == "454" else "stopped")
        if first[:3] == "454":
            later(one, owner_engine, timedelta(minutes=7))
            assert row(owner_engine, by_email)["status"] == "sent"
        else:
            assert status(owner_engine, by_email) == ("pending", 0)
            assert state_of(owner_engine, Channel.EMAIL)["code"] == "535"
        sender.close()


# --- the database -----------------------------------------------------------------------------------------------------

FULL: Final = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''could not extend file'' USING ERRCODE = ''disk_full''; END'
"""


def test_a_full_disk_keeps_a_booking_out_whole(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    """F28: the appointment is written before its messages; nothing of it stays."""
    sql(owner_engine, FULL)
    sql(owner_engine, "CREATE TRIGGER full_disk BEFORE INSERT ON notification EXECUTE FUNCTION full_disk()")
    with pytest.raises(Unavailable):
        book(database, checkup(clinic))
    with owner_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM appointment").scalar_one() == 0


def test_what_was_sent_while_the_disk_was_full_is_settled_when_there_is_room(
    one: Worker, twilio: TwilioServer, by_sms: UUID, owner_engine: Engine
) -> None:
    """F28."""
    sql(owner_engine, FULL)
    sql(
        owner_engine,
        "CREATE TRIGGER full_disk BEFORE UPDATE ON notification FOR EACH ROW WHEN (NEW.status = 'sent')"
        " EXECUTE FUNCTION full_disk()",
    )
    with pytest.raises(Unavailable):
        one.tick()
    sql(owner_engine, "DROP TRIGGER full_disk ON notification")
    one.tick()
    assert status(owner_engine, by_sms) == ("sent", 1)
    assert len(twilio.received) == 1


def test_without_a_connection_left_the_outbox_stays_as_it_is(
    one: Worker, worker_db: Database, twilio: TwilioServer, by_sms: UUID, owner_engine: Engine
) -> None:
    """F28."""
    worker_db.dispose()
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
        with pytest.raises(Unavailable):
            one.tick()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
    assert row(owner_engine, by_sms)["status"] == "pending"
    one.tick()
    assert status(owner_engine, by_sms) == ("sent", 1)
    assert len(twilio.received) == 1

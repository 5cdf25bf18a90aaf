"""A patient's own list by e-mail: asked for at a desk, once, and sent only while it is all that is booked for her."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, Update, UpdatePatient
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.message_list import MessageRefused, MessageRow, OnMessage, SendList, Why
from clinic_desk.domain.messaging import Kind, QueueStatus
from clinic_desk.domain.records import CancellationReason, Channel, Entry
from clinic_desk.notifications.senders.compose import Origin
from clinic_desk.notifications.senders.smtp import SmtpSender
from clinic_desk.notifications.senders.smtp_link import MailAccount
from clinic_desk.notifications.worker import Worker
from clinic_desk.services import message_actions
from clinic_desk.services.booking import book, cancel, update
from clinic_desk.services.own_list import send_list
from clinic_desk.services.patients import get_patient, update_patient
from tests.support.bookings import at, checkup
from tests.support.mail_server import MailServer
from tests.support.queue_rows import Provider, let_pass, sql
from tests.support.queued import queue
from tests.support.small_clinic import SmallClinic

S, LIST = QueueStatus, Kind.APPOINTMENT_LIST
ADDRESS = "anna@example.org"


@pytest.fixture
def first(clinic: SmallClinic, database: Database, worker_db: Database) -> Entry:
    """Anna's next visit, on the Monday at nine; she is told by SMS, and has an e-mail address."""
    change(database, clinic, email=ADDRESS, language="de")
    return book(database, checkup(clinic))


@dataclass(frozen=True)
class Out:
    """What sends, and what reached the provider."""

    engine: Engine
    worker: Worker
    mail: Provider

    def goes(self) -> None:
        """The moment in which it could be taken back is over, and the queue is worked."""
        let_pass(self.engine, timedelta(seconds=21))
        self.worker.tick()

    def lists(self, columns: str = "status, error_code") -> list[tuple[str, ...]]:
        """All lists in the queue."""
        return queue(self.engine, columns, f"kind = '{LIST}'")


@pytest.fixture
def out(worker_db: Database, owner_engine: Engine) -> Out:
    mail = Provider(Channel.EMAIL)
    return Out(owner_engine, Worker(worker_db, {Channel.EMAIL: mail}, "one"), mail)


def change(database: Database, clinic: SmallClinic, **others: object) -> None:
    anna = get_patient(database, clinic.patients[0])
    update_patient(database, UpdatePatient(replace(anna, **others)))  # type: ignore[arg-type]


def sent(database: Database, clinic: SmallClinic) -> MessageRow:
    return send_list(database, SendList(clinic.patients[0]))


def test_it_names_each_visit_by_its_sites_clock_and_place_and_no_reason(
    first: Entry, clinic: SmallClinic, database: Database, out: Out
) -> None:
    there = checkup(clinic, at(clinic.monday, 15), practitioner_id=clinic.diaz, site_id=clinic.new_york)
    book(database, replace(there, starts_at=at(clinic.monday, 16)))
    row = sent(database, clinic)
    assert (row.kind, row.channel, row.status, row.address) == (LIST, Channel.EMAIL, S.PENDING, ADDRESS)
    assert (row.appointment_id, row.starts_at, row.other_channel, row.zone) == (None, None, None, "Europe/Berlin")
    assert timedelta(seconds=15) < row.due_at - (row.log[0].at) < timedelta(seconds=25), "there is time to undo it"
    one, other = (line for line in row.body.splitlines() if "03.03.2031" in line)
    assert one.startswith("Mo 03.03.2031 09:00, Mitte")
    assert one.endswith("(Europe/Berlin)")
    assert other.startswith("Mo 03.03.2031 10:00, ")
    assert other.endswith("(America/New_York)")
    assert "Checkup" not in row.body
    assert "Ihre Termine" in row.subject


def test_impatience_sends_it_once_and_so_do_two_desks_and_a_repeated_operation(
    first: Entry, clinic: SmallClinic, database: Database, second_database: Database, out: Out,
) -> None:  # fmt: skip
    command = SendList(clinic.patients[0])
    row = send_list(database, command)
    again = [send_list(database, command), sent(database, clinic), sent(second_database, clinic)]
    assert {each.id for each in again} == {row.id}
    out.goes()
    assert [each.kind for each in out.mail.arrived] == [LIST]
    assert sent(database, clinic).status is S.SENT
    assert sent(second_database, clinic).id == row.id
    let_pass(out.engine, timedelta(minutes=11))
    sql(out.engine, "UPDATE notification SET sent_at = sent_at - interval '11 minutes' WHERE kind = %s", (LIST,))
    assert sent(database, clinic).id != row.id, "later she may want it once more"


def test_it_goes_to_a_corrected_address_though_the_same_went_to_the_wrong_one(
    first: Entry, clinic: SmallClinic, database: Database, out: Out
) -> None:
    sent(database, clinic)
    change(database, clinic, email="anna@example.com")
    out.goes()
    change(database, clinic, email=ADDRESS)
    sent(database, clinic)
    out.goes()
    assert [each.recipient for each in out.mail.arrived] == ["anna@example.com", ADDRESS]


def moved(database: Database, clinic: SmallClinic, entry: Entry) -> None:
    update(database, Update(entry.id, 1, starts_at=at(clinic.monday, 11)))


def cancelled(database: Database, _clinic: SmallClinic, entry: Entry) -> None:
    cancel(database, Cancel(entry.id, 1, CancellationReason.PATIENT))


def joined(database: Database, clinic: SmallClinic, _entry: Entry) -> None:
    book(database, checkup(clinic, at(clinic.monday, 10)))


@pytest.mark.parametrize("changes", [moved, cancelled, joined])
def test_it_is_voided_if_what_is_booked_changed_before_it_left_and_can_be_sent_anew(
    first: Entry, clinic: SmallClinic, database: Database, out: Out,
    changes: Callable[[Database, SmallClinic, Entry], None],
) -> None:  # fmt: skip
    book(database, checkup(clinic, at(clinic.monday, 14)))
    sent(database, clinic)
    changes(database, clinic, first)
    out.goes()
    assert out.lists() == [("cancelled", "list-changed")]
    sent(database, clinic)
    out.goes()
    assert [each.kind for each in out.mail.arrived] == [LIST]
    assert ("11:00" in out.mail.arrived[0].body) is (changes is moved)
    assert ("09:00" in out.mail.arrived[0].body) is (changes is joined)


def test_opted_out_or_without_an_address_meanwhile_it_does_not_go(
    first: Entry, clinic: SmallClinic, database: Database, out: Out
) -> None:
    sent(database, clinic)
    change(database, clinic, channel=Channel.NONE)
    out.goes()
    assert out.lists() == [("cancelled", "opted-out")]
    change(database, clinic, channel=Channel.SMS)
    sent(database, clinic)
    change(database, clinic, email="")
    out.goes()
    assert out.lists()[1:] == [("failed", "no-address")]
    assert out.mail.arrived == []
    assert queue(out.engine, "channel", f"kind = '{LIST}' AND channel = 'sms'") == []


def test_it_is_refused_at_once_where_it_cannot_go(
    first: Entry, clinic: SmallClinic, database: Database, out: Out
) -> None:
    def why() -> Why:
        with pytest.raises(MessageRefused) as refused:
            sent(database, clinic)
        return refused.value.reason

    cancelled(database, clinic, first)
    assert why() is Why.NOTHING
    sql(out.engine, "UPDATE messaging SET email_by = 'off'")
    assert why() is Why.NO_CHANNEL
    note = "INSERT INTO contact_note (id, channel, address, state, source) VALUES (%s, 'email', %s, %s, 'desk')"
    sql(out.engine, note, (str(new_id()), ADDRESS, "unusable"))
    assert why() is Why.UNUSABLE
    sql(out.engine, "UPDATE contact_note SET state = 'opted-out'")
    assert why() is Why.OPTED_OUT
    change(database, clinic, email="")
    assert why() is Why.NO_ADDRESS
    assert out.lists() == []


def test_taken_back_in_time_it_does_not_go(first: Entry, clinic: SmallClinic, database: Database, out: Out) -> None:
    row = message_actions.cancel(database, OnMessage(sent(database, clinic).id))
    assert (row.status, row.code) == (S.CANCELLED, "recalled")
    out.goes()
    assert out.mail.arrived == []


def test_the_whole_way_it_reaches_a_mail_server_in_words_of_ones_own(
    first: Entry, clinic: SmallClinic, database: Database, out: Out, worker_db: Database
) -> None:
    own = "INSERT INTO message_text (id, kind, channel, language, subject, body) VALUES (%s, %s, 'email', 'de', %s, %s)"
    sql(out.engine, own, (str(new_id()), LIST, "Plan", "Guten Tag\n\n$list\n\n<b>$clinic</b>"))
    sql(out.engine, "UPDATE messaging SET quiet_from_minute = 1, quiet_until_minute = 0")
    sent(database, clinic)
    let_pass(out.engine, timedelta(seconds=21))
    with MailServer() as server:
        sender = SmtpSender(MailAccount(*server.address, security="none"), Origin("desk@clinic.example"))
        Worker(worker_db, {Channel.EMAIL: sender}, "one").tick()
        sender.close()
        (received,) = server.received
    assert received.recipients == (ADDRESS,)
    assert received.mail["Subject"] == "Plan"
    assert "Mitte" in received.mail["From"]
    plain, html = (part.get_content() for part in received.mail.iter_parts())
    assert "Mo 03.03.2031 09:00, Mitte" in plain
    assert "Mo 03.03.2031 09:00, Mitte" in html
    assert "&lt;b&gt;Mitte" in html
    assert out.lists("status, recipient") == [("sent", ADDRESS)]

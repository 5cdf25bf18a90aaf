"""The whole way of an offer with a provider that is spoken to: it goes out, a yes comes in, she is booked and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.records import Channel
from clinic_desk.notifications import replies
from clinic_desk.notifications.worker import Worker
from clinic_desk.services import asking
from tests.support.bookings import stored
from tests.support.offers import waiters
from tests.support.queue_rows import Provider
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic
from tests.support.twilio_senders import making_senders
from tests.support.twilio_server import NUMBER, TwilioServer

HERS, NEXT = "+493012345672", "+493012345673"


@pytest.fixture
def queue(url_as: Callable[[Any], URL]) -> Iterator[Database]:
    """The database as the worker of the queue has it."""
    made = Database(url_as("clinic_worker"), DeskIdentity(UUID(int=7), "Worker"))
    yield made
    made.dispose()


def test_what_was_booked_meanwhile_is_not_offered_though_nobody_looked_after_the_offer_yet(
    clinic: SmallClinic, database: Database, owner_engine: Engine, queue: Database
) -> None:
    three = waiters(database, owner_engine, clinic)
    provider = Provider(Channel.SMS)
    three.begin()
    three.fill()
    Worker(queue, {Channel.SMS: provider}, "worker").tick()
    assert [each.kind for each in provider.arrived if each.kind == "waitlist-offer"] == []
    assert [row[1] for row in three.messages("waitlist-offer")] == ["cancelled"]


def test_what_the_quiet_hours_of_the_site_hold_up_goes_to_nobody_and_the_next_one_is_asked_after_them(
    clinic: SmallClinic, database: Database, owner_engine: Engine, queue: Database
) -> None:
    three = waiters(database, owner_engine, clinic)
    provider = Provider(Channel.SMS)
    three.begin()
    run(
        owner_engine,
        "UPDATE messaging SET quiet_from_minute = mod(m + 1380, 1440), quiet_until_minute = mod(m + 240, 1440) FROM ("
        " SELECT extract(hour FROM t) * 60 + extract(minute FROM t) AS m"
        " FROM (SELECT clock_timestamp() AT TIME ZONE 'Europe/Berlin' AS t) AS local) AS minute",
    )
    Worker(queue, {Channel.SMS: provider}, "worker").tick()
    assert [each.kind for each in provider.asked if each.kind == "waitlist-offer"] == []
    asking.work(queue)
    assert three.states() == ["skipped", "asked", "queued"]
    assert three.now().askings[0].reason == "quiet-hours"
    asked = three.asked()
    assert asked.asked_at is not None
    assert asked.asked_at - three.now().started_at > timedelta(hours=3)


def test_an_offer_goes_out_a_no_and_a_yes_come_in_and_the_confirmation_goes_out(
    clinic: SmallClinic, database: Database, owner_engine: Engine, queue: Database
) -> None:
    three = waiters(database, owner_engine, clinic)
    run(owner_engine, "UPDATE messaging SET sms_by = 'twilio', twilio_number = %s, sms_per_minute = 60000", NUMBER)
    with TwilioServer() as server, making_senders() as sender_to:
        sender = sender_to(server)
        worker = Worker(queue, {Channel.SMS: sender}, "worker")

        def work() -> None:
            replies.poll_replies(queue, sender)
            asking.work(queue)
            worker.tick()

        three.begin()
        work()
        (offer,) = [each for each in server.received if each.to == HERS]
        assert "an appointment is free on Mon 3 Mar 2031 at 09:00. Reply YES by " in offer.body
        server.hear(HERS, "No")
        work()
        assert three.states() == ["declined", "asked", "queued"]
        assert [each.to for each in server.received].count(NEXT) == 1
        server.hear(NEXT, "Yes!")
        work()
        assert three.states() == ["declined", "taken", "queued"]
        to_her = [each.body for each in server.received if each.to == NEXT]
        assert len(to_her) == 2
        assert "your appointment is on Mon 3 Mar 2031 at 09:00" in to_her[1]
        server.released.set()
    assert server.violations == []
    row = stored(owner_engine, three.now().askings[1].appointment_id)  # type: ignore[arg-type]
    assert (row["patient_id"], row["starts_at"]) == (clinic.patients[3], three.gap.starts_at)

"""The whole way of an offer with a provider that is spoken to: it goes out, a yes comes in, she is booked and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.records import Channel
from clinic_desk.notifications import replies
from clinic_desk.notifications.worker import Worker
from clinic_desk.services import asking
from tests.support.bookings import stored
from tests.support.offers import waiters
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic
from tests.support.twilio_senders import making_senders
from tests.support.twilio_server import NUMBER, TwilioServer

HERS, NEXT = "+493012345672", "+493012345673"


def test_an_offer_goes_out_a_no_and_a_yes_come_in_and_the_confirmation_goes_out(
    clinic: SmallClinic, database: Database, owner_engine: Engine, url_as: Callable[[Any], URL]
) -> None:
    three = waiters(database, owner_engine, clinic)
    run(owner_engine, "UPDATE messaging SET sms_by = 'twilio', twilio_number = %s, sms_per_minute = 60000", NUMBER)
    queue = Database(url_as("clinic_worker"), DeskIdentity(UUID(int=7), "Worker"))
    try:
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
    finally:
        queue.dispose()
    row = stored(owner_engine, three.now().askings[1].appointment_id)  # type: ignore[arg-type]
    assert (row["patient_id"], row["starts_at"]) == (clinic.patients[3], three.gap.starts_at)

"""Whatever workers, providers, clocks and desks do, and wherever a worker dies: the queue is safe, and comes to rest.

A hypothesis state machine takes the steps of several workers one by one on a real database. The provider is a model
that remembers what reached it; desks change the appointments by the real services meanwhile; time is let pass.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.setup import OWNER
from clinic_desk.database.stepping import stepping
from clinic_desk.domain.commands import Book, Cancel, Reinstate, Update
from clinic_desk.domain.messaging import Answer, Delivery, Found, Outcome, Outgoing, Trace
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Channel, Entry
from clinic_desk.errors import Refused
from clinic_desk.notifications import checking, queue
from clinic_desk.notifications.queue import Begun, Claimed, Sent
from clinic_desk.notifications.worker import Worker
from clinic_desk.services.booking import book, cancel, reinstate, update
from tests.notifications.conftest import OPEN
from tests.plugins.postgres import LOGINS, PostgresServer, _new_database
from tests.support.bookings import at
from tests.support.queue_log import FINAL, explained_by_its_log
from tests.support.queue_rows import Provider, let_pass, make_time, sql, with_time
from tests.support.small_clinic import SMALL_CLINIC, insert_small_clinic

CHANNELS: Final = (Channel.EMAIL, Channel.SMS)
WORKERS: Final = 3
OUTCOMES: Final = {
    "ok": (Outcome(Answer.SENT), True),
    "transient": (Outcome(Answer.TRANSIENT, code="connect", reason="no route"), False),
    "permanent": (Outcome(Answer.PERMANENT, code="21614", reason="no mobile", another_channel=True), False),
    "configuration": (Outcome(Answer.CONFIGURATION, code="20003", reason="sign in"), False),
    "answer lost, arrived": (Outcome(Answer.UNKNOWN, code="no-answer", reason="no answer"), True),
    "answer lost, not arrived": (Outcome(Answer.UNKNOWN, code="no-answer", reason="no answer"), False),
}
LIKELY: Final = ["ok", "ok", *OUTCOMES]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What reached the provider. `began`: the database's time at which its begin was written."""

    id: UUID
    kind: str
    uid: UUID | None
    attempt: int
    channel: Channel
    began: datetime
    not_after: datetime
    late: bool = False
    """The sender's lease was over by then."""


@dataclass
class Hands:
    """What a worker has in hand between its steps."""

    claimed: list[Claimed] = field(default_factory=list)
    begun: Begun | None = None
    sent: Sent | None = None


RESET: Final = """
SET session_replication_role = replica;
DELETE FROM notification; DELETE FROM appointment; DELETE FROM contact_note; DELETE FROM history; DELETE FROM operation;
UPDATE message_channel SET state = 'working', failures = 0, code = '', reason = '', resume_at = NULL,
    next_send_at = '-infinity';
UPDATE test_time.later SET by = INTERVAL '0'
"""


class Place:
    """One database for all runs of the machine, with the connections of its workers and of a desk."""

    def __init__(self, server: PostgresServer) -> None:
        self._stack = ExitStack()
        name = self._stack.enter_context(_new_database(server, server.template))
        self.owner = create_engine(server.url(name, OWNER), pool_size=1)
        superuser = server.superuser_url.set(database=name)
        self._root = create_engine(superuser, pool_size=1, isolation_level="AUTOCOMMIT")
        with self.owner.begin() as connection:
            insert_small_clinic(connection)
            make_time(connection)
            connection.exec_driver_sql(OPEN)
            connection.exec_driver_sql("UPDATE patient SET email = 'p' || right(id::text, 3) || '@example.org'")
            connection.exec_driver_sql(
                "UPDATE patient SET channel = 'email' WHERE id = %s", (SMALL_CLINIC.patients[1],)
            )
            connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (%s, 'Desk')", (UUID(int=0xDE5C),))
        url = with_time(server.url(name, LOGINS["clinic_worker"]))
        self.databases = [Database(url, DeskIdentity(uuid4(), f"W{n}"), pool_size=1) for n in range(WORKERS)]
        desk_url = with_time(server.url(name, LOGINS["clinic_reception"]))
        self.desk = Database(desk_url, DeskIdentity(UUID(int=0xDE5C), "Desk"))
        self.desk.message_wait_s = 0
        self.steps = [self._stack.enter_context(stepping(each)) for each in self.databases]

    def reset(self) -> None:
        """Empty the queue and the calendar."""
        with self._root.connect() as connection:
            connection.exec_driver_sql(RESET)

    def close(self) -> None:
        """Leave nothing behind."""
        for steps in self.steps:
            steps.close()
        for each in (*self.databases, self.desk):
            each.dispose()
        self.owner.dispose()
        self._root.dispose()
        self._stack.close()


class Queue(RuleBasedStateMachine):
    """The machine. `place` is set by the test that runs it."""

    place: Place

    def __init__(self) -> None:
        super().__init__()
        self.place.reset()
        self.owner = self.place.owner
        self.desk = self.place.desk
        self.steps = self.place.steps
        self.hands = [Hands() for _ in range(WORKERS)]
        self.lives = list(range(WORKERS))
        self.arrived: list[Arrival] = []
        self.entries: list[Entry] = []
        self.cancelled_at: dict[UUID, datetime] = {}

    def owner_of(self, number: int) -> str:
        """A worker that was killed comes back under another name, as a program started anew does."""
        return f"w{self.lives[number]}"

    @initialize()
    def first_bookings(self) -> None:
        for patient in range(3):
            self.book(patient, 9)

    # --- desks ---

    @precondition(lambda self: len(self.entries) < 6)
    @rule(patient=st.integers(0, 3), hour=st.sampled_from([9, 10, 11, 14, 15]))
    def book(self, patient: int, hour: int) -> None:
        clinic = SMALL_CLINIC
        command = Book(
            patient_id=clinic.patients[patient],
            type_id=clinic.checkup,
            practitioner_id=clinic.weber,
            site_id=clinic.berlin,
            starts_at=at(clinic.monday, hour, 15 * patient),
            length_minutes=15,
        )
        with suppress(Refused):
            self.entries.append(book(self.desk, command))

    @precondition(lambda self: self.entries)
    @rule(data=st.data(), hour=st.sampled_from([8, 13, 16]))
    def move(self, data: st.DataObject, hour: int) -> None:
        self._change(
            data,
            lambda e: update(self.desk, Update(e.id, e.appointment.version, starts_at=at(SMALL_CLINIC.monday, hour))),
        )

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def call_off_or_reinstate(self, data: st.DataObject) -> None:
        def change(entry: Entry) -> Entry:
            row = entry.appointment
            if row.status is AppointmentStatus.CANCELLED:
                return reinstate(self.desk, Reinstate(entry.id, row.version))
            return cancel(self.desk, Cancel(entry.id, row.version, CancellationReason.PATIENT))

        self._change(data, change)

    def _change(self, data: st.DataObject, change: Any) -> None:
        number = data.draw(st.integers(0, len(self.entries) - 1))
        entry = self.entries[number]
        try:
            self.entries[number] = changed = change(entry)
        except Refused:
            return
        if changed.appointment.status is AppointmentStatus.CANCELLED:
            self.cancelled_at[entry.id] = self.now()
        else:
            self.cancelled_at.pop(entry.id, None)

    # --- workers, step by step: three rules of one kind, for most of what happens is work ---

    @rule(number=st.integers(0, WORKERS - 1), outcome=st.sampled_from(LIKELY))
    def work(self, number: int, outcome: str) -> None:
        self._step(number, outcome)

    @rule(number=st.integers(0, WORKERS - 1), outcome=st.sampled_from(LIKELY), times=st.integers(2, 6))
    def work_on(self, number: int, outcome: str, times: int) -> None:
        for _ in range(times):
            self._step(number, outcome)

    @rule(number=st.integers(0, WORKERS - 1), outcome=st.sampled_from(LIKELY))
    def begin_send_and_die(self, number: int, outcome: str) -> None:
        """kill -9, before the message left or after, and nothing was written of it."""
        for _ in range(4):
            if self.hands[number].begun is not None:
                self._send(number, self.hands[number].begun, outcome)
                break
            self._step(number, outcome)
        self._die(number)

    @rule(number=st.integers(0, WORKERS - 1))
    def die(self, number: int) -> None:
        """kill -9 between two steps."""
        self._die(number)

    @rule(number=st.integers(0, WORKERS - 1), outcome=st.sampled_from(LIKELY), seconds=st.sampled_from([20, 61, 200]))
    def sleep_in_the_middle(self, number: int, outcome: str, seconds: int) -> None:
        let_pass(self.owner, timedelta(seconds=seconds))
        self._step(number, outcome)

    @rule(number=st.integers(0, WORKERS - 1), outcome=st.sampled_from(LIKELY), looked=st.booleans())
    def sleep_past_the_lease(self, number: int, outcome: str, looked: bool) -> None:
        """A PC sleeps with a message in hand, others see to it, and it wakes and goes on."""
        for _ in range(3):
            if self.hands[number].begun is None:
                self._step(number, outcome)
        if self.hands[number].begun is None:
            return
        other = (number + 1) % WORKERS
        self.recover(other, 61)
        if looked:
            self.look_for_the_unknown(other, tells=True)
        self._step(number, outcome)
        self._step(number, outcome)

    def _step(self, number: int, outcome: str) -> None:
        """Let a worker take the step that is next for it."""
        hands, steps, owner = self.hands[number], self.steps[number], self.owner_of(number)
        if hands.begun is not None:
            said = self._send(number, hands.begun, outcome)
            hands.sent = hands.begun.ended(said)
            hands.begun = None
        elif hands.claimed:
            claimed, after = hands.claimed.pop(0), hands.sent
            hands.sent = None
            begun = queue.begin(steps, claimed, owner, after)
            hands.begun = begun if begun is not None and begun.verdict == "" else None
        elif hands.sent is not None:
            queue.settle(steps, hands.sent, owner)
            hands.sent = None
        else:
            hands.claimed = list(queue.claim(steps, CHANNELS, owner))

    def _send(self, number: int, begun: Begun | None, outcome: str) -> Outcome:
        assert begun is not None
        message, (said, arrives) = begun.message, OUTCOMES[outcome]
        if arrives:
            self._arrive(message, late=not self._holds(number, message))
        if said.answer is Answer.SENT:
            return Outcome(Answer.SENT, provider_id=f"SM-{message.id}-{message.attempt}")
        return said

    def _die(self, number: int) -> None:
        self.hands[number] = Hands()
        self.lives[number] += WORKERS

    @rule(number=st.integers(0, WORKERS - 1), seconds=st.sampled_from([0, 61]))
    def recover(self, number: int, seconds: int) -> None:
        let_pass(self.owner, timedelta(seconds=seconds))
        queue.recover(self.steps[number])

    @rule(number=st.integers(0, WORKERS - 1), tells=st.booleans())
    def look_for_the_unknown(self, number: int, tells: bool) -> None:
        missing = checking.next_missing(self.steps[number], dict.fromkeys(CHANNELS))
        if missing is not None:
            found = self._find(missing.message) if tells else Found(Trace.CANNOT_TELL, reason="no list")
            checking.resolve(self.steps[number], missing, found)

    @rule(number=st.integers(0, WORKERS - 1), status=st.sampled_from(["delivered", "undelivered"]), again=st.booleans())
    def ask_for_delivery(self, number: int, status: Any, again: bool) -> None:
        taken = checking.next_taken(self.steps[number], dict.fromkeys(CHANNELS))
        if taken is not None:
            delivery = Delivery(status, code="30003" if status == "undelivered" else "", again=again)
            checking.delivered(self.steps[number], taken, delivery, self.owner_of(number))

    # --- the world ---

    @rule(seconds=st.sampled_from([1, 20, 61, 200, 3700]))
    def time_passes(self, seconds: int) -> None:
        let_pass(self.owner, timedelta(seconds=seconds))

    @precondition(lambda self: self.entries)
    @rule(before=st.sampled_from([timedelta(hours=24), timedelta(hours=23), timedelta(seconds=-1)]))
    def the_clock_jumps_ahead(self, before: timedelta) -> None:
        ahead = self.entries[0].appointment.starts_at - before - self.now()
        if ahead > timedelta():
            let_pass(self.owner, ahead)

    @rule()
    def somebody_sees_to_the_settings(self) -> None:
        sql(self.owner, "UPDATE messaging SET from_name = 'x'")

    # --- what must always hold ---

    @invariant()
    def all_is_well(self) -> None:
        rows = self.rows()
        there = {each.id for each in self.arrived}
        for row in rows:
            explained_by_its_log(row)
            assert row["status"] not in {"sent", "delivered"} or row["id"] in there, row
        for arrival in self.arrived:
            assert arrival.began < arrival.not_after, arrival
        # An SMS can be looked for: a second one comes only of a worker that slept past its lease with it in hand.
        sms = Counter(each.id for each in self.arrived if each.channel is Channel.SMS)
        late = Counter(each.id for each in self.arrived if each.late)
        assert all(count <= 1 + late[each] for each, count in sms.items()), self.arrived

    # --- helpers ---

    def now(self) -> datetime:
        with self.owner.connect() as connection:
            now: datetime = connection.exec_driver_sql(
                "SELECT clock_timestamp() + by FROM test_time.later"
            ).scalar_one()
        return now

    def rows(self) -> list[dict[str, Any]]:
        with self.owner.connect() as connection:
            return [dict(row) for row in connection.exec_driver_sql("SELECT * FROM notification").mappings()]

    def _holds(self, number: int, message: Outgoing) -> bool:
        """Whether a message is still this worker's."""
        (row,) = (each for each in self.rows() if each["id"] == message.id)
        now = (row["status"], row["lease_owner"], row["attempts"])
        return now == ("sending", self.owner_of(number), message.attempt)

    def _arrive(self, message: Outgoing, *, late: bool = False) -> None:
        assert message.sending_started_at is not None
        assert message.not_after is not None
        began = message.sending_started_at
        if message.kind != "cancelled" and message.uid in self.cancelled_at:
            assert began <= self.cancelled_at[message.uid], "sent after its cancel was committed"
        about = (message.id, message.kind, message.uid, message.attempt, message.channel)
        self.arrived.append(Arrival(*about, began, message.not_after, late))

    def _find(self, message: Outgoing) -> Found:
        there = [each for each in self.arrived if each.id == message.id and message.channel is Channel.SMS]
        return Found(Trace.FOUND, f"SM-{there[0].id}-{there[0].attempt}") if there else Found(Trace.ABSENT)

    # --- after all faults end ---

    def teardown(self) -> None:
        self._come_to_rest()

    def _come_to_rest(self) -> None:
        for number in range(WORKERS):
            self._die(number)
        machine = self

        class Well(Provider):
            def send(self, message: Outgoing) -> Outcome:
                machine._arrive(message)
                return Outcome(Answer.SENT, provider_id=f"SM-{message.id}-{message.attempt}")

            def find(self, message: Outgoing) -> Found:
                return machine._find(message)

        worker = Worker(self.place.databases[0], {channel: Well(channel) for channel in CHANNELS}, "the last")
        sql(self.owner, "UPDATE messaging SET from_name = 'y'")
        for pause in [timedelta(seconds=61)] * 3 + [timedelta(hours=3)] * 6 + [timedelta(days=3000)]:
            worker.tick()
            worker.reconcile()
            let_pass(self.owner, pause)
        worker.tick()
        self.all_is_well()
        for row in self.rows():
            left_to_a_human = row["status"] == "unknown" and row["check_at"] is None
            assert row["status"] in FINAL or left_to_a_human, row
        self._who_knew_was_told()

    def _who_knew_was_told(self) -> None:
        """Whoever was told of an appointment that was cancelled then, in time, is told that it is."""
        told = {row["appointment_id"] for row in self.rows() if row["kind"] == "cancelled"}
        for each in self.arrived:
            ended = self.cancelled_at.get(each.uid or UUID(int=0))
            if each.kind in {"confirmation", "rescheduled"} and not each.late and ended is not None:
                assert ended >= each.not_after or each.uid in told, each


@pytest.mark.timeout(900)
def test_the_queue_is_safe_in_every_state_and_comes_to_rest(postgres_server: PostgresServer) -> None:
    Queue.place = Place(postgres_server)
    try:
        _run()
    finally:
        Queue.place.close()


def _run() -> None:
    run_state_machine_as_test(
        Queue,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

"""A clinic with thousands of messages in its queue, and the clock of its database, for tests with real workers."""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import URL, create_engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.setup import OWNER
from clinic_desk.domain.commands import Cancel, Update
from clinic_desk.domain.records import CancellationReason, Entry
from clinic_desk.services.booking import cancel, update
from tests.plugins.postgres import LOGINS, PostgresServer, _new_database
from tests.support.bookings import at
from tests.support.queue_rows import let_pass, make_time, sql, with_time
from tests.support.small_clinic import SMALL_CLINIC, insert_small_clinic
from tests.support.twilio_server import ACCOUNT, NUMBER

RULE: Final = UUID("00000000-0000-7000-8000-000000000024")
_ZONE: Final = "Europe/Berlin"

_OPEN: Final = """
UPDATE messaging SET quiet_from_minute = 0, quiet_until_minute = 0, email_per_minute = 60000, sms_per_minute = 60000,
    email_by = %(email_by)s, sms_by = %(sms_by)s, smtp_host = '127.0.0.1', smtp_port = %(port)s, smtp_security = 'none',
    from_address = 'clinic@example.org', from_name = 'Clinic', twilio_account_sid = %(account)s,
    twilio_number = %(number)s, twilio_base_url = %(twilio)s, wait_s = 0
"""
# All that nothing but time stands before: when each is next to be looked at, and by whom it is being sent.
_WAITING: Final = """
SELECT n.status, n.lease_owner, extract(epoch FROM CASE n.status
    WHEN 'pending' THEN greatest(n.due_at, m.resume_at, m.next_send_at) WHEN 'unknown' THEN n.check_at
    ELSE n.lease_until END - (clock_timestamp() + t.by))::float8
FROM notification n CROSS JOIN test_time.later t LEFT JOIN message_channel m ON m.channel = n.channel
WHERE n.status IN ('pending', 'leased', 'sending') OR (n.status = 'unknown' AND n.check_at IS NOT NULL)
"""
HORIZON_S: Final = 20 * 86_400.0
"""What is due later than this is a reminder of an appointment that was moved to another year."""


class QueueClinic:
    """The small clinic in a database of its own, whose clock can be put forward; a real desk; a worker's address."""

    def __init__(self, server: PostgresServer, name: str) -> None:
        self.owner = create_engine(server.url(name, OWNER), pool_size=2)
        self.url: URL = with_time(server.url(name, LOGINS["clinic_worker"]))
        self._slots = self._free_slots()
        self._numbers = count()
        self._jumps: list[tuple[float, timedelta]] = [(0.0, timedelta())]
        self.told_no_more: dict[UUID, float] = {}
        """When it was committed, by the machine's clock, that an appointment is not where its first messages say."""
        with self.owner.begin() as connection:
            insert_small_clinic(connection)
            make_time(connection)
            connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (%s, 'Desk')", (UUID(int=0xDE5C),))
        desk_url = with_time(server.url(name, LOGINS["clinic_reception"]))
        self.desk = Database(desk_url, DeskIdentity(UUID(int=0xDE5C), "Desk"))
        self.desk.message_wait_s = 0

    def close(self) -> None:
        """Let go of its connections."""
        self.desk.dispose()
        self.owner.dispose()

    def send_by(self, *, port: int = 25, twilio: str = "", email_by: str = "smtp", sms_by: str = "twilio") -> None:
        """Set how messages leave."""
        values = {"port": port, "twilio": twilio, "email_by": email_by, "sms_by": sms_by}
        with self.owner.begin() as connection:
            connection.exec_driver_sql(_OPEN, values | {"account": ACCOUNT, "number": NUMBER})

    # --- what is in it ---

    def add_patients(self, number: int) -> list[UUID]:
        """Patients with an address for both; every second is told by e-mail."""
        ids = [uuid4() for _ in range(number)]
        with self.owner.begin() as connection:
            connection.exec_driver_sql("SET LOCAL clinic_desk.quiet = 'on'")
            rows = [
                {
                    "id": each,
                    "family_name": f"Patient {place}",
                    "phone": f"+4930200{place:05d}",
                    "email": f"patient{place}@example.org",
                    "channel": "sms" if place % 2 else "email",
                }
                for place, each in enumerate(ids)
            ]
            connection.execute(insert(tables.patient), rows)
        return ids

    def add_messages(self, patients: list[UUID], starts: list[datetime], spread: timedelta) -> list[UUID]:
        """An appointment at each of these times, of the patients in turn, with its messages as planning makes them:

        a confirmation that is due within `spread` from now, and a reminder a day before if that is still to come.
        """
        now = self.now()
        appointments: list[dict[str, Any]] = []
        messages: list[dict[str, Any]] = []
        for place, start in enumerate(starts):
            patient = place % len(patients)
            channel = "sms" if patient % 2 else "email"
            row = {
                "id": uuid4(),
                "patient_id": patients[patient],
                "practitioner_id": SMALL_CLINIC.okafor,
                "site_id": SMALL_CLINIC.berlin,
                "type_id": SMALL_CLINIC.checkup,
                "starts_at": start,
                "ends_at": start + timedelta(minutes=15),
                "squeezed_in": True,
            }
            appointments.append(row)
            due = {"confirmation": now + spread * (place / len(starts)), "reminder": start - timedelta(hours=24)}
            messages += [
                self._message(row, kind, channel, moment, next(self._numbers))
                for kind, moment in due.items()
                if moment >= now
            ]
        with self.owner.begin() as connection:
            connection.exec_driver_sql("SET LOCAL clinic_desk.quiet = 'on'")
            connection.execute(insert(tables.appointment), appointments)
            connection.execute(insert(tables.notification), messages)
        return [row["id"] for row in appointments]

    @staticmethod
    def _message(row: dict[str, Any], kind: str, channel: str, due: datetime, number: int) -> dict[str, Any]:
        told = f"{int(row['starts_at'].timestamp())}@{row['site_id']}"
        rule = f"{RULE}:" if kind == "reminder" else ""
        return {
            "id": uuid4(),
            "appointment_id": row["id"],
            "appointment_version": 1,
            "patient_id": row["patient_id"],
            "kind": kind,
            "channel": channel,
            "dedupe_key": f"{row['id']}:{kind}:{channel}:1:{row['patient_id']}:{rule}{told}",
            "subject": f"Your {kind} {number}" if channel == "email" else "",
            "body": f"Mitte: {kind} {number}, {row['starts_at']:%a %d %b %H:%M} UTC. Grüße!",
            "due_at": due,
            "not_after": row["starts_at"],
            "rule_id": RULE if rule else None,
        }

    # --- desks ---

    def cancel(self, appointment_id: UUID) -> None:
        """The desk cancels."""
        cancel(self.desk, Cancel(appointment_id, self._version(appointment_id), CancellationReason.PATIENT))
        self.told_no_more[appointment_id] = time.time()

    def move(self, appointment_id: UUID) -> Entry:
        """The desk moves an appointment to a free time in another year."""
        version, start = self._version(appointment_id), next(self._slots)
        moved = Update(appointment_id, version, starts_at=start, practitioner_id=SMALL_CLINIC.weber)
        entry = update(self.desk, moved)
        self.told_no_more[appointment_id] = time.time()
        return entry

    def _version(self, appointment_id: UUID) -> int:
        with self.owner.connect() as connection:
            query = "SELECT version FROM appointment WHERE id = %s"
            return int(connection.exec_driver_sql(query, (appointment_id,)).scalar_one())

    @staticmethod
    def _free_slots() -> Iterator[datetime]:
        for week in count():
            for hour in (8, 9, 10, 11, 13, 14, 15, 16):
                for minute in (0, 15, 30, 45):
                    yield at(SMALL_CLINIC.monday + timedelta(weeks=week), hour, minute)

    # --- time ---

    def now(self) -> datetime:
        """What the clock of the workers and the desk shows."""
        with self.owner.connect() as connection:
            now: datetime = connection.exec_driver_sql(
                "SELECT clock_timestamp() + by FROM test_time.later"
            ).scalar_one()
        return now

    def later(self) -> timedelta:
        """By how much that clock is ahead of the machine's."""
        return self._jumps[-1][1]

    def shown(self, moment: datetime) -> datetime:
        """What that clock showed at a moment of the machine's, or a little less."""
        place = bisect_right(self._jumps, moment.timestamp(), key=lambda jump: jump[0])
        return moment + self._jumps[max(0, place - 1)][1]

    def put_forward(self, seconds: float) -> None:
        """Let time pass, and hint to the workers that something may be due."""
        let_pass(self.owner, timedelta(seconds=seconds))
        self._jumps.append((time.time(), self.later() + timedelta(seconds=seconds)))
        self.hint()

    def hint(self) -> None:
        """What a booking does."""
        sql(self.owner, "SELECT pg_notify('clinic_desk_queue', '')")

    # --- the queue ---

    def waiting(self) -> list[tuple[str, str, float]]:
        """What is not finished: status, owner of the lease, and the seconds until it is somebody's turn."""
        with self.owner.connect() as connection:
            rows = connection.exec_driver_sql(_WAITING).all()
        return [(status, owner or "", left) for status, owner, left in rows if left < HORIZON_S]

    def rows(self) -> list[dict[str, Any]]:
        """The whole queue."""
        with self.owner.connect() as connection:
            return [dict(row) for row in connection.exec_driver_sql("SELECT * FROM notification").mappings()]

    def stopped_channels(self) -> list[str]:
        """The channels that wait for somebody to see to their settings."""
        with self.owner.connect() as connection:
            query = "SELECT channel FROM message_channel WHERE state = 'stopped'"
            return list(connection.exec_driver_sql(query).scalars())

    def see_to_settings(self) -> None:
        """A manager saves them again."""
        sql(self.owner, "UPDATE messaging SET retention_days = 90")


@contextmanager
def queue_clinic(server: PostgresServer) -> Iterator[QueueClinic]:
    """A clinic whose database is dropped at the end."""
    with ExitStack() as stack:
        clinic = QueueClinic(server, stack.enter_context(_new_database(server, server.template)))
        stack.callback(clinic.close)
        yield clinic


def steps(row: dict[str, Any], status: str) -> list[datetime]:
    """The machine's times at which a row came into a state, by its log."""
    log = row["log"] if isinstance(row["log"], list) else json.loads(row["log"])
    return [datetime.fromisoformat(step["at"]).astimezone(UTC) for step in log if step["s"] == status]

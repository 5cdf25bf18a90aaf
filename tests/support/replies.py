"""A provider's list of replies, and the appointments and messages that they answer."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine

from clinic_desk.domain.messaging import Heard
from clinic_desk.domain.records import Channel
from clinic_desk.errors import ProviderDown
from tests.support.bookings import at, stored
from tests.support.small_clinic import SmallClinic

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

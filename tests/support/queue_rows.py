"""A worker's desk, a provider that does what it is told, and messages put straight into the queue, for its tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import URL, Connection, Engine

from clinic_desk.domain.messaging import Answer, Delivery, Found, Heard, Outcome, Outgoing, Trace
from clinic_desk.domain.records import Channel

SENT: Final = Outcome(Answer.SENT)


@dataclass
class Provider:
    """A sender without a wire: answers by `script` (then SENT), remembers what reached it. Raises what it is given."""

    channel: Channel = Channel.SMS
    script: list[Outcome | Exception] = field(default_factory=list)
    arrived: list[Outgoing] = field(default_factory=list)
    """What the provider has, whatever it said."""
    asked: list[Outgoing] = field(default_factory=list)
    deliveries: list[Delivery | None] = field(default_factory=list)
    finds: list[Found | Exception] = field(default_factory=list)
    """What `find` answers; then what is true."""
    before: Callable[[Outgoing], None] = lambda _message: None
    """Called as a message comes in."""

    def send(self, message: Outgoing) -> Outcome:
        self.asked.append(message)
        self.before(message)
        outcome = self.script.pop(0) if self.script else SENT
        if isinstance(outcome, Exception):
            raise outcome
        if outcome.answer is Answer.SENT or outcome.code == "arrived":
            self.arrived.append(message)
        if outcome.answer is Answer.SENT and not outcome.provider_id:
            return Outcome(Answer.SENT, provider_id=provider_id(message))
        return outcome

    def find(self, message: Outgoing) -> Found:
        if self.finds:
            found = self.finds.pop(0)
            if isinstance(found, Exception):
                raise found
            return found
        there = [each for each in self.arrived if (each.id, each.attempt) == (message.id, message.attempt)]
        return Found(Trace.FOUND, provider_id(there[0])) if there else Found(Trace.ABSENT)

    def delivery(self, provider_id: str) -> Delivery | None:
        return self.deliveries.pop(0) if self.deliveries else None

    def heard(self, since: datetime) -> tuple[Heard, ...]:
        return ()

    def forget(self, provider_id: str) -> Outcome:
        return SENT

    def check(self) -> Outcome:
        return SENT

    def close(self) -> None:
        pass


def provider_id(message: Outgoing) -> str:
    """What the provider calls it."""
    return f"SM-{message.id}-{message.attempt}"


_QUEUE: Final = """
INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, subject, body,
                          due_at, not_after, status)
SELECT %(id)s, a.id, a.version, a.patient_id, %(kind)s, %(channel)s, %(key)s, 'Subject', 'Body',
       clock_timestamp() + %(due_in)s, coalesce(%(not_after)s, a.starts_at), 'pending'
FROM appointment a WHERE a.id = %(appointment)s
"""


def put(
    engine: Engine,
    appointment_id: UUID,
    *,
    kind: str = "confirmation",
    channel: Channel = Channel.SMS,
    due_in: timedelta = timedelta(seconds=-1),
    not_after: datetime | None = None,
) -> UUID:
    """Put a message about an appointment into the queue as the owner; return its id."""
    row_id = uuid4()
    values = {
        "id": row_id,
        "kind": kind,
        "channel": channel.value,
        "key": f"test-{row_id}",
        "due_in": due_in,
        "not_after": not_after,
        "appointment": appointment_id,
    }
    with engine.begin() as connection:
        assert connection.exec_driver_sql(_QUEUE, values).rowcount == 1
    return row_id


def row(engine: Engine, row_id: UUID) -> Mapping[str, Any]:
    """A message as it stands."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT * FROM notification WHERE id = %s", (row_id,))
        return dict(found.mappings().one())


def rows(engine: Engine, columns: str = "kind, channel, status", where: str = "true") -> list[Any]:
    """Some columns of the queue, in the order it was written."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT {columns} FROM notification WHERE {where} ORDER BY created_at, id")
        return [tuple(each) for each in found]


def steps_of(engine: Engine, row_id: UUID) -> list[str]:
    """The states a message went through, by its own log."""
    return [step["s"] for step in row(engine, row_id)["log"]]


def state_of(engine: Engine, channel: Channel = Channel.SMS) -> Mapping[str, Any]:
    """A channel's row."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT * FROM message_channel WHERE channel = %s", (channel.value,))
        return dict(found.mappings().one())


def sql(engine: Engine, statement: str, values: tuple[Any, ...] = ()) -> None:
    """Change something as the owner."""
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, values)


# --- the database's time ----------------------------------------------------------------------------------------------

_CLOCK: Final = """
CREATE SCHEMA test_time;
GRANT USAGE ON SCHEMA test_time TO PUBLIC;
CREATE TABLE test_time.later (by interval NOT NULL);
INSERT INTO test_time.later VALUES (INTERVAL '0');
GRANT SELECT ON test_time.later TO PUBLIC;
CREATE FUNCTION test_time.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + by FROM test_time.later';
CREATE FUNCTION test_time.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.now() + by FROM test_time.later';
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA test_time TO PUBLIC;
"""


def with_time(url: URL) -> URL:
    """The same URL for connections whose clock `let_pass` can put forward."""
    return url.update_query_dict({"options": "-csearch_path=test_time,pg_catalog,public"})


def make_time(connection: Connection) -> None:
    """Make what `with_time` needs, as the owner."""
    connection.exec_driver_sql(_CLOCK)


def let_pass(engine: Engine, passed: timedelta) -> None:
    """Let so much time pass on the clock of the connections of `with_time`."""
    sql(engine, "UPDATE test_time.later SET by = by + %s", (passed,))


def ids(found: Iterable[Outgoing]) -> list[UUID]:
    """Of which messages these are."""
    return [each.id for each in found]

"""The figures of hand-made small histories whose answers are known, read from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from sqlalchemy import URL, Connection, Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.queries import figures as queries_figures
from clinic_desk.domain.figures import Bookings, Figures, Messages, Outcome, Period, Span, Time, Visits, period_of
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services.figures import STEPS, Wanted, compare, read_figures
from clinic_desk.services.importing.plan import Cancelled
from tests.support.bookings import NEW_YORK, at, statements_of
from tests.support.small_clinic import SmallClinic

MONDAY = date(2026, 3, 23)
"""On its Sunday clocks go forward in Berlin; in New York they did two weeks before."""
WEEK = Period(MONDAY, MONDAY + timedelta(days=6))
DESK, OTHER_DESK = UUID(int=71), UUID(int=72)


class Past:
    """Writes what happened, as the owner: when something was booked and cancelled is told, not stamped."""

    def __init__(self, connection: Connection, clinic: SmallClinic) -> None:
        self._connection, self._clinic = connection, clinic
        connection.exec_driver_sql("ALTER TABLE appointment DISABLE TRIGGER appointment_80_history")
        connection.execute(insert(tables.desk), [{"id": DESK, "name": "Front"}, {"id": OTHER_DESK, "name": "Back"}])

    def visit(
        self,
        starts_at: datetime,
        minutes: int = 30,
        status: str = "fulfilled",
        *,
        booked: datetime | None = None,
        desk: UUID = DESK,
        cancelled: datetime | None = None,
        command: str = "Book",
        **others: Any,
    ) -> UUID:
        """Add an appointment with Dr. Weber in Berlin, unless told otherwise."""
        key, operation = new_id(), new_id()
        row = {
            "id": key,
            "patient_id": self._clinic.patients[0],
            "practitioner_id": self._clinic.weber,
            "site_id": self._clinic.berlin,
            "type_id": self._clinic.checkup,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=minutes),
            "status": status,
        }
        made = {"operation_id": operation, "table_name": "appointment", "row_id": key, "action": "insert"}
        made |= {"version": 1, "at": booked or starts_at - timedelta(days=2), "desk_id": desk}
        self._connection.execute(insert(tables.appointment).values(row | others))
        self._connection.execute(insert(tables.operation).values(id=operation, command=command))
        self._connection.execute(insert(tables.history).values(made))
        if cancelled is not None:
            self._connection.exec_driver_sql("ALTER TABLE appointment DISABLE TRIGGER USER")
            self._connection.exec_driver_sql("UPDATE appointment SET cancelled_at = %s WHERE id = %s", (cancelled, key))
            self._connection.exec_driver_sql("ALTER TABLE appointment ENABLE TRIGGER USER")
            self._connection.exec_driver_sql("ALTER TABLE appointment DISABLE TRIGGER appointment_80_history")
        return key


@pytest.fixture
def past(owner_engine: Engine, clinic: SmallClinic) -> Iterator[Past]:
    with owner_engine.begin() as connection:
        yield Past(connection, clinic)


@pytest.fixture
def manager(url_as: Callable[[Any], URL]) -> Iterator[Database]:
    database = Database(url_as("clinic_manager"), DeskIdentity(UUID(int=9), "Office"))
    yield database
    database.dispose()


@pytest.fixture
def read(past: Past, manager: Database) -> Callable[..., Figures]:
    """Reads the figures of the week; what was written is committed before."""

    def reading(period: Period = WEEK, **wanted: Any) -> Figures:
        past._connection.commit()
        return read_figures(manager, Wanted(period, **wanted))

    return reading


def test_utilisation_is_taken_over_bookable_time(clinic: SmallClinic, past: Past, read: Callable[..., Figures]) -> None:
    nine = at(MONDAY, 9)
    past.visit(nine, 60)
    past.visit(at(MONDAY, 10), 30, "arrived", buffer_before_minutes=0, buffer_after_minutes=15)
    past.visit(at(MONDAY, 9, 30), 40, "fulfilled", squeezed_in=True)  # ten minutes of it are 10:00 to 10:10
    past.visit(at(MONDAY, 11), 30, "noshow")
    past.visit(at(MONDAY, 11, 30), 30, "cancelled")
    past.visit(at(MONDAY, 16, 30), 60, "booked")  # half an hour after closing
    past.visit(at(WEEK.last_day, 10), 20, "fulfilled")  # nobody works on Sundays
    past.visit(at(MONDAY, 14), 30, "waitlist")
    past.visit(at(MONDAY, 15), 30, "entered-in-error")
    found = read()
    weber = next(row for row in found.doctors if row.practitioner_id == clinic.weber)
    assert weber.time == Time(bookable=5 * 480, booked=60 + 45 + 30, beyond=30 + 20)
    assert weber.time.utilisation == 135 / 2400
    assert weber.visits == Visits(attended=4, no_shows=1, unmarked=1, to_come=0, cancelled=1, late=1)
    assert [row.time.bookable for row in found.doctors] == [2400, 2400, 2400]


def test_absences_take_from_both_sides_and_a_night_of_summer_time_is_an_hour_shorter(
    clinic: SmallClinic, past: Past, read: Callable[..., Figures], owner_engine: Engine
) -> None:
    connection = past._connection
    off = {"practitioner_id": clinic.weber, "name": "ill"}
    connection.execute(
        insert(tables.time_off).values(id=new_id(), starts_at=at(MONDAY, 8), ends_at=at(MONDAY, 12), **off)
    )
    block = {"practitioner_id": clinic.weber, "name": "Training"}
    connection.execute(
        insert(tables.block).values(id=new_id(), starts_at=at(MONDAY, 13), ends_at=at(MONDAY, 14), **block)
    )
    tuesday = MONDAY + timedelta(days=1)
    connection.execute(
        insert(tables.closure).values(id=new_id(), site_id=clinic.berlin, first_day=tuesday, last_day=tuesday)
    )
    connection.execute(
        insert(tables.date_override).values(
            id=new_id(), practitioner_id=clinic.weber, site_id=clinic.berlin, day=WEEK.last_day,
            start_minute=0, end_minute=480,
        )
    )  # fmt: skip
    past.visit(at(MONDAY, 11), 60)
    past.visit(at(WEEK.last_day, 1), 120)  # from 01:00 to 04:00 by the clock
    weber = read(practitioner_id=clinic.weber).doctors[0]
    assert weber.time == Time(bookable=180 + 3 * 480 + 7 * 60, booked=120, beyond=60)


def test_a_visit_belongs_to_the_day_of_its_site(clinic: SmallClinic, past: Past, read: Callable[..., Figures]) -> None:
    diaz: dict[str, Any] = {"practitioner_id": clinic.diaz, "site_id": clinic.new_york}
    late = at(WEEK.last_day, 22, zone=NEW_YORK)  # in Berlin it is Monday
    past.visit(late, status="fulfilled", **diaz)
    past.visit(at(MONDAY, 0, 30), status="noshow")  # in New York it is Sunday
    found = read()
    assert {row.practitioner_id: row.visits.all for row in found.doctors} == {
        clinic.weber: 1, clinic.okafor: 0, clinic.diaz: 1,
    }  # fmt: skip
    assert read(site_id=clinic.new_york).visits == Visits(attended=1)
    assert read(site_id=clinic.berlin).visits == Visits(no_shows=1)
    assert read(Period(WEEK.last_day + timedelta(days=1), WEEK.last_day + timedelta(days=1))).visits.all == 0


def test_late_is_less_than_24_hours_before(past: Past, read: Callable[..., Figures]) -> None:
    start = at(WEEK.last_day, 10)
    for before in (timedelta(hours=24), timedelta(hours=23, minutes=59), timedelta(hours=-1)):
        past.visit(start, 10, "cancelled", cancelled=start - before)
    assert (read().visits.cancelled, read().visits.late, read().visits.cancelled_rate) == (3, 2, 1.0)


def test_lead_time_has_quartiles_and_classes_and_knows_nothing_of_imports(
    clinic: SmallClinic, past: Past, read: Callable[..., Figures]
) -> None:
    for hours, hour in ((0, 8), (24, 9), (72, 10), (24 * 70, 11)):
        past.visit(at(MONDAY, hour), 30, booked=at(MONDAY, hour) - timedelta(hours=hours))
    past.visit(at(MONDAY, 14), 30, "noshow", booked=at(MONDAY, 15))
    past.visit(at(MONDAY, 15), 30, "cancelled", booked=at(MONDAY, 15) - timedelta(days=9))
    past.visit(at(MONDAY, 16), 30, booked=at(MONDAY, 1), command="ImportAppointments")
    found = read()
    assert (found.lead.count, found.lead.lower, found.lead.median, found.lead.upper) == (5, 0.0, 24.0, 72.0)
    assert found.lead.classes == (2, 1, 1, 0, 0, 0, 1)
    assert next(row.lead for row in found.doctors if row.practitioner_id == clinic.weber) == found.lead
    assert read(practitioner_id=clinic.okafor).lead.median is None


def test_bookings_are_counted_by_desk_and_by_the_clock_of_the_site_also_when_it_changes(
    clinic: SmallClinic, past: Past, read: Callable[..., Figures]
) -> None:
    sunday, later = WEEK.last_day, at(date(2026, 5, 4), 10)
    diaz: dict[str, Any] = {"practitioner_id": clinic.diaz, "site_id": clinic.new_york}
    made: list[tuple[datetime, UUID, dict[str, Any]]] = [
        (at(sunday, 1, 59), DESK, {}),
        (at(sunday, 3, 1), DESK, {}),  # two minutes later
        (at(sunday, 3, 2), DESK, {}),
        (at(sunday, 20, zone=NEW_YORK), OTHER_DESK, diaz),  # Monday in Berlin
        (at(sunday, 20, zone=NEW_YORK), OTHER_DESK, {}),
        (at(MONDAY, 12), UUID(int=5), {"status": "cancelled"}),
        (at(MONDAY, 12), DESK, {"status": "entered-in-error"}),
        (at(MONDAY, 12), DESK, {"command": "ImportAppointments"}),
    ]
    for number, (booked, desk, others) in enumerate(made):
        past.visit(later + timedelta(hours=number), booked=booked, desk=desk, **others)
    assert read().bookings == (
        Bookings("", 1, 12, 1),
        Bookings("Back", 7, 20, 1),
        Bookings("Front", 7, 1, 1),
        Bookings("Front", 7, 3, 2),
    )
    assert read().booked == 5


def test_messages_are_counted_by_kind_channel_and_outcome(
    clinic: SmallClinic, past: Past, read: Callable[..., Figures]
) -> None:
    visit = past.visit(at(MONDAY, 9))
    noon = at(MONDAY, 12)
    rows = [
        ("reminder", "sms", "delivered", noon, visit),
        ("reminder", "sms", "sent", noon, visit),
        ("reminder", "sms", "failed", noon, visit),
        ("reminder", "sms", "expired", noon, visit),
        ("reminder", "sms", "cancelled", noon, None),
        ("confirmation", "email", "pending", noon, visit),
        ("confirmation", "email", "pending", noon - timedelta(days=7), visit),
    ]
    for number, (kind, channel, status, due_at, about) in enumerate(rows):
        past._connection.execute(
            insert(tables.notification).values(
                id=new_id(), appointment_id=about, patient_id=clinic.patients[0], kind=kind, channel=channel,
                dedupe_key=str(number), due_at=due_at, status=status,
            )
        )  # fmt: skip
    expected = {
        Messages("confirmation", "email", Outcome.WAITING, 1),
        Messages("reminder", "sms", Outcome.DELIVERED, 1),
        Messages("reminder", "sms", Outcome.SENT, 1),
        Messages("reminder", "sms", Outcome.FAILED, 2),
        Messages("reminder", "sms", Outcome.DROPPED, 1),
    }
    assert set(read().messages) == expected
    assert {row.outcome for row in read(site_id=clinic.berlin).messages} == {row.outcome for row in expected} - {
        Outcome.DROPPED
    }
    assert read(practitioner_id=clinic.okafor).messages == ()


def test_the_figures_of_the_doctors_add_up_to_the_whole(
    clinic: SmallClinic, past: Past, read: Callable[..., Figures]
) -> None:
    chance = Random(5)
    people = [(clinic.weber, clinic.berlin), (clinic.okafor, clinic.berlin), (clinic.diaz, clinic.new_york)]
    for number in range(60):
        person, site = people[number % 3]
        status = chance.choice(["booked", "fulfilled", "arrived", "noshow", "cancelled"])
        past.visit(
            at(MONDAY, 6) + timedelta(minutes=5 * chance.randrange(7 * 24 * 12)), 5 * chance.randint(1, 30), status,
            practitioner_id=person, site_id=site, squeezed_in=True, booked=at(MONDAY, 8) - timedelta(hours=number),
        )  # fmt: skip
    whole, parts = read(), [read(practitioner_id=person) for person, _ in people]
    assert sum((part.visits for part in parts), Visits()) == whole.visits
    assert sum((part.time for part in parts), Time()) == whole.time
    assert sum(part.lead.count for part in parts) == whole.lead.count == sum(whole.lead.classes)
    assert sum(part.booked for part in parts) == whole.booked
    assert tuple(part.doctors[0] for part in parts) == whole.doctors
    by_site = [read(site_id=clinic.berlin), read(site_id=clinic.new_york)]
    assert sum((part.visits for part in by_site), Visits()) == whole.visits
    assert whole.visits.all > 50


def test_only_who_has_the_right_sees_figures(
    database: Database, manager: Database, owner_engine: Engine, clinic: SmallClinic
) -> None:
    with pytest.raises(NotAllowed):
        read_figures(database, Wanted(WEEK))
    with owner_engine.begin() as connection:
        connection.execute(
            insert(tables.staff_right).values(id=new_id(), login="test_reception", name="statistics", granted=True)
        )
        connection.execute(
            insert(tables.staff_right).values(id=new_id(), login="test_manager", name="statistics", granted=False)
        )
    assert read_figures(database, Wanted(WEEK)).visits == Visits()
    with pytest.raises(NotAllowed):
        read_figures(manager, Wanted(WEEK))


def test_it_takes_a_few_statements_tells_how_far_it_is_and_stops_when_asked(
    manager: Database, clinic: SmallClinic
) -> None:
    month = period_of(Span.MONTH, MONDAY)
    told: list[int] = []
    with statements_of(manager) as sent:
        compare(manager, Wanted(WEEK), month, told.append)
    assert (len(sent), told) == (18, list(range(1, 2 * STEPS + 1)))
    with pytest.raises(Cancelled):
        compare(manager, Wanted(WEEK), month, told.append, lambda: len(told) > 12)
    assert told[-3:] == [1, 2, 3]


def test_what_makes_no_sense_is_refused_and_an_empty_clinic_has_no_figures(
    manager: Database, clinic: SmallClinic
) -> None:
    for period in (Period(MONDAY, MONDAY - timedelta(days=1)), Period(date(2000, 1, 1), date(2020, 1, 1))):
        with pytest.raises(InvalidInput):
            read_figures(manager, Wanted(period))
    with pytest.raises(InvalidInput):
        read_figures(manager, Wanted(WEEK, site_id=UUID(int=99)))
    with patch("clinic_desk.services.figures.clinic_record") as record:
        record.return_value = __import__("clinic_desk.domain.records", fromlist=["Clinic"]).Clinic(
            (), (), (), (), (), ()
        )
        assert read_figures(manager, Wanted(WEEK)).is_empty


def test_nothing_of_a_patient_is_read() -> None:
    sent = [value for name, value in vars(queries_figures).items() if name.isupper() or isinstance(value, str)]
    assert not [text for text in sent if isinstance(text, str) and ("patient" in text and "SELECT" in text)]

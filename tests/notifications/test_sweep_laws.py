"""Laws of repairing a plan: once repaired it is as the rules want it, and nothing that left is ever sent again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.database.queries.sweep import ReminderRow
from clinic_desk.domain.messaging import ReminderRule
from clinic_desk.domain.records import Appointment, Channel, Patient, Site
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.planning import LEFT, Manner, Occasion, plan, reminders, way_to
from clinic_desk.notifications.quiet import QuietHours
from clinic_desk.notifications.sweep import Repair, repair
from tests.support.bookings import BERLIN, at

SITE = Site(UUID(int=1), "Praxis Mitte", BERLIN, "Torstr. 1", "+49301234567")
TYPE = UUID(int=5)
START = at(date(2031, 3, 31), 9, 30)  # the morning after the clocks went forward

units = st.sampled_from(["minutes", "hours", "days"])
rules = st.lists(
    st.builds(
        ReminderRule,
        id=st.integers(1, 4).map(lambda number: UUID(int=number)),
        lead=st.integers(1, 60),
        unit=units,
        type_id=st.sampled_from([None, None, TYPE, UUID(int=6)]),
        channel=st.sampled_from([None, None, Channel.EMAIL, Channel.SMS]),
        active=st.sampled_from([True, True, False]),
    ),
    max_size=4,
    unique_by=lambda rule: rule.id,
).map(tuple)
notes = st.dictionaries(
    st.sampled_from([("sms", "+4930"), ("email", "a@example.org")]), st.sampled_from(["opted-out", "unusable"])
)
quiets = st.sampled_from([QuietHours(), QuietHours(0, 0), QuietHours(13 * 60, 14 * 60), QuietHours(8 * 60, 7 * 60)])
manners = st.builds(Manner, rules=rules, notes=notes, quiet=quiets, answers=st.booleans())
patients = st.builds(
    Patient,
    id=st.just(UUID(int=2)),
    family_name=st.just("Meier"),
    given_name=st.just("Anna"),
    birth_date=st.just(None),
    phone=st.sampled_from(["+4930", "+4930", ""]),
    email=st.sampled_from(["a@example.org", "A@Example.org", ""]),
    channel=st.sampled_from(list(Channel)),
    language=st.sampled_from(["de", "en", "xx"]),
)
fates = st.lists(
    st.sampled_from(["pending", "pending", "sent", "sending", "failed", "expired"]), min_size=9, max_size=9
)
hours = st.integers(1, 24 * 40).map(lambda number: timedelta(hours=number))


def made(patient: Patient, manner: Manner, now: datetime, starts_at: datetime = START) -> Occasion:
    appointment = Appointment(
        id=UUID(int=3),
        patient_id=patient.id,
        practitioner_id=UUID(int=4),
        site_id=SITE.id,
        type_id=TYPE,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=15),
        wall_start=to_wall(starts_at, BERLIN),
        zone=BERLIN,
    )
    return Occasion(appointment, patient, SITE, now, manner)


def row(values: dict[str, Any], status: str = "") -> ReminderRow:
    names = ("id", "appointment_id", "patient_id", "channel", "rule_id", "dedupe_key", "due_at", "subject", "body")
    kept = {name: values[name] for name in names}
    return ReminderRow(**kept, status=status or values["status"], attempts=0, error_code=values["error_code"])


def carried_out(wrong: Repair, rows: list[ReminderRow]) -> list[ReminderRow]:
    """What the statements of the sweep make of the rows."""
    changes = {each["id"]: {name: value for name, value in each.items() if name in _CHANGED} for each in wrong.change}
    void = {each["id"]: {"status": "cancelled", "error_code": each["code"]} for each in wrong.void}
    assert not changes.keys() & void.keys()
    kept = [replace(each, **changes.get(each.id, {}), **void.get(each.id, {})) for each in rows]
    keys = {each.dedupe_key for each in kept}
    return kept + [row(each) for each in wrong.insert if each["dedupe_key"] not in keys]


_CHANGED = {"status", "due_at", "subject", "body", "error_code"}


def planned(occasion: Occasion, ends: list[str]) -> list[ReminderRow]:
    """The reminders of a booking, and what became of them since."""
    found = [message for message in plan(occasion) if message.kind == "reminder"]
    values = [{name: getattr(message, name) for name in message.__slots__} for message in found]
    return [row(each, end if each["status"] == "pending" else "") for each, end in zip(values, ends, strict=False)]


@given(st.tuples(patients, patients), st.tuples(manners, manners), st.tuples(hours, hours), fates, st.booleans())
def test_a_repaired_plan_needs_no_repair_and_repeats_nothing(
    who: tuple[Patient, Patient],
    how: tuple[Manner, Manner],
    before: tuple[timedelta, timedelta],
    ends: list[str],
    moved: bool,
) -> None:
    rows = planned(made(who[0], how[0], START - max(before)), ends)
    start = START + timedelta(days=1) if moved else START
    now = made(who[1], how[1], START - min(before), start)
    repaired = carried_out(repair(now, rows), rows)
    assert not repair(now, repaired), "a second run finds nothing to do"
    gone = {each.id for each in rows if each.status in LEFT | {"failed", "expired"}}
    assert [each for each in repaired if each.id in gone and each.status in LEFT] == [
        each for each in rows if each.status in LEFT
    ]
    waiting = [each for each in repaired if each.status == "pending" and each.due_at > now.now]
    assert len({(each.channel, each.due_at) for each in waiting}) == len(waiting), "one at a moment"
    for each in waiting:
        assert each.told == now.told
        left = [other for other in repaired if other.rule_id == each.rule_id and other.told == each.told]
        assert not any(other.status in LEFT for other in left), "not once more by the same rule"


@given(patients, manners, hours)
def test_a_booking_by_the_present_rules_needs_no_repair_and_lacks_no_reminder(
    patient: Patient, manner: Manner, booked: timedelta
) -> None:
    occasion = made(patient, manner, START - booked)
    rows = planned(occasion, ["pending"] * 9)
    way = way_to(patient, manner)
    wanted = reminders(occasion, way) if way and not way.code else ()
    assert [(each.rule_id, each.due_at) for each in rows if each.status == "pending"] == [
        (each.rule.id, each.due_at) for each in wanted if not each.code
    ]
    assert not repair(occasion, rows).change
    assert not repair(occasion, rows).void


def test_reminders_of_a_plan_made_before_there_were_rules_are_replaced_unless_they_left() -> None:
    patient = Patient(UUID(int=2), "Meier", "Anna", None, phone="+4930", channel=Channel.SMS)
    occasion = made(patient, Manner(), START - timedelta(days=9))
    (old,) = [replace(each, id=uuid4(), rule_id=None) for each in planned(occasion, ["pending"] * 9)]
    wrong = repair(occasion, [old])
    assert ([each["id"] for each in wrong.void], len(wrong.insert)) == ([old.id], 1)
    assert not repair(occasion, [replace(old, status="sent")])
    assert occasion.now.tzinfo in {UTC, START.tzinfo}

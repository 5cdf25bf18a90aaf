"""The demo clinic as it is made up: believable, full, within every rule, on whatever day it is opened."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from uuid import UUID

import phonenumbers
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from clinic_desk.domain.commands import Rule
from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    CancellationReason,
    ParticipationStatus,
    RoomKind,
)
from clinic_desk.domain.rules import candidate_of_appointment, check_booking
from clinic_desk.domain.waiting import checked_wish
from clinic_desk.domain.wall import local_day, to_instant, to_wall
from clinic_desk.services.calendar import working_minutes
from clinic_desk.services.demo import DemoClinic, build_demo
from clinic_desk.services.demo.rows import rows_of

TODAY = date(2026, 11, 24)
MORNING = datetime(2026, 11, 24, 8, 37, tzinfo=UTC)
SPECIAL_DAYS = [
    date(2026, 11, 29),  # a Sunday
    date(2026, 3, 29),  # clocks go forward in both zones
    date(2026, 10, 25),  # and back
    date(2028, 2, 29),
    date(2027, 1, 1),
]


@cache
def demo(today: date = TODAY, now: datetime = MORNING) -> DemoClinic:
    return build_demo(today, now)


def rows(found: DemoClinic) -> list[Appointment]:
    return [row.appointment for row in found.appointments]


def by_day(found: DemoClinic) -> dict[date, list[Appointment]]:
    days: dict[date, list[Appointment]] = defaultdict(list)
    for row in rows(found):
        days[local_day(row.starts_at, row.zone)].append(row)
    return days


# On any day


@pytest.mark.parametrize("today", SPECIAL_DAYS, ids=lambda day: f"{day:%a_%d_%b_%Y}")
def test_the_demo_is_full_and_within_the_rules_on_a_special_day(today: date) -> None:
    check(build_demo(today, datetime.combine(today, time(9, 10), UTC)))


@pytest.mark.timeout(300)
@settings(max_examples=2, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(-120, 24 * 60 + 120))
def test_the_demo_is_full_and_within_the_rules_on_any_day_at_any_time(today: date, minute: int) -> None:
    check(build_demo(today, datetime.combine(today, time.min, UTC) + timedelta(minutes=minute)))


def check(found: DemoClinic) -> None:
    check_fullness(found)
    check_rules(found)
    check_nothing_overlaps(found)
    check_stories(found)


def check_fullness(found: DemoClinic) -> None:
    days = by_day(found)
    for day in found.setup.days():
        working = working_minutes(found.setup.clinic, day, None, found.setup.time_off)
        booked = sum(row.length / timedelta(minutes=1) for row in days[day] if row.status.occupies_time)
        assert working > 0, day
        assert 0.6 <= booked / working <= 0.9, (day, booked / working)
    assert set(days) <= set(found.setup.days())


def check_rules(found: DemoClinic) -> None:
    """Every appointment breaks the rules that it says were overruled, and no other."""
    now = to_instant(datetime.combine(found.setup.days()[0], time.min), "Europe/Berlin") - timedelta(days=1)
    for day in by_day(found).values():
        beside: dict[UUID | None, list[Appointment]] = defaultdict(list)
        for other in day:
            if not other.squeezed_in:
                for key in {other.practitioner_id, other.patient_id, other.room_id}:
                    beside[key].append(other)
        for row in day:
            if row.status.occupies_time:
                rooms = beside[row.room_id] if row.room_id else []
                broken = check_booking(
                    candidate_of_appointment(row),
                    found.setup.clinic,
                    others={*beside[row.practitioner_id], *beside[row.patient_id], *rooms},
                    time_off=found.setup.time_off,
                    blocks=found.setup.blocks,
                    now=now,
                )
                assert {violation.rule.value for violation in broken} == row.overruled, (row, broken)
                assert row.squeezed_in == (Rule.SLOT_TAKEN.value in row.overruled)


def check_nothing_overlaps(found: DemoClinic) -> None:
    footprints: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in rows(found):
        if row.status.occupies_time and not row.squeezed_in:
            footprints[row.practitioner_id].append(row.footprint)
            if row.room_id is not None:
                footprints[row.room_id].append(row.footprint)
    for taken in footprints.values():
        for (_, before), (after, _) in pairwise(sorted(taken)):
            assert before <= after


def check_stories(found: DemoClinic) -> None:
    for story in found.appointments:
        row = story.appointment
        assert row.wall_start == to_wall(row.starts_at, row.zone)
        assert story.booked_at < row.starts_at
        assert story.booked_at <= story.changed_at
        assert (row.cancellation_reason is None) == (row.status is not AppointmentStatus.CANCELLED)
    ids = [row.id for row in rows(found)] + [patient.id for patient in found.patients]
    assert len(set(ids)) == len(ids)
    assert all(row.version == 7 for row in ids)
    keys = [message.message.dedupe_key for message in found.messages]
    assert len(set(keys)) == len(keys)


# The same for the same day


def test_the_same_day_gives_the_same_clinic_to_the_last_byte() -> None:
    def rendered(found: DemoClinic) -> list[object]:
        return [
            (table.table, table.columns, [tuple(map(repr, row)) for row in table.values]) for table in rows_of(found)
        ]

    assert rendered(demo()) == rendered(build_demo(TODAY, MORNING))
    assert rendered(demo()) != rendered(build_demo(TODAY, MORNING, seed=1))


# Who and what is there


def test_it_has_two_sites_in_two_zones_six_practitioners_three_rooms_and_a_device() -> None:
    clinic = demo().setup.clinic
    assert len({site.zone for site in clinic.sites}) == 2
    assert [person.name for person in clinic.practitioners] == [
        "Dr. Amara Okafor",
        "Dr. Jonas Weber",
        "Dr. Mei Tanaka",
        "Dr. Luis Ortega",
        "Nurse Petra Hahn",
        "Dra. Elena Navarro",
    ]
    assert [room.kind for room in clinic.rooms] == [RoomKind.ROOM] * 3 + [RoomKind.DEVICE]
    assert all(site.country and site.subdivision for site in clinic.sites)
    assert any(kind.buffer_before_minutes for kind in clinic.types)
    assert any(kind.needs_room for kind in clinic.types)
    assert {frozenset() for kind in clinic.types if not kind.practitioner_ids} == set()


def test_a_saturday_ahead_has_hours_of_its_own_with_an_hour_for_short_visits() -> None:
    found = demo()
    works, away = found.setup.clinic.date_overrides
    assert works.day.isoweekday() == 6
    assert works.day > found.setup.days()[-1]
    assert (works.start_minute, works.end_minute) == (540, 780)
    assert (away.start_minute, away.end_minute) == (None, None)
    (reserved,) = (block for block in found.setup.blocks if block.type_ids)
    assert reserved.practitioner_id == works.practitioner_id
    assert local_day(reserved.starts_at, "Europe/Berlin") == works.day


def test_every_status_every_answer_and_every_kind_of_trouble_occurs() -> None:
    found = demo()
    assert {row.status for row in rows(found)} == set(AppointmentStatus)
    assert {row.answer for row in rows(found)} == set(ParticipationStatus)
    assert len({row.cancellation_reason for row in rows(found)} & set(CancellationReason)) >= 4
    assert sum(row.squeezed_in for row in rows(found)) > 30
    assert any(Rule.OUTSIDE_HOURS.value in row.overruled for row in rows(found))
    assert sum(bool(row.note) for row in rows(found)) > 300
    assert {block.name for block in found.setup.blocks} == {"Training", "Team meeting", "Repair", "Acute visits"}
    assert len(found.setup.time_off) == 4
    assert len(found.setup.clinic.closures) == 2


def test_the_hour_shows_in_todays_statuses() -> None:
    found = demo()
    for row in by_day(found)[TODAY]:
        over = row.ends_at <= MORNING
        if row.status in {AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW}:
            assert over
        elif row.status is AppointmentStatus.CHECKED_IN:
            assert row.starts_at <= MORNING < row.ends_at
        elif row.status is AppointmentStatus.BOOKED:
            assert row.starts_at > MORNING
    counts = Counter(row.status for row in by_day(found)[TODAY])
    assert counts[AppointmentStatus.CHECKED_IN] >= 2
    assert counts[AppointmentStatus.ARRIVED] >= 3
    assert counts[AppointmentStatus.FULFILLED] >= 10


def test_nothing_has_happened_after_now() -> None:
    for story in demo().appointments:
        assert story.changed_at <= MORNING
    for message in demo().messages:
        assert message.created_at <= MORNING
        assert message.sent_at is None or message.sent_at <= MORNING
        assert all(step.at <= MORNING for step in message.steps)
    assert all(reply.received_at <= MORNING for reply in demo().replies)


# The patients


def test_there_are_2000_patients_of_many_scripts_and_lengths() -> None:
    patients = demo().patients
    assert len(patients) == 2000
    scripts = Counter(script for patient in patients for script in scripts_of(patient.display_name))
    wanted = {"LATIN", "ARABIC", "HEBREW", "CYRILLIC", "GREEK", "CJK", "HIRAGANA", "HANGUL", "THAI", "DEVANAGARI"}
    assert wanted <= set(scripts)
    lengths = [len(patient.display_name) for patient in patients]
    assert min(lengths) == 1
    assert max(lengths) > 180
    names = " ".join(patient.display_name for patient in patients)
    assert all(sign in names for sign in ("'", "’", "-", "<b>", '"', "🌻", ";"))
    assert {patient.birth_date is None for patient in patients} == {True, False}


def scripts_of(name: str) -> Iterator[str]:
    for char in name:
        if char.isalpha():
            yield unicodedata.name(char).split(maxsplit=1)[0]


def test_families_share_a_telephone_and_a_name() -> None:
    families: dict[str, set[str]] = defaultdict(set)
    for patient in demo().patients:
        if patient.phone:
            families[patient.phone].add(patient.given_name)
    shared = [names for names in families.values() if len(names) > 1]
    assert len(shared) > 200


RESERVED = re.compile(
    r"\+49(3023125|6990009|4066969|2214710|8999998)\d{3}"  # Bundesnetzagentur, Amtsblatt 7/2021 No. 148
    r"|\+44(207946|121496|131496|161496|113496)0\d{3}"  # Ofcom, numbers for drama use
    r"|\+1\d{3}55501\d\d"  # North American plan, 555-0100 to 555-0199
)


def test_nobody_can_be_reached() -> None:
    found = demo()
    for phone in [patient.phone for patient in found.patients] + [site.phone for site in found.setup.clinic.sites]:
        assert not phone or RESERVED.fullmatch(phone), phone
        assert not phone or phonenumbers.is_valid_number(phonenumbers.parse(phone))
    for patient in found.patients:
        assert not patient.email or re.fullmatch(r"[a-z0-9.]+@example\.(org|com|net)", patient.email), patient.email
        assert patient.channel != "sms" or patient.phone
        assert patient.channel != "email" or patient.email


def test_the_patients_of_the_picture_are_there() -> None:
    names = {patient.display_name: patient for patient in demo().patients}
    assert names["Aisha Rahman"].birth_date == date(1987, 3, 14)
    assert names["Clara Jensen"].phone == names["Emil Jensen"].phone


def test_children_are_seen_by_the_paediatrician_and_nobody_is_at_two_places_on_one_day() -> None:
    found = demo()
    born = {patient.id: patient.birth_date for patient in found.patients}
    tanaka = found.setup.clinic.practitioners[2].id
    for day, appointments in by_day(found).items():
        assert len({row.patient_id for row in appointments}) == len(appointments)
        for row in appointments:
            birth_date = born[row.patient_id]
            if row.practitioner_id == tanaka and birth_date is not None:
                assert (day - birth_date).days < 19 * 366


# The queue


def test_the_queue_matches_the_appointments() -> None:
    found = demo()
    status = {row.id: row.status for row in rows(found)}
    statuses = Counter(message.message.status for message in found.messages)
    assert statuses["failed"] == 2
    assert statuses["unknown"] == 1
    for row in found.messages:
        message = row.message
        if message.status == "pending":
            assert message.due_at > MORNING
            assert message.kind == "reminder"
            assert status[message.appointment_id] is AppointmentStatus.BOOKED
        if message.status in {"sent", "delivered"}:
            assert row.sent_at is not None
            assert row.sent_at >= message.due_at
            assert row.recipient
        if message.kind == "cancelled":
            assert status[message.appointment_id] is AppointmentStatus.CANCELLED
    told = {row.message.appointment_id for row in found.messages if row.message.kind == "confirmation"}
    assert len(told) > 0.6 * len(status)


def test_what_happened_to_each_message_is_told_in_its_order_and_ends_as_it_now_is() -> None:
    for row in demo().messages:
        assert row.steps[0].at == row.created_at
        assert [step.at for step in row.steps] == sorted(step.at for step in row.steps)
        assert row.steps[-1].status == row.message.status
        assert (row.steps[-1].code, row.steps[-1].error) == (row.message.error_code, row.message.last_error)
        assert row.attempts == row.steps[-1].attempts
    wrong = {(row.message.status, row.message.error_code) for row in demo().messages if row.message.error_code}
    assert {("failed", "21614"), ("failed", "550"), ("cancelled", "superseded")} <= wrong


def test_patients_have_answered_reminders_and_one_answer_waits_for_the_desk() -> None:
    found = demo()
    answers = {row.id: row.answer for row in rows(found)}
    assert Counter(reply.status for reply in found.replies)["open"] == 1
    confirmed = [reply for reply in found.replies if reply.meaning == "confirm"]
    assert confirmed
    assert {answers[reply.appointment_id] for reply in confirmed} == {ParticipationStatus.ACCEPTED}
    assert len({reply.provider_id for reply in found.replies}) == len(found.replies)


def test_the_demo_asks_for_answers_as_a_number_would() -> None:
    bodies = [
        row.message.body for row in demo().messages if row.message.kind == "reminder" and row.message.channel == "sms"
    ]
    assert all(" C" in body for body in bodies)


def test_those_who_wait_have_a_time_weeks_ahead_and_said_when_they_could_come_sooner() -> None:
    found = demo()
    visits = {row.id: row for row in rows(found)}
    assert len(found.waiting) == 12
    for wish in found.waiting:
        assert wish.appointment_id is not None
        visit = visits[wish.appointment_id]
        assert (visit.status, visit.patient_id, visit.type_id) == ("booked", wish.patient_id, wish.type_id)
        assert visit.starts_at > MORNING + timedelta(weeks=3)
        assert wish.added_at is not None
        assert wish.added_at < MORNING
        assert checked_wish(wish) == wish

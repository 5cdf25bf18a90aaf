"""Rows of appointments: whose, with whom, when and where each is, whether its time is free, and the writing of them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from uuid import UUID

from clinic_desk.database.queries import importing as queries
from clinic_desk.database.queries.patients import matching, merged_target
from clinic_desk.domain.exchange import Kind, Reason, RowProblem
from clinic_desk.domain.exchange_values import STATUSES, read_date, read_moment, read_wall, word
from clinic_desk.domain.folding import fold, query_tokens, tokens
from clinic_desk.domain.records import Appointment, AppointmentStatus, Clinic, Patient, RoomKind
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.wall import to_instant, to_wall
from clinic_desk.errors import InvalidInput
from clinic_desk.services.importing.hours import Hours
from clinic_desk.services.importing.people import Sorted, date_example
from clinic_desk.services.importing.shared import Shared
from clinic_desk.services.patients import validate_patient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

    from clinic_desk.database.exchange import LongChange
    from clinic_desk.domain.records import AppointmentType, Practitioner, Room, Site
    from clinic_desk.services.importing.files import Row
    from clinic_desk.services.importing.plan import Cells

_LONGEST: Final = timedelta(hours=24)
_LONGEST_NOTE: Final = 4000
_MATCHES: Final = 50
_NOBODY: Final = UUID(int=0)


class _Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def active(self) -> bool: ...


_Row = TypeVar("_Row", bound=_Named)


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment of a row whose patient is still to be found: by number, or by what is known of the person."""

    row: Row
    appointment: Appointment
    patient_key: UUID | None
    name: frozenset[str] = frozenset()
    birth_date: date | None = None
    phone: str = ""
    email: str = ""

    @property
    def id(self) -> UUID:
        """The appointment's id."""
        return self.appointment.id


class VisitRows:
    """Reads rows of appointments into a clinic that is set up."""

    def __init__(self, cells: Cells, clinic: Clinic, now: datetime) -> None:
        self._cells = cells
        self._clinic = clinic
        self._hours = Hours(cells, clinic, now)
        self._busy: dict[UUID, list[tuple[datetime, datetime, int]]] = {}
        self._shared = Shared(clinic)

    # --- reading ---

    def read(self, row: Row) -> Visit | list[RowProblem]:
        """Return the appointment of a row, or what is wrong with it."""
        problems: list[RowProblem] = []
        cells, clinic = self._cells, self._clinic
        who = self._named(row, "practitioner", clinic.practitioners, problems)
        visit = self._named(row, "type", self._types(who), problems)
        where = self._site(row, who, problems) if who else None
        room = self._resource(row, "room", where, problems)
        device = self._resource(row, "device", where, problems)
        zone = where.zone if where else "UTC"
        starts_at = self._moment(row, "start", zone, problems)
        length = self._length(row, starts_at, zone, visit, problems)
        status = word(STATUSES, cells.text(row, "status")) if cells.text(row, "status") else AppointmentStatus.BOOKED
        if status is None:
            problems.append(cells.problem(row, "status", Reason.WORD, ", ".join(AppointmentStatus)))
        if len(cells.text(row, "note")) > _LONGEST_NOTE:
            problems.append(cells.problem(row, "note", Reason.TEXT))
        person = self._person(row, problems)
        if problems or not (who and visit and where and starts_at and length and status):
            return problems
        key = cells.text(row, "id") or f"{who.id} {starts_at.isoformat()} {person}"
        appointment = Appointment(
            id=cells.key(Kind.APPOINTMENTS, key),
            patient_id=_NOBODY,
            practitioner_id=who.id,
            site_id=where.id,
            type_id=visit.id,
            starts_at=starts_at,
            ends_at=starts_at + length,
            wall_start=to_wall(starts_at, zone),
            zone=zone,
            room_id=room.id if room else None,
            buffer_before_minutes=visit.buffer_before_minutes,
            buffer_after_minutes=visit.buffer_after_minutes,
            status=status,
            note=cells.text(row, "note"),
            device_id=device.id if device else None,
        )
        return Visit(row, appointment, *person)

    def _named(self, row: Row, name: str, rows: Iterable[_Row], problems: list[RowProblem]) -> _Row | None:
        """The record of this name, or the only one there is if the file names none."""
        active = [one for one in rows if one.active]
        text = self._cells.text(row, name)
        found = active if not text else _by_name(active, text)
        if len(found) == 1:
            return found[0]
        known = ", ".join(one.name for one in active[:12])
        reason = Reason.SEVERAL if text and found else Reason.UNKNOWN if text else Reason.MISSING
        problems.append(self._cells.problem(row, name, reason, known))
        return None

    def _types(self, who: Practitioner | None) -> Sequence[AppointmentType]:
        return [one for one in self._clinic.types if who is None or who.id in one.practitioner_ids]

    def _site(self, row: Row, who: Practitioner | None, problems: list[RowProblem]) -> Site | None:
        """The site that is named, else where the practitioner works, if that is one place only."""
        works = {hours.site_id for hours in self._clinic.working_hours if who and hours.practitioner_id == who.id}
        named = self._cells.text(row, "site")
        sites = self._clinic.sites if named or not works else [one for one in self._clinic.sites if one.id in works]
        return self._named(row, "site", sites, problems)

    def _resource(self, row: Row, name: str, where: Site | None, problems: list[RowProblem]) -> Room | None:
        """The room or device that is named, of the site."""
        if not self._cells.text(row, name) or where is None:
            return None
        kind = RoomKind(name)
        rooms = [one for one in self._clinic.rooms if one.site_id == where.id and one.kind is kind]
        return self._named(row, name, rooms, problems)

    def _moment(self, row: Row, name: str, zone: str, problems: list[RowProblem]) -> datetime | None:
        cells = self._cells
        text, day_text = cells.text(row, name), cells.text(row, "date")
        moment = None
        if day_text and (day := read_date(day_text, cells.order)):
            moment = read_wall(day, text)
        moment = moment or read_moment(text, cells.order)
        if moment is None:
            bad_day = bool(day_text) and read_date(day_text, cells.order) is None
            example = date_example(cells.order)
            problems.append(
                cells.problem(row, "date", Reason.DATE, example)
                if bad_day
                else cells.problem(row, name, Reason.TIME, "10:15" if day_text else f"{example} 10:15")
            )
            return None
        return to_instant(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)

    def _length(
        self,
        row: Row,
        starts_at: datetime | None,
        zone: str,
        visit: AppointmentType | None,
        problems: list[RowProblem],
    ) -> timedelta | None:
        cells = self._cells
        minutes = cells.text(row, "length")
        length = timedelta(minutes=visit.length_minutes) if visit else None
        if minutes:
            length = timedelta(minutes=int(minutes)) if minutes.isdecimal() and len(minutes) < 5 else None
        elif cells.text(row, "end") and starts_at:
            before = len(problems)
            ends_at = self._moment(row, "end", zone, problems)
            if len(problems) > before:
                return None
            length = ends_at - starts_at if ends_at else None
        if (visit or minutes) and (length is None or not timedelta(0) < length <= _LONGEST):
            problems.append(cells.problem(row, "length" if minutes else "end", Reason.LENGTH))
            return None
        return length

    def _person(
        self, row: Row, problems: list[RowProblem]
    ) -> tuple[UUID | None, frozenset[str], date | None, str, str]:
        cells = self._cells
        number, born = cells.text(row, "patient_id"), cells.text(row, "birth_date")
        key = cells.key(Kind.PATIENTS, number) if number else None
        birth_date = read_date(born, cells.order)
        if born and birth_date is None:
            problems.append(cells.problem(row, "birth_date", Reason.DATE, date_example(cells.order)))
        given = Patient(_NOBODY, "x", "", None, phone=cells.text(row, "phone"), email=cells.text(row, "email"))
        try:
            given = validate_patient(given, cells.plan.region)
        except InvalidInput as error:
            reason = Reason.PHONE if error.field == "phone" else Reason.EMAIL
            problems.append(cells.problem(row, error.field, reason, error.example))
        name = frozenset(tokens(cells.text(row, "patient")))
        if key is None and not name and not given.phone and not given.email:
            problems.append(cells.problem(row, "patient", Reason.MISSING))
        return key, name, birth_date, given.phone, given.email

    # --- who, and whether it fits ---

    def sort(self, connection: Connection, items: Sequence[tuple[int, Visit]]) -> Sorted[Visit]:
        """Part a batch: what is there already, whose patient is not found, whose time is not free."""
        found = Sorted[Visit]()
        known = queries.known_ids(connection, "appointment", (visit.id for _, visit in items))
        fresh = [visit for _, visit in items if visit.id not in known]
        found.there = len(items) - len(fresh)
        people = _People(connection, fresh)
        placed = [done for visit in fresh if (done := self._with_patient(people, visit, found)) is not None]
        taken = queries.overlapping(connection, (self._place(visit) for visit in placed if _occupies(visit)))
        self._shared.look(connection, [(visit.row.number, visit.appointment) for visit in placed if _occupies(visit)])
        self._hours.look(connection, (visit.appointment for visit in placed))
        for visit in placed:
            at = taken.get(visit.row.number)
            full = self._shared.full(visit.row.number, visit.appointment) if _occupies(visit) else None
            other = self._other_row(visit) if at is None and full is None and _occupies(visit) else 0
            if at is not None:
                wall = to_wall(at, visit.appointment.zone)
                self._not_free(visit, found, f"another appointment begins at {wall:%Y-%m-%d %H:%M}")
            elif full is not None:
                self._not_free(visit, found, f"all {full.capacity} places of {full.name} are taken")
            elif other:
                self._not_free(visit, found, f"row {other} has it")
            else:
                self._put(visit, found)
        return found

    def _put(self, visit: Visit, found: Sorted[Visit]) -> None:
        """Its time is free; whether it is one to work in is another matter."""
        appointment, warnings, problems = self._hours.judged(visit.row, visit.appointment)
        if problems:
            found.problems += problems
            return
        found.warnings += warnings
        found.new.append((visit.row.number, replace(visit, appointment=appointment)))

    def _with_patient(self, people: _People, visit: Visit, found: Sorted[Visit]) -> Visit | None:
        patients = people.of(visit)
        if len(patients) == 1:
            return replace(visit, appointment=replace(visit.appointment, patient_id=patients[0].id))
        name = next(
            (name for name in ("patient_id", "patient", "email", "phone") if self._cells.text(visit.row, name)),
            "patient",
        )
        reason = Reason.SEVERAL if patients else Reason.UNKNOWN
        found.problems.append(self._cells.problem(visit.row, name, reason, "" if patients else "a patient"))
        return None

    def _place(self, visit: Visit) -> tuple[int, UUID, UUID | None, UUID | None, datetime, datetime]:
        one = visit.appointment
        room, device = (None if key in self._shared.rooms else key for key in (one.room_id, one.device_id))
        return (visit.row.number, one.practitioner_id, room, device, *one.footprint)

    def _other_row(self, visit: Visit) -> int:
        """The earlier row that has the practitioner's, room's or device's time; else 0, and it is this row's."""
        row, who, room, device, start, end = self._place(visit)
        kept = [self._busy.setdefault(key, []) for key in (who, room, device) if key is not None]
        for intervals in kept:
            place = bisect_left(intervals, (start, start, 0))
            for theirs in intervals[max(0, place - 1) : place + 1]:
                if theirs[0] < end and theirs[1] > start:
                    return theirs[2]
        for intervals in kept:
            insort(intervals, (start, end, row))
        self._shared.take(visit.appointment)
        return 0

    def _not_free(self, visit: Visit, found: Sorted[Visit], detail: str) -> None:
        found.problems.append(self._cells.problem(visit.row, "start", Reason.TAKEN, detail))

    def write(self, change: LongChange, batch: Sorted[Visit]) -> list[RowProblem]:
        """Store a batch; the constraint has the last word on whose time is free."""
        stored = queries.insert_appointments(change, (visit.appointment for _, visit in batch.new))
        lost = [visit for _, visit in batch.new if visit.id not in stored]
        return [self._cells.problem(one.row, "start", Reason.TAKEN, "somebody booked there meanwhile") for one in lost]


def _occupies(visit: Visit) -> bool:
    return visit.appointment.status.occupies_time


def _by_name(rows: Sequence[_Row], text: str) -> list[_Row]:
    wanted = fold(text).strip()
    exact = [one for one in rows if fold(one.name).strip() == wanted or str(one.id) == wanted]
    if exact:
        return exact
    words = set(tokens(text))
    return [one for one in rows if words and (words <= set(tokens(one.name)) or words >= set(tokens(one.name)))]


class _People:
    """The patients that a batch of appointments may be for."""

    def __init__(self, connection: Connection, visits: Sequence[Visit]) -> None:
        self._connection = connection
        self._by_id = queries.patients_by_id(connection, {visit.patient_key for visit in visits if visit.patient_key})
        rest = [visit for visit in visits if visit.patient_key is None]
        days = {visit.birth_date for visit in rest if visit.birth_date}
        phones = {visit.phone for visit in rest if visit.phone}
        emails = {visit.email.casefold() for visit in rest if visit.email}
        near = queries.patients_like(connection, sorted(days), sorted(phones), 20_000) if days or phones else []
        near += queries.patients_by_email(connection, emails) if emails else []
        self._near = {patient.id: patient for patient in near}
        self._by_name: dict[frozenset[str], list[Patient]] = {}

    def of(self, visit: Visit) -> list[Patient]:
        """Return who is meant: the one of this number, else all of whom everything that the row says is true."""
        if visit.patient_key is not None:
            found = self._by_id.get(visit.patient_key)
            return [] if found is None else [self._current(found)]
        near = list(self._near.values())
        if not (visit.birth_date or visit.phone or visit.email):
            near = self._of_name(visit.name)
        return [patient for patient in near if _is_meant(visit, patient)]

    def _current(self, patient: Patient) -> Patient:
        if patient.merged_into is None:
            return patient
        try:
            return merged_target(self._connection, patient.merged_into)[0]
        except NotFound:
            return patient

    def _of_name(self, name: frozenset[str]) -> list[Patient]:
        if name not in self._by_name:
            query = query_tokens(" ".join(sorted(name)))
            self._by_name[name] = matching(self._connection, query, _MATCHES, infix=False) if query else []
        return self._by_name[name]


def _is_meant(visit: Visit, patient: Patient) -> bool:
    return (
        (not visit.name or visit.name == frozenset(tokens(patient.display_name)))
        and (visit.birth_date is None or visit.birth_date == patient.birth_date)
        and (not visit.phone or visit.phone == patient.phone or bool(visit.birth_date and visit.name))
        and (not visit.email or visit.email.casefold() == patient.email.casefold() or bool(visit.name))
    )

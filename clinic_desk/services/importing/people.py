"""Rows of patients and practitioners: what each means, who is there already or may be, and the writing of the new."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from clinic_desk.database.queries import importing as queries
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.domain.exchange import DateOrder, Doubles, Existing, Kind, Reason, RowProblem, key_of_person
from clinic_desk.domain.exchange_values import CHANNELS, GENDERS, read_date, word
from clinic_desk.domain.folding import fold, tokens
from clinic_desk.domain.patients import likely_duplicates
from clinic_desk.domain.records import AdministrativeGender, Channel, Patient, Practitioner
from clinic_desk.errors import InvalidInput
from clinic_desk.services.importing.changes import differences, with_said
from clinic_desk.services.importing.plan import Change, Double
from clinic_desk.services.patients import validate_patient

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.exchange import LongChange
    from clinic_desk.services.importing.files import Row
    from clinic_desk.services.importing.plan import Cells

Record = TypeVar("Record")
_Meaning = TypeVar("_Meaning")
_REASONS: Final = {
    "birth_date": Reason.BIRTH_DATE,
    "phone": Reason.PHONE,
    "email": Reason.EMAIL,
    "language": Reason.LANGUAGE,
}
_DATES: Final = {
    DateOrder.DAY_FIRST: "24/12/1987",
    DateOrder.MONTH_FIRST: "12/24/1987",
    None: "1987-12-24 or 24.12.1987",
}
_CANDIDATES: Final = 20_000
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_LONGEST_NAME: Final = 200


@dataclass(slots=True)
class Sorted(Generic[Record]):
    """A batch of rows, parted into what is new, how many are there already, who may be, and what cannot be."""

    new: list[tuple[int, Record]] = field(default_factory=list)
    changed: list[tuple[int, Record]] = field(default_factory=list)
    """As they are to be, with the version that they have."""
    changes: list[Change] = field(default_factory=list)
    there: int = 0
    doubles: list[tuple[Double, bool]] = field(default_factory=list)
    """With whether the row is left out for it."""
    problems: list[RowProblem] = field(default_factory=list)
    warnings: list[RowProblem] = field(default_factory=list)


def date_example(order: DateOrder | None) -> str:
    """Return a date as the file writes it."""
    return _DATES[order]


class PatientRows:
    """Reads rows of patients. `today`: no birth date lies after it."""

    def __init__(self, cells: Cells, today: date) -> None:
        self._cells = cells
        self._plan = cells.plan
        self._today = today
        self._has_ids = "id" in cells.plan.columns
        self._updates = cells.plan.existing is Existing.UPDATE
        self._rows: dict[int, Row] = {}

    def read(self, row: Row) -> Patient | list[RowProblem]:
        """Return the patient of a row as she will be stored, or what is wrong with it."""
        cells, problems = self._cells, list[RowProblem]()
        family, given = self._names(row, problems)
        born = self._birth_date(row, problems)
        gender = self._word(row, "gender", GENDERS, problems) or AdministrativeGender.UNKNOWN
        channel = self._word(row, "channel", CHANNELS, problems) or Channel.NONE
        phone, note = self._phone(row)
        number = cells.text(row, "id")
        if self._has_ids and not number:
            problems.append(cells.problem(row, "id", Reason.MISSING))
        if problems:
            return problems
        patient = Patient(
            id=cells.key(Kind.PATIENTS, number),
            family_name=family,
            given_name=given,
            birth_date=born,
            gender=gender,
            phone=phone,
            email=cells.text(row, "email"),
            channel=channel,
            language=cells.text(row, "language") or self._plan.language,
            note=note,
        )
        try:
            patient = validate_patient(patient, self._plan.region, today=self._today)
        except InvalidInput as error:
            return [self._refused(row, patient, error)]
        if self._updates:
            self._rows[row.number] = row
        return patient if self._has_ids else _with_own_key(patient)

    def _names(self, row: Row, problems: list[RowProblem]) -> tuple[str, str]:
        family, given = self._cells.text(row, "family_name"), self._cells.text(row, "given_name")
        whole = self._cells.text(row, "name")
        if family or given or not whole:
            return family, given
        family, comma, given = whole.partition(",")
        if not comma and len(whole.split()) > 1:
            problems.append(self._cells.problem(row, "name", Reason.WORD, "Family name, Given name"))
        return family.strip(), given.strip()

    def _birth_date(self, row: Row, problems: list[RowProblem]) -> date | None:
        text = self._cells.text(row, "birth_date")
        if not text:
            return None
        born = read_date(text, self._cells.order)
        if born is None:
            problems.append(self._cells.problem(row, "birth_date", Reason.DATE, date_example(self._cells.order)))
        return born

    def _word(self, row: Row, name: str, table: Mapping[str, _Meaning], problems: list[RowProblem]) -> _Meaning | None:
        text = self._cells.text(row, name)
        found = word(table, text) if text else None
        if text and found is None:
            known = ", ".join(dict.fromkeys(str(meaning) for meaning in table.values()))
            problems.append(self._cells.problem(row, name, Reason.WORD, known))
        return found

    def _phone(self, row: Row) -> tuple[str, str]:
        """The mobile number if there is one, as messages go there; the other one is kept in the note."""
        note, phone, mobile = (self._cells.text(row, name) for name in ("note", "phone", "mobile"))
        if phone and mobile and phone != mobile:
            note = f"{note}\n{self._cells.heading('phone')}: {phone}".strip()
        return mobile or phone, note

    def _refused(self, row: Row, patient: Patient, error: InvalidInput) -> RowProblem:
        reason = _REASONS.get(error.field, Reason.TEXT)
        if error.field == "family_name" and not (patient.family_name.strip() or patient.given_name.strip()):
            reason = Reason.NAME
        name = "mobile" if error.field == "phone" and self._cells.text(row, "mobile") else error.field
        return self._cells.problem(row, name, reason, error.example)

    def sort(self, connection: Connection, items: Sequence[tuple[int, Patient]]) -> Sorted[Patient]:
        """Part a batch: by its key, then by the rule that warns of doubles when a patient is added at a desk."""
        found = Sorted[Patient]()
        ids = [patient.id for _, patient in items]
        if self._updates:
            standing = queries.patients_by_id(connection, ids)
            self._compare(items, standing, found)
            known = frozenset(standing)
        else:
            known = queries.known_ids(connection, "patient", ids)
        fresh = [(row, patient) for row, patient in items if patient.id not in known]
        found.there = len(items) - len(fresh) - len(found.changed)
        candidates = _Candidates(connection, [patient for _, patient in fresh])
        for row, patient in fresh:
            alike = likely_duplicates(patient, candidates.of(patient))
            leave_out = bool(alike) and self._plan.doubles is Doubles.SKIP
            if alike:
                found.doubles.append((Double(row, patients=alike[:3]), leave_out))
            if not leave_out:
                found.new.append((row, patient))
        return found

    def _compare(
        self, items: Sequence[tuple[int, Patient]], standing: Mapping[UUID, Patient], found: Sorted[Patient]
    ) -> None:
        for number, patient in items:
            now, row = standing.get(patient.id), self._rows[number]
            if now is None or now.merged_into is not None or now.restricted:
                continue  # a list is no way into a restricted record
            said = {name for name in ("channel", "language") if self._cells.text(row, name)}
            wanted = with_said(now, patient, said)
            if wanted != now:
                found.changed.append((number, wanted))
                found.changes.append(Change(number, now, differences(now, wanted)))
        self._rows.clear()

    def write(self, change: LongChange, batch: Sorted[Patient]) -> list[RowProblem]:
        """Store a batch; of the changed those whom nobody changed since they were looked up."""
        if batch.new:
            queries.copy_patients(change, (patient for _, patient in batch.new))
        if not batch.changed:
            return []
        stored = queries.update_patients(change, (patient for _, patient in batch.changed))
        return [RowProblem(row, "", Reason.CHANGED) for row, patient in batch.changed if patient.id not in stored]


def _with_own_key(patient: Patient) -> Patient:
    beside = patient.birth_date.isoformat() if patient.birth_date else patient.phone or patient.email
    key = key_of_person(Kind.PATIENTS, family_name=patient.family_name, given_name=patient.given_name, beside=beside)
    return replace(patient, id=key)


class _Candidates:
    """Those in the database who may be one of a batch: born on the same day, with the same phone number or name.

    Of candidates no part of whose name begins like hers none can be alike enough: they are not compared by letters.
    """

    def __init__(self, connection: Connection, patients: Sequence[Patient]) -> None:
        days = {patient.birth_date for patient in patients if patient.birth_date}
        phones = {patient.phone for patient in patients if patient.phone}
        self._by_day: dict[date, list[tuple[frozenset[str], Patient]]] = defaultdict(list)
        self._by_phone: dict[str, list[tuple[frozenset[str], Patient]]] = defaultdict(list)
        self._by_name: dict[frozenset[str], list[tuple[frozenset[str], Patient]]] = defaultdict(list)
        found = queries.patients_named(connection, patients) if patients else []
        if days or phones:
            found += queries.patients_like(connection, sorted(days), sorted(phones), _CANDIDATES)
        self._index({patient.id: patient for patient in found}.values())

    def _index(self, found: Iterable[Patient]) -> None:
        for patient in found:
            entry = (_initials(patient), patient)
            if patient.birth_date:
                self._by_day[patient.birth_date].append(entry)
            if patient.phone:
                self._by_phone[patient.phone].append(entry)
            self._by_name[_words(patient)].append(entry)

    def of(self, patient: Patient) -> list[Patient]:
        """Return the candidates for one patient."""
        near = [*self._by_name.get(_words(patient), ()), *self._by_phone.get(patient.phone, ())]
        if patient.birth_date:
            near += self._by_day.get(patient.birth_date, ())
        if not near:
            return []
        initials = _initials(patient)
        return list({other.id: other for theirs, other in near if initials & theirs}.values())


@lru_cache(maxsize=8192)
def _parts(name: str) -> tuple[str, ...]:
    return tokens(name)


def _words(patient: Patient) -> frozenset[str]:
    return frozenset((*_parts(patient.family_name), *_parts(patient.given_name)))


def _initials(patient: Patient) -> frozenset[str]:
    return frozenset(word[0] for word in _words(patient))


class PractitionerRows:
    """Reads rows of practitioners."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def read(self, row: Row) -> Practitioner | list[RowProblem]:
        """Return the practitioner of a row, or what is wrong with it."""
        cells = self._cells
        name, number = " ".join(cells.text(row, "name").split()), cells.text(row, "id")
        speciality, colour = cells.text(row, "speciality"), cells.text(row, "colour") or "#3b6fd4"
        problems = []
        if not name:
            problems.append(cells.problem(row, "name", Reason.MISSING))
        if "id" in cells.plan.columns and not number:
            problems.append(cells.problem(row, "id", Reason.MISSING))
        problems += [
            cells.problem(row, field, Reason.TEXT)
            for field, text in (("name", name), ("speciality", speciality))
            if len(text) > _LONGEST_NAME or (text and not text.isprintable())
        ]
        if not _COLOUR.fullmatch(colour):
            problems.append(cells.problem(row, "colour", Reason.COLOUR))
        if problems:
            return problems
        key = cells.key(Kind.PRACTITIONERS, number)
        if not number:
            key = key_of_person(Kind.PRACTITIONERS, family_name=name, given_name="", beside="")
        return Practitioner(key, 0, name, speciality, colour)

    def sort(self, connection: Connection, items: Sequence[tuple[int, Practitioner]]) -> Sorted[Practitioner]:
        """Part a batch: who has the same key, or the same name, is there already."""
        clinic = clinic_record(connection)
        ids, names = {one.id for one in clinic.practitioners}, {fold(one.name) for one in clinic.practitioners}
        last = max((one.position for one in clinic.practitioners), default=-1)
        found = Sorted[Practitioner]()
        for row, one in items:
            if one.id in ids or fold(one.name) in names:
                found.there += 1
            else:
                last += 1
                found.new.append((row, replace(one, position=last)))
        return found

    def write(self, change: LongChange, batch: Sorted[Practitioner]) -> list[RowProblem]:
        """Store a batch."""
        queries.insert_practitioners(change, (one for _, one in batch.new))
        return []

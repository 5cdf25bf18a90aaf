"""A restricted record: what a desk is still told of it, how it is opened and changed, and that messages go on."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import URL

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Cancel, UpdatePatient
from clinic_desk.domain.erasure import ErasePatient
from clinic_desk.domain.history_list import ChangeKind, Wanted
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Kind
from clinic_desk.domain.patients_merge import MergePatients
from clinic_desk.domain.records import AdministrativeGender, CancellationReason, Channel, Patient
from clinic_desk.domain.refusals import NotFound, PatientConflict
from clinic_desk.domain.restricted import Opening, OpenRecord, RestrictPatient
from clinic_desk.domain.rights import Right
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services.booking import book, cancel
from clinic_desk.services.erasure import erase_patient, look_at_erasure, write_person
from clinic_desk.services.history_list import changes
from clinic_desk.services.history_verify import look_through
from clinic_desk.services.messages import messages_of_patient
from clinic_desk.services.patients import get_patient, search_patients, update_patient
from clinic_desk.services.patients_merge import look_at_pair, merge_patients
from clinic_desk.services.patients_record import record_of
from clinic_desk.services.restricted import close_record, open_record, restrict_patient
from clinic_desk.services.search import patients_of_caller
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic

WHY: Final = "She fainted in the waiting room"


@pytest.fixture
def desk_as(url_as: Callable[[Any], URL]) -> Iterator[Callable[[str], Database]]:
    """A desk of whoever signs in."""
    made: list[Database] = []

    def make(group: str) -> Database:
        made.append(Database(url_as(group), DeskIdentity(new_id(), "Desk 9")))
        return made[-1]

    yield make
    for each in made:
        each.dispose()


@pytest.fixture
def manager(desk_as: Callable[[str], Database]) -> Database:
    return desk_as("clinic_manager")


@pytest.fixture
def anna(clinic: SmallClinic, database: Database) -> Patient:
    """As she was written down by the reception, told by SMS, and with something to come."""
    now = get_patient(database, clinic.patients[0])
    new = replace(now, phone="+4930111222333", note="of the council", channel=Channel.SMS)
    saved = update_patient(database, UpdatePatient(new))
    book(database, checkup(clinic, at(clinic.monday, 9), patient_id=saved.id))
    return saved


@pytest.fixture
def closed(anna: Patient, manager: Database) -> Patient:
    return restrict_patient(manager, RestrictPatient(anna.id, anna.version))


def opened(desk: Database, patient: Patient) -> Opening:
    return open_record(desk, OpenRecord(patient.id, WHY))


def test_a_desk_is_told_who_she_is_and_what_is_to_come(anna: Patient, closed: Patient, database: Database) -> None:
    assert closed.closed
    assert (closed.display_name, closed.channel, closed.language) == (anna.display_name, anna.channel, anna.language)
    assert closed == replace(
        anna,
        version=closed.version,
        birth_date=None,
        gender=AdministrativeGender.UNKNOWN,
        phone="",
        email="",
        note="",
        restricted=True,
    )
    page = record_of(database, anna.id)
    assert page.patient == closed
    assert (len(page.coming), page.past, page.messages, page.changes, page.doubles) == (1, (), (), (), ())
    assert [match.patient for match in search_patients(database, anna.display_name)] == [closed]
    assert search_patients(database, "111222333") == ()
    assert patients_of_caller(database, anna.phone, "DE") == ()


def test_it_is_open_for_a_while_to_who_says_why(
    anna: Patient, closed: Patient, database: Database, manager: Database
) -> None:
    for reason in ("", "   short    "):
        with pytest.raises(InvalidInput, match="reason"):
            open_record(database, OpenRecord(anna.id, reason))
    opening = opened(database, anna)
    assert (opening.until - opening.at).total_seconds() == 15 * 60
    page = record_of(database, anna.id, access_id=opening.id)
    assert page.patient == replace(anna, version=closed.version, restricted=True, opened=True)
    assert len(page.messages) > 0
    assert {"+4930111222333"} <= {change.after["phone"] for change in page.changes if change.is_record and change.after}
    with pytest.raises(NotAllowed, match=Right.RESTRICTED):
        record_of(manager, anna.id, access_id=opening.id)
    assert close_record(database, opening.id)
    assert not close_record(database, opening.id)
    with pytest.raises(NotAllowed, match=Right.RESTRICTED):
        record_of(database, anna.id, access_id=opening.id)
    told = [one.after for one in changes(manager, Wanted(kind=ChangeKind.ACCESSES)).changes]
    assert [(row["reason"], row["by_right"], row["ended_at"] is None) for row in told if row] == [
        (WHY, False, False),
        (WHY, False, True),
    ]


def test_a_reader_opens_it_too_and_a_manager_without_a_reason(
    anna: Patient, closed: Patient, manager: Database, desk_as: Callable[[str], Database]
) -> None:
    reader = desk_as("clinic_readonly")
    page = record_of(reader, anna.id, access_id=opened(reader, anna).id, with_messages=False)
    assert page.patient.phone == anna.phone
    by_right = open_record(manager, OpenRecord(anna.id))
    assert record_of(manager, anna.id, access_id=by_right.id).patient.birth_date == anna.birth_date != closed.birth_date


def test_what_is_not_restricted_is_not_opened(clinic: SmallClinic, database: Database) -> None:
    with pytest.raises(NotFound):
        open_record(database, OpenRecord(clinic.patients[1], WHY))


def test_it_is_changed_while_it_is_open_and_never_from_what_was_closed(
    anna: Patient, closed: Patient, database: Database
) -> None:
    with pytest.raises(NotAllowed, match=Right.RESTRICTED):
        update_patient(database, UpdatePatient(replace(closed, given_name="Ann")))
    opening = opened(database, anna)
    seen = record_of(database, anna.id, access_id=opening.id).patient
    saved = update_patient(database, UpdatePatient(replace(seen, phone="+4930999888777")))
    assert record_of(database, anna.id, access_id=opening.id).patient == saved
    assert get_patient(database, anna.id).phone == ""
    with pytest.raises(PatientConflict):
        update_patient(database, UpdatePatient(replace(seen, note="x")))
    close_record(database, opening.id)
    with pytest.raises(NotAllowed, match=Right.RESTRICTED):
        update_patient(database, UpdatePatient(replace(saved, note="x")))


def test_lifted_it_is_as_it_was_and_the_history_is_whole_all_along(
    anna: Patient, closed: Patient, manager: Database, tmp_path: Path
) -> None:
    assert look_through(manager, tmp_path).is_sound
    assert (look_through(manager, tmp_path).blanked, look_through(manager, tmp_path).unsealed) > (0, -1)
    with pytest.raises(PatientConflict):
        restrict_patient(manager, RestrictPatient(anna.id, anna.version, on=False))
    again = restrict_patient(manager, RestrictPatient(anna.id, closed.version, on=False))
    assert again == replace(anna, version=again.version)
    assert look_through(manager, tmp_path).is_sound
    assert look_through(manager, tmp_path).blanked == 0


def test_only_who_has_the_right_restricts(anna: Patient, database: Database) -> None:
    with pytest.raises(NotAllowed, match=Right.RESTRICTED):
        restrict_patient(database, RestrictPatient(anna.id, anna.version))


def test_her_messages_are_planned_by_desks_that_do_not_know_her_number(
    clinic: SmallClinic, anna: Patient, closed: Patient, database: Database, manager: Database
) -> None:
    assert {row.shown_address for row in messages_of_patient(database, closed.id)} == {""}
    book(database, checkup(clinic, at(clinic.monday, 11), patient_id=closed.id))
    opening = opened(manager, closed)
    rows = record_of(manager, closed.id, access_id=opening.id).messages
    planned = [row for row in rows if row.kind is Kind.CONFIRMATION]
    assert [(row.channel, row.address) for row in planned] == [(Channel.SMS, anna.phone)] * 2


def test_merging_opens_both_restricts_both_and_needs_the_right(
    clinic: SmallClinic, anna: Patient, closed: Patient, database: Database, manager: Database
) -> None:
    other = clinic.patients[1]
    with pytest.raises(NotAllowed, match=Right.RESTRICTED):
        look_at_pair(database, anna.id, other)
    pair = look_at_pair(manager, anna.id, other)
    assert (pair.one.phone, pair.one.opened, pair.other.restricted) == (anna.phone, True, False)
    kept = replace(pair.other, phone=pair.one.phone, channel=Channel.SMS)
    done = merge_patients(manager, MergePatients(kept, closed.id, closed.version))
    assert (done.kept.restricted, done.kept.phone) == (True, "")
    opening = opened(database, done.kept)
    page = record_of(database, anna.id, access_id=opening.id)
    assert (page.patient.phone, page.doubles[0].patient.note) == (anna.phone, anna.note)


def test_her_own_data_is_written_whole_and_erased_whole(
    clinic: SmallClinic, anna: Patient, closed: Patient, manager: Database, tmp_path: Path
) -> None:
    path = tmp_path / "her.json"
    write_person(manager, anna.id, path, new_id())
    written = json.loads(path.read_text(encoding="utf-8"))["patient"][0]
    assert (written["phone"], written["note"]) == (anna.phone, anna.note)
    told = changes(manager, Wanted(kind=ChangeKind.ACCESSES)).changes
    assert [(one.after or {})["reason"] for one in told] == ["ExportPerson"]
    for entry in record_of(manager, anna.id).coming:
        cancel(manager, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT))
    erase_patient(manager, ErasePatient(anna.id, look_at_erasure(manager, anna.id).version))
    assert not get_patient(manager, anna.id).restricted
